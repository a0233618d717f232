"""A page of a draft as experts will see it, beside the fields that say so. Nothing on it can be pressed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe
from pydantic import ValidationError

from formats.study_file import KINDS, MAX_SYSTEMS, NO_REFERENCE, AttentionCheck, Numbered, X
from study.builder import drafts
from study.builder.access import draft_or_404
from study.builder.content import Content, form_of, languages_of
from study.room.trials import arranged, clip_called, letter_of, question_shown

#: What stands in place of a text that is not written yet.
EMPTY = "…"
WORDS = ("label", "definition", "low", "middle", "high")


@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]  # its types know no parameters of addresses
@xframe_options_sameorigin
@never_cache
@login_required
@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Consent and instructions, or the questions of a trial, in a language of the draft."""
    draft = draft_or_404(request, token)
    content = drafts.content_of_draft(draft)
    languages = languages_of(content)
    asked = request.GET.get("language", "")
    language = asked if asked in languages else languages[0]
    with translation.override(language):
        context = {
            "title": _text(content.get("title"), language),
            "shows_words": request.GET.get("step") == "words",
            **_players(content, list(_scales(content, language))),
            "texts": list(_texts(content, language)),
            "checks": list(_checks(content, language)),
            "consent": _text(content.get("consent", {}).get("text"), language),
            "instructions": _text(content.get("instructions"), language),
            "language": language,
        }
        return render(request, "builder/preview.html", context)


def _players(content: Content, scales: list[dict[str, Any]]) -> dict[str, Any]:
    """The clips and the reference of a trial, without sound, and the questions; in a set each clip has its own."""
    trial, form = content.get("trial", {}), form_of(content)
    has_sets, has_reference = form == "all", (trial.get("reference") or NO_REFERENCE) != NO_REFERENCE
    systems = max(2, min(len(content.get("systems", ())), MAX_SYSTEMS))
    count = systems if form == "all" else form
    of_clip = [scale for scale in scales if scale["of"] == "clip" and count > 1]
    clips = [
        {"place": place, "letter": letter_of(place), "scales": of_clip, "duration_ms": 0, "heard": "[]", "plays": 0}
        for place in range(1, count + 1)
    ]
    asked = [
        {**scale, "place": place, "clip": clip_called(form, place) if scale in of_clip else ""}
        for scale in scales
        for place in range(1, count + 1 if scale in of_clip else 2)
    ]
    return {
        "scales": arranged(asked, has_sets),
        "clips": clips,
        "reference": {**clips[0], "place": 0} if has_reference else None,
        "has_x": trial.get("reference") == X,
        "has_sets": has_sets,
        "several": not has_sets and (count > 1 or has_reference),
    }


def _text(texts: dict[str, str] | None, language: str) -> str:
    return (texts or {}).get(language) or EMPTY


def _scales(content: Content, language: str) -> Iterator[dict[str, Any]]:
    """The questions as the page of a trial shows them; one whose numbers are no scale yet is left out."""
    for row in content.get("questions", ()):
        if row.get("kind") == "text":
            continue
        try:
            shown = question_shown(_sound(row, language), language)
            of = "trial" if row.get("kind") == "preference" else row.get("of", "clip")
            yield {**shown, "value": None, "revision": 0, "of": of}
        except (ValidationError, KeyError, ValueError):
            continue


def _checks(content: Content, language: str) -> Iterator[dict[str, Any]]:
    """The attention checks, below the questions as in the trials that have one."""
    for row in content.get("attention_checks", ()):
        choices = [
            {"key": EMPTY, "label": {language: _text(one.get("label"), language)}} for one in row.get("choices", ())
        ]
        said = {"key": row.get("key") or EMPTY, "label": {language: _text(row.get("label"), language)}}
        check = AttentionCheck.model_validate({**said, "choices": choices, "right": EMPTY})
        yield {**question_shown(check, language), "value": None, "revision": 0}


def _texts(content: Content, language: str) -> Iterator[dict[str, Any]]:
    """The questions that are answered in words."""
    for number, row in enumerate(content.get("questions", ())):
        if row.get("kind") == "text":
            words = {name: _text(row.get(name), language) for name in ("label", "definition")}
            yield {"key": number, "required": row.get("required") is True, **words}


def _sound(row: Content, language: str) -> Numbered:
    """A question with something in place of each missing text. Raises ValidationError where its numbers are missing."""
    words = {name: {language: _text(row.get(name), language)} for name in WORDS}
    if row.get("form") == "binary" or row.get("kind") != "preference":
        del words["middle"]
    if row.get("kind") == "rating":
        points = (row.get("labels") or {}).get(language) or []
        are_all = str(row.get("maximum")) == str(int(row["minimum"]) + len(points) - 1) if points else False
        row = {**row, "labels": {language: points} if are_all else None}
    choices = [
        {**choice, "key": choice.get("key") or EMPTY, "label": {language: _text(choice.get("label"), language)}}
        for choice in row.get("choices", ())
    ]
    found: Any = KINDS[row["kind"]].model_validate(
        {**row, "key": row.get("key") or EMPTY, **words, **({"choices": choices} if choices else {})}
    )
    return found  # type: ignore[no-any-return]
