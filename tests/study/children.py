"""What a test needs whose work goes on in processes of its own: they must find its database and its folders."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.db import connection

from study.jobs import folder_of
from study.models import Job

KEY = "a key for child processes of tests, as long as a real one has to be"


def database_url() -> str:
    """The test's own database, as the environment names one."""
    here = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{here['NAME']}"
    return f"postgres://{here['USER']}:{here['PASSWORD']}@{here['HOST'] or 'localhost'}:{here['PORT']}/{here['NAME']}"


def lead_children_here(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From now on child processes work on the test's database, and keep files where the test does."""
    monkeypatch.setenv("DATABASE_URL", database_url())
    monkeypatch.setenv("MUKULEN_DATA", str(folder))
    monkeypatch.setenv("SECRET_KEY", KEY)


def finished(job: Job, *, within_s: float = 300) -> Job:
    """Waits until a job is over."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        job.refresh_from_db()
        if job.state not in {Job.State.PREPARED, Job.State.RUNNING}:
            return job
        time.sleep(0.1)
    said = (folder_of(job) / "log.txt").read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"after {within_s} s the job is still {job.state} at {job.step!r}: {said}")
