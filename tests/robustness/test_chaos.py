"""The short version of `make chaos`: real servers are killed under experts on bad lines, and no answer is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.robustness.servers import ROOT


def chaos(out: Path, store: str, *size: str) -> dict[str, Any]:
    """The counts of a run that found nothing wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.robustness.chaos", "--store", store, "--experts", "2", *size]
        + ["--lost", "0.2", "--doubled", "0.2", "--pause", "1.5", "--limit", "240", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    counts: dict[str, Any] = json.loads(done.stdout)
    assert (counts["lost"], counts["doubled"], counts["changed"]) == (0, 0, 0)
    assert counts["stored_late"] == counts["logged_late"] == 2  # what was given before the end and arrived after it
    assert (counts["let_in_afterwards"], counts["refused_afterwards"]) == (0, 4)  # after the grace and after unsealing
    return counts


def own_store() -> str:
    return "sqlite" if "sqlite" in settings.DATABASES["default"]["ENGINE"] else "postgres"


@pytest.mark.timeout(600)
def test_no_answer_is_lost_doubled_or_changed_while_everything_fails(tmp_path: Path) -> None:
    counts = chaos(tmp_path, own_store(), "--trials", "6", "--scales", "2")
    assert counts["stored"] == counts["expected"] == 24
    assert counts["faults"]["server_killed"] >= 1
    assert Path(counts["left_for_inspection"]).exists()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "trials", "answers"), [("pairs", "3", 6), ("sets", "2", 12), ("choices", "3", 6)])
def test_other_kinds_of_trial_lose_nothing_either(tmp_path: Path, kind: str, trials: str, answers: int) -> None:
    if own_store() != "sqlite":
        pytest.skip("how a kind of trial is saved does not depend on the database; the test above plays on both")
    counts = chaos(tmp_path, "sqlite", "--kind", kind, "--systems", "3", "--trials", trials, "--scales", "1")
    assert counts["stored"] == counts["expected"] == answers
