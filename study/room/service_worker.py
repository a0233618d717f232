"""The service worker of the experts' pages, and the one page that it keeps."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The worker's script: under the room's address, for a worker rules only what lies below its own."""
    return render(request, "room/worker.js", content_type="text/javascript; charset=utf-8")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page without a connection, in every language."""
    return HttpResponse(render_to_string("room/offline.html", {"languages": settings.LANGUAGES}))
