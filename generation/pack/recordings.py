"""Clips from elsewhere: recordings and MIDI files of any length, brought into the frame of a clip or refused.

A recording is freed of its DC offset, resampled, brought to the pack's channels, and cut to its length or padded with
silence. A MIDI file is played at its own tempo with all its voices, drums left out, by the study's instrument at one
velocity, the same in each channel.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.signal import resample_poly

from formats.errors import InputError, Message
from generation import audio
from generation.acoustics import MOSTLY, acoustics
from generation.audio import FIVE_BARS, LEAD_S, RATE, Frame, Samples, Sounding
from generation.intake.reading import load_midi
from generation.melody import HIGHEST, LOWEST
from generation.pack.sound_files import FOREIGN, RECORDINGS, Recording, first_sound, read_recording

MIDI = frozenset({".mid", ".midi"})
MIN_S = 1.0
SILENT_LUFS = -60.0
#: Distortion that can be heard; single samples at full scale cannot.
CLIPPED_SHARE, FULL_SCALE = 0.001, 0.999
#: Flat tops below this level were made so on purpose, as by a synthesiser of square waves.
CLIPPED_LEVEL = 0.95
#: So many times as many samples at the very top as just below it are peaks that were cut off.
FLAT = 4.0
#: A higher peak than this above a clip's loudness would lower a whole pack below -30 LUFS.
HIGHEST_CREST_LU = 28.0
#: A sample peak that far above the loudness may be a true peak above the ceiling.
TELLING_CREST_LU = 15.0
#: A note without length would never be let go.
MIN_NOTE_S = 0.02


def is_midi(path: Path) -> bool:
    """Whether a file is read as MIDI, by its ending."""
    return path.suffix.lower() in MIDI


class Judgement(NamedTuple):
    """Why a file cannot become a clip, as a phrase with "it", or None; and how far its true peak is above its loudness.

    The peak is 0 where it is too low to matter. ``seconds`` and ``channels`` are the file's own; of a longer file, no
    more seconds than were looked at and a little.
    """

    reason: Message | None
    crest_lu: float = 0.0
    seconds: float = 0.0
    channels: int = 1


class Sound(NamedTuple):
    """A file in a clip's frame, before loudness is matched; how long it was, and how many channels it had."""

    samples: Samples
    seconds: float
    channels: int


def judge(path: Path, frame: Frame = FIVE_BARS, *, own: bool = False) -> Judgement:
    """Whether a file can become a clip of a frame, or of one of its own length that is no longer."""
    try:
        sound = read_sound(path, frame, own=own)
    except InputError as error:
        return Judgement(error.messages[0])
    return judge_sound(path, sound, frame)


def judge_sound(path: Path, sound: Sound, frame: Frame) -> Judgement:
    """The same of a file that was read."""
    samples = sound.samples
    lufs = audio.loudness(samples)
    if reason := _silent(path, samples, lufs, frame):
        return Judgement(reason)
    crest = 20 * math.log10(np.abs(samples).max()) - lufs
    if crest > HIGHEST_CREST_LU:
        return Judgement(
            Message(
                "its highest peak stands %(crest)s dB above its loudness (a click?): remove the peak or compress it",
                crest=f"{crest:.0f}",
            )
        )
    crest = audio.true_peak(samples) - lufs if crest > TELLING_CREST_LU else 0.0
    return Judgement(None, crest, sound.seconds, sound.channels)


def _silent(path: Path, samples: Samples, lufs: float, frame: Frame) -> Message | None:
    """What to say of a clip that is silent, or for most of its time, or begins too late."""
    if not lufs >= SILENT_LUFS:
        start = None if is_midi(path) else first_sound(path)
        if start is not None and start >= frame.music_s:
            return Message(
                "it begins to sound after %(start)s s, and only its first %(seconds)s s are used: "
                "cut the silence before it",
                start=f"{start:.1f}",
                seconds=f"{frame.music_s:g}",
            )
        if frame.channels > 1:
            return Message("it is silent (below %(lufs)s LUFS)", lufs=f"{SILENT_LUFS:.0f}")
        return Message(
            "it is silent (below %(lufs)s LUFS once its channels are mixed to one)", lufs=f"{SILENT_LUFS:.0f}"
        )
    heard = acoustics(samples[round(LEAD_S * RATE) :], RATE)
    if heard.silence_to_end <= MOSTLY:
        return None
    if heard.onset_s > MOSTLY * heard.end_s:
        return Message(
            "it begins to sound after %(start)s s and ends after %(end)s s: cut the silence before it",
            start=f"{heard.onset_s:.1f}",
            end=f"{heard.end_s:.1f}",
        )
    return Message(
        "it is silent for %(share)s of the time up to its last sound: cut the silence out",
        share=f"{heard.silence_to_end:.0%}",
    )


def read_samples(path: Path, frame: Frame = FIVE_BARS) -> Samples:
    """The samples of `read_sound`: shape (frame.samples,), or (frame.samples, 2) in stereo."""
    return read_sound(path, frame).samples


def read_sound(path: Path, frame: Frame = FIVE_BARS, *, own: bool = False) -> Sound:
    """A recording or MIDI file in a clip's frame, or in one of its own length that is no longer.

    Raises InputError with the reason alone, as a phrase with "it".
    """
    if is_midi(path):
        notes = _all_notes(path)
        seconds = max(note.end_s for note in notes)
        frame = _own(frame, seconds, 1) if own else frame
        return Sound(audio.play(_first_notes(notes, frame.music_s), frame), seconds, 1)
    if path.suffix.lower() in RECORDINGS | FOREIGN:
        found = read_recording(path, frame.music_s)
        channels = found.channels.shape[1]
        frame = _own(frame, found.seconds, channels) if own else frame
        return Sound(audio.framed(_music(found, frame), frame), found.seconds, channels)
    raise InputError("it is not a recording (WAV, FLAC, MP3, Ogg, Opus, AIFF, CAF) or a MIDI file")


def _own(frame: Frame, seconds: float, channels: int) -> Frame:
    """No longer than the file, so that a short one is looked at in a short time, and of no more channels."""
    return Frame(min(seconds, frame.music_s), frame.channels if channels == 2 else 1)


def read_notes(path: Path, seconds: float = FIVE_BARS.music_s) -> list[Sounding]:
    """The notes of so much of a MIDI file, in seconds. Raises InputError like read_sound."""
    return _first_notes(_all_notes(path), seconds)


def _all_notes(path: Path) -> list[Sounding]:
    """All notes of a MIDI file but drums. Raises InputError where there is none."""
    try:
        tracks = load_midi(path)[0].to("second").tracks
    except Exception as error:  # symusic raises several unrelated kinds for damaged files
        raise InputError("it cannot be read as MIDI: export it again as standard MIDI") from error
    notes = [
        Sounding(note.time, max(note.end, note.time + MIN_NOTE_S), note.pitch)
        for track in tracks
        if not track.is_drum
        for note in track.notes
    ]
    if not notes:
        raise InputError("it has no note (drums are not played)")
    return notes


def _first_notes(notes: list[Sounding], seconds: float) -> list[Sounding]:
    notes = [note._replace(end_s=min(note.end_s, seconds)) for note in notes if note.start_s < seconds - MIN_NOTE_S]
    if not notes:
        raise InputError(
            "it has no note in its first %(seconds)s seconds (drums are not played)", seconds=f"{seconds:g}"
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


def _music(found: Recording, frame: Frame) -> Samples:
    """The music of a recording in the channels of the frame: two stay two, other numbers are mixed to one."""
    channels, rate = found.channels, found.rate
    _require_length(found.seconds)
    if not np.isfinite(channels).all():
        raise InputError("it holds values that are no numbers: export it again")
    _require_unclipped(found)
    # An offset would be a thump at either end, and its power would count as loudness.
    centred = channels - channels.mean(axis=0)
    stays = frame.channels == centred.shape[1] > 1
    music = centred if stays else audio.in_channels(centred.mean(axis=1), frame.channels)
    return _cut(resample_poly(music, RATE // math.gcd(RATE, rate), rate // math.gcd(RATE, rate)), frame)


def _require_unclipped(found: Recording) -> None:
    """Raise InputError where peaks are cut off flat, at whatever level, or a lossy coder had too much to code.

    A tone's samples thin out towards its peak by a square root, so that the topmost 0.05% of its range holds as many as
    the next 0.15%. Where peaks are cut off it holds many times as many.
    """
    size = np.abs(found.channels)
    peak = float(size.max())
    if found.is_lossy:
        share = float((size >= FULL_SCALE).mean())
        if share > CLIPPED_SHARE:
            raise InputError(
                "%(share)s of its samples are at full scale or above, as of a clipped recording: "
                "export it at a lower level",
                share=f"{share:.1%}",
            )
        return
    top = float((size >= 0.9995 * peak).mean())
    below = float(((size >= 0.998 * peak) & (size < 0.9995 * peak)).mean())
    if peak >= CLIPPED_LEVEL and top > CLIPPED_SHARE and top > FLAT * below:
        raise InputError(
            "it is clipped (%(share)s of its samples are cut off at %(peak)s of full scale): "
            "export it at a lower level",
            share=f"{top:.1%}",
            peak=f"{peak:.2f}",
        )


def _cut(music: Samples, frame: Frame) -> Samples:
    """At most the frame's music, without a step at either end: a long fade where music goes on, else a short one."""
    longest = round(frame.music_s * RATE)
    fade_out = audio.FADE_OUT_S if len(music) > longest else audio.FADE_IN_S
    return audio.faded(music[:longest], audio.FADE_IN_S, fade_out)


def _require_length(seconds: float) -> None:
    if seconds < MIN_S:
        raise InputError(
            "it lasts %(length)s s, and %(least)s s is the least",
            length=f"{math.floor(seconds * 100) / 100:.2f}",
            least=f"{MIN_S:.0f}",
        )
