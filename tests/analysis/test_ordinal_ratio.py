"""Differences in the ordinal model where standard errors fail: tested by the likelihood ratio."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.report.fit_notes import in_words
from analysis.statistics import mixed_model, ordinal_model
from analysis.statistics.ordinal_model import ratio
from analysis.statistics.ordinal_model.agreement import compare
from analysis.statistics.ordinal_model.laplace import Maximum, Problem, maximise
from analysis.statistics.ordinal_model.links import LINKS
from tests.analysis.builders import make_frame


def problem_of(frame: pd.DataFrame, systems: list[str]) -> Problem:
    """Experts and clips random, ratings 1-5 on one scale; clips system by system."""
    wide = frame.pivot(index="expert_id", columns=["system", "clip_id"], values="rating")
    of_clip = wide.columns.get_level_values("system")
    nest = np.array([of_clip == system for system in systems], dtype=np.float64).T
    levels = wide.to_numpy(int)
    return Problem(levels - levels.min(), nest[:, 1:], nest, (True, True, False), LINKS["probit"])


@pytest.fixture(scope="module")
def plain() -> tuple[Problem, Maximum]:
    """Four systems whose ratings overlap."""
    frame = make_frame(("a", "b", "c", "d"), ("x",), experts=10, clips=5)
    problem = problem_of(frame, ["a", "b", "c", "d"])
    return problem, maximise(problem)


def test_merged_systems_are_fitted_as_one(plain: tuple[Problem, Maximum]) -> None:
    problem, _ = plain
    frame = make_frame(("a", "b", "c", "d"), ("x",), experts=10, clips=5)
    frame["system"] = frame["system"].replace("c", "b")
    as_one = problem_of(frame, ["a", "b", "d"])
    assert maximise(ratio.merge_systems(problem, 1, 2)).log_likelihood == pytest.approx(
        maximise(as_one).log_likelihood, abs=1e-4
    )
    assert ratio.merge_systems(problem, 0, 1).design.shape[1] == 2


def test_merging_the_only_two_systems_leaves_no_coefficient() -> None:
    problem = problem_of(make_frame(("a", "b"), ("x",), experts=8, clips=4), ["a", "b"])
    none = ratio.merge_systems(problem, 0, 1)
    assert none.design.shape == (8, 0)
    assert maximise(none).log_likelihood <= maximise(problem).log_likelihood + 1e-4


def test_ratio_and_standard_error_agree_where_both_hold(plain: tuple[Problem, Maximum]) -> None:
    problem, found = plain
    tests = ratio.tested_pairs(problem, found, dict.fromkeys(ratio.pairs(problem, found), 20.0))
    assert {test.test for test in tests.values()} == {ratio.T_TEST}
    for pair, test in tests.items():
        assert ratio.by_ratio(problem, found, pair, test).p == pytest.approx(test.p, abs=0.03)


@pytest.mark.parametrize(
    ("estimate", "variance", "test", "shown"),
    [
        (1.0, 0.25, ratio.T_TEST, True),
        (1.0, np.nan, ratio.NONE, True),
        (5.0, 0.25, ratio.NONE, True),
        (9.0, 0.25, ratio.NONE, False),
        (1.0, 25.0, ratio.NONE, False),
        (10.5, 680.0**2, ratio.NONE, False),
    ],
)
def test_a_standard_error_is_believed_only_near(estimate: float, variance: float, test: str, shown: bool) -> None:
    found = ratio.by_error(estimate, variance, 20.0, 1.0)
    assert found.test == test
    assert np.isnan(found.p) == (test == ratio.NONE)
    assert np.isnan(found.estimate) != shown
    assert found.sign == 1


def test_too_many_failing_pairs_have_no_test(plain: tuple[Problem, Maximum], monkeypatch: pytest.MonkeyPatch) -> None:
    problem, found = plain
    monkeypatch.setattr(ratio, "FAR", 0.0)
    monkeypatch.setattr(ratio, "MAX_RATIOS", 5)
    tests = ratio.tested_pairs(problem, found, dict.fromkeys(ratio.pairs(problem, found), 20.0))
    assert {test.test for test in tests.values()} == {ratio.NONE}


def apart() -> pd.DataFrame:
    """System a is always rated 5, the others never; b and c overlap."""
    frame = make_frame(("a", "b", "c"), ("x",), experts=8, clips=4)
    return frame.assign(rating=np.where(frame["system"] == "a", 5.0, frame["rating"].clip(1, 4)))


def test_separated_systems_are_never_called_equal() -> None:
    frame = apart()
    linear = mixed_model.fit(frame, "x")
    ordinal = ordinal_model.fit(frame, "x", linear=linear)
    table = compare(linear, ordinal).set_index(["system_a", "system_b"])
    of_a = table[table.index.get_level_values("system_a") == "a"]
    assert (of_a["test"] == ratio.RATIO).all()
    assert (of_a["p_ordinal"] < 0.001).all()
    assert of_a["estimate"].isna().all()
    assert (of_a["sign"] == 1).all()
    assert table.loc[("b", "c"), "test"] == ratio.T_TEST
    said = " ".join(
        in_words(note)["en"] for note in (*ordinal.notes, *ordinal_model.notes_on_agreement(linear, ordinal))
    )
    assert "2 differences in the ordinal model (probit) cannot be trusted" in said
    assert "p = 1.000" not in said


def test_no_cause_is_given_for_a_disagreement() -> None:
    frame = apart()
    linear, ordinal = mixed_model.fit(frame, "x"), ordinal_model.fit(frame, "x")
    weak = ordinal.contrasts.assign(p=1.0)
    table = compare(linear, ordinal_model.OrdinalFit("x", "probit", ordinal.table, weak, ()))
    assert "linear_only" in set(table["kind"])
    notes = ordinal_model.notes_on_agreement(linear, ordinal_model.OrdinalFit("x", "probit", ordinal.table, weak, ()))
    texts = [in_words(note) for note in notes]
    assert all("Treat this difference with caution" in text["en"] for text in texts)
    assert all("请谨慎对待这一差值" in text["zh-hans"] for text in texts)
    assert not any("steps" in text["en"] or "等距" in text["zh-hans"] for text in texts)


def of_one_mind(systems: int) -> pd.DataFrame:
    """Eight experts who give every clip the same rating but for one in 33; the ratings of systems overlap."""
    rng = np.random.default_rng(1)
    levels = {
        (s, c): int(np.clip(round(rng.normal(3.8 if s == 0 else 3.0, 1.2)), 1, 5))
        for s in range(systems)
        for c in range(4)
    }
    rows = [
        (f"e{expert}", f"s{s}", f"s{s}c{c}", "x", float(level + (rng.random() > 0.97) * (-1 if level == 5 else 1)))
        for (s, c), level in levels.items()
        for expert in range(8)
    ]
    return pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "scale", "rating"])


@pytest.mark.parametrize("systems", [2, 4])
@pytest.mark.parametrize("link", ["probit", "logit"])
def test_runaway_variance_gives_no_test_and_no_verdict(link: str, systems: int) -> None:
    frame = of_one_mind(systems)
    linear, ordinal = mixed_model.fit(frame, "x"), ordinal_model.fit(frame, "x", link)
    of_clip = ordinal.table.set_index("term")["estimate"]
    assert np.isnan(of_clip["clip"])
    assert linear.contrasts["p"].notna().all()
    assert ordinal.contrasts[["estimate", "se", "z", "p"]].isna().all(axis=None)
    assert ordinal.table.loc[ordinal.table["kind"] == "threshold", ["estimate", "se", "p"]].isna().all(axis=None)
    said = [in_words(note)["en"] for note in ordinal.notes]
    assert len(said) == 1
    assert "a variance in the ordinal model" in said[0]
    assert "overlap" not in said[0]
    verdict = ordinal_model.notes_on_agreement(linear, ordinal)
    assert [(note.code, note.about["link"]) for note in verdict] == [("unchecked", link)]


def test_missed_maximum_gives_no_ratio(plain: tuple[Problem, Maximum]) -> None:
    problem, found = plain
    known = ratio.by_error(9.0, 0.25, 20.0, 1.0)
    merged = maximise(ratio.merge_systems(problem, 1, 2)).log_likelihood
    missed = replace(found, log_likelihood=merged - 0.01)
    assert ratio.by_ratio(problem, missed, (1, 2), known).test == ratio.NONE
    assert np.isnan(ratio.by_ratio(problem, missed, (1, 2), known).p)
    level = replace(found, log_likelihood=merged - 1e-5)
    assert ratio.by_ratio(problem, level, (1, 2), known).p == 1.0


def test_overlap_is_denied_only_where_systems_are_apart(plain: tuple[Problem, Maximum]) -> None:
    assert not ratio.are_apart(plain[0])
    assert not ratio.are_apart(problem_of(of_one_mind(4), ["s0", "s1", "s2", "s3"]))
    assert ratio.are_apart(problem_of(apart(), ["a", "b", "c"]))
    assert ratio.are_apart(problem_of(apart(), ["c", "b", "a"]))
