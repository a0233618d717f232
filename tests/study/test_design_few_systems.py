"""Orders of two and three systems: even in sets, without long runs, and as often the same again as by chance."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from study.design import few_systems
from study.design.base_orders import Row
from study.design.few_systems import (
    block_sizes,
    count_long_runs,
    first_fitting,
    mirrored_orders,
    place_excess,
    search_order,
    set_cost,
)


def test_of_a_set_s_orders_the_first_that_fits_is_taken_or_else_the_best() -> None:
    assert first_fitting(iter([([[0]], 3), ([[1]], 1), ([[2]], 2)])) == [[1]]
    assert first_fitting(iter([([[0]], 1), ([[1]], 1)])) == [[0]]
    later = iter([([[0]], 2), ([[1]], 0), ([[2]], 0)])
    assert first_fitting(later) == [[1]]
    assert list(later) == [([[2]], 0)]


@pytest.mark.parametrize(("heard", "sizes"), [(1, [1]), (5, [5]), (6, [3, 3]), (10, [5, 5]), (11, [4, 4, 3])])
def test_blocks_of_two_or_three_systems_have_at_most_five_clips_of_each(heard: int, sizes: list[int]) -> None:
    assert block_sizes(heard) == sizes


@pytest.mark.parametrize(("systems", "slots"), [(2, 7), (3, 8), (3, 9)])
def test_orders_of_two_or_three_systems_have_no_long_runs_and_no_long_patterns(systems: int, slots: int) -> None:
    orders = mirrored_orders(systems, 10, slots, np.random.default_rng(1))
    assert len(orders) == slots
    for blocks in orders:
        flat = [system for block in blocks for system in block]
        assert sorted(flat) == sorted(list(range(systems)) * 10)
        steps = [(after - before) % systems for before, after in pairwise(flat)]
        for step in range(systems):
            runs = max(map(len, "".join("x" if one == step else " " for one in steps).split()), default=0)
            assert runs < (3 if step == 0 else 6)


@pytest.mark.parametrize(
    ("flat", "systems", "found"),
    [
        ("AAA", 2, 0),
        ("BAAAAB", 2, 1),
        ("AAAAAA", 2, 3),
        ("ABABAB", 2, 0),
        ("ABABABA", 2, 1),
        ("ABABABABB", 2, 2),
        ("ABCABC", 3, 0),
        ("ABCABCAB", 3, 2),
        ("CBACBAC", 3, 1),
        ("AAABABABAAA", 2, 1),
    ],
)
def test_runs_of_more_than_three_and_patterns_of_more_than_six_trials_are_too_long(
    flat: str, systems: int, found: int
) -> None:
    assert count_long_runs(["ABC".index(system) for system in flat], systems) == found


def test_a_system_follows_itself_now_more_and_now_less_often_than_by_chance() -> None:
    chance, orders = (2 * 5 - 1) / 2, []
    for seed in range(6):
        orders += mirrored_orders(2, 5, 6, np.random.default_rng(seed))
    often = [sum(a == b for a, b in pairwise(system for block in blocks for system in block)) for blocks in orders]
    assert min(often) < chance < max(often)
    assert all(abs(count - chance) <= 1.5 for count in often)


def test_a_last_set_of_fewer_slots_than_systems_is_even_at_each_place_too() -> None:
    for seed in range(3):
        assert place_excess(mirrored_orders(3, 12, 2, np.random.default_rng(seed)), 3) == 0


def test_an_order_is_changed_at_what_its_accounts_say(monkeypatch: pytest.MonkeyPatch) -> None:
    chance, left = Random(3), []

    def some_changes(excess: int, attempt: Callable[[float], int], *_: object) -> None:
        left.append(excess + sum(attempt(4 * chance.random()) for _ in range(60)))

    monkeypatch.setattr(few_systems, "anneal", some_changes)
    for shifts in ([0, 1, 2], [2, 0]):
        blocks, cost = search_order(3, [4, 4], shifts, [[0] * 3] * 3, chance)
        assert left.pop() == cost == set_cost(blocks, shifts, [[0] * 3] * 3, 8)


def test_places_are_uneven_by_what_their_counts_differ_beyond_one() -> None:
    assert place_excess([[[0, 1, 0], [0]], [[0, 1, 0], [0]]], 2) == 3 + 1 + 1
    assert place_excess([[[0, 1], [1, 0]], [[0, 1]]], 2) == 0


@pytest.mark.parametrize(
    ("blocks", "shifts", "counts", "usual", "cost"),
    [
        ([[0, 1]], [0, 1], [[0, 0], [0, 0]], 1, 0),
        ([[0, 1]], [0, 1], [[0, 0], [0, 0]], 3, 2),
        ([[0, 1]], [0, 1], [[0, 5], [1, 0]], 0, 5 * (6 - 2 - 1)),
        ([[0, 1]], [0, 1], [[4, 0], [1, 2]], 0, 5 * (4 - 2 - 1)),
        ([[0, 0, 0, 0, 1]], [0, 1], [[0, 0], [0, 0]], 3, 10),
        ([[0, 0, 1, 1]], [0], [[0, 0], [0, 0]], 2, 0),
        ([[0, 1], [0, 1], [0, 1]], [0], [[0, 0], [0, 0]], 0, 5 * 4),
        ([[0, 0, 1, 1]], [1], [[0, 0], [0, 2]], 0, 5 * (3 - 1 - 1) + 1),
        ([[0, 0, 1, 1]], [0], [[0, 0], [2, 0]], 2, 0),
    ],
)
def test_a_set_costs_what_is_uneven_too_long_or_unusual(
    blocks: list[Row], shifts: list[int], counts: list[Row], usual: int, cost: int
) -> None:
    """Worked out by hand: 5 for each count too many apart, following itself, or at a place; 10 for a long run."""
    assert set_cost(blocks, shifts, counts, usual) == cost
