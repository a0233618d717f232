"""Simulated annealing on counts, shared by the searches for balanced plans."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from random import Random

#: Temperatures at which a search begins and ends, in units of the cost.
TEMPERATURES = (0.7, 0.2)


class BalanceCounts:
    """Counts in weighted cells, for a search that evens them out.

    Counts are even where the sum of weight * count^2 is lowest.

    Parameters
    ----------
    weights : sequence of int
        One for each cell; counts start at 0.
    """

    def __init__(self, weights: Sequence[int]) -> None:
        self.weights = weights
        self.counts = [0] * len(weights)

    def cost(self) -> int:
        """Compute the weighted sum of squares.

        Returns
        -------
        int
        """
        return sum(weight * count * count for weight, count in zip(self.weights, self.counts, strict=True))

    def count(self, cells: Iterable[int]) -> None:
        """Count each of these cells once more.

        Parameters
        ----------
        cells : iterable of int
        """
        for cell in cells:
            self.counts[cell] += 1

    def exchange(self, old: Sequence[int], new: Sequence[int], limit: float) -> int | None:
        """Count new cells in place of old ones unless that costs too much.

        Parameters
        ----------
        old, new : sequences of int
            Cells; one may occur several times.
        limit : float
            By how much the cost may rise.

        Returns
        -------
        int or None
            By how much the cost rises; None if that exceeds the limit, and then no count changes.
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


def min_cost(total: int, cells: int) -> int:
    """Compute the lowest sum of squares of whole numbers with a given sum.

    Parameters
    ----------
    total : int
        Their sum.
    cells : int
        How many numbers.

    Returns
    -------
    int
    """
    share, rest = divmod(total, cells)
    return cells * share * share + rest * (2 * share + 1)


def adjacent_pairs(count: int) -> list[list[int]]:
    """Find the pairs of neighbours that each element of a row belongs to.

    Parameters
    ----------
    count : int
        Elements in the row.

    Returns
    -------
    list of list of int
        For each element one or two pairs, each by the index of its first element; none for a single element.
    """
    return [[at for at in (place - 1, place) if 0 <= at < count - 1] for place in range(count)]


def anneal(
    excess: int,
    attempt: Callable[[float], int],
    tries: int,
    rng: Random,
    heat: tuple[float, float] = TEMPERATURES,
) -> int:
    """Minimise a cost by simulated annealing (Kirkpatrick et al. 1983).

    The temperature falls geometrically. A change that costs x is accepted with probability exp(-x / temperature).

    Parameters
    ----------
    excess : int
        The cost above the lowest possible one, at the start.
    attempt : callable
        ``attempt(limit)`` makes one random change unless it costs more than the limit, and returns its cost.
    tries : int
        Number of attempts.
    rng : Random
    heat : (float, float)
        Temperatures at the first attempt and after the last, in units of the cost.

    Returns
    -------
    int
        The excess that is left; 0 ends the search early.
    """
    hot, ratio = heat[0], heat[1] / heat[0]
    for number in range(tries):
        if excess == 0:
            break
        temperature = hot * ratio ** (number / tries)
        excess += attempt(-temperature * math.log(1.0 - rng.random()))
    return excess
