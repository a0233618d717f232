"""Clips from elsewhere: recordings and MIDI files of any length, brought into the frame of a clip or refused.

A recording is mixed to one channel, resampled, and cut to ten seconds or padded with silence. A MIDI file is played
at its own tempo with all its voices, drums left out, by the study's instrument at one velocity.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import symusic
from scipy.signal import resample_poly

from formats.errors import InputError
from generation import audio
from generation.acoustics import MOSTLY, acoustics
from generation.audio import LEAD_S, MUSIC_S, RATE, Samples, Sounding
from generation.melody import HIGHEST, LOWEST

RECORDINGS = frozenset({".wav", ".flac", ".mp3"})
MIDI = frozenset({".mid", ".midi"})
SHORTEST_S = 1.0
LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
SILENT_LUFS = -60.0
#: Distortion that can be heard; single samples at full scale cannot.
CLIPPED_SHARE, FULL_SCALE = 0.001, 0.999
#: A higher peak than this above a clip's loudness would lower a whole pack below -30 LUFS.
HIGHEST_CREST_LU = 28.0
#: A note without length would never be let go.
SHORTEST_NOTE_S = 0.02


def is_midi(path: Path) -> bool:
    """Whether a file is read as MIDI, by its ending."""
    return path.suffix.lower() in MIDI


def judge(path: Path) -> str:
    """Why a file cannot become a clip, as a phrase with "it"; empty where it can."""
    try:
        samples = read_samples(path)
    except InputError as error:
        return str(error)
    lufs = audio.loudness(samples)
    if not lufs >= SILENT_LUFS:
        return f"it is silent (below {SILENT_LUFS:.0f} LUFS once its channels are mixed to one)"
    if (silence := acoustics(samples[round(LEAD_S * RATE) :], RATE).silence_to_end) > MOSTLY:
        return f"it is silent for {silence:.0%} of the time up to its last sound: cut the silence out"
    crest = 20 * math.log10(np.abs(samples).max()) - lufs
    if crest > HIGHEST_CREST_LU:
        return f"its highest peak stands {crest:.0f} dB above its loudness (a click?): remove the peak or compress it"
    return ""


def read_samples(path: Path) -> Samples:
    """The sound of a recording or MIDI file in a clip's frame: shape (SAMPLES,), before loudness is matched.

    Raises InputError with the reason alone, as a phrase with "it".
    """
    if is_midi(path):
        return audio.play(read_notes(path))
    if path.suffix.lower() in RECORDINGS:
        return audio.framed(_recording(path))
    raise InputError("it is not a WAV, FLAC, MP3 or MIDI file")


def read_notes(path: Path) -> list[Sounding]:
    """The notes of a MIDI file's first ten seconds, in seconds. Raises InputError like read_samples."""
    try:
        # symusic's own annotations stop at its compiled core.
        score: Any = symusic.Score(str(path))
        tracks = score.to("second").tracks
    except Exception as error:  # symusic raises several unrelated kinds for damaged files
        raise InputError("it cannot be read as MIDI: export it again as standard MIDI") from error
    notes = [
        Sounding(note.time, min(max(note.end, note.time + SHORTEST_NOTE_S), MUSIC_S), note.pitch)
        for track in tracks
        if not track.is_drum
        for note in track.notes
        if note.time < MUSIC_S - SHORTEST_NOTE_S
    ]
    if not notes:
        raise InputError(f"it has no note in its first {MUSIC_S:.0f} seconds (drums are not played)")
    if outside := next((note.pitch for note in notes if not LOWEST <= note.pitch <= HIGHEST), None):
        raise InputError(f"it has the pitch {outside}, outside the piano ({LOWEST}-{HIGHEST}): transpose it")
    _require_length(max(note.end_s for note in notes))
    return notes


def _recording(path: Path) -> Samples:
    try:
        with soundfile.SoundFile(path) as file:
            rate = int(file.samplerate)
            if not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise InputError(f"it has {rate} samples a second, not 8,000 to 192,000: export it at 44,100")
            channels = file.read(math.floor(MUSIC_S * rate) + 1, dtype="float64", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError("it cannot be decoded: export it again as WAV, FLAC or MP3") from error
    _require_length(len(channels) / rate)
    if not np.isfinite(channels).all():
        raise InputError("it holds values that are no numbers: export it again")
    clipped = float((np.abs(channels) >= FULL_SCALE).mean())
    if clipped > CLIPPED_SHARE:
        raise InputError(f"it is clipped ({clipped:.1%} of its samples at full scale): export it at a lower level")
    return _cut(resample_poly(channels.mean(axis=1), RATE // math.gcd(RATE, rate), rate // math.gcd(RATE, rate)))


def _cut(music: Samples) -> Samples:
    """At most ten seconds, without a step at either end: a long fade where music goes on, else a short one."""
    longest = round(MUSIC_S * RATE)
    fade_out = audio.FADE_OUT_S if len(music) > longest else audio.FADE_IN_S
    return audio.faded(music[:longest], audio.FADE_IN_S, fade_out)


def _require_length(seconds: float) -> None:
    if seconds < SHORTEST_S:
        raise InputError(f"it lasts {seconds:.1f} s, and {SHORTEST_S:.0f} s is the least")
