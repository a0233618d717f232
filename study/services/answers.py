"""What an expert says of a clip, saved as it comes. Saves only insert, and are idempotent by the browser's UUID."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from config.text import is_text, many_lines
from study import clock, queries
from study.errors import Refused
from study.models import Rating, Remark, Study
from study.services.saving import (
    LARGEST,
    LARGEST_SMALL,
    is_late,
    measure,
    once_more,
    refuse_closed_room,
    refuse_going_back,
    uuid_taken,
)
from study.standing import Standing
from study.wording import language_shown, wording_of

#: A clip counts as played through when all but this much of it has sounded.
UNHEARD_MS = 500
#: Playing can't take less time than it lasts, but for this much.
HASTE_MS = 5000
LONGEST_COMMENT = 2000


@once_more
def save_rating(
    standing: Standing,
    *,
    scale: str,
    value: int,
    revision: int,
    client_uuid: UUID,
    given_at: datetime,
    plays: int,
    heard_ms: int,
    rt_ms: int,
    language: str = "",
) -> tuple[Rating, bool]:
    """One answer: a new row and True, or the row that the same UUID made before and False.

    `language` is the page's; with it goes the wording of the scale as she read it. Raises `Refused` where the answer
    can't stand (docs/invariants.md); nothing is written then.
    """
    expert, trial = standing.expert, standing.trial
    known = list(Rating.objects.filter(Q(client_uuid=client_uuid) | Q(trial=trial, expert=expert)))
    first = next((rating for rating in known if rating.client_uuid == client_uuid), None)
    if first is not None:
        return _first_answer(first, (expert.pk, trial.pk, scale, value, revision)), False
    refuse_closed_room(standing)
    late = is_late(standing, given_at)
    _check_value(expert.study, scale, value)
    _check_revision([rating for rating in known if rating.scale == scale], revision)
    measures = (measure(plays, LARGEST_SMALL), measure(heard_ms, LARGEST), measure(rt_ms, LARGEST))
    if not known:  # a trial that has an answer was heard before
        _check_heard(standing)
    shown = language_shown(expert.study.file, language)
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
        language=shown,
        wording=wording_of(expert.study.file, scale, shown),
    )
    return rating, True


def _first_answer(first: Rating, content: tuple[object, ...]) -> Rating:
    if (first.expert_id, first.trial_id, first.scale, first.value, first.revision) != content:
        raise uuid_taken()
    return first


def _check_value(study: Study, scale: str, value: object) -> None:
    bounds = next((item for item in study.file["scales"] if item["key"] == scale), None)
    if bounds is None:
        raise Refused(400, "scale", _("This study has no such scale."))
    if type(value) is not int or not bounds["minimum"] <= value <= bounds["maximum"]:
        message = _("Please answer with a whole number from %(minimum)d to %(maximum)d.")
        raise Refused(400, "value", message % bounds)


def _check_revision(earlier: list[Rating], revision: object) -> None:
    newest = max(earlier, key=lambda rating: rating.revision, default=None)
    saved = {"value": newest.value, "given_at": newest.given_at.isoformat()} if newest else None
    refuse_going_back(saved, newest.revision if newest else 0, revision)


def _check_heard(standing: Standing) -> None:
    """Refuses an answer before the clip was played through, or after more playing than there was time for."""
    heard = queries.heard_by_trial(standing.expert)
    in_trial = queries.length(heard.get(standing.trial.pk, []))
    total = sum(queries.length(intervals) for intervals in heard.values())
    if in_trial < standing.trial.clip.duration_ms - UNHEARD_MS or not _had_time(standing, total):
        raise Refused(409, "unheard", _("Please listen to the whole clip first."), heard_ms=in_trial)


def _had_time(standing: Standing, playing_ms: int) -> bool:
    """Whether so much can have been played since she came: on this device, or where that is too short on her first."""

    def passed_ms(since: datetime) -> float:
        return (clock.now() - since).total_seconds() * 1000 + HASTE_MS

    if playing_ms <= passed_ms(standing.arrived):
        return True
    return playing_ms <= passed_ms(standing.expert.devices.earliest("accepted_at").accepted_at)


@once_more
def save_remark(
    standing: Standing, *, known: bool, comment: str, revision: int, client_uuid: UUID, given_at: datetime
) -> tuple[Remark, bool]:
    """That she knows the song of a trial, and what else she says of it; the same rules as for a rating."""
    expert, trial = standing.expert, standing.trial
    comment = many_lines(comment) if is_text(comment) else comment
    rows = list(Remark.objects.filter(Q(client_uuid=client_uuid) | Q(trial=trial, expert=expert)).order_by("revision"))
    first = next((remark for remark in rows if remark.client_uuid == client_uuid), None)
    if first is not None:
        if (first.expert_id, first.trial_id, first.known, first.comment) != (expert.pk, trial.pk, known, comment):
            raise uuid_taken()
        return first, False
    refuse_closed_room(standing)
    late = is_late(standing, given_at)
    if type(known) is not bool or not is_text(comment):
        raise Refused(400, "remark", _("The page sent something that cannot be read. Please reload it."))
    if len(comment) > LONGEST_COMMENT:
        message = _("The comment is longer than %(most)d characters.") % {"most": LONGEST_COMMENT}
        raise Refused(400, "remark", message)
    newest = rows[-1] if rows else None
    saved: dict[str, object] | None = None
    if newest is not None:
        saved = {"known": newest.known, "comment": newest.comment, "given_at": newest.given_at.isoformat()}
    refuse_going_back(saved, newest.revision if newest else 0, revision)
    remark = Remark.objects.create(
        trial=trial,
        expert=expert,
        known=known,
        comment=comment,
        revision=revision,
        client_uuid=client_uuid,
        given_at=given_at,
        received_at=clock.now(),
        late=late,
    )
    return remark, True
