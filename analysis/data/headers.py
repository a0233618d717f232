"""The columns of a table that anyone made, under this project's names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.data import imports
from analysis.data.given import Given
from analysis.data.rows import Rows, delimiter_of
from analysis.data.table_files import is_csv
from formats.errors import InputError
from formats.files import read_table as read_text
from formats.text import folded


def header_of(path: Path, given: Given, names: Sequence[str]) -> tuple[str, ...]:
    """The columns of a file, those called like one of `names` by that name; none where it is no file.

    Raises InputError where it is no table.
    """
    if given.tool:
        return imports.written(path, given)[0].header if path.exists() else ()
    if not path.is_file():
        return ()
    if not is_csv(path):
        return plain(imports.written(path, given)[0], given.columns, names).header
    text, _ = read_text(path, western=True)
    first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text)), [])
    header = tuple(cell.strip() for cell in first)
    return plain(Rows(path, header, [], [], decimal_comma=False), given.columns, names).header


def plain(rows: Rows, renamed: Mapping[str, str], names: Sequence[str]) -> Rows:
    """The rows with these names for their columns, whatever capitals and blanks they have; `renamed` as given."""
    ours = {folded(name): name for name in names}
    header = [ours.get(folded(name).replace(" ", "_"), name) for name in rows.header]
    for name, theirs in renamed.items():
        if name not in names:
            return rows
        if theirs not in rows.header:
            raise InputError(
                "%(file)s: there is no column %(name)s; the first line has %(header)s.",
                file=rows.path,
                name=repr(theirs),
                header=", ".join(rows.header),
            )
        place = rows.header.index(theirs)
        header = [theirs if given == name and n != place else given for n, given in enumerate(header)]
        header[place] = name
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None and twice in names:
        same = [written for written, name in zip(rows.header, header, strict=True) if name == twice]
        raise InputError(
            "%(file)s, line 1: columns %(one)s and %(other)s are both %(name)s; rename one.",
            file=rows.path,
            one=repr(same[0]),
            other=repr(same[1]),
            name=twice,
        )
    return replace(rows, header=tuple(header))


def require_named(rows: Rows, path: Path, names: Sequence[str], missing_one: str) -> None:
    """Raise InputError, in the words of `missing_one`, for the columns that are not there under these names."""
    missing = [name for name in names if name not in rows.header]
    if missing:
        raise InputError(missing_one, file=path, missing=", ".join(missing), needed=", ".join(names), first=missing[0])


def questions_picked(questions: Iterable[str], wanted: Sequence[str], path: Path) -> list[str]:
    """The wanted questions, or all that a table has, each once. Raises InputError for one that it does not have."""
    present = list(dict.fromkeys(questions))
    unknown = [name for name in wanted if name not in present]
    if unknown:
        raise InputError(
            "%(file)s: there is no question %(name)s; the file has %(present)s.",
            file=path,
            name=repr(unknown[0]),
            present=", ".join(present),
        )
    return list(dict.fromkeys(wanted)) or present
