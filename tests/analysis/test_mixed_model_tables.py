"""The tables of the mixed model against numbers worked out without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.statistics import mixed_model
from analysis.statistics.mixed_model import inference
from analysis.statistics.mixed_model.layout import lay_out
from analysis.statistics.mixed_model.model import COVARIATES, PREDICTED
from analysis.statistics.mixed_model.random_effects import Floats
from tests.analysis.builders import make_frame, make_incomplete, read_oracle

# --- tests and intervals


def estimate(variances: Floats, df: Floats) -> inference.Estimate:
    """Independent coefficients 1, 2 … with these variances and Satterthwaite's degrees of freedom."""
    size = len(variances)
    derivatives = np.zeros((4, size, size))
    derivatives[range(size), range(size), range(size)] = 1
    known = np.zeros((4, 4))
    known[range(size), range(size)] = 2 * variances**2 / df
    return inference.Estimate(np.arange(1.0, size + 1), np.diag(variances), derivatives, known)


def test_t_tests_have_the_intervals_and_p_of_their_degrees_of_freedom() -> None:
    found = inference.t_tests(estimate(np.array([0.25, 4.0]), np.array([5.0, 30.0])), np.eye(2), 0.1)
    assert_allclose(found.df, [5, 30])
    assert_allclose(found.t, [2, 1])
    assert_allclose(found.p, 2 * stats.t.sf([2, 1], [5, 30]))
    assert_allclose(found.high - found.value, np.multiply(stats.t.ppf(0.95, [5, 30]), [0.5, 2]))
    assert_allclose(found.value - found.low, found.high - found.value)


@pytest.mark.parametrize(
    ("df", "denominator"),
    [
        ((6.0, 10.0), 2 * (6 / 4 + 10 / 8) / (6 / 4 + 10 / 8 - 2)),
        ((7.0, 7.0), 7.0),
        ((1.5, 1.5), 1.5),
        ((2.0, 10.0), 2.0),
        ((2.5, 10.0), 2 * (2.5 / 0.5 + 10 / 8) / (2.5 / 0.5 + 10 / 8 - 2)),
    ],
)
def test_the_omnibus_f_has_the_denominator_of_fai_and_cornelius(df: tuple[float, float], denominator: float) -> None:
    f, found, p = inference.f_test(estimate(np.array([0.25, 4.0]), np.array(df)), np.eye(2))
    assert f == pytest.approx((1 / 0.25 + 4 / 4) / 2)
    assert found == pytest.approx(denominator)
    assert p == pytest.approx(stats.f.sf(f, 2, denominator))


def test_without_any_uncertainty_of_the_variances_there_are_no_degrees_of_freedom() -> None:
    given = estimate(np.array([0.25, 4.0]), np.array([5.0, 30.0]))
    unsure = inference.Estimate(given.coefficients, given.covariance, given.derivatives, np.zeros((4, 4)))
    assert np.isnan(unsure.freedom(np.eye(2))).all()
    assert np.isnan(inference.f_test(unsure, np.eye(2))[1])


def test_equivalence_is_two_one_sided_tests_within_each_family() -> None:
    rows = [("a", "b", 0.1, 0.1, 10.0, 0.5, "planned"), ("a", "c", -0.4, 0.1, 20.0, 0.01, "planned")]
    rows += [("b", "c", 0.0, 0.2, 15.0, 0.9, "all pairs")]
    columns = ["system_a", "system_b", "difference", "se", "df", "p_simultaneous", "family"]
    table = mixed_model.equivalence(pd.DataFrame(rows, columns=columns).assign(scale="x"), 0.5, alpha=0.1)
    p = np.asarray(stats.t.sf([4, 1, 2.5], [10, 20, 15]))
    assert_allclose(table["p"], p)
    assert_allclose(table["p_holm"], [2 * p[0], p[1], 2 * p[2]])
    assert_allclose(table["p_simultaneous"], [2 * p[0], min(1, 2 * p[1]), 3 * p[2]])
    inside = table[["ci_low_simultaneous", "ci_high_simultaneous"]].abs().max(axis=1) < 0.5
    assert (inside == (table["p_simultaneous"] < 0.1)).all()
    reach = np.multiply(stats.t.ppf(0.9, [10, 20, 15]), [0.1, 0.1, 0.2])
    assert_allclose(table["ci_high"] - [0.1, -0.4, 0.0], reach)
    assert_allclose([0.1, -0.4, 0.0] - table["ci_low"], reach)
    assert table["verdict"].tolist() == ["equivalent", "different", "equivalent"]
    assert table["gap"].tolist() == [0.5] * 3


def test_a_corrected_p_is_never_above_one() -> None:
    assert_allclose(mixed_model.holm([0.6, 0.9, 0.01]), [1, 1, 0.03])


def test_superiority_is_the_chance_that_one_expert_rates_a_new_clip_above_another() -> None:
    fitted = mixed_model.fit(read_oracle("sim26x60x5.csv"), "overall")
    _, clip, both, rest = fitted.variance_components["variance"]
    expected = stats.norm.cdf(fitted.contrasts["difference"] / np.sqrt(2 * (clip + both + rest)))
    assert_allclose(mixed_model.effect_sizes(fitted)["superiority"], expected)


def test_intervals_of_means_and_contrasts_follow_alpha() -> None:
    frame = make_incomplete()
    for name, value in (("means", "mean"), ("contrasts", "difference")):
        table = getattr(mixed_model.fit(frame, "x", alpha=0.2), name)
        assert_allclose(table["ci_high"] - table[value], stats.t.ppf(0.9, table["df"]) * table["se"])
        assert_allclose(table[value] - table["ci_low"], stats.t.ppf(0.9, table["df"]) * table["se"])


def test_a_planned_contrast_of_the_only_two_systems_is_planned() -> None:
    fitted = mixed_model.fit(make_frame(("a", "b"), ("x",)), "x", contrasts=[("b", "a")])
    assert fitted.contrasts[["system_a", "system_b", "family"]].to_numpy().tolist() == [["b", "a", "planned"]]


def test_anchors_are_in_the_model_but_not_among_the_tests() -> None:
    frame = make_frame(("real", "a", "b", "low"), ("x",))
    every = mixed_model.fit(frame, "x")
    apart = mixed_model.fit(frame, "x", apart=["low"], contrasts=[("b", "low")])
    assert every.means.equals(apart.means)
    tests = apart.contrasts[["system_a", "system_b", "family"]].to_numpy().tolist()
    assert tests == [
        ["a", "b", "all pairs"],
        ["a", "real", "all pairs"],
        ["b", "low", "planned"],
        ["b", "real", "all pairs"],
    ]
    [pair] = apart.contrasts[apart.contrasts["system_b"] == "low"].to_dict("records")
    assert pair["p_simultaneous"] == pair["p"]
    alone = mixed_model.fit(frame, "x", apart=["low"]).contrasts
    assert alone["p_simultaneous"].to_numpy() == pytest.approx(np.minimum(3 * alone["p"], 1))
    assert (int(every.omnibus["num_df"].iloc[0]), int(apart.omnibus["num_df"].iloc[0])) == (3, 2)


def test_effect_sizes_without_a_variance_they_need_are_empty() -> None:
    fitted = mixed_model.fit(make_frame(("a", "b", "c"), ("x",), experts=12, clips=1), "x")
    assert mixed_model.effect_sizes(fitted)[["d", "superiority"]].isna().all(axis=None)


# --- tables against matrices written out


def test_predicted_departures_and_their_errors_are_the_textbooks() -> None:
    frame = make_incomplete()
    fitted, layout = mixed_model.fit(frame, "x"), lay_out(frame, "x")
    assert fitted.ratios is not None
    there = layout.cells.present.ravel() > 0
    experts, clips = layout.cells.present.shape
    person = np.kron(np.eye(experts), np.ones((clips, 1)))[there]
    piece = np.kron(np.ones((experts, 1)), np.eye(clips))[there]
    within = np.kron(np.eye(experts), layout.cells.nest)[there]
    ratios = fitted.ratios
    prior = sum(ratio * z @ z.T for ratio, z in zip(ratios, (person, piece, within), strict=True))
    inverse = np.linalg.inv(np.eye(there.sum()) + prior)
    x, y = layout.cells.layers[:-1].T, layout.cells.ratings
    project = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
    residual = fitted.variance_components["variance"].iloc[3]
    for name, z, ratio in (("expert", person, ratios[0]), ("clip", piece, ratios[1])):
        table = fitted.predicted[fitted.predicted["component"] == name]
        assert_allclose(table["effect"], ratio * z.T @ project @ y, atol=1e-9)
        error = residual * (ratio - ratio**2 * np.diagonal(z.T @ project @ z))
        assert_allclose(table["se"], np.sqrt(error), atol=1e-9)
    assert list(fitted.predicted["unit"]) == [*layout.experts, *layout.clips]
    assert tuple(fitted.predicted.columns) == PREDICTED
    assert fitted.predicted.index.is_unique


def test_means_count_their_ratings_experts_and_clips() -> None:
    frame = make_incomplete()
    frame = frame[(frame["system"] != "b") | (frame["expert_id"] < "e04")]
    table = mixed_model.fit(frame, "x").means.set_index("system")
    by_system = frame.groupby("system")
    assert table["n_ratings"].to_dict() == by_system.size().to_dict()
    assert table["n_experts"].to_dict() == by_system["expert_id"].nunique().to_dict()
    assert table["n_clips"].to_dict() == by_system["clip_id"].nunique().to_dict()


def test_without_a_model_the_means_are_of_the_ratings_and_nothing_else_is_claimed() -> None:
    rows = [("e1", "a", "a1", 3.0), ("e1", "b", "b1", 4.0)]
    frame = pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "rating"]).assign(scale="x", trial=[1.0, 2.0])
    fitted = mixed_model.fit(frame, "x")
    assert fitted.means["mean"].tolist() == [3, 4]
    assert (fitted.method, fitted.ratios, len(fitted.predicted)) == ("none", None, 0)
    assert np.isnan(fitted.log_likelihood)
    assert fitted.variance_components["variance"].isna().all()
    assert np.isnan(fitted.omnibus[["f", "den_df", "p"]].astype(float)).all(axis=None)


def test_a_covariates_slope_stands_with_its_test() -> None:
    frame = make_frame(("a", "b", "c"), ("x",), experts=9).assign(trial=np.arange(108) % 12)
    frame["rating"] += 0.3 * frame["trial"]
    table = mixed_model.fit(frame, "x", covariates=["trial"]).covariates
    assert table[["scale", "covariate"]].to_numpy().tolist() == [["x", "trial"]]
    assert tuple(table.columns) == COVARIATES
    (row,) = table.to_dict("records")
    assert row["t"] == pytest.approx(row["slope"] / row["se"])
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(row["t"]), row["df"]))
    assert row["ci_high"] - row["slope"] == pytest.approx(stats.t.ppf(0.975, row["df"]) * row["se"])


def test_a_covariate_counts_from_its_mean_wherever_its_scale_begins() -> None:
    frame = make_incomplete().assign(trial=lambda rows: np.arange(len(rows)) % 12)
    early = mixed_model.fit(frame, "x", covariates=["trial"])
    late = mixed_model.fit(frame.assign(trial=frame["trial"] + 100), "x", covariates=["trial"])
    assert_allclose(late.means[["mean", "se"]], early.means[["mean", "se"]], atol=1e-6)
    plain = mixed_model.fit(frame, "x").means
    assert_allclose(early.means["mean"], plain["mean"], atol=0.1)
