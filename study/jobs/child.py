"""One command in a child process, with limits; it tells its progress and faults as JSON lines."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from formats.errors import N_, InputError, Message

#: Called about once a second with the command's percentage, or None where it tells none.
Beat = Callable[[int | None], None]

BEAT_S = 1.0
#: From a command's last word to its end.
EXIT_S = 60
#: Of what a command says so much is kept, from its end.
KEPT = 20_000
INTERNAL = N_("An internal error occurred. The site administrator can find the details in the server log.")


@dataclass(frozen=True)
class Limits:
    """Limits of a command: wall time, processor time, memory, file size."""

    wall_s: int
    cpu_s: int
    memory: int
    file: int


#: Room for the largest study of docs/study-file.md; torch alone takes 3 GiB of addresses.
LIMITS = Limits(wall_s=3600, cpu_s=3600, memory=6 * 1024**3, file=4 * 1024**3)


class Failed(InputError):
    """A command did not do its work; the messages are for the researcher, `output` is all that the command said."""

    output = ""

    def saying(self, output: str) -> Failed:
        self.output = output
        return self


@dataclass
class Told:
    """What a command has said so far: text, its newest percentage, and why it failed where it said so."""

    text: str = ""
    percent: int | None = None
    faults: list[Message] = field(default_factory=list)

    def take(self, line: bytes) -> None:
        """One line: JSON with progress or faults (formats/progress.py), or text."""
        text = line.decode("utf-8", "replace")
        try:
            content = json.loads(text) if text.startswith("{") else None
        except ValueError:
            content = None
        if isinstance(content, dict) and content.keys() == {"progress"}:
            self.percent = _percent(content["progress"])
        elif isinstance(content, dict) and content.keys() == {"faults"}:
            self.faults = [Message.from_json(fault) for fault in content["faults"]]
        else:
            self.text = (self.text + text)[-KEPT:]


def _percent(progress: dict[str, Any]) -> int | None:
    return min(100, 100 * progress["done"] // progress["total"]) if progress["total"] else None


def run_command(arguments: Sequence[str], beat: Beat, *, temporary: Path, limits: Limits = LIMITS) -> str:
    """Run `manage.py ARGUMENTS` and return its output. Raises `Failed` on failure."""
    begun = time.monotonic()
    child = subprocess.Popen(  # noqa: S603  our own commands, and no shell
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments, "--no-color"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=_environment(temporary),
        preexec_fn=lambda: _limit(limits),
    )
    told = Told()
    try:
        in_time = _listen(child, told, beat, begun + limits.wall_s)
        if in_time:  # it has said its last word
            child.wait(timeout=EXIT_S)
    finally:
        _end(child)
    if not in_time:
        minutes = limits.wall_s // 60
        raise Failed("The task exceeded its time limit (%(minutes)d minutes).", minutes=minutes).saying(told.text)
    if child.returncode:
        raise _failure(child.returncode, told).saying(told.text)
    return told.text


def _environment(temporary: Path) -> dict[str, str]:
    """The environment of the child: one numerical thread, own temporary folder."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**os.environ, **threads, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}


def _limit(limits: Limits) -> None:
    """Set the limits in the child, before the command starts."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    # Beyond the first limit the process is told why it ends, beyond the second it just ends.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))


def _listen(child: subprocess.Popen[bytes], told: Told, beat: Beat, deadline: float) -> bool:
    """Hears the command until it ends; whether that was before the deadline."""
    assert child.stdout is not None  # noqa: S101  a pipe, as asked for
    pipe, rest, last = child.stdout.fileno(), b"", 0.0
    while time.monotonic() < deadline:
        if time.monotonic() - last >= BEAT_S:
            beat(told.percent)
            last = time.monotonic()
        if not select.select([pipe], [], [], BEAT_S)[0]:
            continue
        news = os.read(pipe, 65_536)
        *lines, rest = (rest + news).splitlines(keepends=True) or [b""]
        if not news or rest.endswith(b"\n"):
            lines, rest = [*lines, rest], b""
        for line in lines:
            told.take(line)
        if not news:
            return True
    return False


def _end(child: subprocess.Popen[bytes]) -> None:
    """The command with all processes that it started is over."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _failure(status: int, told: Told) -> Failed:
    """Why a command failed: as it said itself, or the limit that it met."""
    if told.faults:
        failed = Failed()
        failed.messages = tuple(told.faults)
        return failed
    if status == -signal.SIGXCPU:
        return Failed("The task exceeded its processor time limit.")
    if status in (-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT) or "MemoryError" in told.text:
        return Failed("The task exceeded its memory limit or was stopped.")
    return Failed(INTERNAL)
