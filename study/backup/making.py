"""Make a backup: a snapshot of the database, then the clips and other files."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from formats.errors import InputError
from formats.progress import bar
from study import clock
from study.backup.archive import DATABASE, MEDIA, Manifest, add, add_manifest
from study.backup.rows import count_rows
from study.backup.store import attached_sqlite, snapshot
from study.models import Clip

SCRATCH = ".mukulen-backup-"
#: What is older belongs to a backup that was killed: none takes half a day, and the next night's finds it.
FORGOTTEN_AFTER_S = 12 * 60 * 60


def write_backup(path: Path) -> Manifest:
    """Write an archive of the running site atomically, readable only by its owner.

    Clips are never changed once they are written, so those that the snapshot names belong to it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _forget_killed(path.parent)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=SCRATCH) as scratch:
            part = Path(scratch) / "part.zip"
            manifest = _write(part)
            os.replace(part, path)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(
            "%(path)s can't be written: %(parent)s is no folder.", path=path, parent=path.parent
        ) from error
    except OSError as error:
        raise InputError("%(path)s can't be written: %(error)s.", path=path, error=error.strerror or error) from error
    return manifest


def _forget_killed(folder: Path) -> None:
    """Delete files of interrupted backups, which contain names and systems."""
    for left in folder.glob(f"{SCRATCH}*"):
        with suppress(OSError):  # another's, which can't be removed or has just ended, must not stop this one
            if time.time() - left.stat().st_mtime > FORGOTTEN_AFTER_S:
                shutil.rmtree(left)


def _write(part: Path) -> Manifest:
    with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        with zipfile.ZipFile(file, "w") as archive:
            manifest = _fill(archive, part.with_name(DATABASE))
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _fill(archive: zipfile.ZipFile, database: Path) -> Manifest:
    snapshot(database)
    manifest, clips = _described(database)
    with database.open("rb") as source:
        add(archive, DATABASE, source, manifest)
    database.unlink()
    for name in bar(sorted(clips | set(_stored(""))), "files", leave=False):
        try:
            with default_storage.open(name) as stored:
                add(archive, MEDIA + name, stored, manifest)
        except FileNotFoundError:
            if name in clips:
                raise InputError(
                    "The clip %(name)s is missing in the media storage; put it back first.", name=name
                ) from None
    add_manifest(archive, manifest)
    return manifest


def _described(database: Path) -> tuple[Manifest, set[str]]:
    """The manifest of a snapshot, and the clips that it names."""
    with attached_sqlite(database) as alias:
        manifest = Manifest(
            made_at=clock.now().isoformat(timespec="seconds"),
            store=connection.vendor,
            migrations=sorted(list(key) for key in MigrationRecorder(connection).applied_migrations()),
            rows=count_rows(alias),
        )
        named = Clip.objects.using(alias).exclude(audio="").values_list("audio", flat=True)
        return manifest, set(named)


def _stored(folder: str) -> Iterator[str]:
    """Every file in the media storage."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}{name}"
    for name in folders:
        yield from _stored(f"{folder}{name}/")
