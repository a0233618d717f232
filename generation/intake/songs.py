"""Which songs can be used: one voice, a duple metre, the sixteenth grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from formats.errors import N_, InputError
from generation.intake.pickups import estimate_pickup
from generation.intake.reading import (
    FrameTimeError,
    Metre,
    RawNote,
    Reading,
    is_polyphonic,
    on_grid,
    overlaps,
    read_midi,
)
from generation.intake.scores import MissingReaderError, SeveralTunesError, is_score, read_score
from generation.intake.voices import take_melody
from generation.melody import HIGHEST, LOWEST, STEPS, STEPS_PER_BAR, STEPS_PER_BEAT, Note

DUPLE = {(2, 4), (4, 4), (2, 2), (4, 8), (8, 4), (4, 2)}
#: What a file without a time signature is in, by the MIDI standard.
DEFAULT_METRE = Metre(4, 4)
ON_GRID = 0.9
#: How far from the grid, in steps, still counts as on it: one tick of 96 a beat, rounded up.
GRID_TOLERANCE = 0.05
#: The longest silence within a song, in steps: four bars.
MAX_SILENCE = 4 * STEPS_PER_BAR


class Song(NamedTuple):
    """A source file and what is known of it."""

    name: str
    path: Path
    group: str


class Stretch(NamedTuple):
    """A part of a song without a long silence, in whole bars: its first step and its length in steps."""

    first: int
    steps: int

    @property
    def complete(self) -> int:
        """How many segments without overlap it gives."""
        return self.steps // STEPS


class SongAssessment(NamedTuple):
    """What became of a file.

    Attributes
    ----------
    song : Song
    reason : str
        Why it is skipped; empty where it is used.
    transposition : int
        Semitones by which the notes were moved.
    notes : list of Note
        One at a time; step 0 is the first downbeat, and pickup notes have negative steps.
    stretches : list of Stretch
        The parts of the song that a silence of more than four bars sets apart.
    metre : str
        Its time signatures, such as ``2/4``; ``4/4 assumed`` where the file has none.
    pickup_steps : int
        Steps before the first downbeat, by the file's own barlines or time signatures.
    bars : str
        How the first downbeat is known: by ``barlines``, as in a score; by a time ``signature`` of the pickup's own; by
        an ``estimate``; or not at all, then ``time zero`` is taken.
    pickup_estimate : int or None
        What the notes say of a pickup, in steps, where time zero is taken.
    overlaps_trimmed : int
        Notes that began before an earlier one had ended.
    ends_set : int
        Notes that had no end.
    melody : str
        From where the melody was taken; empty where all notes of the file count.
    """

    song: Song
    reason: str
    transposition: int = 0
    notes: list[Note] = []
    stretches: list[Stretch] = []
    metre: str = ""
    pickup_steps: int = 0
    bars: str = ""
    pickup_estimate: int | None = None
    overlaps_trimmed: int = 0
    ends_set: int = 0
    melody: str = ""

    @property
    def complete(self) -> int:
        """How many segments without overlap the song gives."""
        return 0 if self.reason else sum(stretch.complete for stretch in self.stretches)


class Bars(NamedTuple):
    """The time signatures of a song without those of an incomplete first and last bar, and the first downbeat."""

    metres: list[Metre]
    downbeat: float


def transposition(fifths: int | None) -> int:
    """Semitones, -6 to 5, from a key signature to none by the shorter way; 0 where the signature is unknown."""
    return 0 if fifths is None else (-7 * fifths + 6) % 12 - 6


def assess_song(song: Song, melody: str | None = None, *, estimate: bool = False) -> SongAssessment:
    """Read a song and decide whether it can be used.

    Parameters
    ----------
    song : Song
    melody : str, optional
        Which of several voices to take (``voices.melody_option``).
    estimate : bool, default False
        Whether a pickup that is only estimated is left out.

    Returns
    -------
    SongAssessment
    """
    try:
        song.name.encode()
        reading = read_score(song.path) if is_score(song.path) else read_midi(song.path)
    except UnicodeEncodeError:
        return SongAssessment(song, "name not UTF-8")
    except SeveralTunesError:
        return SongAssessment(song, "several tunes")
    except MissingReaderError:
        return SongAssessment(song, "a score, and music21 is not installed")
    except FrameTimeError:
        return SongAssessment(song, "time in frames")
    except InputError:
        return SongAssessment(song, "unreadable")
    source = ""
    if melody is not None and reading.notes:
        try:
            reading, source = take_melody(song.path, reading, melody)
        except InputError:
            return SongAssessment(song, "no such track")
    found = assess(song, reading)
    if estimate and found.pickup_estimate:
        shifted = assess(song, reading._replace(downbeat=found.pickup_estimate / STEPS_PER_BEAT))
        found = shifted._replace(bars="estimate")
    return found._replace(melody=source)


def assess(song: Song, reading: Reading) -> SongAssessment:
    """Decide whether a song that was read can be used."""
    shift = transposition(reading.fifths)
    bars = bars_of(reading)
    raw = [note._replace(start=note.start - bars.downbeat) for note in reading.notes]
    notes = [note._replace(pitch=note.pitch + shift, length=min(note.length, STEPS)) for note in on_grid(raw)]
    parts = stretches(notes, bars.metres[0])
    known = "barlines" if reading.downbeat is not None else "signature" if bars.downbeat else "time zero"
    reason = _reason_to_skip(raw, bars.metres, notes, parts)
    is_open = not reason and known == "time zero"
    return SongAssessment(
        song=song,
        reason=reason,
        transposition=shift,
        notes=notes,
        stretches=parts,
        metre=_in_figures(bars.metres) + ("" if reading.metres else " assumed"),
        pickup_steps=round(bars.downbeat * STEPS_PER_BEAT),
        bars=known,
        pickup_estimate=estimate_pickup(notes, bars.metres[0]) if is_open else None,
        overlaps_trimmed=overlaps(raw),
        ends_set=reading.ends_set,
    )


def bars_of(reading: Reading) -> Bars:
    """Tell incomplete first and last bars, which have time signatures of their own, from changes of metre."""
    metres, downbeat = reading.metres or [DEFAULT_METRE], reading.downbeat or 0.0
    if (
        reading.downbeat is None
        and len(metres) > 1
        and metres[0].beats < metres[1].beats
        and metres[0].beats == metres[1].start - metres[0].start
    ):
        downbeat, metres = metres[1].start, metres[1:]
    if len(metres) > 1 and metres[-1].beats < metres[-2].beats and reading.beats <= metres[-1].start + metres[-1].beats:
        metres = metres[:-1]
    return Bars(metres, downbeat)


def _in_figures(metres: Sequence[Metre]) -> str:
    return " ".join(dict.fromkeys(f"{metre.numerator}/{metre.denominator}" for metre in metres))


def stretches(notes: Sequence[Note], metre: Metre) -> list[Stretch]:
    """The parts of a song between silences of more than four bars; the last bar of each is filled up.

    A part begins with the bar of its first note, the first one with the first downbeat. Bars of more than four beats
    are filled up to four, as segments count bars of 4/4.
    """
    bar = min(STEPS_PER_BAR, max(1, round(metre.beats * STEPS_PER_BEAT)))
    found: list[tuple[int, int]] = []
    end = 0
    for note in notes:
        if not found or note.start - end > MAX_SILENCE:
            is_start = not found and note.start <= MAX_SILENCE
            found.append((0 if is_start else note.start // STEPS_PER_BAR * STEPS_PER_BAR, 0))
        end = note.start + note.length
        found[-1] = (found[-1][0], end)
    return [Stretch(first, math.ceil((end - first) / bar) * bar) for first, end in found]


def _reason_to_skip(
    raw: Sequence[RawNote], metres: Sequence[Metre], notes: Sequence[Note], parts: Sequence[Stretch]
) -> str:
    """Why a song cannot be used, in the order in which a reader would ask; empty where it can."""
    if not raw:
        return N_("no notes")
    if is_polyphonic(raw):
        return N_("polyphonic")
    if any((metre.numerator, metre.denominator) not in DUPLE for metre in metres):
        return N_("not duple")
    if share_on_grid(raw) < ON_GRID:
        return N_("off-grid (swing)") if is_swung(raw) else N_("off-grid")
    if any(not LOWEST <= note.pitch <= HIGHEST for note in notes):
        return N_("out of range")
    return "" if any(part.complete for part in parts) else N_("too short")


def share_on_grid(notes: Sequence[RawNote]) -> float:
    """The share of notes that begin on a sixteenth."""
    onsets = np.array([note.start for note in notes]) * STEPS_PER_BEAT
    return float((np.abs(onsets - np.round(onsets)) <= GRID_TOLERANCE).mean())


def is_swung(notes: Sequence[RawNote]) -> bool:
    """Whether the notes off the grid of sixteenths begin at two thirds of a beat, as swung eighths do."""
    onsets = np.array([note.start for note in notes])
    steps = onsets * STEPS_PER_BEAT
    off = onsets[np.abs(steps - np.round(steps)) > GRID_TOLERANCE]
    return bool((np.abs(off % 1 - 2 / 3) <= GRID_TOLERANCE / STEPS_PER_BEAT).mean() >= ON_GRID)
