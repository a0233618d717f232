from __future__ import annotations

import numpy as np
import pytest

from analysis.statistics import agreement
from analysis.statistics.bootstrap import draw_counts

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def parse(text: str) -> Floats:
    """A table written as rows of experts, `.` where there is no rating."""
    return np.array([[np.nan if cell == "." else float(cell) for cell in row.split()] for row in text.split("/")])


#: Shrout & Fleiss 1979, table 2: four judges of six targets.
SHROUT_FLEISS = parse("9 2 5 8/6 1 3 2/8 4 6 8/7 1 2 6/10 5 6 9/6 2 4 7").T
#: Krippendorff's four observers of twelve units, and three coders of fifteen.
FOUR = parse("1 2 3 3 2 1 4 1 2 . . . / 1 2 3 3 2 2 4 1 2 5 . 3 / . 3 3 3 2 3 4 2 2 5 1 . / 1 2 3 3 2 4 4 1 2 5 1 .")
THREE = parse(". . . . . 3 4 1 2 1 1 3 3 . 3 / 1 . 2 1 3 3 4 3 . . . . . . . / . . 2 1 3 4 4 . 2 1 1 3 3 . 4")


def crossed(rng: np.random.Generator, experts: int, clips: int, heard: int | None = None) -> Floats:
    """Ratings whose variance is .16 of experts, .36 of clips and .64 of the rest, so that ICC(2,1) is .3103."""
    table: Floats = rng.normal(0, 0.4, (experts, 1)) + rng.normal(0, 0.6, clips) + rng.normal(0, 0.8, (experts, clips))
    if heard:
        for row in table:
            row[rng.permutation(clips)[heard:]] = np.nan
    return table


def test_icc_of_shrout_and_fleiss_is_theirs() -> None:
    squares = agreement.mean_squares(SHROUT_FLEISS)
    assert squares is not None
    assert (squares.clip, squares.expert, squares.residual) == pytest.approx((11.2417, 32.4861, 1.0194), abs=1e-4)
    single = agreement.icc(squares)
    assert single == pytest.approx((0.2898, 0.0188, 0.7611), abs=1e-4)
    assert agreement.step_up(single, 4).value == pytest.approx(0.6201, abs=1e-4)


@pytest.mark.parametrize(("table", "expected"), [(FOUR, 0.8154), (THREE, 0.8067)], ids=["4x12", "3x15"])
def test_ordinal_alpha_is_krippendorffs(table: Floats, expected: float) -> None:
    assert agreement.alpha(table) == pytest.approx(expected, abs=5e-5)


def test_alpha_depends_on_the_order_of_values_alone() -> None:
    assert agreement.alpha(FOUR**3 - 7) == pytest.approx(agreement.alpha(FOUR))
    assert agreement.alpha(FOUR[:, ::-1]) == pytest.approx(agreement.alpha(FOUR))


def test_weighted_alpha_leaves_out_pairs_within_an_expert() -> None:
    rng = np.random.default_rng(1)
    table = np.rint(crossed(rng, 7, 9) * 2 + 3)
    experts, clips = draw_counts(7, 1, rng), draw_counts(9, 1, rng)
    owner = np.repeat(np.arange(7), experts[0])
    drawn = table[owner][:, np.repeat(np.arange(9), clips[0])]
    values, counts = np.unique(drawn, return_counts=True)
    ranks = (np.cumsum(counts) - counts / 2)[np.searchsorted(values, drawn)]
    pairs = sum(owner[:, None] != owner[None, :]).sum()
    observed = sum(((column[:, None] - column) ** 2).sum() for column in ranks.T) * 7 / pairs
    flat = ranks.ravel()
    expected = ((flat[:, None] - flat) ** 2).sum() / (len(flat) - 1)
    found = agreement.weighted_alphas(agreement.one_hot(table), experts, clips)
    assert found[0] == pytest.approx(1 - observed / expected)


def test_experts_who_agree_less_than_by_chance_have_no_reliable_mean() -> None:
    assert agreement.step_up(agreement.Interval(-0.2, -0.5, 0.1), 5).value == pytest.approx(-5.0)
    assert np.isnan(agreement.step_up(agreement.Interval(-0.5, -0.5, 0.1), 3).value)


def test_incomplete_tables_estimate_the_same_icc() -> None:
    rng = np.random.default_rng(2)
    tables = [crossed(rng, 20, 40, heard=25) for _ in range(60)]
    squares = [agreement.mean_squares(table) for table in tables]
    values = [agreement.icc(found).value for found in squares if found]
    assert np.mean(values) == pytest.approx(0.36 / 1.16, abs=0.02)
    assert squares[0] is not None
    assert squares[0].raters == pytest.approx((20 * 25 - 20) / 39)


@pytest.mark.parametrize("heard", [None, 18])
def test_icc_intervals_cover_the_truth_about_as_often_as_they_say(heard: int | None) -> None:
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(300):
        squares = agreement.mean_squares(crossed(rng, 16, 30, heard))
        assert squares is not None
        found = agreement.icc(squares)
        covered.append(found.low <= 0.36 / 1.16 <= found.high)
    assert 0.92 <= np.mean(covered) <= 0.985


def test_alpha_intervals_hold_the_truth_at_least_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    truth = np.mean([agreement.alpha(np.rint(crossed(rng, 80, 150) + 3)) for _ in range(20)])
    covered = []
    for seed in range(120):
        found = agreement.alpha_interval(np.rint(crossed(rng, 16, 30) + 3), replicates=300, seed=seed)
        covered.append(found.low <= truth <= found.high)
    assert np.mean(covered) >= 0.92


def test_agreement_is_1_where_all_agree_and_about_0_where_nobody_does() -> None:
    same = np.tile(np.arange(1.0, 7.0), (8, 1))
    squares = agreement.mean_squares(same)
    assert squares is not None
    assert agreement.icc(squares).value == pytest.approx(1.0)
    assert agreement.alpha(same) == pytest.approx(1.0)
    noise = np.random.default_rng(5).integers(1, 6, (40, 60)).astype(np.float64)
    squares = agreement.mean_squares(noise)
    assert squares is not None
    assert abs(agreement.icc(squares).value) < 0.02
    assert abs(agreement.alpha(noise)) < 0.02


def test_what_cannot_be_told_is_empty_not_zero() -> None:
    blocks = np.full((6, 6), np.nan)
    blocks[:3, :3], blocks[3:, 3:] = 3.0, 4.0
    assert agreement.mean_squares(blocks) is None  # two panels that share no clip
    assert agreement.mean_squares(np.array([[1.0, 2.0, 3.0]])) is None
    assert np.isnan(agreement.alpha(np.full((4, 5), 3.0)))
    assert np.isnan(agreement.alpha(np.where(np.eye(5), 2.0, np.nan)))
    assert np.isnan(agreement.alpha_interval(np.full((4, 5), 3.0), replicates=50, seed=1).low)
