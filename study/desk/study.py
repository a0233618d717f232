"""One study at the desk: its page, and the acts that open, close and unseal it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from study import queries, services
from study.desk.gate import act, actor, own_study, researcher
from study.models import Expert

#: Events shown on a study's page.
TAIL = 20
#: What the log's words are called on the page.
KINDS = {
    "created": gettext_lazy("created"),
    "opened": gettext_lazy("opened"),
    "invited": gettext_lazy("invited"),
    "invited again": gettext_lazy("invited again"),
    "device accepted": gettext_lazy("link opened on a device"),
    "consent given": gettext_lazy("consent given"),
    "background saved": gettext_lazy("background answered"),
    "sound checked": gettext_lazy("sound set up"),
    "problem reported": gettext_lazy("a clip would not play"),
    "submitted": gettext_lazy("session finished"),
    "withdrawn": gettext_lazy("expert withdrawn"),
    "closed": gettext_lazy("study closed"),
    "unsealed": gettext_lazy("seal opened"),
    "dataset downloaded": gettext_lazy("dataset downloaded"),
    "previewed": gettext_lazy("previewed"),
}


@never_cache
@login_required
@require_GET
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """One study: its state, its experts' progress, the plan's balance and the end of its log."""
    found = own_study(request, slug)
    board = queries.board(found)
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "board": board,
        "submitted": sum(row.submitted_at is not None for row in board),
        "slots": found.certificate.get("slots", 0),
        "certificate": found.certificate,
        "events": [(event, KINDS.get(event.kind, event.kind)) for event in found.events.order_by("-number")[:TAIL]],
        "broken_event": services.broken_event(found),
    }
    return render(request, "desk/study.html", context)


@login_required
@require_POST
def open_study(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens a draft to its experts."""
    return act(request, own_study(request, slug), services.open_study)


@login_required
@require_POST
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """Closes an open study."""
    return act(request, own_study(request, slug), services.close_study)


@login_required
@require_POST
def open_seal(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens the seal of a closed study, after the user has given the password once more."""
    found = own_study(request, slug)
    name, password = researcher(request).get_username(), request.POST.get("password", "")
    # Through the backends, so that wrong passwords count towards the throttle as they do at the login.
    if authenticate(request, username=name, password=password) is None:
        messages.error(request, _("The password is not right, so the seal stays closed."))
        return redirect("desk:study", slug)
    return act(request, found, services.open_seal)


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Records that an expert withdrew."""
    expert = get_object_or_404(Expert, study=own_study(request, slug), code=code)
    services.withdraw(expert, actor=actor(request))
    return redirect("desk:study", slug)
