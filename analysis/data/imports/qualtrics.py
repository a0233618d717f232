"""Qualtrics' CSV or TSV: three header rows, one row a response, a column for each clip and question."""

from __future__ import annotations

import re

from analysis.data.imports.files import Row, lines_of
from analysis.data.imports.found import PREVIEW
from analysis.data.imports.roles import Roles, clip_named
from formats.errors import InputError
from formats.messages import LazyText

COLUMN = re.compile(r"^(?P<prompt_id>.+)_(?P<system>[^_]+)_(?P<scale>[^_]+)$")
PREVIEWS = ("1", "2", "survey preview", "survey test")
UNFINISHED = ("0", "false")
IMPORT_ID = "ImportId"


def fits(header: set[str]) -> bool:
    return {"ResponseId", "Finished"} <= header


def read(roles: Roles) -> None:
    """Ratings: a column's name gives item, system and scale, as ITEM_SYSTEM_SCALE or by --pattern."""
    lines = lines_of(roles.path)
    header = lines[0][1] if lines else []
    start = 3 if len(lines) > 2 and any(IMPORT_ID in cell for cell in lines[2][1]) else 2
    expert = roles.column("expert_id", header, ("ResponseId",))
    pattern = roles.given.pattern or COLUMN
    rated = {name: match for name in header if (match := pattern.search(name))}
    rated = {name: match for name, match in rated.items() if {"system", "scale"} <= set(match.groupdict())}
    if not rated:
        raise InputError(
            "%(file)s: no column's name gives a system and a scale by the pattern %(pattern)s; the columns are "
            "%(columns)s. Give another one with --pattern, with (?P<system>...) and (?P<scale>...) in it.",
            file=roles.path,
            pattern=pattern.pattern,
            columns=", ".join(header),
        )
    roles.found.note(
        LazyText(
            "Columns are read as item, system and scale, as in {columns}. Another pattern can be given with --pattern.",
            columns=next(iter(rated)),
        )
    )
    rows = [Row(dict(zip(header, cells, strict=False)), line) for line, cells in lines[start:]]
    unfinished = 0
    for row in roles.kept(rows):
        if row["Status"].lower() in PREVIEWS:
            roles.found.leave_out(PREVIEW)
            continue
        unfinished += row["Finished"].lower() in UNFINISHED
        for name, match in rated.items():
            _rate(roles, row, row[expert], match.groupdict(), row[name])
    if unfinished:
        roles.found.note(LazyText("The answers of unfinished responses are kept: {count}.", count=unfinished))


def _rate(roles: Roles, row: Row, expert: str, parts: dict[str, str | None], rating: str) -> None:
    item, system, scale = (parts.get(name) or "" for name in ("prompt_id", "system", "scale"))
    clip = clip_named(item, system) if item else system
    roles.found.rate(expert=expert, system=system, clip=clip, prompt=item, scale=scale, rating=rating, line=row.line)
