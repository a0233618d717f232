"""What an expert heard, as their browser reports it: intervals really played, and what happened meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, Q, QuerySet, UUIDField
from django.utils.translation import gettext as _

from formats.text import is_text
from study.errors import Refused
from study.models import Listening
from study.prepared import Given, Prepared
from study.services.log import log_event
from study.services.saving.admission import admit
from study.services.saving.context import SaveContext
from study.services.saving.heard import durations
from study.services.saving.rules import (
    LARGEST,
    LARGEST_SMALL,
    LATE_LISTENING,
    ended,
    first_of,
    insert,
    invalid_number,
    measure,
    refuse_ahead,
    retry_on_conflict,
    room_end,
)

#: A browser's clock of a clip may run this far past its written duration.
OVERRUN_MS = 250
MAX_ITEMS = 2000
#: The event by which an expert says that a clip would not play for them.
PROBLEM = "problem"
#: Events of a player that stand in the study's log as well, under a kind of their own.
LOGGED = {PROBLEM: "problem reported", "rate": "playback speed changed"}


def _known() -> QuerySet[Listening]:
    """What the same UUID made before, and all that was played of a trial."""
    here = Q(trial=Given("trial", BigIntegerField()), expert=Given("expert", BigIntegerField()))
    return Listening.objects.filter(Q(client_uuid=Given("uuid", UUIDField())) | here)


KNOWN = Prepared(_known)


@retry_on_conflict
def save_listening(
    context: SaveContext,
    *,
    client_uuid: UUID,
    intervals: list[list[int]],
    events: list[dict[str, Any]],
    plays: int,
    given_at: datetime | None = None,
    offset_ms: int | None = None,
    place: int = 1,
) -> Listening:
    """Stores what was played of a trial's clip since the last report: intervals [start, end] in ms, and its starts.

    The same UUID again returns the first report. The study's log has a problem that the expert reports and a speed that
    was changed, each once a trial, and every report that comes after the end. `given_at` and `offset_ms` are as in
    `save_rating`.
    """
    expert, trial = context.expert, context.trial
    rows = KNOWN(uuid=client_uuid, trial=trial.pk, expert=expert.pk)
    checked = {
        "expert_id": expert.pk,
        "trial_id": trial.pk,
        "place": place,
        "intervals": _checked_intervals(intervals, _duration_of(context, place) + OVERRUN_MS),
        "events": _checked_events(events),
        "plays": measure(plays, LARGEST_SMALL),
    }
    if first := first_of(rows, client_uuid, **checked):
        return first
    given = admit(context, given_at, offset_ms)
    if not any(row.trial_id == trial.pk for row in rows):
        refuse_ahead(context)
    listening = Listening(client_uuid=client_uuid, given_at=given.at, received_at=given.received_at, **checked)
    told = _told(listening.events)
    listening.problem = PROBLEM in told
    if not told:
        insert(listening, context, listening.given_at, alone=given.late, kind=LATE_LISTENING)
        return listening
    with transaction.atomic():
        late = insert(listening, context, listening.given_at, alone=True, kind=LATE_LISTENING)
        if late and listening.problem:
            _refuse_not_begun(context, [row for row in rows if row.trial_id == trial.pk])
        _log_told(listening, context)
    return listening


def _duration_of(context: SaveContext, place: object) -> int:
    """How long the clip at a place lasts, in ms."""
    if type(place) is not int:
        raise invalid_number()
    if place == 1:
        return context.trial.clip.duration_ms
    lasts = durations(context)
    if place not in lasts:
        raise invalid_number()
    return lasts[place]


def _told(events: list[dict[str, Any]]) -> set[str]:
    """Which of a report's events stand in the study's log as well."""
    return {event["event"] for event in events} & LOGGED.keys()


def _refuse_not_begun(context: SaveContext, earlier: list[Listening]) -> None:
    """Refuses a problem that comes late, of a clip of which nothing came in time: it would open the clip after."""
    end = room_end(context)
    if not any(report.received_at < end for report in earlier):
        raise ended(context)


def _log_told(listening: Listening, context: SaveContext) -> None:
    """Logs what a report tells, once a trial; it holds the study's lock, so that no other report is on its way."""
    expert, trial = context.expert, context.trial
    others = Listening.objects.filter(trial=trial, expert=expert).exclude(pk=listening.pk)
    known = {event for events in others.values_list("events", flat=True) for event in _told(events)}
    detail = {"expert": expert.code, "phase": trial.phase, "trial": trial.number}
    for event in sorted(_told(listening.events) - known):
        log_event(expert.study, actor=f"expert:{expert.code}", kind=LOGGED[event], detail=detail)


def _checked_intervals(intervals: object, latest: int) -> list[list[int]]:
    if not isinstance(intervals, list) or len(intervals) > MAX_ITEMS:
        raise Refused(400, "intervals", _("Something went wrong on this page. Please reload it."))
    for interval in intervals:
        numbers = isinstance(interval, list) and len(interval) == 2 and all(type(ms) is int for ms in interval)
        if not numbers or not 0 <= interval[0] <= interval[1] <= latest:
            raise Refused(400, "intervals", _("Something went wrong on this page. Please reload it."))
    return intervals


def _checked_events(events: object) -> list[dict[str, Any]]:
    """Player events: a short name, the place in the clip in ms and the browser's time."""
    if not isinstance(events, list) or len(events) > MAX_ITEMS or not all(map(_is_event, events)):
        raise Refused(400, "events", _("Something went wrong on this page. Please reload it."))
    return events


def _is_event(event: object) -> bool:
    if not isinstance(event, dict) or set(event) != {"event", "clip_ms", "at"}:
        return False
    name, clip_ms, at = event["event"], event["clip_ms"], event["at"]
    texts = is_text(name) and is_text(at) and 0 < len(name) <= 20 and len(at) <= 40
    return texts and type(clip_ms) is int and 0 <= clip_ms <= LARGEST
