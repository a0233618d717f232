"""Last resort for uneven orders: a search by swaps.

It swaps single systems within a row, and rows between slots.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from study.design.annealing import BalanceCounts, adjacent_pairs, anneal, min_cost
from study.design.base_orders import Row

#: Swaps tried in each search, and its temperatures at the beginning and the end.
TRIES, HEATS = 30_000, ((0.7, 0.2), (1.0, 0.3), (1.5, 0.4))
#: What a system following itself and uneven trial numbers and places cost beside uneven carry-over.
SELF_FOLLOWING_PENALTY, NUMBERS, PLACES = 1_000, 20, 3
#: Share of the attempts that swap two slots' rows of a block.
SWAPS = 0.3


def improve_orders(orders: list[list[Row]], systems: int, rng: Random) -> list[list[Row]]:
    """Search for orders that are more even than these, by swaps.

    Even in carry-over, at each trial number and at each place of a block.

    Parameters
    ----------
    orders : list of blocks
        For every slot its blocks of systems.
    systems : int
    rng : Random

    Returns
    -------
    list of list of list of int
        The same orders if no search finds better ones.
    """
    best, lowest = orders, SwapSearch(orders, systems, rng).excess()
    for heat in HEATS:
        search = SwapSearch(orders, systems, rng)
        excess = anneal(search.excess(), search.attempt, TRIES, rng, heat)
        if excess < lowest:
            best, lowest = search.orders(), excess
        if lowest == 0:
            break
    return best


class SwapSearch:
    """Counts of carry-over, trial numbers and places, and the swaps that change them.

    Parameters
    ----------
    orders : list of blocks
        For every slot its blocks of systems; copied.
    systems : int
    rng : Random
    """

    def __init__(self, orders: list[list[Row]], systems: int, rng: Random) -> None:
        self.systems, self.rng, self.heard = systems, rng, len(orders[0])
        self.length = systems * self.heard
        self.rows = [[system for block in blocks for system in block] for blocks in orders]
        self.numbers = systems * systems
        self.places = self.numbers + self.length * systems
        self.adjacent_pairs = adjacent_pairs(self.length)
        carry = [SELF_FOLLOWING_PENALTY if cell % (systems + 1) == 0 else 1 for cell in range(self.numbers)]
        self.tally = BalanceCounts(carry + [NUMBERS] * (self.length * systems) + [PLACES] * (systems * systems))
        for row in self.rows:
            self.tally.count(cell for number, system in enumerate(row) for cell in self._places(number, system))
            self.tally.count(self._pairs(row, range(self.length - 1)))

    def _places(self, number: int, system: int) -> tuple[int, int]:
        """The cells of a system's trial number (from 0) and of its place in the block."""
        systems = self.systems
        return self.numbers + number * systems + system, self.places + number % systems * systems + system

    def _pairs(self, row: Row, starts: Iterable[int]) -> list[int]:
        """The cells of the pairs that begin at these trial numbers of a row."""
        systems = self.systems
        return [row[number] * systems + row[number + 1] for number in starts]

    def excess(self) -> int:
        """Compute the cost above that of counts as even as possible.

        Returns
        -------
        int
        """
        slots, systems = len(self.rows), self.systems
        carry = min_cost(slots * (self.length - 1), systems * (systems - 1))
        numbers = self.length * min_cost(slots, systems)
        places = systems * min_cost(slots * self.heard, systems)
        return self.tally.cost() - carry - NUMBERS * numbers - PLACES * places

    def orders(self) -> list[list[Row]]:
        """List the blocks of every slot.

        Returns
        -------
        list of list of list of int
        """
        starts = range(0, self.length, self.systems)
        return [[row[start : start + self.systems] for start in starts] for row in self.rows]

    def attempt(self, limit: float) -> int:
        """Make one random change unless it costs more than the limit.

        Parameters
        ----------
        limit : float

        Returns
        -------
        int
            What the change cost; 0 if none was made.
        """
        random, systems, slots = self.rng.random, self.systems, len(self.rows)
        slot, start = int(random() * slots), int(random() * self.heard) * systems
        if random() < SWAPS:
            return self._swap_rows(slot, int(random() * slots), start, limit)
        one, other = start + int(random() * systems), start + int(random() * systems)
        return self._swap_systems(self.rows[slot], one, other, limit)

    def _swap_systems(self, row: Row, one: int, other: int, limit: float) -> int:
        """Two systems of a row change places."""
        if one == other:
            return 0
        system, another = row[one], row[other]
        starts = {*self.adjacent_pairs[one], *self.adjacent_pairs[other]}
        old = [*self._places(one, system), *self._places(other, another), *self._pairs(row, starts)]
        row[one], row[other] = another, system
        new = [*self._places(one, another), *self._places(other, system), *self._pairs(row, starts)]
        gain = self.tally.exchange(old, new, limit)
        if gain is None:
            row[one], row[other] = system, another
        return gain or 0

    def _swap_rows(self, slot: int, other: int, start: int, limit: float) -> int:
        """Two slots swap their rows of a block: only borders change."""
        if slot == other:
            return 0
        row, another, end = self.rows[slot], self.rows[other], start + self.systems
        starts = [number for number in (start - 1, end - 1) if 0 <= number < self.length - 1]
        old = self._pairs(row, starts) + self._pairs(another, starts)
        row[start:end], another[start:end] = another[start:end], row[start:end]
        gain = self.tally.exchange(old, self._pairs(row, starts) + self._pairs(another, starts), limit)
        if gain is None:
            row[start:end], another[start:end] = another[start:end], row[start:end]
        return gain or 0
