"""Drafts as study files and study files as drafts, and what can be done to their content."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from formats.study_file import parse
from study.builder import content as contents
from study.builder.content import Content, drafted, is_pair
from study.builder.faults import check
from study.builder.fields import shown, typed
from study.builder.steps import STEPS, fields_of, sections_of
from study.builder.toml_text import content_of, toml_of
from tests.factories import checks_toml, pair_toml, study_toml, texts_toml

EXAMPLES = sorted(Path("fixtures/studies").glob("*.toml"))

LABELS = '{ en = ["least", "", "middle", "", "most"], zh-hans = ["least（中）", "", "", "", "most（中）"] }'
OPEN_LINK = '[open_link]\nidentifier = "ID"\nhours = 3\ncompletion_code = "1"\ncompletion_url = "https://a.example"\n'
OPEN_LINK += 'screened_out_code = "2"\nscreened_out_url = "https://a.example/full?id={identifier}"\n'

PUBLICATION = '[publication]\nauthors = ["Zhang, Wei (0000-0002-1825-0097)", "娜仁"]\npublisher = "Zenodo"\n'
PUBLICATION += 'license = "CC-BY-4.0"\n'

pytestmark = pytest.mark.usefixtures("in_english")


def example(name: str = "pilot") -> Content:
    return content_of(Path(f"fixtures/studies/{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_stays_the_same_study_through_the_builder(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    written = toml_of(content_of(text))
    assert parse(written) == parse(text)
    assert content_of(written) == content_of(text)
    assert toml_of(content_of(written)) == written


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_has_no_faults_and_every_value_has_a_field(path: Path) -> None:
    has_fields(path.read_text(encoding="utf-8"))


def test_every_rare_part_of_a_study_file_has_a_field() -> None:
    at = '"valence（中）" }'
    before = study_toml().replace(at, f"{at}\nlabels = {LABELS}", 1)
    assert "labels" in before
    for known in (False, {"en": "I know it", "zh-hans": "我知道"}):
        text = checks_toml(texts_toml(before), failed=1) + OPEN_LINK + PUBLICATION
        content = content_of(text) | {"known": known, "time_zone": "Asia/Shanghai"}
        has_fields(toml_of(content))
        assert content_of(toml_of(content)) == content


def has_fields(text: str) -> None:
    """The text is a study file without faults, and the builder has a field for each of its values."""
    content = content_of(text)
    file, faults = check(content)
    assert faults == []
    assert file == parse(text)
    names = {name for step in STEPS for name in fields_of(step, content)}
    elsewhere = ("languages", "trial.clips", "design.seed", *(["trial.match"] if not is_pair(content) else []))
    lists = (".right_for.",)
    left = [name for name in leaves(content) if name not in names and not name.startswith(elsewhere)]
    left = [name for name in left if not any(part in name for part in lists)]
    left = [name for name in left if name.rpartition(".")[0] not in names]  # a word of a list
    assert [name for name in left if name.rpartition(".")[2] not in {"kind", "of"}] == []


def leaves(content: object, path: tuple[object, ...] = ()) -> list[str]:
    """The names of all single values."""
    pairs = list(content.items()) if isinstance(content, dict) else []
    pairs = list(enumerate(content)) if isinstance(content, list) else pairs
    return [name for key, part in pairs for name in leaves(part, (*path, key))] if pairs else [".".join(map(str, path))]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_the_same_in_toml(text: str) -> None:
    content = {"title": {"en": "x"}, "instructions": {"en": text + "\nend"}, "consent": {"version": text + "."}}
    back = tomllib.loads(toml_of(content))
    assert back["consent"]["version"] == text + "."
    assert back["instructions"]["en"] == text + "\nend"


def test_plain_text_of_the_plan_has_a_field_in_each_language() -> None:
    before = study_toml().replace("[analysis]\n", '[analysis]\nhypotheses = ["One."]\n')
    content = content_of(before)
    assert content["analysis"]["exclusions"] == {"en": "None.", "zh-hans": "None."}
    assert content["analysis"]["hypotheses"] == {"en": ["One."], "zh-hans": ["One."]}
    assert parse(toml_of(content)).analysis == parse(before).analysis
    contents.put(content, ("analysis", "exclusions", "zh-hans"), "无。")
    assert parse(toml_of(content)).analysis.exclusions == {"en": "None.", "zh-hans": "无。"}
    contents.put(content, ("analysis", "exclusions", "zh-hans"), None)
    contents.put(content, ("analysis", "hypotheses", "en"), None)
    found = {fault.field: fault.words for fault in check(content)[1]}
    assert found["analysis.exclusions.zh-hans"] == "The translation is missing."
    assert found["analysis.hypotheses.en"] == "Write as many hypotheses in each language, one per line."


def test_draft_of_an_earlier_version_has_its_plan_in_each_language() -> None:
    draft: Content = {"languages": ["en", "zh-hans"], "analysis": {"dropouts": "Kept.", "alpha": 0.05}}
    assert contents.with_plan_shaped(draft)["analysis"] == {
        "dropouts": {"en": "Kept.", "zh-hans": "Kept."},
        "alpha": 0.05,
    }
    assert contents.with_plan_shaped({}) == {}


def test_text_of_the_only_language_may_be_plain() -> None:
    content = content_of('title = "A study"\nlanguages = ["en"]\n[consent]\nversion = "1"\ntext = "Yes."')
    assert content["title"] == {"en": "A study"}
    assert content["consent"] == {"version": "1", "text": {"en": "Yes."}}


def test_values_of_the_wrong_shape_are_left_out() -> None:
    content = drafted(
        {"languages": "en", "title": 5, "design": [], "systems": [1, {"id": "a", "label": 3}], "questions": {}}
    )
    assert content == {
        "languages": "en",
        "title": {},
        "design": {},
        "systems": [{"id": "a", "label": {}}],
        "questions": [],
    }
    assert check(content)[0] is None


def test_fault_names_its_page_and_its_field() -> None:
    content = example()
    content["questions"][1]["maximum"] = 0
    del content["questions"][0]["label"]["zh-hans"]
    content["analysis"]["primary_scale"] = "nothing"
    content["design"].pop("clips_per_system")
    found = {(fault.step, fault.field): fault.words for fault in check(content)[1]}
    assert found["questions", "questions.0.label.zh-hans"] == "The translation is missing."
    assert "is not valid" in found["questions", "questions.1.maximum"]
    assert "is not one of the questions" in found["plan", "analysis.primary_scale"]
    assert found["clips", "design.clips_per_system"] == "This field is empty."


def test_empty_draft_has_faults_and_is_kept() -> None:
    file, faults = check({})
    assert file is None
    assert {fault.step for fault in faults} >= {"start", "clips", "questions", "words", "people", "plan"}
    assert toml_of({}) == "\n"


def test_new_name_of_a_system_is_used_everywhere() -> None:
    content = example("ab")
    contents.put(content, ("systems", 2, "id"), "people")
    assert content["analysis"]["contrasts"] == [["model-a", "people"], ["model-b", "people"], ["model-a", "model-b"]]
    assert check(content)[1] == []


def test_deleted_system_takes_its_contrasts_along() -> None:
    content = example("ab")
    content["design"]["repeats"] = 0
    assert contents.delete(content, ("systems", 2)) == ("systems", 1)
    assert content["analysis"]["contrasts"] == [["model-a", "model-b"]]
    assert check(content)[1] == []


def test_copy_of_an_entry_has_a_name_of_its_own() -> None:
    content = example()
    assert contents.duplicate(content, ("questions", 0)) == ("questions", 1)
    assert [row["key"] for row in content["questions"]] == ["naturalness", "naturalness_2", "overall"]
    assert check(content)[1] == []


def test_entries_move_within_their_list() -> None:
    content = example()
    before = copy.deepcopy(content["questions"])
    assert contents.move(content, ("questions", 0), -1) == ("questions", 0)
    assert contents.move(content, ("questions", 0), 1) == ("questions", 1)
    assert content["questions"] == before[::-1]


@pytest.mark.parametrize("text", [study_toml(), pair_toml()])
def test_form_of_a_trial_changes_both_ways(text: str) -> None:
    content = content_of(text)
    clips = content.get("trial", {}).get("clips", 1)
    question: Content = {"kind": "preference" if clips == 1 else "rating", "key": "new", "label": {}}
    contents.set_form(content, 3 - clips, question)
    assert content["questions"] == [question]
    assert ("rounds" in content["design"]) is (clips == 1)
    assert content["analysis"]["primary_scale"] == "new"


def test_language_that_is_taken_out_takes_its_texts_along() -> None:
    content = example()
    contents.set_languages(content, ["en"])
    assert "zh-hans" not in str(content)
    assert check(content)[1] == []


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("design.repeats", " 4 ", 4),
        ("design.repeats", "four", "four"),
        ("design.break_after", "half", "half"),
        ("design.break_after", "7", 7),
        ("analysis.smallest_gap", "0,5", 0.5),
        ("analysis.alpha", "inf", "inf"),
        ("analysis.hypotheses.en", "One.\n\n Two.", ["One.", "Two."]),
        ("consent.text.en", "a\r\n\r\nb ", "a\n\nb"),
        ("title.en", "  ", None),
        ("background.0.required", "", False),
        ("background.0.required", "yes", True),
    ],
)
def test_typed_value_is_what_the_study_file_has(name: str, text: str, value: object) -> None:
    content = example("daur")
    fields = {key: field for step in STEPS for key, field in fields_of(step, content).items()}
    assert typed(fields[name], text) == value


def test_right_answers_follow_the_names_of_systems() -> None:
    content = example("human-or-computer")
    contents.put(content, ("systems", 0, "id"), "ours")
    contents.delete(content, ("systems", 1))
    right = [choice["right_for"] for choice in content["questions"][0]["choices"]]
    assert right == [["human"], ["ours"]]


def test_anchors_follow_the_names_of_systems() -> None:
    content = example("mushra")
    systems = [system["id"] for system in content["systems"]]
    contents.put(content, ("systems", systems.index("mid"), "id"), "middle")
    contents.delete(content, ("systems", systems.index("low")))
    assert content["trial"]["anchors"] == ["middle"]
    chosen = {value for value, _ in fields_of("clips", content)["trial.anchors"].choices}
    assert chosen == {"model-a", "model-b", "middle"}


def test_right_answer_of_a_check_follows_its_name() -> None:
    content = content_of(checks_toml(study_toml()))
    contents.put(content, ("attention_checks", 0, "choices", 0, "key"), "first")
    contents.put(content, ("attention_checks", 0, "choices", 1, "key"), "second")
    assert content["attention_checks"][0]["right"] == "second"
    assert check(content)[1] == []


def test_rule_on_checks_keeps_its_field_without_checks() -> None:
    content = content_of(checks_toml(study_toml(), failed=1))
    contents.delete(content, ("attention_checks", 0))
    [fault] = check(content)[1]
    assert (fault.step, fault.field) == ("plan", "analysis.failed_checks")
    assert fault.words == "There are no attention checks. Add one under Questions, or empty this field."
    contents.put(content, ("analysis", "failed_checks"), None)
    assert "analysis.failed_checks" not in fields_of("plan", content)


def test_entries_are_called_in_the_language_of_the_dashboard() -> None:
    content = example("daur")  # in Chinese first
    names = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            names[language] = [section.name for section in sections_of("questions", content) if section.entry]
    assert names["en"][0] == content["questions"][0]["label"]["en"]
    assert names["zh-hans"][0] == content["questions"][0]["label"]["zh-hans"]
    contents.put(content, ("questions", 0, "label", "en"), None)
    assert sections_of("questions", content)[0].name == names["zh-hans"][0]
    contents.set_languages(content, ["zh-hans"])
    assert [section.name for section in sections_of("questions", content) if section.entry] == names["zh-hans"]


def test_words_of_points_and_of_known_songs_are_typed() -> None:
    content = example()
    points, known = (
        fields_of(step, content)[name] for step, name in (("questions", "questions.0.labels.en"), ("words", "known"))
    )
    assert typed(points, "low\n\n so so \n\nhigh\n") == ["low", "", "so so", "", "high"]
    assert typed(points, "  ") is None
    assert [typed(known, text) for text in ("", "no", "own")] == [None, False, {}]
    assert [shown(value, "wording") for value in (None, False, {}, {"en": "x"})] == ["", "no", "own", "own"]
    content["known"] = {}
    assert {"known.en", "known.zh-hans"} <= fields_of("words", content).keys()
