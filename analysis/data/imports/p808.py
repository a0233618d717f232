"""Batch files of Amazon Mechanical Turk as the P.808 toolkit makes them: one row an assignment, many clips in it."""

from __future__ import annotations

import re

from analysis.data.imports.files import Row, stem, table_of
from analysis.data.imports.found import GOLD, REJECTED
from analysis.data.imports.roles import Roles

ANSWER = re.compile(r"answer\.(?P<question>q\d+)(_(?P<scale>[a-z0-9]+))?")
CONDITION = re.compile(r"_c(?P<system>\d+)_", re.IGNORECASE)
NO_SCALES = ("url", "order", "slide")
CONTROLS = ("input.tp", "input.gold_clips", "input.gold_url")
REJECTED_STATUS = "rejected"


def fits(header: set[str]) -> bool:
    return {"HITId", "WorkerId", "AssignmentId"} <= header


def read(roles: Roles) -> None:
    """Ratings (ACR; P.835 and P.804 by their suffixes); the condition is in the clip's name (`_C01_`)."""
    table = table_of(roles.path)
    expert = roles.column("expert_id", table[0].cells, ("WorkerId",)).lower()
    for row in roles.kept(table):
        low = Row({name.lower(): text for name, text in row.cells.items()}, row.line)
        if low["assignmentstatus"].lower() == REJECTED_STATUS:
            roles.found.leave_out(REJECTED)
            continue
        controls = {stem(low[name]) for name in CONTROLS if low[name]}
        for name, text in low.cells.items():
            match = ANSWER.fullmatch(name)
            if match and text and match["scale"] not in NO_SCALES:
                _rate(roles, low, low[expert], match, text, controls)


def _rate(roles: Roles, row: Row, expert: str, match: re.Match[str], rating: str, controls: set[str]) -> None:
    clip = stem(row[f"answer.{match['question']}_url"])
    if not clip:
        return
    if clip in controls:
        roles.found.leave_out(GOLD)
        return
    system, prompt = roles.in_name(clip, row.line, CONDITION)
    scale = match["scale"] or "rating"
    roles.found.rate(expert=expert, system=system, clip=clip, prompt=prompt, scale=scale, rating=rating, line=row.line)
