"""Metrics of MIDI files as ``metrics.csv``.

One row per clip; an empty cell where a metric does not exist.
"""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from formats.errors import N_, InputError, Message
from formats.files import write_atomically
from formats.progress import bar
from generation.corpus import Corpus
from generation.melody import STEPS, Tokens, check_tokens
from generation.metrics.clip_files import ClipAssessment, GridClip, assess_clip, report
from generation.metrics.clips import Values, ebr, ebr_onset, gc, notes, rests, upc, upc_bar
from generation.metrics.form import bar_similarity, downbeats, leaps, long_on_bar, out_of_range, repeats, strong_beats
from generation.metrics.likelihood import BATCH, Reference, clip_nll
from generation.metrics.memorisation import Memorisation, memorisation
from generation.plugins import provided
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
    "gc": N_("no note begins in them"),
    "strong_beats": N_("no note begins on a beat in them"),
    "long_on_bar": N_("they have no note of six sixteenths or more"),
    "leaps": N_("they have fewer than two notes"),
    "out_of_range": N_("it takes a note, and a corpus with training songs"),
    PPL: N_("the reference model gives them no finite likelihood"),
    "longest_shared": N_("it takes two notes, and a corpus with training songs"),
    "shared_5grams": N_("it takes six notes, and a corpus with training songs"),
    "nearest_distance": N_("the corpus has no training songs"),
}
NO_REFERENCE = N_("name a reference model to read them with (--reference)")
OF_PACKAGE = N_("the package that provides it gives them none")


def other_metrics() -> dict[str, Callable[[Tokens], Values]]:
    """Load the metrics of other packages.

    They are entry points ``mukulen.metrics``, functions as those in ``METRICS``.

    Returns
    -------
    dict of str to callable
        Each takes legal tokens (n, 80) and returns float64 of shape (n,), NaN where the metric does not exist.

    Raises
    ------
    InputError
        If a package provides a name that exists already.
    """
    points = provided("mukulen.metrics", {"clip_id", *METRICS, PPL, OUT_OF_RANGE, "padded_steps", "cut_steps"})
    return {name: point.load() for name, point in points.items()}


class Measured(NamedTuple):
    """The clips that ``measure_folder`` measured.

    Attributes
    ----------
    clip_ids : list of str
    tokens : int8 array of shape (n, 80)
    shared : Memorisation or None
        What the clips share with the training songs; None without a corpus.
    remarks : list of Message
        A sentence for each column with empty cells.
    skipped : dict of str to str
        Why other files were not measured, by their names.
    """

    clip_ids: list[str]
    tokens: Tokens
    shared: Memorisation | None
    remarks: list[Message]
    skipped: dict[str, str]


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
        By column: the names in ``METRICS``, those of other packages, then ``ppl``.

    Raises
    ------
    ValueError
        If the tokens are not legal.
    """
    check_tokens(tokens)
    columns = {name: metric(tokens) for name, metric in (METRICS | other_metrics()).items()}
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

    A pack (a folder with ``manifest.json``) is measured from its ``midi/``, any other folder with its sub-folders. A
    report beside the table says what became of every file.

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
        If there is no MIDI file, or none can be measured. No table is written then.
    """
    source = _source(folder)
    paths = _midi_files(source)
    assessed, columns = _measured(paths, reference, at)
    names = [path.relative_to(source).as_posix() for path in paths]
    ids = [path.relative_to(source).with_suffix("").as_posix() for path in paths]
    clips = {clip_id: found.clip for clip_id, found in zip(ids, assessed, strict=True) if found.clip is not None}
    tokens = _tokens(list(clips.values()))
    write_atomically(out.with_suffix(".report.csv"), report(names, assessed))
    if not clips:
        raise InputError(
            "No MIDI file of %(folder)s can be measured: %(report)s lists the reasons.",
            folder=source,
            report=out.with_suffix(".report.csv"),
        )
    shared = memorisation(tokens, corpus) if corpus else None
    if corpus and shared:
        columns |= {OUT_OF_RANGE: out_of_range(tokens, corpus), **shared._asdict()}
    write_atomically(out, _csv(list(clips), columns))
    skipped = {name: found.reason for name, found in zip(names, assessed, strict=True) if found.reason}
    return Measured(list(clips), tokens, shared, _remarks(columns, reference), skipped)


def _measured(
    paths: Sequence[Path], reference: Reference | None, at: Workers
) -> tuple[list[ClipAssessment], dict[str, Values]]:
    """What became of the files, and the columns of the clips; a clip's figures don't depend on its part."""
    parts = [[path.absolute() for path in paths[start : start + BATCH]] for start in range(0, len(paths), BATCH)]
    with pool(at, len(parts), reads=parts[0][0].parent) as executor:
        work = [executor.submit(_measured_part, part, reference) for part in parts]
        found = [job.result() for job in bar(work, "Measuring", unit="part")]
    columns = {name: np.concatenate([part[name] for _, part in found]) for name in found[0][1]}
    return [clip for clips, _ in found for clip in clips], columns


def _measured_part(
    paths: Sequence[Path], reference: Reference | None
) -> tuple[list[ClipAssessment], dict[str, Values]]:
    assessed = [assess_clip(path) for path in paths]
    return assessed, _columns([found.clip for found in assessed if found.clip is not None], reference)


def _remarks(columns: Mapping[str, Values], reference: Reference | None) -> list[Message]:
    known = REASONS if reference else {**REASONS, PPL: NO_REFERENCE}
    reasons = defaultdict(lambda: OF_PACKAGE, known)
    empty = {name: int(np.count_nonzero(~np.isfinite(column))) for name, column in columns.items()}
    return [
        Message(
            "%(metric)s is empty for %(empty)s of %(clips)s clips: %(why)s.",
            metric=name,
            empty=count,
            clips=len(columns[name]),
            why=Message(reasons[name]),
        )
        for name, count in empty.items()
        if count
    ]


def _source(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError("%(folder)s is not a folder: give a pack or a folder of MIDI files.", folder=folder)
    return folder / "midi" if (folder / "manifest.json").exists() else folder


def _midi_files(source: Path) -> list[Path]:
    """The MIDI files of a folder and its sub-folders. Raises InputError where two would have one clip id."""
    paths = sorted(path for path in source.rglob("*") if path.suffix.lower() in {".mid", ".midi"})
    if not paths:
        raise InputError("%(folder)s holds no MIDI file (*.mid): there is nothing to measure.", folder=source)
    first: dict[Path, Path] = {}
    for path in paths:
        if first.setdefault(path.with_suffix(""), path) != path:
            raise InputError(
                "%(file)s shares its name with another file: rename one, names become clip ids.", file=path
            )
    return paths
