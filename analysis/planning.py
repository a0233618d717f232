"""What `plan_study` prints: one page of plain text on what a planned study can find, in English or Chinese."""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from analysis.power_words import WORDS
from analysis.statistics import power
from analysis.statistics.chances import DRAWS
from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS, shortage
from analysis.statistics.information import Variances
from analysis.statistics.pilot import Pilot, possible_variances, power_range
from analysis.statistics.power import GOAL, Design
from formats.errors import InputError
from formats.messages import counter, is_chinese

WIDTH = 96
#: What a line of Chinese is never broken within: a word or number in Latin letters, or one sign.
UNBROKEN = re.compile(r"[!-~]+|.", re.DOTALL)
TABLE_EXPERTS = (12, 20, 26, 40, 60, 100)
TABLE_CLIPS = (5, 10, 13, 20, 40, 100)
#: Clips a system that an expert hears unless --heard says otherwise: six systems make sixty trials.
HEARD = 10
MOST = 100_000
#: What the assumed variances are of, see `power.bracket`.
ASSUMED_SCALE = (1.0, 5.0)


def design_of(
    *, experts: int, clips: int, heard: int | None, systems: int, alpha: float, contrasts: int, gap: float
) -> Design:
    """The design that the command's options describe; InputError says in one sentence what is wrong with them."""
    if contrasts < 1:
        raise InputError(f"--contrasts {contrasts} must be at least 1.")
    if not 0 < gap < math.inf:
        raise InputError(f"--gap {gap:g} must be a number of rating points above 0.")
    if max(experts, clips) > MOST:
        raise InputError(f"--experts {experts} and --clips {clips} can be {MOST} at most.")
    try:
        return Design(experts, clips, min(clips, HEARD) if heard is None else heard, systems, alpha / contrasts)
    except ValueError as error:
        raise InputError(f"This is no study: {error}; change --experts, --systems, --clips or --heard.") from error


def check_gap(gap: float, pilot: Pilot | None) -> None:
    """Refuse a gap that the scale has no room for, be it the pilot's or the assumed one."""
    low, high = pilot.bounds if pilot else ASSUMED_SCALE
    if gap > high - low:
        raise InputError(
            f"--gap {gap:g} is larger than the scale from {low:g} to {high:g}, on which two systems lie {high - low:g} "
            f"apart at most; give a smaller gap{'' if pilot else ', or a --pilot on the scale that you mean'}."
        )


def page(
    design: Design,
    gap: float,
    scenarios: Mapping[str, Variances],
    lang: str,
    *,
    pilot: Pilot | None = None,
) -> str:
    """The page for a study and a gap, a column for each of `scenarios` (of a pilot: see `scenarios_of`)."""
    words = WORDS[lang]
    verdict = [_verdict(design, gap, scenarios, lang), _remedy(design, gap, scenarios, lang)]
    if pilot:
        low, high = power_range(design, possible_variances(pilot), gap)
        verdict.append(words["pilot_range"].format(low=low, high=high))
    verdict += _warnings(design, scenarios, lang)
    grid = {"gap": gap, "heard": design.heard, "scenario": words[f"scenario_{_middle(scenarios)}"], "few": power.FEW_DF}
    source = f"{pilot.name} ({pilot.scale})" if pilot else ""
    parts = [
        *([words["simulated"]] if pilot and pilot.is_simulated else []),
        words["title"],
        _study(design, gap, lang),
        words["answer"],
        *(_wrap(text, lang) for text in verdict),
        words["figures"],
        _facts(design, gap, scenarios, lang),
        "\n".join(words[key].format(**grid, alpha=design.alpha) for key in ("grid", "grid_note", "approximately")),
        _grid(design, gap, scenarios[_middle(scenarios)]),
        words["how"],
        _wrap(words["assumed_pilot" if pilot else "assumed"].format(source=source), lang),
        _sds(scenarios, lang),
        *(_wrap(words[key].format(draws=DRAWS), lang) for key in ("formula", "one_comparison")),
    ]
    return "\n\n".join(parts) + "\n"


def _warnings(design: Design, scenarios: Mapping[str, Variances], lang: str) -> list[str]:
    """Clips that nobody hears, figures that are approximate, and what is too small for any claim."""
    words, found = WORDS[lang], []
    if design.used < design.clips:
        found.append(
            words["unheard"].format(used=design.used, clips=design.clips, n=design.experts, heard=design.heard)
        )
    df = min(power.degrees_of_freedom(design, variances) for variances in scenarios.values())
    if power.has_few(df):
        found.append(words["approximate"].format(df=df, few=power.FEW_DF))
    return found


def scenarios_of(pilot: Pilot | None) -> dict[str, Variances]:
    """The pilot's variances alone, or without one the three of `power.bracket`."""
    return {"pilot": pilot.variances} if pilot else power.assumed_variances()


def _study(design: Design, gap: float, lang: str) -> str:
    values = {"n": design.experts, "systems": design.systems, "clips": design.clips, "heard": design.heard}
    ngettext = counter(lang)
    points = ngettext("{gap:g} rating point", "{gap:g} rating points", 1 if gap == 1 else 2, gap=gap)
    about = {"gap": points, "trials": design.trials, "alpha": design.alpha}
    return _wrap(WORDS[lang]["study"].format(**about, **values), lang)


def _middle(scenarios: Mapping[str, Variances]) -> str:
    return list(scenarios)[len(scenarios) // 2]


def _verdict(design: Design, gap: float, scenarios: Mapping[str, Variances], lang: str) -> str:
    chances = [power.power(design, variances, gap) for variances in scenarios.values()]
    found = [chance >= GOAL for chance in chances]
    key = "can" if all(found) else "depends" if any(found) else "cannot"
    if shortage(design.experts, design.used):
        key = "too_few"
    one = "_one" if len(chances) == 1 else ""
    return WORDS[lang][f"{key}{one}"].format(gap=gap, low=min(chances), high=max(chances), goal=GOAL)


def _remedy(design: Design, gap: float, scenarios: Mapping[str, Variances], lang: str) -> str:
    """What the study can find, and what it would take to find the gap, for the middle scenario."""
    variances = scenarios[_middle(scenarios)]
    words = WORDS[lang]
    found = words["finds"].format(
        smallest=power.smallest_gap(design, variances),
        scenario=words[f"scenario_{_middle(scenarios)}"],
        equal=power.chance_between_equals(design, variances, gap),
        gap=gap,
    )
    if power.power(design, variances, gap) >= GOAL and not shortage(design.experts, design.used):
        return found
    clips, experts = _clips_needed(design, variances, gap, all_heard=True), _experts_needed(design, variances, gap)
    if clips:
        found += words["more_clips"].format(clips=clips, trials=clips * design.systems)
    elif design.experts >= MIN_EXPERTS:
        most = power.most_power(design, variances, gap)
        found += words["never"].format(n=design.experts, most=most, clips=power.MAX_CLIPS)
    if experts:
        found += words["more_experts"].format(experts=experts, clips=design.clips)
    else:
        found += words["no_experts" if clips else "more_of_both"].format(clips=design.clips)
    if shortage(design.experts, design.used):
        return found
    shown = power.size_when_found(design, variances, gap)
    return found + words["exaggerates"].format(shown=shown, times=shown / gap)


def _clips_needed(design: Design, variances: Variances, gap: float, *, all_heard: bool) -> int | None:
    """Fewest clips a system with which the report finds the gap four times in five: it tests none of too few."""
    if design.experts < MIN_EXPERTS:
        return None
    return power.clips_needed(design, variances, gap, all_heard=all_heard, least=MIN_CLIPS)


def _experts_needed(design: Design, variances: Variances, gap: float) -> int | None:
    """The same of experts."""
    if design.clips < MIN_CLIPS:
        return None
    return power.experts_needed(design, variances, gap, least=MIN_EXPERTS)


def _facts(design: Design, gap: float, scenarios: Mapping[str, Variances], lang: str) -> str:
    words = WORDS[lang]
    measures: Sequence[tuple[str, Callable[[Variances], str]]] = (
        ("power", lambda v: _chance(design, v, gap)),
        ("half_width", lambda v: f"{power.half_width(design, v):.2f}"),
        ("smallest", lambda v: f"{power.smallest_gap(design, v):.2f}"),
        ("equal", lambda v: f"{power.chance_between_equals(design, v, gap):.2f}"),
        ("shown", lambda v: f"{power.size_when_found(design, v, gap):.2f}"),
        ("clips_all", lambda v: _count(_clips_needed(design, v, gap, all_heard=True), lang)),
        ("clips_heard", lambda v: _count(_clips_needed(design, v, gap, all_heard=False), lang)),
        ("experts", lambda v: _count(_experts_needed(design, v, gap), lang)),
        ("most", lambda v: _chance(power.with_clips(design, power.MAX_CLIPS, all_heard=True), v, gap)),
        ("df", lambda v: f"{power.degrees_of_freedom(design, v):.0f}"),
    )
    header = ["", *(words[f"scenario_{name}"] for name in scenarios)]
    values = {"goal": GOAL, "gap": gap, "heard": design.heard, "n": design.experts, "clips": design.clips}
    values["percent"] = 100 * (1 - design.alpha)
    rows = [
        [words[f"fact_{key}"].format(**values), *(measure(variances) for variances in scenarios.values())]
        for key, measure in measures
    ]
    return _columns([header, *rows])


def _count(number: int | None, lang: str) -> str:
    return WORDS[lang]["none"] if number is None else str(number)


def _grid(design: Design, gap: float, variances: Variances) -> str:
    """Power by experts (rows) and clips a system (columns); the planned study is among them."""
    clips = sorted({*TABLE_CLIPS, design.clips})
    rows = [["", *map(str, clips)]]
    for experts in sorted({*TABLE_EXPERTS, design.experts}):
        cells = [power.with_clips(replace(design, experts=experts), k) for k in clips]
        rows.append([str(experts), *(_chance(cell, variances, gap) for cell in cells)])
    return _columns(rows)


def _chance(design: Design, variances: Variances, gap: float) -> str:
    """Power to two digits, with a sign before it where it is approximate."""
    sign = "~" if power.is_approximate(design, variances) else ""
    return f"{sign}{power.power(design, variances, gap):.2f}"


def _sds(scenarios: Mapping[str, Variances], lang: str) -> str:
    words = WORDS[lang]
    header = ["", *(words[f"scenario_{name}"] for name in scenarios)]
    sds = list(zip(*(variances.sds() for variances in scenarios.values()), strict=True))
    names = [words[f"component_{part}"] for part in Variances._fields]
    rows = [[name, *(f"{sd:.2f}" for sd in row)] for name, row in zip(names, sds, strict=True)]
    return _columns([header, *rows])


def _columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns: the first to the left, the others to the right."""
    widths = [max(map(_room, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *rest = (" " * (width - _room(cell)) for cell, width in zip(row, widths, strict=True))
        lines.append("  " + row[0] + first + "".join(f"  {pad}{cell}" for pad, cell in zip(rest, row[1:], strict=True)))
    return "\n".join(lines)


def _room(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _wrap(text: str, lang: str) -> str:
    if not is_chinese(lang):
        return textwrap.fill(text, WIDTH)
    lines, line = [], ""
    for part in UNBROKEN.findall(text):
        if _room(line + part) > WIDTH and part not in "，。；：、）”":
            lines.append(line.rstrip())
            line = ""
        line += part if line else part.lstrip()
    return "\n".join([*lines, line])
