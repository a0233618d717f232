"""The core of the road (play, rate, reload, finish) in Firefox and in WebKit, the engine of Safari.

Neither driver can be trusted to come back when its browser hangs (closing Firefox and every command to WebKit wait for
ever), so each browser has a process of its own, and whatever that has started is ended with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from study import queries
from study.models import Event, Rating, Remark, Study
from tests.browser.conftest import SCALES
from tests.browser.core_session import WHOLE_S
from tests.factories import make_link, make_study, study_toml, trials_of

#: Beyond its own limit, to say where it hangs.
GRACE_S = 10
MARK = "MUKULEN_TEST_BROWSER"


@pytest.fixture(autouse=True)
def _patience() -> None:
    """No Chromium is started here."""


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    """One practice clip and one clip of each of two systems."""
    return make_study(tmp_path, seconds=1.0, scales=SCALES, clips=2, heard=1, practice=1)


def run_bounded(module: str, *arguments: str, log: Path, seconds: float) -> int | None:
    """Runs a module as a program; its exit status, or None where it had to be ended. Nothing that it started is left.

    What it says goes to a file: a pipe would stay open for as long as a browser does.
    """
    mark = uuid4().hex
    with log.open("w") as file:
        command = [sys.executable, "-m", module, *arguments]
        environment = {**os.environ, MARK: mark}
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        end(mark)
        process.wait(GRACE_S)


def end(mark: str) -> None:
    """Kills the processes that carry a mark, and those that one of them has just started."""
    while pids := list(marked(mark)):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def marked(mark: str) -> Iterator[int]:
    """The living processes that carry a mark in their environment, as all descendants do that keep it."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                yield int(folder.name)
        except OSError:  # another's, or gone
            continue


@pytest.mark.parametrize("name", ["firefox", "webkit"])
def test_the_core_of_the_road_works_in_another_browser(
    live_server: LiveServer, study: Study, tmp_path: Path, name: str
) -> None:
    expert, secret = make_link(study)
    log = tmp_path / "browser.log"
    link = f"{live_server.url}/i/{secret}/"
    status = run_bounded("tests.browser.core_session", name, link, *SCALES, log=log, seconds=WHOLE_S + GRACE_S)
    said = log.read_text()
    assert "\ndone\n" in said, f"{name} ended with {status}:\n{said}"
    expert.refresh_from_db()
    assert expert.submitted_at is not None
    kept = Rating.objects.filter(trial__phase="study").order_by("trial__number", "scale")
    assert [(row.trial.number, row.value, row.revision) for row in kept] == [
        (number, value, 1) for number, value in [(1, 2), (2, 5)] for _ in SCALES
    ]
    for trial in trials_of(expert):
        assert queries.length(queries.listening_by_place(trial, expert, [1])[1].intervals) >= 900
    [changed] = Event.objects.filter(kind="playback speed changed")
    assert changed.detail["trial"] == 2, "where the player was made to hurry"
    for row in kept:
        assert row.browser_at is not None
        assert row.given_at <= row.received_at


@pytest.mark.parametrize("name", ["firefox", "webkit"])
def test_typing_is_saved_when_clip_is_left_in_other_browser(live_server: LiveServer, tmp_path: Path, name: str) -> None:
    text = study_toml(scales=("overall",), clips=2, heard=1, practice=0).replace("seed =", "break_after = 0\nseed =")
    text = text.replace("minimum = 1", "minimum = 0").replace("maximum = 5", "maximum = 100")
    expert, secret = make_link(make_study(tmp_path, slug="typing", text=text, seconds=1.0, practice=0))
    log = tmp_path / "browser.log"
    link = f"{live_server.url}/i/{secret}/"
    status = run_bounded("tests.browser.typing_session", name, link, log=log, seconds=WHOLE_S + GRACE_S)
    said = log.read_text()
    assert "\ndone\n" in said, f"{name} ended with {status}:\n{said}"
    expert.refresh_from_db()
    kept = Rating.objects.order_by("trial__number", "revision").values_list("trial__number", "value")
    assert list(kept) == [(1, 40), (1, 83), (2, 7)]
    assert [(row.trial.number, row.comment) for row in Remark.objects.all()] == [(1, "a lullaby")]


def test_a_program_that_hangs_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program starts another one, in a session of its own, as drivers start browsers, and both sleep."""
    (tmp_path / "hanging.py").write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    log = tmp_path / "log"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert run_bounded("hanging", log=log, seconds=3) is None
    command_line = Path("/proc") / log.read_text().strip() / "cmdline"
    assert not command_line.exists() or command_line.read_bytes() == b""  # dead, and perhaps not yet buried
