"""The room tests' study and experts, for the faults that befall them, and an archive of theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.core.management import call_command
from django.db import connection

from study.models import Expert
from tests.factories import rate_all
from tests.study.conftest import ada, alice, bob, study, trial

__all__ = ["ada", "alice", "bob", "saved", "study", "trial"]

#: What a stranger has typed at the login: one letter more than PostgreSQL takes, and SQLite takes everything.
STRANGER = "stranger" * 32


@pytest.fixture
def saved(tmp_path: Path, alice: Expert) -> Path:
    """An archive of a study with answers, on a site where a stranger tried to log in."""
    rate_all(alice)
    name = STRANGER if connection.vendor == "sqlite" else STRANGER[1:]
    AccessAttempt.objects.create(username=name, ip_address="192.0.2.7", failures_since_start=1)
    call_command("backup", str(tmp_path / "saved.zip"))
    return tmp_path / "saved.zip"
