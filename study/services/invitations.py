"""Inviting experts: a table of codes in, a personal link each out."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

from formats.errors import InputError, Message
from formats.text import alike, one_line
from study import clock
from study.errors import FieldErrors
from study.models import MAX_CODE, MAX_NAME, Expert, ExpertAddress, ExpertName, Invitation, Study, token_hash
from study.services.locking import lock_study
from study.services.log import log_event

#: Of an e-mail address.
MAX_EMAIL = 254
#: How long a link works unless it is revoked.
VALID_FOR = timedelta(days=60)
COLUMNS = ("code", "group", "language")
SEPARATORS = ",;\t"
#: Rows of a table that are read beyond the places of the study, each with its faults; then it is another table.
MAX_BEYOND = 100
#: Codes that begin so are for the simulated copy of a study.
RESERVED = "simulated-"
#: Each the name of a field, and what is wrong with it.
Faults = list[tuple[str, str]]


@dataclass(frozen=True)
class Invitee:
    """One row of the experts' table. The name is optional and kept apart from everything the expert says."""

    code: str
    group: str
    language: str
    name: str = ""
    email: str = ""


def read_experts(study: Study, text: str) -> list[Invitee]:
    """The experts of a CSV with columns code, group, language and perhaps name. Raises `InputError`, a line a fault.

    Cells may be separated by commas, semicolons or tabs, whichever the first line has most of.
    """
    invitees: list[Invitee] = []
    faults: list[str] = []
    codes: set[str] = set()
    slots = study.file.slots
    known = {expert.code: expert for expert in study.experts.all()}
    for count, (line, row) in enumerate(_rows(text), start=1):
        if count > slots + MAX_BEYOND:
            message = _(
                "the table has more than %(most)d rows, but the study has %(slots)d slots. Check that this "
                "is the right file."
            )
            raise InputError(_line(line, message % {"most": slots + MAX_BEYOND, "slots": slots}))
        if not any(filter(None, row.values())):
            continue
        if None in row or None in row.values():
            faults.append(
                _line(line, _("this row and the header row have different numbers of cells. Check the separators."))
            )
            continue
        if any(cell != one_line(cell) for cell in row.values()):
            message = _(
                "a cell contains a line break, a tab or a control character. Check for a missing quotation mark."
            )
            faults.append(_line(line, message))
            continue
        invitee = _in_study(study, Invitee(**{key: row.get(key, "").strip() for key in (*COLUMNS, "name", "email")}))
        faults += [_line(line, fault) for _field, fault in _faults(study, invitee, codes, known)]
        invitees.append(invitee)
        codes.add(invitee.code)
    if not invitees and not faults:
        faults = [_line(2, _("the table contains no expert. Write one expert per line."))]
    faults += _too_many(study, invitees, known)
    if faults:
        raise InputError.of(map(Message, faults))
    return invitees


def _in_study(study: Study, invitee: Invitee) -> Invitee:
    """The invitee with the study's own name for their language: zh-CN and EN are zh-hans and en."""
    tag = invitee.language.lower().replace("_", "-")
    with suppress(LookupError):
        tag = get_supported_language_variant(tag, strict=True)
    return replace(invitee, language=tag) if tag in study.file.languages else invitee


def _line(number: int, fault: str) -> str:
    return _("line %(number)d: %(fault)s") % {"number": number, "fault": fault}


def checked(study: Study, invitee: Invitee, *, instead_of: Expert | None = None) -> Invitee:
    """One expert typed by hand, stripped, perhaps for another's place. Raises `InputError`, a line a fault."""
    fields = (text.strip() for text in astuple(invitee))
    invitee = _in_study(study, Invitee(*fields))
    known = {expert.code: expert for expert in study.experts.all() if expert != instead_of}
    faults = _faults(study, invitee, set(), known)
    if invitee.name != one_line(invitee.name):
        message = _("the name contains a line break, a tab or a control character. Write it in one line.")
        faults.append(("name", message))
    faults += [("group", fault) for fault in _too_many(study, [invitee], known)]
    if faults:
        raise FieldErrors(faults)
    return invitee


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
        message = _("this row cannot be read (%(reason)s). Check for a missing quotation mark.")
        raise InputError(_line(line + 1, message % {"reason": error})) from error


def _columns(cells: Iterable[str]) -> list[str]:
    """The first line's names, checked: each that is needed, and none twice but the empty one."""
    columns = [cell.strip().lower() for cell in cells]
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        message = _("the column %(column)s is missing. The first line must be code,group,language.")
        raise InputError(_line(1, message % {"column": missing[0]}))
    twice = [column for column, times in Counter(columns).items() if column and times > 1]
    if twice:
        message = _("the column %(column)s appears twice. Delete one.")
        raise InputError(_line(1, message % {"column": twice[0]}))
    return columns


def _faults(study: Study, invitee: Invitee, earlier: set[str], experts: Mapping[str, Expert]) -> Faults:
    """What is wrong with one expert of the table; `earlier`: codes above it, `experts`: those of the study by code."""
    faults: Faults = []
    groups = [group.key for group in study.file.groups]
    about = {"code": invitee.code, "group": invitee.group, "language": invitee.language}
    if not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_CODE - 1}}}", invitee.code):
        message = _(
            "the code '%(code)s' is not valid. Use up to 40 letters, digits, - and _, starting with a letter or digit."
        )
        faults.append(("code", message % about))
    if invitee.code.startswith(RESERVED):
        message = _("codes that begin with %(start)s are reserved for simulated experts. Choose another code.")
        faults.append(("code", message % {"start": RESERVED}))
    if len(invitee.name) > MAX_NAME:
        message = _("the name has %(number)d characters. Write at most %(most)d.")
        faults.append(("name", message % {"number": len(invitee.name), "most": MAX_NAME}))
    if invitee.email and not is_address(invitee.email):
        faults.append(("email", _("'%(email)s' is not an e-mail address.") % {"email": invitee.email}))
    if invitee.code in earlier:
        faults.append(("code", _("the code '%(code)s' appears twice. Each expert needs a unique code.") % about))
    if invitee.group not in groups:
        message = _("there is no group '%(group)s'. Use one of %(groups)s.")
        faults.append(("group", message % {**about, "groups": ", ".join(groups)}))
    if invitee.language not in study.file.languages:
        message = _("the study has no language '%(language)s'. Use one of %(languages)s.")
        faults.append(("language", message % {**about, "languages": ", ".join(study.file.languages)}))
    others = {code for code in (*earlier, *experts) if alike(code) == alike(invitee.code)}
    other = min(others - {invitee.code}, default="")
    if other and invitee.code not in experts:
        message = _(
            "the codes '%(other)s' and '%(code)s' may be the same expert. Use one spelling, or rename one of them."
        )
        faults.append(("code", message % {**about, "other": other}))
    if invitee.code in experts:
        faults += [("code", fault) for fault in _faults_of_known(experts[invitee.code], invitee)]
    return faults


def is_address(text: str) -> bool:
    """Whether a text is one e-mail address."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= MAX_EMAIL


def _faults_of_known(known: Expert, invitee: Invitee) -> Iterator[str]:
    """Why someone who was invited before can't be invited so again."""
    about = {"code": known.code, "group": known.group}
    if known.group != invitee.group:
        yield _("%(code)s was invited in group %(group)s, which cannot be changed. Keep this group.") % about
    if known.withdrawn_at:
        yield _("%(code)s has withdrawn. Delete this line, or give a replacement a new code.") % about
    if known.replaced_by_id:
        yield _("%(code)s was replaced by another expert. Delete this line.") % about


def _too_many(study: Study, invitees: list[Invitee], known: dict[str, Expert]) -> Iterator[str]:
    """More experts of a group than it has places could not all take part."""
    here = [expert for expert in known.values() if has_slot(expert)]
    for group in study.file.groups:
        experts = {expert.code for expert in here if expert.group == group.key}
        experts |= {invitee.code for invitee in invitees if invitee.group == group.key}
        if len(experts) > group.slots:
            message = _(
                "group %(group)s would have %(experts)d experts, but it has %(slots)d slots. Invite fewer experts, "
                "or create a study with more slots."
            )
            yield message % {"group": group.key, "experts": len(experts), "slots": group.slots}


def has_slot(expert: Expert) -> bool:
    """Whether the expert has a slot of their group, or one is reserved for them."""
    return expert.withdrawn_at is None and expert.replaced_by_id is None


@transaction.atomic
def invite(
    study: Study, invitees: list[Invitee], *, actor: str, expires_at: datetime | None = None
) -> list[tuple[str, str]]:
    """(code, secret) for each, in order. An expert who had a link gets a fresh one, and the older one stops.

    Raises `InputError` where the study takes nobody any more, or a group would have more experts than places.
    `expires_at`: when the links end; 60 days from now where none is given.
    """
    invite_checked(study, invitees)
    return [(invitee.code, issue(study, invitee, actor, expires_at)) for invitee in invitees]


def invite_checked(study: Study, invitees: list[Invitee]) -> None:
    """Locks the study and refuses whom it cannot take now; what was checked before may have changed since."""
    refuse_closed(lock_study(study.pk))
    if crowded := list(_too_many(study, invitees, {expert.code: expert for expert in study.experts.all()})):
        raise InputError.of(map(Message, crowded))


def end_of(day: str, zone: str = "") -> datetime | None:
    """The end of a day written as 2027-01-31, in a time zone or else in UTC; None for no day. Raises `InputError`."""
    if not day:
        return None
    try:
        following = date.fromisoformat(day) + timedelta(days=1)
        return datetime.combine(following, time(), zone_of(zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(_("Write the expiry date as YYYY-MM-DD, for example 2027-01-31.")) from error


def zone_of(name: str) -> tzinfo:
    """The time zone that a browser names, such as Asia/Shanghai; UTC for a name that is not known here."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not known, no name of a zone, or that of a folder of zones
        return UTC


def refuse_closed(study: Study) -> None:
    """Refuses a study to which nobody can be invited."""
    about = {"study": study.slug, "state": study.get_state_display()}
    if study.simulated or study.preview:
        message = _("%(study)s is a copy of a study, so you cannot invite experts. Use the study itself.")
        raise InputError(message % about)
    if study.state not in {Study.State.DRAFT, Study.State.OPEN}:
        raise InputError(_("%(study)s is %(state)s, so you can no longer invite experts.") % about)


@transaction.atomic
def issue(study: Study, invitee: Invitee, actor: str, expires_at: datetime | None) -> str:
    """A fresh link's secret for one expert, who is made if there is none of that code; older links stop."""
    lock_study(study.pk)
    ends = end_or_default(expires_at)
    expert, created = enrol(study, invitee)
    revoked = expert.invitations.filter(revoked_at=None).update(revoked_at=clock.now())
    secret, _link = new_link(expert, ends)
    detail = {"expert": expert.code, "revoked": revoked}
    log_event(study, actor=actor, kind="invited" if created else "invited again", detail=detail)
    return secret


def end_or_default(expires_at: datetime | None) -> datetime:
    """When a link of today ends: as was chosen, which must be ahead, or in 60 days."""
    now = clock.now()
    ends = expires_at or now + VALID_FOR
    if ends <= now:
        raise FieldErrors([("ends", _("The expiry date of a link must be in the future."))])
    return ends


def enrol(study: Study, invitee: Invitee) -> tuple[Expert, bool]:
    """The expert of that code with what the row says of them, and whether they are new."""
    expert, created = Expert.objects.get_or_create(
        study=study, code=invitee.code, defaults={"group": invitee.group, "created_at": clock.now()}
    )
    if expert.language != invitee.language:
        expert.language = invitee.language
        expert.save(update_fields=["language"])
    if invitee.name:
        ExpertName.objects.update_or_create(expert=expert, defaults={"name": invitee.name})
    if invitee.email:
        ExpertAddress.objects.update_or_create(expert=expert, defaults={"email": invitee.email, "stopped_at": None})
    return expert, created


def new_link(expert: Expert, ends: datetime) -> tuple[str, Invitation]:
    """One more link of the expert, beside those that work: its secret, and its row."""
    secret = secrets.token_urlsafe(32)
    row = Invitation(expert=expert, token_hash=token_hash(secret), created_at=clock.now(), expires_at=ends)
    row.save()
    return secret, row
