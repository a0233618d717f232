from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

from formats import study_file
from formats.errors import InputError
from formats.study_file import StudyFile, parse, planned
from tests.factories import study_toml

pytestmark = pytest.mark.usefixtures("in_english")

DAUR = Path("fixtures/studies/daur.toml")


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as refused:
        parse(text)
    return refused.value.words(gettext).splitlines()


@pytest.mark.parametrize("path", sorted(Path("fixtures/studies").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_study_file_is_in_order(path: Path) -> None:
    study, _ = study_file.read(path)
    assert study.analysis.hypotheses


def test_nothing_is_hard_wired_to_five_points_two_languages_or_a_real_system() -> None:
    study, _ = study_file.read(Path("fixtures/studies/recordings.toml"))
    assert {(scale.minimum, scale.maximum) for scale in study.scales} == {(1, 7), (0, 100)}
    assert study.languages == ["en"]
    assert study.real_system is None
    pilot, _ = study_file.read(Path("fixtures/studies/pilot.toml"))
    assert len(pilot.systems) == 2


def test_the_shipped_study_is_in_order() -> None:
    study, sha256 = study_file.read(DAUR)
    assert [scale.key for scale in study.scales] == ["valence", "arousal", "authenticity", "harmony", "overall"]
    assert len(study.systems) == 6
    assert study.trials_per_expert == 66
    assert study.break_after == 33
    assert study.design.slots == {"men": 13, "women": 13}
    assert len(sha256) == 64


def test_every_text_of_the_shipped_study_stands_in_both_languages() -> None:
    study, _ = study_file.read(DAUR)
    texts = [study.title, study.instructions, study.consent.text]
    texts += [getattr(scale, part) for scale in study.scales for part in ("label", "definition", "low", "high")]
    texts += [question.label for question in study.background]
    assert all(set(text) == {"en", "zh-hans"} for text in texts)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in text["zh-hans"]) for text in texts)


@pytest.mark.parametrize("path", sorted(Path("fixtures/studies").glob("*.toml")), ids=lambda path: path.stem)
def test_every_text_of_a_shipped_plan_has_its_own_words_in_chinese(path: Path) -> None:
    study, _ = study_file.read(path)
    plan = study.analysis
    for language in study.languages:
        said = [
            *planned(plan.hypotheses, language),
            planned(plan.exclusions, language),
            planned(plan.dropouts, language),
        ]
        assert all(bool(re.search("[\u4e00-\u9fff]", text)) is (language == "zh-hans") for text in said)


def planned_toml(hypotheses: str, exclusions: str = '"None."') -> str:
    """The small study in English and Chinese, with these texts in its plan."""
    before = study_toml().replace('"None."', exclusions)
    return before.replace("[analysis]\n", f"[analysis]\nhypotheses = {hypotheses}\n")


def test_texts_of_the_plan_are_plain_or_in_each_language() -> None:
    plain = parse(planned_toml('["One."]')).analysis
    assert (plain.hypotheses, plain.exclusions) == (["One."], "None.")
    assert planned(plain.exclusions, "zh-hans") == "None."
    both = parse(planned_toml('{ en = ["One."], zh-hans = ["一。"] }', '{ en = "None.", zh-hans = "无。" }')).analysis
    assert both.exclusions == {"en": "None.", "zh-hans": "无。"}
    assert planned(both.hypotheses, "zh-hans") == ["一。"]
    assert planned(both.exclusions, "en") == "None."


def test_text_of_the_plan_that_is_the_same_in_all_languages_is_a_plain_one() -> None:
    same = planned_toml('{ en = ["One."], zh-hans = ["One."] }', '{ en = "None.", zh-hans = "None." }')
    assert parse(same).analysis == parse(planned_toml('["One."]')).analysis


@pytest.mark.parametrize(
    ("hypotheses", "exclusions", "said"),
    [
        ("[]", '{ en = "None." }', 'exclusions.zh-hans: The language is missing. Write { en = "…", zh-hans = "…" }.'),
        ("[]", '{ en = "None.", zh-hans = "无。", fr = "Nul." }', "exclusions.fr: This is not a language of the study"),
        ("[]", '{ en = "None.", zh-hans = 5 }', "exclusions: Write a text in each language:"),
        ("[]", "5", "exclusions: Write a text in quotes"),
        ('{ en = ["One."] }', '"None."', 'hypotheses: Write as many hypotheses in each language: { en = ["…"], zh'),
        ('{ en = ["One."], zh-hans = [] }', '"None."', "hypotheses: Write as many hypotheses in each language:"),
        ('{ en = ["One."], zh-hans = "一。" }', '"None."', "hypotheses: Write as many hypotheses in each language:"),
        ("{}", '"None."', "hypotheses: Write as many hypotheses in each language:"),
        ('"One."', '"None."', "hypotheses: Write a list of texts"),
    ],
)
def test_language_that_the_plan_lacks_is_named_at_its_line(hypotheses: str, exclusions: str, said: str) -> None:
    [fault] = faults(planned_toml(hypotheses, exclusions))
    assert f"analysis.{said}" in fault
    assert re.match(r"line \d+, ", fault)


def test_what_is_left_out_gets_its_default() -> None:
    text = study_toml().replace("repeats = 0\n", "").replace("practice = 1\n", "").replace('real_system = "real"\n', "")
    study = parse(text)
    assert study.design.repeats == study.design.practice == 0
    assert study.design.break_after == "half"
    assert study.real_system is None


def test_an_unknown_key_is_named_with_its_line_and_the_likely_one() -> None:
    text = study_toml().replace("heard_per_expert = 2", "heard_per_expertt = 2")
    line = text.splitlines().index("heard_per_expertt = 2") + 1
    assert f"line {line}, design.heard_per_expertt: There is no such key. Did you mean 'heard_per_expert'?" in faults(
        text
    )


def test_a_missing_key_is_named_at_its_table() -> None:
    text = study_toml().replace("alpha = 0.05\n", "")
    line = text.splitlines().index("[analysis]") + 1
    assert f"line {line}, analysis.alpha: This key is missing. Add it." in faults(text)


def test_all_faults_are_told_at_once_in_the_order_of_lines() -> None:
    text = study_toml().replace("minimum = 1", "minimum = 7").replace("alpha = 0.05", "alpha = 5")
    told = faults(text)
    assert [fault.split(", ")[1].split(":")[0] for fault in told] == [
        "scales[1].maximum",
        "scales[2].maximum",
        "analysis.alpha",
    ]
    lines = [int(fault.split(",")[0].removeprefix("line ")) for fault in told]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('languages = ["en", "zh-hans"]', 'languages = ["en", "fr"]', "languages: Write a list"),
        ('real_system = "real"', 'real_system = "unreal"', "'unreal' is not one of the systems"),
        ("heard_per_expert = 2", "heard_per_expert = 4", "4 is not valid. Enter a whole number from 1 to 3"),
        ("repeats = 0", "repeats = 1", "1 is not valid. Enter a whole number from 0 to 0"),
        ("maximum = 5", "maximum = 101", "101 is not valid. Enter a whole number from 2 to 100"),
        ("maximum = 5", "maximum = true", "True is not valid"),
        ('key = "valence"', 'key = "trial"', "Datasets already have a column 'trial'"),
        ('key = "valence"', 'key = "overall"', "'overall' appears twice"),
        ('id = "midi-gan"', 'id = "MIDI GAN"', "'MIDI GAN' is not valid"),
        ('kind = "number"', 'kind = "date"', "'date' is not valid"),
        ("smallest_gap = 0.5", "smallest_gap = 4", "4 is out of range. Enter a number above 0 and below 4"),
        ("exclusions =", 'hypotheses = "one"\nexclusions =', "hypotheses: Write a list of texts"),
        ('primary_scale = "overall"', 'primary_scale = "beauty"', "'beauty' is not one of the questions"),
        ('contrasts = [["midi-gan", "real"]]', 'contrasts = [["midi-gan", "midi-gan"]]', "Write pairs of systems"),
        (
            'low = { en = "least", zh-hans = "least（中）" }',
            'low = { en = "least" }',
            "low.zh-hans: The language is missing",
        ),
        (
            'title = { en = "A small study", zh-hans',
            'title = { en = "", zh-hans',
            "title: Write a text in each language",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_fix(before: str, after: str, fault: str) -> None:
    text = study_toml()
    assert before in text
    assert any(fault in told for told in faults(text.replace(before, after, 1)))


@pytest.mark.parametrize(
    ("before", "after", "keys"),
    [
        ("clips_per_system = 5", 'clips_per_system = "three"', {"design.clips_per_system"}),
        ("clips_per_system = 5", "clips_per_system = true", {"design.clips_per_system"}),
        ("clips_per_system = 5\n", "", {"design.clips_per_system"}),
        ("heard_per_expert = 4", "heard_per_expert = 0", {"design.heard_per_expert"}),
        ("repeats = 2", "repeats = -1", {"design.repeats"}),
        ("slots = 2", "slots = 0", {"groups[1].slots"}),
        ("slots = 2", "slots = 300", {"groups[1].slots"}),
        ("[[systems]]", "[[sistems]]", {"systems", "sistems"}),
        ("[[scales]]", "[[skales]]", {"scales", "skales"}),
    ],
)
def test_what_depends_on_a_wrong_value_is_not_called_wrong_as_well(before: str, after: str, keys: set[str]) -> None:
    text = study_toml(clips=5, heard=4, repeats=2).replace("seed = 7", "break_after = 9")
    assert parse(text)
    assert before in text
    assert {fault.split(": ")[0].split(", ")[1] for fault in faults(text.replace(before, after))} == keys


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    fix = "Put texts in quotation marks, and close each quotation mark and bracket."
    assert faults("languages = []\ntitle = = 3") == [f"line 2: this is not valid TOML (Invalid value). {fix}"]
    assert faults('title = "') == [f"line 1: this is not valid TOML (Unterminated string). {fix}"]


def test_an_array_over_several_lines_does_not_confuse_the_line_numbers() -> None:
    text = study_toml().replace(
        'contrasts = [["midi-gan", "real"]]\nsmallest_gap = 0.5',
        'contrasts = [\n  ["midi-gan", "real"],\n]\nsmallest_gap = 0',
    )
    line = text.splitlines().index("smallest_gap = 0") + 1
    assert faults(text) == [
        f"line {line}, analysis.smallest_gap: 0 is out of range. Enter a number above 0 and below 4."
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing.toml cannot be read"):
        study_file.read(tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes("title = 'é'".encode("latin-1"))
    with pytest.raises(InputError, match="is not UTF-8 text"):
        study_file.read(tmp_path / "latin.toml")


def test_every_fault_is_told_in_chinese_to_whoever_reads_chinese() -> None:
    text = study_toml().replace("alpha = 0.05", "alhpa = 5").replace("minimum = 1", 'minimum = "one"')
    with translation.override("zh-hans"):
        told = faults(text)
    assert len(told) == 4
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in fault) for fault in told)


@pytest.mark.parametrize(("line", "hours"), [("", 48), ("grace_hours = 0", 0), ("grace_hours = 336", 336)])
def test_grace_hours_are_48_or_what_the_file_says(line: str, hours: int) -> None:
    study = study_file.parse(study_toml().replace("seed = 7", f"seed = 7\n{line}"))
    assert study.design.grace_hours == hours
    stored = study.as_json()
    del stored["design"]["grace_hours"]  # as in studies made before
    old = StudyFile.model_validate(stored)
    assert (old.design.grace_hours, old.as_json()) == (48, stored)


@pytest.mark.parametrize("value", ["-1", "337", "1.5", '"two days"', "true"])
def test_grace_hours_out_of_bounds_are_a_fault(value: str) -> None:
    with pytest.raises(InputError, match=r"line \d+, design\.grace_hours: .* Enter a whole number from 0 to 336"):
        study_file.parse(study_toml().replace("seed = 7", f"seed = 7\ngrace_hours = {value}"))


def test_clips_of_a_study_have_a_length_and_channels() -> None:
    text = study_toml().replace("[design]", "[clips]\nseconds = 30\nchannels = 2\n[design]", 1)
    assert parse(text).clips.as_json() == {"seconds": 30.0, "channels": 2}
    assert parse(study_toml()).clips.seconds is None


@pytest.mark.parametrize(
    "line", ["seconds = 0.5", "seconds = 601", 'seconds = "30"', "channels = 3", "channels = true"]
)
def test_impossible_lengths_and_channels_are_faults(line: str) -> None:
    with pytest.raises(InputError, match="is not valid"):
        parse(study_toml().replace("[design]", f"[clips]\n{line}\n[design]", 1))


def test_plain_string_stands_for_the_only_language() -> None:
    one = study_toml().replace('languages = ["en", "zh-hans"]', 'languages = ["en"]')
    table = re.sub(r', zh-hans = "[^"]*"', "", one)
    plain = re.sub(r'\{ en = ("[^"]*") \}', r"\1", table)
    assert "{ en" not in plain
    assert parse(plain) == parse(table)
    with pytest.raises(InputError, match="Write a text in each language"):
        parse(study_toml().replace('title = { en = "A small study"', 'title = "A small study" #'))
