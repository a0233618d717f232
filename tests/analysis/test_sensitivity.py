from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.statistics import mixed_model, sensitivity
from tests.analysis.test_screening import panel

PAIR = ("midi-gan", "real")


def rows(frame: pd.DataFrame, left_out: pd.DataFrame | None = None) -> dict[str, dict[str, Any]]:
    """The row of each analysis for one pair."""
    table = sensitivity.sensitivity(frame, "overall", [PAIR], left_out=left_out, replicates=1000)
    assert tuple(table.columns) == sensitivity.COLUMNS
    return {row["analysis"]: {str(name): cell for name, cell in row.items()} for row in table.to_dict("records")}


def left_out(table: pd.DataFrame, expert: str) -> dict[str, Any]:
    """The row without one expert."""
    row = table[table["left_out"] == expert].to_dict("records")[0]
    return {str(name): cell for name, cell in row.items()}


def test_the_main_row_is_the_mixed_models_contrast_in_the_order_of_the_plan() -> None:
    frame = panel()
    found = rows(frame)["main"]
    contrasts = mixed_model.fit(frame, "overall", contrasts=[PAIR]).contrasts
    same = contrasts[(contrasts["system_a"] == PAIR[0]) & (contrasts["system_b"] == PAIR[1])].iloc[0]
    names = ["difference", "se", "df", "ci_low", "ci_high", "p"]
    assert [found[name] for name in names] == pytest.approx(same[names].tolist())
    assert (found["n_ratings"], found["n_experts"], found["n_clips"]) == (520, 26, 20)


def test_the_bootstrap_row_lies_about_the_same_difference_and_has_no_p() -> None:
    found = rows(panel())
    assert found["bootstrap"]["difference"] == pytest.approx(found["main"]["difference"])
    assert found["bootstrap"]["ci_low"] < found["main"]["difference"] < found["bootstrap"]["ci_high"]
    assert np.isnan(found["bootstrap"]["p"])


def test_each_change_leaves_out_what_it_says() -> None:
    frame = panel()
    frame["rating"] = frame["rating"].where(frame["expert_id"] != "e05", 3.0)
    frame["known"] = np.where((frame["system"] == "real") & (frame["expert_id"] < "e10"), "yes", "")
    frame["late"] = frame["trial"] == 60
    found = rows(frame)
    assert found["screened"]["n_experts"] == 25
    assert found["without_known"]["n_ratings"] == 520 - 100
    assert found["without_late"]["n_ratings"] == 520 - int((frame["late"] & frame["system"].isin(PAIR)).sum())
    assert found["first_half"]["n_ratings"] + found["second_half"]["n_ratings"] == 520
    is_first = (frame["trial"] <= 30) & frame["system"].isin(PAIR)
    assert found["first_half"]["n_ratings"] == is_first.sum()
    assert {name for name, row in found.items() if row["note"]} == {"with_repeats"}
    assert found["with_repeats"]["note"] == "nothing_differs"


def test_repeats_are_averaged_with_the_first_rating() -> None:
    frame = panel()
    again = frame[frame["system"] == "real"].assign(is_repeat=True)
    again["rating"] = again["rating"] - 1
    found = rows(pd.concat([frame, again], ignore_index=True))
    assert found["with_repeats"]["difference"] == pytest.approx(found["main"]["difference"] + 0.5)
    assert found["with_repeats"]["n_ratings"] == 520


def test_averaged_repeats_are_of_the_same_prompts() -> None:
    frame = panel()
    frame["prompt_id"] = frame["clip_id"].str[-2:]
    assert mixed_model.fit(frame, "overall").variance_components["component"].eq("prompt").any()
    again = frame[frame["system"] == "real"].assign(is_repeat=True)
    found = rows(pd.concat([frame, again], ignore_index=True))
    for name in ("difference", "se", "df", "p"):
        assert found["with_repeats"][name] == pytest.approx(found["main"][name])


def test_a_drift_is_taken_out_by_the_trial_as_a_covariate() -> None:
    frame = panel()
    unbalanced = np.where(frame["system"] == "real", 40.0, 0.0)
    drifting = frame.assign(trial=frame["trial"] + unbalanced)
    drifting["rating"] -= 0.05 * drifting["trial"]
    flat, found = rows(frame)["main"], rows(drifting)
    assert abs(found["main"]["difference"] - flat["difference"]) > 1
    assert found["trial_adjusted"]["difference"] == pytest.approx(flat["difference"], abs=0.35)


def test_a_row_that_cannot_be_made_says_why() -> None:
    found = rows(panel().drop(columns="trial"))
    assert found["without_known"]["note"] == "no_column"
    assert found["first_half"]["note"] == found["trial_adjusted"]["note"] == "no_column"
    assert found["screened"]["note"] == "nothing_differs"
    assert np.isnan(found["screened"]["difference"])
    unknown = sensitivity.sensitivity(panel(), "overall", [("nobody", "real")], replicates=1000)
    assert set(unknown["note"]) <= {"too_few", "nothing_differs", "no_column"}
    everything_known = rows(panel().assign(known=1))
    assert everything_known["without_known"]["note"] == "too_few"


def test_one_expert_who_makes_the_difference_is_found_out() -> None:
    frame = panel(experts=8)
    real = frame["system"] == "real"
    frame["rating"] = np.random.default_rng(6).normal(3, 0.3, len(frame)) + 0.5 * ~real
    frame["rating"] += 9.0 * (real & (frame["expert_id"] == "e02"))
    without = sensitivity.leave_one_expert_out(frame, "overall", [PAIR])
    assert tuple(without.columns) == sensitivity.LEFT_OUT
    assert without["left_out"].tolist() == [f"e{n:02d}" for n in range(8)]
    assert left_out(without, "e02")["difference"] > 0.2
    assert left_out(without, "e02")["change"] == "sign"
    assert left_out(without, "e03")["change"] == ""
    assert (without["n_experts"] == 7).all()


def test_leaving_one_out_is_a_fit_of_the_others_and_its_weakest_becomes_a_row() -> None:
    frame = panel(experts=9)
    part = frame[frame["trial"] % 5 != 0]  # incomplete, so that the fits start from the whole panel's
    without = sensitivity.leave_one_expert_out(part, "overall", [PAIR])
    contrasts = mixed_model.fit(part[part["expert_id"] != "e04"], "overall", contrasts=[PAIR]).contrasts
    cold = contrasts[(contrasts["system_a"] == PAIR[0]) & (contrasts["system_b"] == PAIR[1])].iloc[0]
    warm = left_out(without, "e04")
    assert [warm["difference"], warm["se"], warm["p"]] == pytest.approx(
        [cold["difference"], cold["se"], cold["p"]], abs=1e-4
    )
    weakest = rows(part, without)["one_expert_out"]
    assert weakest["p"] == without["p"].max()
    assert "one_expert_out" not in rows(part)


def test_a_large_panel_is_not_refitted_without_each_expert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensitivity, "MAX_LEFT_OUT", 7)
    frame = panel(experts=8, clips=3)
    without = sensitivity.leave_one_expert_out(frame, "overall", [PAIR])
    assert without.empty
    assert rows(frame, without)["one_expert_out"]["note"] == "too_many"


def test_study_of_few_experts_has_rows_that_say_so() -> None:
    frame = panel(experts=2, clips=1)
    found = rows(frame[frame["system"] == "real"], sensitivity.leave_one_expert_out(frame, "overall", [PAIR]))
    assert {row["note"] for row in found.values()} <= {"too_few", "few_experts", "no_column", "nothing_differs"}
    assert found["main"]["note"] == found["trial_adjusted"]["note"] == "few_experts"
