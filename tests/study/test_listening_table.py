"""listening.csv: what experts listened to of each clip of a trial, and of its reference or X."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest

from study import dataset, services
from study.dataset import file_formats
from study.models import Expert, Study, Trial
from tests.factories import (
    begin,
    context_of,
    make_abx_study,
    make_expert,
    make_pair_study,
    make_reference_study,
    make_set_study,
    make_study,
    trials_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
#: The places of a trial, by kind; 0 is its reference, or X.
KINDS = {"pairs": [1, 2], "sets": [1, 2, 3], "reference": [0, 1], "abx": [0, 1, 2]}


def of_kind(kind: str, folder: Path) -> Study:
    make: dict[str, Any] = {"pairs": make_pair_study, "sets": make_set_study, "abx": make_abx_study}
    return make_reference_study(folder, practice=0) if kind == "reference" else make[kind](folder, practice=0)


def listen(expert: Expert, trial: Trial, place: int, intervals: list[list[int]], plays: int) -> None:
    context = context_of(expert, trial)
    services.save_listening(context, client_uuid=uuid4(), place=place, intervals=intervals, events=[], plays=plays)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "listening.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_place_has_what_was_heard_of_it(kind: str, tmp_path: Path) -> None:
    study = of_kind(kind, tmp_path / "study")
    expert, gone = make_expert(study, "e01"), make_expert(study, "e02")
    for each in (expert, gone):
        begin(each)
        trial = trials_of(each)[0]
        for place in KINDS[kind]:
            listen(each, trial, place, [[0, 100], [50, 200]], 1)
            listen(each, trial, place, [[150, 200 + place]], 2)
    services.withdraw(gone, actor="test")
    dataset.export(study, tmp_path / "sealed")
    found = rows(tmp_path / "sealed")
    said = [(row["expert_id"], row["trial"], int(row["place"]), row["plays"], int(row["heard_ms"])) for row in found]
    assert said == [("e01", "1", place, "3", 200 + place) for place in KINDS[kind]]
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    dataset.export(study, tmp_path / "open")
    assert (tmp_path / "open/listening.csv").read_bytes() == (tmp_path / "sealed/listening.csv").read_bytes()


def test_every_description_has_the_table(tmp_path: Path) -> None:
    study = make_abx_study(tmp_path / "study", practice=0)
    expert = make_expert(study, "e01")
    begin(expert)
    listen(expert, trials_of(expert)[0], 0, [[0, 300]], 1)
    folder = tmp_path / "dataset"
    dataset.export(study, folder)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    table = next(part for part in package["resources"] if part["path"] == "listening.csv")
    assert table["schema"]["primaryKey"] == ["expert_id", "trial", "place"]
    assert "listening.csv" in {part["url"] for part in json.loads((folder / "csv-metadata.json").read_text())["tables"]}
    assert "/listening.csv" in (folder / ".psychdsignore").read_text(encoding="utf-8")
    with (folder / "codebook.csv").open(encoding="utf-8", newline="") as stream:
        described = [row["column"] for row in csv.DictReader(stream) if row["file"] == "listening.csv"]
    assert described == ["expert_id", "group", "trial", "place", "plays", "heard_ms"]
    with (tmp_path / "tables.xlsx").open("w+b") as target:
        file_formats.write(study, "xlsx", target, "en")
        assert "listening" in openpyxl.load_workbook(target).sheetnames
    assert "`listening.csv`" in (folder / "README.md").read_text(encoding="utf-8")


def test_single_clips_have_their_plays_in_the_ratings_alone(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study")
    dataset.export(study, tmp_path / "dataset")
    assert not (tmp_path / "dataset/listening.csv").exists()
