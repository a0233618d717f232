"""Preview of a study as experts see it, in a copy that is never exported."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from study import services
from study.desk.permissions import study_or_404
from study.errors import Refused
from study.room.access import refusal, remember


@login_required
@require_POST
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a new preview of a study in the researcher's browser."""
    study = study_or_404(request, slug)
    language = study.file.shown_in(get_language() or "")
    try:
        device = services.open_preview(study, actor=f"researcher:{request.user.get_username()}", language=language)
    except Refused as refused:
        return refusal(request, refused)
    response = redirect("room:room")
    remember(response, device)
    return response
