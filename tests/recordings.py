"""Short recordings that differ by chance, and ways in which a system's recordings may differ beside their music."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from generation.audio import loudness

Samples = NDArray[np.float64]

RATE, SECONDS = 16_000, 3.0
#: Where the music of every recording begins and ends.
START_S, END_S = 0.2, 2.8
LUFS = -23.0


@functools.cache
def recording(number: int, pitch: float = 1.0) -> Samples:
    """Eight tones with falling harmonics over a little noise, between silent edges; every number is another tune."""
    rng = np.random.default_rng(number)
    times = np.arange(round(RATE * SECONDS)) / RATE
    hertz = pitch * np.repeat(rng.uniform(300, 450, 8), np.diff(np.linspace(0, len(times), 9).round().astype(int)))
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    wave = sum(np.sin(part * phase + rng.uniform(0, 6)) / part**2 for part in range(1, 16)) * rng.uniform(0.95, 1.05)
    wave = wave + rng.normal(0, 0.001, len(times))
    inside = np.clip(np.minimum(times - START_S, END_S - times) / 0.005, 0, 1)
    samples = np.asarray(wave * inside)
    samples.flags.writeable = False
    return samples


def between(samples: Samples, start_s: float, end_s: float, factor: float) -> Samples:
    """The recording with a part of it louder, softer or silent."""
    changed = samples.copy()
    changed[round(start_s * RATE) : round(end_s * RATE)] *= factor
    return changed


def narrowed(samples: Samples) -> Samples:
    """Without all above 3 kHz."""
    spectrum = np.fft.rfft(samples)
    spectrum[round(3_000 * SECONDS) :] = 0
    return np.asarray(np.fft.irfft(spectrum, len(samples)))


def brightened(samples: Samples) -> Samples:
    """With stronger harmonics from 1 to 3 kHz."""
    spectrum = np.fft.rfft(samples)
    spectrum[round(1_000 * SECONDS) : round(3_000 * SECONDS)] *= 8
    return between(between(np.fft.irfft(spectrum, len(samples)), 0, START_S, 0), END_S, SECONDS, 0)


def hissing(samples: Samples) -> Samples:
    """With steady noise for as long as it sounds."""
    noise = np.random.default_rng(1).normal(0, 0.05 * samples.std(), len(samples))
    return samples + between(between(noise, 0, START_S, 0), END_S, SECONDS, 0)


def widened(samples: Samples) -> Samples:
    """In two channels, one louder than the other."""
    return np.stack([1.4 * samples, 0.6 * samples], axis=1)


#: By the feature that gives it away: how the recordings of one system are changed.
PLANTED: dict[str, Callable[[Samples], Samples]] = {
    "onset_s": lambda samples: between(samples, 0, 0.7, 0),
    "end_s": lambda samples: between(samples, 2.1, SECONDS, 0),
    "edge_silence_s": lambda samples: between(between(samples, 0, 0.5, 0), 2.4, SECONDS, 0),
    "pauses": lambda samples: between(samples, 1.2, 1.8, 0),
    "dc_offset": lambda samples: samples + 0.1 * samples.std(),
    "first_third_lu": lambda samples: between(samples, 0, 1.06, 2.5),
    "last_third_lu": lambda samples: between(samples, 1.94, SECONDS, 2.5),
    "roll_off_hz": brightened,
    "highest_hz": narrowed,
    "noise_db": hissing,
    "stereo_width": widened,
}


def at_one_loudness(samples: Samples, lufs: float = LUFS) -> Samples:
    """The recording at the loudness of its pack."""
    return np.asarray(samples * 10 ** ((lufs - loudness(samples, RATE)) / 20))


def mp3(samples: Samples) -> bytes:
    """The recording as an MP3 file of constant bit rate."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="MP3", bitrate_mode="CONSTANT", compression_level=0.1)
    return file.getvalue()


def wave_file(path: Path, samples: Samples) -> Path:
    """Write the recording, without rounding it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path
