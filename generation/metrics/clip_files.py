"""MIDI files as clips on the grid of sixteenths, or why they cannot be measured."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from formats.errors import N_, InputError
from generation.intake.reading import FrameTimeError, is_polyphonic, on_grid, overlaps, read_midi
from generation.intake.songs import share_on_grid
from generation.melody import HIGHEST, LOWEST, REST, STEPS, Tokens, notes_to_tokens


class GridClip(NamedTuple):
    """A clip on the grid of sixteenths.

    Attributes
    ----------
    tokens : int8 array of shape (80,)
    padded_steps : int
        Steps of silence added after the last note.
    cut_steps : int
        Steps cut off beyond the 80th.
    """

    tokens: Tokens
    padded_steps: int
    cut_steps: int


class ClipAssessment(NamedTuple):
    """What became of a MIDI file.

    Attributes
    ----------
    clip : GridClip or None
        None where the file is skipped.
    reason : str
        Why it is skipped; empty where it is measured.
    overlaps_trimmed : int
        Notes that begin before an earlier one has ended.
    ends_set : int
        Notes that had no end and were given one.
    on_grid : float
        Share of notes that begin on the grid of sixteenths; NaN without notes.
    """

    clip: GridClip | None
    reason: str = ""
    overlaps_trimmed: int = 0
    ends_set: int = 0
    on_grid: float = float("nan")


def assess_clip(path: Path) -> ClipAssessment:
    """Read a MIDI file as a clip, or say why it cannot be measured.

    The clip starts at beat 0 and is padded or cut to 80 steps, at its own pitch.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ClipAssessment
    """
    try:
        path.name.encode()
        found = read_midi(path)
    except UnicodeEncodeError:
        return ClipAssessment(None, N_("name not UTF-8"))
    except FrameTimeError:
        return ClipAssessment(None, N_("time in frames"))
    except InputError:
        return ClipAssessment(None, N_("unreadable"))
    reason = N_("polyphonic") if is_polyphonic(found.notes) else ""
    grid = on_grid(found.notes)
    # What is cut off is not measured, at whatever pitch it is.
    inside = [note for note in grid if note.start < STEPS]
    if not reason and any(not LOWEST <= note.pitch <= HIGHEST for note in inside):
        reason = N_("out of range")
    clip = None
    if not reason:
        end = max((note.start + note.length for note in grid), default=0)
        clip = GridClip(notes_to_tokens([inside])[0], max(0, STEPS - end), max(0, end - STEPS))
    share = share_on_grid(found.notes) if found.notes else float("nan")
    return ClipAssessment(clip, reason, overlaps(found.notes), found.ends_set, share)


def own_clip(melody: Tokens) -> GridClip:
    """Make the record of a melody that was never in a file.

    Parameters
    ----------
    melody : int8 array of shape (80,)

    Returns
    -------
    GridClip
        ``padded_steps`` counts the silent steps at the end.
    """
    sounds = np.flatnonzero(melody != REST)
    return GridClip(melody, STEPS - 1 - int(sounds[-1]) if len(sounds) else STEPS, 0)


def report(names: Sequence[str], assessed: Sequence[ClipAssessment]) -> bytes:
    """Build a CSV table of what became of each file.

    Parameters
    ----------
    names : sequence of str
    assessed : sequence of ClipAssessment
        In the same order.

    Returns
    -------
    bytes
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["file", "measured", "reason", "overlaps_trimmed", "ends_set", "on_grid"])
    for name, found in zip(names, assessed, strict=True):
        share = "" if np.isnan(found.on_grid) else f"{found.on_grid:.3f}"
        writer.writerow(
            [name, int(found.clip is not None), found.reason, found.overlaps_trimmed, found.ends_set, share]
        )
    return file.getvalue().encode("utf-8", "backslashreplace")
