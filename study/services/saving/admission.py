"""What every save asks before its row is written: may this expert still save here, and when was the answer given?

The time is the browser's, corrected by the offset that its page measured. It never lies before the trial could be
served nor after the answer came: both of these are the server's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar, overload

from django.utils.translation import gettext as _

from study import clock
from study.errors import Refused
from study.models import Rating
from study.services.saving.context import SaveContext
from study.services.saving.heard import not_before_opening
from study.services.saving.rules import invalid_number, is_late, refuse_closed_room

Moment = TypeVar("Moment", datetime, datetime | None)

#: A time may be so far outside of the study before it is refused: an old page may send one by a clock never measured.
CLOCK_SLACK = timedelta(days=2)
#: No clock is farther off than this: one without a battery begins in 1970.
FARTHEST_OFF_MS = 100 * 366 * 24 * 3600 * 1000


class Admitted(NamedTuple, Generic[Moment]):
    """When something was given, by the server's clock and by the browser's own, when it came, and whether late.

    Where nobody claims a time the first two are None.
    """

    at: Moment
    browser_at: Moment
    received_at: datetime
    late: bool


@overload
def admit(
    context: SaveContext, given_at: datetime, offset_ms: object, before: Iterable[Rating] | None = ...
) -> Admitted[datetime]: ...


@overload
def admit(
    context: SaveContext, given_at: datetime | None, offset_ms: object, before: Iterable[Rating] | None = ...
) -> Admitted[datetime | None]: ...


def admit(
    context: SaveContext, given_at: datetime | None, offset_ms: object, before: Iterable[Rating] | None = None
) -> Admitted[datetime] | Admitted[datetime | None]:
    """Whether a save may go on, as things stand now; `insert` asks again in its transaction.

    `given_at` and `offset_ms` are as in `save_rating`. `before` are the expert's ratings of the trial before this one,
    by which a time from before the trial could be served is moved to when it could; without them it is left. Raises
    `Refused` where the room is closed, the end is past, or the date is one that no right clock can have had.
    """
    refuse_closed_room(context)
    if given_at is None:
        return Admitted[datetime | None](None, None, clock.now(), is_late(context, None))
    at, now = _corrected(context, given_at, offset_ms), clock.now()
    at = at if before is None else not_before_opening(context, at, before)
    at = min(at, now)
    return Admitted[datetime](at, given_at, now, is_late(context, at))


def _corrected(context: SaveContext, browser_at: datetime, offset_ms: object) -> datetime:
    """A browser's time by the server's clock; that of a page from before the offset was measured is all there is."""
    if browser_at.tzinfo is None:
        raise invalid_number()
    if offset_ms is not None and (type(offset_ms) is not int or abs(offset_ms) > FARTHEST_OFF_MS):
        raise invalid_number()
    opened = context.expert.study.opened_at
    try:
        at = browser_at + timedelta(milliseconds=offset_ms if isinstance(offset_ms, int) else 0)
    except OverflowError:
        raise _absurd() from None
    if at > clock.now() + CLOCK_SLACK or (opened is not None and at < opened - CLOCK_SLACK):
        raise _absurd()
    return at


def _absurd() -> Refused:
    message = _("The date on this device is not correct. Please set its clock, reload the page and rate again.")
    return Refused(400, "time", message)
