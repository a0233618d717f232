"""Whether a large table is too large, in a fraction of the time that reading it takes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.data.columns import IDENTITY, LONG, plain_header
from analysis.data.given import Given
from analysis.data.rows import MISSING, Rows, delimiter_of
from analysis.data.size import check_size
from analysis.data.table_files import is_csv
from formats.errors import InputError
from formats.files import read_table

#: A smaller file is read in a second, and needs no look of its own.
LARGE_BYTES = 1_000_000


def refuse_too_large(path: Path, wanted: Sequence[str], given: Given) -> None:
    """Raise InputError for a CSV file of more experts, clips or systems than can be done (`size`).

    Only names are looked at; all other faults are for the reading itself, which counts again. Scales are counted where
    they have names: in a long table, or `wanted`.
    """
    if not path.is_file() or not is_csv(path) or path.stat().st_size < LARGE_BYTES:
        return
    try:
        names = _names(path, given)
    except (InputError, ValueError, csv.Error, IndexError):
        return
    experts, systems, clips, scales = names
    count = len(set(wanted)) or max(1, len(scales))
    check_size(path, experts=len(experts), clips=len(clips), systems=len(systems), scales=count)


def _names(path: Path, given: Given) -> tuple[set[str], set[str], set[tuple[str, str]], set[str]]:
    """The different experts, systems, clips with their systems, and rated scales of a long table.

    Raises InputError, ValueError, csv.Error or IndexError for a table that the reading will refuse.
    """
    text, _ = read_table(path, western=True)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    written = next(row for row in ([cell.strip() for cell in row] for row in reader) if any(row))
    header = plain_header(Rows(path, tuple(written), [], [], decimal_comma=False), given.columns).header
    of_expert, of_system, of_clip = map(header.index, IDENTITY)
    experts, pairs, rated = set(), set(), set()
    of_scale, of_rating = map(header.index, LONG) if set(LONG) <= set(header) else (None, 0)
    for row in _filled(reader):
        experts.add(row[of_expert])
        pairs.add((row[of_system], row[of_clip]))
        if of_scale is not None:
            rated.add((row[of_scale], row[of_rating]))
    clips = {(system.strip(), clip.strip()) for system, clip in pairs}
    scales = {scale.strip() for scale, rating in rated if rating.strip().lower() not in MISSING}
    return {expert.strip() for expert in experts}, {system for system, _ in clips}, clips, scales


def _filled(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows with content."""
    return (row for row in reader if any(row) and any(map(str.strip, row)))
