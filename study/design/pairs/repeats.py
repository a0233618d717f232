"""Hidden repeats of pairs: the same clips, also as X, sides exchanged."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from formats.study_file import REPEAT_GAP
from study.design.pairs.spec import APART_FROM, PairSpec

Trial = dict[str, Any]
#: So many ways to place the repeats are tried before they are put at the end.
ATTEMPTS = 100


def with_repeats(trials: list[Trial], spec: PairSpec, rng: np.random.Generator) -> list[Trial]:
    """Insert a session's hidden repeats into its second half.

    Where no place is free, they come at its end. Repeats are of different pairs as far as those go round. From five
    systems on no repeat shares a system with its neighbours, where any clips allow it; with five that is only possible
    at the end.

    Parameters
    ----------
    trials : list of dict
        The session's trials, with systems as numbers.
    spec : PairSpec
    rng : np.random.Generator

    Returns
    -------
    list of dict
        In block and position the repeats are numbered as a block of their own.
    """
    if not spec.repeats:
        return trials
    found = next(filter(None, (_spread(trials, spec, rng) for _ in range(ATTEMPTS))), None)
    return found or _at_the_end(trials, spec, rng)


def _pair_of(trial: Trial) -> tuple[int, int]:
    """The systems of a trial, the lower one first."""
    low, high = sorted(place["system"] for place in trial["places"])
    return low, high


def _share_a_system(one: Trial, other: Trial) -> bool:
    """Whether two trials have a system in common."""
    return bool(set(_pair_of(one)) & set(_pair_of(other)))


def _spread(trials: list[Trial], spec: PairSpec, rng: np.random.Generator) -> list[Trial] | None:
    """One attempt at random places; None where some place has no trial that fits."""
    total = len(trials) + spec.repeats
    half = total // 2
    edges = [half + (total - half) * number // spec.repeats for number in range(spec.repeats + 1)]
    places = {int(rng.integers(low, high)) for low, high in pairwise(edges)}
    coming, made, chosen = iter(trials), list[Trial](), list[Trial]()
    following = next(coming, None)
    for number in range(total):
        if number not in places:
            if following is None or (made and _clash(made[-1], following, spec)):
                return None
            made.append(following)
            following = next(coming, None)
            continue
        after = following if number + 1 not in places else None
        ready = [trial for trial in _ready(made, chosen, len(spec.pairs)) if not _clash(made[-1], trial, spec)]
        ready = [trial for trial in ready if after is None or not _clash(trial, after, spec)]
        if not ready:
            return None
        _repeat(made, chosen, _fewest(ready, chosen), trials, rng)
    return made


def _at_the_end(trials: list[Trial], spec: PairSpec, rng: np.random.Generator) -> list[Trial]:
    """The repeats after all others, each by the strictest rule that some trial fits."""
    made, chosen = list(trials), list[Trial]()
    for _ in range(spec.repeats):
        by_gap = (_ready(made, chosen, gap) for gap in (len(spec.pairs), REPEAT_GAP))
        every = [ready for ready in by_gap if ready]
        apart = [[trial for trial in ready if not _clash(made[-1], trial, spec)] for ready in every]
        _repeat(made, chosen, _fewest(next(filter(None, [*apart, *every])), chosen), trials, rng)
    return made


def _ready(made: list[Trial], chosen: list[Trial], gap: int) -> list[Trial]:
    """First hearings that are at least `gap` trials ago, and the usual gap, and that were not repeated yet."""
    early = made[: max(0, len(made) + 1 - max(gap, REPEAT_GAP))]
    return [trial for trial in early if not trial["repeat"] and trial not in chosen]


def _fewest(ready: list[Trial], chosen: list[Trial]) -> list[Trial]:
    """Those of the pairs that were repeated least."""
    count = [sum(_pair_of(other) == _pair_of(trial) for other in chosen) for trial in ready]
    return [trial for trial, times in zip(ready, count, strict=True) if times == min(count)]


def _repeat(
    made: list[Trial], chosen: list[Trial], ready: list[Trial], trials: list[Trial], rng: np.random.Generator
) -> None:
    first = ready[int(rng.integers(len(ready)))]
    chosen.append(first)
    block = trials[-1]["block"] + 1
    again = {"places": first["places"][::-1], "block": block, "position": len(chosen), "repeat": True}
    made.append(again | ({"x": 3 - first["x"]} if "x" in first else {}))  # the same clip, now at the other place


def _clash(before: Trial, after: Trial, spec: PairSpec) -> bool:
    """Whether two trials may not follow each other."""
    return len(spec.systems) >= APART_FROM and _share_a_system(before, after)
