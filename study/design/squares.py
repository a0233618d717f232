"""Orders of four systems or more: rows of Williams squares, dealt to slots and swapped between them.

A block is one row, so each system comes once in it. Rows of one square put every system at every place once; each
block therefore deals whole squares, and to the slots that are left a window of one square's rows. Windows of
successive blocks join, so that over all blocks each system stands at each place equally often. Swapping two slots'
rows of one block changes no position, only what follows what across the blocks' borders: that evens out carry-over.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Blocks = list[list[int]]
Counts = list[list[int]]

#: Rounds of swaps without a gain before the search gives up, and how often it starts afresh.
PATIENCE = 60
STARTS = 12
#: Row exchanges tried in all: a bound on time, not on quality.
BUDGET = 150_000
#: What a system following itself costs beside a unit of unevenness.
DEAR = 10_000


def williams(systems: int) -> Blocks:
    """Rows in which each system stands at each place equally often and follows each other one equally often.

    `systems` rows where the number is even, twice as many where it is odd (Williams 1949).
    """
    first = [0]
    for step in range(1, systems):
        first.append((first[-1] + (step if step % 2 else -step)) % systems)
    square = [[(system + shift) % systems for system in first] for shift in range(systems)]
    return square if systems % 2 == 0 else square + [[-system % systems for system in row] for row in square]


def carry_over(orders: Sequence[Blocks], systems: int) -> Counts:
    """counts[a][b]: how often system b came right after system a, over all slots, block borders included."""
    counts = [[0] * systems for _ in range(systems)]
    for blocks in orders:
        for before, after in pairwise(system for block in blocks for system in block):
            counts[before][after] += 1
    return counts


def square_orders(systems: int, heard: int, slots: int, rng: np.random.Generator) -> list[Blocks]:
    """For every slot `heard` blocks of a system each; the evenest of a few searches."""
    best: list[Blocks] = []
    lowest, tried = DEAR * DEAR, 0
    for _ in range(STARTS):
        orders = _dealt(systems, heard, slots, rng)
        tried += _swap_for_carry_over(orders, systems, BUDGET - tried, rng)
        spread = spread_of(carry_over(orders, systems))
        if spread < lowest:
            best, lowest = orders, spread
        if lowest <= 1 or tried >= BUDGET:
            break
    return best


def spread_of(counts: Counts) -> int:
    """Highest less lowest count of one system after another; large where a system follows itself."""
    apart = [count for before, row in enumerate(counts) for after, count in enumerate(row) if before != after]
    itself = sum(counts[system][system] for system in range(len(counts)))
    return max(apart) - min(apart) + DEAR * itself


def _dealt(systems: int, heard: int, slots: int, rng: np.random.Generator) -> list[Blocks]:
    """Rows of the first block dealt at random, of each further one so that the junctions used are the least used."""
    rows = williams(systems)
    blocks = [[rows[index] for index in deal] for deal in _deals(systems, heard, slots, rng)]
    counts = _within(blocks, systems)
    orders: list[Blocks] = [[blocks[0][index]] for index in rng.permutation(slots)]
    for block in blocks[1:]:
        left = [block[index] for index in rng.permutation(slots)]
        for slot in rng.permutation(slots):
            last = orders[slot][-1][-1]
            best = min(range(len(left)), key=lambda index: (left[index][0] == last, counts[last][left[index][0]]))
            row = left.pop(best)
            counts[last][row[0]] += 1
            orders[slot].append(row)
    return orders


def _deals(systems: int, heard: int, slots: int, rng: np.random.Generator) -> list[list[int]]:
    """For each block the indices of the rows that its slots get, in a random order of blocks.

    An odd number of systems has two squares, which together are even. Whole squares then make up for the windows,
    which come from one square; where there are no whole squares, the windows take turns.
    """
    squares = 1 if systems % 2 == 0 else 2
    whole, rest = divmod(slots, systems)
    starts, used = rng.integers(systems, size=2).tolist(), [0.0, 0.0]
    used[0] = heard * rest / systems if whole else 0.0
    deals = []
    for block in range(heard):
        square = block % squares if whole == 0 else 0
        deal = [square * systems + (starts[square] + step) % systems for step in range(rest)]
        starts[square] += rest
        for _ in range(whole):
            square = 0 if squares == 1 or used[0] <= used[1] else 1
            used[square] += 1
            deal += [square * systems + shift for shift in range(systems)]
        deals.append(deal)
    return [deals[index] for index in rng.permutation(heard)]


def _within(blocks: list[Blocks], systems: int) -> Counts:
    """How often each system follows each other inside the rows."""
    return carry_over([[row] for block in blocks for row in block], systems)


def _swap_for_carry_over(orders: list[Blocks], systems: int, budget: int, rng: np.random.Generator) -> int:
    """Swaps rows of one block between two slots as long as that helps, or does no harm; how many swaps it tried."""
    counts = carry_over(orders, systems)
    slots, blocks = len(orders), len(orders[0])
    patience = tried = 0
    while spread_of(counts) > 1 and patience < PATIENCE and tried < budget:
        patience += 1
        for block in range(blocks):
            pairs = zip(rng.permutation(slots).tolist(), rng.permutation(slots).tolist(), strict=True)
            tried += slots
            for one, other in pairs:
                if one != other and _swap(orders, counts, block, one, other):
                    patience = 0
    return tried


def _swap(orders: list[Blocks], counts: Counts, block: int, one: int, other: int) -> bool:
    """Swaps two slots' rows of a block unless that raises the cost; whether it lowered it."""
    old = [*_borders(orders[one], block), *_borders(orders[other], block)]
    orders[one][block], orders[other][block] = orders[other][block], orders[one][block]
    new = [*_borders(orders[one], block), *_borders(orders[other], block)]
    gain = sum(_step(counts, pair, -1) for pair in old) + sum(_step(counts, pair, 1) for pair in new)
    if gain > 0:
        orders[one][block], orders[other][block] = orders[other][block], orders[one][block]
        for before, after in new:
            counts[before][after] -= 1
        for before, after in old:
            counts[before][after] += 1
    return gain < 0


def _borders(blocks: Blocks, block: int) -> list[tuple[int, int]]:
    """Who follows whom at the two borders of a block."""
    pairs = [(blocks[block - 1][-1], blocks[block][0])] if block else []
    return [*pairs, (blocks[block][-1], blocks[block + 1][0])] if block + 1 < len(blocks) else pairs


def _step(counts: Counts, pair: tuple[int, int], step: int) -> int:
    """Changes one count by a step; the change of the sum of squares, self-following made dear."""
    before, after = pair
    old = counts[before][after]
    counts[before][after] = old + step
    return 2 * step * old + 1 + (step * DEAR if before == after else 0)
