"""Whether a large table is too large, in a fraction of the time that reading it takes."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.data.bounds import infer
from analysis.data.columns import (
    CIRCUMSTANCES,
    IDENTITY,
    LONG,
    MAX_FRACTIONS,
    MAX_SLIPS,
    names_no_scale,
    plain_header,
)
from analysis.data.given import Given
from analysis.data.rows import MISSING, Rows, delimiter_of, parse_number
from analysis.data.size import MAX_PLACES, check_size
from analysis.data.table_files import is_csv
from formats.errors import InputError
from formats.files import read_table

Integers = npt.NDArray[np.int64]

#: A smaller file is read in a second, and needs no look of its own.
LARGE_BYTES = 1_000_000


def refuse_too_large(path: Path, wanted: Sequence[str], given: Given) -> None:
    """Raise InputError for a CSV file of more experts, clips or systems than can be done (`size`).

    Only names are looked at; all other faults are for the reading itself, which counts again. Scales are counted where
    they have names: in a long table, or `wanted`. Of a wide table those columns are counted that are surely scales, and
    only where the table would be too large if all its columns were.
    """
    if given.tool or not path.is_file() or not is_csv(path) or path.stat().st_size < LARGE_BYTES:
        return
    try:
        look = _Look(path, read_table(path, western=True)[0], given)
        experts, systems, clips, scales = look.names()
        count = len(set(wanted)) or max(1, len(scales))
        if not scales and not wanted and len(experts) * len(clips) * len(look.candidates) > MAX_PLACES:
            count = max(1, look.sure_scales())
    except (InputError, ValueError, csv.Error, IndexError):
        return
    check_size(path, experts=len(experts), clips=len(clips), systems=len(systems), scales=count)


@dataclass(frozen=True)
class _Look:
    """A table that is passed over row by row.

    Its methods raise InputError, ValueError, csv.Error or IndexError for a table that the reading will refuse.
    """

    path: Path
    text: str
    given: Given

    @cached_property
    def delimiter(self) -> str:
        return delimiter_of(self.text)

    def _rows(self) -> Iterator[list[str]]:
        """The rows with content, the first of which names the columns."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter, strict=True)
        return (row for row in reader if any(row) and any(map(str.strip, row)))

    @cached_property
    def header(self) -> tuple[str, ...]:
        written = tuple(cell.strip() for cell in next(self._rows()))
        return plain_header(Rows(self.path, written, [], [], decimal_comma=False), self.given.columns).header

    @property
    def candidates(self) -> list[str]:
        """The columns of a wide table that may be scales."""
        return [name for name in self.header if name not in (*IDENTITY, *CIRCUMSTANCES)]

    def names(self) -> tuple[set[str], set[str], set[tuple[str, str]], set[str]]:
        """The different experts, systems, clips with their systems, and rated scales of a long table."""
        of_expert, of_system, of_clip = map(self.header.index, IDENTITY)
        experts, pairs, rated = set(), set(), set()
        of_scale, of_rating = map(self.header.index, LONG) if set(LONG) <= set(self.header) else (None, 0)
        rows = self._rows()
        next(rows)
        for row in rows:
            experts.add(row[of_expert])
            pairs.add((row[of_system], row[of_clip]))
            if of_scale is not None:
                rated.add((row[of_scale], row[of_rating]))
        clips = {(system.strip(), clip.strip()) for system, clip in pairs}
        scales = {scale.strip() for scale, rating in rated if rating.strip().lower() not in MISSING}
        return {expert.strip() for expert in experts}, {system for system, _ in clips}, clips, scales

    def sure_scales(self) -> int:
        """How many columns of a wide table the reading takes for scales, whatever it may find in the others."""
        texts, columns = self._coded()
        experts, systems, clips = (columns[name] for name in IDENTITY)
        units = (experts, systems * len(texts["clip_id"]) + clips)
        return sum(self._is_sure(name, texts[name], columns[name], units) for name in self.candidates)

    def _coded(self) -> tuple[dict[str, list[str]], dict[str, Integers]]:
        """Of each column its different cells, and for each row the place of its own among them."""
        rows = self._rows()
        next(rows)
        books: list[dict[str, int]] = [{} for _ in self.header]
        places = [array("q") for _ in self.header]
        for row in rows:
            for book, column, cell in zip(books, places, row, strict=True):
                column.append(book.setdefault(cell.strip(), len(book)))
        columns = (np.frombuffer(column, dtype=np.int64) for column in places)
        return dict(zip(self.header, map(list, books), strict=True)), dict(zip(self.header, columns, strict=True))

    def _is_sure(self, name: str, texts: Sequence[str], places: Integers, units: Iterable[Integers]) -> bool:
        """Whether a column has numbers of a common range that differ and repeat within an expert."""
        if name in self.given.orders:
            return True
        counts = np.bincount(places)
        filled = {text: count for text, count in zip(texts, counts, strict=True) if text.lower() not in MISSING}
        numbers = [parse_number(text, decimal_comma=self.delimiter != ",") for text in filled]
        values = [number for number in numbers if number is not None]
        is_coded = not self.given.missing.isdisjoint(filled)
        if is_coded or names_no_scale(name) or len(texts) < 2 or not values or len(values) < len(numbers):
            return False
        is_filled = np.array([text.lower() not in MISSING for text in texts])[places]
        apart = [_slips(unit[is_filled], places[is_filled]) for unit in units]
        differs = apart[0] > MAX_SLIPS * is_filled.sum() and apart[1] > 0
        is_few = len(filled) <= MAX_FRACTIONS and 2 * len(filled) <= is_filled.sum()
        repeats = is_few or all(value % 1 == 0 for value in values)
        return differs and repeats and infer(np.repeat(values, list(filled.values()))).is_common


def _slips(unit: Integers, places: Integers) -> int:
    """How many cells say something else than their unit says most often."""
    pairs, counts = np.unique(unit * (places.max() + 1) + places, return_counts=True)
    first = np.unique(pairs // (places.max() + 1), return_index=True)[1]
    return int(len(places) - np.maximum.reduceat(counts, first).sum())
