"""What every save by a page's script has in common.

A save is one INSERT, whole or not at all. Two tabs that save the same thing at the same moment meet in a unique
constraint, and the later one then finds what the earlier one saved. What counts is decided here and now, by the
server's clock and the order of revisions; exports take what they find. In the transaction of its INSERT a save looks
again at the study, the expert and the link, whose row of the study is locked against closing, unsealing, submission,
withdrawal, erasure and replacement: it comes before each of them, or is judged after it. Saves share that lock; one
that comes late has it alone, for it is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from study import clock, queries
from study.errors import Refused
from study.models import Study
from study.services.log import log_event
from study.services.saving.context import SaveContext, reload

P = ParamSpec("P")
T = TypeVar("T")
Row = TypeVar("Row", bound=models.Model)

LARGEST_SMALL = 32_767
LARGEST = 2_147_483_647
#: A revision may be so many above the newest one. A page counts by one; it skips those that are still on their way.
MAX_AHEAD = 100
#: How a save locks its study (`select_for_update` knows no shared lock).
LOCK_SHARED = "SELECT 1 FROM study_study WHERE id = %s FOR SHARE"
LOCK_ALONE = "SELECT 1 FROM study_study WHERE id = %s FOR UPDATE"
#: The events by which the log names what was kept although it came after the end: answers, and reports of listening.
LATE, LATE_LISTENING = "late answer kept", "late listening kept"


def retry_on_conflict(save: Callable[P, T]) -> Callable[P, T]:
    """Runs a save again where another one was quicker by a moment: now it finds that one's row."""

    @wraps(save)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return save(*args, **kwargs)
        except IntegrityError:
            return save(*args, **kwargs)

    return wrapped


def first_of(rows: Iterable[Row], client_uuid: UUID, **content: object) -> Row | None:
    """The row that the same UUID made before, if there is one. Refuses a UUID that came with other content."""
    first = next((row for row in rows if getattr(row, "client_uuid", None) == client_uuid), None)
    if first is not None and any(getattr(first, name) != value for name, value in content.items()):
        raise Refused(409, "uuid", _("This rating conflicts with one already saved. Please reload the page."))
    return first


def invalid_number() -> Refused:
    """The refusal of a number that no page of ours sends."""
    return Refused(400, "number", _("Something went wrong on this page. Please reload it."))


def refuse_closed_room(context: SaveContext) -> None:
    """Refuse experts who may not rate in this study at all."""
    if context.expert.withdrawn_at:
        raise Refused(403, "withdrawn", _("You have withdrawn from this study."))
    study = context.expert.study
    if study.simulated or study.state == Study.State.DRAFT:
        raise Refused(403, "not-open", _("This study does not accept ratings now."))
    if study.state == Study.State.UNSEALED:
        raise Refused(410, "unsealed", _("This study has ended. This rating was not saved."))


def room_end(context: SaveContext) -> datetime:
    """The end of an expert's room: the earliest of submission, closing and the link's expiry."""
    ends = (context.expert.submitted_at, context.expert.study.closed_at, context.link_ends)
    return min(end for end in ends if end)


def ended(context: SaveContext) -> Refused:
    """The refusal of what was given after the end."""
    if room_end(context) == context.expert.submitted_at:
        return Refused(403, "submitted", _("You have submitted your ratings, so you can no longer change them."))
    return Refused(410, "closed", _("This study is closed, or your link has expired. This rating was not saved."))


def is_late(context: SaveContext, given_at: datetime | None) -> bool:
    """Whether something arrives after the end: the earliest of submission, closing and the link's expiry.

    Refuses what was given after the end as well, or comes after the study's grace period. Where `given_at` is None
    nobody claims a time.
    """
    end, now = room_end(context), clock.now()
    if now < end:
        return False
    if given_at is not None and given_at > end:
        raise ended(context)
    hours = context.expert.study.file.design.grace_hours
    if now > end + timedelta(hours=hours):
        message = _("Ratings can arrive up to %(hours)d hours after the end. This one arrived later and was not saved.")
        raise Refused(410, "grace", message % {"hours": hours})
    return True


class _EndedMeanwhile(Exception):
    """The room ended while a save was on its way, which now needs the study's lock alone."""


def insert(
    row: models.Model,
    context: SaveContext,
    given_at: datetime | None,
    *,
    alone: bool,
    kind: str = LATE,
    **detail: object,
) -> bool:
    """Writes the row, or refuses it, by what the database says in the same transaction; returns whether it comes late.

    A late row is marked so where it has such a column, and logged as an event of that kind. `alone` asks for the
    study's lock alone from the beginning: of a row that looks late already, or that is logged for another reason.
    """
    try:
        late = _insert(row, context, given_at, (kind, detail), alone=alone)
    except _EndedMeanwhile:
        late = _insert(row, context, given_at, (kind, detail), alone=True)
    return late


@transaction.atomic
def _insert(
    row: models.Model,
    context: SaveContext,
    given_at: datetime | None,
    event: tuple[str, dict[str, object]],
    *,
    alone: bool,
) -> bool:
    _lock_study(context.expert.study_id, alone=alone)
    now = reload(context)
    refuse_closed_room(now)
    refuse_lost_place(now)
    late = is_late(now, given_at)
    if late and not alone:
        raise _EndedMeanwhile
    if hasattr(row, "late"):
        row.late = late
    row.save(force_insert=True)
    if late:
        (kind, detail), expert, trial = event, now.expert, now.trial
        where = {"expert": expert.code, "phase": trial.phase, "trial": trial.number}
        log_event(expert.study, actor=f"expert:{expert.code}", kind=kind, detail={**where, **detail})
    return late


def _lock_study(study: int, *, alone: bool) -> None:
    """Locks the study's row until the transaction ends, with other saves or alone. SQLite's transaction has it all.

    Who ends something locks that row FOR UPDATE before the expert's; what is read after this is as they left it.
    """
    if connection.features.has_select_for_update:
        with connection.cursor() as cursor:
            cursor.execute(LOCK_ALONE if alone else LOCK_SHARED, [study])


def refuse_lost_place(context: SaveContext) -> None:
    """Refuses an expert whose link was revoked or whose slot went to someone else."""
    if context.revoked:
        raise Refused(403, "link", _("Please open your personal link again. Your saved ratings are not affected."))
    if context.expert.slot_id != context.trial.slot_id:
        raise queries.unknown_trial()


def refuse_ahead(context: SaveContext) -> None:
    """Refuses what belongs to a trial that the expert has not come to: the one before it is not done."""
    if context.before is not None and not queries.is_done(context.before, context.expert):
        raise ahead()


def ahead() -> Refused:
    """The refusal of an answer to a trial that the expert has not come to."""
    return Refused(409, "ahead", _("Please rate the previous clips first."))


def require_newer_revision(newer: dict[str, Any] | None, highest: int, revision: object) -> None:
    """Refuses a revision that is no number, is taken, goes back behind the highest or leaps far ahead of it.

    `newer` is what is saved. The refusal names the highest revision, so that a page can go on from there.
    """
    if type(revision) is not int or revision < 1:
        raise invalid_number()
    if newer is not None and revision <= highest:
        message = _("A newer rating is already saved, perhaps from another window.")
        raise Refused(409, "revision", message, revision=highest, **newer)
    if revision > highest + MAX_AHEAD:
        message = _("Ratings between this one and the last one saved are missing. Please reload the page.")
        raise Refused(409, "revision", message, revision=highest, **(newer or {"given_at": None}))


def measure(value: object, largest: int) -> int:
    """A count or time reported by a page; one too large for its column is cut, for a page may stay open for weeks."""
    if type(value) is not int or value < 0:
        raise invalid_number()
    return min(value, largest)
