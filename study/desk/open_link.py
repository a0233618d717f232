"""The open link at the desk: its address, who came by it, and whether it takes anybody."""

from __future__ import annotations

from functools import partial

import segno
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from study import services
from study.desk.permissions import actor, run_action, study_or_404
from study.models import Study


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the open link and its slots; by POST it begins or stops taking experts."""
    found = study_or_404(request, slug, "invite")
    if request.method == "POST":
        is_open = request.POST.get("open") == "yes"
        step = partial(services.set_open_link, found, is_open=is_open, actor=actor(request))
        return run_action(request, step, "desk:open_link", slug)
    link = found.file.open_link
    address = request.build_absolute_uri(reverse("room:join", args=[found.slug]))
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "link": link,
        "address": f"{address}?{link.identifier}=…" if link and link.identifier else address,
        "qr": segno.make(address, error="m", micro=False).svg_data_uri(light="white", omitsize=True),
        "groups": _groups(found),
        "may_open": link is not None and not found.simulated and not found.closed_at,
    }
    return render(request, "desk/open_link.html", context)


def _groups(study: Study) -> list[dict[str, object]]:
    """Each group with its slots, and how many of those who came by the link have begun, finished and been replaced."""
    free, came = services.free_slots(study), Q(arrival__isnull=False)
    counts = study.experts.filter(came).order_by().values("group")
    by_group = {
        row["group"]: row
        for row in counts.annotate(
            came=Count("pk"),
            finished=Count("pk", filter=Q(submitted_at__isnull=False)),
            passed_on=Count("pk", filter=Q(replaced_by__isnull=False)),
        )
    }
    return [
        {
            "label": study.group_label(group.key, get_language() or ""),
            "slots": group.slots,
            "free": free[group.key],
            **by_group.get(group.key, {"came": 0, "finished": 0, "passed_on": 0}),
        }
        for group in study.file.groups
    ]
