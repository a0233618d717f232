"""A table as text cells that remember their line, so that every complaint can name it."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from formats.errors import InputError, Message
from formats.fields import LARGEST
from formats.files import read_table
from formats.text import UNWRITABLE, UTF_8

DELIMITERS = (",", ";", "\t")
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "."})
FLAGS = {"": False, "no": False, "false": False, "yes": True, "true": True}
COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True)
class Rows:
    """The cells of a table and its encoding. `lines[i]` is the line of the file on which row `i` ends, `empty` those
    of rows without content, which are passed over."""

    path: Path
    header: tuple[str, ...]
    cells: list[list[str]]
    lines: list[int]
    decimal_comma: bool
    encoding: str = UTF_8
    empty: tuple[int, ...] = ()

    def column(self, name: str) -> list[str]:
        """The cells of one column, without surrounding blanks."""
        place = self.header.index(name)
        return [row[place] for row in self.cells]

    def require(self, names: Sequence[str]) -> None:
        """Raise InputError for the columns that are not there."""
        missing = [name for name in names if name not in self.header]
        if missing:
            raise InputError(
                "%(path)s: column %(missing)s is missing; the first line has %(columns)s.",
                path=self.path,
                missing=", ".join(missing),
                columns=", ".join(self.header),
            )

    def numbers(self, name: str) -> list[float]:
        """A column as numbers, NaN where a cell is empty or NA; InputError names the line of anything else."""
        return [self.number(text, line, name) for text, line in zip(self.column(name), self.lines, strict=True)]

    def number(self, text: str, line: int, name: str) -> float:
        """The number in one cell of a column, NaN where it is empty or NA. Raises InputError."""
        if text.lower() in MISSING:
            return math.nan
        value = parse_number(text, decimal_comma=self.decimal_comma)
        if value is None and self.has_decimal_comma(text):
            raise self.no_comma(text, line, name)
        if value is None or abs(value) > LARGEST:
            fault = Message("beyond %(largest)g or -%(largest)g", largest=LARGEST)
            raise InputError(
                "%(path)s, line %(line)s: %(name)s is %(text)r, which is %(fault)s; correct it or leave it empty.",
                path=self.path,
                line=line,
                name=name,
                text=text,
                fault=Message("not a number") if value is None else fault,
            )
        return value

    def has_decimal_comma(self, text: str) -> bool:
        """Whether a cell is a number with a comma that this table cannot have in numbers."""
        return not self.decimal_comma and COMMA_NUMBER.fullmatch(text) is not None

    def no_comma(self, text: str, line: int, name: str) -> InputError:
        """The refusal of such a cell."""
        return InputError(
            "%(path)s, line %(line)s: %(name)s is %(text)r; a decimal comma is read only where semicolons or tabs "
            "separate the columns, so write %(point)s or save the file with semicolons.",
            path=self.path,
            line=line,
            name=name,
            text=text,
            point=text.replace(",", "."),
        )

    def flags(self, name: str) -> list[bool]:
        """A column of 1 and 0, yes and no, true and false, where an empty cell is no; InputError names other lines."""
        return [self._flag(text, line, name) for text, line in zip(self.column(name), self.lines, strict=True)]

    def _flag(self, text: str, line: int, name: str) -> bool:
        value = FLAGS.get(text.lower(), parse_number(text, decimal_comma=self.decimal_comma))
        if value not in (0, 1):
            raise InputError(
                "%(path)s, line %(line)s: %(name)s is %(text)r; write 1 for yes, and 0 or nothing for no.",
                path=self.path,
                line=line,
                name=name,
                text=text,
            )
        return bool(value)

    def filled(self, name: str) -> list[str]:
        """The cells of a column that are neither empty nor NA."""
        return [text for text in self.column(name) if text.lower() not in MISSING]

    def is_mostly_numeric(self, name: str) -> bool:
        """Whether at least half of the filled cells are numbers: then the others are slips, not words."""
        filled = self.filled(name)
        count = sum(parse_number(text, decimal_comma=self.decimal_comma) is not None for text in filled)
        return bool(filled) and 2 * count >= len(filled)


def parse_number(text: str, *, decimal_comma: bool) -> float | None:
    """The finite number that a cell holds, or None."""
    try:
        value = float(text.replace(",", ".") if decimal_comma else text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def read_rows(path: Path, *, western: bool = False, may_be_empty: bool = False) -> Rows:
    """Read a CSV file in UTF-8, UTF-16 or GB18030 (formats.text), separated by comma, semicolon or tab.

    With semicolons or tabs, "3,5" is read as 3.5. Rows without content are passed over. `western`: Windows-1252, which
    contains Latin-1, is read too. `may_be_empty`: whether there may be no rows but the first. Raises InputError.
    """
    text, encoding = read_table(path, western=western)
    delimiter = delimiter_of(text)
    cells, lines, empty = _split(path, text, delimiter)
    decimal_comma = delimiter != ","
    return rows_of(
        path, cells, lines, empty=empty, decimal_comma=decimal_comma, encoding=encoding, may_be_empty=may_be_empty
    )


def delimiter_of(text: str) -> str:
    """What separates the columns of a CSV file: the one of DELIMITERS that its first line has most of."""
    return max(DELIMITERS, key=text.split("\n", 1)[0].count)


def rows_of(
    path: Path,
    cells: Sequence[Sequence[str]],
    lines: Sequence[int],
    *,
    empty: Sequence[int] = (),
    decimal_comma: bool = False,
    encoding: str = UTF_8,
    may_be_empty: bool = False,
) -> Rows:
    """A table from the cells of its rows, the first of which names the columns. Raises InputError."""
    if not cells:
        raise InputError("%(path)s is empty; its first line must name the columns.", path=path)
    header = tuple(cells[0])
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise InputError(
            "%(path)s, line 1: column %(column)r is there twice; rename or remove one.", path=path, column=twice[0]
        )
    broken = next(filter(UNWRITABLE.search, header), None)
    if broken:
        raise InputError(
            "%(path)s, line 1: column name %(broken)r contains a line break or control character. Rename it.",
            path=path,
            broken=broken,
        )
    if len(cells) == 1 and not may_be_empty:
        raise InputError("%(path)s has a first line but no rows under it.", path=path)
    table = [_of_length(list(row), len(header)) for row in cells]
    for row, line in zip(table, lines, strict=True):
        if len(row) != len(header):
            raise InputError(
                "%(path)s, line %(line)s: %(cells)s cells where the first line names %(columns)s columns.",
                path=path,
                line=line,
                cells=len(row),
                columns=len(header),
            )
    return Rows(path, header, table[1:], list(lines[1:]), decimal_comma, encoding, tuple(empty))


def _of_length(row: list[str], length: int) -> list[str]:
    """A row without the empty cells that a spreadsheet adds beyond the last column."""
    return row if len(row) <= length or any(row[length:]) else row[:length]


def _split(path: Path, text: str, delimiter: str) -> tuple[list[list[str]], list[int], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    cells, lines, empty = [], [], []
    try:
        for row in reader:
            stripped = [cell.strip() for cell in row]
            if any(stripped):
                cells.append(stripped)
                lines.append(reader.line_num)
            elif row:
                empty.append(reader.line_num)
    except csv.Error as error:
        raise InputError(
            "%(path)s, line %(line_num)s: not a readable CSV line (%(error)s).",
            path=path,
            line_num=reader.line_num,
            error=error,
        ) from error
    return cells, lines, empty
