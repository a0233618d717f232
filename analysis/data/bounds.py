"""Which bounds a scale has where nobody says so, and which of its ratings cannot be ratings.

Nothing here is certain: bounds are inferred from the bulk of the ratings and the report says so. A value far from the
bulk, or one that codes a missing answer in other programs, is never taken for a rating.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.data.given import Bounds
from formats.errors import InputError, Message

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]

#: Common ranges of rating scales, the narrowest first.
COMMON: tuple[Bounds, ...] = (
    *((1, 5), (0, 4), (-2, 2), (1, 6), (0, 5), (1, 7), (0, 6), (-3, 3), (0, 7), (1, 8), (0, 8), (-4, 4), (1, 9)),
    *((1, 10), (0, 10), (-5, 5), (1, 11), (0, 20), (1, 20), (-10, 10), (0, 100), (1, 100), (-50, 50), (-100, 100)),
    *((0, 1000), (-1000, 1000)),
)
#: Narrower ones, told where whole ratings use each of their steps; 0 to 1 also for sliders.
NARROW: tuple[Bounds, ...] = ((0, 1), (1, 2), (-1, 1), (0, 2), (1, 3), (0, 3), (1, 4))
#: What survey programs and SPSS users write for an answer that is missing, with either sign.
CODED = (*range(1, 10), 66, 77, 88, *range(96, 100), 777, 888, *range(996, 1000), 7777, 8888, *range(9996, 10_000))
#: Of more different values beyond the bulk, codes apart, the bulk is not the whole scale.
MAX_BEYOND = 3
#: At least this share of the ratings are the bulk; less where only codes of missing answers lie outside. Where one step
#: alone is unused, as between 5 and 7, a number beyond it may as well be the end of the scale, and the bulk decides.
BULK, BULK_BESIDE_CODES = 0.8, 0.2
MIN_VALUES = 3
#: A step between two that are used is not unused by chance where the product of their counts is at least this: fewer
#: than one scale in 50 has such a hole. A code beyond it is asked about.
MIN_BESIDE_HOLE = 16
#: Negative codes have more than so many times fewer different values than the ratings from 0 up.
MIN_RATIO = 3
#: So many times wider than the bulk must a common range be before a few values alone no longer speak for it.
FAR_WIDER = 10
#: Different values that a refusal names, and lines of each.
MAX_NAMED_FAULTS, MAX_LINES = 3, 6


@dataclass(frozen=True)
class Inferred:
    """Bounds of one scale, whether they are a common range, and the values beyond them that are no ratings."""

    low: float
    high: float
    is_common: bool
    outside: tuple[float, ...]


def infer(ratings: Iterable[float]) -> Inferred:
    """The bounds of a scale from its ratings (one or more).

    The narrowest common range is taken that holds the bulk of the ratings, when everything beyond it is either far
    away (by half its width or more, or so that only a range ten times as wide holds it) or a code for a missing answer.
    Otherwise a common range that holds them all; beyond those the range observed.
    """
    values, counts = np.unique(np.fromiter(ratings, dtype=np.float64), return_counts=True)
    for low, high in COMMON:
        inside = (values >= low) & (values <= high)
        if inside.all() or _is_bulk(values, counts, inside, (low, high)):
            return Inferred(*_shown(values[inside], (low, high)), True, tuple(values[~inside].tolist()))
    return Inferred(float(values[0]), float(values[-1]), False, ())


def is_code(value: float) -> bool:
    """Whether other programs write this number for a missing answer."""
    return abs(value) in CODED


def _is_bulk(values: Floats, counts: Integers, inside: Booleans, bounds: Bounds) -> bool:
    """Whether the ratings inside are the scale, and those beyond it something else."""
    low, high = bounds
    beyond = values[~inside]
    coded = np.isin(np.abs(beyond), CODED)
    is_far = np.maximum(low - beyond, beyond - high) >= (high - low) / 2
    is_far |= _narrowest_width(values) >= FAR_WIDER * (high - low)
    has_lone_negative = bool(low >= 0 and (values < 0).sum() == 1)  # one negative number beside a scale that has none
    if has_lone_negative or (low >= 0 and _negatives_are_codes(values, counts)):
        is_far |= coded & (beyond < 0)
    has_hole = _is_beyond_hole(values, counts, inside, bounds)
    if has_hole:
        is_far |= coded
    may_be_code = bool(coded.all()) and not has_hole and (has_lone_negative or unused_steps(values) != 1)
    least = BULK_BESIDE_CODES if may_be_code else BULK
    is_most = counts[inside].sum() >= least * counts.sum()
    return bool(inside.sum() >= MIN_VALUES and is_most and is_far.all() and (~coded).sum() <= MAX_BEYOND)


def _narrowest_width(values: Floats) -> float:
    """How wide the narrowest common range is that holds all ratings; infinite where none does."""
    return min((high - low for low, high in COMMON if low <= values[0] and values[-1] <= high), default=np.inf)


def _negatives_are_codes(values: Floats, counts: Integers) -> bool:
    """Whether several negative numbers are codes: rare, few beside the ratings from 0 up, or apart from them by a 0."""
    negative = values < 0
    if not np.isin(-values[negative], CODED).all() or counts[negative].sum() > (1 - BULK) * counts.sum():
        return False
    is_whole = unused_steps(values) is not None
    lacks_zero = bool(is_whole and 0 not in values and {-1.0, 1.0} <= set(values.tolist()))
    return lacks_zero or bool((~negative).sum() > MIN_RATIO * negative.sum())


def _is_beyond_hole(values: Floats, counts: Integers, inside: Booleans, bounds: Bounds) -> bool:
    """Whether every step of the bounds is used, and one number comes after a single step that nobody used by chance."""
    low, high = bounds
    if unused_steps(values) != 1 or (~inside).sum() != 1 or (values[0], values[-2]) != (low, high):
        return False
    return bool(values[-1] == high + 2 and counts[-2] * counts[-1] >= MIN_BESIDE_HOLE)


def unused_steps(values: Floats) -> int | None:
    """How many steps from the lowest to the highest rating nobody used; None where ratings are not whole."""
    if (values % 1 != 0).any():
        return None
    return int(values.max() - values.min()) + 1 - len(np.unique(values))


def decided_by_others(ratings: Iterable[float], found: Inferred, others: Iterable[tuple[Inferred, Floats]]) -> Inferred:
    """The bounds that another scale of the table shows, where one step alone is unused and the end beyond it refused.

    `others` are the table's scales with their ratings. One counts that has used each step of its bounds, and whose
    bounds hold these ratings: scales of one table mostly have the same bounds.
    """
    values = np.unique(np.fromiter(ratings, dtype=np.float64))
    if not found.outside or unused_steps(values) != 1:
        return found
    for other, used in others:
        uses_all = unused_steps(used) == 0 and (used.min(), used.max()) == (other.low, other.high)
        if uses_all and not other.outside and other.low <= values[0] and values[-1] <= other.high:
            return other
    return found


def _shown(values: Floats, bounds: Bounds) -> Bounds:
    """The range to tell: a narrower one where whole ratings use each of its steps, or fractions fill 0 to 1."""
    whole = bool((values % 1 == 0).all())
    for low, high in NARROW:
        steps = np.arange(low, high + 1)
        fits = bool(((values >= low) & (values <= high)).all())
        if fits and (np.array_equal(values, steps) if whole else (low, high) == (0, 1)):
            return (low, high)
    return bounds


def refuse_outsiders(frame: pd.DataFrame, bounds: Mapping[str, Bounds], inferred: Collection[str], path: Path) -> None:
    """Raise InputError naming every line whose rating lies outside the bounds of its scale, and how to fix it."""
    outside = outsiders(frame, bounds)
    if outside.empty:
        return
    groups: dict[tuple[str, float], list[int]] = {}
    for scale, value, line in zip(outside["scale"], outside["rating"], outside["line"], strict=True):
        groups.setdefault((str(scale), float(value)), []).append(int(line))
    parts = [
        Message(
            "%(lines)s: rating %(value)g on %(scale)s is outside %(low)g to %(high)g",
            lines=_lines(lines),
            value=value,
            scale=scale,
            low=bounds[scale][0],
            high=bounds[scale][1],
        )
        for (scale, value), lines in list(groups.items())[:MAX_NAMED_FAULTS]
    ]
    if len(groups) > MAX_NAMED_FAULTS:
        parts.append(Message("and %(count)s other values", count=len(groups) - MAX_NAMED_FAULTS))
    codes = _listed(sorted({value for _, value in groups if is_code(value)}))
    is_inferred = bool(set(outside["scale"]) & set(inferred))
    raise InputError(
        "%(path)s, %(parts)s. %(source)sCorrect each cell or leave it empty%(coded)s; if the scale reaches that far, "
        "give its bounds with --bounds %(scale)s=LOWEST-HIGHEST.",
        path=path,
        parts=parts,
        source=Message("These bounds are inferred from the other ratings. ") if is_inferred else "",
        coded=Message("; if %(codes)s stands for a missing rating, add --missing=%(codes)s", codes=codes)
        if codes
        else "",
        scale=outside.iloc[0]["scale"],
    )


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in values)


def _lines(lines: Sequence[int]) -> Message:
    if len(lines) == 1:
        return Message("line %(line)s", line=lines[0])
    if len(lines) > MAX_LINES:
        first, more = ", ".join(map(str, lines[:MAX_LINES])), len(lines) - MAX_LINES
        return Message("lines %(first)s and %(more)s more", first=first, more=more)
    return Message("lines %(first)s and %(last)s", first=", ".join(map(str, lines[:-1])), last=lines[-1])


def outsiders(frame: pd.DataFrame, bounds: Mapping[str, Bounds]) -> pd.DataFrame:
    """The rows whose rating lies outside the bounds of its scale, in the order of the file."""
    low = frame["scale"].map({scale: ends[0] for scale, ends in bounds.items()})
    high = frame["scale"].map({scale: ends[1] for scale, ends in bounds.items()})
    return frame[(frame["rating"] < low) | (frame["rating"] > high)].sort_values("line")
