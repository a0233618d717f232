"""Note files, read in beats, before anything of them is judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import symusic

from formats.errors import InputError
from generation.melody import STEPS_PER_BEAT, Note


class RawNote(NamedTuple):
    """A note as a file has it: onset and length in beats (quarters), MIDI pitch."""

    start: float
    length: float
    pitch: int


class Reading(NamedTuple):
    """What a MIDI file says, before any of it is judged.

    ``metres`` are the time signatures as (numerator, denominator); ``fifths`` is the key signature at the
    start (sharps positive, flats negative), or None where the file has none; ``beats`` is the end of the last note.
    """

    notes: list[RawNote]
    metres: list[tuple[int, int]]
    fifths: int | None
    beats: float


def read_midi(path: Path) -> Reading:
    """Read a MIDI file of any tempo and resolution into beats. Raises InputError where it cannot be read.

    symusic rather than pretty_midi, which refuses two songs of the corpus for a key signature of eight flats.
    """
    try:
        # symusic's own annotations stop at its compiled core.
        score: Any = symusic.Score(str(path))
    except Exception as error:  # symusic raises several unrelated kinds for damaged files
        raise InputError(f"{path} is not a readable MIDI file: export it again as standard MIDI.") from error
    quarter = score.ticks_per_quarter
    if quarter <= 0:
        raise InputError(f"{path} counts time in frames, not in beats: export it with a musical time base.")
    notes = sorted(
        RawNote(note.time / quarter, note.duration / quarter, note.pitch)
        for track in score.tracks
        if not track.is_drum
        for note in track.notes
    )
    return Reading(
        notes=notes,
        metres=[(change.numerator, change.denominator) for change in score.time_signatures],
        fifths=score.key_signatures[0].key if score.key_signatures else None,
        beats=max((note.start + note.length for note in notes), default=0.0),
    )


def on_grid(notes: Sequence[RawNote]) -> list[Note]:
    """Notes rounded to the nearest sixteenth; of two that land on one step, the longer one is kept."""
    chosen: dict[int, tuple[float, Note]] = {}
    for note in notes:
        start = round(note.start * STEPS_PER_BEAT)
        end = round((note.start + note.length) * STEPS_PER_BEAT)
        candidate = Note(start, max(1, end - start), note.pitch)
        if start not in chosen or note.length > chosen[start][0]:
            chosen[start] = (note.length, candidate)
    return [chosen[start][1] for start in sorted(chosen)]
