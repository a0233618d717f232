"""Choices in pairs and sets: of each clip and of the trial, from the study file to the report."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from formats.errors import InputError
from formats.study_file import parse
from study import clock, dataset, queries, services
from study.blinding import check_blinding
from study.dataset.verify import files_of, verify
from study.desk import progress
from study.errors import Refused
from study.management.blinding import sound_of
from study.models import Expert, Rating, Study, Trial
from study.room.access import expert_tag
from study.simulation import simulate
from tests.browser.conftest import unhurried
from tests.factories import (
    begin,
    clips_of,
    complete,
    enter,
    hear,
    make_expert,
    make_study,
    pair_toml,
    rate,
    rate_all,
    set_toml,
    several_choices_toml,
    trials_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

SYSTEMS = ("midi-gan", "mlstm", "real")
CHOICES = "data/study-small_task-choice_data.csv"
OF_TRIALS = "data/study-small_task-choice_description-trial_data.csv"


def text_of(form: str, **shape: Any) -> str:
    shape = {"systems": SYSTEMS, "clips": 3, "practice": 0, **shape}
    text = set_toml(**shape) if form == "set" else pair_toml(form="binary", **shape)
    return several_choices_toml(text, SYSTEMS)


@pytest.fixture(params=["pair", "set"])
def study(request: pytest.FixtureRequest, tmp_path: Path) -> Study:
    with unhurried(timedelta(hours=3)):
        return make_study(tmp_path, text=text_of(request.param), systems=SYSTEMS, clips=3, practice=0)


@pytest.fixture
def expert(study: Study) -> Expert:
    expert = make_expert(study)
    begin(expert)
    return expert


@pytest.fixture
def _time_passes() -> Iterator[None]:
    """Each look at the clock finds it half a second later, so that there is time for all clips."""
    begun, looks = clock.now(), count()
    with clock.use(lambda: begun + timedelta(seconds=next(looks) / 2)):
        yield


def answered(study: Study) -> Expert:
    """One whole session, with an answer to the second clip that was changed; the study is closed and unsealed."""
    expert = make_expert(study)
    begin(expert)
    with unhurried():
        rate_all(expert, 1)
        rate(expert, trials_of(expert)[0], "origin", 2, revision=2, place=2)
        services.submit(expert)
    services.close_study(study, actor="test")
    return expert


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def places(study: Study) -> int:
    return study.file.clips_per_trial


@pytest.mark.usefixtures("_time_passes")
def test_choice_is_kept_for_each_place_of_the_trial(study: Study, expert: Expert) -> None:
    trial = trials_of(expert)[0]
    hear(expert, trial)
    for place in range(1, places(study) + 1):
        rate(expert, trial, "origin", 1 + place % 2, place=place)
    kept = dict(Rating.objects.filter(trial=trial, scale="origin").values_list("place", "value"))
    assert kept == {place: 1 + place % 2 for place in range(1, places(study) + 1)}
    assert not queries.is_done(trial.pk, expert)
    complete(expert, trial)
    assert queries.is_done(trial.pk, expert)
    answers = places(study) * (3 if study.file.has_sets else 1) + (1 if study.file.has_sets else 2)
    assert Rating.objects.filter(trial=trial).count() == answers == study.file.answers_per_trial


@pytest.mark.usefixtures("_time_passes")
@pytest.mark.parametrize(("scale", "place"), [("origin", 0), ("origin", 12), ("use", 2), ("use", 0), ("none", 1)])
def test_place_that_a_question_has_not_is_refused(expert: Expert, scale: str, place: int) -> None:
    trial = trials_of(expert)[0]
    hear(expert, trial)
    with pytest.raises(Refused) as refused:
        rate(expert, trial, scale, 1, place=place)
    assert refused.value.status == 400
    assert not Rating.objects.exists()


@pytest.mark.usefixtures("_time_passes")
def test_choice_of_the_trial_needs_all_clips_heard(study: Study, expert: Expert) -> None:
    trial = trials_of(expert)[0]
    hear(expert, trial, 1)
    if study.file.has_sets:
        rate(expert, trial, "origin", 1, place=1)
        message = "Please listen to all clips to the end first."
    else:
        with pytest.raises(Refused):
            rate(expert, trial, "origin", 1, place=1)
        message = "Please listen to both clips to the end first."
    with pytest.raises(Refused, match=message):
        rate(expert, trial, "use", 1)
    hear(expert, trial, *range(2, places(study) + 1))
    rate(expert, trial, "use", 1)
    rate(expert, trial, "use", 2, revision=2)


def test_pages_show_each_question_at_its_clip(study: Study, client: Client) -> None:
    begin(expert := make_expert(study))
    enter(client, expert)
    trial = trials_of(expert)[0]
    page = client.get(reverse("room:trial", args=[trial.token])).content.decode()
    for place in range(1, places(study) + 1):
        assert page.count(f'data-scale="origin@{place}"') == 1
    assert page.count('data-scale="use"') == 1
    with unhurried():
        rate_all(expert, 1)
    review = client.get(reverse("room:review")).content.decode()
    named = (
        ["A · Origin", "B · Origin", "C · Origin"] if study.file.has_sets else ["First clip · Origin", "Second clip"]
    )
    assert all(name in review for name in named)
    assert review.count("A person") == places(study) * len(trials_of(expert))
    assert ">Use<" in review


def test_address_of_a_place_saves_there(study: Study, client: Client) -> None:
    begin(expert := make_expert(study))
    browser, trial = enter(client, expert), trials_of(expert)[0]
    with unhurried():
        hear(expert, trial)
        body = {"value": 2, "revision": 1, "client_uuid": str(uuid4()), "given_at": clock.now().isoformat()}
        numbers = {"plays": 1, "heard_ms": 100, "rt_ms": 100, "offset_ms": 0, "language": "en"}
        address, tag = reverse("room:rating", args=[trial.token, "origin@2"]), expert_tag(expert)
        said = browser.put(address, json.dumps(body | numbers), "application/json", headers={"X-Expert-Tag": tag})
        assert said.status_code == 200
    assert Rating.objects.get().place == 2


def test_dataset_has_choices_of_clips_and_of_trials(study: Study, tmp_path: Path) -> None:
    expert = answered(study)
    sealed = tmp_path / "sealed"
    dataset.export(study, sealed)
    assert not {"system", "clip_id", "correct"} & rows(sealed / CHOICES)[0].keys()
    assert not {"system_a", "clip_a", "prompt_id"} & rows(sealed / OF_TRIALS)[0].keys()
    services.open_seal(study, actor="test")
    folder = tmp_path / "dataset"
    dataset.export(study, folder)
    table, trials = rows(folder / CHOICES), trials_of(expert)
    assert verify(files_of(folder))[3] == Rating.objects.filter(revision=1).count()
    assert len(table) == places(study) * len(trials)
    first = [row for row in table if row["trial"] == "1"]
    assert [row["choice"] for row in first] == ["human", "computer", "human"][: places(study)]
    assert [row["place"] for row in first] == [str(place) for place in range(1, places(study) + 1)]
    assert [row["clip_id"] for row in first] == [clip.clip_id for clip in clips_of(trials[0])]
    for row in table:
        assert row["correct"] == str(int((row["system"] == "real") == (row["choice"] == "human")))
    of_trials = rows(folder / OF_TRIALS)
    assert [(row["question"], row["choice"]) for row in of_trials] == [("use", "yes")] * len(trials)
    assert ("clip_a" in of_trials[0]) == (not study.file.has_sets)
    book = {(row["file"], row["column"]) for row in rows(folder / "codebook.csv")}
    assert {(OF_TRIALS, "choice"), (CHOICES, "place"), (CHOICES, "correct")} <= book
    call_command("verify_log", folder / "events.jsonl")


def test_every_form_of_the_dataset_has_the_choices(study: Study, tmp_path: Path) -> None:
    answered(study)
    services.open_seal(study, actor="test")
    for form in ("xlsx", "sav"):
        with (tmp_path / f"small.{form}").open("wb") as target:
            dataset.write(study, form, target, "en")
    sheets = pandas.read_excel(tmp_path / "small.xlsx", sheet_name=None)
    assert {"choices", "choices-trial"} <= sheets.keys()
    frame = pandas.read_spss(tmp_path / "small.sav", convert_categoricals=False)
    assert ("origin" in frame.columns) == study.file.has_sets
    assert "use" not in frame.columns


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["pair", "set"])
def test_blinding_check_plays_and_passes(form: str, tmp_path: Path) -> None:
    draft = make_study(tmp_path, text=text_of(form), systems=SYSTEMS, clips=3, practice=0, draft=True)
    report = check_blinding(draft, sound_of, 1)
    assert report.faults == []
    assert report.clips == 9
    assert report.verdict.features > 0


def test_board_counts_every_answer(study: Study) -> None:
    expert = make_expert(study)
    begin(expert)
    with unhurried():
        complete(expert, trials_of(expert)[0])
        hear(expert, trials_of(expert)[1])
        rate(expert, trials_of(expert)[1], "origin", 1)
    [row] = [row for row in progress.board(study).rows if row.expert == expert]
    assert row.done == 1


def test_simulated_answers_are_analysed(study: Study, tmp_path: Path) -> None:
    copy = simulate(study, 5, replace=False)
    trials = Trial.objects.filter(slot__study=copy, phase="study").count()
    counts = Counter(Rating.objects.filter(trial__slot__study=copy).values_list("scale", flat=True))
    assert (counts["origin"], counts["use"]) == (trials * places(study), trials)
    folder = tmp_path / "dataset"
    dataset.export(copy, folder)
    output = io.StringIO()
    call_command("analyse", folder, "--out", tmp_path / "main", "--no-figures", "--replicates", "1000", stderr=output)
    call_command("analyse", *command_of(output.getvalue()), "--out", tmp_path / "report")
    shares = pandas.read_csv(tmp_path / "report/tables/shares.csv")
    origin, use = shares[shares["question"] == "origin"], shares[shares["question"] == "use"]
    assert set(origin["system"]) == set(SYSTEMS)
    pairs = {"midi-gan / mlstm", "midi-gan / real", "mlstm / real"}
    assert set(use["system"]) == ({"*"} if study.file.has_sets else pairs)
    assert use["answers"].sum() == trials
    page = (tmp_path / "report/report.html").read_text("utf-8")
    assert ("All systems of a page" in page) == study.file.has_sets
    assert ("midi-gan – mlstm" in page.lower()) != study.file.has_sets


def command_of(said: str) -> list[str]:
    """What `analyse` advises to analyse too."""
    return said.partition("The choices have a report of their own: analyse ")[2].splitlines()[0].split()


@pytest.mark.parametrize("form", ["pair", "set"])
def test_choices_of_trials_alone_have_a_report(form: str, tmp_path: Path) -> None:
    before, origin, rest = text_of(form).partition('[[questions]]\nkey = "origin"')
    text = before + "[[questions]]" + rest.partition("[[questions]]")[2]
    assert origin
    copy = simulate(make_study(tmp_path, text=text, systems=SYSTEMS, clips=3, practice=0), 5, replace=False)
    folder, output = tmp_path / "dataset", io.StringIO()
    dataset.export(copy, folder)
    call_command("analyse", folder, "--out", tmp_path / "main", "--no-figures", "--replicates", "1000", stderr=output)
    call_command("analyse", *command_of(output.getvalue()), "--out", tmp_path / "report", "--no-figures")
    shares = pandas.read_csv(tmp_path / "report/tables/shares.csv")
    assert set(shares.dropna(subset="choice")["question"]) == {"use"}


@pytest.mark.parametrize(
    ("form", "before", "after", "fault"),
    [
        ("pair", 'key = "yes"', 'key = "a"', 'Write kind = "preference" instead.'),
        ("set", 'key = "yes"', 'key = "1"', 'Ask about each clip: write of = "clip".'),
        ("set", '（中）" } },\n{ key = "no"', '（中）" }, right_for = ["real"] },\n{ key = "no"', "Delete right_for"),
    ],
)
def test_file_says_what_a_choice_of_the_trial_cannot_be(form: str, before: str, after: str, fault: str) -> None:
    text = text_of(form).replace(before, after)
    text = (
        text.replace('key = "no"', 'key = "b"' if after.endswith('"a"') else 'key = "2"') if fault[0] != "D" else text
    )
    with pytest.raises(InputError, match=f"line \\d+, questions\\[.*choices: .*{fault}"):
        parse(text)
