"""Which clips a slot hears, and in which order it sees the scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from study.design.base_orders import williams
from study.design.spec import DesignSpec


def clip_subsets(shape: DesignSpec, rng: np.random.Generator) -> list[list[int]]:
    """For every slot the clips of one system that it hears, in random order; every clip equally often (±1)."""
    if shape.clips == 13 and shape.heard == 10 and [count for _, count in shape.groups] in ([13, 13], [26]):
        subsets = _steiner_complements(rng)
    else:
        subsets = _least_used(shape, rng)
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


def _least_used(shape: DesignSpec, rng: np.random.Generator) -> list[list[int]]:
    """Each slot takes the clips used least so far: overall, then in its group, then together with those it has."""
    used = np.zeros(shape.clips, dtype=int)
    together = np.zeros((shape.clips, shape.clips), dtype=int)
    by_group = {key: np.zeros(shape.clips, dtype=int) for key, _ in shape.groups}
    by_slot: dict[int, list[int]] = {}
    for slot, group in _interleaved(shape.groups):
        taken: list[int] = []
        for _ in range(shape.heard):
            shared = together[:, taken].sum(axis=1)
            order = np.lexsort((rng.random(shape.clips), shared, by_group[group], used))
            taken.append(next(int(clip) for clip in order if int(clip) not in taken))
        used[taken] += 1
        by_group[group][taken] += 1
        together[np.ix_(taken, taken)] += 1
        by_slot[slot] = taken
    return [by_slot[slot] for slot in range(shape.slots)]


def _interleaved(groups: Sequence[tuple[str, int]]) -> list[tuple[int, str]]:
    """(slot, group) with the groups taking turns in proportion to their sizes."""
    slots, start = [], 0
    for key, count in groups:
        slots += [((index + 0.5) / count, start + index, key) for index in range(count)]
        start += count
    return [(slot, key) for _, slot, key in sorted(slots)]


def scale_orders(scales: int, slots: int, rng: np.random.Generator) -> list[list[int]]:
    """For every slot an order of the scales: rows of Williams squares over shuffled scales, dealt at random."""
    rows: list[list[int]] = []
    while len(rows) < slots:
        names = rng.permutation(scales)
        rows += [[int(names[scale]) for scale in row] for row in williams(scales)]
    return [rows[index] for index in rng.permutation(slots)]
