"""Datasets, simulations and blinding checks of trials of two clips."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pandas
import pyreadstat
import pytest
from django.conf import settings as site
from django.core.management import call_command
from pytest_django.fixtures import Settings

from formats.dataset import read_description
from formats.files import sha256_of
from study import dataset, queries, services
from study.blinding import Report, check_blinding
from study.dataset.folder import export
from study.dataset.verify import files_of, verify
from study.management.blinding import sound_of
from study.models import Study
from study.simulation import simulate
from tests.browser.conftest import unhurried
from tests.factories import begin, clips_of, hear, make_expert, make_pair_study, rate, trials_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

SYSTEMS = ("midi-gan", "mlstm", "real")
TABLE = "data/study-small_task-comparison_data.csv"
BEFORE = ["expert_id", "group", "trial", "block", "position", "is_repeat", "known", "question"]
HEARD = ["prompt_id", "clip_a", "system_a", "clip_b", "system_b"]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Closed, with one whole session whose first answer was changed, and one that ended early."""
    with unhurried(timedelta(hours=3)):
        study = make_pair_study(tmp_path, systems=SYSTEMS, rounds=3, repeats=1, practice=1)
    with unhurried():
        for code, answers in (("e01", 99), ("e02", 3)):
            expert = make_expert(study, code)
            begin(expert)
            while (trial := queries.current_trial(expert)) is not None and answers:
                hear(expert, trial)
                rate(expert, trial, "better", trial.number % 7 - 3)
                answers -= 1
            if code == "e01":
                rate(expert, trials_of(expert)[0], "better", 3, revision=2)
                services.submit(expert)
    services.close_study(study, actor="test")
    return study


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_sealed_comparisons_name_no_clip_system_or_prompt(study: Study, tmp_path: Path) -> None:
    export(study, tmp_path / "dataset")
    found = rows(tmp_path / "dataset" / TABLE)
    assert [name for name in found[0] if name in HEARD] == []
    assert len(found) == 10 + 2
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "dataset").rglob("*.csv"))
    assert not any(clip.clip_id in text or str(clip.pack_entry["clip_id"]) in text for clip in study.clips.all())
    assert "prompt-" not in text


def test_open_comparisons_have_both_clips_and_the_answer_that_counts(study: Study, tmp_path: Path) -> None:
    services.open_seal(study, actor="test")
    export(study, tmp_path / "dataset")
    found = rows(tmp_path / "dataset" / TABLE)
    assert list(found[0])[: len(BEFORE + HEARD) + 2] == [*BEFORE, *HEARD, "value", "revision"]
    expert = study.experts.get(code="e01")
    for trial, row in zip(trials_of(expert), found, strict=False):
        one, other = clips_of(trial)
        assert one.system is not None
        assert other.system is not None
        heard = [one.pack_entry["prompt_id"], one.clip_id, one.system.system_id, other.clip_id, other.system.system_id]
        assert [row[name] for name in HEARD] == heard
        value = queries.answers(trial, expert)["better"].value
        assert (row["expert_id"], int(row["trial"]), int(row["value"])) == ("e01", trial.number, value)
    assert (found[0]["value"], found[0]["revision"]) == ("3", "2")
    assert sum(row["is_repeat"] == "1" for row in found) == 1


def test_every_form_and_descriptor_knows_the_comparisons(study: Study, tmp_path: Path) -> None:
    services.open_seal(study, actor="test")
    folder = tmp_path / "dataset"
    export(study, folder)
    found = rows(folder / TABLE)
    described = {(row["file"], row["column"]) for row in rows(folder / "codebook.csv")}
    assert {(TABLE, name) for name in found[0]} <= described
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    [resource] = [resource for resource in package["resources"] if resource["path"] == TABLE]
    value = next(field for field in resource["schema"]["fields"] if field["name"] == "value")
    assert (value["constraints"]["minimum"], value["constraints"]["maximum"]) == (-3, 3)
    about = read_description(json.loads((folder / "dataset_description.json").read_text("utf-8"))["mukulen"])
    assert [(question.key, getattr(question, "form", "")) for question in about.questions] == [("better", "graded")]
    assert {row["middle"] for row in rows(folder / "wordings.csv")} == {"no difference", "no difference（中）"}
    book, sav = io.BytesIO(), tmp_path / "small.sav"
    dataset.write(study, "xlsx", book, "en")
    assert pandas.read_excel(book, sheet_name="comparisons")["value"].tolist() == [int(row["value"]) for row in found]
    with sav.open("wb") as target:
        dataset.write(study, "sav", target, "en")
    frame, _ = pyreadstat.read_sav(str(sav))
    assert frame["value"].tolist() == [int(row["value"]) for row in found]
    packed = io.BytesIO()
    dataset.write(study, "zip", packed, "en")
    assert any(name.endswith(TABLE) for name in zipfile.ZipFile(packed).namelist())


def test_played_pairs_are_compared_with_the_published_plans(study: Study, tmp_path: Path) -> None:
    services.open_seal(study, actor="test")
    export(study, tmp_path / "dataset")
    log = tmp_path / "dataset" / "events.jsonl"
    call_command("verify_log", str(log))
    assert verify(files_of(tmp_path / "dataset"))[3] == 12
    table = tmp_path / "dataset" / TABLE
    first = rows(table)[0]
    exchanged = f"{first['clip_b']},{first['system_b']},{first['clip_a']},{first['system_a']}"
    planned = f"{first['clip_a']},{first['system_a']},{first['clip_b']},{first['system_b']}"
    table.write_text(table.read_text("utf-8").replace(planned, exchanged, 1), encoding="utf-8")
    with pytest.raises(Exception, match="heard another clip in trial 1 than was planned"):
        call_command("verify_log", str(log))


def test_simulated_pairs_fill_every_slot_alike(study: Study, tmp_path: Path) -> None:
    copy = simulate(study, 5, replace=False)
    assert copy.experts.count() == 2
    for trial in trials_of(copy.experts.select_related("slot").earliest("pk")):
        one, other = clips_of(trial)
        assert one.pack_entry["prompt_id"] == other.pack_entry["prompt_id"]
    values = set(copy.experts.values_list("ratings__value", flat=True))
    assert values <= set(range(-3, 4))
    assert len(values) > 2
    export(copy, tmp_path / "one")
    again = simulate(study, 5, replace=True)
    export(again, tmp_path / "two")
    name = "data/study-smallsimulated_task-comparison_data.csv"
    assert sha256_of(tmp_path / "one" / name) == sha256_of(tmp_path / "two" / name)


@pytest.fixture
def draft(tmp_path: Path) -> Study:
    systems = ("midi-gan", "mlstm", "transformer", "real")
    return make_pair_study(tmp_path, systems=systems, clips=5, rounds=5, slots=8, practice=1, draft=True)


def check(study: Study) -> Report:
    return check_blinding(study, sound_of, 1)


@pytest.mark.django_db(transaction=True)
def test_clean_study_of_pairs_passes_the_blinding_check(draft: Study) -> None:
    report = check(draft)
    assert report.faults == []
    assert report.clips == 22
    assert report.verdict.features > 20
    assert set(report.grouped) == {2, 3, 4, 5, 6}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("leak", "said"), [("naming_second_clip", "X-Origin"), ("counted_second_clip", "separates")])
def test_leak_of_the_second_clip_is_caught(draft: Study, settings: Settings, leak: str, said: str) -> None:
    settings.MIDDLEWARE = [*site.MIDDLEWARE, f"tests.study.leaks.{leak}"]
    assert any(said in fault for fault in check(draft).faults)
