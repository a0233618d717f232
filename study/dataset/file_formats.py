"""A dataset in other formats: ZIP, CSV for Excel, workbook, SPSS file.

Each is made from the folder that `export` writes, so that all say the same. The writers of workbooks and of SPSS files
are imported where they write: the site starts without them.
"""

from __future__ import annotations

import codecs
import csv
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from formats.dataset import Column, View
from formats.errors import InputError
from formats.study_file import StudyFile
from formats.text import one_line
from study.dataset import schema
from study.dataset.folder import export
from study.dataset.taken import hashes_of
from study.models import Study

#: Inside a zip every file has this date, so that the same dataset gives the same bytes.
ZIP_TIME = (2020, 1, 1, 0, 0, 0)
#: Rows of an Excel sheet.
MAX_ROWS = 1_048_576
MAX_SHEET_NAME = 31
#: Of a cell of Excel, in UTF-16 code units.
MAX_CELL = 32_767
#: Words that can't name a variable in SPSS, and the most bytes of a label of a variable and of a value.
SPSS_WORDS = {"ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"}
MAX_LABEL, MAX_VALUE_LABEL = 255, 120

Writer = Callable[[Study, Path, IO[bytes], str], None]


def write(study: Study, form: str, target: IO[bytes], language: str) -> dict[str, str]:
    """Write the dataset in a format of `FORMS`; `language` is that of the labels.

    Returns the hashes that the log keeps.
    """
    stem = f"dataset-{study.slug}"
    with tempfile.TemporaryDirectory() as folder:
        export(study, Path(folder) / stem)
        FORMS[form][1](study, Path(folder) / stem, target, language)
        return hashes_of(Path(folder) / stem)


def as_zip(study: Study, folder: Path, target: IO[bytes], language: str) -> None:
    """The folder as it is."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            with path.open("rb") as source, _entry(packed, path.relative_to(folder.parent)) as entry:
                while chunk := source.read(1 << 16):
                    entry.write(chunk)


def excel_csv(study: Study, folder: Path, target: IO[bytes], language: str) -> None:
    """The tables as CSV that Excel opens directly: UTF-8 with BOM, CR LF."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in _tables(folder):
            with path.open(encoding="utf-8", newline="") as source, _entry(packed, Path(path.name)) as entry:
                text = codecs.getwriter("utf-8-sig")(entry)
                csv.writer(text, lineterminator="\r\n").writerows(csv.reader(source))


def _entry(packed: zipfile.ZipFile, name: Path) -> IO[bytes]:
    entry = zipfile.ZipInfo(name.as_posix(), ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return packed.open(entry, "w", force_zip64=True)


def _tables(folder: Path) -> list[Path]:
    """The dataset's tables, as its own description has them."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return [folder / resource["path"] for resource in package["resources"]]


def workbook(study: Study, folder: Path, target: IO[bytes], language: str) -> None:
    """All tables in one Excel workbook; texts are never formulas."""
    import xlsxwriter

    with tempfile.TemporaryDirectory() as scratch:
        # constant_memory: each row goes to the disk as it comes.
        options = {"constant_memory": True, "tmpdir": scratch, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
        book = xlsxwriter.Workbook(target, options)
        book.set_properties({"title": one_line(study.text("title", language)), "created": datetime(*ZIP_TIME)})
        bold = book.add_format({"bold": True})
        for resource in json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
            sheet = book.add_worksheet(_sheet_name(resource["path"]))
            sheet.freeze_panes(1, 0)
            kinds = [field["type"] for field in resource["schema"]["fields"]]
            for number, row in enumerate(_rows(folder / resource["path"])):
                if number >= MAX_ROWS:
                    raise InputError(
                        "%(path)s has more rows than an Excel sheet; take the CSV files.", path=resource["path"]
                    )
                for place, (kind, value) in enumerate(zip(kinds, row, strict=True)):
                    if number == 0:
                        sheet.write_string(0, place, value, bold)
                    elif value and kind in {"integer", "number"}:
                        sheet.write_number(number, place, float(value))
                    elif value:
                        _write_text(sheet, number, place, value)
        book.close()


def _write_text(sheet: Any, row: int, place: int, text: str) -> None:
    """A text as it is; one that a cell cannot hold would be cut without a word."""
    if len(text.encode("utf-16-le")) > 2 * MAX_CELL:
        raise InputError(
            "The text that begins with %(start)r is longer than an Excel cell can contain (%(most)s characters). "
            "Export the CSV files instead.",
            start=text[:40],
            most=MAX_CELL,
        )
    sheet.write_string(row, place, text)


def _sheet_name(path: str) -> str:
    """ratings, ratings-wide, choices, choices-trial, comparisons or the file's own name."""
    stem = PurePosixPath(path).stem
    if path.startswith("data/") and stem.endswith("_description-trial_data"):
        return "choices-trial"
    for task, name in (("comparison", "comparisons"), ("choice", "choices")):
        if path.startswith("data/") and f"_task-{task}_" in path:
            return name
    if path.startswith("data/"):
        return "ratings-wide" if "-wide_" in stem else "ratings"
    return stem[:MAX_SHEET_NAME]


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.reader(stream)


def spss(study: Study, folder: Path, target: IO[bytes], language: str) -> None:
    """The ratings, one row per trial, or the choices or comparisons, as an SPSS file with labels.

    An SPSS file has one table: where a study has both ratings and choices of clips, these are with the ratings.
    """
    import pandas
    import pyreadstat

    view: View = "sealed" if study.sealed else "open"
    columns, name = _main_table(study.file, view)
    (path,) = (folder / "data").glob(name)
    kinds = {column.name: "Int64" if column.kind == "integer" else "str" for column in columns}
    frame = pandas.read_csv(path, dtype=kinds, keep_default_na=False, na_values=[""])
    names = _variables(column.name for column in columns)
    frame = frame.rename(columns=names)
    with tempfile.NamedTemporaryFile(suffix=".sav") as scratch:
        pyreadstat.write_sav(
            frame,
            scratch.name,
            file_label=_cut(study.text("title", language), 64),
            column_labels={names[column.name]: _label(column, language) for column in columns},
            variable_value_labels={
                names[column.name]: _value_labels(column, language) for column in columns if column.values
            },
            variable_measure={names[column.name]: _measure(column) for column in columns},
            variable_format={names[column.name]: "F8.0" for column in columns if column.kind == "integer"},
        )
        while chunk := scratch.read(1 << 16):
            target.write(chunk)


def _main_table(file: StudyFile, view: View) -> tuple[list[Column], str]:
    """The columns of the table that an SPSS file has, and the pattern of its name."""
    if file.scales:
        return schema.wide_columns(file, view), "*-wide_data.csv"
    if file.has_x:
        return schema.x_columns(file, view), "*_task-choice_data.csv"
    if file.of_pairs:
        return schema.comparison_columns(file, view), "*_task-comparison_data.csv"
    if file.clip_choices:
        return schema.choice_columns(file, view), "*_task-choice_data.csv"
    return schema.trial_choice_columns(file, view), "*-trial_data.csv"


def _variables(columns: Iterable[str]) -> dict[str, str]:
    """What SPSS calls each column: a reserved word has a sign more, so many that no other column has the name."""
    names = {name: name for name in columns}
    for name in names:
        while names[name].upper() in SPSS_WORDS or names[name] != name and names[name] in names:
            names[name] += "_"
    return names


def _label(column: Column, language: str) -> str:
    return _cut(column.label.get(language) or column.meaning[language], MAX_LABEL)


def _value_labels(column: Column, language: str) -> dict[Any, str]:
    number = column.kind == "integer"
    labels = {value: _cut(texts[language], MAX_VALUE_LABEL) for value, texts in column.values.items()}
    return {int(value) if number else value: label for value, label in labels.items()}


def _measure(column: Column) -> str:
    if column.label:  # a scale
        return "ordinal"
    return "nominal" if column.kind == "text" or column.closed else "scale"


def _cut(text: str, most: int) -> str:
    """The beginning of a text, in one line of at most so many bytes of UTF-8."""
    return one_line(text).encode()[:most].decode(errors="ignore")


#: Form -> (ending of the file's name, writer).
FORMS: dict[str, tuple[str, Writer]] = {
    "zip": (".zip", as_zip),
    "excel-csv": ("-excel.zip", excel_csv),
    "xlsx": (".xlsx", workbook),
    "sav": (".sav", spss),
}
