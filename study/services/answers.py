"""What an expert hears and says, saved as it comes. Saves only insert, and are idempotent by the browser's UUID."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from study import clock, queries
from study.errors import Refused
from study.models import Expert, Listening, Rating, Study, Trial

#: A browser's clock of a clip may run this far past its written duration.
OVERRUN_MS = 250
#: A clip counts as played through when all but this much of it has sounded.
UNHEARD_MS = 500
#: Playing can't take less time than it lasts, but for this much.
HASTE_MS = 5000
MOST_ITEMS = 2000
LARGEST_SMALL = 32_767
LARGEST = 2_147_483_647


@transaction.atomic
def save_listening(
    expert: Expert,
    *,
    trial: Trial,
    client_uuid: UUID,
    intervals: list[list[int]],
    events: list[dict[str, Any]],
    plays: int,
) -> Listening:
    """Stores what was played since the last report: intervals [start, end] of the clip in ms, and how often it started.

    The same UUID again returns the first report.
    """
    expert = queries.locked(expert)
    known = Listening.objects.filter(client_uuid=client_uuid).first()
    if known is not None:
        if (known.expert_id, known.trial_id) != (expert.pk, trial.pk):
            raise _uuid_taken()
        return known
    _refuse_withdrawn(expert)
    return Listening.objects.create(
        trial=trial,
        expert=expert,
        client_uuid=client_uuid,
        intervals=_checked_intervals(intervals, trial.clip.duration_ms + OVERRUN_MS),
        events=_checked_events(events),
        plays=_measure(plays, LARGEST_SMALL),
        received_at=clock.now(),
    )


@transaction.atomic
def save_rating(
    expert: Expert,
    *,
    trial: Trial,
    scale: str,
    value: int,
    revision: int,
    client_uuid: UUID,
    given_at: datetime,
    plays: int,
    heard_ms: int,
    rt_ms: int,
) -> tuple[Rating, bool]:
    """One answer: a new row and True, or the row that the same UUID made before and False.

    Raises `Refused` where the answer can't stand (docs/invariants.md); nothing is written then.
    """
    expert = queries.locked(expert)
    known = list(Rating.objects.filter(Q(client_uuid=client_uuid) | Q(trial=trial, expert=expert)))
    first = next((rating for rating in known if rating.client_uuid == client_uuid), None)
    if first is not None:
        return _first_answer(first, (expert.pk, trial.pk, scale, value, revision)), False
    _refuse_withdrawn(expert)
    late = _is_late(expert, given_at)
    _check_value(expert.study, scale, value)
    _check_revision([rating for rating in known if rating.scale == scale], revision)
    measures = (_measure(plays, LARGEST_SMALL), _measure(heard_ms, LARGEST), _measure(rt_ms, LARGEST))
    if not known:  # a trial that has an answer was heard before
        _check_heard(expert, trial)
    rating = Rating.objects.create(
        trial=trial,
        expert=expert,
        scale=scale,
        value=value,
        revision=revision,
        client_uuid=client_uuid,
        given_at=given_at,
        received_at=clock.now(),
        plays=measures[0],
        heard_ms=measures[1],
        rt_ms=measures[2],
        late=late,
    )
    return rating, True


def _first_answer(first: Rating, content: tuple[object, ...]) -> Rating:
    if (first.expert_id, first.trial_id, first.scale, first.value, first.revision) != content:
        raise _uuid_taken()
    return first


def _uuid_taken() -> Refused:
    return Refused(409, "uuid", _("This answer was sent before with other content. Please reload the page."))


def _refuse_withdrawn(expert: Expert) -> None:
    if expert.withdrawn_at:
        raise Refused(403, "withdrawn", _("You have withdrawn from this study."))
    if expert.study.simulated or expert.study.state == Study.State.DRAFT:
        raise Refused(403, "not-open", _("This study takes no answers."))


def _check_value(study: Study, scale: str, value: object) -> None:
    bounds = next((item for item in study.file["scales"] if item["key"] == scale), None)
    if bounds is None:
        raise Refused(400, "scale", _("This study has no such scale."))
    if type(value) is not int or not bounds["minimum"] <= value <= bounds["maximum"]:
        message = _("Please answer with a whole number from %(minimum)d to %(maximum)d.")
        raise Refused(400, "value", message % bounds)


def _check_revision(earlier: list[Rating], revision: object) -> None:
    """Refuses a revision that is no number, is taken, or goes back behind the highest."""
    if type(revision) is not int or not 1 <= revision <= LARGEST_SMALL:
        raise Refused(400, "number", _("The page sent a number that makes no sense. Please reload it."))
    highest = max(earlier, key=lambda rating: rating.revision, default=None)
    if highest is not None and revision <= highest.revision:
        message = _("A newer answer is already saved, perhaps from another window.")
        saved = {"revision": highest.revision, "value": highest.value, "given_at": highest.given_at.isoformat()}
        raise Refused(409, "revision", message, **saved)


def _is_late(expert: Expert, given_at: datetime) -> bool:
    """Whether the answer arrives after she submitted or the room closed to her; refuses one also given after that."""
    if given_at.tzinfo is None:
        raise Refused(400, "number", _("The page sent a number that makes no sense. Please reload it."))
    if expert.submitted_at and given_at > expert.submitted_at:
        raise Refused(403, "submitted", _("You have finished this session, so answers can no longer be changed."))
    end = expert.study.closed_at or queries.link_ended(expert, clock.now())
    if end is None or clock.now() < end:
        return expert.submitted_at is not None
    if given_at > end:
        raise Refused(410, "closed", _("This study is closed, or your link has expired; the answer was not saved."))
    return True


def _check_heard(expert: Expert, trial: Trial) -> None:
    """Refuses an answer before the clip was played through, or after more playing than there was time for."""
    heard = queries.heard_by_trial(expert)
    in_trial = queries.length(heard.get(trial.pk, []))
    started = expert.devices.order_by("accepted_at").values_list("accepted_at", flat=True).first()
    elapsed_ms = (clock.now() - started).total_seconds() * 1000 if started else 0
    total = sum(queries.length(intervals) for intervals in heard.values())
    if in_trial < trial.clip.duration_ms - UNHEARD_MS or total > elapsed_ms + HASTE_MS:
        raise Refused(409, "unheard", _("Please listen to the whole clip first."), heard_ms=in_trial)


def _checked_intervals(intervals: object, latest: int) -> list[list[int]]:
    if not isinstance(intervals, list) or len(intervals) > MOST_ITEMS:
        raise Refused(400, "intervals", _("The page sent a list that makes no sense. Please reload it."))
    for interval in intervals:
        numbers = isinstance(interval, list) and len(interval) == 2 and all(type(ms) is int for ms in interval)
        if not numbers or not 0 <= interval[0] <= interval[1] <= latest:
            raise Refused(400, "intervals", _("The page sent a list that makes no sense. Please reload it."))
    return intervals


def _checked_events(events: object) -> list[dict[str, Any]]:
    """Player events: a short name, the place in the clip in ms and the browser's time."""
    if not isinstance(events, list) or len(events) > MOST_ITEMS or not all(map(_is_event, events)):
        raise Refused(400, "events", _("The page sent a list that makes no sense. Please reload it."))
    return events


def _is_event(event: object) -> bool:
    if not isinstance(event, dict) or set(event) != {"event", "clip_ms", "at"}:
        return False
    name, clip_ms, at = event["event"], event["clip_ms"], event["at"]
    texts = isinstance(name, str) and isinstance(at, str) and 0 < len(name) <= 20 and len(at) <= 40
    return texts and type(clip_ms) is int and clip_ms >= 0


def _measure(value: object, largest: int) -> int:
    """A count or time reported by a page; one too large for its column is cut, for a page may stay open for weeks."""
    if type(value) is not int or value < 0:
        raise Refused(400, "number", _("The page sent a number that makes no sense. Please reload it."))
    return min(value, largest)
