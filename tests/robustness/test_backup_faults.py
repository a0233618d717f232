"""What goes wrong around a backup or a restore is said in a sentence, and leaves everything as it was."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django.fixtures import Settings

from study.backup.making import SCRATCH
from study.models import Study
from tests.robustness.conftest import STRANGER
from tests.robustness.test_backup import everything, manifest, rewritten

pytestmark = pytest.mark.django_db(transaction=True)


def refusal(path: Path, *options: str) -> str:
    """What `restore` says of an archive that it does not take; nothing has changed then."""
    before = everything()
    with pytest.raises(CommandError) as refused:
        call_command("restore", str(path), *(options or ["--replace"]))
    assert everything() == before
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_database_that_a_newer_version_has_changed_is_not_filled_by_an_older_one(saved: Path) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("study", "9999_of_next_year")
    try:
        said = refusal(saved)
    finally:
        recorder.record_unapplied("study", "9999_of_next_year")
    assert "newer schema (study 9999_of_next_year)" in said
    assert "Begin with an empty database" in said


def forged(path: Path, rows: dict[str, int], database: bytes | None = None) -> Path:
    """The archive with other counts in its manifest, and with another database whose hash is right."""
    told = {**manifest(path), "rows": rows}
    if database is None:
        return rewritten(path, manifest_json=json.dumps(told).encode())
    told["files"]["database.sqlite3"] = {"sha256": hashlib.sha256(database).hexdigest(), "bytes": len(database)}
    return rewritten(path, manifest_json=json.dumps(told).encode(), database_sqlite3=database)


def test_a_manifest_without_counts_is_damaged(saved: Path) -> None:
    assert "manifest.json is missing or damaged" in refusal(forged(saved, {}))


def test_a_manifest_that_counts_other_rows_is_refused(saved: Path) -> None:
    rows = manifest(saved)["rows"]
    held = rows["study.rating"]
    said = refusal(forged(saved, {**rows, "study.rating": held + 1}))
    assert f"manifest.json records {held + 1} rows of study.rating, database.sqlite3 has {held};" in said


def test_an_empty_database_is_not_taken_for_the_study_that_the_manifest_tells_of(tmp_path: Path, saved: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "empty.sqlite3")) as empty:
        empty.execute("PRAGMA user_version = 1")  # or the file would have no bytes
    said = refusal(forged(saved, manifest(saved)["rows"], (tmp_path / "empty.sqlite3").read_bytes()))
    assert "database.sqlite3 has 0;" in said


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """What a full disk does to this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_no_room_to_unpack_is_not_taken_for_damage(saved: Path) -> None:
    with pytest.raises(CommandError) as refused, no_file_larger_than(65536):
        call_command("restore", str(saved), "--check")
    assert "can't be unpacked in" in str(refused.value)
    assert "Set TMPDIR" in str(refused.value)


def test_clips_that_cannot_be_written_leave_the_database_as_it_was(
    saved: Path, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    said = refusal(saved)
    assert "can't be restored ([Errno 20] Not a directory" in said
    assert "the database is as it was" in said


def test_a_locked_database_is_no_reason_to_migrate(saved: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite locks a database whole")
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout = 0")
    try:
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(CommandError, match=r"\(database is locked\): something else is writing"):
                call_command("restore", str(saved), "--replace")
    finally:
        connection.connection.execute("PRAGMA busy_timeout = 20000")


def test_a_file_is_no_folder_for_a_backup(tmp_path: Path, study: Study) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "saved.zip", tmp_path / "file" / "deeper" / "saved.zip"):
        with pytest.raises(CommandError, match=f"saved.zip can't be written: {path.parent} is no folder"):
            call_command("backup", str(path))


def test_a_backup_replaces_no_other(saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(CommandError, match="exists already; name a new file, with the date"):
        call_command("backup", str(saved))
    assert saved.read_bytes() == before


def test_what_a_killed_backup_left_goes_with_the_next_night(tmp_path: Path, study: Study) -> None:
    """What another one has begun just now stays."""
    old, young = (tmp_path / "kept" / f"{SCRATCH}{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "database.sqlite3").touch()
    last_night = time.time() - 24 * 3600 + 60
    os.utime(old, (last_night, last_night))
    call_command("backup", str(tmp_path / "kept" / "saved.zip"))
    assert sorted((tmp_path / "kept").iterdir()) == [young, tmp_path / "kept" / "saved.zip"]


def test_failed_logins_are_in_no_backup_and_stay_where_they_are(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        database = archive.read("database.sqlite3")
    assert STRANGER[1:].encode() not in database
    assert not [name for name in manifest(saved)["rows"] if name.startswith("axes.")]
    call_command("restore", str(saved), "--replace")
    assert AccessAttempt.objects.get().ip_address == "192.0.2.7"


def test_files_of_jobs_are_kept_and_not_counted_as_clips(
    tmp_path: Path, study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    default_storage.save("jobs/token/report.json", ContentFile(b"{}"))
    call_command("backup", str(tmp_path / "saved.zip"))
    call_command("restore", str(tmp_path / "saved.zip"), "--check")
    files: dict[str, Any] = manifest(tmp_path / "saved.zip")["files"]
    assert "media/jobs/token/report.json" in files
    assert capsys.readouterr().out.count(f" {study.clips.count()} clips") == 2
