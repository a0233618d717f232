"""jsPsych's data as CSV, of one participant or of several joined."""

from __future__ import annotations

import json

from analysis.data.imports.files import Row, is_practice, stem, table_of
from analysis.data.imports.roles import EXPERTS, Roles
from formats.errors import InputError
from formats.messages import LazyText

#: Types of trial that ask, by the end of their names. Likert items and buttons are counted from 0.
LIKERT, BUTTON, SLIDER = "survey-likert", "button-response", "slider-response"
PHASES = ("phase", "task", "test_part", "block", "part")


def fits(header: set[str]) -> bool:
    return {"trial_type", "trial_index"} <= header


def read(roles: Roles) -> None:
    """Ratings: items of survey-likert by their names, buttons and sliders as `response`."""
    rows = table_of(roles.path)
    header = list(rows[0].cells)
    expert = roles.column("expert_id", header, ("subject", *EXPERTS))
    columns = roles.heard(header)
    clip = columns[0]
    heard: dict[str, str] = {}
    carried, counted_from_0 = 0, False
    for row in roles.kept(rows):
        who = row[expert]
        answers = _answers(roles, row)
        if row[clip]:
            heard[who] = stem(row[clip])
        if not answers or is_practice(roles.found, *(row[name] for name in PHASES)):
            continue
        carried += not row[clip]
        counted_from_0 |= not row["trial_type"].endswith(SLIDER)
        roles.rate(row, columns, who, answers, clip=heard.get(who, ""))
    if counted_from_0:
        roles.found.note(LazyText("jsPsych counts the points of a scale and its buttons from 0: 1 was added."))
    if carried:
        roles.found.note(LazyText("Answers in rows without a clip belong to the clip before: {count}.", count=carried))


def _answers(roles: Roles, row: Row) -> dict[str, float | str]:
    """The answers of a row by their scale; none where it asks nothing that can be a rating."""
    kind, response = row["trial_type"], row["response"]
    if kind.endswith(LIKERT):
        return {key: value + 1 for key, value in _items(roles, row).items()}
    if response in ("", "null"):
        return {}
    if kind.endswith(BUTTON) and response.isdecimal():
        return {"response": int(response) + 1}
    return {"response": response} if kind.endswith(SLIDER) else {}


def _items(roles: Roles, row: Row) -> dict[str, int]:
    try:
        items = json.loads(row["response"] or "{}")
        return {str(key): int(value) for key, value in items.items() if value not in ("", None)}
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(
            "%(file)s, line %(line)d: the response %(response)s is no answer of survey-likert.",
            file=roles.path,
            line=row.line,
            response=row["response"],
        ) from error
