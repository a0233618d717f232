"""The words of a message, in its expert's language."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from formats.text import one_line
from study import clock
from study.models import Expert, Mail
from study.session import session_of

#: Of a subject, in characters.
MAX_SUBJECT = 60


def message_of(mail: Mail, email: str, secret: str, site: str, connection: Any = None) -> EmailMessage:
    """The message with its address and its link."""
    expert = mail.expert
    with translation.override(expert.language):
        title = one_line(expert.study.text("title", expert.language))
        subject = _subject(mail) % {"title": title}
        body = "\n\n".join(filter(None, _paragraphs(mail, title, site.rstrip("/") + _path(secret))))
    return EmailMessage(
        subject=subject if len(subject) <= MAX_SUBJECT else f"{subject[: MAX_SUBJECT - 1]}…",
        body=body + "\n",
        from_email=formataddr((title[:MAX_SUBJECT], settings.MAIL_FROM)),
        to=[email],
        reply_to=[mail.reply_to],
        headers={"Message-ID": message_id(mail), "Auto-Submitted": "auto-generated"},
        connection=connection,
    )


def message_id(mail: Mail) -> str:
    """Of the host's own domain, and the same at each attempt."""
    return f"<{mail.token}@{parseaddr(settings.MAIL_FROM)[1].partition('@')[2]}>"


def _path(secret: str) -> str:
    return reverse("room:invitation", args=[secret])


def _subject(mail: Mail) -> str:
    return _("Reminder: %(title)s") if mail.kind == Mail.Kind.REMINDER else _("Invitation: %(title)s")


def _paragraphs(mail: Mail, title: str, link: str) -> list[str]:
    ends = clock.in_zone(mail.link_ends, mail.expert.study.file.time_zone)
    return [
        _so_far(mail.expert) if mail.kind == Mail.Kind.REMINDER else "",
        mail.note or (_("You are invited to the listening study “%(title)s”.") % {"title": title}),
        _("Your personal link:"),
        link,
        _("It works on any device until %(moment)s. Please do not share it.") % {"moment": ends},
        _("If you do not want to take part, reply to this message, and you will get no more of them."),
    ]


def _so_far(expert: Expert) -> str:
    """How far the expert is."""
    session = session_of(expert)
    progress = session.progress()
    if not any(trial.done for trial in session.trials) or progress.phase == "practice":
        return _("You have not started yet.")
    about = {"done": progress.done, "total": progress.total, "minutes": progress.minutes_left}
    return _("You have finished %(done)d of %(total)d trials. The rest takes about %(minutes)d minutes.") % about
