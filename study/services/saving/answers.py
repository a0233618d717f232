"""What an expert says of a clip, saved as it comes. Saves only insert, and are idempotent by the browser's UUID."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Q, QuerySet, UUIDField
from django.utils.translation import gettext as _

from formats.study_file import AttentionCheck, ChoiceQuestion, Numbered, Preference, StudyFile
from formats.text import is_text, many_lines
from study.errors import Refused
from study.models import Rating, Remark, Study
from study.prepared import Given, Prepared
from study.services.saving.admission import admit
from study.services.saving.context import SaveContext
from study.services.saving.heard import check_heard
from study.services.saving.rules import (
    LARGEST,
    LARGEST_SMALL,
    first_of,
    insert,
    invalid_number,
    measure,
    refuse_ahead,
    require_newer_revision,
    retry_on_conflict,
)

MAX_COMMENT = 2000


def _known() -> QuerySet[Rating]:
    """What the same UUID made before, and all that the expert said of a trial and the one before it."""
    pk = BigIntegerField()
    here = Q(trial=Given("trial", pk)) | Q(trial=Given("before", pk))
    return Rating.objects.filter(Q(client_uuid=Given("uuid", UUIDField())) | Q(here, expert=Given("expert", pk)))


KNOWN = Prepared(_known)


@retry_on_conflict
def save_rating(
    context: SaveContext,
    *,
    scale: str,
    value: int,
    revision: int,
    client_uuid: UUID,
    given_at: datetime,
    plays: int,
    heard_ms: int,
    rt_ms: int,
    offset_ms: int | None = None,
    language: str = "",
    place: int = 1,
) -> tuple[Rating, bool]:
    """One answer: a new row and True, or the row that the same UUID made before and False.

    `given_at` is the browser's time and `offset_ms` what its page measured that clock to be behind. `language` is the
    page's; with it goes the wording of the scale as the expert read it. `place` is that of the clip which is answered
    about where a trial has several.
    Raises `Refused` where the answer can't stand (docs/invariants.md); nothing is written then.
    """
    expert, trial = context.expert, context.trial
    rows = KNOWN(uuid=client_uuid, expert=expert.pk, trial=trial.pk, before=context.before)
    before = [rating for rating in rows if rating.trial_id == context.before]
    what = {"scale": scale, "place": place, "value": value, "revision": revision}
    if first := first_of(rows, client_uuid, expert_id=expert.pk, trial_id=trial.pk, **what):
        return first, False
    given = admit(context, given_at, offset_ms, before)
    file, asked = expert.study.file, _asked(context, scale, place, value)
    known = [rating for rating in rows if rating.trial_id == trial.pk and rating.place == place]
    earlier = [rating for rating in known if rating.scale == scale]
    _check_revision(earlier, revision)
    measures = (measure(plays, LARGEST_SMALL), measure(heard_ms, LARGEST), measure(rt_ms, LARGEST))
    of_set = file.has_sets and _is_of_trial(asked)
    if not (earlier if of_set else known):  # a trial, or a clip of a set, that has an answer was heard before
        check_heard(context, before, 0 if of_set else place)
    shown = file.shown_in(language)
    rating = Rating(
        trial=trial,
        expert=expert,
        scale=scale,
        place=place,
        value=value,
        revision=revision,
        client_uuid=client_uuid,
        given_at=given.at,
        browser_at=given.browser_at,
        received_at=given.received_at,
        plays=measures[0],
        heard_ms=measures[1],
        rt_ms=measures[2],
        language=shown,
        wording=asked.wording(shown),
    )
    detail: dict[str, Any] = {"scale": scale, **({"place": place} if file.asks_of_places else {})}
    insert(rating, context, given.at, alone=given.late, what="rating", **detail, revision=revision)
    return rating, True


def _asked(context: SaveContext, scale: str, place: object, value: object) -> Numbered | AttentionCheck:
    """The question, or the attention check of the trial, that is answered; an answer that it cannot have is refused."""
    file, check = context.expert.study.file, context.trial.attention_check
    asked: Numbered | AttentionCheck | None = next((item for item in file.numbered if item.key == scale), None)
    if check and check == scale:
        asked = file.check(check)
    if asked is None:
        raise Refused(400, "scale", _("This study does not have this scale."))
    if type(place) is not int or place not in _places(file, asked):
        raise invalid_number()
    if type(value) is int and value in asked.values:
        return asked
    if isinstance(asked, Preference | ChoiceQuestion | AttentionCheck):
        raise Refused(400, "value", _("Please choose one of the answers shown."))
    message = _("Please enter a whole number from %(minimum)d to %(maximum)d.")
    raise Refused(400, "value", message % {"minimum": asked.minimum, "maximum": asked.maximum})


def _is_of_trial(asked: Numbered | AttentionCheck) -> bool:
    """Whether a question of a set is one of the whole page."""
    return isinstance(asked, AttentionCheck) or (isinstance(asked, ChoiceQuestion) and asked.of == "trial")


def _places(file: StudyFile, asked: Numbered | AttentionCheck) -> range:
    return range(1, 2) if isinstance(asked, AttentionCheck) else file.places_of(asked)


def _check_revision(earlier: list[Rating], revision: object) -> None:
    newest = max(earlier, key=lambda rating: rating.revision, default=None)
    saved = {"value": newest.value, "given_at": newest.given_at.isoformat()} if newest else None
    require_newer_revision(saved, newest.revision if newest else 0, revision)


@retry_on_conflict
def save_remark(
    context: SaveContext,
    *,
    known: bool,
    comment: str,
    revision: int,
    client_uuid: UUID,
    given_at: datetime,
    offset_ms: int | None = None,
    answers: object = None,
) -> tuple[Remark, bool]:
    """That the expert knows the song of a trial, and what else they say of it; the same rules as for a rating.

    `answers` are those to the questions of kind text, by key. All of it is saved together, under one revision.
    """
    expert, trial = context.expert, context.trial
    comment = many_lines(comment) if is_text(comment) else comment
    answers = _without_empty(answers)
    rows = list(Remark.objects.filter(Q(client_uuid=client_uuid) | Q(trial=trial, expert=expert)).order_by("revision"))
    said: dict[str, Any] = {"known": known, "comment": comment, "answers": answers}
    if first := first_of(rows, client_uuid, expert_id=expert.pk, trial_id=trial.pk, revision=revision, **said):
        return first, False
    before = Rating.objects.filter(expert=expert, trial=context.before) if context.before else ()
    given = admit(context, given_at, offset_ms, before)
    _check_remark(expert.study, known, comment, answers)
    newest = rows[-1] if rows else None
    saved: dict[str, object] | None = None
    if newest is not None:
        saved = {name: getattr(newest, name) for name in said} | {"given_at": newest.given_at.isoformat()}
    else:
        refuse_ahead(context)
    require_newer_revision(saved, newest.revision if newest else 0, revision)
    remark = Remark(
        trial=trial,
        expert=expert,
        **said,
        revision=revision,
        client_uuid=client_uuid,
        given_at=given.at,
        browser_at=given.browser_at,
        received_at=given.received_at,
    )
    insert(remark, context, given.at, alone=given.late, what="remark", revision=revision)
    return remark, True


def _without_empty(answers: object) -> object:
    """Answers in words as they are stored; what no page of ours sends stays as it is."""
    if not isinstance(answers, dict):
        return {} if answers is None else answers
    kept = {key: many_lines(text) if is_text(text) else text for key, text in answers.items()}
    return {key: text for key, text in kept.items() if not isinstance(text, str) or text.strip()}


def _check_remark(study: Study, known: object, comment: object, answers: object) -> None:
    keys = {question.key for question in study.file.texts}
    if type(known) is not bool or not isinstance(answers, dict) or not answers.keys() <= keys:
        raise _senseless()
    for text in (comment, *answers.values()):
        if not is_text(text):
            raise _senseless()
        if len(str(text)) > MAX_COMMENT:
            message = _("Please shorten the comment to %(most)d characters or fewer.") % {"most": MAX_COMMENT}
            raise Refused(400, "remark", message)


def _senseless() -> Refused:
    return Refused(400, "remark", _("Something went wrong on this page. Please reload it."))
