from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.report.fit_notes import in_words
from analysis.statistics import mixed_model, ordinal_model
from analysis.statistics.information import Variances
from analysis.statistics.mixed_model.inference import holm
from analysis.statistics.mixed_model.random_effects import Floats
from analysis.statistics.ordinal_model.agreement import compare
from analysis.statistics.ordinal_model.laplace import Maximum, Mode, Problem, log_likelihood, maximise
from analysis.statistics.ordinal_model.links import LINKS, categories
from analysis.statistics.power import Design
from tests.analysis.builders import ORACLES, make_frame, read_oracle
from tests.benchmarks.power import studies


def errors(found: Maximum) -> Floats:
    return np.asarray(np.sqrt(np.diagonal(found.covariance)))


def problem(name: str, link: str, effects: tuple[bool, bool, bool]) -> Problem:
    """A known study with experts and clips random, and experts within systems or not."""
    frame = read_oracle(name).query("scale == 'overall'")
    wide = frame.pivot(index="expert_id", columns=["system", "clip_id"], values="rating")
    systems = wide.columns.get_level_values("system")
    nest = np.asarray(pd.get_dummies(systems), dtype=np.float64)
    return Problem(wide.fillna(0).to_numpy(int) - 1, nest[:, 1:], nest, effects, LINKS[link])


def wine(link: str) -> Problem:
    """The wine of Randall (1989): judges as experts, bottles as clips, temperature and contact fixed."""
    frame = pd.read_csv(ORACLES / "wine.csv")
    bottles = frame.drop_duplicates("bottle").sort_values("bottle")
    design = np.column_stack([bottles["temp"] == "warm", bottles["contact"] == "yes"]).astype(np.float64)
    levels = frame.pivot(index="judge", columns="bottle", values="rating").to_numpy(int) - 1
    return Problem(levels, design, np.ones((8, 1)), (True, False, False), LINKS[link])


# --- the parts


@pytest.mark.parametrize("link", LINKS)
def test_the_derivatives_of_a_category_are_those_of_its_probability(link: str) -> None:
    cuts = np.array([-1e4, -1.0, 0.2, 1.3, 1e4])
    level, step = np.array([0, 1, 2, 3]), 1e-6
    mean = np.array([-0.5, 0.3, 1.1, 0.9])

    def at(shift: float = 0.0, low: float = 0.0, high: float = 0.0) -> Floats:
        found = categories(LINKS[link], cuts[level] + low - mean - shift, cuts[level + 1] + high - mean - shift)
        return np.array([found.log_probability, found.score, found.curvature, found.turn])

    found = categories(LINKS[link], cuts[level] - mean, cuts[level + 1] - mean)
    by_mean = (at(step) - at(-step)) / (2 * step)
    assert_allclose(by_mean[:3], [found.score, -found.curvature, found.turn], atol=1e-7)
    inner_low, inner_high = level > 0, level < 3
    by_low = (at(low=step) - at(low=-step)) / (2 * step)
    by_high = (at(high=step) - at(high=-step)) / (2 * step)
    assert_allclose(by_low[:3, inner_low], np.array(found.by_low)[:, inner_low], atol=1e-7)
    assert_allclose(by_high[:3, inner_high], np.array(found.by_high)[:, inner_high], atol=1e-7)


@pytest.mark.parametrize("link", LINKS)
def test_the_gradient_is_that_of_the_laplace_likelihood(link: str) -> None:
    study = problem("sim_incomplete.csv", link, (True, True, True))
    at = np.array([-2.0, -0.6, 0.5, 1.8, 0.2, 0.5, 0.3, 0.8, 1.2, 0.4, 0.3, 0.5])
    mode = Mode(np.zeros(study.levels.shape), np.zeros(study.levels.shape))
    _, slope = log_likelihood(study, mode, at)
    steps = 1e-5 * np.eye(len(at))
    numeric = [(log_likelihood(study, mode, at + h)[0] - log_likelihood(study, mode, at - h)[0]) / 2e-5 for h in steps]
    assert_allclose(slope, numeric, atol=1e-5)


def test_without_random_effects_it_is_the_ordinary_cumulative_model() -> None:
    """The wine without judges: ordinal::clm's published logit coefficients."""
    plain = wine("logit")
    found = maximise(Problem(plain.levels, plain.design, plain.nest, (False, False, False), plain.link))
    assert_allclose(found.coefficients, [2.5031, 1.5278], atol=1e-3)
    assert found.log_likelihood == pytest.approx(-86.49192, abs=1e-3)


# --- known answers


def test_the_wine_by_logit_is_as_in_the_handbook() -> None:
    found = maximise(wine("logit"))
    assert_allclose(found.coefficients, [3.0630, 1.8349], atol=1e-3)
    assert_allclose(errors(found)[4:], [0.5954, 0.5125], atol=1e-3)
    assert_allclose(found.thresholds, [-1.6237, 1.5134, 4.2285, 6.0888], atol=1e-3)
    assert found.variances[0] == pytest.approx(1.279, abs=1e-3)
    assert found.log_likelihood == pytest.approx(-81.57, abs=5e-3)


def test_the_wine_by_probit_is_as_in_clmm() -> None:
    found = maximise(wine("probit"))
    assert_allclose(found.coefficients, [1.800, 1.048], atol=1e-3)
    assert_allclose(found.thresholds, [-0.9265, 0.8894, 2.4676, 3.5367], atol=1e-3)
    assert found.variances[0] == pytest.approx(0.4398, abs=1e-3)
    assert found.log_likelihood == pytest.approx(-80.93, abs=5e-3)


def test_incomplete_ratings_with_crossed_effects_are_as_in_clmm() -> None:
    """fixtures/oracles/sim_incomplete.txt."""
    found = maximise(problem("sim_incomplete.csv", "probit", (True, True, False)))
    expected = [0.27423032, 0.74060449, 0.40256695, 1.05856113, 1.61876112]
    assert_allclose(found.thresholds, [-1.89696839, -0.67990329, 0.50991711, 1.81502428], atol=1e-3)
    assert_allclose(found.coefficients, expected, atol=1e-3)
    of_thresholds = [0.17532642, 0.16092995, 0.16003790, 0.16459488]
    of_coefficients = [0.17343234, 0.17444759, 0.17357693, 0.17574486, 0.17820311]
    assert_allclose(errors(found), of_thresholds + of_coefficients, atol=1e-3)
    assert_allclose(found.variances[:2], [0.2569964, 0.1353202], atol=1e-3)
    assert found.log_likelihood == pytest.approx(-1826.43, abs=5e-3)


@pytest.mark.parametrize(("effects", "expected"), [((True, True, False), -1945.584), ((True, True, True), -1929.388)])
def test_complete_ratings_reach_the_likelihood_of_clmm(effects: tuple[bool, bool, bool], expected: float) -> None:
    found = maximise(problem("sim26x60x5.csv", "probit", effects))
    assert found.log_likelihood == pytest.approx(expected, abs=1e-3)
    assert found.converged


# --- tables


def test_the_table_has_a_row_for_each_threshold_system_variance_and_the_likelihood() -> None:
    found = ordinal_model.fit(read_oracle("sim_incomplete.csv"), "overall")
    assert list(found.table.columns) == ["scale", "link", "term", "kind", "estimate", "se", "z", "p", "df"]
    assert found.table["kind"].value_counts().to_dict() == {"threshold": 4, "system": 5, "variance": 3, "fit": 1}
    assert found.table["term"].tolist()[:4] == ["1|2", "2|3", "3|4", "4|5"]
    assert_allclose(found.table["z"][:9], (found.table["estimate"] / found.table["se"])[:9])
    assert found.table["term"].tolist()[9:] == ["expert", "clip", "expert:system", "log_likelihood"]
    assert found.table[["se", "z", "p", "df"]][9:].isna().all(axis=None)
    assert found.notes == ()


def test_contrasts_of_all_pairs_do_not_depend_on_which_system_is_first() -> None:
    frame = read_oracle("sim_incomplete.csv")
    one = ordinal_model.fit(frame, "overall").contrasts.set_index(["system_a", "system_b"])
    other = ordinal_model.fit(frame, "overall", systems=["s6", "s5", "s4", "s3", "s2", "s1"]).contrasts
    other = other.set_index(["system_b", "system_a"]).loc[one.index]
    assert len(one) == 15
    assert_allclose(one["estimate"], -other["estimate"], atol=1e-4)
    assert_allclose(one["se"], other["se"], atol=1e-4)


def test_p_is_by_t_with_the_linear_models_df() -> None:
    frame = read_oracle("sim_incomplete.csv")
    linear = mixed_model.fit(frame, "overall", contrasts=[("s6", "s1")])
    found = ordinal_model.fit(frame, "overall", linear=linear)
    columns = (linear.contrasts[name] for name in ("system_a", "system_b", "df"))
    expected = {frozenset((a, b)): df for a, b, df in zip(*columns, strict=True)}
    contrasts = found.contrasts
    pairs = map(frozenset, zip(contrasts["system_a"], contrasts["system_b"], strict=True))
    assert contrasts["df"].tolist() == [expected[pair] for pair in pairs]
    assert_allclose(contrasts["p"], 2 * stats.t.sf(contrasts["z"].abs(), contrasts["df"]))
    first = contrasts[contrasts["system_a"] == "s1"]
    rows = found.table[found.table["kind"] == "system"]
    assert_allclose(rows[["p", "df"]], first[["p", "df"]])
    thresholds = found.table[found.table["kind"] == "threshold"]
    assert thresholds["df"].unique().tolist() == linear.means.query("system == 's1'")["df"].tolist()


def test_the_linear_model_is_fitted_for_its_df_where_not_given() -> None:
    frame = make_frame(("a", "b", "c"), ("x",), experts=7, clips=4)
    order = ["c", "a", "b"]
    given = ordinal_model.fit(frame, "x", systems=order, linear=mixed_model.fit(frame, "x", systems=order))
    pd.testing.assert_frame_equal(ordinal_model.fit(frame, "x", systems=order).table, given.table)


def test_equal_systems_rarely_differ_in_the_ordinal_check() -> None:
    """In .05 of small studies after Holm, to three of its own standard errors; by Wald's z in twice as many or more."""
    design, felt = Design(6, 3, 3, systems=3), Variances(0.16, 0.0625, 0.1225, 0.7225)
    alarms = []
    for study in studies(design, felt, 0.0, 150, seed=1, mean=3.0):
        cells = np.indices(study.shape).reshape(3, -1)
        frame = pd.DataFrame({"system": cells[0], "expert_id": cells[1], "clip_id": cells[2], "rating": study.ravel()})
        found = ordinal_model.fit(frame.assign(scale="x"), "x").contrasts
        by_z = 2 * stats.norm.sf(found["z"].abs())
        alarms.append([(holm(p) < 0.05).any() for p in (found["p"], by_z)])
    by_t, by_z = np.mean(alarms, axis=0)
    assert by_t <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(alarms))
    assert by_z >= 2 * by_t


def test_levels_are_the_values_that_occur() -> None:
    frame = make_frame(("a", "b"), ("x",), experts=12, clips=6)
    halves = frame.assign(rating=frame["rating"].clip(lower=2) / 2)
    found = ordinal_model.fit(halves, "x")
    assert found.table.loc[found.table["kind"] == "threshold", "term"].tolist() == ["1|1.5", "1.5|2", "2|2.5"]


def test_eleven_levels_are_fitted_and_twelve_are_left_out_with_a_word() -> None:
    frame = make_frame(("a", "b"), ("x",), experts=20, clips=10)
    rng = np.random.default_rng(0)
    eleven = ordinal_model.fit(frame.assign(rating=rng.integers(0, 11, len(frame))), "x")
    assert (eleven.table["kind"] == "threshold").sum() == 10
    twelve = ordinal_model.fit(frame.assign(rating=rng.integers(0, 12, len(frame))), "x")
    assert twelve.table.empty
    assert "take 12 different values" in in_words(twelve.notes[0])["en"]
    assert "12 个不同取值" in in_words(twelve.notes[0])["zh-hans"]


def test_equal_ratings_are_left_out_with_a_word() -> None:
    found = ordinal_model.fit(make_frame().assign(rating=3.0), "overall")
    assert found.table.empty
    assert found.contrasts.empty
    assert "all ratings are equal" in in_words(found.notes[0])["en"]


def test_a_variance_that_is_not_there_is_zero_and_the_rest_has_its_errors() -> None:
    frame = make_frame(("a", "b", "c"), ("x",), experts=12, clips=6)
    frame["rating"] = np.random.default_rng(1).permutation(frame["rating"])
    found = ordinal_model.fit(frame, "x").table
    assert (found.loc[found["kind"] == "variance", "estimate"] == 0).any()
    assert found.loc[found["kind"] == "system", "se"].notna().all()


def test_a_system_that_never_meets_the_others_is_called_out() -> None:
    frame = make_frame(("a", "b"), ("x",), experts=10, clips=5)
    apart = frame.assign(rating=np.where(frame["system"] == "a", 1, 4) + (frame["rating"] > 3))
    for link in LINKS:
        found = ordinal_model.fit(apart, "x", link)
        assert "has no bound" in in_words(found.notes[0])["en"]


@pytest.mark.parametrize(("experts", "clips"), [(1, 8), (6, 1), (2, 2), (3, 4)])
def test_small_studies_give_a_table_or_say_why_not(experts: int, clips: int) -> None:
    found = ordinal_model.fit(make_frame(("a", "b"), ("x",), experts=experts, clips=clips), "x")
    assert found.notes or found.table.loc[found.table["kind"] == "system", "se"].notna().all()


def test_an_unknown_link_is_refused() -> None:
    with pytest.raises(ValueError, match="neither of probit, logit"):
        ordinal_model.fit(make_frame(), "overall", "cauchit")


# --- agreement with the linear model


def test_models_that_agree_say_so_in_one_sentence() -> None:
    frame = read_oracle("sim26x60x5.csv")
    linear, ordinal = mixed_model.fit(frame, "overall"), ordinal_model.fit(frame, "overall")
    table = compare(linear, ordinal)
    assert (np.sign(table["difference"]) == np.sign(table["estimate"])).all()
    assert table["p_ordinal"].tolist() == pytest.approx(table["p_linear"].tolist(), abs=0.2)
    sentences = ordinal_model.notes_on_agreement(linear, ordinal)
    assert (table["kind"] == "").all() == ("agrees with the linear one on all 15" in in_words(sentences[0])["en"])


def test_a_difference_in_significance_is_said_with_both_p_values() -> None:
    """s5 and s6 of this study: p .0078 in lmerTest, .117 adjusted for 15 pairs; significant in the ordinal model."""
    frame = read_oracle("sim_incomplete.csv")
    linear, ordinal = mixed_model.fit(frame, "overall"), ordinal_model.fit(frame, "overall")
    table = ordinal_model.disagreements(linear, ordinal)
    assert table[["system_a", "system_b", "kind"]].to_numpy().tolist() == [["s5", "s6", "ordinal_only"]]
    (sentence,) = ordinal_model.notes_on_agreement(linear, ordinal)
    assert "s5 and s6" in in_words(sentence)["en"]
    assert "p = .117" in in_words(sentence)["en"]
    assert "s5 与 s6" in in_words(sentence)["zh-hans"]


def skewed() -> pd.DataFrame:
    """System a: mostly 4 with a few 1; system b: mostly 3. The mean of b is higher, the typical rating of a."""
    experts, clips = np.indices((20, 20)).reshape(2, -1)
    kind = (experts * 7 + clips * 11) % 20
    parts = {"a": np.where(kind < 8, 1, 4), "b": np.where(kind < 1, 2, 3)}
    frames = [
        pd.DataFrame({"expert_id": experts, "system": name, "clip_id": clips, "rating": rating})
        for name, rating in parts.items()
    ]
    return pd.concat(frames, ignore_index=True).assign(scale="x")


def test_systems_that_change_places_are_said_to() -> None:
    linear, ordinal = mixed_model.fit(skewed(), "x"), ordinal_model.fit(skewed(), "x", "logit")
    table = ordinal_model.disagreements(linear, ordinal)
    assert table["kind"].tolist() == ["sign"]
    (sentence,) = ordinal_model.notes_on_agreement(linear, ordinal)
    assert "estimates the second higher, the ordinal model (logit) the first" in in_words(sentence)["en"]
    assert "后者较高" in in_words(sentence)["zh-hans"]


def test_a_planned_contrast_is_compared_in_its_own_family_and_orientation() -> None:
    frame = read_oracle("sim_incomplete.csv")
    linear = mixed_model.fit(frame, "overall", contrasts=[("s6", "s1")])
    ordinal = ordinal_model.fit(frame, "overall")
    row = compare(linear, ordinal).query("system_a == 's6' and system_b == 's1'").iloc[0]
    raw = ordinal.contrasts.query("system_a == 's1' and system_b == 's6'").iloc[0]
    assert row["estimate"] == -raw["estimate"]
    assert row["p_ordinal"] == pytest.approx(raw["p"])


def test_nothing_is_said_to_agree_where_nothing_was_fitted() -> None:
    frame = make_frame().assign(rating=3.0)
    linear, ordinal = mixed_model.fit(frame, "overall"), ordinal_model.fit(frame, "overall")
    assert "nothing was checked" in in_words(ordinal_model.notes_on_agreement(linear, ordinal)[0])["en"]


@pytest.mark.parametrize(
    ("link", "cells"),
    [
        ("probit", "e0c21 e0a11 e1c01 e1b23 e1a05 e0b23 e1b12"),
        ("logit", "e1a12 e0a23 e1a33 e0b05 e0b13 e0b25 e1b35 e0c02 e1c02 e0c11 e1c22 e1c33"),
    ],
)
def test_where_the_likelihood_is_flat_there_is_no_standard_error_and_the_report_says_so(link: str, cells: str) -> None:
    """Half a session of two experts: each cell is expert, system, clip and rating. A parameter runs away."""
    rows = [(cell[:2], cell[2], cell[2:4], "q", float(cell[4])) for cell in cells.split()]
    frame = pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "scale", "rating"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ordinal_model.fit(frame, "q", link)
    assert found.contrasts["se"].isna().all()
    assert "has no bound" in in_words(found.notes[0])["en"] or "did not converge" in in_words(found.notes[0])["en"]


def test_pairs_that_the_linear_model_leaves_out_have_no_test() -> None:
    frame = make_frame(("real", "a", "b", "low"), ("x",), experts=9)
    linear = mixed_model.fit(frame, "x", apart=["low"], contrasts=[("b", "low")])
    found = ordinal_model.fit(frame, "x", linear=linear).contrasts
    assert {frozenset(pair) for pair in found[["system_a", "system_b"]].to_numpy()} == {
        frozenset(pair) for pair in linear.contrasts[["system_a", "system_b"]].to_numpy()
    }
    assert found["p"].notna().all()
