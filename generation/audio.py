"""Melodies to clips that differ in nothing but their music.

Every clip is played by one instrument at one velocity and one tempo, dry, at 44.1 kHz, with the same lead, tail,
fades, length and channels, and is brought to one loudness (ITU-R BS.1770-4). The format is MP3 of constant bit rate,
where equal lengths give equal sizes. Same music, same bytes, in any order and in any process.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import lameenc
import numpy as np
import pyloudnorm
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from formats.errors import InputError
from formats.files import sha256
from generation.melody import PROGRAM, SECONDS_PER_STEP, STEPS, VELOCITY, Tokens, tokens_to_notes

Samples = NDArray[np.float64]

FONT = Path(__file__).resolve().parent.parent / "fixtures" / "soundfont" / "study.sf2"
RATE = 44_100
#: The synthesiser changes gains every 64 samples and ticks at note ends; at twice the rate the tick is 5-8 dB lower.
OVERSAMPLING = 2
MUSIC_S = STEPS * SECONDS_PER_STEP
LEAD_S, TAIL_S, FADE_IN_S, FADE_OUT_S = 0.10, 1.40, 0.005, 0.300
MP3_FRAME = 1152
#: What an MP3 coder and decoder put before the music, in samples; it comes out of the silent lead.
MP3_DELAY = 1105
#: LAME adds a frame unless this much of the last one is left to it.
MP3_REST = 47

TARGET_LUFS = -20.0
#: A set is lowered as a whole until no clip passes this true peak; a limiter would change some clips and not others.
CEILING_DBTP = -2.0
#: So much higher a true peak may be once it is coded and decoded.
CODING_DB = 0.3
#: Bit rate by channels and LAME's quality setting, 0 to 9: docs/packs.md gives speed and noise of other choices.
MP3_KBIT_S, MP3_QUALITY = {1: 128, 2: 192}, 7
#: LAME multiplies its input by 0.95.
LAME_LOSS = 0.95
FULL_SCALE = 32_767
#: Silence by ear, added before loudness is measured: in digital silence the filters slow down two to three times.
NO_DENORMALS = 1e-12
#: A true peak is looked for in parts of so many samples, with so many before and after that its filter needs.
PART, AROUND = 1 << 20, 64


class Frame(NamedTuple):
    """What all clips of a pack have in common: seconds of music, and channels."""

    music_s: float = MUSIC_S
    channels: int = 1

    @property
    def samples(self) -> int:
        """Samples of each channel: a whole number of MP3 frames, so that no player sees padding."""
        return math.ceil((LEAD_S + self.music_s + TAIL_S) * RATE / MP3_FRAME) * MP3_FRAME

    @property
    def duration_s(self) -> float:
        """Length of a file in seconds, with the silence before and after the music."""
        return self.samples / RATE

    @property
    def kbit_s(self) -> int:
        """Bit rate of a file."""
        return MP3_KBIT_S[self.channels]


#: The clips of generators: five bars, mono.
FIVE_BARS = Frame()
SAMPLES = FIVE_BARS.samples


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
    """One clip: the bytes of its file and what was measured of them."""

    data: bytes
    facts: Facts


@cache
def _font() -> bytes:
    return FONT.read_bytes()


@cache
def font_sha256() -> str:
    """SHA-256 of the sound font, as 64 hexadecimal digits."""
    return sha256(_font())


def faded(samples: Samples, fade_in_s: float, fade_out_s: float) -> Samples:
    """Samples at 44.1 kHz, one channel or several, with a raised cosine at either end."""
    envelope = np.ones(len(samples))
    for seconds, end in ((fade_in_s, envelope), (fade_out_s, envelope[::-1])):
        length = min(round(seconds * RATE), len(samples))
        end[:length] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)
    return (samples.T * envelope).T


class Sounding(NamedTuple):
    """A note to be played: onset and end in seconds after the lead, MIDI pitch."""

    start_s: float
    end_s: float
    pitch: int


def synthesise(melody: Tokens) -> Samples:
    """Play one melody (tokens, shape (80,)): samples at 44.1 kHz, shape (SAMPLES,), before loudness is matched.

    Raises ValueError where the melody has no note.
    """
    (notes,) = tokens_to_notes(melody[None])
    step = SECONDS_PER_STEP
    return play(Sounding(note.start * step, (note.start + note.length) * step, note.pitch) for note in notes)


def play(notes: Iterable[Sounding], frame: Frame = FIVE_BARS) -> Samples:
    """Play notes of a frame's music, one or many at a time: samples at 44.1 kHz, shape (samples,) or (samples, 2).

    Raises ValueError where there is none.
    """
    events = sorted(
        (round((LEAD_S + seconds) * RATE * OVERSAMPLING), begins, note.pitch)
        for note in notes
        for seconds, begins in ((note.start_s, True), (note.end_s, False))
    )
    if not events:
        raise ValueError("A melody without a note cannot become a clip.")
    # A synthesiser of its own for each clip costs 2 ms and leaves nothing of the clip before.
    synth = _synthesiser().Synth(samplerate=RATE * OVERSAMPLING)
    synth.program_select(0, synth.sfload(_font()), 0, PROGRAM)
    sound = np.zeros(frame.samples * OVERSAMPLING)
    position = 0
    for end, begins, pitch in [*events, (len(sound), False, 0)]:
        stereo = np.frombuffer(synth.generate(end - position), dtype=np.float32)
        np.add(stereo[::2], stereo[1::2], out=sound[position:end])
        position = end
        if begins:
            synth.noteon(0, pitch, VELOCITY)
        else:
            synth.noteoff(0, pitch)
    mono = faded(resample_poly(sound, 1, OVERSAMPLING, window=("kaiser", 8.0)), FADE_IN_S, FADE_OUT_S)
    return in_channels(mono, frame.channels)


def _synthesiser() -> ModuleType:
    """The synthesiser. Recordings do without, and it is installed by itself: it declares what is not needed here."""
    try:
        import tinysoundfont
    except ImportError as error:
        raise InputError(
            "The synthesiser for MIDI is not installed. Run: pip install --no-deps tinysoundfont==0.3.7"
        ) from error
    module: ModuleType = tinysoundfont
    return module


def in_channels(mono: Samples, channels: int) -> Samples:
    """One channel as it is, or the same in each of several: shape (samples,) or (samples, channels)."""
    return mono if channels == 1 else np.repeat(mono[:, None], channels, axis=1)


def framed(music: Samples, frame: Frame = FIVE_BARS) -> Samples:
    """Samples at 44.1 kHz, no longer than the frame's music, with the lead before and silence after."""
    lead = round(LEAD_S * RATE)
    return np.pad(music, ((lead, frame.samples - lead - len(music)), *[(0, 0)] * (music.ndim - 1)))


def loudness(samples: Samples, rate: int = RATE) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4); minus infinity in silence, NaN below 0.4 s."""
    if len(samples) < 0.4 * rate:
        return math.nan
    return float(pyloudnorm.Meter(rate).integrated_loudness(samples + NO_DENORMALS))


def true_peak(samples: Samples) -> float:
    """True peak in dBTP by fourfold polyphase oversampling (ITU-R BS.1770-4, annex 2); minus infinity in silence."""
    peak = max((_peak_of_part(samples, start) for start in range(0, len(samples), PART)), default=0.0)
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def _peak_of_part(samples: Samples, start: int) -> float:
    """The highest oversampled level of one part: a long clip is never oversampled whole."""
    before = min(start, AROUND)
    finer = resample_poly(samples[start - before : start + PART + AROUND], 4, 1, axis=0)
    return float(np.abs(finer[4 * before : 4 * (before + PART)]).max(initial=0.0))


def encode(samples: Samples) -> bytes:
    """Samples at 44.1 kHz, mono or stereo, to an MP3 file of constant bit rate that decodes to them, one for one.

    The first MP3_DELAY samples must be silent, and the length a multiple of MP3_FRAME. The file has no header
    beside those of its frames, so that nothing in it is a clip's own but the sound.
    """
    encoder = lameenc.Encoder()
    encoder.silence()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    encoder.set_channels(channels)
    encoder.set_in_sample_rate(RATE)
    encoder.set_bit_rate(MP3_KBIT_S[channels])
    encoder.set_quality(MP3_QUALITY)
    levels = np.round(samples[MP3_DELAY:-MP3_REST] * (FULL_SCALE / LAME_LOSS))
    pcm = np.clip(levels, -FULL_SCALE, FULL_SCALE).astype("<i2")
    return bytes(encoder.encode(pcm.tobytes()) + encoder.flush())


def decode(data: bytes) -> tuple[Samples, int]:
    """Samples of an audio file, shape (samples, channels), and their rate. Raises soundfile.LibsndfileError."""
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        rate = file.samplerate
        # In parts: a file may say that it is longer than any memory.
        parts = [file.read(rate, dtype="float64", always_2d=True)]
        while len(parts[-1]) == rate:
            parts.append(file.read(rate, dtype="float64", always_2d=True))
    return np.concatenate(parts), int(rate)


def facts_of(size: int, samples: Samples, rate: int) -> Facts:
    """What can be measured of a file of so many bytes, from what ``decode`` made of it."""
    return Facts(size, len(samples), rate, samples.shape[1], loudness(samples, rate), true_peak(samples))


def measure(data: bytes) -> Facts:
    """Decode an audio file and measure it. Raises soundfile.LibsndfileError where it cannot be decoded."""
    return facts_of(len(data), *decode(data))


def decode_file(path: Path) -> tuple[Samples, int]:
    """Decode an audio file. Raises InputError where it is missing or cannot be decoded."""
    try:
        return decode(path.read_bytes())
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError("%(path)s cannot be read as audio: make the pack again.", path=path) from error


def measure_file(path: Path) -> Facts:
    """Decode and measure an audio file. Raises InputError where it is missing or cannot be decoded."""
    samples, rate = decode_file(path)
    return facts_of(path.stat().st_size, samples, rate)


def clip(samples: Samples, target_lufs: float = TARGET_LUFS) -> bytes:
    """Samples of one clip, of one channel or two, as an MP3 file of the given loudness."""
    return encode(samples * 10 ** ((target_lufs - loudness(samples)) / 20))


def render(samples: Samples, target_lufs: float) -> Rendered:
    """Make the file of one clip and measure it."""
    data = clip(samples, target_lufs)
    return Rendered(data, measure(data))


def lowered(target_lufs: float, peaks_dbtp: list[float]) -> float:
    """The target, in tenths, that brings the highest of these peaks, reached at ``target_lufs``, to the ceiling."""
    excess = max(peaks_dbtp, default=-math.inf) - CEILING_DBTP
    return target_lufs if excess <= 0 else math.floor((target_lufs - excess) * 10) / 10
