"""The list of a researcher's studies."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from study.desk.permissions import researcher, visible_studies
from study.models import Job, Study


@never_cache
@login_required
@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """List the user's studies (for superusers all) and background tasks."""
    user = researcher(request)
    rows = Study.objects.filter(preview=False).defer("plan", "certificate")
    found = rows if user.is_superuser else rows.filter(visible_studies(user))
    language = get_language() or ""
    context = {
        "studies": [(study, study.text("title", language)) for study in found],
        "jobs": Job.objects.filter(user=user).exclude(state=Job.State.DONE),
    }
    return render(request, "desk/studies.html", context)
