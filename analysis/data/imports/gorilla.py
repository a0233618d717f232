"""Gorilla's task files: one row an event, of Task Builder 1 or 2."""

from __future__ import annotations

from analysis.data.imports.files import Row, is_practice, table_of
from analysis.data.imports.roles import Roles
from analysis.data.rows import parse_number
from formats.messages import LazyText

SPREADSHEET = "Spreadsheet: "
PLACES = ("Display", "Screen", "Screen Name", "display")
END = "END OF FILE"


def fits(header: set[str]) -> bool:
    return {"Participant Private ID", "Response"} <= header


def read(roles: Roles) -> None:
    """Ratings: the rows whose response is a number, by the name of the object or zone that asks."""
    rows = [row for row in table_of(roles.path) if END not in row.cells.values()]
    header = list(rows[0].cells) if rows else []
    expert = roles.column("expert_id", header, ("Participant Private ID",))
    columns = roles.heard(header, prefix=SPREADSHEET)
    others = 0
    for row in roles.kept(rows):
        scale = row.first(("Object Name", "Zone Name", "Question Key"))
        if not _is_rating(row) or not row[columns[0]] or not scale:
            others += 1
            continue
        if not is_practice(roles.found, *(row[name] for name in PLACES)):
            roles.rate(row, columns, row[expert], {scale: row["Response"]})
    roles.found.note(LazyText("Events that are no rating of a clip are left out: {count}.", count=others))


def _is_rating(row: Row) -> bool:
    kind = row["Response Type"].lower()
    return kind in ("", "response") and parse_number(row["Response"], decimal_comma=False) is not None
