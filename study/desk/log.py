"""The event log of a study with its integrity check, newest events first."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from study import services
from study.desk.permissions import study_or_404
from study.desk.study import in_words

#: Events on one page.
PAGE = 200


@never_cache
@login_required
@require_safe
def log(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of the log, and whether all of it is as it was written."""
    found = study_or_404(request, slug, "watch")
    events = list(found.events.order_by("number"))
    page = Paginator(events[::-1], PAGE).get_page(request.GET.get("page"))
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "events": in_words(page),
        "page": page,
        "count": len(events),
        "broken_event": services.broken_among(events),
        "broken_plan": bool(services.broken_plan(found)),
        "head": events[-1].hash if events else "",
    }
    return render(request, "desk/log.html", context)
