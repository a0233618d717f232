"""The database as one SQLite file: copied from the live one, attached to Django."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.utils import load_backend

from study.backup.rows import copy_rows, left_out

ALIAS = "archive"


@contextmanager
def attached_sqlite(path: Path) -> Iterator[str]:
    """Attach an SQLite file as a second database; yields its alias."""
    engine = "django.db.backends.sqlite3"
    given = {DEFAULT_DB_ALIAS: {}, ALIAS: {"ENGINE": engine, "NAME": str(path)}}
    connections[ALIAS] = load_backend(engine).DatabaseWrapper(connections.configure_settings(given)[ALIAS], ALIAS)
    try:
        yield ALIAS
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]


def snapshot(path: Path) -> None:
    """Writes the store as it is at one moment, while others go on writing to it."""
    if connection.vendor == "sqlite":
        _copy_file(path)
    else:
        _copy_rows(path)


def _copy_file(path: Path) -> None:
    """Copy with SQLite's backup API in one step; writers wait a few milliseconds."""
    connection.ensure_connection()
    with connection.wrap_database_errors, closing(sqlite3.connect(path)) as target:
        connection.connection.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        target.execute("PRAGMA secure_delete=ON")
        with target:
            for table in left_out():
                target.execute(f"DELETE FROM {table}")  # noqa: S608  names of our own


def _copy_rows(path: Path) -> None:
    with attached_sqlite(path) as alias:
        call_command("migrate", database=alias, verbosity=0)
        with transaction.atomic(), transaction.atomic(using=alias):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            copy_rows(DEFAULT_DB_ALIAS, alias)
