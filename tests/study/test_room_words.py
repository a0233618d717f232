"""Words of a study's own: labels of all points of a scale, and the box for a song that is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from formats.errors import InputError
from formats.study_file import StudyFile, parse
from study.dataset.schema import known_column, scale_column
from study.models import Study
from tests.factories import begin, enter, make_expert, make_study, study_toml, trials_of

WORDS = {"en": ["least", "little", "", "much", "most"], "zh-hans": ["least（中）", "", "", "多", "most（中）"]}
SITE = "I knew this song before this study"


def toml(texts: dict[str, list[str]]) -> str:
    return ", ".join(f"{language} = {json.dumps(words, ensure_ascii=False)}" for language, words in texts.items())


def labelled(texts: dict[str, list[str]]) -> str:
    return study_toml().replace("\nminimum = 1", f"\nlabels = {{ {toml(texts)} }}\nminimum = 1", 1)


def fault_of(text: str) -> str:
    with pytest.raises(InputError) as refused:
        parse(text)
    return str(refused.value)


def test_labels_are_read_for_each_point_and_language() -> None:
    file = parse(labelled(WORDS))
    assert file.scales[0].labels_in("zh-hans") == WORDS["zh-hans"]
    assert file.scales[0].texts("en")["labels"] == "1 = least; 2 = little; 4 = much; 5 = most"
    assert "labels" not in file.scales[1].texts("en")
    assert StudyFile.model_validate(file.as_json()) == file
    assert file.scales[0].wording("en") != parse(study_toml()).scales[0].wording("en")
    assert file.scales[1].wording("en") == parse(study_toml()).scales[1].wording("en")


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"en": WORDS["en"]}, 'scales[1].labels: Write a word for each point in each language: { en = ["…", "…"], zh-'),
        (WORDS | {"en": ["least", "most"]}, "scales[1].labels: There are 2 labels in en. Write 5, one for each point."),
        (
            WORDS | {"en": ["a", "", "", "", "most"]},
            "label in en are not those of low and high. Write 'least' and 'most'",
        ),
    ],
)
def test_labels_that_do_not_fit_are_named(words: dict[str, list[str]], said: str) -> None:
    assert said in fault_of(labelled(words))


@pytest.mark.usefixtures("in_english")
def test_slider_has_no_labels() -> None:
    text = labelled(WORDS).replace("maximum = 5", "maximum = 100", 1)
    assert "Only scales of up to 11 points have labels. Delete this key." in fault_of(text)


@pytest.mark.usefixtures("in_english")
def test_known_is_false_or_worded() -> None:
    known = 'known = { en = "I have played it", zh-hans = "我演奏过" }\n'
    assert parse(known + study_toml()).known == {"en": "I have played it", "zh-hans": "我演奏过"}
    assert parse("known = false\n" + study_toml()).known is False
    assert parse(study_toml()).known is None
    assert "known: Write false, or a text in each language." in fault_of("known = true\n" + study_toml())
    assert "known: Write a text in each language" in fault_of('known = "x"\n' + study_toml())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("known", "box"), [("", SITE), ("known = false\n", ""), ('known = { en = "Heard", zh-hans = "听过" }\n', "Heard")]
)
def test_box_for_a_known_song_is_as_the_study_words_it(client: Client, tmp_path: Path, known: str, box: str) -> None:
    study = make_study(tmp_path, text=known + study_toml(practice=0), practice=0)
    shown = trial_page(client, study)
    assert ('name="known"' in shown) is bool(box)
    assert (f"<span>{box}</span>" in shown) is bool(box)
    assert (SITE in shown) is (box == SITE)
    assert 'name="comment"' in shown
    said = known_column(study.file).meaning["en"]
    assert (said == "Heard") is (box == "Heard")
    assert ("did not ask" in said) is (not box)


@pytest.mark.django_db
def test_labels_stand_at_their_points_and_in_the_codebook(client: Client, tmp_path: Path) -> None:
    study = make_study(tmp_path, text=labelled(WORDS), practice=1)
    shown = trial_page(client, study)
    points = "<span>1</span><small>least</small></label>", "<span>3</span><small></small></label>"
    assert all(point in shown for point in points)
    assert shown.count('class="scale labelled"') == 1
    assert "ends-valence" not in shown
    assert "mukulen/labels.css" in shown
    values = {value: texts["en"] for value, texts in scale_column(study.file.scales[0]).values.items()}
    assert values == {"1": "least", "2": "little", "4": "much", "5": "most"}


def trial_page(client: Client, study: Study) -> str:
    expert = make_expert(study, "alice")
    begin(expert)
    enter(client, expert)
    first = (trials_of(expert, "practice") or trials_of(expert))[0]
    return client.get(f"/room/t/{first.token}/").text
