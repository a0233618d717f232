"""The searches for even plans keep honest accounts: every cost that they go by is that of the orders as they stand."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from study.design import patches, rows, squares
from study.design.deals import DEAR, Deal
from study.design.mirrored import _cost, _first_fitting, _long_runs, _place_excess, block_sizes, mirrored_orders
from study.design.patches import Patch, patched
from study.design.rows import Row, _even_orders, differences, squares_of
from study.design.search import Tally, anneal, least_cost
from study.design.squares import _windows

ALL = math.inf


def evenest(total: int, cells: int) -> int:
    """The sum of squares of the evenest whole numbers, one by one."""
    return sum((total // cells + (cell < total % cells)) ** 2 for cell in range(cells))


def follows(orders: list[list[Row]]) -> Counter[tuple[int, int]]:
    return Counter(pair for blocks in orders for pair in pairwise(system for row in blocks for system in row))


def test_even_counts_have_the_least_sum_of_squares() -> None:
    for total in range(25):
        assert least_cost(total, 7) == evenest(total, 7)


def test_a_tally_exchanges_up_to_its_limit_and_beyond_it_changes_nothing() -> None:
    tally = Tally([1, 1, 5])
    tally.count([0, 0, 0, 1, 2])
    assert (tally.counts, tally.cost()) == ([3, 1, 1], 9 + 1 + 5)
    assert tally.exchange([0, 1], [2, 2], 33.5) is None
    assert tally.counts == [3, 1, 1]
    assert tally.exchange([0, 1], [2, 2], 34) == 34
    assert (tally.counts, tally.cost()) == ([2, 0, 3], 15 + 34)


def dealt(systems: int, heard: int, slots: int, seed: int = 1) -> Deal:
    return Deal(systems, heard, slots, 2, Random(seed))


SHAPES = [(6, 10, 26), (6, 10, 24), (7, 4, 17), (5, 3, 5), (4, 8, 7), (9, 2, 20), (12, 3, 30), (8, 1, 19)]


@pytest.mark.parametrize(("systems", "heard", "slots"), SHAPES)
def test_a_deal_s_cost_is_that_of_what_follows_what(systems: int, heard: int, slots: int) -> None:
    deal, total, pairs = dealt(systems, heard, slots), slots * (systems * heard - 1), systems * (systems - 1)

    def true_excess() -> int:
        counts = follows(deal.orders())
        itself = sum(counts[system, system] ** 2 for system in range(systems)) * (2 * total // pairs + DEAR)
        return itself + sum(n * n for (a, b), n in counts.items() if a != b) - evenest(total, pairs)

    chance, excess = Random(2), deal.excess()
    assert excess == true_excess()
    for limit in (ALL, 3.0, -1.0):
        for _ in range(400):
            gain = deal.attempt(limit * chance.random() if limit > 0 else limit)
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


def patch_of(systems: int, heard: int, slots: int) -> Patch:
    return Patch(_windows(systems, heard, slots, Random(1)), systems, Random(1))


@pytest.mark.parametrize(("systems", "heard", "slots"), [(7, 3, 5), (5, 4, 3), (9, 2, 8), (5, 1, 4)])
def test_a_patch_s_cost_is_that_of_carry_over_trial_numbers_and_places(systems: int, heard: int, slots: int) -> None:
    patch = patch_of(systems, heard, slots)

    def true_excess() -> int:
        orders = patch.orders()
        flat = [[system for row in blocks for system in row] for blocks in orders]
        carry = sum(n * n * (patches.DEAR if a == b else 1) for (a, b), n in follows(orders).items())
        numbers = Counter((at, system) for row in flat for at, system in enumerate(row))
        places = Counter((at % systems, system) for row in flat for at, system in enumerate(row))
        squares = [sum(n * n for n in counted.values()) for counted in (numbers, places)]
        least = [systems * heard * evenest(slots, systems), systems * evenest(slots * heard, systems)]
        return (
            carry
            - evenest(slots * (systems * heard - 1), systems * (systems - 1))
            + patches.NUMBERS * (squares[0] - least[0])
            + patches.PLACES * (squares[1] - least[1])
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
    kinds = Counter[int]()
    for _ in range(400):
        before = [list(row) for row in patch.rows]
        patch.attempt(ALL)
        changed = [at for row, old in zip(patch.rows, before, strict=True) for at in range(21) if row[at] != old[at]]
        rows = sum(row != old for row, old in zip(patch.rows, before, strict=True))
        assert len({at // 7 for at in changed}) <= 1, "never across a border"
        kinds[rows] += 1
    assert kinds[0] < 130
    assert kinds[1] > 180
    assert kinds[2] > 60
    assert sum(kinds.values()) == 400


def test_a_patch_that_finds_nothing_better_leaves_the_orders_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = _windows(7, 3, 5, Random(1))
    found = Patch(patched(orders, 7, Random(3)), 7, Random(1)).excess()
    assert found < Patch(orders, 7, Random(1)).excess()
    for worse in (0, 1):
        monkeypatch.setattr(patches, "anneal", lambda excess, *_, worse=worse: excess + worse)
        assert patched(orders, 7, Random(3)) is orders


def test_a_patch_searches_on_until_nothing_is_left_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    orders, kept = _windows(7, 3, 5, Random(1)), Patch.orders
    for results, best, searches in (([3, 1, 2], 1, 3), ([1, 0, 9], 1, 2), ([0, 9, 9], 0, 1)):
        left, made = iter(results), list[list[list[Row]]]()
        monkeypatch.setattr(patches, "anneal", lambda *_, left=left: next(left))
        monkeypatch.setattr(Patch, "orders", lambda self, made=made: made.append(kept(self)) or made[-1])
        assert patched(orders, 7, Random(3)) is made[best]
        assert len(list(left)) == 3 - searches


def test_of_deals_the_first_even_one_is_taken_or_else_the_evenest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squares, "patched", lambda orders, *_: orders)
    for results, best in (([5, 3, 4, 6, 7, 8], 1), ([5, 0], 1), ([9, 8, 7, 6, 5, 4], 5)):
        left, made = iter(results), list[Deal]()
        monkeypatch.setattr(
            squares, "anneal", lambda _, attempt, *__, left=left, made=made: made.append(attempt.__self__) or next(left)
        )
        found = squares._dealt(7, 2, 9, Random(1))
        assert found == made[best].orders()
        assert len(made) == len(results)


def test_of_base_orders_the_evenest_draw_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([(3, [[0, 1, 2, 3, 4]] * 4), (1, [[4, 3, 2, 1, 0]] * 4), (2, [[0, 2, 4, 1, 3]] * 4)])
    monkeypatch.setattr(rows, "_even_orders", lambda *_: next(draws))
    assert squares_of(5, 3, 0, 3, Random(1), own_names=True)[1] == [4, 3, 2, 1, 0]


def test_of_a_set_s_orders_the_first_that_fits_is_taken_or_else_the_best() -> None:
    assert _first_fitting(iter([([[0]], 3), ([[1]], 1), ([[2]], 2)])) == [[1]]
    assert _first_fitting(iter([([[0]], 1), ([[1]], 1)])) == [[0]]
    later = iter([([[0]], 2), ([[1]], 0), ([[2]], 0)])
    assert _first_fitting(later) == [[1]]
    assert list(later) == [([[2]], 0)]


def test_windows_take_rows_of_two_squares_by_turns_and_every_row_as_often() -> None:
    orders = _windows(5, 4, 3, Random(1))
    for block in range(4):
        steps = {tuple(differences(blocks[block])) for blocks in orders}
        assert len(steps) == 1, "one square a block"
    assert differences(orders[0][0]) == differences(orders[0][2]) != differences(orders[0][1])
    for square in (0, 1):
        rows = [tuple(blocks[block]) for block in (square, square + 2) for blocks in orders]
        assert sorted(Counter(rows).values()) == [1, 1, 1, 1, 2], "six of five rows"


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


def test_orders_of_squares_are_even_in_differences_with_what_is_dealt_besides() -> None:
    for systems in (5, 7, 9):
        for seed in range(4):
            widest, orders = _even_orders(systems, [systems] * 4, Random(seed))
            totals = [systems * sum(counts) for counts in zip(*map(differences, orders), strict=True)]
            assert widest == max(totals[1:]) - min(totals[1:]) == 0
            assert all(sorted(order) == list(range(systems)) for order in orders)


def test_orders_of_squares_are_weighed_by_how_far_their_differences_are_from_even(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert differences([0, 1, 5, 2, 4, 3]) == [0, 1, 1, 1, 1, 1]
    assert differences([0, 2, 4, 1, 3]) == [0, 0, 4, 0, 0]
    begun: list[int] = []
    monkeypatch.setattr(rows, "anneal", lambda excess, *_: begun.append(excess))
    for seed in range(5):
        weights = [7, 7, 3]
        widest, orders = _even_orders(7, weights, Random(seed))
        by_order = ([weight * count for count in differences(o)] for weight, o in zip(weights, orders, strict=True))
        totals = [sum(counts) for counts in zip(*by_order, strict=True)][1:]
        assert widest == max(totals) - min(totals) > 0
        assert begun.pop() == sum((total - 17) ** 2 for total in totals)


@pytest.mark.parametrize("own_names", [True, False])
def test_an_even_number_of_systems_has_its_zigzag_under_names_of_its_own_or_not(own_names: bool) -> None:
    squares, first = squares_of(6, 5, 3, 2, Random(1), own_names=own_names)
    assert first == [0, 1, 5, 2, 4, 3]
    assert len(squares) == 5
    assert len({tuple(map(tuple, square)) for square in squares}) == (5 if own_names else 1)
    for square in squares:
        assert sorted(Counter(pair for row in square for pair in pairwise(row)).values()) == [1] * 30


@pytest.mark.parametrize(("systems", "squares"), [(5, 1), (5, 2), (5, 9), (7, 12)])
def test_squares_of_an_odd_number_of_systems_are_even_together(systems: int, squares: int) -> None:
    found, single = squares_of(systems, squares, 0, 3, Random(1), own_names=True)
    assert len(found) == squares
    assert sorted(single) == list(range(systems))
    counts = Counter(pair for square in found for row in square for pair in pairwise(row))
    assert len(counts) == systems * (systems - 1) or squares == 1
    assert max(counts.values()) - min(counts.values()) <= (0 if squares > 2 and squares % 2 == 0 else 2)


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
    assert _long_runs(["ABC".index(system) for system in flat], systems) == found


def test_places_are_uneven_by_what_their_counts_differ_beyond_one() -> None:
    assert _place_excess([[[0, 1, 0], [0]], [[0, 1, 0], [0]]], 2) == 3 + 1 + 1
    assert _place_excess([[[0, 1], [1, 0]], [[0, 1]]], 2) == 0


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
    ],
)
def test_a_set_costs_what_is_uneven_too_long_or_unusual(
    blocks: list[Row], shifts: list[int], counts: list[Row], usual: int, cost: int
) -> None:
    """Worked out by hand: 5 for each count too many apart, following itself, or at a place; 10 for a long run."""
    assert _cost(blocks, shifts, counts, usual) == cost
