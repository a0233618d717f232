"""How well experts who compare clips can group them by system.

A clip can be known again: its music is the same for everybody. From four systems on each comes once in a block and
none twice running, so two clips of one block, or one after the other, are never of one system; and the hidden repeats
of a session are of different systems as far as those go round. With the sessions of several experts one looks for a
way to sort the clips that agrees with all of that. The more experts, the fewer ways there are. Two clips of one trial
are never of one system, and from five systems on two trials running have none in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise, product
from random import Random
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from formats.progress import bar
from study.design import SQUARES_FROM
from study.design.pairs.spec import APART_FROM
from study.sequences import places_of

#: How many experts compare, and how many sets of experts are drawn for each.
EXPERTS, DRAWS = range(2, 7), 10
#: Steps of one search, and how long a step is not taken back: at random up to, and by clips in conflict.
STEPS, MIN_TABU, TABU_SHARE = 10_000, 10, 0.6
#: Of the draws: the same plan gives the same figures.
SEED = 1
Clip = tuple[str, int]
Ints = npt.NDArray[np.int64]


class Grouped(NamedTuple):
    """Shares of same-system pairs grouped together, and of draws fully grouped."""

    pairs: float
    exact: float


def grouped(sessions: dict[str, Any], draws: int = DRAWS) -> dict[int, Grouped]:
    """How well randomly drawn experts group their clips; chance is 1 / `systems`.

    Nothing for two or three systems, whose blocks hold several clips of each. A better search may find more.
    """
    systems, has_places = len(sessions["systems"]), "places" in sessions["slots"][0]["trials"][0]
    if systems < SQUARES_FROM and not has_places:
        return {}
    rng = Random(SEED)  # noqa: S311  a figure that anyone can compute again
    apart = _apart_on_pages if has_places else _apart
    slots = [list(apart(slot["trials"], systems)) for slot in sessions["slots"]]
    heard = [{clip for trial in slot["trials"] for clip in _clips(trial)} for slot in sessions["slots"]]
    found = {}
    for experts in (number for number in EXPERTS if number <= len(slots)):
        shares = []
        for _ in bar(range(draws), f"Sorting by {experts} experts", unit="draw"):
            chosen = rng.sample(range(len(slots)), experts)
            clips = sorted(set().union(*(heard[slot] for slot in chosen)))
            shares.append(_share(clips, [pair for slot in chosen for pair in slots[slot]], systems, rng))
        found[experts] = Grouped(sum(shares) / draws, sum(share == 1 for share in shares) / draws)
    return found


def _apart(trials: Sequence[dict[str, Any]], systems: int) -> Iterator[tuple[Clip, Clip]]:
    """Pairs of a session's clips that cannot share a system; repeats are recognised."""
    clips = [(trial["system"], trial["clip"]) for trial in trials]
    blocks: dict[int, list[Clip]] = {}
    for trial, clip in zip(trials, clips, strict=True):
        blocks.setdefault(trial["block"], []).append(clip)
    repeats = [clip for trial, clip in zip(trials, clips, strict=True) if trial["repeat"]]
    for block in blocks.values():
        if block != repeats or len(repeats) <= systems:
            yield from combinations(block, 2)
    yield from pairwise(clips)


def _clips(trial: Mapping[str, Any]) -> list[Clip]:
    """The clips of a planned trial."""
    return [(place["system"], place["clip"]) for place in places_of(trial)]


def _apart_on_pages(trials: Sequence[dict[str, Any]], systems: int) -> Iterator[tuple[Clip, Clip]]:
    """The same of a session of pages with several clips; consecutive pairs have no system in common."""
    for trial in trials:
        yield from combinations(_clips(trial), 2)
    if systems >= APART_FROM and len(_clips(trials[0])) == 2:
        for before, after in pairwise(trials):
            yield from product(_clips(before), _clips(after))


def _share(clips: list[Clip], apart: Iterable[tuple[Clip, Clip]], systems: int, rng: Random) -> float:
    """Share of same-system pairs that a grouping consistent with the design joins."""
    number = {clip: index for index, clip in enumerate(clips)}
    matrix = np.zeros((len(clips), len(clips)), dtype=np.int64)
    for one, other in apart:
        matrix[number[one], number[other]] = matrix[number[other], number[one]] = 1
    sorting = _sorted(matrix, systems, rng)
    pairs = [(a, b) for a, b in combinations(clips, 2) if a[0] == b[0]]
    joined = sum(bool(sorting[number[a]] == sorting[number[b]]) for a, b in pairs)
    return joined / len(pairs) if pairs else 0.0


def _sorted(apart: Ints, systems: int, rng: Random) -> Ints:
    """Group clips with few conflicts (tabu search, Hertz and de Werra 1987).

    It begins at random, and knows nothing of the systems.
    """
    count = len(apart)
    every = np.arange(count)
    groups: Ints = np.array([rng.randrange(systems) for _ in every])
    beside: Ints = apart @ np.eye(systems, dtype=np.int64)[groups]  # of each clip, in each group, how many are apart
    until: Ints = np.zeros((count, systems), dtype=np.int64)
    conflicts = fewest = int(beside[every, groups].sum()) // 2
    best = groups.copy()
    for step in range(STEPS):
        if fewest == 0:
            break
        own = beside[every, groups]
        change = beside - own[:, None]
        barred = (own == 0)[:, None] | ((until > step) & (conflicts + change >= fewest))
        barred[every, groups] = True
        if barred.all():
            continue
        least = change[~barred].min()
        moves = np.flatnonzero(~barred & (change == least))
        clip, group = divmod(int(moves[rng.randrange(len(moves))]), systems)
        left, conflicts = groups[clip], conflicts + int(least)
        until[clip, left] = step + rng.randrange(MIN_TABU) + int(TABU_SHARE * (own > 0).sum())
        beside[:, left] -= apart[:, clip]
        beside[:, group] += apart[:, clip]
        groups[clip] = group
        if conflicts < fewest:
            fewest, best = conflicts, groups.copy()
    return best
