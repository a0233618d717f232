"""PsyNet's file of a trial class: one row a trial, its definition as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from analysis.data.imports.files import Row, table_of
from analysis.data.imports.found import FAILED
from analysis.data.imports.roles import Roles
from formats.errors import InputError

YES = ("true", "1", "t")


def fits(header: set[str]) -> bool:
    return {"participant_id", "answer", "trial_maker_id"} <= header


def read(roles: Roles) -> None:
    """Ratings: `answer`, a number or an object of numbers; clip, system and item from columns or the definition."""
    rows = [_opened(roles, row) for row in table_of(roles.path)]
    header = list(dict.fromkeys(name for row in rows for name in row.cells))
    expert = roles.column("expert_id", header, ("participant_id",))
    columns = roles.heard(header)
    for row in roles.kept(rows):
        if row["failed"].lower() in YES:
            roles.found.leave_out(FAILED)
            continue
        is_repeat = row["is_repeat_trial"].lower() in YES
        roles.rate(row, columns, row[expert], _answers(row["answer"]), is_repeat=is_repeat)


def _opened(roles: Roles, row: Row) -> Row:
    """The row with the parts of its definition as cells of their own, where no column has that name."""
    if not row["definition"]:
        return row
    try:
        definition = json.loads(row["definition"])
        return Row({str(key): str(value) for key, value in definition.items()} | dict(row.cells), row.line)
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(
            "%(file)s, line %(line)d: the definition %(definition)s is no JSON object.",
            file=roles.path,
            line=row.line,
            definition=row["definition"],
        ) from error


def _answers(text: str) -> Mapping[str, object]:
    try:
        answer = json.loads(text) if text else None
    except (ValueError, RecursionError):
        answer = text
    return answer if isinstance(answer, dict) else {"answer": answer}
