"""Orders of four systems or more, made of the rows of cyclic squares.

Rows are assigned to slots and exchanged between them. A block is one row, so each system occurs once in it. All shifts
of one base order put every system at every place once. Each block therefore assigns whole squares, each under names of
its own where it can, and gives the slots that are left different shifts of one further order. Over all blocks these
shifts are used equally often, so that each system has each place equally often too. Carry-over within the rows is even
by the choice of squares (`base_orders`). Exchanging rows between slots and blocks (`row_assignment`) changes only
carry-over across the blocks' borders, and that evens out carry-over. Squares cannot do it for every design with one
block, or with fewer slots than an odd number of systems. There a search without them (`swap_search`) improves what it
can.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np

from study.design.annealing import anneal
from study.design.base_orders import Row, williams
from study.design.row_assignment import RowAssignment
from study.design.swap_search import improve_orders

Blocks = list[Row]
Counts = list[list[int]]

#: Exchanges tried in each search, one after the other; the same where there are no borders between blocks.
TRIES = (15_000, 30_000, 60_000, 60_000, 120_000, 120_000)
TRIES_ALONE = (3_000,) * 4


def carry_over(orders: Sequence[Blocks], systems: int) -> Counts:
    """Count how often each system directly follows each other one.

    Parameters
    ----------
    orders : sequence of blocks
        For every slot its blocks of systems.
    systems : int

    Returns
    -------
    list of list of int
        ``counts[a][b]``: how often b came directly after a, over all slots, borders between blocks included.
    """
    counts = [[0] * systems for _ in range(systems)]
    for blocks in orders:
        for before, after in pairwise(system for block in blocks for system in block):
            counts[before][after] += 1
    return counts


def square_orders(systems: int, heard: int, slots: int, rng: np.random.Generator) -> list[Blocks]:
    """Order four systems or more for every slot.

    Parameters
    ----------
    systems, heard, slots : int
        Numbers of systems, of clips of each system per slot, and of slots.
    rng : np.random.Generator

    Returns
    -------
    list of list of list of int
        For every slot ``heard`` blocks, each a permutation of the systems: the first even ones that a search finds, or
        else the evenest.
    """
    python_rng = Random(int(rng.integers(2**63)))  # noqa: S311  a plan must follow from its seed
    if systems % 2 and slots < systems and heard > 1:
        orders = improve_orders(windows(systems, heard, slots, python_rng), systems, python_rng)
    else:
        orders = assign_rows(systems, heard, slots, python_rng)
    names = python_rng.sample(range(systems), systems)
    return [[[names[system] for system in row] for row in blocks] for blocks in orders]


def assign_rows(systems: int, heard: int, slots: int, rng: Random) -> list[Blocks]:
    """Assign rows of whole squares to the slots.

    Parameters
    ----------
    systems, heard, slots : int
    rng : Random

    Returns
    -------
    list of Blocks
        One for each slot: of several assignments the first even one, or else the evenest, improved by exchanges.
    """
    found: list[tuple[int, list[Blocks]]] = []
    for draws, tries in enumerate(TRIES if heard > 1 else TRIES_ALONE, start=1):
        assignment = RowAssignment(systems, heard, slots, draws, rng)
        found.append((anneal(assignment.excess(), assignment.attempt, tries, rng), assignment.orders()))
        if found[-1][0] == 0:
            return found[-1][1]
    _, orders = min(found, key=lambda pair: pair[0])
    return improve_orders(orders, systems, rng)


def windows(systems: int, heard: int, slots: int, rng: Random) -> list[Blocks]:
    """Deal rows of the two Williams squares by turns.

    For fewer slots than an odd number of systems: rows of one square alone would make half of all successions, and
    never the other half.

    Parameters
    ----------
    systems : int
        An odd number.
    heard : int
        Blocks of each slot.
    slots : int
        Fewer than ``systems``.
    rng : Random

    Returns
    -------
    list of Blocks
        One for each slot.
    """
    rows = williams(systems)
    orders: list[Blocks] = [[] for _ in range(slots)]
    for block in range(heard):
        square, start = block % 2 * systems, block // 2 * slots
        dealt = [rows[square + (start + step) % systems] for step in range(slots)]
        for blocks, row in zip(orders, rng.sample(dealt, slots), strict=True):
            blocks.append(list(row))
    return orders
