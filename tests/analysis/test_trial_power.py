"""Power of sets and of choices: against simulated studies, and what `plan_study` prints and refuses."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from analysis.statistics import choice_power, mixed_model, power
from analysis.statistics.choice_power import ASSUMED, ChoiceDesign
from analysis.statistics.information import Variances
from analysis.statistics.pilot import from_components
from analysis.statistics.power import Design
from formats.text import text_width
from tests.benchmarks.comparisons import Sets, simulate_sets
from tests.benchmarks.power import scatter
from tests.benchmarks.trial_power import SETS, found, set_p


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
        (detected, choice_power.power(design, spread, d_prime)),
        (near, choice_power.equivalence_power(design, spread)),
    ):
        assert page == pytest.approx(share, abs=0.05 + 2.5 * np.sqrt(page * (1 - page) / count))


def test_fewest_experts_and_clips_are_enough() -> None:
    design, spread = ChoiceDesign(26, 6, 13, 10, 26, 26), ASSUMED["middle"]

    def reaches(tried: ChoiceDesign) -> bool:
        return choice_power.power(tried, spread, 0.5) >= 0.8

    experts, clips = choice_power.experts_needed(design, reaches), choice_power.clips_needed(design, reaches)
    assert experts is not None
    assert clips is not None
    assert reaches(ChoiceDesign(experts, 6, 13, 10, 26, 26))
    assert not reaches(ChoiceDesign(experts - 1, 6, 13, 10, 26, 26))
    assert reaches(ChoiceDesign(26, 6, clips, clips, clips, clips))
    assert not reaches(ChoiceDesign(26, 6, clips - 1, clips - 1, clips - 1, clips - 1))


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
@pytest.mark.parametrize("kind", ["--sets", "--prompts", "--choices"])
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
        (("--experts", 26, "--gap", 1, "--margin", 0), "the margin of d' must be above 0"),
        (("--experts", 26, "--gap", 1, "--pilot", "x.csv"), "--choices takes neither --pilot nor --out"),
    ],
)
def test_choices_that_are_no_study_are_refused(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words.replace("(", r"\(")):
        plan("--choices", *arguments)
