"""Intervals of differences that hold all at once, and p that agree with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.statistics import mixed_model
from analysis.statistics.mixed_model.inference import bonferroni
from tests.analysis.builders import read_oracle

#: Standard deviations of expert, expert by system, clip and residual.
SPREAD = (0.4, 0.25, 0.35, 0.85)


def simulated(experts: int, clips: int, shifts: tuple[float, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Complete ratings, normal about the systems' means."""
    person, taste, clip, rest = SPREAD
    size = (experts, len(shifts), clips)
    rating = 3 + np.array(shifts)[None, :, None] + rng.normal(0, person, (experts, 1, 1))
    rating = (
        rating + rng.normal(0, taste, (*size[:2], 1)) + rng.normal(0, clip, (1, *size[1:])) + rng.normal(0, rest, size)
    )
    e, s, k = np.indices(size).reshape(3, -1)
    return pd.DataFrame({"expert_id": e, "system": s, "clip_id": k, "scale": "x", "rating": rating.ravel()})


@pytest.mark.parametrize(("experts", "clips", "shifts"), [(12, 6, (0.0, 0.0, 3.0, 6.0)), (6, 3, (0.0, 0.0, 3.0))])
def test_all_intervals_of_a_family_hold_in_95_of_100_studies(
    experts: int, clips: int, shifts: tuple[float, ...]
) -> None:
    """Two equal systems among others that are always found: the case in which intervals at Holm's levels fail.

    400 studies; the bound is three standard errors below 95 %.
    """
    rng, held = np.random.default_rng(4), []
    for _ in range(400):
        table = mixed_model.fit(simulated(experts, clips, shifts, rng), "x").contrasts
        truth = np.array([shifts[a] - shifts[b] for a, b in zip(table["system_a"], table["system_b"], strict=True)])
        held.append(bool(((table["ci_low_simultaneous"] <= truth) & (truth <= table["ci_high_simultaneous"])).all()))
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(held))


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_interval_excludes_zero_exactly_where_p_is_below_alpha(alpha: float) -> None:
    planned = [("s1", "s3"), ("s6", "s5"), ("s2", "s4")]
    table = mixed_model.fit(read_oracle("sim_incomplete.csv"), "overall", contrasts=planned, alpha=alpha).contrasts
    outside = (table["ci_low_simultaneous"] > 0) | (table["ci_high_simultaneous"] < 0)
    assert (outside == (table["p_simultaneous"] < alpha)).all()
    assert 0 < outside.sum() < len(table)
    wider = table["ci_high_simultaneous"] - table["ci_low_simultaneous"] > table["ci_high"] - table["ci_low"]
    assert wider.all()


def test_a_family_is_the_planned_contrasts_or_all_pairs() -> None:
    planned = [("s1", "s3"), ("s6", "s5")]
    table = mixed_model.fit(read_oracle("sim_incomplete.csv"), "overall", contrasts=planned).contrasts
    tests = np.where(table["family"] == "planned", 2, 15)
    assert_allclose(table["p_simultaneous"], np.minimum(1, tests * table["p"]))
    reach = stats.t.isf(0.025 / tests, table["df"]) * table["se"]
    assert_allclose(table["ci_high_simultaneous"], table["difference"] + reach)


def test_bonferroni_counts_only_what_was_tested() -> None:
    assert_allclose(bonferroni([0.01, np.nan, 0.6, 0.02]), [0.03, np.nan, 1.0, 0.06])


def test_guarded_fit_adjusts_for_the_tests_that_are_left() -> None:
    frame = read_oracle("sim26x60x5.csv").query("system in ['s1', 's2', 's3', 's4']")
    few = frame[(frame["system"] != "s4") | (frame["expert_id"].isin(frame["expert_id"].unique()[:5]))]
    table = mixed_model.guard(mixed_model.fit(few, "overall"), 0.05).contrasts
    tested = table[table["p"].notna()]
    assert len(tested) == 3
    assert_allclose(tested["p_simultaneous"], np.minimum(1, 3 * tested["p"]))
