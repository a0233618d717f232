"""The results of listen-and-rate: a CSV or JSON file for each session, in a folder, a ZIP or joined into one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from analysis.data.imports.files import Row, lines_of, parts_of
from analysis.data.imports.found import REPEATED_HEADER
from analysis.data.imports.roles import Roles, clip_named
from formats.errors import InputError

RATED = ("mos", "dmos", "mushra")
SIDES = {"a": -1, "b": 1, "=": 0}


def fits(header: set[str]) -> bool:
    return {"tool_version", "test_type", "session_id"} <= header


def read(roles: Roles) -> None:
    """Ratings (mos, dmos, mushra) or comparisons (ab, xab, cmos), by the column test_type."""
    rows = [row for path, text in parts_of(roles.path, (".csv", ".json")) for row in _rows(roles, path, text)]
    header = list(dict.fromkeys(name for row in rows for name in row.cells))
    if not fits(set(header)):
        raise InputError(
            "%(file)s has no columns tool_version, session_id and test_type, which listen-and-rate writes.",
            file=roles.path,
        )
    expert = roles.column("expert_id", header, ("metadata_listener", "metadata_expert_id", "session_id"))
    for row in roles.kept(rows):
        if row["test_type"] in RATED:
            _rate(roles, row, row[expert])
        else:
            _compare(roles, row, row[expert])


def _rows(roles: Roles, path: Path, text: str) -> Iterator[Row]:
    if path.suffix.lower() == ".json":
        yield from _of_session(path, text)
        return
    header: list[str] = []
    for line, cells in lines_of(path, text):
        if cells[:1] == ["tool_version"]:
            if header and path == roles.path:
                roles.found.leave_out(REPEATED_HEADER)
            header = cells
        else:
            yield Row(dict(zip(header, cells, strict=False)), line)


def _of_session(path: Path, text: str) -> Iterator[Row]:
    try:
        session = json.loads(text)
        records = session["records"]
        common = {name: str(session[name]) for name in ("tool_version", "session_id", "test_type")}
        common |= {f"metadata_{name}": str(value) for name, value in session.get("metadata", {}).items()}
        for number, record in enumerate(records, 1):
            yield Row(common | {name: str(value) for name, value in record.items()}, number)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError("%(file)s is no session of listen-and-rate: %(reason)s.", file=path, reason=error) from error


def _rate(roles: Roles, row: Row, expert: str) -> None:
    item, system = row["item"], row["system"]
    clip = clip_named(item, system)
    roles.found.rate(
        expert=expert, system=system, clip=clip, prompt=item, scale="rating", rating=row["rating"], line=row.line
    )


def _compare(roles: Roles, row: Row, expert: str) -> None:
    question = next((name for name in ("winner", "closer", "rating") if row[name]), "")
    if row["test_type"] == "abx" or not question:
        raise InputError(
            "%(file)s, line %(line)d: an answer of the test %(test)s is neither a rating nor a comparison.",
            file=roles.path,
            line=row.line,
            test=row["test_type"],
        )
    answer, item = row[question], row["item"]
    if (answer not in SIDES) if question != "rating" else not answer.lstrip("+-").isdecimal():
        raise InputError(
            "%(file)s, line %(line)d: %(column)s is %(value)s; it should be a, b or =, or a whole number in cmos.",
            file=roles.path,
            line=row.line,
            column=question,
            value=answer,
        )
    a, b = row["system_a"], row["system_b"]
    roles.found.compare(
        expert=expert,
        question=question,
        prompt=item,
        a=(clip_named(item, a), a),
        b=(clip_named(item, b), b),
        value=SIDES[answer] if question != "rating" else int(answer),
        line=row.line,
    )
