from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from analysis.report.fit_notes import in_words
from analysis.statistics import mixed_model
from analysis.statistics.mixed_model import equal_weights, reml
from analysis.statistics.mixed_model.cells import Cells
from analysis.statistics.mixed_model.layout import lay_out
from analysis.statistics.mixed_model.random_effects import Floats, eliminate
from analysis.statistics.sparse_tables import SPARSE_BELOW
from tests.analysis.builders import ORACLES, make_frame, read_oracle
from tests.benchmarks import stats as simulated

#: R 4.2.2, lmerTest on sim_incomplete.csv (fixtures/oracles/sim_incomplete.txt): estimate, SE, df, p against s1.
AGAINST_S1 = {
    "s2": (0.21271763, 0.14055579, 78.838324, 1.3417593e-01),
    "s3": (0.57205524, 0.14066444, 79.147357, 1.1179926e-04),
    "s4": (0.31154522, 0.14052077, 78.756117, 2.9501507e-02),
    "s5": (0.79694827, 0.14077124, 79.317256, 2.3102819e-07),
    "s6": (1.18103188, 0.14062341, 79.026017, 1.4521045e-12),
}
HOLM = {("s1", "s2"): 0.3418, ("s2", "s3"): 0.0747, ("s3", "s4"): 0.2695, ("s4", "s5"): 0.0071, ("s5", "s6"): 0.0545}


def words(fitted: mixed_model.Fit) -> str:
    return " ".join(in_words(note)["en"] for note in fitted.notes)


def variances(fitted: mixed_model.Fit) -> Floats:
    return fitted.variance_components["variance"].to_numpy()


def rated(values: Sequence[tuple[str, str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(values, columns=["expert_id", "system", "clip_id", "rating"])
    return frame.assign(scale="x")


# --- the random effects and the criterion, against the matrices written out


def dense(weights: Floats, nest: Floats, spread: Floats) -> tuple[list[Floats], Floats, Floats]:
    """Indicators of the three effects, the prior covariance of cells, and the posterior one."""
    experts, clips = weights.shape
    person, piece = np.eye(experts), np.eye(clips)
    pairs = ((person, np.ones((clips, 1))), (np.ones((experts, 1)), piece), (person, nest))
    marks: list[Floats] = [np.asarray(np.kron(a, b), dtype=np.float64) for a, b in pairs]
    prior = sum(v * z @ z.T for v, z in zip(spread, marks, strict=True))
    posterior: Floats = np.linalg.solve(np.eye(weights.size) + prior * weights.ravel(), prior)
    return marks, np.asarray(prior), posterior


@pytest.mark.parametrize("spread", [(0.3, 0.5, 0.2), (0.0, 0.5, 0.2), (0.3, 0.0, 0.0), (0.0, 0.0, 0.0)])
def test_elimination_equals_the_matrices_written_out(spread: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    nest = np.repeat(np.eye(3), (4, 2, 5), axis=0)
    weights = rng.uniform(0.2, 2, (6, 11)) * (rng.random((6, 11)) < 0.7)
    random = eliminate(weights, nest, np.array(spread))
    marks, prior, posterior = dense(weights, nest, np.array(spread))
    scores = rng.normal(size=(2, 6, 11))
    precision = np.diag(weights.ravel()) - weights.ravel()[:, None] * posterior * weights.ravel()
    assert_allclose(random.solve(scores).reshape(2, -1), scores.reshape(2, -1) @ posterior.T, atol=1e-12)
    assert_allclose(random.leverages().ravel(), np.diagonal(posterior), atol=1e-12)
    assert random.log_determinant == pytest.approx(np.linalg.slogdet(np.eye(66) + prior * weights.ravel())[1])
    for found, z in zip(random.informations(), marks, strict=True):
        assert_allclose(found, np.diagonal(z.T @ precision @ z), atol=1e-12)


@pytest.mark.parametrize("spread", [(0.3, 0.5, 0.2), (0.0, 0.5, 0.2), (0.3, 0.0, 0.0), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("share", [0.7, 0.05])
def test_elimination_of_equal_weights_equals_the_matrices(spread: tuple[float, ...], share: float) -> None:
    rng = np.random.default_rng(1)
    nest = np.repeat(np.eye(3), (6, 2, 7), axis=0)
    present = (rng.random((12, 15)) < share).astype(np.float64)
    present[np.arange(12), rng.integers(0, 15, 12)] = 1.0
    if share < SPARSE_BELOW:
        present = np.vstack([present, np.eye(15)])
    cells = Cells.of_tables(rng.normal(size=(2, *present.shape)) * present, present, nest)
    random = equal_weights.eliminate(cells, np.array(spread))
    marks, prior, posterior = dense(present, nest, np.array(spread))
    there = present.ravel() > 0
    precision = np.diag(present.ravel()) - present.ravel()[:, None] * posterior * present.ravel()
    expected = cells.layers @ posterior[np.ix_(there, there)].T
    assert_allclose(random.solve(cells.layers), expected, atol=1e-12)
    logs = np.linalg.slogdet(np.eye(there.size) + prior * present.ravel())[1]
    assert random.log_determinant == pytest.approx(logs, abs=1e-12)
    kept = (np.arange(len(present)), np.arange(15), np.unique(cells.expert * 3 + cells.system))
    for found, z, units in zip(random.informations(), marks, kept, strict=True):
        assert_allclose(found, np.diagonal(z.T @ precision @ z)[units], atol=1e-12)


def incomplete_cells(seed: int) -> Cells:
    frame = make_frame(("a", "b", "c"), ("x",), experts=7, clips=4)
    return lay_out(frame.sample(frac=0.8, random_state=seed), "x").cells


def test_the_criterion_is_the_restricted_likelihood_of_the_textbook() -> None:
    cells, ratios = incomplete_cells(1), np.array([0.4, 0.2, 0.3])
    there = cells.present.ravel() > 0
    _, prior, _ = dense(cells.present, cells.nest, ratios)
    covariance = (np.eye(there.size) + prior)[np.ix_(there, there)]
    x, y = cells.layers[:-1].T, cells.ratings
    inverse = np.linalg.inv(covariance)
    project = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
    free = cells.free
    logs = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(x.T @ inverse @ x)[1]
    expected = logs + free * (1 + np.log(2 * np.pi * (y @ project @ y) / free))
    assert reml.evaluate(cells, ratios).deviance == pytest.approx(expected)


def test_its_slopes_are_the_derivatives_of_the_full_criterion() -> None:
    cells, values = incomplete_cells(2), np.array([0.2, 0.1, 0.15, 0.6])

    def full(at: Floats) -> float:
        found = reml.evaluate(cells, at[:3] / at[3])
        logs = found.deviance - cells.free * (1 + np.log(2 * np.pi * found.squares / cells.free))
        return float(logs + cells.free * np.log(at[3]) + found.squares / at[3])

    numeric = [(full(values + step) - full(values - step)) / 2e-6 for step in 1e-6 * np.eye(4)]
    assert_allclose(reml.slope(cells, values), numeric, rtol=1e-5, atol=1e-5)


# --- known answers


@pytest.mark.parametrize("system", AGAINST_S1)
def test_incomplete_ratings_give_the_estimates_errors_df_and_p_of_lmertest(system: str) -> None:
    fitted = mixed_model.fit(read_oracle("sim_incomplete.csv"), "overall", contrasts=[(system, "s1")])
    row = fitted.contrasts[fitted.contrasts["family"] == "planned"].iloc[0]
    assert_allclose(row[["difference", "se", "df", "p"]].astype(float), AGAINST_S1[system], rtol=1e-3)
    assert_allclose(row[["difference", "se", "df", "p"]].astype(float), AGAINST_S1[system], atol=1e-3)


def test_incomplete_ratings_give_the_variances_means_omnibus_and_holm_of_lmertest() -> None:
    fitted = mixed_model.fit(read_oracle("sim_incomplete.csv"), "overall")
    assert fitted.method == "REML"
    assert_allclose(variances(fitted), [0.144051628, 0.085377736, 0.020278449, 0.626396060], atol=1e-5)
    assert fitted.log_likelihood == pytest.approx(-1883.381, abs=1e-3)
    omnibus = fitted.omnibus.iloc[0]
    assert_allclose(omnibus[["f", "num_df", "den_df"]].astype(float), [18.70841, 5, 78.869015], atol=1e-3)
    assert omnibus["p"] == pytest.approx(3.2463e-12, rel=1e-3)
    first = fitted.means.iloc[0]
    assert_allclose(first[["mean", "se"]].astype(float), [3.06193469, 0.12427415], atol=1e-5)
    assert first["df"] == pytest.approx(88.823136, rel=1e-4)
    assert_allclose(first[["ci_low", "ci_high"]].astype(float), [2.81, 3.31], atol=0.006)
    table = fitted.contrasts.set_index(["system_a", "system_b"])["p_holm"]
    assert_allclose([table[pair] for pair in HOLM], list(HOLM.values()), atol=6e-5)


def test_complete_ratings_give_the_known_answers_in_closed_form() -> None:
    fitted = mixed_model.fit(read_oracle("sim26x60x5.csv"), "overall")
    assert fitted.method == "closed form"
    assert_allclose(variances(fitted), [0.060631, 0.072838, 0.070885, 0.674741], atol=1e-6)
    assert_allclose(fitted.contrasts["se"], 0.158778, atol=1e-6)
    assert_allclose(fitted.contrasts["df"], 77.934, atol=1e-3)
    assert fitted.omnibus["f"].iloc[0] == pytest.approx(17.41955, abs=1e-5)
    assert fitted.log_likelihood == pytest.approx(-2022.0834, abs=1e-4)


def test_crossed_experts_and_clips_of_one_system_give_the_published_penicillin_fit() -> None:
    frame = pd.read_csv(ORACLES / "penicillin.csv").set_axis(["rating", "expert_id", "clip_id"], axis=1)
    fitted = mixed_model.fit(frame.assign(system="all", scale="d"), "d")
    assert -2 * fitted.log_likelihood == pytest.approx(330.8606, abs=1e-4)
    assert_allclose(np.sqrt(variances(fitted)[[0, 1, 3]]), [0.84670, 1.93161, 0.54992], atol=1e-3)
    assert fitted.means["mean"].iloc[0] == pytest.approx(22.97222, abs=1e-5)
    assert fitted.contrasts.empty
    assert np.isnan(fitted.omnibus["p"].iloc[0])


@pytest.mark.parametrize("seed", range(6))
def test_the_closed_form_and_the_search_find_the_same_also_where_a_variance_is_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = simulated.simulate("complete", "low", simulated.NONE, rng)
    if seed % 2:
        frame["rating"] = rng.permutation(frame["rating"])
    cells = lay_out(frame, "overall").cells
    closed, searched = reml.closed_form(cells), reml.search(cells, (True,) * 3)
    assert_allclose(searched.values, closed.values, atol=2e-5)
    assert_allclose(searched.covariance, closed.covariance, atol=1e-6)


def test_satterthwaites_df_of_a_complete_study_are_the_textbooks() -> None:
    fitted = mixed_model.fit(read_oracle("sim26x60x5.csv"), "harmony")
    expert, clip, both, rest = variances(fitted)
    strata = {"clip": (26 * clip + rest, 6 * 9), "both": (10 * both + rest, 25 * 5), "rest": (rest, 6 * 25 * 9)}
    total = strata["clip"][0] + strata["both"][0] - strata["rest"][0]
    expected = total**2 / sum(square**2 / df for square, df in strata.values())
    assert fitted.contrasts["df"].to_numpy() == pytest.approx(expected)


# --- tables


def test_planned_contrasts_stand_as_planned_and_are_corrected_among_themselves() -> None:
    frame = read_oracle("sim_incomplete.csv")
    fitted = mixed_model.fit(frame, "overall", contrasts=[("s2", "s1"), ("s5", "s6")])
    every = mixed_model.fit(frame, "overall").contrasts.set_index(["system_a", "system_b"])
    planned = fitted.contrasts[fitted.contrasts["family"] == "planned"].set_index(["system_a", "system_b"])
    assert list(planned.index) == [("s2", "s1"), ("s5", "s6")]
    assert planned["difference"].iloc[0] == pytest.approx(AGAINST_S1["s2"][0], abs=1e-6)
    assert_allclose(planned["p_holm"], mixed_model.holm(planned["p"]))
    others = fitted.contrasts[fitted.contrasts["family"] == "all pairs"].set_index(["system_a", "system_b"])
    assert len(others) == 13
    assert_allclose(others["p_holm"], every.loc[others.index, "p_holm"])


def test_a_planned_contrast_with_an_unrated_system_is_left_out_and_said() -> None:
    fitted = mixed_model.fit(make_frame(("a", "b")), "overall", contrasts=[("a", "ghost")])
    assert (fitted.contrasts["family"] == "all pairs").all()
    assert "a − ghost" in words(fitted)


def test_the_order_of_systems_is_the_one_given_and_others_stay_out() -> None:
    fitted = mixed_model.fit(make_frame(("a", "b", "c")), "overall", systems=["c", "a", "ghost"])
    assert fitted.means["system"].tolist() == ["c", "a"]
    assert fitted.contrasts[["system_a", "system_b"]].to_numpy().tolist() == [["c", "a"]]


@pytest.mark.parametrize(
    ("p", "expected"),
    [([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]), ([0.5, np.nan, 0.04], [0.5, np.nan, 0.08]), ([], [])],
)
def test_holm_gives_the_known_answer(p: list[float], expected: list[float]) -> None:
    assert_allclose(mixed_model.holm(p), expected)


def test_equivalence_is_found_when_the_ninety_percent_interval_lies_within_the_gap() -> None:
    contrasts = mixed_model.fit(read_oracle("sim26x60x5.csv"), "overall").contrasts
    table = mixed_model.equivalence(contrasts, 0.5)
    inside = (table["ci_low"] > -0.5) & (table["ci_high"] < 0.5)
    assert inside.any()
    assert not inside.all()
    assert ((table["p"] < 0.05) == inside).all()
    assert set(table["verdict"]) <= {"different", "equivalent", "different but small", "undecided"}
    with pytest.raises(ValueError, match="above 0"):
        mixed_model.equivalence(contrasts, 0)


def test_the_verdict_says_what_two_precise_studies_show() -> None:
    rng = np.random.default_rng(4)
    frame = make_frame(("a", "b", "c"), ("x",), experts=20, clips=12)
    frame["rating"] = rng.normal(0, 0.2, len(frame)) + frame["system"].map({"a": 0.0, "b": 0.2, "c": 3.0})
    table = mixed_model.equivalence(mixed_model.fit(frame, "x").contrasts, 0.5)
    assert table["verdict"].tolist() == ["different but small", "different", "different"]
    same = mixed_model.fit(frame.assign(rating=rng.normal(0, 0.2, len(frame))), "x")
    assert set(mixed_model.equivalence(same.contrasts, 0.5)["verdict"]) == {"equivalent"}


def test_effect_sizes_are_the_difference_over_the_spread_of_one_rating() -> None:
    fitted = mixed_model.fit(read_oracle("sim26x60x5.csv"), "overall")
    table = mixed_model.effect_sizes(fitted)
    assert table["d"].iloc[0] == pytest.approx(fitted.contrasts["difference"].iloc[0] / variances(fitted).sum() ** 0.5)
    assert ((table["superiority"] > 0.5) == (table["d"] > 0)).all()


def test_predicted_departures_shrink_the_experts_own_means() -> None:
    frame = read_oracle("sim26x60x5.csv")
    fitted = mixed_model.fit(frame, "overall")
    experts = fitted.predicted[fitted.predicted["component"] == "expert"].set_index("unit")["effect"]
    means = frame[frame["scale"] == "overall"].groupby("expert_id")["rating"].mean()
    slope = experts / (means - means.mean())
    assert slope.to_numpy() == pytest.approx(slope.iloc[0])
    assert 0 < slope.iloc[0] < 1
    assert len(fitted.predicted) == 26 + 60


def test_a_covariate_takes_the_drift_out_of_the_ratings() -> None:
    frame = read_oracle("sim_incomplete.csv")
    rng = np.random.default_rng(5)
    frame["trial"] = rng.permuted(np.arange(len(frame)) % 60)
    drifted = frame.assign(rating=frame["rating"] + 0.05 * frame["trial"])
    plain = mixed_model.fit(frame, "overall", covariates=["trial"])
    taken = mixed_model.fit(drifted, "overall", covariates=["trial"])
    assert taken.covariates["slope"].iloc[0] == pytest.approx(plain.covariates["slope"].iloc[0] + 0.05)
    assert_allclose(taken.contrasts["difference"], plain.contrasts["difference"], atol=1e-6)
    assert taken.covariates["p"].iloc[0] < 1e-6


def test_a_warm_start_finds_the_same_fit() -> None:
    frame = read_oracle("sim_incomplete.csv")
    whole = mixed_model.fit(frame, "overall")
    fewer = frame[frame["expert_id"] != "r01"]
    cold, warm = (mixed_model.fit(fewer, "overall", start=start) for start in (None, whole.ratios))
    assert_allclose(variances(warm), variances(cold), atol=1e-5)


# --- boundary cases, said in words


def test_a_variance_at_its_boundary_is_zero_and_said() -> None:
    frame = make_frame(("a", "b", "c"), ("x",), experts=10, clips=6)
    frame["rating"] = np.random.default_rng(0).permutation(frame["rating"])
    for part in (frame, frame.sample(frac=0.85, random_state=1)):
        fitted = mixed_model.fit(part, "x")
        assert (variances(fitted)[:3] == 0).any()
        several = (variances(fitted)[:3] == 0).sum() > 1
        verb = "are zero, the smallest" if several else "is zero, the smallest"
        assert f"{verb} value that a variance can have" in words(fitted)
        assert fitted.contrasts[["se", "df", "p"]].notna().all(axis=None)


def test_one_expert_gets_a_result_for_this_expert_alone() -> None:
    frame = make_frame(("a", "b"), ("x",), experts=1, clips=8)
    fitted = mixed_model.fit(frame, "x")
    assert "apply only to this expert" in words(fitted)
    assert np.isnan(variances(fitted)[:3]).all()
    groups = [part["rating"] for _, part in frame.groupby("system")]
    pooled = np.sqrt((groups[0].var() + groups[1].var()) / 2 * (2 / 8))
    assert fitted.contrasts["se"].iloc[0] == pytest.approx(pooled)


def test_one_clip_a_system_is_compared_as_a_clip() -> None:
    frame = make_frame(("a", "b", "c"), ("x",), experts=12, clips=1)
    fitted = mixed_model.fit(frame, "x")
    assert "not to the systems" in words(fitted)
    assert fitted.variance_components["variance"].isna().tolist() == [False, True, True, False]
    wide = frame.pivot(index="expert_id", columns="system", values="rating")
    paired = (wide["a"] - wide["b"]).mean()
    assert fitted.contrasts["difference"].iloc[0] == pytest.approx(paired)


def test_notes_are_worded_with_names_and_do_not_name_a_crowd() -> None:
    scales = {"overall": {"en": "Overall quality", "zh-hans": "整体质量"}}
    systems = {"s00": {"en": "Mine", "zh-hans": "我的"}}
    few = make_frame([f"s{n:02d}" for n in range(15)], ("overall",), experts=6, clips=2)
    (note,) = [note for note in mixed_model.fit(few, "overall").notes if note.code == "few_clips"]
    said = in_words(note, scales, systems)
    assert said["en"].startswith("Overall quality: fewer than 3 clips of Mine, s01,")
    assert "s11 and 3 more." in said["en"]
    assert said["zh-hans"].startswith("整体质量：我的、s01")
    assert "s11等，另有 3 个" in said["zh-hans"]


def test_a_system_with_few_clips_is_named() -> None:
    frame = make_frame(("a", "b"), ("x",), experts=8, clips=4)
    fitted = mixed_model.fit(frame[(frame["system"] == "a") | (frame["clip_id"] < "1x2")], "x")
    assert "fewer than 3 clips of b" in words(fitted)


def test_experts_who_each_heard_one_system_leave_that_variance_out() -> None:
    frame = make_frame(("a", "b"), ("x",), experts=12, clips=5)
    half = frame["expert_id"].str[1:].astype(int) % 2 == (frame["system"] == "a")
    fitted = mixed_model.fit(frame[half], "x")
    assert fitted.variance_components["variance"].isna().tolist() == [False, False, True, False]
    assert "cannot tell the variance between experts in what they think of a system" in words(fitted)


def test_experts_who_share_no_system_are_not_told_from_the_systems() -> None:
    rows = [("e0", "a", f"a{n}", "q", r) for n, r in enumerate((1.0, 4.0, 2.0))]
    rows += [("e1", "b", f"b{n}", "q", r) for n, r in enumerate((3.0, 5.0, 2.0))]
    found = mixed_model.fit(pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "scale", "rating"]), "q")
    assert found.variance_components["variance"].notna().tolist() == [False, False, False, True]
    assert any("between experts" in in_words(note)["en"] for note in found.notes)


def test_equal_ratings_give_means_and_no_test() -> None:
    fitted = mixed_model.fit(make_frame().assign(rating=4.0), "overall")
    assert fitted.means["mean"].tolist() == [4.0] * 6
    assert fitted.means[["se", "ci_low"]].isna().all(axis=None)
    assert fitted.contrasts[["se", "p", "p_holm"]].isna().all(axis=None)
    assert "all ratings are equal" in words(fitted)
    assert set(mixed_model.equivalence(fitted.contrasts, 0.5)["verdict"]) == {""}


def test_one_rating_a_system_is_too_few() -> None:
    fitted = mixed_model.fit(rated([("e", "a", "1", 3), ("e", "b", "2", 4)]), "x")
    assert "too few ratings" in words(fitted)
    assert fitted.contrasts["difference"].iloc[0] == -1
    assert np.isnan(fitted.contrasts["p"].iloc[0])


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_experts_who_agree_exactly_are_called_out(share: float) -> None:
    frame = make_frame(("a", "b"), ("x",), experts=8, clips=5)
    exact = frame.assign(rating=frame.groupby("clip_id")["rating"].transform("median"))
    fitted = mixed_model.fit(exact.sample(frac=share, random_state=3), "x")
    assert "agree exactly" in words(fitted)
    assert np.isfinite(fitted.means["se"]).all()


@pytest.mark.parametrize(("experts", "clips", "systems"), [(2, 2, 2), (3, 1, 2), (2, 5, 3), (5, 2, 2), (1, 2, 3)])
def test_the_smallest_studies_give_a_humble_result_and_no_error(experts: int, clips: int, systems: int) -> None:
    frame = make_frame(("a", "b", "c")[:systems], ("x",), experts=experts, clips=clips)
    fitted = mixed_model.fit(frame, "x")
    assert fitted.notes
    assert np.isfinite(fitted.contrasts["difference"]).all()
    assert ((fitted.contrasts["df"] > 0) | fitted.contrasts["df"].isna()).all()


def test_a_rating_given_twice_is_refused() -> None:
    frame = make_frame()
    with pytest.raises(ValueError, match="rates a clip twice"):
        mixed_model.fit(pd.concat([frame, frame.head(1)]), str(frame["scale"].iloc[0]))


def test_a_covariate_that_names_the_system_is_refused() -> None:
    frame = make_frame(("a", "b"))
    with pytest.raises(ValueError, match="cannot be told from the systems"):
        mixed_model.fit(frame.assign(odd=(frame["system"] == "a") * 1.0), "overall", covariates=["odd"])


# --- what the figures promise


def test_a_thousand_experts_can_be_fitted() -> None:
    rng = np.random.default_rng(0)
    latent = 3 + rng.normal(0, 0.4, (1000, 1)) + rng.normal(0, 0.3, (1, 66)) + rng.normal(0, 0.8, (1000, 66))
    experts, clips = np.nonzero(rng.random((1000, 66)) < 0.9)
    ratings = np.clip(np.rint(latent), 1, 5)[experts, clips]
    frame = pd.DataFrame({"expert_id": experts, "system": clips % 6, "clip_id": clips, "scale": "x", "rating": ratings})
    fitted = mixed_model.fit(frame, "x")
    assert fitted.contrasts["p"].notna().all()


@pytest.mark.parametrize("design", simulated.DESIGNS)
def test_two_hundred_null_studies_give_no_more_alarms_than_they_should(design: str) -> None:
    rng = np.random.default_rng(20)
    studies = pd.DataFrame([simulated.null_study(design, "middle", rng) for _ in range(200)]).mean()
    assert 0.025 <= studies["false_alarms_contrast"] <= 0.075
    assert studies["false_alarm_omnibus"] <= 0.09
    assert studies["family_wise_after_holm"] <= 0.09
    assert 0.92 <= studies["coverage_means"] <= 0.98
    assert studies["not_converged"] == 0
