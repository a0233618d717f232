"""Backup and restore: while others write, from one kind of store into the other, and never from a damaged archive."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from study import backup, services
from study.backup.rows import tables
from study.models import Expert, Rating, Study
from tests.factories import hear, make_link, rate, trials_of
from tests.robustness.postgres import HASTY, NoPostgres, cluster
from tests.robustness.servers import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    return {model._meta.label: list(model._base_manager.order_by("pk").values_list()) for model in tables()}


def rewritten(path: Path, **changes: bytes | None) -> Path:
    """A copy of an archive with files replaced, or left out; dots and slashes of a name are underscores."""
    copy = path.with_name("rewritten.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        for name in source.namelist():
            data = changes.get(name.replace(".", "_").replace("/", "_"), source.read(name))
            if data is not None:
                target.writestr(name, data)
    return copy


def manifest(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("manifest.json"))
        return found


def test_what_was_lost_comes_back_value_for_value(saved: Path, study: Study, alice: Expert) -> None:
    before = everything()
    clips = {name: default_storage.open(name).read() for name in study.clips.values_list("audio", flat=True)}
    for name in clips:
        default_storage.delete(name)
    services.withdraw(alice, actor="test")
    Rating.objects.all().delete()
    call_command("restore", str(saved), "--replace")
    assert everything() == before
    assert {name: default_storage.open(name).read() for name in clips} == clips
    assert services.broken_event(study) is None


def test_after_a_restore_new_rows_get_new_keys(saved: Path, study: Study, alice: Expert) -> None:
    call_command("restore", str(saved), "--replace")
    make_link(study, "later")
    assert study.experts.count() == 2


def test_a_study_in_the_way_is_not_replaced_unasked(saved: Path, alice: Expert) -> None:
    before = everything()
    with pytest.raises(CommandError, match="has studies already"):
        call_command("restore", str(saved))
    assert everything() == before


def test_a_backup_taken_while_others_save_is_whole(tmp_path: Path, alice: Expert) -> None:
    """Whatever was acknowledged before the backup began is in it, and it is sound."""
    trial, stop = trials_of(alice)[0], threading.Event()
    done: list[int] = []
    hear(alice, trial)

    def go_on() -> None:
        try:
            while not stop.is_set():
                done.append(rate(alice, trial, revision=len(done) + 1).revision)
        finally:
            connection.close()

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        for number in range(3):
            acknowledged = len(done)
            backup.write_backup(tmp_path / f"{number}.zip")
            with (
                backup.verified(tmp_path / f"{number}.zip") as (_, _, database),
                closing(sqlite3.connect(database)) as db,
            ):
                revisions = [row[0] for row in db.execute("SELECT revision FROM study_rating ORDER BY revision")]
            assert revisions == list(range(1, len(revisions) + 1))
            assert len(revisions) >= acknowledged
    finally:
        stop.set()
        writer.join()
    assert done


def test_a_damaged_file_is_named_and_nothing_is_touched(saved: Path, study: Study) -> None:
    before, damaged = everything(), study.clips.earliest("pk").audio
    data = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as archive:
        place = archive.getinfo(f"media/{damaged}").header_offset
    data[place + 200] ^= 1
    saved.write_bytes(data)
    with pytest.raises(CommandError, match=f"media/{damaged} is missing or damaged"):
        call_command("restore", str(saved), "--replace")
    assert everything() == before


def test_an_exchanged_file_is_named(saved: Path) -> None:
    with pytest.raises(CommandError, match=r"database.sqlite3 is missing or damaged"):
        call_command("restore", str(rewritten(saved, database_sqlite3=b"no database")), "--replace")


def test_an_archive_that_ends_too_early_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-3000])
    with pytest.raises(CommandError, match="no whole backup"):
        call_command("restore", str(saved), "--check")


def test_a_newer_schema_is_refused(saved: Path) -> None:
    newer = manifest(saved)
    newer["migrations"].append(["study", "9999_of_next_year"])
    with pytest.raises(CommandError, match="newer database schema .study 9999_of_next_year."):
        call_command("restore", str(rewritten(saved, manifest_json=json.dumps(newer).encode())), "--replace")


@pytest.mark.parametrize(
    "name",
    ["media/../../etc/passwd", "media//etc/passwd", "elsewhere", f"media/{300 * 'x'}", "media/\x1b.mp3", "media/é.mp3"],
)
def test_no_name_leads_out_of_the_clips_folder_or_is_one_that_no_clip_has(saved: Path, name: str) -> None:
    forged = manifest(saved)
    forged["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    with pytest.raises(CommandError, match=r"manifest.json is missing or damaged"):
        call_command("restore", str(rewritten(saved, manifest_json=json.dumps(forged).encode())), "--replace")


def test_a_missing_clip_stops_a_backup_before_anything_is_written(tmp_path: Path, study: Study) -> None:
    clip = study.clips.earliest("pk")
    default_storage.delete(clip.audio)
    with pytest.raises(CommandError, match=f"{clip.audio} is missing"):
        call_command("backup", str(tmp_path / "new" / "backup.zip"))
    assert list((tmp_path / "new").iterdir()) == []


def test_only_the_owner_can_read_a_backup(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600


def in_other_store(url: str, folder: Path, *command: str) -> None:
    """A command of a site whose database is elsewhere."""
    environment = {**os.environ, "DATABASE_URL": url, "MUKULEN_DATA": str(folder)}
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True, capture_output=True)


def dumped(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows in an archive, but for the times at which the schema's migrations were applied.

    PostgreSQL keeps the keys of a JSON object in an order of its own.
    """
    with zipfile.ZipFile(path) as archive:
        database = Path(archive.extract("database.sqlite3", path.with_suffix(".d")))
    with closing(sqlite3.connect(database)) as opened:
        names = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = sorted(name for name in names if not name.startswith(("sqlite_", "django_migrations")))
        rows = {name: opened.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in ours}
    return {name: [tuple(map(_plain, row)) for row in found] for name, found in rows.items()}


def _plain(cell: Any) -> Any:
    return json.loads(cell) if isinstance(cell, str) and cell[:1] in ("{", "[") else cell


def test_a_live_study_moves_to_the_other_kind_of_store_and_back_without_a_change(tmp_path: Path, saved: Path) -> None:
    """From SQLite to PostgreSQL, or where the suite runs on PostgreSQL from there to SQLite; and home again."""
    with ExitStack() as stack:
        if connection.vendor == "sqlite":
            try:
                url = stack.enter_context(cluster(**HASTY)).url
            except NoPostgres as reason:
                pytest.skip(str(reason))
        else:
            url = f"sqlite:///{tmp_path / 'moved.sqlite3'}"
        in_other_store(url, tmp_path / "there", "restore", str(saved))
        in_other_store(url, tmp_path / "there", "backup", str(tmp_path / "there.zip"))
    assert dumped(tmp_path / "there.zip") == dumped(saved)
    before = everything()
    call_command("restore", str(tmp_path / "there.zip"), "--replace")
    assert everything() == before
