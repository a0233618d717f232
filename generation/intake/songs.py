"""Which songs can be used: one voice, a duple metre, the sixteenth grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from formats.errors import InputError
from generation.intake.reading import RawNote, Reading, on_grid, read_midi
from generation.melody import HIGHEST, LOWEST, STEPS, STEPS_PER_BEAT, Note

DUPLE = {(2, 4), (4, 4), (2, 2)}
ON_GRID = 0.9
#: How far from the grid, in steps, still counts as on it: one tick of 1,024 a beat, rounded up.
GRID_TOLERANCE = 0.01
#: Longest overlap of two successive notes, in beats, that is articulation and not a second voice.
LEGATO = 0.125


class Song(NamedTuple):
    """A source file and what is known of it."""

    name: str
    path: Path
    group: str


class SongAssessment(NamedTuple):
    """What became of a file: its notes from step 0 and whole segments, or the reason for skipping it."""

    song: Song
    reason: str
    transposition: int
    steps: int
    notes: list[Note]

    @property
    def complete(self) -> int:
        """How many segments without overlap the song gives."""
        return 0 if self.reason else self.steps // STEPS


def transposition(fifths: int | None) -> int:
    """Semitones, -6 to 5, from a key signature to none by the shorter way; 0 where the signature is unknown."""
    return 0 if fifths is None else (-7 * fifths + 6) % 12 - 6


def assess_song(song: Song) -> SongAssessment:
    """Read a song and decide whether it can be used."""
    try:
        song.name.encode()
        reading = read_midi(song.path)
    except UnicodeEncodeError:
        return SongAssessment(song, "name not UTF-8", 0, 0, [])
    except InputError:
        return SongAssessment(song, "unreadable", 0, 0, [])
    shift = transposition(reading.fifths)
    steps = round(reading.beats * STEPS_PER_BEAT)
    notes = [note._replace(pitch=note.pitch + shift) for note in on_grid(reading.notes)]
    return SongAssessment(song, reason_to_skip(reading, steps, notes), shift, steps, notes)


def reason_to_skip(reading: Reading, steps: int, notes: Sequence[Note]) -> str:
    """Why a song cannot be used, in the order in which a reader would ask; empty where it can."""
    if not reading.notes:
        return "no notes"
    if is_polyphonic(reading.notes):
        return "polyphonic"
    if not set(reading.metres) <= DUPLE or not reading.metres:
        return "not duple" if reading.metres else "no time signature"
    if share_on_grid(reading.notes) < ON_GRID:
        return "off-grid"
    if any(not LOWEST <= note.pitch <= HIGHEST for note in notes):
        return "out of range"
    return "too short" if steps < STEPS else ""


def is_polyphonic(notes: Sequence[RawNote]) -> bool:
    """Whether a note still sounds well after the next one has started."""
    return any(one.start + one.length > two.start + LEGATO for one, two in zip(notes, notes[1:], strict=False))


def share_on_grid(notes: Sequence[RawNote]) -> float:
    """The share of notes that start and end on a sixteenth."""
    times = np.array([(note.start, note.start + note.length) for note in notes]) * STEPS_PER_BEAT
    return float((np.abs(times - np.round(times)) <= GRID_TOLERANCE).all(axis=1).mean())
