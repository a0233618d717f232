"""Files of other tools as rows that remember their line, and the names of clips in them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.data.imports.found import PRACTICE, Found
from analysis.data.rows import delimiter_of
from formats.errors import InputError
from formats.files import read_bytes, read_table
from formats.text import decoded, folded

PRACTICES = re.compile(r"(practi[cs]e|training|warm[ _-]?up|familiari[sz]ation)([ _-].*|\d*)")
AUDIO = re.compile(r"\.(wav|mp3|flac|ogg|opus|m4a|aac|aif|aiff|webm|mid|midi)$", re.IGNORECASE)
#: A clip's name where nothing else says its system: what it was made from, then the system.
ITEM_SYSTEM = re.compile(r"^(?P<prompt_id>.+)_(?P<system>[^_]+)$")


@dataclass(frozen=True)
class Row:
    """One row of a table by the names of its columns. A column that is not there is empty."""

    cells: Mapping[str, str]
    line: int

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")

    def first(self, names: Sequence[str]) -> str:
        """The first of these columns that is filled, else ""."""
        return next((self[name] for name in names if self[name]), "")


def lines_of(path: Path, text: str | None = None) -> list[tuple[int, list[str]]]:
    """The filled rows of a CSV file, each with the line on which it ends. Raises InputError."""
    content = read_table(path, western=True)[0] if text is None else text
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter_of(content), strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise InputError(
            "%(file)s, line %(line)d: not a readable CSV line (%(reason)s).",
            file=path,
            line=reader.line_num,
            reason=error,
        ) from error
    return [(line, row) for line, row in rows if any(row)]


def table_of(path: Path, text: str | None = None) -> list[Row]:
    """The rows of a CSV file whose first line names the columns. Raises InputError."""
    found = lines_of(path, text)
    if len(found) < 2:
        raise InputError("%(file)s has no rows under its first line.", file=path)
    header = found[0][1]
    return [Row(_named(path, header, row, line), line) for line, row in found[1:]]


def _named(path: Path, header: Sequence[str], row: Sequence[str], line: int) -> dict[str, str]:
    if any(row[len(header) :]):
        raise InputError(
            "%(file)s, line %(line)d: %(cells)d cells where the first line names %(columns)d columns. Questions seem "
            "to have been added; put these rows into a file with a first line of their own.",
            file=path,
            line=line,
            cells=len(row),
            columns=len(header),
        )
    return dict(zip(header, row, strict=False))


def json_of(path: Path, text: str | None = None) -> list[Any]:
    """The list in a JSON file, or the lines of a JSON Lines file. Raises InputError."""
    text = decoded_text(path, read_bytes(path)) if text is None else text
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise InputError("%(file)s: its JSON is nested too deeply to be read.", file=path) from error
    except ValueError:
        # splitlines() would also cut at U+2028, which JSON has in strings.
        content = [_json_line(path, line, number) for number, line in enumerate(io.StringIO(text), 1) if line.strip()]
    return content if isinstance(content, list) else [content]


def _json_line(path: Path, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "%(file)s, line %(line)d: not readable JSON (%(reason)s).", file=path, line=line, reason=error
        ) from error


def parts_of(path: Path, endings: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """The files of a folder or a ZIP archive with one of these endings, or the file itself, each with its text."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix.lower() in endings and file.is_file():
                yield file, decoded_text(file, read_bytes(file))
        return
    if path.suffix.lower() != ".zip":
        yield path, decoded_text(path, read_bytes(path))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if PurePosixPath(name).suffix.lower() in endings:
                    yield path / name, decoded_text(path / name, archive.read(name))
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise InputError("%(file)s is not a readable ZIP archive: %(reason)s.", file=path, reason=error) from error


def decoded_text(path: Path, content: bytes) -> str:
    """The text of a file. Raises InputError where it is none."""
    try:
        return decoded(content)[0]
    except UnicodeDecodeError as error:
        raise InputError("%(file)s is not UTF-8 text (byte %(byte)d).", file=path, byte=error.start) from error


def stem(name: str) -> str:
    """A clip's name without the folder or address before it and the ending of an audio file."""
    return AUDIO.sub("", name.split("?")[0].replace("\\", "/").rstrip("/").rpartition("/")[2])


def is_practice(found: Found, *names: str) -> bool:
    """Whether one of these names of a page, phase or block says practice, which is counted."""
    practice = any(PRACTICES.fullmatch(folded(name)) for name in names if name)
    if practice:
        found.leave_out(PRACTICE)
    return practice
