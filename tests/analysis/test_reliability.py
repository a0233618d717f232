from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.statistics import reliability
from tests.analysis.builders import make_frame, read_oracle


def with_repeats(frame: pd.DataFrame, every: int = 3, change: float = 0.0) -> pd.DataFrame:
    """A frame with repeats of every third clip of each expert, rated higher by `change`."""
    again = frame[frame.groupby(["expert_id", "scale"]).cumcount() % every == 0]
    again = again.assign(is_repeat=True, rating=again["rating"] + change)
    return pd.concat([frame.assign(is_repeat=False), again], ignore_index=True)


def row(table: pd.DataFrame, **cells: str) -> pd.Series:
    """The one row with these cells."""
    for name, cell in cells.items():
        table = table[table[name] == cell]
    assert len(table) == 1
    return table.iloc[0]


def test_alpha_of_the_simulated_panel_is_the_known_one_and_every_interval_holds_its_value() -> None:
    frame = read_oracle("sim26x60x5.csv").assign(is_repeat=False)
    table = reliability.reliability(frame, ["overall", "valence"], replicates=300)
    assert tuple(table.columns) == reliability.COLUMNS
    assert row(table, scale="overall", statistic="alpha_ordinal")["value"] == pytest.approx(0.22495, abs=1e-5)
    assert set(table["statistic"]) == {"icc_2_1", "icc_2_k", "alpha_ordinal"}
    assert (table["ci_low"] < table["value"]).all()
    assert (table["value"] < table["ci_high"]).all()
    assert (table["n"] == 1560).all()


def test_the_icc_of_the_mean_grows_with_the_raters_of_a_clip() -> None:
    table = reliability.reliability(
        make_frame(experts=10, clips=5).assign(is_repeat=False), ["overall"], replicates=100
    )
    one, mean = (row(table, statistic=name)["value"] for name in ("icc_2_1", "icc_2_k"))
    assert mean == pytest.approx(10 * one / (1 + 9 * one))


def test_repeats_give_the_panels_retest_and_leave_agreement_alone() -> None:
    frame = make_frame(experts=9, clips=4)
    plain = reliability.reliability(frame.assign(is_repeat=False), ["overall"], replicates=100)
    table = reliability.reliability(with_repeats(frame), ["overall"], replicates=100)
    assert table[table["n"] == 216].reset_index(drop=True).equals(plain)
    retest = table.set_index("statistic").loc[["retest_rank_correlation", "retest_same", "retest_sd"], "value"]
    assert retest.tolist() == pytest.approx([1.0, 1.0, 0.0])
    shifted = reliability.reliability(with_repeats(frame, change=1.0), ["overall"], replicates=100)
    retest = shifted.set_index("statistic").loc[["retest_rank_correlation", "retest_same", "retest_sd"], "value"]
    assert retest.tolist() == pytest.approx([1.0, 0.0, np.sqrt(0.5)])
    assert row(shifted, statistic="retest_sd")["n"] == 72


def test_the_retest_of_one_panel_is_a_correlation_of_pairs_with_an_interval() -> None:
    rng = np.random.default_rng(8)
    frame = make_frame(experts=12, clips=6)
    table = with_repeats(frame, every=4)
    noise = rng.integers(-1, 2, len(table)) * table["is_repeat"]
    table["rating"] = np.clip(table["rating"] + noise, 1, 5)
    found = reliability.reliability(table, ["overall"], replicates=100)
    retest = row(found, statistic="retest_rank_correlation")
    pairs = table[table["scale"] == "overall"].merge(
        table[table["is_repeat"]], on=["expert_id", "system", "clip_id", "scale"], suffixes=("", "_again")
    )
    pairs = pairs[~pairs["is_repeat"]]
    assert retest["value"] == pytest.approx(pairs["rating"].corr(pairs["rating_again"], method="spearman"))
    assert retest["ci_low"] < retest["value"] < retest["ci_high"]
    same = row(found, statistic="retest_same")
    assert 0 <= same["ci_low"] < same["value"] < same["ci_high"] <= 1


def test_a_small_panel_has_values_without_intervals() -> None:
    table = reliability.reliability(with_repeats(make_frame(experts=5)), ["overall"], replicates=50)
    assert table["value"].notna().all()
    assert table[["ci_low", "ci_high"]].isna().all(axis=None)


def test_equal_ratings_have_no_agreement_to_speak_of() -> None:
    table = reliability.reliability(make_frame().assign(rating=4.0, is_repeat=False), ["overall"], replicates=50)
    assert table[["value", "ci_low", "ci_high"]].isna().all(axis=None)


def test_agreement_is_told_for_each_group() -> None:
    frame = make_frame(experts=14, clips=6).assign(is_repeat=False)
    frame["group"] = np.where(frame["expert_id"] < "e07", "men", "women")
    rng = np.random.default_rng(9)
    at_random = rng.integers(1, 6, len(frame)).astype(float)
    frame["rating"] = frame["rating"].where(frame["group"] == "men", at_random)
    table = reliability.agreement_by_group(frame, ["overall"], replicates=100)
    assert tuple(table.columns) == reliability.GROUP_COLUMNS
    men, women = (row(table, group=group, statistic="alpha_ordinal") for group in ("men", "women"))
    assert men["value"] > women["ci_high"]
    assert women["n"] == 7 * 36
    assert reliability.agreement_by_group(frame.drop(columns="group"), ["overall"]).empty


def test_a_halo_shows_in_ratings_and_independent_scales_do_not() -> None:
    frame = read_oracle("sim26x60x5.csv").assign(is_repeat=False)
    mood = np.random.default_rng(1).normal(size=1560)[frame.groupby(["expert_id", "clip_id"]).ngroup()]
    coloured = frame.assign(rating=frame["rating"] + mood * (frame["scale"] != "arousal"))
    table = reliability.scale_correlations(coloured, ["overall", "valence", "arousal"], replicates=200)
    assert tuple(table.columns) == reliability.SCALE_COLUMNS
    halo = row(table, scale_a="overall", scale_b="valence", level="rating")
    assert halo["ci_low"] > 0.4
    apart = row(table, scale_a="overall", scale_b="arousal", level="rating")
    assert abs(apart["value"]) < 0.15
    assert (halo["n"], row(table, scale_a="overall", scale_b="valence", level="clip")["n"]) == (1560, 60)


def test_alpha_without_any_spread_has_no_interval() -> None:
    frame = make_frame(("a", "b"), ("overall",), experts=7, clips=4).assign(is_repeat=False)
    levels = {clip: 1 + place % 5 for place, clip in enumerate(sorted(frame["clip_id"].unique()))}
    frame = frame.assign(rating=frame["clip_id"].map(levels).astype(float))
    found = row(reliability.reliability(frame, ["overall"], replicates=200), statistic="alpha_ordinal")
    assert found["value"] == pytest.approx(1.0)
    assert np.isnan([found["ci_low"], found["ci_high"]]).all()
