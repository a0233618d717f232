"""Which of its two clips the X of a trial is.

Trials are joined by couples whose X is at different places. Each trial is in at most one couple of its expert's and in
at most one of its pair's, so that no ring of couples has an odd number of trials: all of them can be kept. An expert's
couples are of the same pair and side where there are two such trials left, else of the same side, else any; a pair's
are of the same prompt and side, else of the same side, else any. A side is which system is at place 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

Trial = dict[str, Any]


def choose_x(sessions: Sequence[Sequence[Trial]], rng: np.random.Generator) -> None:
    """Give each trial the key ``x``: the place, 1 or 2, of the clip that X is.

    Within each expert and within each pair of systems, both places are equally often X, or differ by one; within an
    expert's trials of one pair, and of both systems of a pair, they differ by two at most.

    Parameters
    ----------
    sessions : sequence of lists of dict
        The trials of each slot with their ``places``; matched, without hidden repeats.
    rng : np.random.Generator
    """
    trials = [(slot, trial) for slot, session in enumerate(sessions) for trial in session]
    of_expert, of_pair = [], []
    for slot, trial in trials:
        (first, prompt), (second, _) = ((place["system"], place["clip"]) for place in trial["places"])
        pair, side = (min(first, second), max(first, second)), first < second
        of_expert.append([(slot, pair, side), (slot, side), (slot,)])
        of_pair.append([(pair, prompt, side), (pair, side), (pair,)])
    others: list[list[int]] = [[] for _ in trials]
    for keys in (of_expert, of_pair):
        for one, other in _couples(keys, rng):
            others[one].append(other)
            others[other].append(one)
    for (_, trial), is_first in zip(trials, _coloured(others, rng), strict=True):
        trial["x"] = 1 if is_first else 2


def _couples(keys: Sequence[Sequence[Hashable]], rng: np.random.Generator) -> list[tuple[int, int]]:
    """Trials two by two that share the narrowest key possible; each has its keys from narrow to wide."""
    found: list[tuple[int, int]] = []
    left = rng.permutation(len(keys)).tolist()
    for level in range(len(keys[0]) if keys else 0):
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for trial in left:
            groups[keys[trial][level]].append(trial)
        found += [
            (one, other) for group in groups.values() for one, other in zip(group[::2], group[1::2], strict=False)
        ]
        left = [group[-1] for group in groups.values() if len(group) % 2]
    return found


def _coloured(others: Sequence[Sequence[int]], rng: np.random.Generator) -> list[bool]:
    """A colour for each trial that differs from that of its couples; that of each ring or row is drawn."""
    colour: dict[int, bool] = {}
    for start in range(len(others)):
        if start in colour:
            continue
        colour[start], waiting = bool(rng.integers(2)), [start]
        while waiting:
            one = waiting.pop()
            for other in others[one]:
                if other not in colour:
                    colour[other] = not colour[one]
                    waiting.append(other)
    return [colour[trial] for trial in range(len(others))]
