"""The sound check: volume and headphones. It excludes nobody."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from study import queries, services
from study.errors import Refused
from study.models import Expert
from study.room.access import device_of, room_page, room_render


@require_http_methods(["GET", "HEAD", "POST"])
@room_page
def sound(request: HttpRequest, expert: Expert) -> HttpResponse:
    """Show the sound check: a step of every session, which can be repeated later."""
    if queries.next_step(expert) in {"consent", "background", "thanks", "closed"}:
        return redirect("room:room")
    if request.method == "POST":
        _save(request)
        return redirect("room:room")
    checked = expert.sound_checks.exists()
    return room_render(request, expert, "sound", level=queries.playback_volume(expert), checked=checked)


def _save(request: HttpRequest) -> None:
    try:
        level, answers = int(request.POST.get("level", "")), json.loads(request.POST.get("answers", ""))
    except (ValueError, RecursionError):
        raise Refused(400, "sound", _("Something went wrong on this page. Please reload it.")) from None
    device = device_of(request)
    if device is not None:
        services.save_sound_check(device, level=level, answers=answers)
