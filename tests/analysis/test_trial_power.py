"""Power of sets and of choices: against simulated studies, and what `plan_study` prints and refuses."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from analysis.statistics import abx_power, effect_power, mixed_model, pair_power, power
from analysis.statistics.abx_power import AbxDesign
from analysis.statistics.choice_power import ASSUMED, ChoiceDesign, Spread
from analysis.statistics.effect_power import EffectDesign
from analysis.statistics.information import Variances
from analysis.statistics.pair_power import PairDesign
from analysis.statistics.pilot import from_components
from analysis.statistics.power import Design
from formats.text import text_width
from tests.benchmarks.comparisons import Sets, simulate_sets
from tests.benchmarks.power import scatter
from tests.benchmarks.trial_power import SETS, found, found_abx, found_pairs, set_p


def plan(*arguments: object) -> str:
    """Run the command; what it printed."""
    out = io.StringIO()
    call_command("plan_study", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(("name", "design", "gap"), SETS, ids=str)
def test_power_of_sets_is_what_simulated_studies_find(name: str, design: Design, gap: float) -> None:
    share = float(np.mean(set_p(design, scatter(name), gap, 3000, seed=2) < design.alpha))
    assert power.power(design, scatter(name), gap) == pytest.approx(share, abs=0.05)


def test_set_p_is_that_of_the_model_with_prompts() -> None:
    frame = simulate_sets(Sets(12, 3, 8, 4.0), np.random.default_rng(4))
    found = mixed_model.fit(frame, "overall")
    design = Design(12, 8, 8, 3, kind="sets")
    variances = from_components(found.variance_components, matched=True)
    assert power.standard_error(design, variances) == pytest.approx(found.contrasts["se"].iloc[0], rel=0.02)
    assert power.degrees_of_freedom(design, variances) == pytest.approx(found.contrasts["df"].iloc[0], rel=0.02)


def test_pilot_with_prompts_gives_clips_that_are_not_matched_their_variance() -> None:
    components = mixed_model.fit(simulate_sets(Sets(12, 3, 8, 4.0), np.random.default_rng(4)), "overall")
    table = components.variance_components
    part = dict(zip(table["component"], table["variance"], strict=True))
    matched, alone = from_components(table, matched=True), from_components(table)
    assert matched.clip == part["clip"]
    assert alone == Variances(
        matched.expert,
        matched.expert_system,
        part["clip"] + part["prompt"],
        part["residual"] + part["expert:prompt"],
    )


@pytest.mark.parametrize(
    ("name", "design", "d_prime"),
    [("low", ChoiceDesign(12, 3, 10, 10, 10, 10), 0.6), ("middle", ChoiceDesign(16, 4, 8, 6, 12, 12), 0.7)],
    ids=str,
)
def test_power_of_choices_is_what_simulated_studies_find(name: str, design: ChoiceDesign, d_prime: float) -> None:
    count, spread = 30, ASSUMED[name]
    detected, near = found(design, spread, d_prime, count, seed=3)
    for share, page in (
        (detected, effect_power.power(design, spread, d_prime)),
        (near, effect_power.equivalence_power(design, spread)),
    ):
        assert page == pytest.approx(share, abs=0.05 + 2.5 * np.sqrt(page * (1 - page) / count))


def test_fewest_experts_and_clips_are_enough() -> None:
    design, spread = ChoiceDesign(26, 6, 13, 10, 26, 26), ASSUMED["middle"]

    def reaches(tried: EffectDesign[Spread]) -> bool:
        return effect_power.power(tried, spread, 0.5) >= 0.8

    experts, clips = effect_power.experts_needed(design, reaches), effect_power.clips_needed(design, reaches)
    assert experts is not None
    assert clips is not None
    assert reaches(ChoiceDesign(experts, 6, 13, 10, 26, 26))
    assert not reaches(ChoiceDesign(experts - 1, 6, 13, 10, 26, 26))
    assert reaches(ChoiceDesign(26, 6, clips, clips, clips, clips))
    assert not reaches(ChoiceDesign(26, 6, clips - 1, clips - 1, clips - 1, clips - 1))


@pytest.mark.parametrize(
    ("design", "se", "df"),
    [
        (PairDesign(17, 5, 8, 4, "binary"), 0.182, 37),
        (PairDesign(26, 6, 13, 4, "binary"), 0.141, 84),
        (PairDesign(26, 6, 13, 4, "graded"), 0.1335, 95),
    ],
    ids=str,
)
def test_precision_of_pairs_is_that_of_studies_simulated_elsewhere(design: PairDesign, se: float, df: float) -> None:
    found_se, found_df = design.precision(pair_power.ASSUMED["middle"], 0.0)
    assert found_se == pytest.approx(se, rel=0.02)
    assert found_df == pytest.approx(df, rel=0.06)


@pytest.mark.parametrize("form", ["binary", "ties", "graded"])
def test_power_of_pairs_is_what_simulated_studies_find(form: str) -> None:
    count, spread, design = 25, pair_power.ASSUMED["middle"], PairDesign(12, 3, 8, 6, form)
    detected, errors = found_pairs(design, spread, 0.5, count, seed=3)
    page = effect_power.power(design, spread, 0.5)
    assert page == pytest.approx(detected, abs=0.05 + 2.5 * np.sqrt(page * (1 - page) / count))
    assert design.precision(spread, 0.5)[0] == pytest.approx(np.median(errors), rel=0.1)


def test_information_of_a_preference_lies_between_a_binary_one_and_that_of_a_number() -> None:
    none = pair_power.Spread(0.0, 0.0)
    known = [pair_power.preference_information(0.0, none, form) for form in ("binary", "ties", "graded")]
    assert known == pytest.approx([2 / np.pi, 0.77, 0.955], abs=0.005)
    far = pair_power.preference_information(4.0, pair_power.Spread(1.0, 1.0), "graded")
    assert 0 < far < known[2]


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
@pytest.mark.parametrize("kind", ["--sets", "--prompts", "--choices", "--pairs", "--abx"])
def test_page_of_each_kind_fits_the_window(kind: str, lang: str) -> None:
    page = plan(kind, "--experts", 26, "--gap", 0.5, "--language", lang)
    assert max(map(text_width, page.splitlines())) <= 98
    assert (" the " in page) is (lang == "en")


def test_page_of_sets_speaks_of_pages() -> None:
    text = " ".join(plan("--sets", "--experts", 14, "--gap", 0.5, "--systems", 4, "--clips", 10).split())
    assert "10 prompts, of which each expert hears 10 (10 pages in total)" in text
    assert "cancels in a difference" in text


def test_numbers_of_choices_are_given_as_json() -> None:
    printed = json.loads(plan("--choices", "--experts", 26, "--gap", 0.5, "--real", 26, "--json"))
    assert printed["real_heard"] == 26
    assert printed["scenarios"]["low"]["power"] > printed["scenarios"]["high"]["power"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--experts", 26, "--gap", 5), "--gap 5 must be a d' above 0 and up to 4."),
        (("--experts", 1, "--gap", 1), "This is no study: a study needs at least 2 experts"),
        (("--experts", 26, "--gap", 1, "--margin", 0), "the margin must be above 0"),
        (("--experts", 26, "--gap", 1, "--pilot", "x.csv"), "--choices does not take --pilot; leave it out."),
    ],
)
def test_choices_that_are_no_study_are_refused(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words.replace("(", r"\(")):
        plan("--choices", *arguments)


@pytest.mark.parametrize("prompts", [8, 16])
def test_power_of_abx_is_what_simulated_studies_find(prompts: int) -> None:
    """To three standard errors of a share of 150 studies, and the precision to a tenth."""
    design, spread, count = AbxDesign(18, 2, prompts, 8), abx_power.ASSUMED["middle"], 150
    detected, near, error = found_abx(design, spread, 0.6, count, seed=2)
    for share, by_formula in (
        (detected, effect_power.power(design, spread, 0.6)),
        (near, effect_power.equivalence_power(design, spread)),
    ):
        assert abs(share - by_formula) < 3 * math.sqrt(by_formula * (1 - by_formula) / count)
    assert error == pytest.approx(design.precision(spread, 0.6)[0], rel=0.1)


def test_numbers_of_abx_are_given_as_json() -> None:
    printed = json.loads(plan("--abx", "--experts", 20, "--gap", 0.5, "--systems", 2, "--clips", 16, "--json"))
    assert (printed["rounds"], printed["share_right"]) == (16, pytest.approx(0.5987, abs=1e-4))
    assert printed["scenarios"]["low"]["power"] > printed["scenarios"]["high"]["power"]


def test_numbers_of_pairs_are_given_as_json() -> None:
    printed = json.loads(plan("--pairs", "--experts", 26, "--gap", 0.3, "--form", "graded", "--json"))
    assert (printed["rounds"], printed["prompts"], printed["form"]) == (4, 13, "graded")
    assert printed["scenarios"]["low"]["power"] > printed["scenarios"]["high"]["power"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--experts", 26, "--gap", 5), "--gap 5 must be a difference in strength above 0 and up to 4."),
        (("--experts", 26, "--gap", 1, "--clips", 3, "--rounds", 4), "between 1 and 3 times; change --experts"),
        (("--experts", 1, "--gap", 1), "at least 2 experts, 2 systems and 2 prompts"),
        (("--experts", 26, "--gap", 1, "--heard", 3), "--pairs does not take --heard; leave it out."),
    ],
)
def test_pairs_that_are_no_study_are_refused(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        plan("--pairs", *arguments)


@pytest.mark.parametrize("kind", ["--pairs", "--choices", "--abx"])
def test_no_claim_is_promised_of_four_experts(kind: str) -> None:
    assert "No. With fewer than 6 experts" in " ".join(plan(kind, "--experts", 4, "--gap", 2).split())
