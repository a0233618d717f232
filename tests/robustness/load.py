"""Many experts at once, as people answer: they think, listen, and save. Prints response times and what they cost.

    python -m tests.robustness.load [--store sqlite | postgres] [--experts 200] [--seconds 120] [--think 1 5]

Each expert fetches her clip, reports that she heard it and saves one answer after another, with `--think` seconds
before each request (drawn evenly). The server's clock runs ahead, so that clips need not be waited for. Times are from
sending a request to having read its reply. Exit status 1 if any request failed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tests.robustness.chaos import SCALES, SYSTEMS, set_up_django, store_of
from tests.robustness.postgres import NoPostgres
from tests.robustness.servers import Gunicorn

#: Every request runs this far behind the server's clock by the end, so that nobody is told she can't have heard it all.
AHEAD_S = 24 * 3600.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Measured:
    """Seconds of every request by its kind, and what failed."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, seconds: float, status: int, wanted: int) -> None:
        with self.lock:
            self.seconds[kind].append(seconds)
            if status != wanted:
                self.errors.append(f"{kind} {status}")

    def figures(self) -> dict[str, Any]:
        """Median, 95th and 99th percentile in milliseconds by kind."""
        return {
            kind: {"n": len(values), **{f"p{q}": round(1000 * float(np.percentile(values, q))) for q in (50, 95, 99)}}
            for kind, values in sorted({**self.seconds, "all": sum(self.seconds.values(), [])}.items())
            if values
        }


@dataclass
class Patient:
    """One expert, who is already at her clips."""

    port: int
    cookie: str
    tag: str
    trials: list[tuple[str, int]]
    seed: int
    think: tuple[float, float]
    measured: Measured
    until: float

    def run(self) -> None:
        """Answers until the time is over."""
        self.chance = Random(self.seed)
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._rest(self.chance.uniform(0, self.think[1]))
        for token, duration in self.trials:
            page = self._ask("page", "GET", f"/room/t/{token}/")
            if page is None:
                return
            self._csrf = page.partition(b'name="csrfmiddlewaretoken" value="')[2].partition(b'"')[0].decode()
            self._ask("audio", "GET", f"/room/t/{token}/audio")
            heard = {"intervals": [[0, duration]], "events": [], "plays": 1}
            self._ask("listening", "PUT", f"/room/t/{token}/listening", heard)
            for scale in SCALES:
                if self._rest(self.chance.uniform(*self.think)):
                    return
                self._ask("rating", "PUT", f"/room/t/{token}/ratings/{scale}", self._answer())

    def _answer(self) -> dict[str, Any]:
        measures = {"revision": 1, "plays": 1, "heard_ms": 1000, "rt_ms": 4000, "language": "en"}
        return {**measures, "value": self.chance.randint(1, 5), "given_at": datetime.now(UTC).isoformat()}

    def _rest(self, seconds: float) -> bool:
        """Thinks; True when the time is over."""
        time.sleep(max(0.0, min(seconds, self.until - time.monotonic())))
        return time.monotonic() >= self.until

    def _ask(self, kind: str, method: str, path: str, body: dict[str, Any] | None = None) -> bytes | None:
        headers = {"Cookie": self.cookie, "Accept-Language": "en"}
        data = None
        if body is not None:
            data = json.dumps({"client_uuid": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), **body})
            headers |= {"Content-Type": "application/json", "X-CSRFToken": self._csrf, "X-Expert-Tag": self.tag}
        began = time.monotonic()
        try:
            answer, content = self._over_the_line(method, path, data, headers)
        except (OSError, http.client.HTTPException) as error:
            self.measured.errors.append(f"{kind} {type(error).__name__}")
            return None
        for value in answer.headers.get_all("Set-Cookie") or []:
            if value.startswith("csrftoken="):
                self.cookie = f"{self.cookie.partition('; csrftoken')[0]}; {value.partition(';')[0]}"
        self.measured.note(kind, time.monotonic() - began, answer.status, 200)
        return content

    def _over_the_line(
        self, method: str, path: str, data: str | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """A request; on a fresh line if the server has closed an idle one meanwhile, as browsers do it."""
        try:
            self.line.request(method, path, data, headers)
            answer = self.line.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):
            self.line.close()
            self.line.request(method, path, data, headers)
            answer = self.line.getresponse()
        return answer, answer.read()


def usage(pids: list[int]) -> tuple[float, float]:
    """Processor seconds and resident MiB of some processes together."""
    seconds = memory = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / TICKS
        memory += int(fields[21]) * PAGE / 2**20
    return seconds, memory


def invite(given: argparse.Namespace, folder: Path) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """A study with everybody at her first clip: cookie, tag and trials of each."""
    from study.room import gate
    from tests.factories import begin, make_expert, make_study, trials_of

    study = make_study(
        folder, systems=SYSTEMS, scales=SCALES, clips=10, heard=10, slots=given.experts, seconds=given.clip
    )
    found = []
    for number in range(given.experts):
        expert = make_expert(study, f"e{number:03d}")
        begin(expert)
        trials = [(trial.token, trial.clip.duration_ms) for trial in trials_of(expert)]
        cookie = f"{gate.COOKIE}={gate.signed(expert.devices.latest('pk'))}; django_language=en"
        found.append((cookie, gate.expert_tag(expert), trials))
    return found


def run(given: argparse.Namespace) -> dict[str, Any]:
    """The whole measurement; the dictionary that is printed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mukulen-load-")))
        folder.chmod(0o711)
        store = stack.enter_context(store_of(given.store, folder))
        set_up_django(store, folder / "data", folder / "clock")
        experts = invite(given, folder)
        (folder / "clock").write_text(str(AHEAD_S))
        environment = {name: os.environ[name] for name in ("DATABASE_URL", "MUKULEN_DATA", "CHAOS_CLOCK")}
        server = Gunicorn(environment, folder / "log", "tests.robustness.clocked", ("--workers", "2", "--threads", "4"))
        server.start()
        stack.callback(server.stop)
        return measure(given, server, experts)


def measure(
    given: argparse.Namespace, server: Gunicorn, experts: list[tuple[str, str, list[tuple[str, int]]]]
) -> dict[str, Any]:
    measured, began = Measured(), time.monotonic()
    until, think = began + given.seconds, (given.think[0], given.think[1])
    patients = [
        Patient(server.port, cookie, tag, trials, number, think, measured, until)
        for number, (cookie, tag, trials) in enumerate(experts)
    ]
    threads = [threading.Thread(target=patient.run, daemon=True) for patient in patients]
    cpu, _ = usage(server.pids())
    for thread in threads:
        thread.start()
    memory = watch(server, until)
    for thread in threads:
        thread.join()
    spent, seconds = usage(server.pids())[0] - cpu, time.monotonic() - began
    saved = len(measured.seconds["rating"])
    return {
        "store": given.store,
        "experts": given.experts,
        "think_s": list(think),
        "seconds": round(seconds),
        "requests_per_s": round(sum(map(len, measured.seconds.values())) / seconds, 1),
        "answers_per_s": round(saved / seconds, 1),
        "errors": len(measured.errors),
        "first_errors": measured.errors[:5],
        "ms": measured.figures(),
        "server_cpu_ms_per_request": round(1000 * spent / max(1, sum(map(len, measured.seconds.values()))), 1),
        "server_cpu_ms_per_answer_with_its_share_of_pages": round(1000 * spent / max(1, saved), 1),
        "server_memory_mib": memory,
        "load_average": [round(value, 1) for value in os.getloadavg()],
    }


def watch(server: Gunicorn, until: float) -> list[int]:
    """The server's memory at ten moments, MiB."""
    found, step = [], (until - time.monotonic()) / 10
    while time.monotonic() < until:
        time.sleep(max(0.1, min(step, until - time.monotonic())))
        found.append(round(usage(server.pids())[1]))
    return found


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--experts", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--think", type=float, nargs=2, default=[1.0, 5.0], metavar=("FROM", "TO"))
    parser.add_argument("--clip", type=float, default=10.0, help="seconds of a clip, which give its size")
    try:
        result = run(parser.parse_args())
    except NoPostgres as reason:
        print(reason, file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1))
    return 1 if result["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
