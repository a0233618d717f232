from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.statistics import comparison_model
from analysis.statistics.comparison_model import connectivity, laplace, pair_fit, triads
from analysis.statistics.comparison_model.chances import Chances
from analysis.statistics.comparison_model.laplace import Answers
from analysis.statistics.comparison_model.model import CONTRASTS
from analysis.statistics.comparison_model.simultaneous import critical_t, ranks
from analysis.statistics.comparison_model.votes import Votes, lay_out
from analysis.statistics.guards import MIN_EXPERTS, MIN_PROMPTS
from analysis.statistics.incidence import Floats, join
from analysis.statistics.mixed_model import crossed
from analysis.statistics.ordinal_model.links import LINKS
from analysis.statistics.ordinal_model.ratio import RATIO
from tests.analysis.comparisons import QUESTION, make_pairs, printed_contrasts, read_pairs

STUDIES = ("pairs_binary", "pairs_graded")
GRADED = (-1.9, -1.15, -0.4, 0.4, 1.15, 1.9)
#: TMB with strengths and side integrated out: log-likelihood, SDs of expert:system and clip, side, cuts.
INTEGRATED = {
    ("pairs_binary", "probit"): (-346.6590844, (0.42444962, 0.32120724), 0.110641081, (0.0,)),
    ("pairs_binary", "logit"): (-345.164934, (0.69753079, 0.52894574), 0.172947527, (0.0,)),
    ("pairs_graded", "probit"): (
        *(-941.5758624, (0.33951334, 0.31164937), 0.38499742),
        (-1.82602448, -1.10558709, -0.37641478, 0.37641478, 1.10558709, 1.82602448),
    ),
    ("pairs_graded", "logit"): (
        *(-943.4436994, (0.58414593, 0.52030928), 0.67238124),
        (-3.14389407, -1.88251821, -0.63788107, 0.63788107, 1.88251821, 3.14389407),
    ),
}
#: TMB by maximum likelihood: log-likelihood, side and strengths of s2 to s5, their SE, SDs.
LIKELIHOOD = {
    ("pairs_binary", "probit"): (
        -342.2532954,
        (0.115113921, -0.051688594, 0.166479454, 0.502368084, 0.740210081),
        (0.060255724, 0.240294001, 0.239823953, 0.241021566, 0.243397580),
        (0.39691737, 0.29183847),
    ),
    ("pairs_binary", "logit"): (
        -343.1571172,
        (0.18982689, -0.08796549, 0.26917581, 0.83901387, 1.22961376),
        (0.10141157, 0.39402161, 0.39361560, 0.39634393, 0.40159957),
        (0.64657381, 0.47552547),
    ),
    ("pairs_graded", "probit"): (
        -936.3475259,
        (0.38379455, 0.95215744, 0.53575197, 1.11889163, 1.16269098),
        (0.046921312, 0.212768278, 0.210985544, 0.213487230, 0.213890551),
        (0.32664794, 0.290678323),
    ),
    ("pairs_graded", "logit"): (
        -940.8555798,
        (0.67058194, 1.63418048, 0.92573386, 1.89299728, 2.00691637),
        (0.082984056, 0.363228111, 0.358934214, 0.364923591, 0.367174487),
        (0.56002809, 0.48436686),
    ),
}


def likelihood_of(votes: Votes, link: str, *, expert_side: bool = False) -> Answers:
    """The same model with strengths and side searched for, and an expert's own side if wanted."""
    random = votes.random()
    if expert_side:
        random.append(("side", votes.expert[:, None], np.ones((len(votes.answer), 1)), len(votes.experts)))
    strengths = votes.coefficients(side=True)
    table = np.column_stack([strengths[:, -1], -strengths[:, :0], strengths[:, :-1]])
    return Answers(votes.levels, votes.count, join(random), table, LINKS[link])


# --- against known answers


@pytest.mark.parametrize(("study", "link"), INTEGRATED)
def test_comparison_model_agrees_with_tmb(study: str, link: str) -> None:
    found = comparison_model.fit(read_pairs(study), QUESTION, link)
    log_likelihood, sds, side, _ = INTEGRATED[study, link]
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-4)
    assert_allclose(found.variance_components["sd"], sds, atol=1e-4)
    assert found.sides["side"].item() == pytest.approx(side, abs=1e-4)
    printed = printed_contrasts(study, link)
    assert (found.contrasts["system_a"] + "-" + found.contrasts["system_b"]).tolist() == printed.index.tolist()
    assert_allclose(found.contrasts["difference"], printed["reml_diff"], atol=1e-4)
    assert_allclose(found.contrasts["se"], printed["reml_se"], atol=1e-4)
    assert_allclose(found.contrasts["df"], printed["df"], rtol=0.02)
    assert_allclose(found.contrasts["p"], printed["p"], atol=1e-3, rtol=0.02)
    assert_allclose(found.contrasts["p_holm"], printed["p_holm"], atol=1e-3, rtol=0.02)


@pytest.mark.parametrize(("study", "link"), INTEGRATED)
def test_cuts_agree_with_tmb(study: str, link: str) -> None:
    votes = lay_out(read_pairs(study), QUESTION)
    answers = Answers(votes.levels, votes.count, votes.design(), np.zeros((len(votes.answer), 0)), LINKS[link])
    assert_allclose(laplace.maximise(answers).cuts, INTEGRATED[study, link][3], atol=1e-4)


@pytest.mark.parametrize(("study", "link"), LIKELIHOOD)
def test_maximum_likelihood_agrees_with_tmb(study: str, link: str) -> None:
    answers = likelihood_of(lay_out(read_pairs(study), QUESTION), link)
    found, (log_likelihood, estimates, errors, sds) = laplace.maximise(answers), LIKELIHOOD[study, link]
    assert found.at.value == pytest.approx(log_likelihood, abs=1e-5)
    strengths = slice(answers.distances, answers.distances + 5)
    assert_allclose(found.place[strengths], estimates, atol=2e-4)
    assert_allclose(np.sqrt(np.diagonal(found.of_searched))[strengths], errors, atol=2e-4)
    assert_allclose(found.sds, sds, atol=1e-4)


def test_experts_own_sides_agree_with_tmb() -> None:
    votes = lay_out(read_pairs("pairs_graded"), QUESTION)
    found = laplace.maximise(likelihood_of(votes, "probit", expert_side=True))
    assert found.at.value == pytest.approx(-931.9737441, abs=1e-5)
    assert_allclose(found.sds, [0.33868937, 0.300413035, 0.215949706], atol=1e-4)


def test_wins_ties_and_losses_agree_with_tmb() -> None:
    frame = read_pairs("pairs_graded")
    votes = lay_out(frame.assign(value=np.sign(frame["value"])), QUESTION)
    found = laplace.maximise(likelihood_of(votes, "probit"))
    assert votes.count == 3
    assert found.at.value == pytest.approx(-500.926347, abs=1e-5)
    assert_allclose(found.cuts, [-0.37823132, 0.37823132], atol=1e-4)


# --- the parts


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("integrated", [True, False])
def test_gradient_is_that_of_the_laplace_likelihood(link: str, integrated: bool) -> None:
    votes = lay_out(make_pairs(cuts=GRADED), QUESTION)
    answers = likelihood_of(votes, link)
    if integrated:
        answers = Answers(votes.levels, votes.count, votes.design(), answers.outer[:, :0], LINKS[link])
    at = np.array([-0.8, -0.4, -0.3, *np.linspace(0.1, 0.4, answers.outer.shape[1]), -1.0, -1.3])
    start, step = np.zeros(len(answers.design.group)), 1e-5
    slope = laplace.evaluate(answers, at, start).slope
    ahead, behind = (
        np.array([laplace.evaluate(answers, at + sign * h, start).value for h in step * np.eye(len(at))])
        for sign in (1, -1)
    )
    assert_allclose(slope, (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-5)


def test_products_of_an_incidence_are_those_of_its_matrix() -> None:
    votes = lay_out(make_pairs(cuts=GRADED), QUESTION)
    design, rng = votes.design(), np.random.default_rng(1)
    full, weights = design.matrix.toarray(), rng.uniform(size=len(votes.answer))
    assert_allclose(design.cross_product(weights), full.T @ np.diag(weights) @ full, atol=1e-12)
    square = rng.normal(size=(full.shape[1],) * 2)
    square = square + square.T
    assert_allclose(design.leverages(square), ((full @ square) * full).sum(axis=1), atol=1e-12)


def test_linear_likelihood_is_that_of_the_normal_density() -> None:
    votes = lay_out(make_pairs(cuts=GRADED, experts=4), QUESTION)
    design, y = votes.design(), votes.answer
    found = crossed.fit(design, y)
    full = design.matrix.toarray()
    x, z = full[:, design.flat], np.delete(full, design.flat, axis=1)
    variances = found.variances[design.group[design.group >= 0]]
    spread = found.residual * np.eye(len(y)) + z @ (variances[:, None] * z.T)
    weights = np.linalg.inv(spread)
    information = x.T @ weights @ x
    rest = y - x @ np.linalg.solve(information, x.T @ weights @ y)
    logs = np.linalg.slogdet(spread)[1] + np.linalg.slogdet(information)[1]
    deviance = logs + rest @ weights @ rest + (len(y) - x.shape[1]) * np.log(2 * np.pi)
    assert found.log_likelihood == pytest.approx(-deviance / 2, abs=1e-6)
    assert_allclose(found.estimate.covariance, np.linalg.inv(information), rtol=1e-6)


@pytest.mark.parametrize("cuts", [(0.0,), (-0.4, 0.4), GRADED, (-1.0, 0.0, 1.0)])
def test_exchanged_sides_change_the_side_alone(cuts: tuple[float, ...]) -> None:
    frame = make_pairs(cuts=cuts)
    places = {"clip_a": "clip_b", "clip_b": "clip_a", "system_a": "system_b", "system_b": "system_a"}
    turned = frame.rename(columns=places).assign(value=-frame["value"])
    one, other = (comparison_model.fit(table, QUESTION) for table in (frame, turned))
    numbers = [name for name in CONTRASTS if name not in ("question", "system_a", "system_b", "test")]
    assert_allclose(other.contrasts[numbers], one.contrasts[numbers], rtol=1e-4, atol=1e-5)
    assert other.sides["side"].item() == pytest.approx(-one.sides["side"].item(), abs=1e-5)
    assert_allclose(other.wins["chance"], one.wins["chance"], atol=1e-5)


def test_contrasts_do_not_depend_on_the_order_of_systems() -> None:
    frame = make_pairs(cuts=GRADED)
    one = comparison_model.fit(frame, QUESTION).contrasts
    other = comparison_model.fit(frame, QUESTION, systems=["s3", "s1", "s2"]).contrasts
    known = {(row["system_a"], row["system_b"]): row for row in one.to_dict("records")}
    for row in other.to_dict("records"):
        pair = (row["system_a"], row["system_b"])
        sign = 1 if pair in known else -1
        same = known[pair[::sign]]
        assert row["difference"] == pytest.approx(sign * same["difference"], abs=1e-4)
        assert row["df"] == pytest.approx(same["df"], rel=1e-2)


def test_strengths_recover_what_was_simulated() -> None:
    truth = np.array([0.0, 0.4, 0.8, 1.2])
    frame = make_pairs(truth.tolist(), experts=30, prompts=40, votes=8, cuts=GRADED, sds=(0.3, 0.2), side=0.3)
    found = comparison_model.fit(frame, QUESTION)
    assert_allclose(found.strengths["strength"], truth - truth.mean(), atol=0.12)
    assert_allclose(found.variance_components["sd"], [0.3, 0.2], atol=0.07)
    assert found.sides["side"].item() == pytest.approx(0.3, abs=0.06)


def test_critical_value_is_that_of_the_studentised_range() -> None:
    pairs = np.array([np.eye(5)[a] - np.eye(5)[b] for a in range(5) for b in range(a)])
    expected = stats.studentized_range.ppf(0.95, 5, 30) / np.sqrt(2)
    assert critical_t(pairs @ pairs.T, 30, 0.05) == pytest.approx(expected, abs=0.05)
    assert critical_t(np.eye(1), 12, 0.05) == pytest.approx(stats.t.isf(0.025, 12), abs=0.04)


def test_ranks_leave_open_what_is_not_decided() -> None:
    better = np.zeros((4, 4), dtype=bool)
    better[0, 2] = better[0, 3] = better[1, 3] = True
    best, worst = ranks(better)
    assert list(zip(best.tolist(), worst.tolist(), strict=True)) == [(1, 2), (1, 3), (2, 4), (3, 4)]


@pytest.mark.parametrize("link", LINKS)
def test_chances_of_a_new_expert_are_averages_over_experts(link: str) -> None:
    chances = Chances(LINKS[link], -0.4, 0.4, 0.3, 0.8)
    draws = np.random.default_rng(1).normal(0, 0.8, 400_000)
    orders = [LINKS[link].below(0.5 + draws - 0.4 + sign * 0.3) for sign in (1, -1)]
    assert chances.first(np.array([0.5])).item() == pytest.approx(np.mean(orders), abs=2e-3)
    whole = chances.first(np.array([0.5])) + chances.tie(np.array([0.5])) + chances.first(np.array([-0.5]))
    assert whole.item() == pytest.approx(1)
    assert chances.first(np.array([0.5]), new=False).item() > chances.first(np.array([0.5])).item()


def test_binary_chances_have_a_closed_form_by_probit() -> None:
    chances = Chances(LINKS["probit"], 0.0, 0.0, 0.0, np.sqrt(2 * 0.18 + 2 * 0.1))
    expected = stats.norm.cdf(0.7 / np.sqrt(1 + 2 * 0.18 + 2 * 0.1))
    assert chances.first(np.array([0.7])).item() == pytest.approx(expected, abs=1e-9)
    assert chances.tie(np.array([0.7])).item() == 0


# --- one scale, and experts


def one_votes(rows: list[tuple[str, str, str, float]]) -> Votes:
    """Comparisons given as expert, first, second, value."""
    table = pd.DataFrame(rows, columns=["expert_id", "system_a", "system_b", "value"])
    return lay_out(table.assign(question="q", clip_a="c" + table["system_a"], clip_b="c" + table["system_b"]), "q")


def test_circular_triads_are_counted_by_expert() -> None:
    ordered = [("in order", a, b, 1.0 if a > b else -1.0) for a, b in ("ab", "ca", "bc", "ad", "db", "cd")]
    around = [("around", a, b, -1.0) for a, b in ("ab", "bc", "ca", "ad", "db", "cd")]
    found = triads.by_expert(one_votes(ordered + around)).set_index("expert_id")
    assert found["triads"].tolist() == [4, 4]
    assert found["circular"].to_dict() == {"in order": 0, "around": 2}
    assert found["consistency"].to_dict() == {"in order": 1.0, "around": 0.0}
    assert found.loc["in order", "p_random"] == pytest.approx(0.375)
    assert found["p_random"].notna().tolist() == [False, True]


def test_pairs_that_no_scale_describes_are_found() -> None:
    frame = make_pairs((0.0, 0.0, 0.0, 0.0), experts=12, votes=8, cuts=GRADED)
    honest = comparison_model.fit(frame, QUESTION)
    for a, b in (("s1", "s2"), ("s2", "s3"), ("s3", "s1")):
        for winner, loser, sign in (("system_a", "system_b", -1), ("system_b", "system_a", 1)):
            chosen = (frame[winner] == a) & (frame[loser] == b)
            frame.loc[chosen, "value"] = np.clip(frame.loc[chosen, "value"] + 2 * sign, -3, 3)
    twisted = comparison_model.fit(frame, QUESTION)
    assert honest.one_scale["df"].item() == twisted.one_scale["df"].item() == 3
    assert honest.one_scale["p"].item() > 0.05
    assert twisted.one_scale["p"].item() < 1e-6
    assert twisted.pairs["z"].abs().max() > 3
    assert twisted.pairs["z"].abs().idxmax() in twisted.pairs.index[twisted.pairs["system_a"].ne("s4")]


def test_three_systems_compared_in_a_row_have_nothing_to_test() -> None:
    frame = make_pairs()
    frame = frame[~(frame["system_a"].isin(["s1", "s3"]) & frame["system_b"].isin(["s1", "s3"]))]
    found = comparison_model.fit(frame, QUESTION)
    assert found.one_scale["df"].item() == 0
    assert np.isnan(found.one_scale["p"].item())
    assert found.contrasts["p"].notna().all()


# --- where there is no estimate


def sweeping(cuts: tuple[float, ...] = (0.0,)) -> pd.DataFrame:
    """Comparisons in which s3 wins every one by the largest grade."""
    frame = make_pairs((0.0, 0.2, 0.5, 0.0), cuts=cuts)
    top = frame["value"].max()
    for x, sign in (("a", -1), ("b", 1)):
        frame.loc[frame[f"system_{x}"] == "s3", "value"] = sign * top
    return frame


@pytest.mark.parametrize("cuts", [(0.0,), (-0.4, 0.4)])
def test_system_that_wins_everything_is_tested_by_ratio(cuts: tuple[float, ...]) -> None:
    found = comparison_model.guard(comparison_model.fit(sweeping(cuts), QUESTION))
    assert not found.is_bounded
    best = found.contrasts[(found.contrasts[["system_a", "system_b"]] == "s3").any(axis=1)]
    assert best["test"].eq(RATIO).all()
    assert best[["difference", "se", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (best["p_holm"] < 0.001).all()
    others = found.contrasts.drop(best.index)
    assert others["test"].eq("t").all()
    assert others["se"].notna().all()
    strengths = found.strengths.set_index("system")["strength"]
    assert strengths.idxmax() == "s3"
    assert 1 < strengths["s3"] < 6
    assert found.strengths["se"].isna().all()
    (note,) = [note for note in found.notes if note.code == "pairs_sweep"]
    assert note.about == {"winners": ["s3"], "losers": ["s1", "s2", "s4"], "count": 96}
    rank = found.ranks.set_index("system").loc["s3"]
    assert (rank["rank_best"], rank["rank_worst"]) == (1, 1)


def test_one_tie_keeps_a_graded_strength_finite() -> None:
    frame = sweeping((-0.4, 0.4))
    frame.loc[frame.index[(frame["system_b"] == "s3")][0], "value"] = 0
    assert comparison_model.fit(frame, QUESTION).is_bounded


def two_systems(first: dict[int, int], second: dict[int, int]) -> pd.DataFrame:
    """Votes on A and B: how often each value (above 0: A preferred) where A came first, and where it came second."""
    rows = []
    for is_first, counts in ((True, first), (False, second)):
        values = [value for value, times in counts.items() for _ in range(times)]
        for n, value in enumerate(values):
            sides = ("A", "B") if is_first else ("B", "A")
            clips = [f"{system}{n % 8}" for system in sides]
            rows.append((f"e{n % 10}", QUESTION, clips[0], sides[0], clips[1], sides[1], value * (-1) ** is_first))
    return pd.DataFrame(rows, columns=["expert_id", "question", "clip_a", "system_a", "clip_b", "system_b", "value"])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({1: 24, 0: 16}, {1: 24, 0: 16}),  # ties and no loss: strength and cut run away together
        ({2: 20, 1: 20}, {2: 20, 1: 20}),  # so do they where all grades are on one side
        ({1: 40}, {1: 24, -1: 16}),  # strength and side run away together
    ],
)
@pytest.mark.parametrize("link", ["probit", "logit"])
def test_strength_that_runs_away_with_cut_or_side_has_a_ratio(
    link: str, first: dict[int, int], second: dict[int, int]
) -> None:
    found = comparison_model.fit(two_systems(first, second), QUESTION, link)
    assert not found.is_bounded
    assert not found.why
    contrast = found.contrasts.iloc[0]
    assert contrast["test"] == RATIO
    assert contrast[["difference", "se", "ci_low", "ci_high"]].isna().all()
    assert contrast["t"] > 0
    assert contrast["p"] < 0.01
    assert [note.code for note in found.notes if note.code in {"pairs_unbounded", "pairs_sweep"}] == ["pairs_unbounded"]


def test_first_clip_that_always_wins_shows_no_difference() -> None:
    found = comparison_model.fit(two_systems({1: 40}, {-1: 40}), QUESTION)
    assert not found.is_bounded
    assert found.contrasts["p"].item() == pytest.approx(1, abs=1e-4)


def test_one_loss_in_each_order_keeps_a_difference_finite() -> None:
    found = comparison_model.fit(two_systems({1: 24, 0: 15, -1: 1}, {1: 24, 0: 15, -1: 1}), QUESTION)
    assert found.is_bounded
    assert 0 < found.contrasts["difference"].item() < 3


def test_systems_without_a_common_opponent_are_not_compared() -> None:
    frame = make_pairs((0.0, 0.2, 0.4, 0.6))
    halves = [{"s1", "s2"}, {"s3", "s4"}]
    frame = frame[
        [any({a, b} <= half for half in halves) for a, b in zip(frame["system_a"], frame["system_b"], strict=True)]
    ]
    found = comparison_model.fit(frame, QUESTION)
    assert found.why == "not_connected"
    assert found.contrasts["p"].isna().all()
    (note,) = [note for note in found.notes if note.code == "pairs_not_connected"]
    assert note.about["groups"] == [["s1", "s2"], ["s3", "s4"]]


def test_ties_alone_and_one_system_give_no_estimate() -> None:
    frame = make_pairs().assign(value=0.0)
    assert comparison_model.fit(frame, QUESTION).why == "all_tied"
    single = comparison_model.fit(make_pairs(), QUESTION, systems=["s1", "s2"])
    assert single.contrasts["p"].notna().all()


@pytest.mark.parametrize("size", [{"experts": MIN_EXPERTS - 1}, {"prompts": MIN_PROMPTS - 1}])
def test_few_experts_or_prompts_leave_estimates_alone(size: dict[str, int]) -> None:
    frame = make_pairs(cuts=GRADED, experts=size.get("experts", 8), prompts=size.get("prompts", 6))
    found = comparison_model.guard(comparison_model.fit(frame, QUESTION))
    assert found.shortage
    assert found.strengths["strength"].notna().all()
    assert found.contrasts["difference"].notna().all()
    for table in (found.strengths, found.contrasts, found.wins, found.omnibus, found.one_scale, found.sides):
        withheld = [name for name in table if name in ("se", "df", "p", "p_holm", "ci_low", "chance", "chance_low")]
        assert table[[name for name in withheld if name != "df" or len(table) > 1]].isna().all(axis=None)
    assert found.ranks["rank_best"].eq(1).all()
    assert found.ranks["rank_worst"].eq(3).all()


def test_enough_experts_and_prompts_are_tested() -> None:
    frame = make_pairs(cuts=GRADED, experts=MIN_EXPERTS, prompts=MIN_PROMPTS)
    found = comparison_model.guard(comparison_model.fit(frame, QUESTION))
    assert not found.shortage
    assert found.contrasts["p"].notna().all()


def test_side_that_equals_a_system_is_left_out() -> None:
    frame = make_pairs((0.0, 0.5), votes=8)
    turned = frame["system_a"] == "s2"
    for kind in ("system", "clip"):
        a, b = frame[f"{kind}_a"].copy(), frame[f"{kind}_b"].copy()
        frame[f"{kind}_a"], frame[f"{kind}_b"] = a.where(~turned, b), b.where(~turned, a)
    frame["value"] = frame["value"].where(~turned, -frame["value"])
    found = comparison_model.fit(frame, QUESTION)
    assert "pairs_no_side" in [note.code for note in found.notes]
    assert np.isnan(found.sides["side"].item())
    assert found.contrasts["p"].notna().all()


def test_unused_grades_are_named() -> None:
    frame = make_pairs(cuts=GRADED)
    found = comparison_model.fit(frame.assign(value=frame["value"].replace({2: 3, -2: -3})), QUESTION)
    assert found.grades == (1.0, 3.0)
    assert [note.about["grades"] for note in found.notes if note.code == "pairs_unused"] == [[2]]


def test_unknown_link_and_question_are_refused() -> None:
    with pytest.raises(ValueError, match="cloglog"):
        comparison_model.fit(make_pairs(), QUESTION, "cloglog")
    with pytest.raises(ValueError, match="no comparison"):
        lay_out(make_pairs(), "beauty")


def test_prior_keeps_a_running_strength_near_its_known_place() -> None:
    """s5 wins all 224 comparisons of the known study: 3.95 above the mean of the others by the prior N(0, 2²)."""
    frame = read_pairs("pairs_binary")
    chosen = (frame["system_a"] == "s5") | (frame["system_b"] == "s5")
    frame.loc[chosen, "value"] = np.where(frame.loc[chosen, "system_b"] == "s5", 1, -1)
    votes = lay_out(frame, QUESTION)
    _, bound = connectivity.groups(votes)
    assert len(np.unique(bound)) == 2
    drawn: Floats = connectivity.with_prior(votes, LINKS["probit"], 1.0)
    assert 2 < drawn[4] < 4
    assert pair_fit.fit(votes, LINKS["probit"], np.zeros(2)).why == "one_sided"
