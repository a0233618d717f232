"""Which clips a slot hears, and in which order it sees the scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from study.design.base_orders import williams
from study.design.spec import DesignSpec


def clip_subsets(spec: DesignSpec, rng: np.random.Generator) -> list[list[int]]:
    """Choose the clips of one system that each slot hears.

    13 clips of which 10 are heard, in 26 slots, are the complements of a Steiner triple system's blocks: each pair of
    clips is then in 15 subsets. Other designs take the clips used least so far.

    Parameters
    ----------
    spec : DesignSpec
    rng : np.random.Generator

    Returns
    -------
    list of list of int
        For every slot its clips in random order; every clip occurs equally often (+-1).
    """
    if spec.clips == 13 and spec.heard == 10 and [count for _, count in spec.groups] in ([13, 13], [26]):
        subsets = _steiner_complements(rng)
    else:
        subsets = _least_used(spec, rng)
    return [[int(clip) for clip in rng.permutation(subset)] for subset in subsets]


def _steiner_complements(rng: np.random.Generator) -> list[list[int]]:
    """Complements of the 26 blocks of a Steiner triple system of order 13, from base blocks {0,1,4} and {0,2,7}.

    Each clip is in 20 of them, 10 of either base block, and each pair of clips in 15.
    """
    names = rng.permutation(13)
    subsets = []
    for base in ((0, 1, 4), (0, 2, 7)):
        for shift in rng.permutation(13):
            left_out = {int((point + shift) % 13) for point in base}
            subsets.append([int(names[clip]) for clip in range(13) if clip not in left_out])
    return subsets


def _least_used(spec: DesignSpec, rng: np.random.Generator) -> list[list[int]]:
    """Each slot takes the clips used least so far: overall, then in its group, then together with those it has."""
    used = np.zeros(spec.clips, dtype=int)
    together = np.zeros((spec.clips, spec.clips), dtype=int)
    by_group = {key: np.zeros(spec.clips, dtype=int) for key, _ in spec.groups}
    by_slot: dict[int, list[int]] = {}
    for slot, group in interleave(spec.groups):
        taken: list[int] = []
        for _ in range(spec.heard):
            shared = together[:, taken].sum(axis=1)
            order = np.lexsort((rng.random(spec.clips), shared, by_group[group], used))
            taken.append(next(int(clip) for clip in order if int(clip) not in taken))
        used[taken] += 1
        by_group[group][taken] += 1
        together[np.ix_(taken, taken)] += 1
        by_slot[slot] = taken
    return [by_slot[slot] for slot in range(spec.slots)]


def interleave(groups: Sequence[tuple[str, int]]) -> list[tuple[int, str]]:
    """Let the groups take turns in proportion to their sizes.

    Parameters
    ----------
    groups : sequence of (str, int)
        Key of each group and its number of slots.

    Returns
    -------
    list of (int, str)
        Slots with their groups.
    """
    slots, start = [], 0
    for key, count in groups:
        slots += [((index + 0.5) / count, start + index, key) for index in range(count)]
        start += count
    return [(slot, key) for _, slot, key in sorted(slots)]


def planned_experts(groups: Sequence[tuple[str, int]], rng: np.random.Generator) -> list[int]:
    """Choose the planned expert of each slot.

    Groups take turns, and within a group chance decides.

    Parameters
    ----------
    groups : sequence of (str, int)
        Key of each group and its number of slots.
    rng : np.random.Generator

    Returns
    -------
    list of int
    """
    experts = [0] * sum(count for _, count in groups)
    members: dict[str, list[int]] = {}
    for expert, (_, group) in enumerate(interleave(groups)):
        members.setdefault(group, []).append(expert)
    start = 0
    for key, count in groups:
        experts[start : start + count] = [members[key][index] for index in rng.permutation(count).tolist()]
        start += count
    return experts


def scale_orders(scales: int, slots: int, rng: np.random.Generator) -> list[list[int]]:
    """Choose the order in which each slot sees the scales.

    Parameters
    ----------
    scales, slots : int
        How many.
    rng : np.random.Generator

    Returns
    -------
    list of list of int
        Rows of Williams designs over shuffled scales, in random order.
    """
    rows: list[list[int]] = []
    while len(rows) < slots:
        names = rng.permutation(scales)
        rows += [[int(names[scale]) for scale in row] for row in williams(scales)]
    return [rows[index] for index in rng.permutation(slots)]
