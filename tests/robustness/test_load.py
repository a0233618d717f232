"""The load script itself, with a few hurried experts: it asks what browsers ask, and counts what it says it counts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.robustness.deployed import arguments_of_service, environment_of_service
from tests.robustness.load_client import Request
from tests.robustness.servers import ROOT

HURRIED = ("--think", "0.05", "0.1", "--clip", "1")


def measured(*arguments: str) -> tuple[dict[str, Any], str]:
    command = [sys.executable, "-m", "tests.robustness.load", *HURRIED, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.stderr.startswith("There is no "):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return json.loads(done.stdout), done.stderr


def test_experts_answer_the_deployed_site_without_an_error() -> None:
    found, _ = measured("--experts", "3", "--ramp", "0.5", "--minutes", "0.06")
    assert (found["experts"], found["errors"]) == (3, 0)
    asked = {kind: counted["n"] for kind, counted in found["ms"].items()}
    assert asked["all"] == sum(asked[kind] for kind in ("page", "clip", "report", "answer"))
    # Five answers a page; each expert may have had a page before the count began, or answer it after the count ended.
    assert 5 * (asked["page"] - 3) <= asked["answer"] <= 5 * (asked["page"] + 3)
    assert asked["answer"] > 0
    assert found["processor_ms_per_request"]["gunicorn"] > found["processor_ms_per_request"]["nginx"]
    assert found["memory_mib"]["max"] >= found["memory_mib"]["start"] > 20


def test_the_knee_is_the_last_step_within_the_bound() -> None:
    found, table = measured("--knee", "--steps", "2", "3", "--step-seconds", "1.5")
    steps = {step["experts"]: step["ms"]["all"]["p95"] for step in found["steps"]}
    within = [experts for experts, p95 in steps.items() if p95 <= 200]
    assert found["most_experts_within_bound"] == max(within, default=0)
    assert len(table.splitlines()) == 1 + len(steps)


def test_what_is_measured_is_what_the_unit_starts() -> None:
    application, arguments = arguments_of_service()
    assert application == "config.wsgi"
    assert "--bind" not in arguments
    assert {"--workers", "--threads"} <= set(arguments)
    assert environment_of_service()["HTTPS"] == "1"


def test_percentiles_are_in_milliseconds_and_by_kind() -> None:
    from tests.robustness.load import percentiles

    answered = [Request("answer", 0.0, seconds / 1000) for seconds in range(1, 101)]
    assert percentiles(answered)["answer"] == {"n": 100, "p50": 50, "p95": 95, "p99": 99}
    assert "page" not in percentiles(answered)
