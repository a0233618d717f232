"""Scores with true bars: MusicXML, ABC and **kern, by way of music21.

Notes are read as written: repeats are not played out, grace notes and chord symbols are left out.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from formats.errors import N_, InputError
from generation.intake.reading import Metre, RawNote, Reading

#: Endings of files that are read as scores, and what music21 calls the formats.
FORMATS = {".musicxml": "musicxml", ".mxl": "musicxml", ".xml": "musicxml", ".abc": "abc", ".krn": "humdrum"}


class SeveralTunesError(InputError):
    """A file has several tunes, each a song of its own."""


class MissingReaderError(InputError):
    """The package that reads scores is not installed."""


def is_score(path: Path) -> bool:
    """Whether a file is read as a score, by its ending."""
    return path.suffix.lower() in FORMATS


def read_score(path: Path) -> Reading:
    """Read a score into beats, with its bars and pickup.

    Raises
    ------
    InputError
        If it cannot be read, has several tunes, or music21 is missing.
    """
    parts = list(_parse(path).parts)
    notes = sorted(note for part in parts for note in _notes(part))
    first = parts[0] if parts else None
    return Reading(
        notes=notes,
        metres=_metres(first) if first is not None else [],
        fifths=_fifths(first) if first is not None else None,
        beats=max((note.start + note.length for note in notes), default=0.0),
        ends_set=0,
        downbeat=_downbeat(first) if first is not None else 0.0,
    )


def score_parts(path: Path) -> list[tuple[str, list[RawNote]]]:
    """The name and notes of each part that has notes.

    Raises
    ------
    InputError
        As ``read_score`` does.
    """
    found = [(str(part.partName or ""), sorted(_notes(part))) for part in _parse(path).parts]
    return [(name, notes) for name, notes in found if notes]


def _parse(path: Path) -> Any:
    try:
        converter = import_module("music21.converter")
    except ImportError as error:
        raise MissingReaderError(
            N_("%(file)s is a score, which music21 reads: pip install -r requirements-scores.txt."), file=path
        ) from error
    try:
        score = converter.parse(str(path), format=FORMATS[path.suffix.lower()], forceSource=True, storePickle=False)
    except Exception as error:  # music21 raises dozens of unrelated kinds
        raise InputError("%(file)s is not a readable score: export it again as MusicXML.", file=path) from error
    if "Opus" in score.classes:
        raise SeveralTunesError(N_("%(file)s holds several tunes: put each into a file of its own."), file=path)
    return score


def _notes(part: Any) -> list[RawNote]:
    """The notes of a part, tied ones joined."""
    return [
        RawNote(float(note.offset), float(note.quarterLength), int(pitch.midi))
        for note in part.stripTies().flatten().notes
        if note.quarterLength > 0 and "Harmony" not in note.classes
        for pitch in note.pitches
    ]


def _metres(part: Any) -> list[Metre]:
    return [
        Metre(int(found.numerator), int(found.denominator), float(found.offset))
        for found in part.flatten().getElementsByClass("TimeSignature")
    ]


def _fifths(part: Any) -> int | None:
    found = part.flatten().getElementsByClass("KeySignature").first()
    return None if found is None else int(found.sharps)


def _downbeat(part: Any) -> float:
    """Where the first whole bar begins, in beats."""
    bars = list(part.getElementsByClass("Measure"))
    if len(bars) < 2 or bars[0].paddingRight:
        return 0.0
    is_pickup = bars[0].highestTime < bars[0].barDuration.quarterLength or bars[0].paddingLeft > 0
    return float(bars[1].offset) if is_pickup else 0.0
