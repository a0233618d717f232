"""The short version of `make chaos`: real servers are killed under experts on bad lines, and no answer is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.robustness.servers import ROOT


@pytest.mark.timeout(600)
def test_no_answer_is_lost_doubled_or_changed_while_everything_fails(tmp_path: Path) -> None:
    store = "sqlite" if "sqlite" in settings.DATABASES["default"]["ENGINE"] else "postgres"
    size = ["--experts", "2", "--trials", "6", "--scales", "2", "--lost", "0.2", "--doubled", "0.2"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.robustness.chaos", "--store", store, *size]
        + ["--pause", "1.5", "--limit", "240", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    counts = json.loads(done.stdout)
    assert counts["stored"] == counts["expected"] == 24
    assert (counts["lost"], counts["doubled"], counts["changed"]) == (0, 0, 0)
    assert counts["faults"]["server_killed"] >= 1
    assert counts["stored_late"] == counts["logged_late"] == 2  # what was given before the end and arrived after it
    assert (counts["let_in_afterwards"], counts["refused_afterwards"]) == (0, 4)  # after the grace and after unsealing
    assert Path(counts["left_for_inspection"]).exists()
