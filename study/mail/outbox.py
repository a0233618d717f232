"""Putting messages into the outbox: invitations, and reminders to those who have not finished."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from study import clock, queries
from study.errors import FieldErrors
from study.models import Expert, ExpertAddress, Mail, Study
from study.services.invitations import Invitee, end_or_default, enrol, has_slot, invite_checked
from study.services.locking import lock_study
from study.services.log import log_event

#: Reminders to one expert: at most so many, so far apart, and not while they are at it.
MAX_REMINDERS = 2
APART = timedelta(days=3)
QUIET = timedelta(days=1)


@dataclass(frozen=True)
class Wording:
    """What the researcher adds to a message: where replies go, and words of their own."""

    reply_to: str
    note: str = ""


@transaction.atomic
def invite_by_mail(
    study: Study, invitees: list[Invitee], wording: Wording, *, actor: str, expires_at: datetime | None = None
) -> int:
    """Puts an invitation to each expert into the outbox; how many. Links that they have go on working.

    Raises `InputError` as inviting does, and where somebody has no address.
    """
    invite_checked(study, invitees)
    ends = end_or_default(expires_at)
    without = [invitee.code for invitee in invitees if not invitee.email]
    if without:
        message = _("No e-mail address is given for %(codes)s.")
        raise FieldErrors([("email", message % {"codes": ", ".join(without)})])
    for invitee in invitees:
        expert, created = enrol(study, invitee)
        log_event(study, actor=actor, kind="invited" if created else "invited again", detail={"expert": expert.code})
        _put(expert, Mail.Kind.INVITATION, wording, ends, actor)
    return len(invitees)


@transaction.atomic
def remind(study: Study, codes: Collection[str], wording: Wording, *, actor: str) -> int:
    """Puts a reminder into the outbox for each of these experts who still may get one; how many."""
    lock_study(study.pk)
    waiting = [one for one in to_remind(study) if one.expert.code in codes]
    for one in waiting:
        _put(one.expert, Mail.Kind.REMINDER, wording, one.link_ends, actor)
    return len(waiting)


def _put(expert: Expert, kind: Mail.Kind, wording: Wording, ends: datetime, actor: str) -> None:
    last = expert.mails.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0
    now = clock.now()
    mail = Mail(expert=expert, kind=kind, number=last + 1, link_ends=ends, asked_by=actor, asked_at=now, due_at=now)
    mail.reply_to, mail.note = wording.reply_to, wording.note.strip()
    mail.save()
    detail = {"expert": expert.code, "mail": str(kind), "number": mail.number}
    log_event(expert.study, actor=actor, kind="mail queued", detail=detail)


@transaction.atomic
def stop_mail(expert: Expert, *, actor: str) -> None:
    """Sends nothing more to an expert; what waits for them is cancelled."""
    lock_study(expert.study_id)
    if not ExpertAddress.objects.filter(expert=expert, stopped_at=None).update(stopped_at=clock.now()):
        return
    expert.mails.filter(state=Mail.State.DUE).update(state=Mail.State.CANCELLED)
    log_event(expert.study, actor=actor, kind="mail stopped", detail={"expert": expert.code})


@dataclass(frozen=True)
class Waiting:
    """An expert who may get a reminder: which one it would be, and when they were last seen."""

    expert: Expert
    number: int
    last_seen: datetime | None
    link_ends: datetime


def to_remind(study: Study) -> list[Waiting]:
    """Experts with an address, a working link and work to do, who were neither active nor written to of late."""
    now = clock.now()
    if study.state != Study.State.OPEN:
        return []
    rows = study.experts.filter(submitted_at=None, address__stopped_at=None, address__isnull=False).select_related(
        "study"
    )
    seen = queries.last_seen(study)
    found = []
    for expert in rows.prefetch_related("mails", "invitations").order_by("code"):
        mails, ends = list(expert.mails.all()), _link_ends(expert)
        is_quiet = expert.pk not in seen or seen[expert.pk] < now - QUIET
        if has_slot(expert) and ends is not None and ends > now and is_quiet and _may_follow(mails, now):
            number = 1 + sum(mail.kind == Mail.Kind.REMINDER for mail in mails)
            found.append(Waiting(expert, number, seen.get(expert.pk), ends))
    return found


def _link_ends(expert: Expert) -> datetime | None:
    """When the last of the expert's links that were not revoked ends."""
    return max((link.expires_at for link in expert.invitations.all() if link.revoked_at is None), default=None)


def _may_follow(mails: list[Mail], now: datetime) -> bool:
    """Whether one more reminder may follow: nothing waits, was refused or came within days, and it is not the third."""
    if any(mail.state in {Mail.State.DUE, Mail.State.REFUSED} for mail in mails):
        return False
    if sum(mail.kind == Mail.Kind.REMINDER for mail in mails) >= MAX_REMINDERS:
        return False
    return all(mail.accepted_at is None or mail.accepted_at < now - APART for mail in mails)
