"""The clocks of experts' devices, right and wrong, and what study/static/mukulen/clock.js makes of them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

#: (seconds ahead of the right time, share by which it runs too fast): right, a day ahead, an hour behind, drifting by
#: nearly ten seconds a day, as a bad quartz does.
KINDS = {
    "right": (0.0, 0.0),
    "day_ahead": (86_400.0, 0.0),
    "hour_behind": (-3600.0, 0.0),
    "too_fast": (90.0, 0.0001),
    "too_slow": (-90.0, -0.0001),
}


def wall_clock() -> datetime:
    """The right time, which the server has, moved on by the faults."""
    return datetime.now(UTC) + timedelta(seconds=float(Path(os.environ["CHAOS_CLOCK"]).read_text() or 0))


@dataclass
class DeviceClock:
    """A device's clock; `base` is the server's time in ms when its count was 0, None before a reply has said it."""

    kind: str = "right"
    base: float | None = None
    born: datetime = field(init=False)
    steady: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.begun = wall_clock()
        self.born = self.browser()

    def browser(self) -> datetime:
        """What the device takes the time to be."""
        now, (ahead, drift) = wall_clock(), KINDS[self.kind]
        return now + timedelta(seconds=ahead) + drift * (now - self.begun)

    def count(self) -> float:
        """Milliseconds since the clock began."""
        steady = 1000 * (time.monotonic() - self.steady)
        return max(steady, (self.browser() - self.born) / timedelta(milliseconds=1))

    def measure(self, server: float, asked: float) -> None:
        """What a reply tells that has just arrived: the server wrote its time after it was asked."""
        low = server - self.count()
        self.base = low if self.base is None else min(max(self.base, low), server - asked)

    def stamp(self) -> dict[str, Any]:
        """When something is given, as a page sends it."""
        now = self.browser()
        server = (self.base or 0) + self.count()
        return {"given_at": now.isoformat(), "offset_ms": round(server - 1000 * now.timestamp())}


def any_kind(rng: Random) -> str:
    """A device's clock by chance; wrong ones are as frequent as they can be."""
    return rng.choice(list(KINDS))


def given_at(body: dict[str, Any]) -> datetime:
    """The server's time of what was stamped."""
    moment = datetime.fromisoformat(body["given_at"])
    return moment + timedelta(milliseconds=body["offset_ms"])
