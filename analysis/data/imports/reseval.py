"""ReSEval's tables: `responses.csv`, and beside it in a folder or ZIP `conditions.csv`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.data.imports.files import Row, parts_of, table_of
from analysis.data.imports.roles import Roles, clip_named
from formats.errors import InputError
from formats.messages import LazyText

COLUMNS = {"Stem", "Participant", "Response"}
#: MOS: the condition, then the score. MUSHRA: three digits a condition, of which a spreadsheet drops leading zeros.
SCORED, DIGITS = re.compile(r"(?P<system>.+)-(?P<score>\d+(\.\d+)?)"), 3


def fits(header: set[str]) -> bool:
    return {*COLUMNS, "OrderAsked"} <= header


def read(roles: Roles) -> None:
    """Ratings (MOS, MUSHRA) or comparisons (AB), by what the responses look like."""
    tables = {path.name.lower(): table_of(path, text) for path, text in parts_of(roles.path, (".csv",))}
    rows = tables.get("responses.csv") or next(iter(tables.values()), [])
    if not rows or not set(rows[0].cells) >= COLUMNS:
        raise InputError(
            "%(file)s has no columns Stem, Participant and Response, which ReSEval writes into responses.csv.",
            file=roles.path,
        )
    systems = sorted({row.first(("Condition", "ID", *row.cells)) for row in tables.get("conditions.csv", [])})
    expert = roles.column("expert_id", rows[0].cells, ("Participant",))
    kept = [row for row in roles.kept(rows) if row["Response"]]
    if all(SCORED.fullmatch(row["Response"]) for row in kept):
        for row in kept:
            system, _, score = row["Response"].rpartition("-")
            _rate(roles, row, expert, system, score)
    elif all(row["Response"].isdecimal() for row in kept):
        for row in kept:
            _mushra(roles, row, expert, systems)
    else:
        _compare(roles, kept, expert, systems or sorted({row["Response"] for row in kept}))


def _rate(roles: Roles, row: Row, expert: str, system: str, rating: str) -> None:
    item = row["Stem"]
    clip = clip_named(item, system)
    roles.found.rate(
        expert=row[expert], system=system, clip=clip, prompt=item, scale="rating", rating=rating, line=row.line
    )


def _mushra(roles: Roles, row: Row, expert: str, systems: Sequence[str]) -> None:
    digits = row["Response"].zfill(DIGITS * len(systems))
    if not systems or len(digits) > DIGITS * len(systems):
        raise InputError(
            "%(file)s, line %(line)d: the response %(response)s is no row of three digits for each condition. Give "
            "the folder or ZIP in which conditions.csv is beside responses.csv.",
            file=roles.path,
            line=row.line,
            response=row["Response"],
        )
    for place, system in enumerate(systems):
        _rate(roles, row, expert, system, str(int(digits[DIGITS * place : DIGITS * (place + 1)])))


def _compare(roles: Roles, rows: Sequence[Row], expert: str, systems: Sequence[str]) -> None:
    if len(systems) != 2 or not {row["Response"] for row in rows} <= set(systems):
        raise InputError(
            "%(file)s: a comparison has two conditions, and these are %(conditions)s. Give the folder or ZIP in "
            "which conditions.csv is beside responses.csv.",
            file=roles.path,
            conditions=", ".join(systems),
        )
    roles.found.note(LazyText("Responses are read as preferences. Those of an ABX test are none; do not analyse them."))
    for row in rows:
        a, b = ((clip_named(row["Stem"], system), system) for system in systems)
        value = -1 if row["Response"] == systems[0] else 1
        roles.found.compare(
            expert=row[expert], question="preference", prompt=row["Stem"], a=a, b=b, value=value, line=row.line
        )
