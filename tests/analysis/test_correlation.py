from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.statistics import correlation
from tests.analysis.builders import make_frame

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@pytest.mark.parametrize(
    ("order", "rho", "p"),
    [((1, 2, 3, 5, 4), 0.9, 0.0833), ((1, 2, 3, 4, 5), 1.0, 0.0167), ((2, 1, 3, 4, 6, 5), 0.8857, 0.0333)],
)
def test_spearman_of_few_points_is_tested_over_all_orders(order: tuple[int, ...], rho: float, p: float) -> None:
    found = correlation.exact_spearman(range(len(order)), order)
    assert found == pytest.approx((rho, p), abs=1e-4)


def test_spearman_of_many_points_or_of_none_that_differ() -> None:
    x, y = np.random.default_rng(1).normal(size=(2, 15))
    expected = stats.spearmanr(x, y)
    assert correlation.exact_spearman(x.tolist(), y.tolist()) == pytest.approx((expected.statistic, expected.pvalue))
    assert np.isnan(correlation.exact_spearman([1, 1, 1], [1, 2, 3])).all()
    assert np.isnan(correlation.exact_spearman([1, 2], [1, 2])).all()


def test_the_first_replicate_is_the_sample_and_clips_stay_in_their_system() -> None:
    draws = correlation.resample(5, (3, 4), replicates=50, seed=1)
    assert (draws.experts[0] == 1).all()
    assert draws.clips[0].tolist() == list(range(7))
    assert (draws.experts.sum(axis=1) == 5).all()
    assert draws.clips[:, :3].max() == 2
    assert draws.clips[:, 3:].min() == 3


def within(x: correlation.Floats, y: correlation.Floats, sizes: tuple[int, ...]) -> correlation.Floats:
    return correlation.rank_correlations(correlation.Ranked(x, sizes), correlation.Ranked(y, sizes))


def test_differences_between_systems_do_not_enter_a_correlation_within_them() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(1, 40)), rng.normal(size=(1, 40))
    apart = np.repeat([0.0, 100.0], 20)
    plain = within(x, y, (20, 20))[0]
    assert within(x + apart, y + apart, (20, 20))[0] == pytest.approx(plain)
    halves = [stats.spearmanr(x[0, part], y[0, part]).statistic for part in (slice(0, 20), slice(20, 40))]
    assert plain == pytest.approx(np.mean(halves))


def test_a_clip_without_a_value_is_passed_over() -> None:
    x, y = np.random.default_rng(3).normal(size=(2, 1, 12))
    x[0, 4] = np.nan
    kept = np.arange(12) != 4
    expected = stats.spearmanr(x[0, kept], y[0, kept]).statistic
    assert within(x, y, (12,))[0] == pytest.approx(expected)


def test_clip_means_weigh_experts_and_take_off_their_level() -> None:
    frame = make_frame(systems=("a", "b"), scales=("x",), experts=6, clips=4)
    lenient = frame["expert_id"] == "e03"
    frame["rating"] += 10.0 * lenient
    part = frame[~(lenient & (frame["clip_id"] == "0x2"))]
    clips = correlation.clips_of(part)
    table = correlation.tables(part, ["x"], clips)[0]
    draws = correlation.resample(6, correlation.sizes_of(clips), replicates=1, seed=1)
    means = correlation.clip_means(table, draws)
    level = np.nanmean(table, axis=1, keepdims=True)
    assert means[0] == pytest.approx(np.nanmean(table - level, axis=0))
    repeated = np.repeat(table - level, draws.experts[1].astype(int), axis=0)
    assert means[1] == pytest.approx(np.nanmean(repeated, axis=0)[draws.clips[1]])


def cells(rng: np.random.Generator, share: float) -> tuple[Floats, Floats]:
    """Two tables (20 experts, 24 clips) that correlate .5 in every cell, with levels of expert and clip in both."""
    common = rng.normal(size=(20, 24)) + rng.normal(size=(20, 1)) + rng.normal(size=24)
    one, other = (common + rng.normal(size=(20, 24)) * np.sqrt(3.0) for _ in range(2))
    gone = rng.random((20, 24)) > share
    return np.where(gone, np.nan, one), other


@pytest.mark.parametrize("share", [0.15, 1.0])
def test_intervals_of_cell_correlations_cover_the_truth_about_as_often_as_they_say(share: float) -> None:
    rng = np.random.default_rng(4)
    found = [correlation.cell_correlation(*cells(rng, share)) for _ in range(400)]
    assert np.mean([one.value for one in found]) == pytest.approx(0.5, abs=0.03)
    assert 0.91 <= np.mean([one.low <= 0.5 <= one.high for one in found]) <= 0.985


def test_an_error_over_cells_counts_what_experts_and_clips_share() -> None:
    rng = np.random.default_rng(5)
    tables = rng.normal(size=(500, 12, 1)) + rng.normal(size=(500, 1, 15)) + rng.normal(size=(500, 12, 15))
    means = [correlation.cell_mean(table) for table in tables]
    errors = np.array([found[1] for found in means])
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.std([found[0] for found in means]), rel=0.08)
    assert means[0][2] == 11


def test_nothing_that_varies_gives_no_correlation_and_no_interval() -> None:
    flat, noise = np.full((5, 6), 2.0), np.random.default_rng(6).normal(size=(5, 6))
    assert np.isnan(correlation.cell_correlation(flat, noise)).all()
    assert np.isnan(within(flat, noise[:1], (6,))).all()
    found = correlation.fisher(np.array([np.nan, 0.1, 0.2]), 10)
    assert np.isnan(found).all()
    assert np.isnan(correlation.fisher(np.array([0.3, np.nan, 0.2, 0.1]), 10).low)


def test_tables_are_nan_where_an_expert_did_not_rate() -> None:
    frame = pd.DataFrame(
        {"expert_id": ["b", "a"], "system": "s", "clip_id": ["1", "2"], "scale": "q", "rating": [3.0, 4.0]}
    )
    table = correlation.tables(frame, ["q"], correlation.clips_of(frame))[0]
    assert table[0].tolist() == pytest.approx([np.nan, 4.0], nan_ok=True)
    assert table[1].tolist() == pytest.approx([3.0, np.nan], nan_ok=True)
