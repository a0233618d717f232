from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.statistics import screening
from tests.analysis.builders import make_frame


def panel(experts: int = 26, clips: int = 10, seed: int = 1) -> pd.DataFrame:
    """Ratings of six systems in an order of trials of each expert's own."""
    rng = np.random.default_rng(seed)
    frame = make_frame(scales=("overall",), experts=experts, clips=clips).assign(is_repeat=False)
    orders = {expert: rng.permutation(6 * clips) + 1 for expert in frame["expert_id"].unique()}
    place = frame.groupby("expert_id").cumcount()
    frame["trial"] = [float(orders[expert][n]) for expert, n in zip(frame["expert_id"], place, strict=True)]
    return frame


def test_an_expert_who_answers_at_random_or_always_the_same_is_flagged_and_nobody_else() -> None:
    frame = panel()
    rng = np.random.default_rng(2)
    careless = frame["expert_id"] == "e03"
    frame["rating"] = frame["rating"].where(~careless, rng.integers(1, 6, len(frame)).astype(float))
    frame["rating"] = frame["rating"].where(frame["expert_id"] != "e07", 3.0)
    table = screening.screening(frame, ["overall"])
    assert tuple(table.columns) == screening.SCREENING
    assert table.loc[table["flagged"], "expert_id"].tolist() == ["e03", "e07"]
    assert table.loc[table["expert_id"] == "e07", "agreement"].isna().all()
    assert (table["n"] == 60).all()


def test_agreement_is_with_the_mean_of_the_others_alone() -> None:
    frame = panel(experts=3, clips=4)
    table = screening.screening(frame, ["overall"]).set_index("expert_id")
    wide = frame.pivot(index="clip_id", columns="expert_id", values="rating")
    wide = wide - wide.mean()
    assert table.loc["e00", "agreement"] == pytest.approx(
        wide["e00"].corr((wide["e01"] + wide["e02"]) / 2, method="spearman")
    )


def test_a_drift_within_the_session_is_found_and_its_size_told() -> None:
    frame = panel()
    frame["rating"] -= 0.02 * frame["trial"]
    table = screening.order_effects(frame, ["overall"], real="real").set_index("term")
    assert tuple(table.reset_index().columns)[1:] == ("scale", *screening.ORDER[2:])
    slope, half = table.loc["ten_trials"], table.loc["second_half"]
    assert slope["ci_low"] < -0.2 < slope["ci_high"] < 0
    assert half["ci_low"] < -0.6 < half["ci_high"] < 0
    assert (slope["n_experts"], slope["df"]) == (26, 25)


def test_what_follows_real_music_is_compared_with_what_follows_anything_else() -> None:
    frame = panel(seed=4).sort_values(["expert_id", "trial"])
    follows = frame.groupby("expert_id")["system"].shift() == "real"
    frame["rating"] -= 0.8 * follows
    table = screening.order_effects(frame, ["overall"], real="real").set_index("term")
    found = table.loc["after_real"]
    assert found["ci_low"] < -0.8 < found["ci_high"] < 0
    assert "after_real" not in set(screening.order_effects(frame, ["overall"])["term"])


def test_tests_of_order_raise_false_alarms_about_as_often_as_they_say() -> None:
    alarms = []
    for seed in range(24):
        frame = panel(experts=12, clips=4, seed=seed)
        frame["rating"] += np.random.default_rng(seed).normal(0, 0.5, len(frame))
        alarms += (screening.order_effects(frame, ["overall"], real="real")["p"] < 0.05).tolist()
    assert np.mean(alarms) < 0.13


def test_without_trial_numbers_nothing_is_said_of_order() -> None:
    frame = panel()
    assert screening.order_effects(frame.drop(columns="trial"), ["overall"]).empty
    frame.loc[3, "trial"] = np.nan
    assert screening.order_effects(frame, ["overall"]).empty


def test_too_few_experts_have_an_estimate_without_a_test() -> None:
    table = screening.order_effects(panel(experts=5), ["overall"])
    assert table["estimate"].notna().all()
    assert table[["se", "p"]].isna().all(axis=None)


@pytest.mark.parametrize("column", [[True, False, True], ["1", "0", "yes"], [1.0, 0.0, 1.0], ["True", "", " TRUE "]])
def test_flags_are_read_in_any_form(column: list[object]) -> None:
    assert screening.is_yes(pd.Series(column)).tolist() == [True, False, True]


def test_the_curve_of_a_session_follows_its_drift_in_at_most_twelve_runs() -> None:
    frame = make_frame(("a", "b"), ("overall",), experts=8, clips=20).assign(is_repeat=False)
    trial = frame.groupby("expert_id").cumcount() * 7 % 40 + 1.0
    frame = frame.assign(trial=trial, rating=np.random.default_rng(1).normal(3, 0.1, len(frame)) + 0.02 * trial)
    curve = screening.order_curve(frame, ["overall"])
    assert tuple(curve.columns) == screening.CURVE
    assert len(curve) <= 12
    assert (curve["ci_low"] < curve["change"]).all()
    assert screening.order_curve(frame.drop(columns="trial"), ["overall"]).empty
