"""Permissions of the dashboard, and user names for the event log.

| right    | what it opens                                                        | owner | assistant | auditor |
|----------|----------------------------------------------------------------------|-------|-----------|---------|
| `watch`  | the study's page, its board, plan and log                            | yes   | yes       | yes     |
| `invite` | experts: inviting, links, withdrawal, drop-outs                      | yes   | yes       | no      |
| `read`   | datasets and reports                                                 | yes   | no        | yes     |
| `run`    | opening, closing, the seal, amendments, reports anew, members        | yes   | no        | no      |

An auditor's rights begin when the seal is opened. Superusers have an owner's. Whoever has no role has no study: 404.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from study.desk.forms import DeskForm
from study.models import Member, Study

Right = Literal["watch", "invite", "read", "run"]
OWNER = "owner"
RIGHTS: dict[str, frozenset[Right]] = {
    OWNER: frozenset({"watch", "invite", "read", "run"}),
    Member.Role.ASSISTANT: frozenset({"watch", "invite"}),
    Member.Role.AUDITOR: frozenset({"watch", "read"}),
}


def study_or_404(request: HttpRequest, slug: str, right: Right = "run") -> Study:
    """The study; 404 without a role in it, 403 without the permission."""
    # First what the rights depend on: the plan is long, and the time to read it would tell that there is a study.
    found = Study.objects.filter(slug=slug, preview=False).only("owner", "state").first()
    rights = rights_in(request, found) if found else frozenset()
    if found is None or not rights:
        raise Http404
    if right not in rights:
        raise PermissionDenied
    return get_object_or_404(Study.objects.select_related("owner"), pk=found.pk)


def rights_in(request: HttpRequest, study: Study) -> frozenset[Right]:
    """All that the user may do in a study; nothing for whoever has no role in it."""
    role = _role(researcher(request), study)
    if role == Member.Role.AUDITOR and study.sealed:
        return frozenset()
    return RIGHTS.get(role, frozenset())


def visible_studies(user: User) -> Q:
    """The studies that a user can see: those in which `rights_in` gives a permission."""
    members = Member.objects.filter(user=user)
    audited = Q(pk__in=members.filter(role=Member.Role.AUDITOR).values("study"), state=Study.State.UNSEALED)
    return Q(owner=user) | Q(pk__in=members.filter(role=Member.Role.ASSISTANT).values("study")) | audited


def _role(user: User, study: Study) -> str:
    if user.is_superuser or study.owner_id == user.pk:
        return OWNER
    return study.members.filter(user=user).values_list("role", flat=True).first() or ""


def researcher(request: HttpRequest) -> User:
    """The user, who is somebody: the desk's views stand behind `login_required`."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def actor(request: HttpRequest) -> str:
    """The user as the event log names them."""
    return f"researcher:{researcher(request).get_username()}"


def run_action(
    request: HttpRequest, step: Callable[..., object], *page: str, form: DeskForm | None = None
) -> HttpResponse:
    """Run one action, perhaps of a form, then go to a page, which says why if it was refused."""
    form = form or DeskForm({})
    form.attempt(step)
    for fault in form.faults:
        messages.error(request, fault)
    return redirect(*page)
