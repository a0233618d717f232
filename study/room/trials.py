"""One trial at a time: the page, its audio, and what the page's script saves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from string import ascii_uppercase
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from formats.study_file import (
    MAX_SYSTEMS,
    AttentionCheck,
    ChoiceQuestion,
    Numbered,
    Preference,
    StudyFile,
    TrialClips,
    localised,
)
from study import clock, queries, services
from study.errors import Refused
from study.models import Expert, Trial
from study.room.access import room_page, room_render, room_save
from study.services.saving.context import SaveContext
from study.session import Session, SessionTrial, break_before, session_of

#: Scales with more points than this are answered with a slider.
MAX_BUTTONS = 11
#: Buttons of more points are narrower.
MAX_WIDE = 7
#: A section of clips that last longer can be repeated.
LOOPED_MS = 30_000
#: The places of a set as addresses write them.
PLACES = {str(place) for place in range(1, MAX_SYSTEMS + 1)}
#: The highest rating that one key can give.
MAX_DIGITS = 9


def scale_order(expert: Expert) -> list[str]:
    """Keys of the scales in the order that the plan drew for this expert."""
    return list(expert.slot.scale_order) if expert.slot else []


def scale_shown(expert: Expert, key: str) -> dict[str, Any]:
    """An expert's scale, preference or choice in the active language."""
    return question_shown(expert.study.file.asked(key), translation.get_language())


def check_shown(expert: Expert, key: str) -> dict[str, Any] | None:
    """An attention check in the active language; None where there is none of that key."""
    check = expert.study.file.check(key) if key else None
    return question_shown(check, translation.get_language()) if check else None


def questions_at_places(expert: Expert) -> list[tuple[dict[str, Any], int, str]]:
    """What a trial asks of the trial, or clip by clip: the question, the clip's place and what the clip is called.

    In a set all questions of a clip come one after the other, else all clips of a question. Where a question is asked
    of the trial, or there is one clip, no clip is named.
    """
    file = expert.study.file
    asked = [
        (scale_shown(expert, key), place, clip_called(file.trial.clips, place) if len(places) > 1 else "")
        for key in scale_order(expert)
        for places in [file.places_of(file.asked(key))]
        for place in places
    ]
    return sorted(asked, key=lambda one: (not one[2], one[1])) if file.has_sets else asked


def clip_called(clips: TrialClips, place: int) -> str:
    """What the clip at a place is called: a letter in a set, else the first or second clip."""
    if clips == "all":
        return letter_of(place)
    return _("First clip") if place == 1 else _("Second clip")


def arranged(asked: list[dict[str, Any]], has_sets: bool) -> list[dict[str, Any]]:
    """The questions of a page other than those beside a clip of a set; their keys name the clip, if there is one."""
    return [
        {**scale, "key": f"{scale['key']}@{scale['place']}"} if scale["clip"] else scale
        for scale in asked
        if not (has_sets and scale["clip"])
    ]


def question_shown(asked: Numbered | AttentionCheck, language: str) -> dict[str, Any]:
    """A scale, preference, choice or attention check in a language, with its points if it has buttons."""
    texts = asked.texts(language)
    shown = {"key": asked.key, "minimum": asked.minimum, "maximum": asked.maximum, **texts}
    if isinstance(asked, Preference):
        choices = [
            {"value": value, "degree": abs(value), "words": preference_words(value, asked.form, texts)}
            for value in asked.values
        ]
        return {**shown, "form": asked.form, "choices": choices, "points": list(asked.values)}
    if isinstance(asked, ChoiceQuestion | AttentionCheck):
        labels = [localised(choice.label, language) for choice in asked.choices]
        choices = [{"value": value, "words": words} for value, words in enumerate(labels, start=1)]
        return {**shown, "form": "choice", "choices": choices, "points": list(asked.values)}
    labelled = list(zip(asked.values, asked.labels_in(language), strict=True)) if asked.labels else []
    return {**shown, "points": list(asked.values) if len(asked.values) <= MAX_BUTTONS else None, "labelled": labelled}


def known_words(expert: Expert, clips: int = 1) -> str:
    """What an expert ticks where they know the song of a clip; empty where the study does not ask it."""
    known = expert.study.file.known
    if known:
        return localised(known, translation.get_language())
    if known is False:
        return ""
    return _("I knew this song before this study") if clips == 1 else _("I knew one of these songs before this study")


def texts_shown(file: StudyFile, language: str, answers: Mapping[str, str]) -> list[dict[str, Any]]:
    """The questions that are answered in words, each with its answer so far."""
    return [
        {
            "key": asked.key,
            "label": localised(asked.label, language),
            "definition": localised(asked.definition, language),
            "required": asked.required,
            "value": answers.get(asked.key, ""),
        }
        for asked in file.texts
    ]


def preference_words(value: int, form: str, texts: dict[str, str]) -> str:
    """A preference in words: which clip, and how strongly where that was asked."""
    words = texts["middle"] if value == 0 else texts["low"] if value < 0 else texts["high"]
    if form != "graded" or value == 0:
        return words
    return _("%(clip)s: %(degree)d") % {"clip": words, "degree": abs(value)}


def answer_shown(scale: dict[str, Any], value: int | None) -> int | str | None:
    """An answer as the review shows it: a rating, or a preference or choice in words."""
    chosen = [choice["words"] for choice in scale.get("choices", ()) if choice["value"] == value]
    return str(chosen[0]) if chosen else value


@require_safe
@room_page
def trial(request: HttpRequest, expert: Expert, token: str) -> HttpResponse:
    """Show the clips of a trial, its reference before them, with its questions and the answers so far."""
    session = session_of(expert)
    shown = session.trial(token)
    if shown is None:
        raise queries.unknown_trial()
    step = queries.next_step(expert, session)
    if step not in {"practice", "trial", "review"} or not session.reached(shown):
        return redirect("room:room")
    lasts = queries.durations_of(shown, expert.study)
    heard = queries.listening_by_place(shown.pk, expert, lasts)
    answers, file = queries.answers_at_places(shown.pk, expert), expert.study.file
    asked = [
        {**scale, **_given(answers.get((scale["key"], place))), "place": place, "clip": clip}
        for scale, place, clip in questions_at_places(expert)
    ]
    scales, remark = arranged(asked, file.has_sets), queries.remark_on(shown.pk, expert)
    players = {place: _player(shown.token, place, last, heard[place]) for place, last in lasts.items()}
    waveforms = queries.waveforms_of(shown.pk, expert.study)
    for player, waveform in zip(players.values(), waveforms, strict=False):
        player["waveform"] = waveform
    for place, player in players.items():
        if file.has_sets and place:
            of_clip = [scale for scale in asked if scale["clip"] and scale["place"] == place]
            player |= {"letter": letter_of(place), "scales": of_clip}
    return room_render(
        request,
        expert,
        "trial",
        trial=shown,
        total=len(session.phase(shown.phase)),
        done=shown.number - 1,
        minutes_left=session.progress().minutes_left,
        panel="" if any(clip.intervals for clip in heard.values()) or answers else _panel(expert, session, shown),
        scales=scales,
        check=_check(expert, shown, answers),
        sliders=any(scale["maximum"] > MAX_DIGITS for scale in asked),
        choices=bool(file.choices or file.attention_checks),
        many=any(len(scale["points"] or range(MAX_BUTTONS)) > MAX_WIDE for scale in asked),
        labels=any(scale.get("labelled") for scale in asked),
        known=known_words(expert, max(lasts)),
        waveforms=bool(waveforms),
        loops=max(lasts.values()) > LOOPED_MS and not file.has_sets,
        remark=remark,
        texts=texts_shown(file, translation.get_language(), remark.answers if remark else {}),
        longest_comment=services.MAX_COMMENT,
        language=file.shown_in(translation.get_language()),
        level=queries.playback_volume(expert),
        reference=players.pop(0, None),
        clips=list(players.values()),
        has_x=file.has_x,
        synchronous=file.trial.synchronous,
        several=len(lasts) > 1,
        has_sets=file.has_sets,
        problem=heard[1].problem,
        leaves=clock.in_milliseconds(shown.leaves_at) if shown.leaves_at else "",
        **_neighbours(session, shown, lasts, reviewing=step == "review"),
    )


def _player(token: str, place: int, lasts_ms: int, heard: queries.ListeningSummary) -> dict[str, Any]:
    """What a page says of the clip at a place, or of the reference."""
    said = {"heard": json.dumps(heard.intervals), "plays": heard.plays}
    return {"place": place, "audio": _audio_url(token, place), "duration_ms": lasts_ms, **said}


def letter_of(place: int) -> str:
    """What a clip of a set is called on its page."""
    return ascii_uppercase[place - 1]


def _panel(expert: Expert, session: Session, shown: SessionTrial) -> str:
    """The calm page before some trials: the end of practice, and the break."""
    if break_before(shown, expert.study.file):
        return "break"
    first = shown.phase == Trial.Phase.STUDY and shown.number == 1
    return "begin" if first and session.phase(Trial.Phase.PRACTICE) else ""


def _given(answer: queries.Answer | None) -> dict[str, Any]:
    value, revision = (answer.value, answer.revision) if answer else (None, 0)
    return {"value": value, "revision": revision}


def _check(
    expert: Expert, shown: SessionTrial, answers: Mapping[tuple[str, int], queries.Answer]
) -> dict[str, Any] | None:
    """The attention check of a trial with the answer so far; in a set it opens once all clips were heard."""
    check = check_shown(expert, shown.attention_check)
    return check and {**check, **_given(answers.get((shown.attention_check, 1)))}


def _audio_url(token: str, place: int) -> str:
    """The address of the clip at a place of a trial, of its reference at 0."""
    return reverse("room:audio", args=[token]) if place == 1 else reverse("room:further_audio", args=[token, place])


def _neighbours(session: Session, shown: SessionTrial, places: Iterable[int], *, reviewing: bool) -> dict[str, Any]:
    """Where Back and Next lead, and the clips to fetch meanwhile, in the order of their places."""
    before, after = session.before(shown), session.after(shown)
    back = reverse("room:trial", args=[before.token]) if before and before.phase == shown.phase else ""
    if reviewing or after is None:
        return {"back": back, "next": reverse("room:room"), "next_audio": "", "reviewing": reviewing}
    audio = " ".join(_audio_url(after.token, place) for place in places)
    page = reverse("room:trial", args=[after.token])
    return {"back": back, "next": page, "next_audio": audio, "reviewing": False}


@require_safe
@room_page
def audio(request: HttpRequest, expert: Expert, token: str, place: int = 1) -> HttpResponse:
    """The clip at a place of a trial. Replies differ only in the music."""
    with default_storage.open(queries.audio_of(expert, token, place)) as file:
        data = file.read()
    headers = {"Content-Length": str(len(data)), "Cache-Control": "private, no-store"}
    return HttpResponse(data, content_type="audio/mpeg", headers=headers)


@room_save
def rating(request: HttpRequest, context: SaveContext, scale: str) -> HttpResponse:
    """Saves one answer; in a set the clip's place is behind the scale. The same UUID again gets the first answer."""
    body = _json(request)
    key, _at, place = scale.partition("@")
    given: dict[str, Any] = {name: body.get(name) for name in ("value", "revision", "plays", "heard_ms", "rt_ms")}
    saved, _created = services.save_rating(
        context,
        scale=key,
        client_uuid=_uuid(body),
        given_at=_moment(body),
        offset_ms=body.get("offset_ms"),
        language=str(body.get("language")),
        place=int(place) if place in PLACES else int(key == scale),
        **given,
    )
    return _saved(revision=saved.revision, value=saved.value)


@room_save
def remark(request: HttpRequest, context: SaveContext) -> HttpResponse:
    """Saves that the expert knows the song, their comment and what they wrote; like an answer."""
    body = _json(request)
    given: dict[str, Any] = {name: body.get(name) for name in ("known", "comment", "answers", "revision", "offset_ms")}
    saved, _created = services.save_remark(context, client_uuid=_uuid(body), given_at=_moment(body), **given)
    return _saved(revision=saved.revision, known=saved.known, comment=saved.comment, answers=saved.answers)


@room_save
def listening(request: HttpRequest, context: SaveContext) -> HttpResponse:
    """Saves a report of what was heard."""
    body = _json(request)
    report: dict[str, Any] = {name: body.get(name) for name in ("intervals", "events", "plays", "offset_ms")}
    report["place"] = body.get("place", 1)  # a page of one clip does not say it
    given_at = _moment(body) if "given_at" in body else None  # a page from before this was sent has none
    services.save_listening(context, client_uuid=_uuid(body), given_at=given_at, **report)
    return _saved()


def _saved(**said: object) -> JsonResponse:
    """Acknowledge a save, with the server's time for clock correction."""
    return JsonResponse({"saved": True, **said, "now": clock.milliseconds()})


def _json(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "json", _("Something went wrong on this page. Please reload it."))
    return body


def _uuid(body: dict[str, Any]) -> UUID:
    try:
        return UUID(body.get("client_uuid"))
    except (ValueError, TypeError, AttributeError):
        raise Refused(400, "uuid", _("Something went wrong on this page. Please reload it.")) from None


def _moment(body: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(body["given_at"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError, OverflowError):
        raise Refused(400, "given_at", _("Something went wrong on this page. Please reload it.")) from None


@never_cache
@require_safe
def csrf(request: HttpRequest) -> JsonResponse:
    """A fresh token for a page that has been open too long."""
    return JsonResponse({"token": get_token(request)})
