"""Assign rows to slots in each block, and exchange them for balance."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from formats.study_file import REPEAT_GAP
from study.design.annealing import BalanceCounts, adjacent_pairs, min_cost
from study.design.base_orders import Row, shifts, squares_of

#: (block, slot, number of the row that it gets)
Change = tuple[int, int, int]
#: What a system following itself costs beyond the even share that it takes from the others.
SELF_FOLLOWING_PENALTY = 6
#: Shares of the attempts that swap two slots' rows of a block, and that exchange shifts between two blocks.
SWAPS, EXCHANGES = 0.5, 0.3


class RowAssignment:
    """Rows assigned to slots, block by block, and the carry-over they give.

    Rows are numbered: the first ``systems`` numbers are the shifts of the order that is assigned to the slots which no
    whole square fills.

    Parameters
    ----------
    systems, heard, slots : int
        Numbers of systems, of blocks per slot, and of slots.
    draws : int
        Searches for squares (``squares_of``).
    rng : Random

    Attributes
    ----------
    spare : list of list of bool
        ``spare[block][shift]``: whether a slot has this shift in this block. No block has a shift twice.
    used : list of int
        Number of blocks that have each shift. These differ by at most 1, which balances the systems over the places.
    """

    def __init__(self, systems: int, heard: int, slots: int, draws: int, rng: Random) -> None:
        self.systems, self.rng = systems, rng
        whole, rest = divmod(slots, systems)
        # After no more trials than lie before a repeat, the first repeat is of the first clip. In shifts of one zigzag
        # the last system of the second block is never the first of the first; in squares with other names it may be.
        own_names = systems * heard > REPEAT_GAP
        squares, single = squares_of(systems, whole * heard, rest * heard, draws, rng, own_names=own_names)
        self.rows = [row for square in (shifts(single), *squares) for row in square]
        self.inner = [[a * systems + b for a, b in zip(row, row[1:], strict=False)] for row in self.rows]
        self.first, self.last = [row[0] for row in self.rows], [row[-1] * systems for row in self.rows]
        total, pairs = slots * (heard * systems - 1), systems * (systems - 1)
        self.goal = min_cost(total, pairs)
        itself = 2 * total // pairs + SELF_FOLLOWING_PENALTY
        self.tally = BalanceCounts([1 if cell % (systems + 1) else itself for cell in range(systems * systems)])
        self.rest, self.spare, self.used = rest, [[False] * systems for _ in range(heard)], [0] * systems
        self.adjacent_pairs = adjacent_pairs(heard)
        self.blocks: list[list[int]] = []
        self._assign(whole)

    def _assign(self, whole: int) -> None:
        """A window of shifts for each block, joined to the window before, and whole squares in random order."""
        start = self.rng.randrange(self.systems)
        squares = self.rng.sample(range(1, len(self.rows) // self.systems), whole * len(self.spare))
        for block, spare in enumerate(self.spare):
            numbers = [(start + step) % self.systems for step in range(self.rest)]
            start += self.rest
            for number in numbers:
                spare[number] = True
                self.used[number] += 1
            for square in squares[block * whole : (block + 1) * whole]:
                numbers += range(square * self.systems, (square + 1) * self.systems)
            self.tally.count(cell for number in numbers for cell in self.inner[number])
            self.blocks.append(self._join_rows(numbers))

    def _join_rows(self, numbers: list[int]) -> list[int]:
        """These rows, one for each slot, so that each follows its slot's last row by the least used border."""
        if not self.blocks:
            return self.rng.sample(numbers, len(numbers))
        by_first: dict[int, list[int]] = {}
        for number in self.rng.sample(numbers, len(numbers)):
            by_first.setdefault(self.first[number], []).append(number)
        dealt, counts = [0] * len(numbers), self.tally.counts
        for slot in self.rng.sample(range(len(numbers)), len(numbers)):
            start = self.last[self.blocks[-1][slot]]
            first = min(by_first, key=lambda system: (system * self.systems == start, counts[start + system]))
            dealt[slot] = by_first[first].pop()
            if not by_first[first]:
                del by_first[first]
            counts[start + first] += 1
        return dealt

    def excess(self) -> int:
        """Compute the cost above that of carry-over as even as possible.

        Returns
        -------
        int
        """
        return self.tally.cost() - self.goal

    def orders(self) -> list[list[Row]]:
        """List the blocks of every slot.

        Returns
        -------
        list of list of list of int
        """
        return [[self.rows[number] for number in numbers] for numbers in zip(*self.blocks, strict=True)]

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
        random, slots = self.rng.random, len(self.blocks[0])
        block, slot, other = int(random() * len(self.blocks)), int(random() * slots), int(random() * slots)
        kind = random()
        if kind < SWAPS or not self.rest:
            return self._swap(block, slot, other, limit)
        if self.blocks[block][slot] >= self.systems:
            return 0
        if kind < SWAPS + EXCHANGES:
            return self._exchange(block, slot, int(random() * len(self.blocks)), other, limit)
        return self._replace(block, slot, int(random() * self.systems), limit)

    def _swap(self, block: int, one: int, other: int, limit: float) -> int:
        """Two slots swap their rows of a block: only borders change."""
        if one == other:
            return 0
        row, another = self.blocks[block][one], self.blocks[block][other]
        return self._try([(block, one, another), (block, other, row)], limit) or 0

    def _exchange(self, block: int, slot: int, other_block: int, other: int, limit: float) -> int:
        """Two blocks exchange two of the further shifts, which no block may have twice: only borders change."""
        row, another = self.blocks[block][slot], self.blocks[other_block][other]
        spare, other_spare = self.spare[block], self.spare[other_block]
        if block == other_block or another >= self.systems or spare[another] or other_spare[row]:
            return 0
        gain = self._try([(block, slot, another), (other_block, other, row)], limit)
        if gain is None:
            return 0
        spare[row] = other_spare[another] = False
        spare[another] = other_spare[row] = True
        return gain

    def _replace(self, block: int, slot: int, shift: int, limit: float) -> int:
        """A shift that is used once more than others gives way to one of those."""
        row, spare = self.blocks[block][slot], self.spare[block]
        if spare[shift] or self.used[row] <= self.used[shift]:
            return 0
        gain = self._try([(block, slot, shift)], limit, self.inner[row], self.inner[shift])
        if gain is None:
            return 0
        spare[row], spare[shift] = False, True
        self.used[row] -= 1
        self.used[shift] += 1
        return gain

    def _try(self, changes: list[Change], limit: float, old: Iterable[int] = (), new: Iterable[int] = ()) -> int | None:
        """Puts rows into places unless that costs more than the limit. `old` and `new` are cells within the rows."""
        near = {(at, slot) for block, slot, _ in changes for at in self.adjacent_pairs[block]}
        before = [*old, *self._cells(near)]
        rows = [(block, slot, self.blocks[block][slot]) for block, slot, _ in changes]
        self._put(changes)
        gain = self.tally.exchange(before, [*new, *self._cells(near)], limit)
        if gain is None:
            self._put(rows)
        return gain

    def _put(self, changes: list[Change]) -> None:
        for block, slot, number in changes:
            self.blocks[block][slot] = number

    def _cells(self, near: Iterable[tuple[int, int]]) -> list[int]:
        """The cells of the borders after these blocks of these slots."""
        first, last, blocks = self.first, self.last, self.blocks
        return [last[blocks[at][slot]] + first[blocks[at + 1][slot]] for at, slot in near]
