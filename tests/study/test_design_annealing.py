"""The searches for even plans keep honest accounts: every cost that they go by is that of the orders as they stand."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise
from random import Random

import numpy as np
import pytest

from study.design import latin_squares, swap_search
from study.design.annealing import BalanceCounts, anneal, min_cost
from study.design.base_orders import Row, differences
from study.design.latin_squares import carry_over, square_orders, windows
from study.design.row_assignment import SELF_FOLLOWING_PENALTY, RowAssignment
from study.design.swap_search import SwapSearch, improve_orders

ALL = math.inf


def evenest(total: int, cells: int) -> int:
    """The sum of squares of the evenest whole numbers, one by one."""
    return sum((total // cells + (cell < total % cells)) ** 2 for cell in range(cells))


def follows(orders: list[list[Row]]) -> Counter[tuple[int, int]]:
    return Counter(pair for blocks in orders for pair in pairwise(system for row in blocks for system in row))


def test_even_counts_have_the_least_sum_of_squares() -> None:
    for total in range(25):
        assert min_cost(total, 7) == evenest(total, 7)


def test_a_tally_exchanges_up_to_its_limit_and_beyond_it_changes_nothing() -> None:
    tally = BalanceCounts([1, 1, 5])
    tally.count([0, 0, 0, 1, 2])
    assert (tally.counts, tally.cost()) == ([3, 1, 1], 9 + 1 + 5)
    assert tally.exchange([0, 1], [2, 2], 33.5) is None
    assert tally.counts == [3, 1, 1]
    assert tally.exchange([0, 1], [2, 2], 34) == 34
    assert (tally.counts, tally.cost()) == ([2, 0, 3], 15 + 34)


def dealt(systems: int, heard: int, slots: int, seed: int = 1) -> RowAssignment:
    return RowAssignment(systems, heard, slots, 2, Random(seed))


SHAPES = [(6, 10, 26), (6, 10, 24), (7, 4, 17), (5, 3, 5), (4, 8, 7), (9, 2, 20), (12, 3, 30), (8, 1, 19)]


@pytest.mark.parametrize(("systems", "heard", "slots"), SHAPES)
def test_a_deal_s_cost_is_that_of_what_follows_what(systems: int, heard: int, slots: int) -> None:
    deal, total, pairs = dealt(systems, heard, slots), slots * (systems * heard - 1), systems * (systems - 1)

    def true_excess() -> int:
        counts = follows(deal.orders())
        itself = sum(counts[system, system] ** 2 for system in range(systems)) * (
            2 * total // pairs + SELF_FOLLOWING_PENALTY
        )
        return itself + sum(n * n for (a, b), n in counts.items() if a != b) - evenest(total, pairs)

    rng, excess = Random(2), deal.excess()
    assert excess == true_excess()
    for limit in (ALL, 3.0, -1.0):
        for _ in range(400):
            gain = deal.attempt(limit * rng.random() if limit > 0 else limit)
            assert gain == 0 or gain <= limit
            excess += gain
        assert excess == deal.excess() == true_excess()


@pytest.mark.parametrize(("systems", "heard", "slots"), SHAPES)
def test_a_deal_stays_even_at_each_place_whatever_it_exchanges(systems: int, heard: int, slots: int) -> None:
    deal = dealt(systems, heard, slots)
    before = [sorted(numbers) for numbers in deal.blocks]
    seen = Counter[str]()
    for _ in range(600):
        state = ([list(spare) for spare in deal.spare], list(deal.used), [list(block) for block in deal.blocks])
        deal.attempt(ALL)
        seen["exchanged"] += state[0] != deal.spare and state[1] == deal.used
        seen["replaced"] += state[1] != deal.used
        seen["swapped"] += state[0] == deal.spare and state[2] != deal.blocks
    assert seen["swapped"] > 100
    assert bool(seen["exchanged"]) is (heard > 1 and slots % systems > 0)
    assert bool(seen["replaced"]) is (slots % systems * heard % systems > 0)
    for block, numbers in enumerate(deal.blocks):
        shifts = [number for number in numbers if number < systems]
        assert sorted(shifts) == [shift for shift in range(systems) if deal.spare[block][shift]]
        assert [number for number in sorted(numbers) if number >= systems] == [
            number for number in before[block] if number >= systems
        ]
    assert deal.used == [sum(spare[shift] for spare in deal.spare) for shift in range(systems)]
    assert max(deal.used) - min(deal.used) <= 1
    orders = deal.orders()
    for trial in range(systems * heard):
        places = Counter(blocks[trial // systems][trial % systems] for blocks in orders)
        assert max(places.values()) - (min(places.values()) if len(places) == systems else 0) <= 1
    assert all(sorted(row) == list(range(systems)) for blocks in orders for row in blocks)


def test_a_deal_exchanges_shifts_between_any_two_blocks() -> None:
    deal, seen = dealt(6, 4, 9), Counter[tuple[int, ...]]()
    for _ in range(4000):
        before = [list(spare) for spare in deal.spare]
        deal.attempt(ALL)
        seen[tuple(block for block in range(4) if before[block] != deal.spare[block])] += 1
    assert set(seen) == {(), *combinations(range(4), 2)}, "all shifts are used equally often: none is replaced"


def patch_of(systems: int, heard: int, slots: int) -> SwapSearch:
    return SwapSearch(windows(systems, heard, slots, Random(1)), systems, Random(1))


@pytest.mark.parametrize(("systems", "heard", "slots"), [(7, 3, 5), (5, 4, 3), (9, 2, 8), (5, 1, 4)])
def test_a_patch_s_cost_is_that_of_carry_over_trial_numbers_and_places(systems: int, heard: int, slots: int) -> None:
    patch = patch_of(systems, heard, slots)

    def true_excess() -> int:
        orders = patch.orders()
        flat = [[system for row in blocks for system in row] for blocks in orders]
        carry = sum(
            n * n * (swap_search.SELF_FOLLOWING_PENALTY if a == b else 1) for (a, b), n in follows(orders).items()
        )
        numbers = Counter((at, system) for row in flat for at, system in enumerate(row))
        places = Counter((at % systems, system) for row in flat for at, system in enumerate(row))
        squares = [sum(n * n for n in counted.values()) for counted in (numbers, places)]
        least = [systems * heard * evenest(slots, systems), systems * evenest(slots * heard, systems)]
        return (
            carry
            - evenest(slots * (systems * heard - 1), systems * (systems - 1))
            + swap_search.NUMBERS * (squares[0] - least[0])
            + swap_search.PLACES * (squares[1] - least[1])
        )

    excess = patch.excess()
    assert excess == true_excess()
    for limit in (ALL, 40.0, 0.0, -1.0):
        for _ in range(300):
            gain = patch.attempt(limit)
            assert gain == 0 or gain <= limit
            excess += gain
        assert excess == patch.excess() == true_excess()
    assert all(sorted(row) == list(range(systems)) for blocks in patch.orders() for row in blocks)


def test_a_patch_swaps_systems_within_a_block_and_blocks_between_slots() -> None:
    patch = patch_of(7, 3, 5)
    kinds, blocks = Counter[int](), set[int]()
    for _ in range(400):
        before = [list(row) for row in patch.rows]
        patch.attempt(ALL)
        changed = [at for row, old in zip(patch.rows, before, strict=True) for at in range(21) if row[at] != old[at]]
        rows = sum(row != old for row, old in zip(patch.rows, before, strict=True))
        assert len({at // 7 for at in changed}) <= 1, "never across a border"
        kinds[rows] += 1
        blocks |= {at // 7 for at in changed}
    assert blocks == {0, 1, 2}
    assert kinds[0] < 130
    assert kinds[1] > 180
    assert kinds[2] > 60
    assert sum(kinds.values()) == 400


def test_a_patch_that_finds_nothing_better_leaves_the_orders_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = windows(7, 3, 5, Random(1))
    found = SwapSearch(improve_orders(orders, 7, Random(3)), 7, Random(1)).excess()
    assert found < SwapSearch(orders, 7, Random(1)).excess()
    for worse in (0, 1):
        monkeypatch.setattr(swap_search, "anneal", lambda excess, *_, worse=worse: excess + worse)
        assert improve_orders(orders, 7, Random(3)) is orders


def test_a_patch_searches_on_until_nothing_is_left_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    orders, kept = windows(7, 3, 5, Random(1)), SwapSearch.orders
    for results, best, searches in (([3, 1, 2], 1, 3), ([1, 0, 9], 1, 2), ([0, 9, 9], 0, 1)):
        left, made = iter(results), list[list[list[Row]]]()
        monkeypatch.setattr(swap_search, "anneal", lambda *_, left=left: next(left))
        monkeypatch.setattr(SwapSearch, "orders", lambda self, made=made: made.append(kept(self)) or made[-1])
        assert improve_orders(orders, 7, Random(3)) is made[best]
        assert len(list(left)) == 3 - searches


def test_of_deals_the_first_even_one_is_taken_or_else_the_evenest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latin_squares, "improve_orders", lambda orders, *_: orders)
    for results, best in (([5, 3, 4, 6, 7, 8], 1), ([5, 0], 1), ([9, 8, 7, 6, 5, 4], 5)):
        left, made = iter(results), list[RowAssignment]()
        monkeypatch.setattr(
            latin_squares,
            "anneal",
            lambda _, attempt, *__, left=left, made=made: made.append(attempt.__self__) or next(left),
        )
        found = latin_squares.assign_rows(7, 2, 9, Random(1))
        assert found == made[best].orders()
        assert len(made) == len(results)


def test_windows_take_rows_of_two_squares_by_turns_and_every_row_as_often() -> None:
    orders = windows(5, 4, 3, Random(1))
    for block in range(4):
        steps = {tuple(differences(blocks[block])) for blocks in orders}
        assert len(steps) == 1, "one square a block"
    assert differences(orders[0][0]) == differences(orders[0][2]) != differences(orders[0][1])
    for square in (0, 1):
        rows = [tuple(blocks[block]) for block in (square, square + 2) for blocks in orders]
        assert sorted(Counter(rows).values()) == [1, 1, 1, 1, 2], "six of five rows"


def test_few_slots_of_an_odd_number_of_systems_draw_on_both_squares_even_for_two_blocks() -> None:
    spreads = []
    for seed in range(3):
        counts = carry_over(square_orders(7, 2, 4, np.random.default_rng(seed)), 7)
        apart = [counts[a][b] for a in range(7) for b in range(7) if a != b]
        spreads.append(max(apart) - min(apart))
    assert sorted(spreads)[1] <= 2, "rows of one square alone leave half of all successions out"


def test_carry_over_counts_what_follows_what_across_blocks_too() -> None:
    assert carry_over([[[0, 1], [1, 2]], [[2, 0], [1, 2]]], 3) == [[0, 2, 0], [0, 1, 2], [1, 0, 0]]


class Loaded(Random):
    """Chance that always draws the number at which the limit is the temperature."""

    def random(self) -> float:
        return 1 - 1 / math.e


def test_annealing_cools_evenly_and_ends_where_nothing_is_left() -> None:
    limits: list[float] = []

    def attempt(limit: float) -> int:
        limits.append(limit)
        return -1

    assert anneal(10, attempt, 4, Loaded(), (8.0, 0.5)) == 6
    assert limits == pytest.approx([8, 4, 2, 1])
    limits.clear()
    assert anneal(2, attempt, 10, Random(1)) == 0
    assert len(limits) == 2
