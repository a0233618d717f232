"""Tables that people have: CSV, a workbook (.xlsx), an SPSS file (.sav, .zsav), all as rows of text cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from zipfile import ZipFile

from analysis.data.rows import Rows, read_rows, rows_of
from formats.errors import InputError
from formats.files import json_sha256, sha256_of

WORKBOOK = "Excel workbook"
SPSS = "SPSS"
#: A workbook takes some forty times as long to read as a CSV file of as many cells, an SPSS file four times.
MAX_CELLS = {WORKBOOK: 500_000, SPSS: 5_000_000}
#: How a cell begins in the XML of a sheet, without and with a prefix.
CELL_BEGINS = (b"<c ", b":c ")
CHUNK_BYTES = 1_000_000


def is_csv(path: Path) -> bool:
    """Whether a table is read as CSV, by the ending of its name."""
    return path.suffix.lower() not in (".xlsx", ".sav", ".zsav", ".xls", ".ods")


def read_table(path: Path) -> Rows:
    """Read a table by the ending of its name; anything but .xlsx, .sav and .zsav is CSV. Raises InputError."""
    kind = path.suffix.lower()
    if kind == ".xlsx":
        return _workbook(path)
    if kind in (".sav", ".zsav"):
        return _spss(path)
    if kind in (".xls", ".ods"):
        raise InputError("%(path)s is a workbook of another kind; save it as .xlsx or 'CSV UTF-8'.", path=path)
    return read_rows(path, western=True)


def source_sha256(path: Path) -> str:
    """The hash of a file; of a folder that of its files' names and hashes."""
    if not path.is_dir():
        return sha256_of(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return json_sha256({file.relative_to(path).as_posix(): sha256_of(file) for file in files})


def _workbook(path: Path) -> Rows:
    """The only sheet with content, or else the one called "ratings"; formulas as they were last computed."""
    import openpyxl

    try:
        _refuse_too_large(path, WORKBOOK, _cells_of_workbook(path))
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # rows beyond the range that a program wrote into the header would be dropped
        sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
        book.close()
    except InputError:
        raise
    except Exception as error:  # of its ZIP, its XML or what openpyxl makes of them
        raise InputError(
            "%(path)s is not a readable Excel workbook; save it again as .xlsx or 'CSV UTF-8'.", path=path
        ) from error
    filled = {title: rows for title, rows in sheets.items() if any(_text(cell) for row in rows for cell in row)}
    named = [title for title in filled if title.strip().casefold() == "ratings"]
    if len(filled) > 1 and not named:
        raise InputError(
            "%(path)s has the sheets %(sheets)s; call the one with the ratings 'ratings'.",
            path=path,
            sheets=", ".join(filled),
        )
    rows = filled[(named or list(filled))[0]] if filled else []
    cells = [[_text(cell) for cell in row] for row in rows]
    return _of_cells(path, cells, WORKBOOK)


def _cells_of_workbook(path: Path) -> int:
    """How many cells the sheets have. The range that a sheet says it fills may be too large or too small."""
    with ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return sum(_count_cells(archive, name) for name in names)


def _count_cells(archive: ZipFile, name: str) -> int:
    cells, before = 0, b""
    with archive.open(name) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            chunk = before + chunk
            cells += sum(map(chunk.count, CELL_BEGINS))
            before = chunk[1 - len(CELL_BEGINS[0]) :]
    return cells


def _refuse_too_large(path: Path, kind: str, cells: int) -> None:
    """Raise InputError for a file whose reading would take minutes, by what its header says."""
    if cells > MAX_CELLS[kind]:
        raise InputError(
            "%(path)s has %(cells)s cells; %(kind)s files can have at most %(most)s. Delete "
            "columns that are not needed, or save it as 'CSV UTF-8', which can be larger.",
            path=path,
            cells=f"{cells:,}",
            kind=kind,
            most=f"{MAX_CELLS[kind]:,}",
        )


def _of_cells(path: Path, cells: Sequence[list[str]], kind: str) -> Rows:
    """Rows that count their lines from 1; those below the table without content are no part of it."""
    filled = [n for n, row in enumerate(cells) if any(row)]
    if not filled:
        return rows_of(path, [], [])
    width = max(len(cells[n]) for n in filled)
    table = [cells[n] + [""] * (width - len(cells[n])) for n in filled]
    has_content = set(filled)
    empty = [n + 1 for n in range(filled[-1]) if n not in has_content]
    return rows_of(path, table, [n + 1 for n in filled], empty=empty, encoding=kind)


def _spss(path: Path) -> Rows:
    """The cases of an SPSS file; its user-missing values are empty. Line 1 is that of the names."""
    import pyreadstat

    try:
        _, about = pyreadstat.read_sav(path, metadataonly=True)
        columns = about.number_columns or 1
        _refuse_too_large(path, SPSS, (about.number_rows or 0) * columns)
        # Some programs leave the number of rows out: one row too many is read, and then refused.
        most = MAX_CELLS[SPSS] // columns + 1
        frame, _ = pyreadstat.read_sav(path, disable_datetime_conversion=True, row_limit=most)
        _refuse_too_large(path, SPSS, len(frame) * columns)
    except InputError:
        raise
    except Exception as error:  # ReadstatError, or of the text and dates that it hands on
        raise InputError(
            "%(path)s is not a readable SPSS file; save it again as .sav or 'CSV UTF-8'.", path=path
        ) from error
    cells = [list(map(str, frame.columns)), *([_text(cell) for cell in row] for row in frame.itertuples(index=False))]
    return _of_cells(path, cells, SPSS)


def _text(cell: object) -> str:
    """What a cell would be in a CSV file: whole numbers without a point, nothing for a missing one."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, (date, datetime, time)):
        return cell.isoformat()
    return str(cell).strip()
