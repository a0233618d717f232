"""Note files, read in beats, before anything of them is judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import symusic

from formats.errors import N_, InputError
from generation.intake.endings import with_endings
from generation.melody import STEPS_PER_BEAT, Note

#: Where the header of a MIDI file says how time is counted, and the bit that is set for frames.
TIME_BASE, FRAMES = 12, 0x80
#: Longest overlap of two notes, in beats, that is articulation and not a second voice.
LEGATO = 0.125
#: From this share of overlapping notes on a song has several voices.
POLYPHONIC = 0.05


class RawNote(NamedTuple):
    """A note as a file has it: onset and length in beats (quarters), MIDI pitch."""

    start: float
    length: float
    pitch: int


class Metre(NamedTuple):
    """A time signature and the beat from which it holds."""

    numerator: int
    denominator: int
    start: float = 0.0

    @property
    def beats(self) -> float:
        """The length of a bar in beats (quarters)."""
        return self.numerator * 4 / self.denominator


class Reading(NamedTuple):
    """What a file says, before any of it is judged.

    Attributes
    ----------
    notes : list of RawNote
        In order of time, of all voices; drums are left out.
    metres : list of Metre
        In order of time; empty where the file has none.
    fifths : int or None
        Key signature at the start: sharps positive, flats negative.
    beats : float
        End of the last note.
    ends_set : int
        How many notes had no end and were given one.
    downbeat : float or None
        The beat of the first barline after any pickup, where the file has barlines.
    """

    notes: list[RawNote]
    metres: list[Metre]
    fifths: int | None
    beats: float
    ends_set: int
    downbeat: float | None = None


class FrameTimeError(InputError):
    """A MIDI file counts time in frames of film."""


def load_midi(path: Path) -> tuple[Any, int]:
    """Read a MIDI file as a symusic score in ticks, and how many notes were given an end.

    symusic rather than pretty_midi, which refuses two songs of the corpus for a key signature of eight flats.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        data, ends_set = with_endings(path)
        if len(data) > TIME_BASE and data[TIME_BASE] & FRAMES:
            raise FrameTimeError(
                N_("%(file)s counts time in frames, not in beats: export it with a musical time base."), file=path
            )
        # symusic's own annotations stop at its compiled core.
        return symusic.Score.from_midi(data), ends_set
    except FrameTimeError:
        raise
    except Exception as error:  # symusic raises several unrelated kinds for damaged files
        raise InputError(
            "%(file)s is not a readable MIDI file: export it again as standard MIDI.", file=path
        ) from error


def read_midi(path: Path) -> Reading:
    """Read a MIDI file of any tempo and resolution into beats.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    score, ends_set = load_midi(path)
    quarter = score.ticks_per_quarter
    notes = sorted(
        RawNote(note.time / quarter, note.duration / quarter, note.pitch)
        for track in score.tracks
        if not track.is_drum
        for note in track.notes
    )
    return Reading(
        notes=notes,
        metres=[Metre(change.numerator, change.denominator, change.time / quarter) for change in score.time_signatures],
        fifths=score.key_signatures[0].key if score.key_signatures else None,
        beats=max((note.start + note.length for note in notes), default=0.0),
        ends_set=ends_set,
    )


def on_grid(notes: Sequence[RawNote]) -> list[Note]:
    """Round notes to the nearest sixteenth, one at a time.

    A note lasts a sixteenth at least and ends where the next begins. Of notes that land on one step the longest is
    kept, of equally long ones the first, of those that begin together the highest.
    """
    chosen: dict[int, RawNote] = {}
    for note in notes:
        step = round(note.start * STEPS_PER_BEAT)
        if step not in chosen or _rank(note) > _rank(chosen[step]):
            chosen[step] = note
    grid = [
        Note(step, max(1, round((note.start + note.length) * STEPS_PER_BEAT) - step), note.pitch)
        for step, note in sorted(chosen.items())
    ]
    following = [note.start for note in grid[1:]]
    return [
        note._replace(length=min(note.length, after - note.start)) for note, after in zip(grid, following, strict=False)
    ] + grid[-1:]


def _rank(note: RawNote) -> tuple[float, float, int]:
    """Which of the notes on one step is kept."""
    return note.length, -note.start, note.pitch


def overlaps(notes: Sequence[RawNote]) -> int:
    """How many notes, in order of time, begin well before an earlier one has ended."""
    count, end = 0, -math.inf
    for note in notes:
        count += end > note.start + LEGATO
        end = max(end, note.start + note.length)
    return count


def is_polyphonic(notes: Sequence[RawNote]) -> bool:
    """Whether more than a few notes begin while another still sounds."""
    return overlaps(notes) >= POLYPHONIC * max(1, len(notes))
