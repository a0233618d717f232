"""Squares and base orders: even in what follows what, alone or together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest

from study.design import base_orders
from study.design.base_orders import Row, differences, even_orders, squares_of


def test_of_base_orders_the_evenest_draw_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([(3, [[0, 1, 2, 3, 4]] * 4), (1, [[4, 3, 2, 1, 0]] * 4), (2, [[0, 2, 4, 1, 3]] * 4)])
    monkeypatch.setattr(base_orders, "even_orders", lambda *_: next(draws))
    assert squares_of(5, 3, 0, 3, Random(1), own_names=True)[1] == [4, 3, 2, 1, 0]


def test_orders_of_squares_are_even_in_differences_with_what_is_dealt_besides() -> None:
    for systems in (5, 7, 9):
        for seed in range(4):
            widest, orders = even_orders(systems, [systems] * 4, Random(seed))
            totals = [systems * sum(counts) for counts in zip(*map(differences, orders), strict=True)]
            assert widest == max(totals[1:]) - min(totals[1:]) == 0
            assert all(sorted(order) == list(range(systems)) for order in orders)


def weighed(orders: list[Row], weights: list[int]) -> list[int]:
    """How often neighbours differ by 1, 2, 3 …, each order's times its weight."""
    by_order = ([weight * count for count in differences(o)] for weight, o in zip(weights, orders, strict=True))
    return [sum(counts) for counts in zip(*by_order, strict=True)][1:]


def test_orders_of_squares_are_weighed_by_how_far_their_differences_are_from_even(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert differences([0, 1, 5, 2, 4, 3]) == [0, 1, 1, 1, 1, 1]
    assert differences([0, 2, 4, 1, 3]) == [0, 0, 4, 0, 0]
    begun: list[int] = []
    monkeypatch.setattr(base_orders, "anneal", lambda excess, *_: begun.append(excess))
    for seed in range(30):
        weights = [7, 7, 3]
        widest, orders = even_orders(7, weights, Random(seed))
        totals = weighed(orders, weights)
        assert widest == max(totals) - min(totals)
        assert begun.pop() == sum((total - 17) ** 2 for total in totals)


def test_orders_of_squares_are_changed_at_what_their_accounts_say(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, left = Random(3), []

    def some_changes(excess: int, attempt: Callable[[float], int], *_: object) -> None:
        left.append(excess + sum(attempt(rng.random()) for _ in range(100)))

    monkeypatch.setattr(base_orders, "anneal", some_changes)
    for systems in (5, 7):
        weights = [systems, systems, 3]
        _, orders = even_orders(systems, weights, Random(1))
        totals = weighed(orders, weights)
        assert left.pop() == sum((total - sum(weights)) ** 2 for total in totals)


@pytest.mark.parametrize("own_names", [True, False])
def test_an_even_number_of_systems_has_its_zigzag_under_names_of_its_own_or_not(own_names: bool) -> None:
    squares, first = squares_of(6, 5, 3, 2, Random(1), own_names=own_names)
    assert first == [0, 1, 5, 2, 4, 3]
    assert len(squares) == 5
    assert len({tuple(map(tuple, square)) for square in squares}) == (5 if own_names else 1)
    for square in squares:
        assert sorted(Counter(pair for row in square for pair in pairwise(row)).values()) == [1] * 30


@pytest.mark.parametrize(("systems", "squares"), [(5, 1), (5, 2), (5, 3), (5, 9), (7, 5), (7, 12)])
def test_squares_of_an_odd_number_of_systems_are_even_together(systems: int, squares: int) -> None:
    found, single = squares_of(systems, squares, 0, 3, Random(1), own_names=True)
    assert len(found) == squares
    assert sorted(single) == list(range(systems))
    counts = Counter(pair for square in found for row in square for pair in pairwise(row))
    assert len(counts) == systems * (systems - 1) or squares == 1
    assert max(counts.values()) - min(counts.values()) <= (0 if squares > 2 else 2)
