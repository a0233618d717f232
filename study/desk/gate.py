"""Who may see a study at the desk, and in whose name an act is logged."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from study.errors import Refused
from study.models import Study


def own_study(request: HttpRequest, slug: str) -> Study:
    """The study, if it is the user's own or the user is a superuser; else there is none."""
    study = get_object_or_404(Study, slug=slug, preview=False)
    if not researcher(request).is_superuser and study.owner_id != researcher(request).pk:
        raise Http404
    return study


def researcher(request: HttpRequest) -> User:
    """The user, who is somebody: the desk's views stand behind `login_required`."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def actor(request: HttpRequest) -> str:
    """The user as the log names her."""
    return f"researcher:{researcher(request).get_username()}"


def act(request: HttpRequest, found: Study, step: Callable[..., None]) -> HttpResponse:
    """One step of a study's life in the user's name, and back to its page, which says why if it was refused."""
    try:
        step(found, actor=actor(request))
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("desk:study", found.slug)
