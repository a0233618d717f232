"""Orders of four systems or more: rows of cyclic squares, dealt to slots and exchanged between them.

A block is one row, so each system comes once in it. All shifts of one base order put every system at every place
once; each block therefore deals whole squares, each under names of its own where it can, and to the slots that are
left different shifts of one further order. Over all blocks these shifts are used equally often, so that each system
stands at each place equally often too. What follows what within the rows is even by the choice of squares (`rows`);
exchanging rows between slots and blocks (`deals`) changes only what follows what across the blocks' borders, and that
evens out carry-over. Squares can't do it for every shape with one block, or with fewer slots than an odd number of
systems; there a search without them (`patches`) mends what it can.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np

from study.design.annealing import anneal
from study.design.base_orders import Row, williams
from study.design.row_assignment import RowAssignment
from study.design.swap_search import patched

Blocks = list[Row]
Counts = list[list[int]]

#: Exchanges tried in each search, one after the other; the same where there are no borders between blocks.
TRIES = (15_000, 30_000, 60_000, 60_000, 120_000, 120_000)
TRIES_ALONE = (3_000,) * 4


def carry_over(orders: Sequence[Blocks], systems: int) -> Counts:
    """counts[a][b]: how often system b came right after system a, over all slots, block borders included."""
    counts = [[0] * systems for _ in range(systems)]
    for blocks in orders:
        for before, after in pairwise(system for block in blocks for system in block):
            counts[before][after] += 1
    return counts


def square_orders(systems: int, heard: int, slots: int, rng: np.random.Generator) -> list[Blocks]:
    """For every slot `heard` blocks of a system each: the first even ones that a search finds, or else the evenest."""
    chance = Random(int(rng.integers(2**63)))  # noqa: S311  a plan must follow from its seed
    if systems % 2 and slots < systems and heard > 1:
        orders = patched(_windows(systems, heard, slots, chance), systems, chance)
    else:
        orders = _dealt(systems, heard, slots, chance)
    names = chance.sample(range(systems), systems)
    return [[[names[system] for system in row] for row in blocks] for blocks in orders]


def _dealt(systems: int, heard: int, slots: int, chance: Random) -> list[Blocks]:
    found: list[tuple[int, list[Blocks]]] = []
    for draws, tries in enumerate(TRIES if heard > 1 else TRIES_ALONE, start=1):
        deal = RowAssignment(systems, heard, slots, draws, chance)
        found.append((anneal(deal.excess(), deal.attempt, tries, chance), deal.orders()))
        if found[-1][0] == 0:
            return found[-1][1]
    _, orders = min(found, key=lambda pair: pair[0])
    return patched(orders, systems, chance)


def _windows(systems: int, heard: int, slots: int, chance: Random) -> list[Blocks]:
    """For fewer slots than an odd number of systems: rows of the two Williams squares by turns.

    Rows of one square alone would make half of all successions, and never the other half.
    """
    rows = williams(systems)
    orders: list[Blocks] = [[] for _ in range(slots)]
    for block in range(heard):
        square, start = block % 2 * systems, block // 2 * slots
        dealt = [rows[square + (start + step) % systems] for step in range(slots)]
        for blocks, row in zip(orders, chance.sample(dealt, slots), strict=True):
            blocks.append(list(row))
    return orders
