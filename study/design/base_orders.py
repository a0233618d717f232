"""Rows of systems that go well together: the squares and base orders from which blocks are dealt."""

from __future__ import annotations

from random import Random

from study.design.annealing import anneal

Row = list[int]
Square = list[Row]

#: Changes tried for each base order of an odd number of systems.
CHANGES = 800


def williams(systems: int) -> list[Row]:
    """Rows in which each system stands at each place equally often and follows each other one equally often.

    `systems` rows where the number is even, twice as many where it is odd (Williams 1949).
    """
    first = zigzag(systems)
    square = shifts(first)
    return square if systems % 2 == 0 else square + shifts([-system % systems for system in first])


def zigzag(systems: int) -> Row:
    """0, 1, n-1, 2, n-2 …: each difference once where the number is even, half of them twice where it is odd."""
    first = [0]
    for step in range(1, systems):
        first.append((first[-1] + (step if step % 2 else -step)) % systems)
    return first


def shifts(base: Row) -> list[Row]:
    """All cyclic shifts of a base order: each system stands at each place once.

    A pair of neighbours that differ by d comes, over all shifts, to every system and the one d after it, once each.
    """
    return [[(system + shift) % len(base) for system in base] for shift in range(len(base))]


def differences(base: Row) -> list[int]:
    """How often neighbours differ by 0, 1, 2 …"""
    counts = [0] * len(base)
    for before, after in zip(base, base[1:], strict=False):
        counts[(after - before) % len(base)] += 1
    return counts


def squares_of(
    systems: int, squares: int, rest: int, draws: int, chance: Random, *, own_names: bool
) -> tuple[list[Square], Row]:
    """So many squares of rows, and the base order of `rest` further rows: the evenest in differences of some draws.

    With an even number of systems the zigzag's square is even by itself. With an odd number no single square is (no
    sequence of all residues has every difference once): that of the zigzag and its mirror image are, and as many others
    as the further rows can upset are searched for. Even squares stay even under other names, and may get their own:
    where all are shifts of one order, the first clip of a block gives the rest of it away.
    """
    first = zigzag(systems)
    if systems % 2 == 0:
        square = shifts(first)
        return [renamed(square, chance) if own_names else square for _ in range(squares)], first
    loose = min(squares, 2 + 2 * (rest // systems) + squares % 2)
    pairs = [renamed(williams(systems), chance) for _ in range((squares - loose) // 2)]
    drawn = [_even_orders(systems, [systems] * loose + [rest], chance) for _ in range(draws)]
    _, orders = min(drawn, key=lambda pair: pair[0])
    even = [rows[start : start + systems] for rows in pairs for start in (0, systems)]
    return even + [shifts(order) for order in orders[:loose]], orders[loose]


def renamed(rows: Square, chance: Random) -> Square:
    """The same rows under other names, drawn at random."""
    names = chance.sample(range(len(rows[0])), len(rows[0]))
    return [[names[system] for system in row] for row in rows]


def _even_orders(systems: int, weights: list[int], chance: Random) -> tuple[int, list[Row]]:
    """Orders whose differences, each order's times its weight, are even; the widest difference left, and the orders."""
    orders = [chance.sample(range(systems), systems) for _ in weights]
    counts = [differences(order) for order in orders]
    totals = [
        sum(weight * count[step] for weight, count in zip(weights, counts, strict=True)) for step in range(systems)
    ]
    cost = sum(total * total for total in totals)

    def attempt(limit: float) -> int:
        nonlocal totals, cost
        which = int(chance.random() * len(orders))
        order, old, weight = orders[which], counts[which], weights[which]
        one, other = int(chance.random() * systems), int(chance.random() * systems)
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
    anneal(cost - even, attempt, CHANGES * len(orders), chance)
    return max(totals[1:]) - min(totals[1:]), orders
