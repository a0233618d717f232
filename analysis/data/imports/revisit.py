"""reVISit's tidy table: participant, trial and response in each row."""

from __future__ import annotations

from analysis.data.imports.files import is_practice, table_of
from analysis.data.imports.found import NO_ANSWER, REJECTED
from analysis.data.imports.roles import CLIPS, Roles
from analysis.data.rows import parse_number
from formats.messages import LazyText

PARAMETER = "parameters_"
NO_RESPONSES = ("", "windowEvents", "metaData", "participantTags")


def fits(header: set[str]) -> bool:
    return {"participantId", "trialId", "responseId"} <= header


def read(roles: Roles) -> None:
    """Ratings: the answers that are numbers, by `responseId`; the clip is a parameter or the trial's name."""
    rows = table_of(roles.path)
    header = list(rows[0].cells)
    expert = roles.column("expert_id", header, ("participantId",))
    columns = roles.heard(header, (*CLIPS, "trialId"), prefix=PARAMETER)
    others = 0
    for row in roles.kept(rows):
        if row["responseId"] in NO_RESPONSES:
            continue
        if row["status"].lower() == "rejected":
            roles.found.leave_out(REJECTED)
        elif not row["answer"]:
            roles.found.leave_out(NO_ANSWER)
        elif parse_number(row["answer"], decimal_comma=False) is None:
            others += 1
        elif not is_practice(roles.found, row["trialId"]):
            roles.rate(row, columns, row[expert], {row["responseId"]: row["answer"]})
    if others:
        roles.found.note(LazyText("Answers that are no numbers are left out: {count}.", count=others))
