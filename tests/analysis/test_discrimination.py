"""Choices with a right answer: d' and criterion against known answers, chance, equivalence, and what is withheld."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.statistics import discrimination
from analysis.statistics.comparison_model.laplace import Answers, maximise
from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS
from analysis.statistics.incidence import join
from analysis.statistics.mixed_model.inference import holm
from analysis.statistics.ordinal_model.links import LINKS
from tests.analysis.builders import ORACLES

#: glmmTMB by maximum likelihood: log-likelihood, SDs of criterion, sensitivity and clip, intercept and d' with SE; by
#: link and by how sensitivity is coded (0 and 1, -0.5 and 0.5).
LIKELIHOOD = {
    ("probit", 0.0): (
        *(-616.1086728, (0.450137, 0.268276, 0.293852)),
        (-0.759067882, 1.840495594, 1.304508842, 1.046146826, 0.862293500, 0.011491204),
        (0.15013164, 0.20834100, 0.19961892, 0.19583235, 0.19532373, 0.19980783),
    ),
    ("probit", 0.5): (
        *(-616.6758542, (0.500803, 0.203264, 0.293646)),
        (-0.770418986, 1.843434433, 1.311768726, 1.055885637, 0.873867757, 0.028575867),
        (0.15945911, 0.20460311, 0.19562698, 0.19163233, 0.19098418, 0.19510878),
    ),
    ("logit", 0.0): (
        *(-616.3353567, (0.778506, 0.410029, 0.489237)),
        (-1.277113365, 3.129199233, 2.168749367, 1.763001500, 1.450936677, 0.019925244),
        (0.25910930, 0.36177363, 0.33518110, 0.32834326, 0.32573777, 0.33731092),
    ),
}


def answers() -> pd.DataFrame:
    table = pd.read_csv(ORACLES / "discrimination.csv")
    return table.rename(columns={"said_computer": "said"})


def make_answers(
    sensitivity: float = 0.0, *, experts: int = 12, systems: int = 2, clips: int = 6, real: int = 12, seed: int = 1
) -> pd.DataFrame:
    """Answers of experts who hear all clips; d' is the same for all systems."""
    rng = np.random.default_rng(seed)
    criterion = rng.normal(-0.3, 0.35, experts)
    rows = []
    for system, count in [("real", real), *((f"s{n + 1}", clips) for n in range(systems))]:
        for clip in range(count):
            luck = rng.normal(0, 0.3) + (sensitivity if system != "real" else 0)
            for expert in range(experts):
                said = int(criterion[expert] + luck + rng.normal() > 0)
                rows.append((f"e{expert:02d}", system, f"{system}-{clip}", said))
    return pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "said"])


@pytest.mark.parametrize(("link", "shift"), LIKELIHOOD)
def test_maximum_likelihood_agrees_with_glmmtmb(link: str, shift: float) -> None:
    choices = discrimination.lay_out(answers(), "real")
    random = choices.random((choices.system >= 0).astype(np.float64) - shift)
    found = maximise(Answers(choices.said, 2, join(random), choices.coefficients, LINKS[link]))
    log_likelihood, sds, estimates, errors = LIKELIHOOD[link, shift]
    assert found.at.value == pytest.approx(log_likelihood, abs=1e-4)
    assert_allclose(found.sds, sds, atol=1e-3)
    assert_allclose(found.place[:6], estimates, atol=1e-3)
    assert_allclose(np.sqrt(np.diagonal(found.of_searched))[:6], errors, atol=1e-3)


def test_integrated_estimates_are_close_to_maximum_likelihood() -> None:
    """Integrating the coefficients out enlarges the standard deviations a little, and little else."""
    found = discrimination.fit(answers())
    _, sds, estimates, errors = LIKELIHOOD["probit", 0.0]
    systems = found.systems.iloc[:5]
    assert_allclose(systems["d_prime"], estimates[1:], atol=0.05)
    assert_allclose(systems["se"], errors[1:], rtol=0.08)
    assert (found.variance_components["sd"] > np.array(sds) - 1e-3).all()
    assert_allclose(systems["criterion"], [-0.161, 0.107, 0.236, 0.328, 0.753], atol=0.03)
    assert (systems["df"] > 10).all()
    assert systems["p"].tolist()[:4] == pytest.approx([0] * 4, abs=0.01)
    assert systems["p"].iloc[4] > 0.5
    assert found.systems["system"].iloc[5] == ""
    assert found.systems["d_prime"].iloc[5] == pytest.approx(systems["d_prime"].mean())


def test_experts_are_those_of_the_known_study() -> None:
    text = (ORACLES / "discrimination.txt").read_text(encoding="utf-8")
    pattern = r"(e\d\d) hits (\d+)/(\d+) fa (\d+)/(\d+) dprime (\S+) c (\S+) fisher (\S+)"
    known = pd.DataFrame(re.findall(pattern, text), columns=list(discrimination.EXPERTS[:-1]))
    found = discrimination.fit(answers()).experts
    assert found["expert_id"].tolist() == known["expert_id"].tolist()
    numbers = list(discrimination.EXPERTS[1:-1])
    assert_allclose(found[numbers], known[numbers].astype(float), rtol=1e-5, atol=1e-6)
    assert (found["p_holm"] >= found["p"]).all()


def test_no_difference_is_no_proof_of_chance() -> None:
    few = discrimination.fit(make_answers(experts=8, clips=4, real=4)).systems.iloc[-1]
    assert few["p"] > 0.05
    assert few["p_equivalence"] > 0.05
    many = discrimination.fit(make_answers(experts=40, clips=40, real=80)).systems.iloc[-1]
    assert many["p_equivalence"] < 0.05
    assert -discrimination.MARGIN < many["equivalence_low"] < many["equivalence_high"] < discrimination.MARGIN


def test_clear_difference_is_found() -> None:
    found = discrimination.fit(make_answers(1.5)).systems
    assert (found["p"] < 0.001).all()
    assert_allclose(found["d_prime"], 1.5, atol=0.5)
    assert (found["p_equivalence"] > 0.9).all()


ESTIMATES = ["d_prime", "se", "df", "t", "p", "ci_low", "ci_high", "p_equivalence", "criterion", "criterion_se"]


@pytest.mark.parametrize("paged", [False, True])
@pytest.mark.parametrize(("said", "why"), [(1, "all_right"), (0, "all_wrong")])
def test_separated_system_leaves_others_their_estimates(said: int, why: str, paged: bool) -> None:
    frame = make_answers(0.7, systems=4, clips=8, real=8)
    frame = as_pages(frame) if paged else frame
    frame.loc[frame["system"] == "s2", "said"] = said
    found, without = discrimination.fit(frame), discrimination.fit(frame[frame["system"] != "s2"])
    rows = found.systems.set_index("system")
    assert list(rows.index) == ["s1", "s2", "s3", "s4", ""]
    assert rows["why"].tolist() == ["", why, "", "", ""]
    assert (rows["answers"]["s2"], rows["hits"]["s2"]) == (96, 96 * said)
    assert rows.loc["s2", [name for name in ESTIMATES if name != "p"]].isna().all()
    assert_allclose(
        rows.drop(index="s2")[[*ESTIMATES, "answers", "hits"]],
        without.systems[[*ESTIMATES, "answers", "hits"]],
        rtol=0,
        atol=1e-6,
    )
    assert_allclose(found.variance_components["sd"], without.variance_components["sd"], rtol=0, atol=1e-6)
    assert ("prompt" in set(found.variance_components["component"])) is paged
    assert rows["p"]["s2"] < 0.001
    assert_allclose(rows["p_holm"][:-1], holm(rows["p"][:-1]))
    assert found.notes[0].about == {"system": "s2", "answers": 96}
    assert (found.why, found.shortage) == ("", "")
    assert found.experts["generated"].eq(32).all()


def test_ratio_of_separated_system_is_that_of_a_certain_one() -> None:
    """Without variance between experts and clips the ratio is that of two proportions."""
    frame = make_answers(0.4, experts=12, systems=2, clips=12, real=24)
    frame["said"] = np.random.default_rng(3).integers(0, 2, len(frame))
    few = frame[(frame["system"] != "s1") | (frame["clip_id"].isin(["s1-0", "s1-1", "s1-2"]))]
    few = few[(few["system"] != "s1") | (few["expert_id"] < "e01")]
    few.loc[few["system"] == "s1", "said"] = 1
    found = discrimination.fit(few)
    assert (found.variance_components["sd"] == 0).all()
    alarms, real = found.false_alarms, found.real_answers
    ones = [(alarms, real), (alarms + 3, real + 3)]
    apart, equal = (yes * np.log(yes / n) + (n - yes) * np.log(1 - yes / n) for yes, n in ones)
    assert found.systems["p"].iloc[0] == pytest.approx(stats.f.sf(2 * (apart - equal), 1, 3 + 24 - 2), abs=0.002)


def test_separated_system_of_few_clips_has_no_test() -> None:
    frame = make_answers(0.7)
    frame = frame[(frame["system"] != "s1") | frame["clip_id"].isin(["s1-0", "s1-1"])]
    frame.loc[frame["system"] == "s1", "said"] = 1
    found = discrimination.fit(frame)
    assert found.shortage == ""
    assert found.systems["p"].isna().tolist() == [True, False, False]
    assert found.systems["p_holm"].iloc[1] == found.systems["p"].iloc[1]


@pytest.mark.parametrize("systems", [("real",), ("s1", "s2")])
def test_separated_real_music_or_all_systems_estimate_nothing(systems: tuple[str, ...]) -> None:
    frame = make_answers(1.0)
    frame.loc[frame["system"].isin(systems), "said"] = 1
    found = discrimination.fit(frame)
    assert found.why == "one_answer"
    assert [note.code for note in found.notes] == ["choices_one_answer"]
    assert found.systems[["d_prime", "se", "p"]].isna().all(axis=None)
    assert found.systems["answers"].tolist() == [72, 72, 144]
    assert found.experts["d_prime"].notna().all()


def test_real_and_generated_clips_are_both_needed() -> None:
    frame = make_answers()
    assert discrimination.fit(frame[frame["system"] != "real"]).why == "no_real"
    assert discrimination.fit(frame[frame["system"] == "real"]).why == "no_generated"


@pytest.mark.parametrize("size", [(MIN_EXPERTS - 1, 6), (12, MIN_CLIPS - 1)])
def test_few_experts_or_clips_leave_estimates_alone(size: tuple[int, int]) -> None:
    found = discrimination.guard(discrimination.fit(make_answers(0.8, experts=size[0], clips=size[1])))
    assert found.shortage
    assert found.systems["d_prime"].notna().all()
    assert found.systems[["se", "p", "p_equivalence", "ci_low"]].isna().all(axis=None)


def test_answers_and_margin_are_checked() -> None:
    with pytest.raises(ValueError, match="neither 0"):
        discrimination.fit(make_answers().assign(said=2))
    with pytest.raises(ValueError, match="margin"):
        discrimination.fit(make_answers(), margin=0)


def as_pages(frame: pd.DataFrame) -> pd.DataFrame:
    """Clips of one number on one page, each page of a prompt of its own."""
    number = frame["clip_id"].str.rpartition("-")[2]
    return frame.assign(page=number, prompt_id=number)


def test_choice_among_clips_of_a_page_is_found_and_not_tested() -> None:
    frame = as_pages(make_answers(1.5, clips=8, real=8))
    assert discrimination.page_dispersion(frame) > discrimination.DEPENDENT
    assert discrimination.fit(frame).shortage == ""
    felt = np.random.default_rng(2).normal(size=len(frame)) + 0.5 * (frame["system"] != "real")
    ranked = frame.assign(felt=felt).groupby(["expert_id", "page"])["felt"].rank()
    chosen = frame.assign(said=(ranked > 1).astype(int))
    assert discrimination.page_dispersion(chosen) < 0.05
    found = discrimination.guard(discrimination.fit(chosen))
    assert found.shortage == "one_of_page"
    assert found.systems["p"].isna().all()
    assert found.systems["d_prime"].notna().all()
    assert np.isnan(discrimination.page_dispersion(make_answers()))


def test_prompts_are_an_effect_where_systems_share_them() -> None:
    frame = as_pages(make_answers(0.5, clips=8, real=8))
    assert list(discrimination.fit(frame).variance_components["component"]) == list(discrimination.EFFECTS)
    apart = frame.assign(prompt_id=frame["clip_id"])
    for other in (apart, frame.assign(prompt_id=""), frame.drop(columns="prompt_id")):
        assert list(discrimination.fit(other).variance_components["component"]) == ["criterion", "sensitivity", "clip"]


def test_prompt_that_all_clips_share_is_not_laid_to_clips() -> None:
    frame, rng = as_pages(make_answers(0.5, experts=40, clips=12, real=12)), np.random.default_rng(3)
    liked = dict(zip(frame["prompt_id"].unique(), rng.normal(0, 1.2, 12), strict=True))
    felt = frame["prompt_id"].map(liked) + 0.5 * (frame["system"] != "real") + rng.normal(size=len(frame))
    frame["said"] = (felt > 0).astype(int)
    with_prompts, without = discrimination.fit(frame), discrimination.fit(frame.drop(columns="prompt_id"))
    components = with_prompts.variance_components.set_index("component")["sd"]
    assert components["clip"] < 0.3 < 0.8 < components["prompt"]
    assert (with_prompts.systems["se"] < 0.6 * without.systems["se"]).all()
