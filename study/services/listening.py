"""What an expert heard, as her browser reports it: intervals really played, and what happened meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from config.text import is_text
from study import clock
from study.errors import Refused
from study.models import Listening
from study.services.log import log_event
from study.services.saving import LARGEST, LARGEST_SMALL, measure, once_more, refuse_closed_room, uuid_taken
from study.standing import Standing

#: A browser's clock of a clip may run this far past its written duration.
OVERRUN_MS = 250
MOST_ITEMS = 2000
#: The event by which an expert says that a clip would not play for her.
PROBLEM = "problem"


@once_more
def save_listening(
    standing: Standing,
    *,
    client_uuid: UUID,
    intervals: list[list[int]],
    events: list[dict[str, Any]],
    plays: int,
) -> Listening:
    """Stores what was played since the last report: intervals [start, end] of the clip in ms, and how often it started.

    The same UUID again returns the first report. A problem that she reports stands in the study's log as well.
    """
    expert, trial = standing.expert, standing.trial
    known = Listening.objects.filter(client_uuid=client_uuid).first()
    if known is not None:
        if (known.expert_id, known.trial_id) != (expert.pk, trial.pk):
            raise uuid_taken()
        return known
    refuse_closed_room(standing)
    listening = Listening(
        trial=trial,
        expert=expert,
        client_uuid=client_uuid,
        intervals=_checked_intervals(intervals, trial.clip.duration_ms + OVERRUN_MS),
        events=_checked_events(events),
        plays=measure(plays, LARGEST_SMALL),
        problem=any(event["event"] == PROBLEM for event in _checked_events(events)),
        received_at=clock.now(),
    )
    if listening.problem:
        _save_problem(listening)
    else:
        listening.save(force_insert=True)
    return listening


@transaction.atomic
def _save_problem(listening: Listening) -> None:
    expert, trial = listening.expert, listening.trial
    detail = {"expert": expert.code, "phase": trial.phase, "trial": trial.number}
    log_event(expert.study, actor=f"expert:{expert.code}", kind="problem reported", detail=detail)
    listening.save(force_insert=True)


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
    texts = is_text(name) and is_text(at) and 0 < len(name) <= 20 and len(at) <= 40
    return texts and type(clip_ms) is int and 0 <= clip_ms <= LARGEST
