"""The list of a researcher's studies."""

from __future__ import annotations

from collections import Counter

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from study.builder.content import title_of_draft
from study.builder.drafts import content_of_draft, visible_drafts
from study.desk.permissions import researcher, visible_studies
from study.models import Job, Study

#: What the list can be narrowed to, beside the states of studies.
ARCHIVED = "archived"


@never_cache
@login_required
@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """List the user's studies (for superusers all) and background tasks; archived ones only if asked for."""
    user = researcher(request)
    rows = Study.objects.filter(preview=False).defer("plan", "certificate").order_by("-created_at", "slug")
    rows = rows if user.is_superuser else rows.filter(visible_studies(user))
    found = list(rows.annotate(invited=Count("experts"), finished=Count("experts__submitted_at")))
    numbers = Counter(_shelf(study) for study in found)
    show = request.GET.get("state", "")
    language = get_language() or ""
    context = {
        "studies": [
            (study, study.text("title", language))
            for study in found
            if (_shelf(study) == show if show in numbers else not study.archived_at)
        ],
        "all": sum(number for shelf, number in numbers.items() if shelf != ARCHIVED),
        "show": show if show in numbers else "",
        "shelves": [(name, label, numbers[name]) for name, label in _shelves() if numbers[name]],
        "drafts": [(draft, title_of_draft(content_of_draft(draft))) for draft in visible_drafts(user)],
        "jobs": Job.objects.filter(user=user).exclude(state=Job.State.DONE),
    }
    return render(request, "desk/studies.html", context)


def _shelf(study: Study) -> str:
    return ARCHIVED if study.archived_at else str(study.state)


def _shelves() -> list[tuple[str, str]]:
    """The name of each part of the list, and what the page calls it."""
    return [*((state.value, str(state.label)) for state in Study.State), (ARCHIVED, _("archived"))]
