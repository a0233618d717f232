"""Level the ocarina of a cut of FluidR3_GM: `python -m tests.soundfont CUT.sf2 fixtures/soundfont/study.sf2`.

Its recordings swell and fade by 7 dB, also within their loops, so that every held note beats at a rate that follows its
pitch. Here each recording is divided by its own envelope after the attack. Nothing else in the font changes.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

INSTRUMENT = b"Ocar"
#: The first part of a recording, in seconds, keeps its own course: the attack.
ATTACK_S = 0.04
#: The envelope is smoothed over so many periods of the tone, and over this time at least, in seconds.
PERIODS, SMOOTHED_S = 3, 0.008
#: The last part of a loop, in samples, over which the gain returns to that of its beginning.
JOINT = 512
#: Gains settle in so many rounds, as an envelope is smoother than what it is taken from.
ROUNDS = 4
HEADER = "<20sIIIIIBbHH"


class Recording(NamedTuple):
    """Where a recording and its loop begin and end among the samples of a font, and samples a second."""

    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int


def chunks(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte and size of each chunk of a RIFF file that is no list."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        kind, size = data[start : start + 4], int.from_bytes(data[start + 4 : start + 8], "little")
        if kind in (b"RIFF", b"LIST"):
            yield from chunks(data, start + 12, start + 8 + size)
        else:
            yield kind, start + 8, size
        start += 8 + size + size % 2


def recordings(headers: bytes) -> Iterator[Recording]:
    """The recordings of the ocarina."""
    for name, start, end, loop_start, loop_end, rate, *_ in struct.iter_unpack(HEADER, headers):
        if name.startswith(INSTRUMENT):
            yield Recording(start, end, loop_start, loop_end, rate)


def levelled(sound: Samples, first: int, last: int, rate: int) -> Samples:
    """A recording whose loop from sample `first` to `last` has one loudness, and all after the attack has it too."""
    loop = sound[first:last]
    tone = np.argmax(np.abs(np.fft.rfft(loop * np.hanning(len(loop))))) * rate / len(loop)
    window = np.hanning(int(max(PERIODS / tone, SMOOTHED_S) * rate) // 2 * 2 + 3)[1:-1]
    target = np.sqrt((loop**2).mean())
    gain = np.ones(last)
    for _ in range(ROUNDS):
        heard = sound[:last] * gain
        heard = np.concatenate([heard, heard[first : first + len(window)]])
        power = np.convolve(heard**2, window / window.sum(), "same")[:last]
        gain *= target / np.maximum(np.sqrt(power), target / 50)
        attack = round(ATTACK_S * rate)
        gain[:attack] = gain[attack]
        gain[-JOINT:] += (gain[first] - gain[-1]) * np.linspace(0, 1, JOINT)
    return np.concatenate([sound[:last] * gain, sound[last:] * gain[first]])


def level(data: bytes) -> bytes:
    """The font with its ocarina levelled."""
    places = {kind: slice(start, start + size) for kind, start, size in chunks(data)}
    sound = np.frombuffer(data[places[b"smpl"]], dtype="<i2").copy()
    for found in recordings(data[places[b"shdr"]]):
        whole = sound[found.start : found.end].astype(np.float64)
        even = levelled(whole, found.loop_start - found.start, found.loop_end - found.start, found.rate)
        sound[found.start : found.end] = np.clip(np.round(even), -32_768, 32_767)
    return data[: places[b"smpl"].start] + sound.tobytes() + data[places[b"smpl"].stop :]


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(level(Path(sys.argv[1]).read_bytes()))
