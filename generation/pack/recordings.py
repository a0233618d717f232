"""Clips from elsewhere: recordings and MIDI files of any length, brought into the frame of a clip or refused.

A recording is mixed to one channel, resampled, and cut to ten seconds or padded with silence. A MIDI file is played
at its own tempo with all its voices, drums left out, by the study's instrument at one velocity.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from formats.errors import InputError, Message
from generation import audio
from generation.acoustics import MOSTLY, acoustics
from generation.audio import LEAD_S, MUSIC_S, RATE, Samples, Sounding
from generation.intake.reading import load_midi
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


def judge(path: Path) -> Message | None:
    """Why a file cannot become a clip, as a phrase with "it"; None where it can."""
    try:
        samples = read_samples(path)
    except InputError as error:
        return error.messages[0]
    lufs = audio.loudness(samples)
    if not lufs >= SILENT_LUFS:
        return Message(
            "it is silent (below %(lufs)s LUFS once its channels are mixed to one)", lufs=f"{SILENT_LUFS:.0f}"
        )
    if (silence := acoustics(samples[round(LEAD_S * RATE) :], RATE).silence_to_end) > MOSTLY:
        return Message(
            "it is silent for %(share)s of the time up to its last sound: cut the silence out", share=f"{silence:.0%}"
        )
    crest = 20 * math.log10(np.abs(samples).max()) - lufs
    if crest > HIGHEST_CREST_LU:
        return Message(
            "its highest peak stands %(crest)s dB above its loudness (a click?): remove the peak or compress it",
            crest=f"{crest:.0f}",
        )
    return None


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
        tracks = load_midi(path)[0].to("second").tracks
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
        raise InputError(
            "it has no note in its first %(seconds)s seconds (drums are not played)", seconds=f"{MUSIC_S:.0f}"
        )
    outside = next((note.pitch for note in notes if not LOWEST <= note.pitch <= HIGHEST), None)
    if outside is not None:
        raise InputError(
            "it has the pitch %(pitch)s, outside the piano (%(lowest)s-%(highest)s): transpose it",
            pitch=outside,
            lowest=LOWEST,
            highest=HIGHEST,
        )
    _require_length(max(note.end_s for note in notes))
    return notes


def _recording(path: Path) -> Samples:
    try:
        with soundfile.SoundFile(path) as file:
            rate = int(file.samplerate)
            if not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise InputError(
                    "it has %(rate)s samples a second, not 8,000 to 192,000: export it at 44,100", rate=rate
                )
            channels = file.read(math.floor(MUSIC_S * rate) + 1, dtype="float64", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError("it cannot be decoded: export it again as WAV, FLAC or MP3") from error
    _require_length(len(channels) / rate)
    if not np.isfinite(channels).all():
        raise InputError("it holds values that are no numbers: export it again")
    clipped = float((np.abs(channels) >= FULL_SCALE).mean())
    if clipped > CLIPPED_SHARE:
        raise InputError(
            "it is clipped (%(share)s of its samples at full scale): export it at a lower level",
            share=f"{clipped:.1%}",
        )
    return _cut(resample_poly(channels.mean(axis=1), RATE // math.gcd(RATE, rate), rate // math.gcd(RATE, rate)))


def _cut(music: Samples) -> Samples:
    """At most ten seconds, without a step at either end: a long fade where music goes on, else a short one."""
    longest = round(MUSIC_S * RATE)
    fade_out = audio.FADE_OUT_S if len(music) > longest else audio.FADE_IN_S
    return audio.faded(music[:longest], audio.FADE_IN_S, fade_out)


def _require_length(seconds: float) -> None:
    if seconds < SHORTEST_S:
        raise InputError(
            "it lasts %(length)s s, and %(least)s s is the least", length=f"{seconds:.1f}", least=f"{SHORTEST_S:.0f}"
        )
