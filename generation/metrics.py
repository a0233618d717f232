"""Objective metrics of clips, over batches of tokens of shape (n, 80).

The grid is fixed: 20 beats, 5 bars. MusPy 0.5.0 (Dong et al., ISMIR 2020) has the same formulas, but takes the
length from the last note, adds an empty bar after a piece that ends on a barline and lets a note that ends on a
beat fill the next beat; docs/methods.md says how far its figures differ.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from generation.errors import InputError
from generation.files import write_whole
from generation.melody import (
    BARS,
    PITCHES,
    REST,
    STEPS,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    Tokens,
    check_tokens,
    legal,
    notes_to_tokens,
    on_grid,
    read_midi,
    sounding,
)

Values = NDArray[np.float64]


def notes(tokens: Tokens) -> Values:
    """Number of notes, shape (n,)."""
    return np.asarray(np.count_nonzero(tokens < PITCHES, axis=1), dtype=np.float64)


def rests(tokens: Tokens) -> Values:
    """Number of rests, shape (n,): maximal runs of silent steps, before, between or after notes."""
    silent = legal(tokens) == REST
    starts = silent & ~np.pad(silent, ((0, 0), (1, 0)))[:, :-1]
    return np.asarray(np.count_nonzero(starts, axis=1), dtype=np.float64)


def upc(tokens: Tokens) -> Values:
    """Used pitches, shape (n,): how many different MIDI pitches the clip has; 0 without notes.

    The paper's UPC by its size (8.4-9.35 a clip); ``muspy.n_pitches_used``.
    """
    return _different(tokens)


def upc_bar(tokens: Tokens) -> Values:
    """Different MIDI pitches that begin in a bar, mean over the five bars, shape (n,); a bar without notes counts 0.

    UPC as the paper words it. MuseGAN (Dong et al., AAAI 2018) counts pitch classes instead.
    """
    bars = tokens.reshape(len(tokens) * BARS, STEPS_PER_BAR)
    return np.asarray(_different(bars).reshape(len(tokens), BARS).mean(axis=1), dtype=np.float64)


def gc(tokens: Tokens) -> Values:
    """Groove consistency in 0-1, shape (n,): 1 - mean over neighbouring bars of d(G_i, G_i+1).

    G_i is the bar's vector of 16 onset bits, d the share of bits that differ (Wu & Yang, ISMIR 2020;
    ``muspy.groove_consistency`` with ``measure_resolution=16``). NaN if the clip has no note.
    """
    onsets = (tokens < PITCHES).reshape(len(tokens), BARS, STEPS_PER_BAR)
    consistency = 1.0 - (onsets[:, :-1] != onsets[:, 1:]).mean(axis=(1, 2))
    return np.where(onsets.any(axis=(1, 2)), consistency, np.nan)


def ebr(tokens: Tokens) -> Values:
    """Empty-beat rate in 0-1, shape (n,): share of the 20 beats in which nothing sounds; 1 without notes.

    ``muspy.empty_beat_rate`` (Dong et al., ISMIR 2018), without its fault at note ends.
    """
    return 1.0 - _beats_with(sounding(tokens) >= 0)


def ebr_onset(tokens: Tokens) -> Values:
    """Share in 0-1 of the 20 beats in which no note begins, shape (n,); 1 without notes.

    The paper's EBR by its size (.11-.25): held notes fill nearly every beat of a sung melody.
    """
    return 1.0 - _beats_with(tokens < PITCHES)


def _different(tokens: Tokens) -> Values:
    present = np.zeros((len(tokens), PITCHES), dtype=bool)
    melody, step = np.nonzero(tokens < PITCHES)
    present[melody, tokens[melody, step]] = True
    return np.asarray(np.count_nonzero(present, axis=1), dtype=np.float64)


def _beats_with(steps: NDArray[np.bool_]) -> Values:
    beats = steps.reshape(len(steps), STEPS // STEPS_PER_BEAT, STEPS_PER_BEAT).any(axis=2)
    return np.asarray(beats.mean(axis=1), dtype=np.float64)


#: The metric columns of ``metrics.csv``, in order.
METRICS: dict[str, Callable[[Tokens], Values]] = {
    "upc": upc,
    "upc_bar": upc_bar,
    "gc": gc,
    "ebr": ebr,
    "ebr_onset": ebr_onset,
    "rests": rests,
    "notes": notes,
}
COLUMNS = ["clip_id", *METRICS, "padded_steps", "cut_steps"]


class GridClip(NamedTuple):
    """A MIDI file on the grid: tokens (80,), steps of silence added after its last note, steps cut off beyond 80."""

    tokens: Tokens
    padded_steps: int
    cut_steps: int


def read_clip(path: Path) -> GridClip:
    """Read a MIDI file from beat 0 on the sixteenth grid, padded or cut to 80 steps, at its own pitch.

    Raises InputError where the file cannot be read or has a pitch outside the piano.
    """
    grid = on_grid(read_midi(path).notes)
    end = max((note.start + note.length for note in grid), default=0)
    try:
        (tokens,) = notes_to_tokens([grid])
    except ValueError as error:
        raise InputError(f"{path} cannot be measured: {error} Transpose it or leave it out.") from error
    return GridClip(tokens, max(0, STEPS - end), max(0, end - STEPS))


def own_clip(melody: Tokens) -> GridClip:
    """The same record for a melody (tokens, shape (80,)) that was never in a file."""
    sounds = np.flatnonzero(melody != REST)
    return GridClip(melody, STEPS - 1 - int(sounds[-1]) if len(sounds) else STEPS, 0)


def table(clip_ids: Sequence[str], clips: Sequence[GridClip]) -> bytes:
    """``metrics.csv``: one row a clip in the given order; an empty cell where a metric does not exist (NaN)."""
    tokens = np.stack([clip.tokens for clip in clips]) if clips else np.empty((0, STEPS), dtype=np.int8)
    check_tokens(tokens)
    columns = [measure(tokens) for measure in METRICS.values()]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row, (clip_id, clip) in enumerate(zip(clip_ids, clips, strict=True)):
        values = [_cell(float(column[row])) for column in columns]
        writer.writerow([clip_id, *values, clip.padded_steps, clip.cut_steps])
    return file.getvalue().encode()


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6f}".rstrip("0").rstrip(".")


def measure_folder(folder: Path, out: Path) -> int:
    """Write one row of metrics for each MIDI file of a pack or a folder; returns the number of rows.

    A pack (a folder with ``manifest.json``) is measured from its ``midi/``. Raises InputError, and writes
    nothing, where there is no MIDI file or one cannot be read.
    """
    paths = _midi_files(folder)
    clips = [read_clip(path) for path in tqdm(paths, desc="Measuring", unit="clip", disable=None, delay=2)]
    write_whole(out, table([path.stem for path in paths], clips))
    return len(paths)


def _midi_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give a pack or a folder of MIDI files.")
    source = folder / "midi" if (folder / "manifest.json").exists() else folder
    paths = sorted(path for path in source.glob("*") if path.suffix.lower() in {".mid", ".midi"})
    if not paths:
        raise InputError(f"{source} holds no MIDI file (*.mid): there is nothing to measure.")
    stems = [path.stem for path in paths]
    for path in paths:
        if stems.count(path.stem) > 1:
            raise InputError(f"{path} shares its name with another file: rename one, names become clip ids.")
    return paths
