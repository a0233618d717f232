"""Metrics of MIDI files as ``metrics.csv``.

One row per clip; an empty cell where a metric does not exist.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from formats.errors import InputError
from formats.files import write_atomically
from formats.progress import bar
from generation.corpus import Corpus
from generation.intake.reading import on_grid, read_midi
from generation.melody import REST, STEPS, Tokens, check_tokens, notes_to_tokens
from generation.metrics.clips import Values, ebr, ebr_onset, gc, notes, rests, upc, upc_bar
from generation.metrics.form import bar_similarity, downbeats, leaps, long_on_bar, out_of_range, repeats, strong_beats
from generation.metrics.likelihood import BATCH, Reference, clip_nll
from generation.metrics.memorisation import Memorisation, memorisation
from generation.workers import Workers, pool

#: The metrics of the notes alone, in the order of their columns.
METRICS: dict[str, Callable[[Tokens], Values]] = {
    "upc": upc,
    "upc_bar": upc_bar,
    "gc": gc,
    "ebr": ebr,
    "ebr_onset": ebr_onset,
    "rests": rests,
    "notes": notes,
    "strong_beats": strong_beats,
    "downbeats": downbeats,
    "long_on_bar": long_on_bar,
    "repeats": repeats,
    "bar_similarity": bar_similarity,
    "leaps": leaps,
}
PPL, OUT_OF_RANGE = "ppl", "out_of_range"
COLUMNS = ["clip_id", *METRICS, PPL, "padded_steps", "cut_steps"]
#: Why a cell can be empty.
REASONS = {
    "gc": "no note begins in them",
    "strong_beats": "no note begins on a beat in them",
    "long_on_bar": "they have no note of six sixteenths or more",
    "leaps": "they have fewer than two notes",
    "out_of_range": "it takes a note, and a corpus with training songs",
    PPL: "the reference model gives them no finite likelihood",
    "longest_shared": "it takes two notes, and a corpus with training songs",
    "shared_5grams": "it takes six notes, and a corpus with training songs",
    "nearest_distance": "the corpus has no training songs",
}


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


class Measured(NamedTuple):
    """The clips that ``measure_folder`` measured.

    Attributes
    ----------
    clip_ids : list of str
    tokens : int8 array of shape (n, 80)
    shared : Memorisation or None
        What the clips share with the training songs; None without a corpus.
    remarks : list of str
        A sentence for each column with empty cells.
    """

    clip_ids: list[str]
    tokens: Tokens
    shared: Memorisation | None
    remarks: list[str]


def read_clip(path: Path) -> GridClip:
    """Read a MIDI file onto the grid of sixteenths, at its own pitch.

    The clip starts at beat 0 and is padded or cut to 80 steps.

    Parameters
    ----------
    path : Path

    Returns
    -------
    GridClip

    Raises
    ------
    InputError
        If the file cannot be read or has a pitch outside the piano.
    """
    grid = on_grid(read_midi(path).notes)
    end = max((note.start + note.length for note in grid), default=0)
    try:
        (tokens,) = notes_to_tokens([grid])
    except ValueError as error:
        raise InputError(f"{path} cannot be measured: {error} Transpose it or leave it out.") from error
    return GridClip(tokens, max(0, STEPS - end), max(0, end - STEPS))


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


def measure(tokens: Tokens, nll: Values | None = None) -> dict[str, Values]:
    """Compute the metrics of ``metrics.csv`` for a batch of clips.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)
    nll : float64 array of shape (n,), optional
        ``clip_nll`` of the same clips; without it ``ppl`` is NaN.

    Returns
    -------
    dict of str to float64 array of shape (n,)
        By column: the names in ``METRICS``, then ``ppl``.

    Raises
    ------
    ValueError
        If the tokens are not legal.
    """
    check_tokens(tokens)
    columns = {name: metric(tokens) for name, metric in METRICS.items()}
    return {**columns, PPL: np.full(len(tokens), np.nan) if nll is None else np.exp(nll)}


def table(
    clip_ids: Sequence[str],
    clips: Sequence[GridClip],
    reference: Reference | None = None,
    corpus: Corpus | None = None,
) -> bytes:
    """Build the content of ``metrics.csv``, one row per clip in the given order.

    Parameters
    ----------
    clip_ids : sequence of str
    clips : sequence of GridClip
    reference : Reference, optional
        Model behind ``ppl``; without it that column is empty.
    corpus : Corpus, optional
        With it, a column ``out_of_range`` comes last.

    Returns
    -------
    bytes
        CSV in UTF-8; the cell of a metric that does not exist (NaN) is empty.
    """
    columns = _columns(clips, reference)
    return _csv(clip_ids, columns | ({OUT_OF_RANGE: out_of_range(_tokens(clips), corpus)} if corpus else {}))


def _tokens(clips: Sequence[GridClip]) -> Tokens:
    return np.stack([clip.tokens for clip in clips]) if clips else np.empty((0, STEPS), dtype=np.int8)


def _columns(clips: Sequence[GridClip], reference: Reference | None) -> dict[str, Values]:
    tokens = _tokens(clips)
    padded, cut = np.array([(clip.padded_steps, clip.cut_steps) for clip in clips], dtype=float).reshape(-1, 2).T
    nll = clip_nll(reference, tokens) if reference else None
    return {**measure(tokens, nll), "padded_steps": padded, "cut_steps": cut}


def _csv(clip_ids: Sequence[str], columns: Mapping[str, Values]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["clip_id", *columns])
    cells = [[_cell(value, 4 if name == PPL else 6) for value in column.tolist()] for name, column in columns.items()]
    writer.writerows(zip(clip_ids, *cells, strict=True))
    return file.getvalue().encode()


def _cell(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if math.isfinite(value) else ""


def measure_folder(
    folder: Path,
    out: Path,
    reference: Reference | None = None,
    corpus: Corpus | None = None,
    at: Workers = 1,
) -> Measured:
    """Write the metrics of every MIDI file of a pack or a folder as CSV.

    A pack (a folder with ``manifest.json``) is measured from its ``midi/``.

    Parameters
    ----------
    folder : Path
    out : Path
        The CSV file to write.
    reference : Reference, optional
        Model behind ``ppl``.
    corpus : Corpus, optional
        With it, also writes what each clip shares with the training songs, and how much of it lies beyond their range.
    at : Workers, default 1
        Processes or machines that do the work.

    Returns
    -------
    Measured

    Raises
    ------
    InputError
        If there is no MIDI file, two have the same name or one cannot be read. Nothing is written then.
    """
    paths = _midi_files(folder)
    clips, columns = _measured(paths, reference, at)
    clip_ids, tokens = [path.stem for path in paths], _tokens(clips)
    shared = memorisation(tokens, corpus) if corpus else None
    if corpus and shared:
        columns |= {OUT_OF_RANGE: out_of_range(tokens, corpus), **shared._asdict()}
    write_atomically(out, _csv(clip_ids, columns))
    return Measured(clip_ids, tokens, shared, _remarks(columns, reference))


def _measured(
    paths: Sequence[Path], reference: Reference | None, at: Workers
) -> tuple[list[GridClip], dict[str, Values]]:
    """The clips and their columns, part by part wherever the workers are; a clip's figures don't depend on its part."""
    parts = [[path.absolute() for path in paths[start : start + BATCH]] for start in range(0, len(paths), BATCH)]
    with pool(at, len(parts), reads=parts[0][0].parent) as executor:
        work = [executor.submit(_measured_part, part, reference) for part in parts]
        found = [job.result() for job in bar(work, "Measuring", unit="part")]
    columns = {name: np.concatenate([part[name] for _, part in found]) for name in found[0][1]}
    return [clip for clips, _ in found for clip in clips], columns


def _measured_part(paths: Sequence[Path], reference: Reference | None) -> tuple[list[GridClip], dict[str, Values]]:
    clips = [read_clip(path) for path in paths]
    return clips, _columns(clips, reference)


def _remarks(columns: Mapping[str, Values], reference: Reference | None) -> list[str]:
    reasons = REASONS if reference else {**REASONS, PPL: "name a reference model to read them with (--reference)"}
    empty = {name: int(np.count_nonzero(~np.isfinite(column))) for name, column in columns.items()}
    return [
        f"{name} is empty for {count} of {len(columns[name])} clips: {reasons[name]}."
        for name, count in empty.items()
        if count
    ]


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
