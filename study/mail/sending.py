"""Sending what is due: one message, one recipient, one call, and its outcome written down before the next."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Q

from study import clock
from study.mail.messages import message_of
from study.models import ExpertAddress, Invitation, Mail, Study
from study.services.invitations import has_slot, new_link
from study.services.log import log_event

#: How long one process keeps a message for itself; several times what EMAIL_TIMEOUT allows.
LEASE = timedelta(minutes=5)
#: How long after each failure the next attempt comes; after the last there is none.
WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(days=1))
#: In what a server says: it may write the address in other letters, in Punycode, or that to which it forwards.
ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt."""

    mail: Mail
    #: As of the mail, or "later".
    state: str
    answer: str


def send_due(site: str, most: int) -> Iterator[Outcome]:
    """Sends at most so many of the messages that are due, and says of each what became of it."""
    connection = get_connection()
    try:
        for _number in range(most):
            mail = take_due()
            if mail is None:
                return
            yield _attempt(mail, site, connection)
    finally:
        connection.close()


def take_due() -> Mail | None:
    """One message that is due, which no other process has in hand and which is still wanted."""
    now = clock.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = Mail.objects.filter(free, state=Mail.State.DUE, due_at__lte=now).exclude(
        expert__study__state=Study.State.DRAFT  # its links do not work yet
    )
    for mail in due.select_related("expert__study").order_by("due_at", "pk"):
        if not _is_wanted(mail):
            Mail.objects.filter(pk=mail.pk, state=Mail.State.DUE).update(state=Mail.State.CANCELLED)
        elif Mail.objects.filter(free, pk=mail.pk, state=Mail.State.DUE).update(leased_until=now + LEASE):
            return mail
    return None


def _is_wanted(mail: Mail) -> bool:
    """Whether the expert still has something to do, and an address at which they want to read of it."""
    expert = mail.expert
    is_reachable = ExpertAddress.objects.filter(expert=expert, stopped_at=None).exists()
    is_open = expert.study.state == Study.State.OPEN and mail.link_ends > clock.now()
    return is_reachable and is_open and has_slot(expert) and expert.submitted_at is None


def _attempt(mail: Mail, site: str, connection: object) -> Outcome:
    email = ExpertAddress.objects.get(expert=mail.expert).email
    secret, link = new_link(mail.expert, mail.link_ends)
    try:
        message_of(mail, email, secret, site, connection).send()
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return _failed(mail, link, code, text, is_final=500 <= code < 600)
    except smtplib.SMTPDataError as error:
        return _failed(mail, link, error.smtp_code, error.smtp_error, is_final=500 <= error.smtp_code < 600)
    except smtplib.SMTPResponseException as error:  # the sender or the login is refused: a fault of this site
        return _failed(mail, link, error.smtp_code, error.smtp_error, is_final=False)
    except (OSError, smtplib.SMTPException) as error:
        connection.close()  # type: ignore[attr-defined]  # a line that was dropped takes nothing more
        return _failed(mail, None, 0, str(error) or type(error).__name__, is_final=False)
    return _accepted(mail)


@transaction.atomic
def _accepted(mail: Mail) -> Outcome:
    now = clock.now()
    news = {"state": Mail.State.ACCEPTED, "accepted_at": now, "host": settings.EMAIL_HOST, "leased_until": None}
    Mail.objects.filter(pk=mail.pk).update(**news, attempts=mail.attempts + 1, answer="")
    detail = {"expert": mail.expert.code, "mail": mail.kind, "number": mail.number, "host": settings.EMAIL_HOST}
    log_event(mail.expert.study, actor="command", kind="mail accepted", detail=detail)
    return Outcome(mail, Mail.State.ACCEPTED, "")


@transaction.atomic
def _failed(mail: Mail, link: Invitation | None, code: int, text: bytes | str, *, is_final: bool) -> Outcome:
    """Writes down what the server said; a link that surely reached nobody is taken back."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    answer = ADDRESS.sub("(address)", f"{code or ''} {words}".strip())[:500]
    if link is not None:
        link.delete()
    is_final = is_final or mail.attempts >= len(WAITS)
    state = Mail.State.REFUSED if is_final else Mail.State.DUE
    due_at: datetime = mail.due_at if is_final else clock.now() + WAITS[mail.attempts]
    Mail.objects.filter(pk=mail.pk).update(
        state=state,
        due_at=due_at,
        attempts=mail.attempts + 1,
        answer=answer,
        host=settings.EMAIL_HOST,
        leased_until=None,
    )
    if is_final:
        detail = {"expert": mail.expert.code, "mail": mail.kind, "number": mail.number, "code": code}
        log_event(mail.expert.study, actor="command", kind="mail refused", detail=detail)
    return Outcome(mail, "refused" if is_final else "later", answer)
