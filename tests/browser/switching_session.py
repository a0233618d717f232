"""Switching between clips that run together, and what sounded: `python -m tests.browser.switching_session NAME LINK`,
like core_session. The study has pairs with `synchronous = true`, and neither practice nor a break.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.browser.core_session import START_S, Driver, come, drive, found

#: Writes down how loud each 64 samples are that players send to the loudspeakers, and how many seconds these last.
TAPE = """(() => {
  const connect = AudioNode.prototype.connect;
  let tape;
  window.taped = { levels: [] };
  AudioNode.prototype.connect = function (to, ...rest) {
    if (this instanceof AudioBufferSourceNode && to instanceof GainNode) {
      const { context } = this;
      if (!tape) {
        tape = context.createScriptProcessor(16384, 1, 1);
        taped.step = 64 / context.sampleRate;
        tape.onaudioprocess = ({ inputBuffer }) => {
          const data = inputBuffer.getChannelData(0);
          for (let at = 0; at < data.length; at += 64) {
            taped.levels.push(+Math.max(...data.subarray(at, at + 64).map(Math.abs)).toFixed(4));
          }
        };
        connect.call(tape, context.destination);
      }
      connect.call(to, tape);
    }
    return connect.call(this, to, ...rest);
  };
})()"""
#: Below this part of the loudest moment there is silence; the clips' own edges are longer than `EDGE_S`.
SILENT, EDGE_S = 0.1, 0.15
STEP_S = 0.6
SWITCHES = 6


class Taped(NamedTuple):
    """In ms: the longest silence that is no edge of a clip, and how far repetitions differ from the first."""

    gap: float
    drift: float
    repetitions: int


def measured(tape: dict[str, Any]) -> Taped:
    """What a tape says of the switches. A piece that it has lost is a drift."""
    levels, step = tape["levels"], float(tape["step"])
    loud = SILENT * max(levels)
    runs = [(sounds, sum(1 for _ in run)) for sounds, run in groupby(levels, key=lambda level: level >= loud)]
    ends = list(accumulate(length for _, length in runs))
    silences = [
        (end, length * step) for end, (sounds, length) in list(zip(ends, runs, strict=True))[1:-1] if not sounds
    ]
    edges = [end * step for end, lasts in silences if lasts > EDGE_S]
    periods = [later - earlier for earlier, later in pairwise(edges)]
    gap = max((lasts for _, lasts in silences if lasts <= EDGE_S), default=0.0)
    drift = max((abs(period - periods[0]) for period in periods), default=float("nan"))
    return Taped(1000 * gap, 1000 * drift, len(periods))


def button(place: int) -> str:
    return f".player[data-at='{place}'] .play"


def switching_session(driver: Driver) -> Any:
    """From one clip to the other and back until both were heard and a few repetitions are over; the tape."""
    for place in (1, 2):
        driver.wait(f"{button(place)}[data-state=ready]")
    driver.script(TAPE)
    for number in range(SWITCHES + 1):
        place = 1 + number % 2
        driver.click(button(place))
        driver.wait(f"{button(place)}[data-state=playing]")
        driver.wait(f"{button(3 - place)}:not([data-state=playing])")
        time.sleep(STEP_S * (1 + number % 3))
    driver.wait("#locked[hidden]")
    driver.click(button(place))
    driver.wait(f"{button(place)}[data-state=paused]")
    driver.wait("body[data-pending='0']")
    return driver.read("window.taped")


def session(driver: Driver, link: str) -> None:
    come(driver, link)
    print(f"taped {json.dumps(switching_session(driver))}", flush=True)


@contextmanager
def loudspeaker() -> Iterator[None]:
    """A sound device in memory: Firefox computes no sound of Web Audio without one."""
    with TemporaryDirectory() as home:
        socket = Path(home) / "native"
        modules = ("module-null-sink", f"module-native-protocol-unix socket={socket} auth-anonymous=1")
        command = [found("pulseaudio", "pulseaudio"), "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm"]
        server = subprocess.Popen(
            [*command, "--use-pid-file=no", *(f"--load={module}" for module in modules)],
            env={**os.environ, "HOME": home, "XDG_RUNTIME_DIR": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until = time.monotonic() + START_S
            while not socket.exists() and time.monotonic() < until:
                time.sleep(0.1)
            os.environ["PULSE_SERVER"] = f"unix:{socket}"
            yield
        finally:
            server.kill()


if __name__ == "__main__":
    name, link = sys.argv[1:]
    with loudspeaker():
        drive(name, lambda driver: session(driver, link))
