"""Making a backup: a snapshot of the database, then every clip that it names and whatever else lies beside them."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from tqdm import tqdm

from study import clock
from study.backup.archive import DATABASE, MEDIA, Manifest, add, add_manifest
from study.backup.rows import count_rows
from study.backup.store import lent, snapshot
from study.errors import InputError
from study.models import Clip


def write_backup(path: Path) -> Manifest:
    """Writes an archive of the running site, whole or not at all, readable by its owner only.

    Clips are never changed once they are written, so those that the snapshot names belong to it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w") as archive:
                manifest = _fill(archive, path.parent)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return manifest


def _fill(archive: zipfile.ZipFile, folder: Path) -> Manifest:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as scratch:
        database = Path(scratch) / DATABASE
        snapshot(database)
        manifest, clips = _described(database)
        with database.open("rb") as source:
            add(archive, DATABASE, source, manifest)
    for name in tqdm(sorted(clips | set(_stored(""))), desc="files", disable=None, leave=False):
        try:
            with default_storage.open(name) as stored:
                add(archive, MEDIA + name, stored, manifest)
        except FileNotFoundError:
            if name in clips:
                raise InputError(f"The clip {name} is missing in the media storage; put it back first.") from None
    add_manifest(archive, manifest)
    return manifest


def _described(database: Path) -> tuple[Manifest, set[str]]:
    """The manifest of a snapshot, and the clips that it names."""
    with lent(database) as alias:
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
