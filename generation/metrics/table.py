"""MIDI files to ``metrics.csv``: one row a clip, an empty cell where a metric does not exist."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from formats.errors import InputError
from formats.files import write_atomically
from generation.corpus import Corpus
from generation.melody import REST, STEPS, Tokens, check_tokens, notes_to_tokens, on_grid, read_midi
from generation.metrics.clips import Values, ebr, ebr_onset, gc, notes, rests, upc, upc_bar
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
}
PPL = "ppl"
COLUMNS = ["clip_id", *METRICS, PPL, "padded_steps", "cut_steps"]
#: Why a cell can be empty.
REASONS = {
    "gc": "no note begins in them",
    PPL: "the reference model gives them no finite likelihood",
    "longest_shared": "it takes two notes, and a corpus with training songs",
    "shared_5grams": "it takes six notes, and a corpus with training songs",
    "nearest_distance": "the corpus has no training songs",
}


class GridClip(NamedTuple):
    """A MIDI file on the grid: tokens (80,), steps of silence added after its last note, steps cut off beyond 80."""

    tokens: Tokens
    padded_steps: int
    cut_steps: int


class Measured(NamedTuple):
    """What measure_folder measured: ids and tokens (n, 80) of the clips, and a sentence for each column with gaps.

    ``shared`` is what the clips share with the training songs, None without a corpus.
    """

    clip_ids: list[str]
    tokens: Tokens
    shared: Memorisation | None
    remarks: list[str]


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


def measure(tokens: Tokens, nll: Values | None = None) -> dict[str, Values]:
    """The metrics of ``metrics.csv`` by column, each of shape (n,).

    ``nll`` is clip_nll of the same clips; without it ``ppl`` is NaN.
    """
    check_tokens(tokens)
    columns = {name: metric(tokens) for name, metric in METRICS.items()}
    return {**columns, PPL: np.full(len(tokens), np.nan) if nll is None else np.exp(nll)}


def table(clip_ids: Sequence[str], clips: Sequence[GridClip], reference: Reference | None = None) -> bytes:
    """``metrics.csv``: one row a clip in the given order; an empty cell where a metric does not exist (NaN)."""
    return _csv(clip_ids, _columns(clips, reference))


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
    """Write one row of metrics for each MIDI file of a pack or a folder; with a corpus, what it shares with it too.

    A pack (a folder with ``manifest.json``) is measured from its ``midi/``. Raises InputError, and writes
    nothing, where there is no MIDI file or one cannot be read.
    """
    paths = _midi_files(folder)
    clips, columns = _measured(paths, reference, at)
    clip_ids, tokens = [path.stem for path in paths], _tokens(clips)
    shared = memorisation(tokens, corpus) if corpus else None
    if shared:
        columns |= shared._asdict()
    write_atomically(out, _csv(clip_ids, columns))
    return Measured(clip_ids, tokens, shared, _remarks(columns, reference))


def _measured(
    paths: Sequence[Path], reference: Reference | None, at: Workers
) -> tuple[list[GridClip], dict[str, Values]]:
    """The clips and their columns, part by part wherever the workers are; a clip's figures don't depend on its part."""
    parts = [[path.absolute() for path in paths[start : start + BATCH]] for start in range(0, len(paths), BATCH)]
    with pool(at, len(parts), reads=parts[0][0].parent) as executor:
        work = [executor.submit(_measured_part, part, reference) for part in parts]
        found = [job.result() for job in tqdm(work, desc="Measuring", unit="part", disable=None, delay=2)]
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
