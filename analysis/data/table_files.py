"""Tables that people have: CSV, a workbook (.xlsx), an SPSS file (.sav, .zsav), all as rows of text cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

from analysis.data.rows import Rows, read_rows, rows_of
from formats.errors import InputError

WORKBOOK = "Excel workbook"
SPSS = "SPSS"


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
        raise InputError(f"{path} is a workbook of another kind; save it as .xlsx or 'CSV UTF-8'.")
    return read_rows(path, western=True)


def _workbook(path: Path) -> Rows:
    """The only sheet with content, or else the one called "ratings"; formulas as they were last computed."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
        book.close()
    except Exception as error:  # of its ZIP, its XML or what openpyxl makes of them
        raise InputError(f"{path} is not a readable Excel workbook; save it again as .xlsx or 'CSV UTF-8'.") from error
    filled = {title: rows for title, rows in sheets.items() if any(_text(cell) for row in rows for cell in row)}
    named = [title for title in filled if title.strip().casefold() == "ratings"]
    if len(filled) > 1 and not named:
        raise InputError(f"{path} has the sheets {', '.join(filled)}; call the one with the ratings 'ratings'.")
    rows = filled[(named or list(filled))[0]] if filled else []
    cells = [[_text(cell) for cell in row] for row in rows]
    return _of_cells(path, cells, WORKBOOK)


def _of_cells(path: Path, cells: Sequence[list[str]], kind: str) -> Rows:
    """Rows that count their lines from 1; those below the table without content are no part of it."""
    filled = [n for n, row in enumerate(cells) if any(row)]
    if not filled:
        return rows_of(path, [], [])
    width = max(len(cells[n]) for n in filled)
    table = [cells[n] + [""] * (width - len(cells[n])) for n in filled]
    empty = [n + 1 for n in range(filled[-1]) if n not in set(filled)]
    return rows_of(path, table, [n + 1 for n in filled], empty=empty, encoding=kind)


def _spss(path: Path) -> Rows:
    """The cases of an SPSS file; its user-missing values are empty. Line 1 is that of the names."""
    import pyreadstat

    try:
        frame, _ = pyreadstat.read_sav(path, disable_datetime_conversion=True)
    except Exception as error:  # ReadstatError, or of the text and dates that it hands on
        raise InputError(f"{path} is not a readable SPSS file; save it again as .sav or 'CSV UTF-8'.") from error
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
