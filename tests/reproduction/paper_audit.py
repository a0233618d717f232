"""What can be checked of the paper's listening study from what it prints: Zhang 2025, 26 experts, ratings 1 to 5.

The paper prints mean ratings to two decimals, and no number of clips, no standard deviation, no interval and no test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from analysis.statistics import power
from analysis.statistics.power import GOAL, Design

EXPERTS = 26
#: Means as printed.
PRINTED = ("3.52", "3.75", "3.92", "4.21")
BETTER, WORSE = "3.92", "3.75"
MAX_RATINGS = 6
CLIPS = (3, 5, 10, 20, 30, 50, 100)
MORE_EXPERTS = (26, 40, 60, 100)


def is_possible(mean: str, ratings: int) -> bool:
    """Whether a mean as printed can come from so many whole-number ratings, whichever way halves are rounded (GRIM).

    Source: N. J. L. Brown, J. A. J. Heathers, "The GRIM test", Social Psychological and Personality Science 8 (2017)
    363-369.
    """
    return abs(nearest_possible(mean, ratings) - Decimal(mean)) <= half_unit(mean)


def nearest_possible(mean: str, ratings: int) -> Decimal:
    """The mean of so many whole numbers that lies nearest to a printed one."""
    return round(Decimal(mean) * ratings) / Decimal(ratings)


def half_unit(mean: str) -> Decimal:
    exponent = Decimal(mean).as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1)


def gap() -> float:
    """The difference of the two printed means that the paper's claim rests on."""
    return float(Decimal(BETTER) - Decimal(WORSE))


def markdown() -> str:
    """The computed paragraphs and tables of docs/reproduction.md, subjective part."""
    return "\n\n".join(
        [
            "### Can the printed means be means?",
            _grim_table(),
            _grim_words(),
            f"### Could such a study have found a gap of {gap():.2f}?",
            _power_table(),
            _power_words(),
            _needed_table(),
        ]
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _grim_table() -> str:
    header = ["printed mean", *(f"{n} × {EXPERTS} = {n * EXPERTS} ratings" for n in range(1, MAX_RATINGS + 1))]
    rows = []
    for mean in PRINTED:
        cells = []
        for n in range(1, MAX_RATINGS + 1):
            near = nearest_possible(mean, n * EXPERTS)
            cells.append("yes" if is_possible(mean, n * EXPERTS) else f"no: {near:.4f} is nearest")
        rows.append([mean, *cells])
    return table(header, rows)


def _grim_words() -> str:
    impossible = [mean for mean in PRINTED if not is_possible(mean, EXPERTS)]
    ruled_out = [n for n in range(1, 10) if not all(is_possible(mean, n * EXPERTS) for mean in PRINTED)]
    steps = [Decimal(n) / EXPERTS for n in range(1, EXPERTS)]
    below = max(step for step in steps if step < Decimal(str(gap())))
    above = min(step for step in steps if step > Decimal(str(gap())))
    return (
        f"With one whole-number rating an expert, {len(impossible)} of the {len(PRINTED)} means "
        f"({', '.join(impossible)}) cannot occur, and neither can a gap of {gap():.2f}: means of {EXPERTS} whole "
        f"numbers lie {below:.3f} or {above:.3f} apart. If every expert rated the same number of clips of a system, "
        f"that number was not {' or '.join(map(str, ruled_out))}. From 100 ratings on, any mean of two decimals is "
        "possible, so the test says no more: the number of clips cannot be recovered, nor whether some ratings are "
        "missing."
    )


def _power_table() -> str:
    scenarios = power.assumed_variances()
    header = ["clips a system, all heard", *(f"power, {name} scatter" for name in scenarios)]
    header += ["half-width of the 95% interval, middle", f"two equal systems {gap():.2f} or more apart, middle"]
    rows = []
    for clips in CLIPS:
        design = Design(EXPERTS, clips, clips)
        chances = [f"{power.power(design, variances, gap()):.2f}" for variances in scenarios.values()]
        width = power.half_width(design, scenarios["middle"])
        equal = power.chance_between_equals(design, scenarios["middle"], gap())
        rows.append([str(clips), *chances, f"{width:.2f}", f"{equal:.2f}"])
    return table(header, rows)


def _power_words() -> str:
    design = Design(EXPERTS, 13, 10)
    most = {name: power.most_power(design, found, gap()) for name, found in power.assumed_variances().items()}
    small = {name: power.smallest_gap(design, found) for name, found in power.assumed_variances().items()}
    return (
        f"However many clips are played, {EXPERTS} experts reach a power of {most['middle']:.2f} with middle and "
        f"{most['high']:.2f} with high scatter, because their tastes differ from system to system; only with low "
        f"scatter do more clips suffice. The default design of this project (13 clips a system, 10 heard by each of "
        f"{EXPERTS} experts) finds gaps of {small['low']:.2f}, {small['middle']:.2f} and {small['high']:.2f} in four "
        f"studies of five. A gap of {gap():.2f} between two systems is therefore not established by what the paper "
        "reports. To find it, with every expert hearing all clips, it would take:"
    )


def _needed_table() -> str:
    scenarios = power.assumed_variances()
    header = [f"experts, for a power of {GOAL:g}", *(f"clips a system, {name} scatter" for name in scenarios)]
    rows = []
    for experts in MORE_EXPERTS:
        design = replace(Design(EXPERTS, 13, 13), experts=experts)
        needed = [power.clips_needed(design, found, gap(), all_heard=True) for found in scenarios.values()]
        rows.append([str(experts), *("never" if n is None else str(n) for n in needed)])
    return table(header, rows)
