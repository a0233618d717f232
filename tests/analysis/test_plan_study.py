from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analysis.planning import ratings as planning
from analysis.statistics.information import Variances
from analysis.statistics.power import Design, assumed_variances
from formats.messages import LANGUAGES
from formats.text import text_width
from tests.analysis.builders import make_dataset, make_frame, read_oracle, write_csv

STUDY = ("--experts", 26, "--gap", 0.17)


def plan(*arguments: object) -> str:
    """Run the command; what it printed."""
    out = io.StringIO()
    call_command("plan_study", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_papers_gap_is_answered_with_no_in_plain_words() -> None:
    page = plan(*STUDY)
    text = " ".join(page.split())
    assert "No. Power to detect a true difference of 0.17 is only 14% to 37%" in text
    assert "A non-significant result would not show that there is no difference" in text
    assert "with 1000 clips per system, 26 experts would still detect the difference in only 76% of studies" in text
    assert max(map(len, page.splitlines())) <= 96
    assert len(page.splitlines()) < 70


def test_the_page_is_there_in_chinese_without_an_english_sentence() -> None:
    page = plan(*STUDY, "--language", "zh-hans")
    assert "不足。真实差值为 0.17 时" in page
    assert " the " not in page
    assert max(map(text_width, page.splitlines())) <= 98


def test_a_large_gap_is_answered_with_yes_and_a_middling_one_with_it_depends() -> None:
    assert "\nYes. Power to detect a true difference of 1 is" in plan("--experts", 26, "--gap", 1)
    assert "\nOnly with low rating variability. Power to detect a true difference of" in plan(
        "--experts", 26, "--gap", 0.4
    )


def test_range_of_one_figure_is_written_as_one() -> None:
    page = plan("--experts", 100, "--clips", 40, "--heard", 40, "--gap", 3)
    assert "Power to detect a true difference of 3 is 100%." in page
    assert "100% to 100%" not in page


def test_chinese_page_keeps_latin_words_whole() -> None:
    page = plan(*STUDY, "--language", "zh-hans")
    assert "Bonferroni" in page
    assert "--contrasts m" in page.replace("\n", " ")
    assert max(map(text_width, page.splitlines())) <= 98


def test_gap_of_one_point_is_singular() -> None:
    assert "a true difference of 1 rating point between two systems" in " ".join(
        plan("--experts", 26, "--gap", 1).split()
    )
    assert "a true difference of 0.5 rating points between two" in " ".join(plan("--experts", 26, "--gap", 0.5).split())
    chinese = plan("--experts", 26, "--gap", 1, "--language", "zh-hans").replace("\n", "")
    assert "两个系统之间若真有 1 分的差值" in chinese


def test_named_comparisons_make_the_test_stricter() -> None:
    assert "test at α = 0.0125" in plan(*STUDY, "--contrasts", 4).replace("\n", " ")


def test_too_few_experts_or_clips_are_said_to_carry_no_claim() -> None:
    assert "With fewer than 6 experts or 3 clips" in plan("--experts", 5, "--gap", 1)
    assert "With fewer than 6 experts or 3 clips" not in plan(*STUDY)


@pytest.mark.parametrize(("experts", "clips"), [(3, 5), (8, 2)])
def test_study_too_small_for_the_report_finds_nothing(experts: int, clips: int) -> None:
    """Such a study would tell a gap of 3 from zero nearly always, but the report tests nothing in it."""
    study = ("--experts", experts, "--gap", 3, "--clips", clips, "--systems", 2)
    text, chinese = " ".join(plan(*study).split()), plan(*study, "--language", "zh-hans").replace("\n", "")
    assert "No. With fewer than 6 experts or 3 clips per system, no claim" in text
    assert "Yes." not in text
    assert "significant result, the means" not in text
    assert "不足。" in chinese


def test_what_is_needed_is_enough_for_the_report() -> None:
    rows = {line[:50].strip(): line[50:].split() for line in plan("--experts", 26, "--gap", 4).splitlines()}
    assert rows["clips per system for 0.8, each expert hears all"] == ["3"] * 3
    assert rows["experts for 0.8, 13 clips per system"] == ["6"] * 3
    few = " ".join(plan("--experts", 3, "--gap", 3, "--clips", 5, "--systems", 2).split())
    assert "With 5 clips per system, 6 experts are needed." in few
    assert "clips per system for 0.8, each expert hears all never never never" in few


def test_more_clips_that_are_enough_ask_for_no_more_experts() -> None:
    text = " ".join(plan("--experts", 200, "--gap", 0.1).split())
    assert "249 clips per system are sufficient if every expert hears all of them (1494 trials)." in text
    assert "With 13 clips per system no" in text
    assert "increase both experts and clips" not in text
    assert "increase both experts and clips" in " ".join(plan("--experts", 26, "--gap", 0.05).split())


SPARSE = ("--experts", 6, "--gap", 0.5, "--clips", 30, "--heard", 4, "--systems", 4)


def test_clips_that_nobody_hears_are_said_and_do_not_count() -> None:
    text = " ".join(plan(*SPARSE).split())
    assert "Only 24 of the 30 clips per system are heard by any expert (6 experts, 4 each)" in text
    assert "只有 24 个会被听到" in plan(*SPARSE, "--language", "zh-hans").replace("\n", "")
    assert "heard by any expert" not in plan(*STUDY).replace("\n", " ")


def test_approximate_chances_are_marked_and_said_to_be() -> None:
    small = ("--experts", 3, "--gap", 1, "--clips", 6, "--heard", 3, "--systems", 2)
    text = " ".join(plan(*small).split())
    assert "Approximate: the standard error of a difference has about" in text
    assert re.search(r"power to detect a difference of 1 +~0\.\d\d ~0\.\d\d ~0\.\d\d", text)
    assert "近似值" in plan(*small, "--language", "zh-hans")
    sure = " ".join(plan(*STUDY).split())
    assert "Approximate:" not in sure
    assert re.search(r"power to detect a difference of 0\.17 +0\.\d\d 0\.\d\d 0\.\d\d", sure)


def test_a_pilot_takes_the_place_of_the_assumptions_and_says_how_sure_it_is(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "pilot.csv", read_oracle("sim26x60x5.csv"))
    page = plan(*STUDY, "--pilot", source, "--scale", "overall")
    assert "estimated from pilot.csv (overall)" in page
    assert re.search(r"residual +0\.82\n", page)
    assert "The pilot's variances are uncertain" in page
    assert "low  middle" not in page


def test_pilot_takes_the_options_of_a_table(tmp_path: Path) -> None:
    frame = make_frame().rename(columns={"expert_id": "rater"})
    frame.loc[4, "rating"] = -99
    source = write_csv(tmp_path / "pilot.csv", frame)
    with pytest.raises(CommandError, match="line 6: rating -99 on valence is outside 1 to 5"):
        plan(*STUDY, "--pilot", source, "--columns", "expert_id=rater")
    page = plan(*STUDY, "--pilot", source, "--columns", "expert_id=rater", "--missing=-99", "--scale", "overall")
    assert "pilot.csv" in page


def test_gap_of_a_pilot_is_held_to_the_range_of_its_scale(tmp_path: Path) -> None:
    frame = make_frame()
    source = write_csv(tmp_path / "pilot.csv", frame.assign(rating=10 * frame["rating"]))
    pilot = ("--experts", 26, "--pilot", source, "--bounds", "0-60", "--scale", "overall")
    assert "\nYes. Power to detect a true difference of 60 is" in plan(*pilot, "--gap", 60)
    with pytest.raises(CommandError, match="--gap 61 is larger than the scale from 0 to 60"):
        plan(*pilot, "--gap", 61)


def test_a_simulated_pilot_is_called_so_on_the_page_and_across_the_figure(tmp_path: Path) -> None:
    frame = make_frame()
    frame["expert_id"] = "simulated-" + frame["expert_id"]
    folder = make_dataset(tmp_path / "d", frame, simulated=True)
    page = plan(*STUDY, "--pilot", folder, "--out", tmp_path / "figures")
    assert page.startswith("SIMULATED")
    assert "SIMULATED" in (tmp_path / "figures" / "power.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--experts", 1, "--gap", 0.2), "at least 2 experts"),
        (("--experts", 26, "--gap", 0), "--gap 0 must be a number of rating points above 0"),
        (("--experts", 26, "--gap", "nan"), "--gap nan must be"),
        ((*STUDY, "--heard", 20), "between 1 and all 13 clips"),
        ((*STUDY, "--alpha", 0), "alpha must lie between 0 and 1"),
        (
            ("--experts", 26, "--gap", 9),
            "--gap 9 is larger than the scale from 1 to 5, on which two systems lie 4 apart",
        ),
        ((*STUDY, "--bounds", "0-100", "--missing=-99"), "--bounds, --missing can only describe a pilot's table"),
        ((*STUDY, "--contrasts", 0), "--contrasts 0 must be at least 1"),
        ((*STUDY, "--clips", 10**9), "can be 100000 at most"),
        ((*STUDY, "--pilot", "nowhere.csv"), "nowhere.csv does not exist"),
    ],
)
def test_what_is_no_study_is_refused_in_one_sentence(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        plan(*arguments)


def test_nothing_is_written_where_the_pilot_cannot_be_read(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "pilot.csv", make_frame(clips=1))
    with pytest.raises(CommandError, match="too small for a pilot"):
        plan(*STUDY, "--pilot", source, "--out", tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("experts", [2, 26, 2000])
def test_every_page_fits_the_window(lang: str, experts: int) -> None:
    for design, gap in ((Design(experts, 2, 1), 0.05), (Design(experts, 100, 100, systems=12), 40.0)):
        for scenarios in (assumed_variances(), {"pilot": Variances(100.0, 0.0, 0.0, 400.0)}):
            text = planning.page(design, gap, scenarios, lang)
            assert "nan" not in text
            assert "{" not in text
            assert max(map(text_width, text.splitlines())) <= 98
