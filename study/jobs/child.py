"""One command in a child process with limits on time, memory and files. Its progress bar is read as a person would."""

from __future__ import annotations

import os
import pty
import re
import resource
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

#: Called about once a second with the command's percentage, or None where it shows none.
Beat = Callable[[int | None], None]

BEAT_S = 1.0
#: From a command's last word to its end.
EXIT_S = 60
#: What a progress bar looks like: a word or two, a colon and per cent.
PERCENT = re.compile(r"[^:\r\n]{1,40}:\s+(\d{1,3})%")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
#: Of what a command says so much is kept, from its end.
KEPT = 20_000


@dataclass(frozen=True)
class Limits:
    """What a command may use: seconds of waiting, seconds of the processor, and bytes of memory and of any one file."""

    wall_s: int
    cpu_s: int
    memory: int
    file: int


#: Room for the largest study of docs/study-file.md; torch alone takes 3 GiB of addresses.
LIMITS = Limits(wall_s=3600, cpu_s=3600, memory=6 * 1024**3, file=4 * 1024**3)


class Failed(Exception):
    """A command did not do its work; the text is a sentence for the researcher, `output` all that the command said."""

    def __init__(self, sentence: str, output: str) -> None:
        super().__init__(sentence)
        self.output = output


def run_command(arguments: Sequence[str], beat: Beat, *, temporary: Path, limits: Limits = LIMITS) -> str:
    """Runs `manage.py ARGUMENTS` and returns what it said. Raises `Failed` where it did not end well.

    The command believes that it speaks to a terminal, for there it shows its progress.
    """
    terminal, its_end = pty.openpty()
    termios.tcsetwinsize(its_end, (24, 100))
    begun = time.monotonic()
    child = subprocess.Popen(  # noqa: S603  our own commands, and no shell
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments, "--no-color"],
        stdin=subprocess.DEVNULL,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
        env=_environment(temporary),
        preexec_fn=lambda: _limit(limits),
    )
    os.close(its_end)
    try:
        output, in_time = _listen(terminal, beat, begun + limits.wall_s)
        if in_time:  # it has said its last word
            child.wait(timeout=EXIT_S)
    finally:
        _end(child)
        os.close(terminal)
    if not in_time:
        raise Failed(
            _("The task exceeded its time limit (%(minutes)d minutes).") % {"minutes": limits.wall_s // 60}, output
        )
    if child.returncode:
        raise Failed(_sentence(child.returncode, output), output)
    return output


def _environment(temporary: Path) -> dict[str, str]:
    """This process's own, with one thread for numerical libraries and a place for what the command throws away."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**os.environ, **threads, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}


def _limit(limits: Limits) -> None:
    """In the child, before the command: what it may use, for itself and each process it starts."""
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


def _listen(terminal: int, beat: Beat, deadline: float) -> tuple[str, bool]:
    """All that the command says until it ends, and whether that was before the deadline."""
    said, percent, last = "", None, 0.0
    while time.monotonic() < deadline:
        if time.monotonic() - last >= BEAT_S:
            beat(percent)
            last = time.monotonic()
        if not select.select([terminal], [], [], BEAT_S)[0]:
            continue
        try:
            news = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the other end is closed
            return said, True
        if not news:
            return said, True
        said = (said + news.decode("utf-8", "replace"))[-KEPT:]
        if found := PERCENT.findall(said[-400:]):
            percent = min(100, int(found[-1]))
    return said, False


def _end(child: subprocess.Popen[bytes]) -> None:
    """The command with all processes that it started is over."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _sentence(status: int, output: str) -> str:
    """Why a command failed: its own sentence, or the limit that it met."""
    _before, mark, own = CONTROL.sub("", output).replace("\r\n", "\n").rpartition("CommandError: ")
    if mark:
        return own.strip()
    if status == -signal.SIGXCPU:
        return _("The task exceeded its processor time limit.")
    if status in (-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT) or "MemoryError" in output:
        return _("The task exceeded its memory limit or was stopped.")
    return _("An internal error occurred. The site administrator can find the details in the server log.")
