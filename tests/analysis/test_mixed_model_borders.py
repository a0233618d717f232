"""What the mixed model says at its borders, and its tables against numbers worked out without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis import mixed_model
from analysis.mixed_model import inference, reml
from analysis.mixed_model.layout import lay_out, separable
from analysis.mixed_model.model import COVARIATES
from analysis.mixed_model.random_effects import Floats
from tests.analysis.makers import make_frame, read_oracle


def incomplete() -> pd.DataFrame:
    return make_frame(("a", "b", "c"), ("x",), experts=7, clips=4).sample(frac=0.8, random_state=1)


def words(frame: pd.DataFrame) -> str:
    return " ".join(note["en"] for note in mixed_model.fit(frame, "x").notes)


def cells_of(*rated: str) -> reml.Cells:
    """Ratings given as "e1 a1": the expert and the clip, whose first letter is its system."""
    rows = [(*pair.split(), float(n % 3)) for n, pair in enumerate(rated)]
    frame = pd.DataFrame(rows, columns=["expert_id", "clip_id", "rating"]).assign(scale="x")
    return lay_out(frame.assign(system=frame["clip_id"].str[0]), "x").cells


# --- refusals


def test_a_scale_without_a_rating_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="no rating on the scale 'beauty'"):
        mixed_model.fit(make_frame(), "beauty")
    with pytest.raises(ValueError, match="no rating on the scale 'overall'"):
        mixed_model.fit(make_frame().assign(rating=np.nan), "overall")


def test_a_covariate_with_gaps_is_refused_by_its_name() -> None:
    frame = make_frame(("a", "b"), ("x",)).assign(trial=range(64))
    frame.loc[3, "trial"] = np.nan
    with pytest.raises(ValueError, match="trial is not known for every rating on the scale 'x'"):
        mixed_model.fit(frame, "x", covariates=["trial"])


@pytest.mark.parametrize("gap", [0, -0.1, float("nan")])
def test_a_gap_of_nothing_or_less_is_refused(gap: float) -> None:
    contrasts = mixed_model.fit(make_frame(("a", "b"), ("x",)), "x").contrasts
    with pytest.raises(ValueError, match="must be above 0"):
        mixed_model.equivalence(contrasts, gap)


# --- what a design can tell apart


@pytest.mark.parametrize(
    ("rated", "expected"),
    [
        ("e1 a1, e1 a2, e2 a1, e2 a2, e1 b1, e1 b2, e2 b1", (True, True, True)),
        ("e1 a1, e1 a2, e1 b1, e1 b2", (False, False, False)),  # one expert
        ("e1 a1, e2 a1, e1 b1, e2 b1", (True, False, False)),  # one clip a system
        ("e1 a1, e2 a1, e3 a1", (False, False, False)),  # every expert rated once
        ("e1 a1, e1 a2, e2 a1, e2 a2, e3 b1, e3 b2", (True, True, False)),  # no expert heard two systems
        ("e1 a1, e1 a2, e1 b1, e2 a3, e2 a4, e2 b2", (True, False, True)),  # no clip heard by two
        ("e1 a1, e1 b1, e2 a2, e2 b1, e3 a1, e3 b2", (True, True, False)),  # no system heard twice by an expert
    ],
)
def test_only_variances_that_the_design_can_tell_apart_are_estimated(
    rated: str, expected: tuple[bool, bool, bool]
) -> None:
    assert separable(cells_of(*rated.split(", "))) == expected


@pytest.mark.parametrize(
    ("rated", "balanced"),
    [
        ("e1 a1, e1 a2, e2 a1, e2 a2", False),
        ("e1 a1, e1 a2, e2 a1, e2 a2, e1 b1, e1 b2, e2 b1, e2 b2", True),
        ("e1 a1, e1 a2, e2 a1, e2 a2, e1 b1, e1 b2, e2 b1", False),  # one is missing
        ("e1 a1, e1 a2, e2 a1, e2 a2, e1 b1, e2 b1", False),  # systems of two clips and of one
        ("e1 a1, e1 a2", False),
        ("e1 a1, e2 a1, e1 b1, e2 b1", False),
    ],
)
def test_balanced_is_what_is_complete_with_two_or_more_of_everything(rated: str, balanced: bool) -> None:
    assert reml.is_balanced(cells_of(*rated.split(", "))) is balanced


def test_ratings_with_a_covariate_are_never_called_balanced() -> None:
    frame = make_frame(("a", "b"), ("x",)).assign(trial=np.arange(64) % 7)
    fitted = mixed_model.fit(frame, "x", covariates=["trial"])
    assert (fitted.method, mixed_model.fit(frame, "x").method) == ("REML", "closed form")


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


def test_equivalence_is_two_one_sided_tests_with_holm_within_each_family() -> None:
    rows = [("a", "b", 0.1, 0.1, 10.0, 0.5, "planned"), ("a", "c", -0.4, 0.1, 20.0, 0.01, "planned")]
    rows += [("b", "c", 0.0, 0.2, 15.0, 0.9, "all pairs")]
    columns = ["system_a", "system_b", "difference", "se", "df", "p_holm", "family"]
    table = mixed_model.equivalence(pd.DataFrame(rows, columns=columns).assign(scale="x"), 0.5, alpha=0.1)
    p = np.asarray(stats.t.sf([4, 1, 2.5], [10, 20, 15]))
    assert_allclose(table["p"], p)
    assert_allclose(table["p_holm"], [2 * p[0], p[1], 2 * p[2]])
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
    frame = incomplete()
    for name, value in (("means", "mean"), ("contrasts", "difference")):
        table = getattr(mixed_model.fit(frame, "x", alpha=0.2), name)
        assert_allclose(table["ci_high"] - table[value], stats.t.ppf(0.9, table["df"]) * table["se"])
        assert_allclose(table[value] - table["ci_low"], stats.t.ppf(0.9, table["df"]) * table["se"])


# --- tables against matrices written out


def test_predicted_departures_and_their_errors_are_the_textbooks() -> None:
    frame = incomplete()
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
    x, y = layout.cells.layers[:-1].reshape(3, -1)[:, there].T, layout.ratings.ravel()[there]
    project = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
    residual = fitted.variance_components["variance"].iloc[3]
    for name, z, ratio in (("expert", person, ratios[0]), ("clip", piece, ratios[1])):
        table = fitted.predicted[fitted.predicted["component"] == name]
        assert_allclose(table["effect"], ratio * z.T @ project @ y, atol=1e-9)
        error = residual * (ratio - ratio**2 * np.diagonal(z.T @ project @ z))
        assert_allclose(table["se"], np.sqrt(error), atol=1e-9)
    assert list(fitted.predicted["unit"]) == [*layout.experts, *layout.clips]


def test_means_count_their_ratings_experts_and_clips() -> None:
    frame = incomplete()
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


# --- notes


@pytest.mark.parametrize(("experts", "said"), [(5, True), (6, False)])
def test_fewer_than_six_experts_are_called_few(experts: int, said: bool) -> None:
    note = f"{experts} experts. That is too few to speak of experts at large"
    assert (note in words(make_frame(("a", "b"), ("x",), experts=experts, clips=5))) is said


@pytest.mark.parametrize(("clips", "said"), [(2, True), (3, False)])
def test_fewer_than_three_clips_are_called_few(clips: int, said: bool) -> None:
    assert ("fewer than 3 clips of a, b" in words(make_frame(("a", "b"), ("x",), clips=clips))) is said


def test_twelve_systems_are_still_named_one_by_one() -> None:
    text = words(make_frame([f"s{n:02d}" for n in range(12)], ("x",), experts=6, clips=2))
    assert "s10, s11. That" in text


def test_one_system_is_said_to_have_no_rival() -> None:
    assert "one system was rated; there is nothing to compare it with" in words(make_frame(("a",), ("x",)))
