"""Melodies to clips that differ in nothing but their music.

Every clip is played by one instrument at one velocity and one tempo, dry, in mono at 44.1 kHz, with the same
lead, tail, fades and length, and is brought to one loudness (ITU-R BS.1770-4). The format is MP3 of constant
bit rate, where equal lengths give equal sizes. Same tokens, same bytes, in any order and in any process.
"""

from __future__ import annotations

import io
import math
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyloudnorm
import soundfile
import tinysoundfont
from numpy.typing import NDArray
from scipy.signal import resample_poly

from generation.errors import InputError
from generation.files import sha256, write_whole
from generation.melody import PROGRAM, SECONDS_PER_STEP, STEPS, VELOCITY, Tokens, tokens_to_notes

Samples = NDArray[np.float64]

FONT = Path(__file__).resolve().parent.parent / "fixtures" / "soundfont" / "study.sf2"
RATE = 44_100
#: The synthesiser changes gains every 64 samples and ticks at note ends; at twice the rate the tick is 5-8 dB lower.
OVERSAMPLING = 2
LEAD_S, TAIL_S, FADE_IN_S, FADE_OUT_S = 0.10, 1.40, 0.005, 0.300
MP3_FRAME = 1152
#: A whole number of MP3 frames, so that no player sees padding.
SAMPLES = math.ceil((LEAD_S + STEPS * SECONDS_PER_STEP + TAIL_S) * RATE / MP3_FRAME) * MP3_FRAME
DURATION_S = SAMPLES / RATE

TARGET_LUFS = -20.0
#: A set is lowered as a whole until no clip passes this true peak; a limiter would change some clips and not others.
CEILING_DBTP = -2.0
MP3_KBIT_S = 96
#: soundfile counts MP3 quality from 0 (320 kbit/s) to 1 (32 kbit/s); at 44.1 kHz this is 96 kbit/s.
MP3_COMPRESSION = 0.8
#: LAME multiplies its input by 0.95.
LAME_LOSS_DB = -20 * math.log10(0.95)


class Facts(NamedTuple):
    """What can be measured of a decoded file: bytes, samples, samples a second, channels, loudness and true peak."""

    size: int
    samples: int
    rate: int
    channels: int
    lufs: float
    true_peak_dbtp: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples / self.rate


class Rendered(NamedTuple):
    """One clip as it went to the disk: SHA-256 of the file and what was measured of it."""

    audio_sha256: str
    facts: Facts


@cache
def _font() -> bytes:
    return FONT.read_bytes()


@cache
def font_sha256() -> str:
    """SHA-256 of the sound font, as 64 hexadecimal digits."""
    return sha256(_font())


@cache
def _envelope() -> Samples:
    envelope = np.ones(SAMPLES)
    for seconds, end in ((FADE_IN_S, slice(None)), (FADE_OUT_S, slice(None, None, -1))):
        length = round(seconds * RATE)
        envelope[end][:length] = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)
    return envelope


def synthesise(melody: Tokens) -> Samples:
    """Play one melody (tokens, shape (80,)): samples at 44.1 kHz, shape (SAMPLES,), before loudness is matched.

    Raises ValueError where the melody has no note.
    """
    (notes,) = tokens_to_notes(melody[None])
    if not notes:
        raise ValueError("A melody without a note cannot become a clip.")
    # A synthesiser of its own for each clip costs 5 ms and leaves nothing of the clip before.
    synth = tinysoundfont.Synth(samplerate=RATE * OVERSAMPLING)
    synth.program_select(0, synth.sfload(_font()), 0, PROGRAM)
    lead, step = (round(seconds * RATE * OVERSAMPLING) for seconds in (LEAD_S, SECONDS_PER_STEP))
    sound = np.zeros(SAMPLES * OVERSAMPLING)
    position = 0

    def play_until(end: int) -> None:
        nonlocal position
        stereo = np.frombuffer(synth.generate(end - position), dtype=np.float32)
        sound[position:end] = stereo.reshape(-1, 2).mean(axis=1)
        position = end

    for note in notes:
        play_until(lead + note.start * step)
        synth.noteon(0, note.pitch, VELOCITY)
        play_until(lead + (note.start + note.length) * step)
        synth.noteoff(0, note.pitch)
    play_until(len(sound))
    return resample_poly(sound, 1, OVERSAMPLING, window=("kaiser", 8.0)) * _envelope()


def loudness(samples: Samples, rate: int = RATE) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4); minus infinity in silence, NaN below 0.4 s."""
    if len(samples) < 0.4 * rate:
        return math.nan
    return float(pyloudnorm.Meter(rate).integrated_loudness(samples))


def true_peak(samples: Samples) -> float:
    """True peak in dBTP by fourfold polyphase oversampling (ITU-R BS.1770-4, annex 2); minus infinity in silence."""
    peak = float(np.abs(resample_poly(samples, 4, 1, axis=0)).max(initial=0.0))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def encode(samples: Samples) -> bytes:
    """Mono samples at 44.1 kHz to an MP3 file of constant bit rate that decodes to the level of the input."""
    file = io.BytesIO()
    soundfile.write(
        file,
        samples * 10 ** (LAME_LOSS_DB / 20),
        RATE,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=MP3_COMPRESSION,
    )
    return file.getvalue()


def measure(data: bytes) -> Facts:
    """Decode an audio file and measure it. Raises soundfile.LibsndfileError where it cannot be decoded."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float64", always_2d=True)
    return Facts(len(data), len(samples), rate, samples.shape[1], loudness(samples, rate), true_peak(samples))


def measure_file(path: Path) -> Facts:
    """Decode and measure an audio file. Raises InputError where it is missing or cannot be decoded."""
    try:
        return measure(path.read_bytes())
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"{path} cannot be read as audio: make the pack again.") from error


def clip(melody: Tokens, target_lufs: float = TARGET_LUFS) -> bytes:
    """One melody (tokens, shape (80,)) as an MP3 file of the given loudness."""
    samples = synthesise(melody)
    return encode(samples * 10 ** ((target_lufs - loudness(samples)) / 20))


def render(melody: Tokens, path: Path, target_lufs: float) -> Rendered:
    """Write one melody as a clip and measure what was written."""
    data = clip(melody, target_lufs)
    write_whole(path, data, dated=False)
    return Rendered(sha256(data), measure(data))


def lowered(target_lufs: float, peaks_dbtp: list[float]) -> float:
    """The target, in tenths, that brings the highest of these peaks, reached at ``target_lufs``, to the ceiling."""
    excess = max(peaks_dbtp, default=-math.inf) - CEILING_DBTP
    return target_lufs if excess <= 0 else math.floor((target_lufs - excess) * 10) / 10


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def pool(workers: int) -> Iterator[Executor]:
    """Where clips are rendered: this process for one worker, else that many processes of their own.

    Processes are spawned, never forked: a fork would carry over locks of numerical libraries.
    """
    executor: Executor = (
        ThreadPoolExecutor(1)
        if workers == 1
        else ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_the_parent)
    )
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)
