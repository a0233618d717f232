"""A study goes into a database of PostgreSQL that holds every script, or into none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg import connect

from tests.robustness.postgres import HASTY, NoPostgres, cluster
from tests.robustness.servers import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_database_of_another_encoding_is_refused_by_its_name(tmp_path: Path, saved: Path) -> None:
    try:
        with cluster(**HASTY) as server:
            for encoding in ("SQL_ASCII", "LATIN1"):
                with connect(server.url, autocommit=True) as line:
                    line.execute(f"CREATE DATABASE {encoding} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
                said = refusal(server.url.removesuffix("mukulen") + encoding.lower(), tmp_path, saved)
                assert said.startswith(f"CommandError: The database keeps text as {encoding}, ")
                assert "`createdb -E UTF8 -T template0`" in said
    except NoPostgres as reason:
        pytest.skip(str(reason))


def refusal(url: str, folder: Path, archive: Path) -> str:
    """The one line that `restore` writes on a site whose database is at `url`."""
    environment = {**os.environ, "DATABASE_URL": url, "MUKULEN_DATA": str(folder / "there")}
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", str(archive)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr
