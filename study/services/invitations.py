"""Inviting experts: a table of codes in, a personal link each out."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from study import clock
from study.errors import InputError
from study.models import Expert, ExpertName, Invitation, Study, token_hash
from study.services.log import log_event

#: How long a link works unless it is revoked.
VALID_FOR = timedelta(days=60)
COLUMNS = ("code", "group", "language")
SEPARATORS = ",;\t"
LONGEST_NAME = 200
#: Codes that begin so are for the simulated copy of a study.
RESERVED = "simulated-"


@dataclass(frozen=True)
class Invitee:
    """One row of the experts' table. The name is optional and kept apart from everything the expert says."""

    code: str
    group: str
    language: str
    name: str = ""


def read_experts(study: Study, text: str) -> list[Invitee]:
    """The experts of a CSV with columns code, group, language and perhaps name. Raises `InputError`, a line a fault.

    Cells may be separated by commas, semicolons or tabs, whichever the first line has most of.
    """
    invitees: list[Invitee] = []
    faults: list[str] = []
    for line, row in _rows(text):
        if None in row or None in row.values():
            faults.append(f"line {line}: this line has not as many cells as the first line; mend it.")
            continue
        if any(ord(letter) < ord(" ") for cell in row.values() for letter in cell):
            faults.append(f"line {line}: a cell goes over several lines or holds a tab; is a quotation mark left open?")
            continue
        invitee = Invitee(**{key: row.get(key, "").strip() for key in (*COLUMNS, "name")})
        faults += [f"line {line}: {fault}" for fault in _faults(study, invitee, invitees)]
        invitees.append(invitee)
    if faults:
        raise InputError("\n".join(faults))
    if not invitees:
        raise InputError("line 2: there is no expert in the table; write one a line.")
    _refuse_too_many(study, invitees)
    return invitees


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of each row of a table whose first line names the columns."""
    text = text.lstrip("\ufeff")
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 0
    try:
        reader.fieldnames = _columns(reader.fieldnames or [])
        line = reader.line_num
        for row in reader:
            line = reader.line_num
            yield line, row
    except csv.Error as error:
        fault = f"line {line + 1}: what begins here can't be read ({error}); is a quotation mark left open?"
        raise InputError(fault) from error


def _columns(cells: Iterable[str]) -> list[str]:
    """The first line's names, checked: each that is needed, and none twice but the empty one."""
    columns = [cell.strip() for cell in cells]
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        raise InputError(f"line 1: the column {missing[0]} is missing; the first line must be code,group,language.")
    twice = [column for column in columns if column and columns.count(column) > 1]
    if twice:
        raise InputError(f"line 1: the column {twice[0]} stands twice; leave one out.")
    return columns


def _faults(study: Study, invitee: Invitee, earlier: list[Invitee]) -> list[str]:
    """What is wrong with one row of the table."""
    faults = []
    groups = [group["key"] for group in study.file["groups"]]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", invitee.code):
        faults.append(f"the code {invitee.code!r} does not fit: use letters, digits, - and _.")
    if invitee.code.startswith(RESERVED):
        faults.append(f"codes that begin with {RESERVED} are for simulated experts; choose another.")
    if len(invitee.name) > LONGEST_NAME:
        faults.append(f"the name has {len(invitee.name)} characters; write at most {LONGEST_NAME}.")
    if invitee.code in {other.code for other in earlier}:
        faults.append(f"the code {invitee.code!r} stands twice; each expert needs one of their own.")
    if invitee.group not in groups:
        faults.append(f"there is no group {invitee.group!r}; write one of {', '.join(groups)}.")
    if invitee.language not in study.file["languages"]:
        languages = ", ".join(study.file["languages"])
        faults.append(f"the study has no language {invitee.language!r}; write one of {languages}.")
    known = study.experts.filter(code=invitee.code).first()
    if known is not None and known.group != invitee.group:
        faults.append(f"{invitee.code} was invited in group {known.group}, which can't change; keep it.")
    if known is not None and known.withdrawn_at:
        faults.append(f"{invitee.code} has withdrawn; leave the line out, or give a replacement a new code.")
    return faults


def _refuse_too_many(study: Study, invitees: list[Invitee]) -> None:
    """More experts of a group than it has slots could not all take part."""
    for group in study.file["groups"]:
        known = set(study.experts.filter(group=group["key"], withdrawn_at=None).values_list("code", flat=True))
        experts = known | {invitee.code for invitee in invitees if invitee.group == group["key"]}
        if len(experts) > group["slots"]:
            raise InputError(
                f"group {group['key']} would have {len(experts)} experts and the plan has {group['slots']} slots; "
                "invite fewer, or make a study with more slots."
            )


@transaction.atomic
def invite(study: Study, invitees: list[Invitee], *, actor: str) -> list[tuple[str, str]]:
    """(code, secret) for each, in order. An expert who had a link gets a fresh one, and the older one stops."""
    if study.simulated or study.preview:
        raise InputError(f"{study.slug} is a copy of a study, so nobody can be invited to it; name the study itself.")
    if study.state not in {Study.State.DRAFT, Study.State.OPEN}:
        raise InputError(f"{study.slug} is {study.state}, so nobody can be invited to it any more.")
    Study.objects.select_for_update().only("pk").get(pk=study.pk)  # the study before its experts, as in a session
    return [(invitee.code, _issue(study, invitee, actor)) for invitee in invitees]


def _issue(study: Study, invitee: Invitee, actor: str) -> str:
    now = clock.now()
    expert, created = Expert.objects.get_or_create(
        study=study, code=invitee.code, defaults={"group": invitee.group, "created_at": now}
    )
    if expert.language != invitee.language:
        expert.language = invitee.language
        expert.save(update_fields=["language"])
    if invitee.name:
        ExpertName.objects.update_or_create(expert=expert, defaults={"name": invitee.name})
    revoked = expert.invitations.filter(revoked_at=None).update(revoked_at=now)
    secret = secrets.token_urlsafe(32)
    Invitation.objects.create(expert=expert, token_hash=token_hash(secret), created_at=now, expires_at=now + VALID_FOR)
    detail = {"expert": expert.code, "revoked": revoked}
    log_event(study, actor=actor, kind="invited" if created else "invited again", detail=detail)
    return secret
