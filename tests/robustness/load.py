"""Many experts at once, as their browsers ask: they think, listen and answer. Prints response times and what they cost.

    python -m tests.robustness.load [--store sqlite | postgres] [--experts 200] [--seconds 90] [--think 1 5]
    python -m tests.robustness.load --knee                     more and more experts, until answers take too long
    python -m tests.robustness.load --experts 50 --minutes 20  and whether the server's memory stays level

The site is the one of deploy/: gunicorn as in mukulen.service behind nginx with TLS. An expert thinks `--think` seconds
(drawn evenly) before going on, before playing a clip and before each answer; with --listen the clip is heard to
its end as well. Experts come one after another during `--ramp` seconds; of what was asked until then only the errors
count. A time is from sending a request to having read its reply. Exit status 1 if any request failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from tqdm import tqdm

from tests.robustness.chaos import SCALES, SYSTEMS, set_up_django, store_of
from tests.robustness.deployed import Front, memory_mib, processor_s, service
from tests.robustness.load_client import Line, Rater, Request
from tests.robustness.postgres import NoPostgres
from tests.robustness.servers import Gunicorn

#: Experts at each step of --knee.
STEPS = (25, 50, 100, 150, 200, 300)
#: What 95 % of the requests are to take at most, in ms.
BOUND_MS = 200
#: A study has 200 slots at most.
SLOTS = 150
KINDS = ("page", "clip", "report", "answer")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--experts", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=90.0, help="measured, after all have come")
    parser.add_argument("--minutes", type=float, help="the same in minutes, with the server's memory at each")
    parser.add_argument("--ramp", type=float, default=30.0, help="seconds in which the experts come")
    parser.add_argument("--think", type=float, nargs=2, default=[1.0, 5.0], metavar=("FROM", "TO"))
    parser.add_argument("--listen", action="store_true", help="hear each clip to its end before answering")
    parser.add_argument("--knee", action="store_true", help=f"step by step to the first over {BOUND_MS} ms")
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS, help="experts at each step of --knee")
    parser.add_argument("--step-seconds", type=float, default=20.0, help="measured at each, after half as long to come")
    parser.add_argument("--clip", type=float, default=10.0, help="seconds of a clip, which give its size")
    parser.add_argument("--server", nargs="*", default=[], metavar="OPTION", help="to gunicorn, after the unit's own")
    return parser.parse_args(given)


@dataclass
class Site:
    """The running site, its database if that is a server, and the experts who are to come."""

    server: Gunicorn
    front: Front
    database: Any
    waiting: list[tuple[str, str, list[tuple[str, int]]]]
    given: argparse.Namespace
    requests: list[Request] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def processor_s(self) -> dict[str, float]:
        """Processor seconds so far of each part of the server, and of the experts' side: this process."""
        database = processor_s(self.database.process) if self.database else 0.0
        parts = {"gunicorn": self.server.process, "nginx": self.front.process}
        spent = {name: processor_s(process) for name, process in parts.items()}
        return {**spent, "database": database, "client": time.process_time()}

    def come(self, number: int, ramp: float) -> None:
        """So many of the waiting experts come, evenly within `ramp` seconds."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for place in range(number):
            cookie, tag, trials = self.waiting.pop()
            line, rng = Line(self.front.port, context), Random(len(self.waiting))
            think = (self.given.think[0], self.given.think[1])
            rater = Rater(cookie, tag, trials, SCALES, line, self.requests, rng, think, self.given.listen)
            self.tasks.append(asyncio.create_task(rater.run(ramp * place / number)))

    async def leave(self) -> None:
        """Everybody goes; what breaks in an expert's own code comes out here."""
        for task in self.tasks:
            task.cancel()
        for result in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


def percentiles(requests: list[Request]) -> dict[str, Any]:
    """Number, and median, 95th and 99th percentile in milliseconds, by kind and over all."""
    kinds = {kind: [request.seconds for request in requests if request.kind == kind] for kind in KINDS}
    kinds["all"] = [request.seconds for request in requests]
    return {
        kind: {"n": len(values), **{f"p{q}": round(1000 * float(np.percentile(values, q))) for q in (50, 95, 99)}}
        for kind, values in kinds.items()
        if values
    }


async def window(site: Site, seconds: float, every: float, note: Callable[[float], None]) -> dict[str, Any]:
    """What `seconds` from now on bring; `note` gets the server's memory in MiB every so many seconds."""
    before, began = site.processor_s(), time.monotonic()
    memory = [memory_mib(site.server.process)]
    while (left := began + seconds - time.monotonic()) > 0:
        await asyncio.sleep(min(every, left))
        memory.append(memory_mib(site.server.process))
        note(memory[-1])
    passed, after = time.monotonic() - began, site.processor_s()
    return {**figures(site, began, passed, {name: after[name] - before[name] for name in after}), **level(memory)}


def level(memory: list[float]) -> dict[str, Any]:
    """Whether memory stays flat: each moment, and the first, the last and the largest."""
    shown = [round(value) for value in memory]
    return {"memory_mib": {"start": shown[0], "end": shown[-1], "max": max(shown), "each": shown}}


def figures(site: Site, began: float, seconds: float, spent: dict[str, float]) -> dict[str, Any]:
    """Response times and processor time of what was asked since `began`."""
    asked = [request for request in site.requests if request.sent >= began]
    answered = [request for request in asked if not request.fault]
    saved = sum(request.kind == "answer" for request in answered)
    server = sum(seconds for part, seconds in spent.items() if part != "client")
    each = {part: round(1000 * value / max(1, len(asked)), 2) for part, value in spent.items()}
    return {
        "experts": sum(not task.done() for task in site.tasks),
        "seconds": round(seconds),
        "requests_per_s": round(len(asked) / seconds, 1),
        "answers_per_s": round(saved / seconds, 1),
        "errors": sum(bool(request.fault) for request in site.requests),
        "first_errors": [f"{request.kind} {request.fault}" for request in site.requests if request.fault][:5],
        "ms": percentiles(answered),
        "processor_ms_per_request": each,
        "server_ms_per_saved_answer_with_its_share_of_the_rest": round(1000 * server / max(1, saved), 1),
        "cores_busy": {"server": round(server / seconds, 2), "client": round(spent["client"] / seconds, 2)},
        "load_average": round(os.getloadavg()[0], 1),
    }


async def steady(site: Site) -> dict[str, Any]:
    """All experts at once, for as long as asked; once a minute with --minutes a line on the server's memory."""
    given = site.given
    site.come(given.experts, given.ramp)
    seconds, every = (60 * given.minutes, 60.0) if given.minutes else (given.seconds, 10.0)
    with tqdm(total=round(given.ramp + seconds), unit="s", disable=None) as bar:
        await asyncio.sleep(given.ramp)
        bar.update(round(given.ramp))

        def note(memory: float) -> None:
            bar.update(min(round(every), bar.total - bar.n))
            if given.minutes:
                tqdm.write(f"{time.strftime('%H:%M')}  {memory:.0f} MiB, {len(site.requests)} requests", sys.stderr)

        return {"store": given.store, "think_s": given.think, **await window(site, seconds, every, note)}


async def knee(site: Site) -> dict[str, Any]:
    """More and more experts, until 95 % of the requests take longer than the bound."""
    steps: list[dict[str, Any]] = []
    seconds = site.given.step_seconds
    tqdm.write(
        "experts  requests/s  median ms  95 % ms  page  clip  report  answer  server's cores  errors", sys.stderr
    )
    for experts in tqdm(site.given.steps, unit="step", disable=None, leave=False):
        site.come(experts - len(site.tasks), seconds / 2)
        await asyncio.sleep(seconds / 2)
        found = await window(site, seconds, seconds, lambda memory: None)
        steps.append({**found, "experts": experts})
        tqdm.write(row(steps[-1]), sys.stderr)
        if found["ms"]["all"]["p95"] > BOUND_MS:
            break
    within = [step["experts"] for step in steps if step["ms"]["all"]["p95"] <= BOUND_MS]
    errors = steps[-1]["errors"]
    return {
        "store": site.given.store,
        "most_experts_within_bound": max(within, default=0),
        "errors": errors,
        "steps": steps,
    }


def row(found: dict[str, Any]) -> str:
    """A step as a line of the table."""
    ms = found["ms"]
    kinds = "  ".join(f"{ms[kind]['p95'] if kind in ms else '-':>5}" for kind in KINDS)
    shown = f"{found['experts']:7}  {found['requests_per_s']:10}  {ms['all']['p50']:9}  {ms['all']['p95']:7}"
    return f"{shown}  {kinds}  {found['cores_busy']['server']:14}  {found['errors']:6}"


def invite(folder: Path, experts: int, given: argparse.Namespace) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """Studies with everybody at the first clip: cookie, tag and trials of each. They came a day ago.

    Where nobody listens, the site takes the clips to last a second: else it would not believe that they were heard.
    """
    from django.db import transaction

    from study import clock
    from study.models import Clip, Device
    from study.room import access
    from tests.factories import begin, make_expert, make_study, trials_of

    found = []
    with transaction.atomic():
        for first in range(0, experts, SLOTS):
            slots, slug = max(2, min(SLOTS, experts - first)), f"load-{first}"
            study = make_study(
                folder, slug=slug, systems=SYSTEMS, scales=SCALES, clips=10, heard=10, slots=slots, seconds=given.clip
            )
            if not given.listen:
                Clip.objects.update(duration_ms=1000)
            for number in tqdm(range(min(SLOTS, experts - first)), desc="experts", disable=None, leave=False):
                expert = make_expert(study, f"e{number:03d}")
                begin(expert)
                cookie = f"{access.COOKIE}={access.signed(expert.devices.latest('pk'))}; django_language=en"
                trials = [(trial.token, trial.clip.duration_ms) for trial in trials_of(expert)]
                found.append((cookie, access.expert_tag(expert), trials))
        Device.objects.update(accepted_at=clock.now() - timedelta(days=1))
    return found


def run(given: argparse.Namespace) -> dict[str, Any]:
    """The whole measurement; the dictionary that is printed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mukulen-load-")))
        folder.chmod(0o711)
        store = stack.enter_context(store_of(given.store, folder))
        set_up_django(store, folder / "data", folder / "clock")
        waiting = invite(folder, max(given.steps) if given.knee else given.experts, given)
        server = service({name: os.environ[name] for name in ("DATABASE_URL", "MUKULEN_DATA")}, folder / "log")
        server.arguments += tuple(given.server)
        front = Front(server.port, folder / "front")
        for part in (server, front):
            part.start()
            stack.callback(part.stop)
        site = Site(server, front, store.cluster, waiting, given)

        async def measure() -> dict[str, Any]:
            try:
                return await (knee(site) if given.knee else steady(site))
            finally:
                await site.leave()

        return asyncio.run(measure())


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        result = run(arguments())
    except (NoPostgres, RuntimeError) as reason:
        print(reason, file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1))
    return 1 if result["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
