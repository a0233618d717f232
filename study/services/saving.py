"""What every save by a page's script has in common.

A save is one INSERT, whole or not at all, and takes no lock: two tabs that save the same thing at the same moment meet
in a unique constraint, and the later one then finds what the earlier one saved. Everything else that may happen in
between (she submits, withdraws, the study closes) leaves a row that the exports judge by its times.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError
from django.utils.translation import gettext as _

from study import clock
from study.errors import Refused
from study.models import Study
from study.standing import Standing

P = ParamSpec("P")
T = TypeVar("T")

LARGEST_SMALL = 32_767
LARGEST = 2_147_483_647


def once_more(save: Callable[P, T]) -> Callable[P, T]:
    """Runs a save again where another one was quicker by a moment: now it finds that one's row."""

    @wraps(save)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return save(*args, **kwargs)
        except IntegrityError:
            return save(*args, **kwargs)

    return wrapped


def uuid_taken() -> Refused:
    """The refusal of a UUID that came before with other content."""
    return Refused(409, "uuid", _("This answer was sent before with other content. Please reload the page."))


def senseless() -> Refused:
    """The refusal of a number that no page of ours sends."""
    return Refused(400, "number", _("The page sent a number that makes no sense. Please reload it."))


def refuse_closed_room(standing: Standing) -> None:
    """Refuses whoever may not answer in this study at all."""
    if standing.expert.withdrawn_at:
        raise Refused(403, "withdrawn", _("You have withdrawn from this study."))
    if standing.expert.study.simulated or standing.expert.study.state == Study.State.DRAFT:
        raise Refused(403, "not-open", _("This study takes no answers."))


def is_late(standing: Standing, given_at: datetime) -> bool:
    """Whether an answer arrives after she submitted or the room closed to her; refuses one also given after that."""
    if given_at.tzinfo is None:
        raise senseless()
    submitted = standing.expert.submitted_at
    if submitted and given_at > submitted:
        raise Refused(403, "submitted", _("You have finished this session, so answers can no longer be changed."))
    end = standing.expert.study.closed_at or standing.link_ends
    if clock.now() < end:
        return submitted is not None
    if given_at > end:
        raise Refused(410, "closed", _("This study is closed, or your link has expired; the answer was not saved."))
    return True


def refuse_going_back(newer: dict[str, object] | None, highest: int, revision: object) -> None:
    """Refuses a revision that is no number, is taken, or goes back behind the highest; `newer` is what is saved."""
    if type(revision) is not int or not 1 <= revision <= LARGEST_SMALL:
        raise senseless()
    if newer is not None and revision <= highest:
        message = _("A newer answer is already saved, perhaps from another window.")
        raise Refused(409, "revision", message, revision=highest, **newer)


def measure(value: object, largest: int) -> int:
    """A count or time reported by a page; one too large for its column is cut, for a page may stay open for weeks."""
    if type(value) is not int or value < 0:
        raise senseless()
    return min(value, largest)
