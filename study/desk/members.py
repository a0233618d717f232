"""Who works on a study: the owner adds and removes assistants and auditors."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from study import services
from study.desk.forms import MemberForm
from study.desk.permissions import actor, run_action, study_or_404


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody with a role in the study; by POST one more."""
    found = study_or_404(request, slug, "run")
    if request.method == "POST":
        form = MemberForm(request.POST)
        add = partial(services.add_member, found, actor=actor(request))
        return run_action(request, add, "desk:members", slug, form=form)
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "members": found.members.select_related("user"),
        "form": MemberForm(),
    }
    return render(request, "desk/members.html", context)


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Takes somebody's role away."""
    found = study_or_404(request, slug, "run")
    remove = partial(services.remove_member, found, username=username, actor=actor(request))
    return run_action(request, remove, "desk:members", slug)
