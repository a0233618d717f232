"""Choices on single clips: what a save takes and refuses, what datasets say, and what the other rooms make of them."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas
import pyreadstat
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from formats.dataset import read_description
from formats.errors import InputError
from formats.files import sha256_of
from formats.study_file import parse
from study import dataset, services
from study.blinding import check_blinding
from study.dataset.folder import export
from study.dataset.verify import Broken, files_of, verify
from study.desk import progress
from study.errors import Refused
from study.management.blinding import sound_of
from study.models import Expert, Rating, Study
from study.simulation import simulate
from tests.browser.conftest import unhurried
from tests.factories import (
    begin,
    choice_toml,
    enter,
    hear,
    make_choice_study,
    make_expert,
    make_study,
    rate,
    rate_all,
    trials_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

SYSTEMS = ("midi-gan", "mlstm", "real")
TABLE = "data/study-small_task-choice_data.csv"


def opened(folder: Path, scales: tuple[str, ...] = ()) -> Study:
    """Opened three hours ago."""
    with unhurried(timedelta(hours=3)):
        return make_choice_study(folder, systems=SYSTEMS, scales=scales)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return opened(tmp_path)


@pytest.fixture
def expert(study: Study) -> Expert:
    expert = make_expert(study)
    begin(expert)
    return expert


def answered(study: Study) -> Study:
    """Closed, with one whole session, in which every other answer is "a person", and the first was changed."""
    expert = make_expert(study)
    begin(expert)
    with unhurried():
        for trial in trials_of(expert):
            hear(expert, trial)
            for scale in study.file.scales:
                rate(expert, trial, scale.key, 4)
            rate(expert, trial, "origin", 1 + trial.number % 2)
        rate(expert, trials_of(expert)[0], "origin", 1, revision=2)
        services.submit(expert)
    services.close_study(study, actor="test")
    return study


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_plan_freezes_the_question_with_its_right_answers(study: Study) -> None:
    [question] = study.plan["questions"]
    assert [choice["right_for"] for choice in question["choices"]] == [["real"], ["midi-gan", "mlstm"]]
    assert study.plan["scales"] == []


def test_plan_of_scales_alone_has_no_further_parts(tmp_path: Path) -> None:
    assert set(make_study(tmp_path).plan) == {
        "schema",
        "study_file_sha256",
        "scales",
        "analysis",
        "design",
        "commitment",
    }


def test_choice_is_saved_by_its_number_with_its_wording(expert: Expert) -> None:
    [trial, *_] = trials_of(expert)
    hear(expert, trial)
    rating = rate(expert, trial, "origin", 2)
    assert (rating.value, rating.wording) == (2, expert.study.file.asked("origin").wording("en"))
    rate(expert, trial, "origin", 1, revision=2)
    assert list(trial.ratings.order_by("revision").values_list("value", flat=True)) == [2, 1]


@pytest.mark.parametrize("value", [0, 3, -1, 1.0, True, "human", None])
def test_value_that_is_no_choice_is_refused(expert: Expert, value: Any) -> None:
    [trial, *_] = trials_of(expert)
    hear(expert, trial)
    with pytest.raises(Refused, match="Please choose one of the answers shown"):
        rate(expert, trial, "origin", value)
    assert not Rating.objects.exists()


def test_choice_needs_the_clip_heard(expert: Expert) -> None:
    with pytest.raises(Refused, match="listen to the whole clip"):
        rate(expert, trials_of(expert)[0], "origin", 1)


def test_pages_show_the_answers_and_not_which_is_right(expert: Expert, client: Client) -> None:
    rate_all(expert, 2)
    browser = enter(client, expert)
    trial = browser.get(reverse("room:trial", args=[trials_of(expert)[0].token])).content.decode()
    review = browser.get(reverse("room:review")).content.decode()
    for page in (trial, review, browser.get(reverse("room:instructions")).content.decode()):
        assert "A program" in page
        assert not any(system in page for system in SYSTEMS)
    assert trial.count('name="origin"') == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('right_for = ["real"]', 'right_for = ["real", "midi-gan"]'), "Two choices are right for 'midi-gan'."),
        (('right_for = ["midi-gan"]', "right_for = []"), "No choice is right for 'midi-gan'. Add it to a right_for."),
        (("smallest_gap = 0.5", "smallest_gap = 5"), "analysis.smallest_gap: 5 is out of range."),
    ],
)
def test_right_answers_that_do_not_fit_are_named(change: tuple[str, str], said: str) -> None:
    with pytest.raises(InputError) as found:
        parse(choice_toml().replace(*change))
    assert said in str(found.value)


def test_sealed_choices_name_no_system_and_no_right_answer(study: Study, tmp_path: Path) -> None:
    export(answered(study), tmp_path / "dataset")
    found = rows(tmp_path / "dataset" / TABLE)
    assert {"system", "clip_id", "correct"}.isdisjoint(found[0])
    assert {row["choice"] for row in found} == {"human", "computer"}
    assert (found[0]["choice"], found[0]["revision"]) == ("human", "2")
    assert not list((tmp_path / "dataset" / "data").glob("*task-rating*"))
    said = json.loads((tmp_path / "dataset" / "dataset_description.json").read_text("utf-8"))["mukulen"]
    assert "right_for" not in json.dumps(said)


def test_open_choices_say_which_are_right(study: Study, tmp_path: Path) -> None:
    services.open_seal(answered(study), actor="test")
    folder = tmp_path / "dataset"
    export(study, folder)
    found = rows(folder / TABLE)
    assert len(found) == 6
    for row in found:
        assert row["correct"] == str(int((row["choice"] == "human") == (row["system"] == "real")))
    described = {(row["file"], row["column"]) for row in rows(folder / "codebook.csv")}
    assert {(TABLE, name) for name in found[0]} <= described
    about = read_description(json.loads((folder / "dataset_description.json").read_text("utf-8"))["mukulen"])
    assert [question.kind for question in about.questions] == ["choice"]
    assert {row["choices"] for row in rows(folder / "wordings.csv")} == {
        "human = A person; computer = A program",
        "human = A person（中）; computer = A program（中）",
    }
    assert verify(files_of(folder))[3] == 6
    call_command("verify_log", str(folder / "events.jsonl"))


def test_choice_of_another_clip_than_planned_is_found(study: Study, tmp_path: Path) -> None:
    services.open_seal(answered(study), actor="test")
    export(study, tmp_path / "dataset")
    files = files_of(tmp_path / "dataset")
    ids = [row["clip_id"] for row in rows(tmp_path / "dataset" / TABLE)]
    changed = files[TABLE].decode().replace(ids[0], "@").replace(ids[1], ids[0]).replace("@", ids[1])
    with pytest.raises(Broken, match="was changed"):
        verify({**files, TABLE: changed.encode()})
    (tmp_path / "dataset" / TABLE).write_text(changed, encoding="utf-8")
    with pytest.raises(Exception, match="heard another clip in trial 1 than was planned"):
        call_command("verify_log", str(tmp_path / "dataset" / "events.jsonl"))


@pytest.mark.parametrize("scales", [(), ("overall",)])
def test_workbook_and_spss_file_have_the_choices(tmp_path: Path, scales: tuple[str, ...]) -> None:
    study = answered(opened(tmp_path, scales))
    services.open_seal(study, actor="test")
    export(study, tmp_path / "dataset")
    chosen = [row["choice"] for row in rows(tmp_path / "dataset" / TABLE)]
    book, sav = io.BytesIO(), tmp_path / "small.sav"
    dataset.write(study, "xlsx", book, "en")
    assert pandas.read_excel(book, sheet_name="choices")["choice"].tolist() == chosen
    with sav.open("wb") as target:
        dataset.write(study, "sav", target, "en")
    frame, meta = pyreadstat.read_sav(str(sav))
    name = "origin" if scales else "choice"
    assert frame[name].tolist() == chosen
    assert sorted(map(str, meta.variable_value_labels[name].values())) == ["A person", "A program"]


def test_ratings_and_choices_of_one_study_have_a_table_each(tmp_path: Path) -> None:
    study = answered(opened(tmp_path, ("overall",)))
    services.open_seal(study, actor="test")
    export(study, tmp_path / "dataset")
    ratings = rows(tmp_path / "dataset/data/study-small_task-rating_data.csv")
    assert {row["scale"] for row in ratings} == {"overall"}
    wide = rows(tmp_path / "dataset/data/study-small_task-rating_description-wide_data.csv")
    assert [row["origin"] for row in wide] == [row["choice"] for row in rows(tmp_path / "dataset" / TABLE)]
    assert verify(files_of(tmp_path / "dataset"))[3] == 12


def test_simulated_experts_tell_some_of_the_systems_apart(tmp_path: Path) -> None:
    study = make_choice_study(tmp_path, systems=SYSTEMS, clips=8, heard=8, slots=12)
    copy = simulate(study, 5, replace=False)
    export(copy, tmp_path / "one")
    name = "data/study-smallsimulated_task-choice_data.csv"
    found = rows(tmp_path / "one" / name)
    assert len(found) == 12 * 24
    right = sum(row["correct"] == "1" for row in found) / len(found)
    assert 0.5 < right < 0.9
    export(simulate(study, 5, replace=True), tmp_path / "two")
    assert sha256_of(tmp_path / "one" / name) == sha256_of(tmp_path / "two" / name)


def test_same_answer_to_most_clips_is_no_flag(tmp_path: Path) -> None:
    """Most clips are of programs, so that who answers rightly gives the same answer often."""
    study = make_choice_study(tmp_path, systems=SYSTEMS, clips=5, heard=5)
    expert = make_expert(study)
    begin(expert)
    with unhurried():
        rate_all(expert, 2)
    [row] = progress.board(study).rows
    assert (row.done, "straight-lining" in row.reasons.ask) == (15, False)


def test_withdrawn_choices_leave_the_dataset(study: Study, tmp_path: Path) -> None:
    expert = answered(study).experts.get()
    services.withdraw(expert, actor="test")
    services.open_seal(study, actor="test")
    export(study, tmp_path / "dataset")
    assert rows(tmp_path / "dataset" / TABLE) == []


@pytest.mark.django_db(transaction=True)
def test_study_of_choices_passes_the_blinding_check(tmp_path: Path) -> None:
    systems = ("midi-gan", "mlstm", "transformer", "real")
    study = make_choice_study(tmp_path, systems=systems, clips=5, heard=5, slots=8, practice=1, draft=True)
    report = check_blinding(study, sound_of, 1)
    assert report.faults == []
