"""The frozen plan of a study, to be read and downloaded, and its amendments."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from formats import study_file
from formats.files import canonical_json
from study import preregistration, services
from study.desk.forms import AmendForm
from study.desk.permissions import actor, rights_in, study_or_404
from study.desk.study import actor_label
from study.models import Study
from study.sequences import is_cut, plan_shown

#: What the page calls the parts of a plan of analysis.
PARTS = {
    "hypotheses": gettext_lazy("Hypotheses"),
    "primary_scale": gettext_lazy("Primary scale"),
    "contrasts": gettext_lazy("Planned contrasts"),
    "smallest_gap": gettext_lazy("Smallest effect size of interest (SESOI)"),
    "alpha": gettext_lazy("Significance level (α)"),
    "exclusions": gettext_lazy("Exclusion rules"),
    "failed_checks": gettext_lazy("Exclude experts who fail so many attention checks"),
    "post_screening": gettext_lazy("Exclude experts by post-screening"),
    "dropouts": gettext_lazy("Drop-outs"),
}


@never_cache
@login_required
@require_safe
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The plan with all its versions."""
    found = study_or_404(request, slug, "watch")
    return _page(request, found)


def _page(request: HttpRequest, found: Study, status: int = 200, **context: Any) -> HttpResponse:
    versions = services.versions(found)
    shown = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "rights": rights_in(request, found),
        "first": _rows(found, versions[0].analysis),
        "amendments": [(one, actor_label(one.actor), _changes(found, one)) for one in versions[1:]],
        "form": AmendForm(initial={"analysis": study_file.analysis_toml(versions[-1].analysis)}),
        "is_cut": is_cut(found),
        "can_amend": found.state in {Study.State.OPEN, Study.State.CLOSED},
        **context,
    }
    return render(request, "desk/plan.html", shown, status=status)


def _rows(found: Study, analysis: dict[str, Any]) -> list[tuple[Any, list[str]]]:
    return [(words, _words(found, key, analysis[key])) for key, words in PARTS.items() if analysis.get(key)]


def _changes(found: Study, version: services.Version) -> list[tuple[Any, list[str]]]:
    return [(PARTS[key], _words(found, key, version.analysis.get(key, ""))) for key in version.changed]


def _words(found: Study, key: str, value: Any) -> list[str]:
    """A part of the plan as lines of text, with questions and systems called as in the reader's language."""
    language = get_language() or ""
    if isinstance(value, bool):
        return [_("yes") if value else _("no")]
    if key == "primary_scale" and value:
        return [found.file.asked(value).texts(language)["label"]]
    if key == "contrasts" and value:
        labels = {system.id: study_file.localised(system.label, language) for system in found.file.systems}
        return [" – ".join(labels[system] for system in pair) for pair in value]
    said = study_file.planned(value, language)
    return [str(item) for item in said] if isinstance(said, list) else [str(said)]


@login_required
@require_safe
def download(request: HttpRequest, slug: str) -> HttpResponse:
    """Download the frozen plan; of older studies without sessions while blinded."""
    found = study_or_404(request, slug, "watch")
    headers = {"Content-Disposition": f'attachment; filename="plan-{slug}.json"', "Cache-Control": "private, no-store"}
    return HttpResponse(canonical_json(plan_shown(found)), content_type="application/json", headers=headers)


@login_required
@require_safe
def registration(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Download the plan as text for the form of a registry."""
    found = study_or_404(request, slug, "watch")
    if form not in preregistration.FORMS:
        raise Http404
    text = preregistration.text_for(found, form, get_language() or "")
    headers = {"Content-Disposition": f'attachment; filename="{slug}-{form}.md"', "Cache-Control": "private, no-store"}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)


@login_required
@require_POST
def amend(request: HttpRequest, slug: str) -> HttpResponse:
    """Add an amendment, or show the errors and keep the typed text."""
    found = study_or_404(request, slug, "run")
    form = AmendForm(request.POST)

    def step(reason: str, analysis: str) -> None:
        parsed = study_file.parse_analysis(analysis.replace("\r\n", "\n"), found.file)
        services.amend_plan(found, analysis=parsed.as_json(), reason=reason, actor=actor(request))

    form.attempt(step)
    if form.faults:
        return _page(request, found, 400, form=form, faults=form.faults)
    messages.success(request, _("The amendment is recorded in the event log."))
    return redirect("desk:plan", slug)
