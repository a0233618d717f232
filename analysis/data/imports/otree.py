"""oTree's exports: all apps wide (one row a participant), or one app (one row a player and round)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from analysis.data.imports.files import Row, stem, table_of
from analysis.data.imports.found import BOT, DEMO, NO_SHOW, is_empty
from analysis.data.imports.roles import Roles
from analysis.data.rows import parse_number
from formats.messages import LazyText

WIDE = re.compile(r"(?P<round>[^.]+\.\d+)\.player\.(?P<field>.+)")
ONE_APP = re.compile(r"(?P<round>)player\.(?P<field>.+)")
OWN = ("id_in_group", "role", "payoff")


def fits(header: set[str]) -> bool:
    return {"participant.code", "session.code"} <= header


def read(roles: Roles) -> None:
    """Ratings: the fields of numbers beside the field that holds the clip, round by round."""
    rows = roles.kept(table_of(roles.path))
    header = list(rows[0].cells) if rows else []
    pattern = WIDE if any(WIDE.fullmatch(name) for name in header) else ONE_APP
    rounds = _rounds(header, pattern)
    fields = list(dict.fromkeys(field for columns in rounds.values() for field in columns))
    expert = roles.column("expert_id", header, ("participant.code",))
    parts = roles.heard(fields)
    scales = [name for name in fields if name not in (*OWN, *parts) and _is_numeric(rows, rounds, name)]
    others = [name for name in fields if name not in (*OWN, *parts, *scales)]
    if others:
        roles.found.note(LazyText("Fields without numbers are left out: {columns}.", columns=", ".join(others)))
    stopped = 0
    for row in rows:
        if _is_nobody(roles, row):
            continue
        at, last = row["participant._index_in_pages"], row["participant._max_page_index"]
        stopped += at.isdecimal() and last.isdecimal() and int(at) < int(last)
        for columns in rounds.values():
            cells = Row({field: row[name] for field, name in columns.items()}, row.line)
            if stem(cells[parts[0]]):
                roles.rate(cells, parts, row[expert], {scale: cells[scale] for scale in scales})
    if stopped:
        roles.found.note(LazyText("Participants who stopped, whose answers are kept: {count}.", count=stopped))


def _rounds(header: Sequence[str], pattern: re.Pattern[str]) -> dict[str, dict[str, str]]:
    """The columns of each round by their field."""
    rounds: dict[str, dict[str, str]] = {}
    for name in header:
        match = pattern.fullmatch(name)
        if match:
            rounds.setdefault(match["round"], {})[match["field"]] = name
    return rounds


def _is_numeric(rows: Sequence[Row], rounds: Mapping[str, Mapping[str, str]], field: str) -> bool:
    cells = [row[columns[field]] for row in rows for columns in rounds.values() if field in columns]
    filled = [cell for cell in cells if not is_empty(cell)]
    return bool(filled) and all(parse_number(cell, decimal_comma=False) is not None for cell in filled)


def _is_nobody(roles: Roles, row: Row) -> bool:
    for column, value, reason in (
        ("participant._is_bot", "1", BOT),
        ("session.is_demo", "1", DEMO),
        ("participant.visited", "0", NO_SHOW),
    ):
        if row[column] == value:
            roles.found.leave_out(reason)
            return True
    return False
