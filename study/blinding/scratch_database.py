"""A copy of the database for playing sessions, so that no row of a study changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection, transaction


@contextmanager
def on_a_copy() -> Iterator[None]:
    """Use a copy of the database within the block and discard it afterwards.

    SQLite has one writer at a time, and experts of other studies may be rating: it is copied to a file of its own.
    Elsewhere, and inside a transaction, the block is a transaction that is rolled back.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with rolled_back():
            yield
        return
    with TemporaryDirectory() as folder:
        name = connection.settings_dict["NAME"]
        _copy(Path(folder) / "copy.sqlite3")
        connection.settings_dict["NAME"] = str(Path(folder) / "copy.sqlite3")
        try:
            with rolled_back():
                yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = name


def _copy(path: Path) -> None:
    """Copies the database into a file and leaves the connection closed."""
    connection.ensure_connection()
    target = sqlite3.connect(path)
    try:
        connection.connection.backup(target)
    finally:
        target.close()
        connection.close()


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo at the end of the block what it wrote."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
