"""What a pack costs: seconds a clip by stage, and a pack of 600 clips in two processes against a plain loop."""

from __future__ import annotations

import io
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch

from generation import audio
from generation.audio import RATE, Samples
from generation.melody import Tokens
from generation.networks import SYSTEMS, network
from generation.pack.build import build_pack
from tests.generation.songs import random_tokens, small_corpus

CLIPS, WORKERS = 24, 2


class Untrained:
    """A network with the weights it is born with: its sampling counts, its notes, where it has any, do not."""

    sha256 = "0" * 64

    def __init__(self, name: str) -> None:
        torch.manual_seed(0)
        kind = network(name)
        self.model = kind(kind.settings_type()).eval()

    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        self.model.sample(n, rng)
        return random_tokens(n, seed=int(rng.integers(2**32)))


def seconds_each(work: Callable[[int], object]) -> float:
    """Median processor seconds of one clip; other programs on the machine hardly change them."""
    times = []
    for number in range(CLIPS):
        start = time.process_time()
        work(number)
        times.append(time.process_time() - start)
    return float(np.median(times))


def plain_mp3(samples: Samples) -> bytes:
    """The same loudness through soundfile, whose MP3 coder cannot be told to hurry: constant bit rate, 96 kbit/s."""
    file = io.BytesIO()
    level = 10 ** ((audio.TARGET_LUFS - audio.loudness(samples)) / 20)
    soundfile.write(file, samples * level, RATE, format="MP3", bitrate_mode="CONSTANT", compression_level=0.8)
    return file.getvalue()


def stages(melodies: Tokens) -> None:
    """Prints what each stage costs, and how much longer a clip takes through soundfile."""
    sounds = [audio.synthesise(melody) for melody in melodies]
    files = [audio.clip(sound) for sound in sounds]
    cost = {
        "synthesis": seconds_each(lambda n: audio.synthesise(melodies[n])),
        "loudness": seconds_each(lambda n: audio.loudness(sounds[n])),
        "MP3": seconds_each(lambda n: audio.encode(sounds[n])),
        "decoding and measuring the file": seconds_each(lambda n: audio.measure(files[n])),
    }
    plain = cost["synthesis"] + cost["decoding and measuring the file"] + seconds_each(lambda n: plain_mp3(sounds[n]))
    total = sum(cost.values())
    told = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in cost.items())
    print(f"A clip, one core: {total:.3f} s ({told}); by soundfile {plain:.3f} s, {plain / total:.2f} times as long")


class Cost(NamedTuple):
    """Seconds by the clock, and of processor time in this process and those it started."""

    clock: float
    processor: float


def cost_of(work: Callable[[], object]) -> Cost:
    """What some work costs."""
    clock, processor = time.perf_counter(), used()
    work()
    return Cost(time.perf_counter() - clock, used() - processor)


def used() -> float:
    """Processor seconds so far, those of finished children included."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in times)


def plain_loop(melodies: Tokens) -> None:
    """One clip after another in one process, with soundfile's MP3."""
    for melody in melodies:
        audio.measure(plain_mp3(audio.synthesise(melody)))


def whole_pack(out: Path, clips: int) -> Cost:
    """A pack of six systems, sampling included."""
    generators = {name: Untrained(name) for name in SYSTEMS}
    corpus = small_corpus(other=clips + 20)
    return cost_of(lambda: build_pack(out, generators, corpus, clips_per_system=clips, workers=WORKERS))


def main(clips: int = 10) -> None:
    """The bench; ``clips`` of each of the six systems are made, 100 for the whole pack."""
    torch.set_num_threads(1)
    stages(random_tokens(CLIPS))
    with tempfile.TemporaryDirectory() as folder:
        ours = whole_pack(Path(folder) / "pack", clips)
    loop = cost_of(lambda: plain_loop(random_tokens(CLIPS)))
    total = (len(SYSTEMS) + 1) * clips
    plain = Cost(loop.clock * total / CLIPS, loop.processor * total / CLIPS)
    print(
        f"A pack of {total} clips of six systems, {WORKERS} processes, sampling included: {ours.clock:.1f} s "
        f"({ours.processor:.1f} s of processor time); a plain loop in one process, without sampling: "
        f"{plain.clock:.1f} s ({plain.processor:.1f} s), {plain.clock / ours.clock:.2f} times as long"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
