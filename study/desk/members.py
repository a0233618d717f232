"""Who works on a study: the owner adds and removes assistants and auditors."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from study import services
from study.desk.permissions import actor, study_or_404
from study.errors import Refused
from study.models import Member


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody with a role in the study; by POST one more."""
    found = study_or_404(request, slug, "run")
    if request.method == "POST":
        name, role = request.POST.get("username", "").strip(), request.POST.get("role", "")
        try:
            services.add_member(found, username=name, role=role, actor=actor(request))
        except Refused as refused:
            messages.error(request, refused.message)
        return redirect("desk:members", slug)
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "members": found.members.select_related("user"),
        "roles": Member.Role.choices,
    }
    return render(request, "desk/members.html", context)


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Takes somebody's role away."""
    found = study_or_404(request, slug, "run")
    try:
        services.remove_member(found, username=username, actor=actor(request))
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("desk:members", slug)
