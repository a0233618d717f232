"""The order of the pairs of systems in each round of each session.

A round has every pair once. From five systems on, no system is in two trials running: a round follows a Hamiltonian
path of the Kneser graph K(S, 2), whose vertices are the pairs, joined where they have no system in common. Such a path
exists for five systems (the Petersen graph) and more. For three and four systems there is none.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from study.design.pairs.spec import APART_FROM

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Pair = tuple[int, int]

#: Paths from which the rounds are made, and relabellings of them that are compared for each round.
PATHS, CANDIDATES = 8, 60
#: Within so many trials the same clip should not come again, and the same prompt within these.
CLIP_GAP, PROMPT_GAP = 8, 3
#: What a clip, and a prompt, that comes again too early costs, relative to one trial's share of carry-over.
CLIP_COST, PROMPT_COST, BORDER_COST = 50.0, 2.0, 1e6


def path_of_pairs(systems: int, rng: np.random.Generator) -> list[Pair]:
    """Arrange all pairs so that consecutive ones share no system.

    Found by backtracking that tries pairs with the fewest ways on first (Warnsdorff's rule). It is not possible for
    fewer than five systems: three give all pairs in some order, four give each pair directly before or after the one it
    shares no system with.

    Parameters
    ----------
    systems : int
    rng : np.random.Generator

    Returns
    -------
    list of (int, int)
        All ``systems * (systems - 1) / 2`` pairs, the lower system first.
    """
    pairs = list(combinations(range(systems), 2))
    if systems < APART_FROM:
        return _few(systems, pairs, rng)
    ranks = {pair: int(rank) for pair, rank in zip(pairs, rng.permutation(len(pairs)), strict=True)}
    onward = {pair: {other for other in pairs if not set(pair) & set(other)} for pair in pairs}
    path = [pairs[int(rng.integers(len(pairs)))]]
    _extend(path, onward, ranks, len(pairs))
    return path


def _few(systems: int, pairs: list[Pair], rng: np.random.Generator) -> list[Pair]:
    if systems == 4:  # three ways to part four systems in two pairs
        halves = [(pairs[number], pairs[-1 - number]) for number in range(3)]
        return [pair for number in rng.permutation(3) for pair in halves[int(number)]]
    return [pairs[int(number)] for number in rng.permutation(len(pairs))]


def _extend(path: list[Pair], onward: dict[Pair, set[Pair]], ranks: dict[Pair, int], wanted: int) -> bool:
    if len(path) == wanted:
        return True
    used = set(path)
    free = onward[path[-1]] - used
    for pair in sorted(free, key=lambda pair: (len(onward[pair] - used), ranks[pair])):
        path.append(pair)
        if _extend(path, onward, ranks, wanted):
            return True
        path.pop()
    return False


def order_rounds(systems: int, prompts: Ints, rng: np.random.Generator) -> Ints:
    """Order the pairs of every round of every slot.

    Each round is one of a few paths under random names of the systems. Of several relabellings the one is taken that
    evens out first-order carry-over and the systems at each trial number, that has no system in common with the trial
    before the round, and that brings no clip and no prompt again too early.

    Parameters
    ----------
    systems : int
    prompts : np.ndarray
        Shape (slots, rounds, pairs): the prompt of each pair's vote in each round.
    rng : np.random.Generator

    Returns
    -------
    np.ndarray
        Shape (slots, rounds, pairs): the numbers of the pairs (in the order of ``itertools.combinations``), by place in
        the round.
    """
    slots, rounds, pairs = prompts.shape
    numbers, members = _numbers(systems)
    paths = np.array([path_of_pairs(systems, rng) for _ in range(PATHS)])
    orders = np.zeros((slots, rounds, pairs), dtype=np.int64)
    carry = np.zeros((systems, systems))
    at_number = np.zeros((rounds * pairs, systems))
    for number in range(rounds):
        for slot in rng.permutation(slots):
            names = rng.permuted(np.tile(np.arange(systems), (CANDIDATES, 1)), axis=1)
            chosen = paths[rng.integers(len(paths), size=CANDIDATES)]
            found = np.take_along_axis(names[:, None, :], chosen, axis=2)  # (candidates, pairs, 2)
            ids = numbers[found[:, :, 0], found[:, :, 1]]
            before = orders[slot, :number].ravel()[-CLIP_GAP:]
            came = prompts[slot, :number][np.repeat(np.arange(number), pairs), orders[slot, :number].ravel()]
            cost = _cost(ids, members, carry, at_number[number * pairs : (number + 1) * pairs])
            cost += _closeness(ids, prompts[slot, number][ids], before, came[-CLIP_GAP:], members)
            best = int(cost.argmin())
            orders[slot, number] = ids[best]
            _count(members[orders[slot, : number + 1].ravel()], number * pairs, carry, at_number)
    return orders


def _numbers(systems: int) -> tuple[Ints, Ints]:
    """The number of each pair by its two systems, in any order, and the systems of each number."""
    members = np.array(list(combinations(range(systems), 2)))
    numbers = np.full((systems, systems), -1, dtype=np.int64)
    numbers[members[:, 0], members[:, 1]] = numbers[members[:, 1], members[:, 0]] = np.arange(len(members))
    return numbers, members


def _cost(ids: Ints, members: Ints, carry: Numbers, at_number: Numbers) -> Numbers:
    """How much the candidates, shape (candidates, pairs), would add to what is frequent already."""
    seen = members[ids]
    follows = sum(carry[seen[:, :-1, a], seen[:, 1:, b]].sum(axis=1) for a in (0, 1) for b in (0, 1))
    places = np.arange(ids.shape[1])
    stands = sum(at_number[places, seen[:, :, a]].sum(axis=1) for a in (0, 1))
    even = carry.mean() * 4 * (ids.shape[1] - 1) + at_number.mean() * 2 * ids.shape[1]
    total: Numbers = (follows + stands - even) / max(1.0, at_number.mean())
    return total


def _closeness(ids: Ints, prompts: Ints, before: Ints, came: Ints, members: Ints) -> Numbers:
    """What systems, clips and prompts that come again too early cost each candidate."""
    rows = len(ids)
    every = np.hstack([np.tile(before, (rows, 1)), ids])
    asked = np.hstack([np.tile(came, (rows, 1)), prompts])
    cost = np.zeros(rows)
    for lag in range(1, min(CLIP_GAP, every.shape[1])):
        first, second = members[every[:, :-lag]], members[every[:, lag:]]
        shared = (first[:, :, :, None] == second[:, :, None, :]).any(axis=(2, 3))
        same = asked[:, :-lag] == asked[:, lag:]
        cost += CLIP_COST * (shared & same).sum(axis=1) / lag
        if lag <= PROMPT_GAP:
            cost += PROMPT_COST * same.sum(axis=1)
        if lag == 1 and len(before):
            border = len(before) - 1
            cost += BORDER_COST * shared[:, border] + BORDER_COST * (every[:, border] == every[:, border + 1])
    return cost


def _count(seen: Ints, start: int, carry: Numbers, at_number: Numbers) -> None:
    """Adds a session's newest round, from trial number `start` on, to the counts."""
    for a in (0, 1):
        np.add.at(at_number, (np.arange(start, len(seen)), seen[start:, a]), 1)
        for b in (0, 1):
            first = max(start, 1)
            np.add.at(carry, (seen[first - 1 : -1, a], seen[first:, b]), 1)
