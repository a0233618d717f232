"""Restore a backup: verify everything, then replace rows in one transaction."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from formats.errors import InputError
from formats.progress import bar
from study.backup.archive import DATABASE, MANIFEST, MEDIA, Manifest, check_file, damaged, manifest_of, open_archive
from study.backup.rows import copy_rows, count_rows, tables
from study.backup.store import attached_sqlite
from study.models import Study


@contextmanager
def verified(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest, Path]]:
    """Verify every byte; yield the archive, its manifest and its database as a file.

    Raises `InputError` naming the file that is damaged, where the manifest counts other rows than there are, and where
    the schema is newer than this version's.
    """
    with open_archive(path) as archive, tempfile.TemporaryDirectory(prefix="mukulen-restore-") as scratch:
        manifest = manifest_of(archive)
        _refuse_newer_schema(path, manifest)
        database = Path(scratch) / DATABASE
        for name in bar(manifest.files, "verifying", leave=False):
            if name != DATABASE:
                check_file(archive, name, manifest)
        _unpack_database(archive, manifest, database)
        if not _is_sound(database):
            raise damaged(archive, DATABASE)
        _refuse_other_rows(path, manifest, database)
        yield archive, manifest, database


def _refuse_newer_schema(path: Path, manifest: Manifest) -> None:
    if newer := _unknown(manifest.migrations):
        raise InputError(
            "%(path)s has a newer database schema (%(newer)s) than this version of Mukulen knows; install the version "
            "that made it.",
            path=path,
            newer=newer,
        )


def _unknown(migrations: Iterable[Sequence[str]]) -> str:
    """The first of some migrations that this version does not have, or nothing."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return next((f"{app} {name}" for app, name in migrations if (app, name) not in known), "")


def _unpack_database(archive: zipfile.ZipFile, manifest: Manifest, database: Path) -> None:
    try:
        with database.open("wb") as target:
            check_file(archive, DATABASE, manifest, target)
    except OSError as error:
        size = manifest.files[DATABASE]["bytes"] / 1e6
        raise InputError(
            "The database of %(name)s (%(size).1f MB) can't be unpacked in %(folder)s: %(strerror)s. Set TMPDIR to a "
            "folder with room.",
            name=archive.filename,
            size=size,
            folder=tempfile.gettempdir(),
            strerror=error.strerror,
        ) from error


def _is_sound(database: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            return opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False


def _refuse_other_rows(path: Path, manifest: Manifest, database: Path) -> None:
    """An older schema lacks some of today's tables, and may have others."""
    with attached_sqlite(database) as alias:
        present = connections[alias].introspection.table_names()
        held = count_rows(alias, [model for model in tables() if model._meta.db_table in present])
    ours = {model._meta.label_lower for model in tables()}
    told = {name: count for name, count in manifest.rows.items() if name in ours}
    if held != told:
        name, _ = min(set(held.items()) ^ set(told.items()))
        raise InputError(
            "%(path)s: %(manifest)s records %(recorded)s rows of %(name)s, %(database)s has %(held)s; nothing was "
            "restored. Take another backup.",
            path=path,
            manifest=MANIFEST,
            recorded=told.get(name, 0),
            name=name,
            database=DATABASE,
            held=held.get(name, 0),
        )


def restore(path: Path, *, replace: bool = False) -> Manifest:
    """Replace the database with an archive; without `replace`, only an empty one.

    Raises `InputError` and touches nothing where the archive is not whole or the store is in use.
    """
    _refuse_other_encoding()
    _refuse_newer_target()
    with verified(path) as (archive, manifest, database), attached_sqlite(database) as alias:
        if not replace and _holds_studies():
            raise InputError(
                "This installation has studies already; restoring replaces everything in its database. Take a backup "
                "of it, then add --replace."
            )
        call_command("migrate", database=alias, verbosity=0)
        rows = count_rows(alias)
        call_command("migrate", verbosity=0)
        with _files_put_back(archive, manifest), transaction.atomic(), transaction.atomic(using=alias):
            copy_rows(alias, DEFAULT_DB_ALIAS)
            if count_rows(DEFAULT_DB_ALIAS) != rows:
                raise InputError(
                    "%(path)s was not restored: the rows do not add up. The database is as it was.", path=path
                )
    return manifest


def _refuse_other_encoding() -> None:
    """Refuse a PostgreSQL database whose encoding is not UTF8."""
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        encoding = connection.connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise InputError(
                "The database keeps text as %(encoding)s, which has no room for every name; nothing was restored. Make "
                "a new one with `createdb -E UTF8 -T template0` and name it in DATABASE_URL.",
                encoding=encoding,
            )


def _refuse_newer_target() -> None:
    """Refuse a database that a newer version has migrated: its columns would stay."""
    if newer := _unknown(sorted(MigrationRecorder(connection).applied_migrations())):
        raise InputError(
            "The database has a newer schema (%(newer)s) than this version of Mukulen knows; nothing was restored. "
            "Begin with an empty database (docs/operations.md, Upgrade), or install that version.",
            newer=newer,
        )


def _holds_studies() -> bool:
    return Study._meta.db_table in connection.introspection.table_names() and Study.objects.exists()


@contextmanager
def _files_put_back(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[None]:
    """Write the archive's clips to the media storage; undo new ones on failure.

    A file of the same name and other content is a damaged clip, for names are random: it is replaced.
    """
    new: list[str] = []
    try:
        for name in bar(manifest.media, "files", leave=False):
            if _lies_there(name, manifest):
                continue
            if default_storage.exists(name):
                default_storage.delete(name)
            else:
                new.append(name)
            with archive.open(MEDIA + name) as source:
                default_storage.save(name, File(source))
        yield
    except BaseException:
        for name in new:
            default_storage.delete(name)
        raise


def _lies_there(name: str, manifest: Manifest) -> bool:
    try:
        with default_storage.open(name) as stored:
            wanted: str = manifest.files[MEDIA + name]["sha256"]
            return hashlib.file_digest(stored, "sha256").hexdigest() == wanted
    except OSError:
        return False
