"""Whom to remind, and whom to ask: reasons that the board names. None of them excludes anybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from study.models import Expert, Invitation, Study
from study.services.invitations import has_slot

#: After so long without a sign an expert may need a reminder.
STALLED = timedelta(days=3)
#: A link that ends so soon may need another day.
SOON = timedelta(days=3)


@dataclass(frozen=True)
class Seen:
    """What the board knows of an expert."""

    expert: Expert
    last_seen: datetime | None
    link: Invitation | None
    same: bool
    fast: bool
    playback_failed: int
    #: Trials whose answers came more than a minute after they were given.
    lost: int


@dataclass(frozen=True)
class Reasons:
    """Reasons for a reminder, and for a question, in the reader's words."""

    remind: list[str] = field(default_factory=list)
    ask: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.remind or self.ask)


def reasons(study: Study, seen: Seen, now: datetime) -> Reasons:
    """Why somebody should write to the expert."""
    waits = study.state == Study.State.OPEN and has_slot(seen.expert) and seen.expert.submitted_at is None
    return Reasons(list(_for_a_reminder(study, seen, now)) if waits else [], _for_a_question(seen))


def _for_a_reminder(study: Study, seen: Seen, now: datetime) -> list[str]:
    link, found = seen.link, []
    if link is None:  # an invitation waits in the outbox
        return []
    if link.revoked_at:
        found.append(_("link revoked"))
    elif link.expires_at <= now:
        found.append(_("link expired"))
    elif link.expires_at < now + SOON:
        found.append(_("link expires soon"))
    if seen.last_seen is not None:
        found += _since(now - seen.last_seen, is_begun=True)
    elif link is not None:
        found += _since(now - max(link.created_at, study.opened_at or link.created_at), is_begun=False)
    return found


def _since(silence: timedelta, *, is_begun: bool) -> list[str]:
    if silence < STALLED:
        return []
    if is_begun:
        text = ngettext("no activity for %(days)d day", "no activity for %(days)d days", silence.days)
    else:
        text = ngettext("not started after %(days)d day", "not started after %(days)d days", silence.days)
    return [text % {"days": silence.days}]


def _for_a_question(seen: Seen) -> list[str]:
    found = []
    if seen.same:
        found.append(_("straight-lining"))
    if seen.fast:
        found.append(_("too fast"))
    if seen.playback_failed:
        text = ngettext("%(n)d unplayable clip", "%(n)d unplayable clips", seen.playback_failed)
        found.append(text % {"n": seen.playback_failed})
    if seen.lost:
        text = ngettext("connection lost in %(n)d trial", "connection lost in %(n)d trials", seen.lost)
        found.append(text % {"n": seen.lost})
    return found
