"""Pages other than trials: link, consent, background, review, thanks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from formats.study_file import Question, localised
from study import queries, services
from study.errors import Refused
from study.models import Device, Expert, Trial
from study.room.access import COOKIE, refusal, remember, room_page, room_render
from study.room.trials import (
    answer_shown,
    check_shown,
    known_words,
    questions_at_places,
    scale_order,
    scale_shown,
    texts_shown,
)
from study.session import session_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page."""
    return render(request, "room/home.html", {"in_room": COOKIE in request.COOKIES})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A personal link: GET only shows it (mail programs do too), POST accepts."""
    try:
        found = services.find_invitation(token)
        if request.method == "POST":
            return enter(request, services.accept_invitation(found))
    except Refused as refused:
        return refusal(request, refused)
    if not has_language(request):
        translation.activate(found.expert.language)
    study = found.expert.study
    title = study.text("title", translation.get_language())
    shown = {"ends": found.expires_at, "time_zone": study.file.time_zone}
    context = {"title": title, "study_languages": study.file.languages, **shown}
    return render(request, "room/invitation.html", context)


def enter(request: HttpRequest, device: Device) -> HttpResponse:
    """Makes the browser the device, in the expert's language where none was chosen, and leads into the room."""
    response = redirect("room:room")
    remember(response, device)
    if not has_language(request):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            device.expert.language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            path=settings.LANGUAGE_COOKIE_PATH,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


def has_language(request: HttpRequest) -> bool:
    """Whether a language was chosen in this browser; it goes before the invitation's."""
    return settings.LANGUAGE_COOKIE_NAME in request.COOKIES


@require_safe
@room_page
def room(request: HttpRequest, expert: Expert) -> HttpResponse:
    """To wherever the expert goes on: the same clip on any device."""
    step = queries.next_step(expert)
    if step == "closed":
        raise Refused(410, "closed", _("This study is closed. Thank you for your interest."))
    if step not in {"practice", "trial"}:
        return redirect(f"room:{step}")
    trial = queries.current_trial(expert)
    if trial is None or not expert.listenings.exists():
        return redirect("room:instructions")
    return redirect("room:trial", trial.token)


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def consent(request: HttpRequest, expert: Expert) -> HttpResponse:
    """The consent text, in the language that is stored with the consent."""
    if queries.next_step(expert) != "consent":
        return redirect("room:room")
    problem = ""
    if request.method == "POST" and request.POST.get("agree") == "yes":
        version, shown = request.POST.get("version", ""), request.POST.get("language", "")
        services.give_consent(expert, version=version, language=shown)
        return redirect("room:room")
    if request.method == "POST":
        problem = _("Please tick the box if you agree.")
    file = expert.study.file
    language = translation.get_language()
    context = {
        "text": localised(file.consent.text, language),
        "version": file.consent.version,
        "language": file.shown_in(language),
        "problem": problem,
        "minutes": session_of(expert).progress().minutes_left,
    }
    return room_render(request, expert, "consent", status=400 if problem else 200, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def background(request: HttpRequest, expert: Expert) -> HttpResponse:
    """The background questions; a wrong answer is named and the others are kept."""
    if queries.next_step(expert) != "background":
        return redirect("room:room")
    problem, status = "", 200
    if request.method == "POST":
        given = {question.key: request.POST.get(question.key, "") for question in expert.study.file.background}
        try:
            services.save_background(expert, answers=given)
        except Refused as refused:
            problem, status = refused.message, refused.status
        else:
            return redirect("room:room")
    questions = [_question(question, request.POST) for question in expert.study.file.background]
    return room_render(request, expert, "background", status=status, questions=questions, problem=problem)


def _question(question: Question, given: Any) -> dict[str, Any]:
    language = translation.get_language()
    return {
        "key": question.key,
        "kind": question.kind,
        "required": question.required,
        "label": localised(question.label, language),
        "choices": [
            {"key": choice.key, "label": localised(choice.label, language)} for choice in question.choices or []
        ],
        "answer": given.get(question.key, ""),
    }


@require_safe
@room_page
def instructions(request: HttpRequest, expert: Expert) -> HttpResponse:
    """Show the instructions, before the first clip and at any later time."""
    if queries.next_step(expert) in {"consent", "background", "thanks", "closed"}:
        return redirect("room:room")
    trial = queries.current_trial(expert)
    return room_render(
        request,
        expert,
        "instructions",
        text=expert.study.text("instructions", translation.get_language()),
        scales=[scale_shown(expert, key) for key in scale_order(expert)],
        go_on=reverse("room:trial", args=[trial.token]) if trial else reverse("room:review"),
        begun=expert.listenings.exists(),
        practice=trial is not None and trial.phase == Trial.Phase.PRACTICE,
    )


@require_safe
@room_page
def review(request: HttpRequest, expert: Expert) -> HttpResponse:
    """Review all ratings and submit them, or list clips without all ratings."""
    if queries.next_step(expert) not in {"practice", "trial", "review"}:
        return redirect("room:room")
    file = expert.study.file
    asked = questions_at_places(expert)
    rows = [
        {
            "number": row.number,
            "url": reverse("room:trial", args=[row.token]) if row.begun else "",
            "answers": [
                {
                    "label": f"{clip} · {scale['label']}" if clip else scale["label"],
                    "value": answer_shown(scale, row.values.get((scale["key"], place))),
                }
                for scale, place, clip in asked
            ]
            + _check_answered(expert, row),
            "known": row.known,
            "comment": row.comment,
            "texts": texts_shown(file, translation.get_language(), row.written),
            "problem": row.problem and len(row.values) < file.answers_per_trial + bool(row.attention_check),
        }
        for row in queries.answered_trials(expert)
    ]
    unfinished, pages, known = _spans(queries.incomplete_trials(expert)), file.trial.clips != 1, known_words(expert)
    return room_render(request, expert, "review", rows=rows, unfinished=unfinished, pages=pages, known=known)


def _check_answered(expert: Expert, row: queries.AnsweredTrial) -> list[dict[str, Any]]:
    """The attention check of a trial as the review shows it; whether its answer is right is not said."""
    check = check_shown(expert, row.attention_check)
    if check is None:
        return []
    return [{"label": check["label"], "value": answer_shown(check, row.values.get((check["key"], 1)))}]


def _spans(numbers: list[int]) -> list[str]:
    """Numbers in order as text, with ranges of three or more: 2, 5–9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else map(str, run) for run in runs)
    return [text for part in parts for text in part]


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def submit(request: HttpRequest, expert: Expert) -> HttpResponse:
    """Ends the session by POST. The review says why it can't end yet."""
    if request.method != "POST":
        return redirect("room:review")
    try:
        services.submit(expert)
    except Refused:
        return redirect("room:review")
    return redirect("room:thanks")


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def withdraw(request: HttpRequest, expert: Expert) -> HttpResponse:
    """Withdraw an expert at their own request, by POST and with a ticked box."""
    problem = ""
    if request.method == "POST" and request.POST.get("sure") == "yes":
        services.withdraw(expert, actor=f"expert:{expert.code}")
        return render(request, "room/goodbye.html")
    if request.method == "POST":
        problem = _("Please tick the box to confirm.")
    return room_render(request, expert, "withdraw", status=400 if problem else 200, problem=problem)


@require_safe
@room_page
def thanks(request: HttpRequest, expert: Expert) -> HttpResponse:
    """The end of the road."""
    if queries.next_step(expert) != "thanks":
        return redirect("room:room")
    arrival = getattr(expert, "arrival", None)
    link = expert.study.file.open_link if arrival else None
    address = link.completion_address(arrival.identifier) if arrival and link else ""
    return room_render(request, expert, "thanks", link=link, address=address)
