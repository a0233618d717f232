"""What a draft's plan would be: its balance, and which differences the study can find."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from formats.errors import InputError
from formats.study_file import ChoiceQuestion, Preference, StudyFile
from study import services
from study.builder import drafts
from study.builder.access import draft_or_404
from study.builder.faults import check
from study.errors import words_of
from study.jobs import Limits
from study.jobs.child import run_command

#: Of the command that calculates power.
LIMITS = Limits(wall_s=60, cpu_s=60, memory=4 * 1024**3, file=1024**2)


@never_cache
@login_required
@require_POST
def figures(request: HttpRequest, token: str) -> HttpResponse:
    """Calculates what the study can find, for a draft without faults."""
    draft = draft_or_404(request, token)
    file, faults = check(drafts.content_of_draft(draft))
    context: dict[str, Any] = {"draft": draft, "faults": faults}
    if file is not None:
        context["cautions"] = [caution.words(_) for caution in services.cautions_on(file)]
        context |= _power(file)
    return render(request, "builder/figures.html", context)


def _power(file: StudyFile) -> dict[str, str]:
    """The page of `plan_study`, or why there is none."""
    asked = file.asked(file.analysis.primary_scale)
    if isinstance(asked, ChoiceQuestion) and not (file.has_x or asked.has_right_answers):
        return {"fault": _("Power cannot be calculated for a choice without right answers.")}
    if file.design.clips_per_system < 2:
        return {"fault": _("Power can be calculated for two or more clips per system.")}
    with TemporaryDirectory() as scratch:
        try:
            return {
                "power": run_command(
                    ["plan_study", *_options(file)], lambda percent: None, temporary=Path(scratch), limits=LIMITS
                )
            }
        except InputError as error:
            return {"fault": words_of(error)}


def _options(file: StudyFile) -> list[str]:
    """The options of `plan_study` for the study and its primary question."""
    asked, design = file.asked(file.analysis.primary_scale), file.design
    numbers = {
        "experts": file.slots,
        "gap": file.analysis.smallest_gap,
        "clips": design.clips_per_system,
        "systems": len(file.systems),
        "alpha": file.analysis.alpha,
        "contrasts": max(1, len(file.analysis.contrasts)),
        "language": get_language() or "en",
    }
    given = [f"--{name}={value}" for name, value in numbers.items()]
    if file.has_x:
        return ["--abx", *given, f"--rounds={design.rounds}", f"--margin={file.analysis.smallest_gap}"]
    if isinstance(asked, Preference):
        return ["--pairs", *given, f"--rounds={design.rounds}", f"--form={asked.form}"]
    given.append(f"--heard={design.heard_per_expert}")
    if isinstance(asked, ChoiceQuestion):
        return ["--choices", *given]
    if file.has_sets:
        return ["--sets", *given]
    return ["--prompts", *given] if file.trial.match == "prompt" else given
