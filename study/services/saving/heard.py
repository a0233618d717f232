"""Whether a clip was heard: played through, at its own speed, and in the order of the session.

A browser reports when it begins to play a clip and what it has played at each stop. It can say nothing before the page
of the trial was served, which happens when the trial before it is done: so much of the time is the server's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Q, QuerySet
from django.utils.translation import gettext as _

from study import queries
from study.errors import Refused
from study.models import Listening, Rating, Trial
from study.prepared import Given, Prepared
from study.services.saving.context import SaveContext
from study.services.saving.rules import ahead, room_end
from study.session import session_of

#: A clip counts as played through when all but this much of it has sounded.
UNHEARD_MS = 500
#: Tolerance: playing cannot take less time than the clip lasts, minus this.
HASTE_MS = 1000


class Report(NamedTuple):
    """A report of listening to one trial, with the time at which it was made."""

    trial: int
    place: int
    intervals: list[list[int]]
    problem: bool
    at: datetime

    @property
    def ms(self) -> int:
        """How much of the clip it names."""
        return queries.length(queries.merged(self.intervals))


def _reports() -> QuerySet[Listening, Any]:
    """What was played of a trial and of the one before it."""
    pk = BigIntegerField()
    trials = Q(trial=Given("trial", pk)) | Q(trial=Given("before", pk))
    rows = Listening.objects.filter(trials, expert=Given("expert", pk))
    return rows.values_list("trial", "place", "intervals", "problem", "given_at", "received_at")


REPORTS: Prepared[tuple[Any, ...]] = Prepared(_reports)


def check_heard(context: SaveContext, before: Iterable[Rating], place: int) -> None:
    """Refuses an answer ahead of its turn, before each clip was played through, or after playing them too fast.

    `before` are the expert's ratings of the trial before this one. In a set only the clip at `place` counts, and the
    reference; 0 for all its clips.
    """
    rated = list(before)
    reports = [
        Report(trial, place, intervals, problem, given or came)
        for trial, place, intervals, problem, given, came in REPORTS(
            expert=context.expert.pk, trial=context.trial.pk, before=context.before
        )
    ]
    is_reported = any(report.problem for report in reports if report.trial == context.before)
    opened = _opened(context, rated, is_reported=is_reported)
    if opened is None:
        raise ahead()
    own = [report for report in reports if report.trial == context.trial.pk]
    lasts = durations(context)
    of_place = {number: _heard_of(own, number) for number in lasts}
    heard, has_sets = sum(of_place.values()), context.expert.study.file.has_sets
    needed = lasts.keys() & {0, place} if has_sets and place else lasts.keys()
    if any(of_place[number] < lasts[number] - UNHEARD_MS for number in needed):
        message = _("Please listen to the whole clip first.")
        if context.expert.study.file.has_x:
            message = _("Please listen to A, B and X to the end first. Then you can answer.")
        elif 0 in lasts:
            message = _("Please listen to the reference and to the clips to the end first.")
        elif not place:
            message = _("Please listen to all clips to the end first.")
        elif len(lasts) > 1 and not has_sets:
            message = _("Please listen to both clips to the end first.")
        raise Refused(409, "unheard", message, heard_ms=heard)
    if not _at_its_speed(heard, own, opened, room_end(context)):
        message = _("The clip was played too fast. Please listen to it again at normal speed.")
        raise Refused(409, "unheard", message, heard_ms=heard)


def durations(context: SaveContext) -> dict[int, int]:
    """How long each clip of the trial lasts (ms), by place, the reference at 0; only several clips need a query."""
    others = queries.durations_beside_first(context.trial.pk, context.expert.study)
    return {1: context.trial.clip.duration_ms, **others}


def _heard_of(reports: Iterable[Report], place: int) -> int:
    """How much of the clip at a place was heard, in ms."""
    of_place = (interval for report in reports if report.place == place for interval in report.intervals)
    return queries.length(queries.merged(of_place))


def not_before_opening(context: SaveContext, at: datetime, before: Iterable[Rating]) -> datetime:
    """A claimed time, or when the trial could first be served if that was later.

    `before` are the expert's ratings of the trial before this one. Most often they answer it; the whole session is read
    for the first trial, after a problem report, and for a time that lies too early.
    """
    rated = _rated(context, before)
    if rated is not None and at >= rated:
        return at
    place = session_of(context.expert).trial(context.trial.token)
    known = [moment for moment in (rated, place.opened_at if place else None) if moment]
    return max(at, min(known)) if known else at


def _opened(context: SaveContext, rated: list[Rating], *, is_reported: bool) -> datetime | None:
    """When the trial could first be served, by the server's clock; None where the one before it is not over.

    Most often the trial before was rated, and its ratings, which are at hand, say when. The whole session is read for
    the first trial and after a problem report.
    """
    if context.before is None or is_reported:
        session = session_of(context.expert)
        place = session.trial(context.trial.token)
        return place.opened_at if place and session.reached(place) else None
    return _rated(context, rated)


def _rated(context: SaveContext, before: Iterable[Rating]) -> datetime | None:
    """When the trial before was first rated on its last scale; None where it is not."""
    firsts: dict[tuple[str, int], datetime] = {}
    for rating in before:
        key = (rating.scale, rating.place)
        firsts[key] = min(rating.received_at, firsts.get(key, rating.received_at))
    return max(firsts.values()) if len(firsts) >= _wanted(context) else None


def _wanted(context: SaveContext) -> int:
    """Answers by which the trial before is complete; only a study with attention checks is asked for its own."""
    file = context.expert.study.file
    if not file.attention_checks or context.before is None:
        return file.answers_per_trial
    return file.answers_per_trial + Trial.objects.filter(pk=context.before).exclude(attention_check="").count()


def _at_its_speed(heard_ms: int, own: list[Report], opened: datetime, end: datetime) -> bool:
    """Whether there was time for what was heard between its first play and its last report.

    The first play can't be before the trial could be served, and no report counts beyond the end of the expert's room.
    """
    first, last = min(own, key=lambda report: report.at), min(end, max(report.at for report in own))
    begun = first.at - timedelta(milliseconds=first.ms)
    return heard_ms <= (last - max(begun, opened)) / timedelta(milliseconds=1) + HASTE_MS
