"""A backup from before trials of several clips: it migrates and restores with every answer and the same dataset."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections

from study import backup, services
from study.backup.store import attached_sqlite
from study.dataset.folder import export
from study.models import Rating, Remark, Study
from study.sequences import broken_sessions
from tests.robustness.servers import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

BACKUP, DATASET = ROOT / "fixtures/backups/one-clip.zip", ROOT / "fixtures/backups/one-clip"
ANSWERS = "trial_id, expert_id, scale, value, revision, client_uuid, plays, heard_ms, rt_ms, late, language, wording"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def answers_in(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as opened:
        return opened.execute(f"SELECT {ANSWERS} FROM study_rating ORDER BY id").fetchall()  # noqa: S608  our own names


def test_earlier_database_migrates_with_every_answer() -> None:
    with backup.verified(BACKUP) as (_, manifest, database):
        before = answers_in(database)
        with attached_sqlite(database) as alias:
            call_command("migrate", database=alias, verbosity=0)
            connections[alias].check_constraints()
        assert answers_in(database) == before
    assert len(before) == manifest.rows["study.rating"] == 61


def test_earlier_backup_restores_with_the_same_dataset(tmp_path: Path) -> None:
    call_command("restore", str(BACKUP))
    study = Study.objects.get(slug="earlier")
    export(study, tmp_path / "dataset")
    for path in DATASET.rglob("*.csv"):
        earlier, now = table(path), table(tmp_path / "dataset" / path.relative_to(DATASET))
        assert [{key: row[key] for key in earlier[0]} for row in now] == earlier, path.name
    for name in ("plan.json", "sequences.json"):
        assert (tmp_path / "dataset" / name).read_bytes() == (DATASET / name).read_bytes()


def test_earlier_study_verifies_after_restore() -> None:
    call_command("restore", str(BACKUP))
    study = Study.objects.get(slug="earlier")
    assert (Rating.objects.count(), Remark.objects.count()) == (61, 14)
    assert services.broken_event(study) is None
    assert services.broken_plan(study) == ""
    assert broken_sessions(study) == ""
