"""Orders of two or three systems: random, so that the next clip is unpredictable.

Any rule, such as that of the squares, would reveal the next clip. Slots form sets of one slot per system, whose orders
are images of one another under relabelling. In a set every system has every trial number once, and follows every other
as often as any, whatever the first order was. Only the last set may have fewer slots; its order is chosen so that its
places are even too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from random import Random

import numpy as np

from study.design.annealing import anneal
from study.design.latin_squares import Blocks, Counts, carry_over

#: Clips of one system in a block; trials of one system running; trials of a pattern such as ABABAB.
MAX_IN_BLOCK = 5
MAX_RUN = 3
MAX_PATTERN = 6
#: Changes tried on the order of a whole set, and of a set of fewer slots; how often that starts afresh.
CHANGES, CHANGES_ALONE, STARTS = 150, 4000, 5
#: One unevenness costs 5, so these changes are tried at higher temperatures.
TEMPERATURES = (3.0, 0.5)


def mirrored_orders(systems: int, heard: int, slots: int, rng: np.random.Generator) -> list[Blocks]:
    """Order two or three systems for every slot.

    Parameters
    ----------
    systems, heard, slots : int
        Numbers of systems, of clips of each system per slot, and of slots.
    rng : np.random.Generator

    Returns
    -------
    list of list of list of int
        For every slot its blocks of systems; each system occurs ``heard`` times. The slots of a set are neighbours.
    """
    python_rng = Random(int(rng.integers(2**63)))  # noqa: S311  a plan must follow from its seed
    sizes = block_sizes(heard)
    counts = [[0] * systems for _ in range(systems)]
    orders: list[Blocks] = []
    while len(orders) < slots:
        shifts = python_rng.sample(range(systems), min(systems, slots - len(orders)))
        starts = (search_order(systems, sizes, shifts, counts, python_rng) for _ in range(STARTS))
        base = first_fitting(starts)
        images = [_image(base, shift, systems) for shift in shifts]
        counts = _add(counts, carry_over(images, systems))
        orders += images
    return orders


def first_fitting(found: Iterable[tuple[Blocks, int]]) -> Blocks:
    """Choose the first order whose set is even, or else the evenest.

    Parameters
    ----------
    found : iterable of (Blocks, int)
        Orders with their costs (``set_cost``).

    Returns
    -------
    Blocks
    """
    best: Blocks = []
    lowest = math.inf
    for blocks, cost in found:
        if cost < lowest:
            best, lowest = blocks, cost
        if cost == 0:
            break
    return best


def block_sizes(heard: int) -> list[int]:
    """Divide the clips of a system among blocks, as evenly as possible.

    Parameters
    ----------
    heard : int
        Clips of each system.

    Returns
    -------
    list of int
        Clips of each system in each block, at most ``MAX_IN_BLOCK``.
    """
    blocks = -(-heard // MAX_IN_BLOCK)
    return [heard // blocks + (block < heard % blocks) for block in range(blocks)]


def _image(blocks: Blocks, shift: int, systems: int) -> Blocks:
    return [[(system + shift) % systems for system in block] for block in blocks]


def _add(counts: Counts, more: Counts) -> Counts:
    return [[a + b for a, b in zip(row, other, strict=True)] for row, other in zip(counts, more, strict=True)]


def search_order(systems: int, sizes: list[int], shifts: list[int], counts: Counts, rng: Random) -> tuple[Blocks, int]:
    """Search an order of which a whole set fits what other sets hold.

    A random order is changed by swaps within its blocks.

    Parameters
    ----------
    systems : int
    sizes : list of int
        Clips of each system in each block.
    shifts : list of int
        The relabelling of each slot of the set.
    counts : Counts
        Carry-over in the other sets.
    rng : Random

    Returns
    -------
    blocks : Blocks
    cost : int
        0 if it fits (``set_cost``).
    """
    blocks = [rng.sample(list(range(systems)) * size, systems * size) for size in sizes]
    # As often as by chance among all systems, so that the last clip tells nothing about the next.
    usual = round((sum(sizes) * systems - 1) / systems)
    lowest = set_cost(blocks, shifts, counts, usual)

    def attempt(limit: float) -> int:
        nonlocal lowest
        block = blocks[int(rng.random() * len(blocks))]
        one, other = (int(rng.random() * len(block)) for _ in range(2))
        block[one], block[other] = block[other], block[one]
        gain = set_cost(blocks, shifts, counts, usual) - lowest
        if gain > limit:
            block[one], block[other] = block[other], block[one]
            return 0
        lowest += gain
        return gain

    anneal(lowest, attempt, CHANGES if len(shifts) == systems else CHANGES_ALONE, rng, TEMPERATURES)
    return blocks, lowest


def set_cost(blocks: Blocks, shifts: list[int], counts: Counts, usual: int) -> int:
    """Rate an order by how uneven its set is.

    Parameters
    ----------
    blocks : Blocks
        The order.
    shifts : list of int
        The relabelling of each slot of the set.
    counts : Counts
        Carry-over in the other sets.
    usual : int
        How often a system follows itself by chance.

    Returns
    -------
    int
        0 where carry-over is even, runs are short, systems follow themselves as often as usual and, in a set of fewer
        slots than systems, places are even.
    """
    systems = len(counts)
    images = [_image(blocks, shift, systems) for shift in shifts]
    follows = _add(counts, carry_over(images, systems))
    apart = [follows[a][b] for a in range(systems) for b in range(systems) if a != b]
    itself = [follows[system][system] for system in range(systems)]
    flat = [system for block in blocks for system in block]
    running = sum(before == after for before, after in pairwise(flat))
    cost = (
        5 * _excess(apart)
        + 5 * _excess(itself)
        + 10 * count_long_runs(flat, systems)
        + max(0, abs(running - usual) - 1)
    )
    return cost + (5 * place_excess(images, systems) if len(shifts) < systems else 0)


def _excess(counts: list[int]) -> int:
    return max(0, max(counts) - min(counts) - 1)


def count_long_runs(flat: list[int], systems: int) -> int:
    """Count the trials that extend a run which is long enough already.

    Parameters
    ----------
    flat : list of int
        The systems of the trials.
    systems : int

    Returns
    -------
    int
        A run is of one system, or of one change again and again.
    """
    steps = [(after - before) % systems for before, after in pairwise(flat)]
    found = run = 0
    for before, after in pairwise([-1, *steps]):
        run = run + 1 if before == after else 1
        found += run >= (MAX_RUN if after == 0 else MAX_PATTERN)
    return found


def place_excess(images: list[Blocks], systems: int) -> int:
    """Sum how unevenly systems occur at the places of a block.

    Parameters
    ----------
    images : list of Blocks
        One for each slot.
    systems : int

    Returns
    -------
    int
        By how much the counts at a place differ beyond one, over all places.
    """
    blocks = [block for image in images for block in image]
    excess = 0
    for place in range(max(map(len, blocks))):
        here = [block[place] for block in blocks if place < len(block)]
        excess += _excess([here.count(system) for system in range(systems)])
    return excess
