from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats

from analysis.statistics import objective
from analysis.statistics.objective import ClipSet, compare, differences, frechet, overlap, shrunk_covariance
from analysis.statistics.objective.overlap import densities
from tests.analysis.run_builders import make_clips

RNG = np.random.default_rng


def row(rows: list[dict[str, Any]], metric: str) -> dict[str, Any]:
    return next(one for one in rows if one["metric"] == metric)


def only(name: str, values: Any, system: str = "midi-gan", **fields: Any) -> ClipSet:
    return ClipSet(system, {name: np.array(values, dtype=float)}, **fields)


def of(ours: ClipSet, real: ClipSet | None, metric: str = "upc", **options: Any) -> dict[str, Any]:
    return row(differences([ours], real, **{"replicates": 2000, **options}), metric)


# differences of means


def test_means_and_differences_are_those_of_the_clips() -> None:
    ours, real = make_clips(shift=0.5), make_clips("real", 90)
    found = of(ours, real)
    assert found["mean"] == pytest.approx(ours.arrays["upc"].mean())
    assert found["sd"] == pytest.approx(ours.arrays["upc"].std(ddof=1))
    assert found["difference"] == pytest.approx(ours.arrays["upc"].mean() - real.arrays["upc"].mean())
    assert (found["n"], found["n_without"], found["n_seeds"], found["clips"], found["reason"]) == (120, 0, 1, 120, "")


def test_the_intervals_are_as_wide_as_theory_has_them() -> None:
    ours, real = make_clips(n=400), make_clips("real", 200)
    found = of(ours, real, replicates=10_000)
    half = 1.96 * found["sd"] / 20
    assert found["ci_high"] - found["ci_low"] == pytest.approx(2 * half, rel=0.05)
    assert found["ci_low"] < found["mean"] < found["ci_high"]
    both = 1.96 * np.hypot(found["sd"] / 20, real.arrays["upc"].std(ddof=1) / np.sqrt(200))
    assert found["difference_ci_high"] - found["difference_ci_low"] == pytest.approx(2 * both, rel=0.05)


def test_clips_of_one_song_are_resampled_together() -> None:
    songs = np.repeat(np.array([f"song{n}" for n in range(20)]), 6)
    values = np.repeat(RNG(1).normal(size=20), 6)
    alone, together = (of(only("upc", values, songs=s), None) for s in (None, songs))
    widths = [found["ci_high"] - found["ci_low"] for found in (alone, together)]
    assert widths[1] == pytest.approx(np.sqrt(6) * widths[0], rel=0.1)
    assert together["mean"] == pytest.approx(alone["mean"])


def test_perplexities_are_averaged_as_logarithms() -> None:
    found = of(only("ppl", [1, 2, 4, 8]), only("ppl", [2, 2, 4, 4], "real"), "ppl")
    assert found["mean"] == pytest.approx(2**1.5)
    assert found["difference"] == pytest.approx(0)
    assert found["ci_low"] < found["mean"] < found["ci_high"]


def test_training_runs_count_equally_and_their_spread_is_told() -> None:
    one, other = only("upc", [1, 2, 3], seed=1), only("upc", [5, 6, 7, 6], seed=2)
    found = row(differences([one, other], None, replicates=1000), "upc")
    assert found["mean"] == pytest.approx(4)
    assert found["sd_seeds"] == pytest.approx(np.std([2, 6], ddof=1))
    assert (found["n"], found["n_seeds"]) == (7, 2)


def test_a_systems_numbers_do_not_depend_on_what_else_is_compared() -> None:
    real, ours, other = make_clips("real"), make_clips(), make_clips("mlstm", shift=1)
    alone = compare([ours], real, replicates=1000).means
    among = compare([other, ours], real, replicates=1000).means
    among = among[among["system"] != "mlstm"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, among)


def test_the_seed_is_part_of_the_result() -> None:
    ours = make_clips()
    assert of(ours, None, seed=1) == pytest.approx(of(ours, None, seed=1), nan_ok=True)
    assert of(ours, None, seed=1)["ci_low"] != of(ours, None, seed=2)["ci_low"]


@pytest.mark.parametrize(
    ("values", "reason", "mean"),
    [
        ([], "no_clips", np.nan),
        ([np.nan, np.nan], "no_values", np.nan),
        ([3.0], "few_clips", 3.0),
        ([3.0, 5.0, np.nan], "few_clips", 4.0),
        ([3.0, 3.0, 3.0, 3.0], "all_equal", 3.0),
        ([np.inf, 1.0, 2.0, 3.0], "", 2.0),
    ],
)
def test_what_cannot_be_had_is_empty_and_says_why(values: list[float], reason: str, mean: float) -> None:
    found = of(only("upc", values), make_clips("real"))
    assert found["reason"] == reason
    assert found["mean"] == pytest.approx(mean, nan_ok=True)
    assert np.isnan(found["ci_low"]) == np.isnan(found["difference_ci_low"]) == bool(reason)
    assert found["n"] + found["n_without"] == len(values)


def test_real_music_that_cannot_be_had_is_named_as_the_reason() -> None:
    ours = make_clips()
    assert of(ours, None)["reason"] == "no_real"
    assert of(ours, only("upc", [1.0], "real"))["reason"] == "real_few_clips"
    found = of(ours, only("upc", [4.0] * 5, "real"))
    assert found["reason"] == "real_all_equal"
    assert found["difference"] == pytest.approx(found["mean"] - 4)
    assert np.isnan(found["difference_ci_low"])
    assert not np.isnan(found["ci_low"])


def test_arrays_of_different_length_are_no_set() -> None:
    with pytest.raises(ValueError, match="of \\[2, 3\\] clips"):
        ClipSet("x", {"upc": np.zeros(2), "gc": np.zeros(3)})


# overlap of distributions


def test_equal_samples_overlap_wholly_and_distant_ones_not_at_all() -> None:
    a = RNG(0).normal(size=500)
    p, q = densities(a, a.copy())
    assert np.minimum(p, q).sum() == pytest.approx(1)
    p, q = densities(a, a + 50)
    assert np.minimum(p, q).sum() < 1e-6


def test_the_densities_are_those_of_scipy() -> None:
    a, b = RNG(0).normal(size=400), RNG(1).gamma(2, size=900)
    p, q = densities(a, b)
    width = max(values.std(ddof=1) * len(values) ** -0.2 for values in (a, b))
    grid = np.linspace(min(a.min(), b.min()) - 5 * width, max(a.max(), b.max()) + 5 * width, len(p))
    for found, values in ((p, a), (q, b)):
        density = stats.gaussian_kde(values, bw_method=width / values.std(ddof=1))(grid)
        np.testing.assert_allclose(found / (grid[1] - grid[0]), density, atol=2e-4)


def test_the_overlap_is_of_distances_within_real_music_and_from_it() -> None:
    real, ours = make_clips("real", 60), make_clips(n=40, shift=1)
    x, y = real.arrays["note_length_histogram"], ours.arrays["note_length_histogram"]
    within = np.array([np.linalg.norm(x[i] - x[j]) for i in range(60) for j in range(i)])
    between = np.array([np.linalg.norm(one - other) for one in x for other in y])
    p, q = densities(within, between)
    found = overlap(ours, real, "note_length_histogram")
    assert found.oa == pytest.approx(np.minimum(p, q).sum())
    assert found.kld == pytest.approx(stats.entropy(p + 1e-9, q + 1e-9))


def test_more_of_the_same_music_overlaps_more_than_other_music_at_any_size() -> None:
    real = make_clips("real", 200)
    for n in (100, 1000):
        same, shifted = (overlap(make_clips(n=n, shift=shift), real, "note_count") for shift in (0.0, 1.0))
        assert same.oa > 0.95 > shifted.oa
        assert same.kld < 0.02 < shifted.kld < 25


def test_of_whole_numbers_the_number_of_clips_hardly_moves_the_overlap() -> None:
    real = only("pitch_count", RNG(0).poisson(7, 250), "real")
    few, many = (overlap(only("pitch_count", RNG(1).poisson(7, n)), real, "pitch_count").oa for n in (100, 1000))
    assert abs(few - many) < 0.03


@pytest.mark.parametrize(
    ("ours", "real", "reason"),
    [
        ([], [1.0, 2.0, 3.0], "no_clips"),
        ([1.0, 2.0, 3.0], None, "no_real"),
        ([np.nan] * 4, [1.0, 2.0, 3.0], "no_values"),
        ([1.0], [1.0, 2.0, 3.0], "few_clips"),
        ([1.0, 2.0, 3.0], [np.nan] * 3, "real_no_values"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "real_few_clips"),
        ([1.0, 2.0, 3.0], [2.0] * 5, "no_spread"),
    ],
)
def test_an_overlap_that_cannot_be_had_is_empty_and_says_why(
    ours: list[float], real: list[float] | None, reason: str
) -> None:
    feature = "pitch_range"
    found = overlap(only(feature, ours), None if real is None else only(feature, real, "real"), feature)
    assert found.reason == reason
    assert np.isnan([found.oa, found.kld]).all()


def test_clips_that_are_all_equal_still_lie_somewhere_among_real_ones() -> None:
    found = overlap(only("pitch_range", [2.0] * 50), only("pitch_range", RNG(0).normal(size=50), "real"), "pitch_range")
    assert 0 < found.oa < 1
    assert not found.reason


# Fréchet distance


def test_the_distance_of_a_set_from_itself_is_nothing_and_a_shift_costs_its_square() -> None:
    states = RNG(0).normal(size=(300, 20)) * np.linspace(1, 3, 20)
    assert frechet(states, states.copy()) == pytest.approx(0, abs=1e-9)
    shift = np.linspace(-1, 1, 20)
    assert frechet(states + shift, states) == pytest.approx(shift @ shift)


def test_the_distance_is_that_of_the_matrix_square_root() -> None:
    a, b = RNG(0).normal(size=(200, 8)) @ RNG(1).normal(size=(8, 8)), RNG(2).normal(size=(150, 8))
    s1, s2 = shrunk_covariance(a), shrunk_covariance(b)
    gap = a.mean(axis=0) - b.mean(axis=0)
    expected = gap @ gap + np.trace(s1 + s2 - 2 * np.real(linalg.sqrtm(s1 @ s2)))
    assert frechet(a, b) == pytest.approx(expected)
    turn = stats.ortho_group.rvs(8, random_state=3)
    assert frechet(a @ turn, b @ turn) == pytest.approx(expected)


def test_of_many_states_only_the_directions_of_real_music_count() -> None:
    real = RNG(0).normal(size=(300, 40)) * np.repeat([1.0, 1e-3], [32, 8])
    moved = real + 1e-3 * np.repeat([0.0, 1.0], [32, 8])
    assert frechet(moved, real) < 1e-6


def test_the_covariance_is_shrunk_as_the_formula_of_ledoit_and_wolf_says() -> None:
    rows = RNG(0).normal(size=(12, 5)) * np.array([1, 1, 2, 2, 4])
    x = rows - rows.mean(axis=0)
    s = sum(np.outer(one, one) for one in x) / 12
    m = np.trace(s) / 5
    d2 = np.linalg.norm(s - m * np.eye(5)) ** 2 / 5
    b2 = min(d2, sum(np.linalg.norm(np.outer(one, one) - s) ** 2 / 5 for one in x) / 12**2)
    np.testing.assert_allclose(shrunk_covariance(rows), b2 / d2 * m * np.eye(5) + (1 - b2 / d2) * s)


def test_with_many_rows_hardly_anything_is_shrunk_and_equal_rows_have_no_covariance() -> None:
    rows = RNG(0).normal(size=(20_000, 4)) * np.array([1, 2, 3, 4])
    np.testing.assert_allclose(shrunk_covariance(rows), np.cov(rows.T), atol=0.02)
    assert not shrunk_covariance(np.ones((50, 3))).any()


def test_too_few_clips_have_no_distance_and_equal_ones_have() -> None:
    real = RNG(0).normal(size=(100, 6))
    assert np.isnan(frechet(real[:49], real))
    assert np.isnan(frechet(np.full((80, 6), np.nan), real))
    assert frechet(np.zeros((60, 6)), real) > 1


# all of it


def test_every_system_is_compared_at_the_papers_number_of_clips_and_at_all() -> None:
    found = compare([make_clips(n=150), make_clips("mlstm", 60)], make_clips("real", 80), replicates=1000)
    sizes = found.means.groupby("system")["clips"].unique().to_dict()
    assert {system: list(values) for system, values in sizes.items()} == {
        "real": [80],
        "midi-gan": [100, 150],
        "mlstm": [60],
    }
    assert set(found.features["feature"]) == set(objective.FEATURES)
    whole = found.sets[(found.sets["system"] == "midi-gan") & (found.sets["clips"] == 150)]
    values = dict(zip(whole["measure"], whole["value"], strict=True))
    assert values["jsd_1"] == 0.1
    assert values["frechet"] > 0
    assert "jsd_1" not in set(found.sets.loc[found.sets["system"] == "real", "measure"])
    assert set(found.means.loc[found.means["system"] == "real", "reason"]) == {""}


def test_runs_of_a_system_are_one_row_and_an_ablation_is_another() -> None:
    sets = [make_clips(seed=1), make_clips(seed=2), make_clips(variant="plain")]
    found = compare(sets, make_clips("real"), replicates=1000)
    upc = found.means[(found.means["metric"] == "upc") & (found.means["clips"] == 120)]
    assert upc[["system", "variant", "n_seeds"]].to_numpy().tolist() == [
        ["real", "", 1],
        ["midi-gan", "", 2],
        ["midi-gan", "plain", 1],
    ]
    assert found.features.query("variant == '' and clips == 120")["sd_seeds"].notna().all()


@pytest.mark.parametrize(
    ("sets", "real", "reason"),
    [
        ([make_clips(n=30)], make_clips("real", 90), "few_for_frechet"),
        ([make_clips(n=60)], None, "no_real"),
        ([replace(make_clips(n=60), arrays={"upc": np.ones(60)})], make_clips("real", 90), "no_states"),
        ([replace(make_clips(n=60), arrays={"upc": np.ones(0)})], make_clips("real", 90), "few_for_frechet"),
    ],
)
def test_a_missing_distance_has_its_reason(sets: list[ClipSet], real: ClipSet | None, reason: str) -> None:
    found = compare(sets, real, replicates=1000).sets.query("measure == 'frechet'").to_dict("records")
    assert [one["reason"] for one in found] == [reason]
    assert np.isnan(found[0]["value"])
