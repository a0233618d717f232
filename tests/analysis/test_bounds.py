from __future__ import annotations

import numpy as np
import pytest

from analysis.data.bounds import decided_by_others, infer

FIVE = [1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 4.0, 4.0, 5.0] * 16


@pytest.mark.parametrize(
    ("ratings", "bounds"),
    [
        (FIVE, (1, 5)),
        ([2.0, 3.0, 4.0], (1, 5)),
        ([1.0, 1.5, 3.5], (1, 5)),
        ([0.0, 3.0], (0, 4)),
        ([1.0, 7.0], (1, 7)),
        ([-3.0, 1.0, 2.0], (-3, 3)),
        ([0.0, 3.0, 10.0], (0, 10)),
        ([12.5, 88.0], (0, 100)),
        ([0.0, 1.0, 1.0], (0, 1)),
        ([0.12, 0.8, 0.33], (0, 1)),
        ([1.0, 2.0, 3.0, 3.0], (1, 3)),
        ([5.0, 5.0], (1, 5)),
    ],
)
def test_bounds_without_outsiders_are_a_common_range(ratings: list[float], bounds: tuple[float, float]) -> None:
    found = infer(ratings)
    assert (found.low, found.high, found.outside) == (*bounds, ())
    assert found.is_common


@pytest.mark.parametrize("foreign", [[-99.0] * 30, [99.0] * 5, [55.0], [-1.0] * 9, [9.0] * 6, [22.0, 11.0], [999.0]])
def test_bounds_leave_codes_and_typos_outside(foreign: list[float]) -> None:
    found = infer(FIVE + foreign)
    assert (found.low, found.high) == (1, 5)
    assert found.outside == tuple(sorted(set(foreign)))


def test_bounds_leave_a_negative_code_outside_a_slider() -> None:
    slider = np.random.default_rng(3).uniform(0, 100, 200).round()
    assert infer([*slider, -9.0, -9.0]).outside == (-9.0,)


@pytest.mark.parametrize(
    ("ratings", "bounds"),
    [
        ([3.0, 4.0, 5.0, *[7.0] * 9], (1, 7)),
        ([*[0.0] * 4, *[1.0] * 3, 2.0, 3.0, *[4.0] * 6, *[6.0] * 10], (0, 6)),
        ([*[-3.0] * 3, -2.0, *[-1.0] * 2, *[1.0] * 5, *[2.0] * 2, 3.0], (-3, 3)),
        ([*FIVE, *[7.0] * 60], (1, 7)),
    ],
)
def test_bulk_holds_a_frequent_end_beyond_one_unused_step(ratings: list[float], bounds: tuple[float, float]) -> None:
    found = infer(ratings)
    assert (found.low, found.high, found.outside) == (*bounds, ())


@pytest.mark.parametrize("foreign", [[7.0] * 6, [-1.0] * 90, [9.0] * 90, [99.0] * 90, [-99.0] * 90])
def test_rare_ends_and_numbers_beyond_a_gap_stay_outside(foreign: list[float]) -> None:
    assert infer(FIVE + foreign).outside == (foreign[0],)


@pytest.mark.parametrize("top", [7.0, 10.0, 100.0])
@pytest.mark.parametrize("codes", [[-1.0, -2.0], [-1.0, -9.0], [-8.0, -9.0, -9.0]])
@pytest.mark.parametrize("least", [0.0, 1.0])
def test_several_negative_codes_stay_outside_a_scale_without_negatives(
    top: float, codes: list[float], least: float
) -> None:
    found = infer([*np.arange(least, top + 1).repeat(12), *codes])
    assert found.outside == tuple(sorted(set(codes)))
    assert found.high == top


@pytest.mark.parametrize(
    ("ratings", "bounds"),
    [
        (np.arange(-2.0, 6.0).repeat(9), (-5, 5)),
        (np.arange(-4.0, 11.0).repeat(9), (-10, 10)),
        ([*np.arange(-9.0, 0.0).repeat(3), *np.arange(0.0, 11.0).repeat(9)], (-10, 10)),
        ([-37.0, -20.0, -5.0, *np.linspace(0, 50, 26)], (-50, 50)),
    ],
)
def test_negative_steps_of_a_scale_are_no_codes(ratings: list[float], bounds: tuple[float, float]) -> None:
    found = infer(ratings)
    assert (found.low, found.high, found.outside) == (*bounds, ())


def test_nine_beyond_an_unused_eight_is_a_code_unless_chance_explains_it() -> None:
    seven = np.arange(1.0, 8.0).repeat(9)
    assert infer([*seven, 9.0, 9.0]).outside == (9.0,)
    assert infer([*seven, 9.0]).high == 9
    assert infer([*seven, 8.0, 9.0, 9.0]).high == 9
    assert infer([*seven, *[9.0] * 20]).high == 9
    assert infer([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0]).high == 9


@pytest.mark.parametrize("foreign", [[101.0], [110.0, 105.0], [-3.5]])
def test_few_ratings_just_beyond_100_do_not_make_a_scale_to_1000(foreign: list[float]) -> None:
    slider = np.random.default_rng(3).uniform(0, 100, 200).round()
    found = infer([*slider, 0.0, 100.0, *foreign])
    assert found.high == 100
    assert infer([*np.linspace(0, 500, 60), *slider]).high == 1000


@pytest.mark.parametrize(
    ("other", "bounds"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], (1, 7)),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], (1, 5)),  # its bounds do not reach so far
        ([1.0, 2.0, 3.0, 4.0, 6.0, 7.0], (1, 5)),  # it has not used each step
        ([1.0, 2.0, 30.0, 40.0, 60.0, 100.0], (1, 5)),
    ],
)
def test_another_scale_of_the_table_shows_how_far_it_reaches(other: list[float], bounds: tuple[float, float]) -> None:
    ratings = np.array([*FIVE, 7.0])
    found = decided_by_others(ratings, infer(ratings), [(infer(other), np.array(other))])
    assert (found.low, found.high) == bounds


def test_bounds_of_two_clouds_of_a_slider_hold_both() -> None:
    clouds = [*np.linspace(0, 10, 200), *np.linspace(90, 100, 40)]
    assert infer(clouds).outside == ()


def test_bounds_next_to_the_bulk_are_not_told_from_it() -> None:
    assert infer([*FIVE, 6.0]).outside == ()
    assert infer([*FIVE, 0.0]).high == 5


def test_bounds_beyond_common_ranges_are_those_observed() -> None:
    found = infer([1280.5, 2693.1, 1814.6])
    assert (found.low, found.high, found.is_common) == (1280.5, 2693.1, False)
