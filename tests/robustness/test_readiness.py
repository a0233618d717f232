"""What /readyz says where the database does not answer, or belongs to another version."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config import health
from study.models import Study

ASKED = ("database", "migrations", "static", "clips", "disk")


@pytest.fixture
def locked(transactional_db: None, study: Study) -> Iterator[None]:
    """Another process keeps SQLite's file to itself."""
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite locks a database whole")
    connection.ensure_connection()
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.parametrize("connected", [True, False])
def test_a_locked_database_is_told_soon(
    locked: None, client: Client, connected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LOCK_TIMEOUT_S", 0.5)
    if not connected:
        connection.close()
    began = time.monotonic()
    said = client.get("/readyz")
    assert time.monotonic() - began < 10  # and not 20 for each question
    assert said.status_code == 503
    assert [said.json()[name] for name in ASKED] == ["failing", "not asked", "ok", "not asked", "ok"]


def test_an_answer_waits_for_the_lock_as_long_as_before(transactional_db: None, client: Client) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite locks a database whole")
    client.get("/readyz")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)


@pytest.mark.django_db
def test_a_site_older_than_its_schema_is_not_ready(client: Client) -> None:
    MigrationRecorder(connection).record_applied("study", "9999_of_next_year")
    said = client.get("/readyz")
    assert (said.status_code, said.json()["migrations"][:6]) == (503, "ahead:")
