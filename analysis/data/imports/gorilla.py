"""Gorilla's task files: one row an event, of Task Builder 1 or 2."""

from __future__ import annotations

from analysis.data.imports.files import Row, is_practice, stem, table_of
from analysis.data.imports.roles import CLIPS, PROMPTS, SYSTEMS, Roles
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
    usual = {"clip_id": CLIPS, "system": SYSTEMS, "prompt_id": PROMPTS}
    clip, system, prompt = (
        roles.column(role, header, [f"{SPREADSHEET}{name}" for name in names] + list(names), needed=role == "clip_id")
        for role, names in usual.items()
    )
    others = 0
    for row in roles.kept(rows):
        scale = row.first(("Object Name", "Zone Name", "Question Key"))
        if not _is_rating(row) or not row[clip] or not scale:
            others += 1
            continue
        if is_practice(roles.found, *(row[name] for name in PLACES)):
            continue
        name = stem(row[clip])
        of_system, of_prompt = roles.system_and_prompt(row, system, prompt, name)
        roles.found.rate(
            expert=row[expert],
            system=of_system,
            clip=name,
            prompt=of_prompt,
            scale=scale,
            rating=row["Response"],
            line=row.line,
        )
    roles.found.note(LazyText("Events that are no rating of a clip are left out: {count}.", count=others))


def _is_rating(row: Row) -> bool:
    kind = row["Response Type"].lower()
    return kind in ("", "response") and parse_number(row["Response"], decimal_comma=False) is not None
