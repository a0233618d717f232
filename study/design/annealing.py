"""What the searches for even plans share: counts whose sum of squares is to fall, and when a step up is allowed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from random import Random

#: Temperatures at which a search begins and ends, in units of the cost.
TEMPERATURES = (0.7, 0.2)


class BalanceCounts:
    """Counts in cells, each cell with a weight. Even counts are those with the lowest weighted sum of squares."""

    def __init__(self, weights: Sequence[int]) -> None:
        self.weights = weights
        self.counts = [0] * len(weights)

    def cost(self) -> int:
        """The weighted sum of squares."""
        return sum(weight * count * count for weight, count in zip(self.weights, self.counts, strict=True))

    def count(self, cells: Iterable[int]) -> None:
        """Counts each of these cells once more."""
        for cell in cells:
            self.counts[cell] += 1

    def exchange(self, old: Sequence[int], new: Sequence[int], limit: float) -> int | None:
        """Counts `new` in place of `old`; by how much that raises the cost, or None where it would pass the limit.

        In that case nothing is changed.
        """
        counts, weights, gain = self.counts, self.weights, 0
        for cell in old:
            count = counts[cell]
            gain -= weights[cell] * (2 * count - 1)
            counts[cell] = count - 1
        for cell in new:
            count = counts[cell]
            gain += weights[cell] * (2 * count + 1)
            counts[cell] = count + 1
        if gain <= limit:
            return gain
        for cell in new:
            counts[cell] -= 1
        for cell in old:
            counts[cell] += 1
        return None


def least_cost(total: int, cells: int) -> int:
    """The sum of squares of whole numbers with that total when they are as even as can be."""
    share, rest = divmod(total, cells)
    return cells * share * share + rest * (2 * share + 1)


def adjacent_pairs(count: int) -> list[list[int]]:
    """For each of so many in a row, the borders beside it, numbered by what lies before them; none lies at an end."""
    return [[at for at in (place - 1, place) if 0 <= at < count - 1] for place in range(count)]


def anneal(
    excess: int,
    attempt: Callable[[float], int],
    tries: int,
    chance: Random,
    heat: tuple[float, float] = TEMPERATURES,
) -> int:
    """Simulated annealing until no excess of cost is left or `tries` attempts are made; the excess left.

    `attempt(limit)` makes one random change unless it costs more than the limit, and returns what it cost.
    """
    hot, ratio = heat[0], heat[1] / heat[0]
    for number in range(tries):
        if excess == 0:
            break
        temperature = hot * ratio ** (number / tries)
        excess += attempt(-temperature * math.log(1.0 - chance.random()))
    return excess
