"""Squares and base orders of systems from which blocks are built."""

from __future__ import annotations

from random import Random

from study.design.annealing import anneal

Row = list[int]
Square = list[Row]

#: Changes tried for each base order of an odd number of systems.
CHANGES = 800


def williams(systems: int) -> list[Row]:
    """Construct a Williams design: rows balanced for position and carry-over.

    Each system has each position equally often and follows each other system equally often (Williams 1949).

    Parameters
    ----------
    systems : int

    Returns
    -------
    list of list of int
        ``systems`` rows for an even number of systems, twice as many for an odd one.
    """
    first = zigzag(systems)
    square = shifts(first)
    return square if systems % 2 == 0 else square + shifts([-system % systems for system in first])


def zigzag(systems: int) -> Row:
    """Construct the base order 0, 1, n-1, 2, n-2, ...

    Its neighbours have each difference (modulo n) once for an even number of systems, half of the differences twice for
    an odd one.

    Parameters
    ----------
    systems : int

    Returns
    -------
    list of int
    """
    first = [0]
    for step in range(1, systems):
        first.append((first[-1] + (step if step % 2 else -step)) % systems)
    return first


def shifts(base: Row) -> list[Row]:
    """Construct all cyclic shifts of a base order, a Latin square.

    Each system has each position once. Neighbours that differ by d in the base order give, over all shifts, each system
    followed by the one d after it, once each.

    Parameters
    ----------
    base : list of int
        A permutation of 0 to n-1.

    Returns
    -------
    list of list of int
        n rows.
    """
    return [[(system + shift) % len(base) for system in base] for shift in range(len(base))]


def differences(base: Row) -> list[int]:
    """Count the differences between neighbours, modulo n.

    Parameters
    ----------
    base : list of int
        A permutation of 0 to n-1.

    Returns
    -------
    list of int
        At index d how many neighbours differ by d.
    """
    counts = [0] * len(base)
    for before, after in zip(base, base[1:], strict=False):
        counts[(after - before) % len(base)] += 1
    return counts


def squares_of(
    systems: int, squares: int, rest: int, draws: int, rng: Random, *, own_names: bool
) -> tuple[list[Square], Row]:
    """Choose squares of rows, and the base order of the further rows.

    With an even number of systems the square of the zigzag is even by itself. With an odd number no single square is
    (no sequence of all residues has every difference once). The squares of the zigzag and its mirror image are, as a
    pair. As many others as the further rows can unbalance are searched for. Even squares stay even under other names,
    and may get their own: where all are shifts of one order, the first clip of a block reveals the rest of it.

    Parameters
    ----------
    systems : int
    squares : int
        How many squares.
    rest : int
        Further rows, which are shifts of one order.
    draws : int
        With an odd number of systems: searches of which the evenest in differences is taken.
    rng : Random
    own_names : bool
        With an even number of systems: whether each square gets names of its own.

    Returns
    -------
    squares : list of list of rows
        Each of ``systems`` rows.
    base : list of int
        The order whose shifts are the further rows.
    """
    first = zigzag(systems)
    if systems % 2 == 0:
        square = shifts(first)
        return [rename_systems(square, rng) if own_names else square for _ in range(squares)], first
    loose = min(squares, 2 + 2 * (rest // systems) + squares % 2)
    pairs = [rename_systems(williams(systems), rng) for _ in range((squares - loose) // 2)]
    drawn = [even_orders(systems, [systems] * loose + [rest], rng) for _ in range(draws)]
    _, orders = min(drawn, key=lambda pair: pair[0])
    even = [rows[start : start + systems] for rows in pairs for start in (0, systems)]
    return even + [shifts(order) for order in orders[:loose]], orders[loose]


def rename_systems(rows: Square, rng: Random) -> Square:
    """Permute the systems of some rows at random.

    Parameters
    ----------
    rows : list of list of int
    rng : Random

    Returns
    -------
    list of list of int
    """
    names = rng.sample(range(len(rows[0])), len(rows[0]))
    return [[names[system] for system in row] for row in rows]


def even_orders(systems: int, weights: list[int], rng: Random) -> tuple[int, list[Row]]:
    """Search for orders whose differences, weighted, are even.

    Parameters
    ----------
    systems : int
        2 or more.
    weights : list of int
        How often each order is used.
    rng : Random

    Returns
    -------
    tuple of int and list of Row
        The widest difference that is left, and the orders, one for each weight.
    """
    orders = [rng.sample(range(systems), systems) for _ in weights]
    counts = [differences(order) for order in orders]
    totals = [
        sum(weight * count[step] for weight, count in zip(weights, counts, strict=True)) for step in range(systems)
    ]
    cost = sum(total * total for total in totals)

    def attempt(limit: float) -> int:
        nonlocal totals, cost
        which = int(rng.random() * len(orders))
        order, old, weight = orders[which], counts[which], weights[which]
        one, other = int(rng.random() * systems), int(rng.random() * systems)
        order[one], order[other] = order[other], order[one]
        now = differences(order)
        new = [total + weight * (count - before) for total, count, before in zip(totals, now, old, strict=True)]
        gain = sum(value * value for value in new) - cost
        if gain > limit * systems * systems / 2:
            order[one], order[other] = order[other], order[one]
            return 0
        counts[which], totals, cost = now, new, cost + gain
        return gain

    even = (systems - 1) * sum(weights) ** 2  # each order has each of its differences once on the mean
    anneal(cost - even, attempt, CHANGES * len(orders), rng)
    return max(totals[1:]) - min(totals[1:]), orders
