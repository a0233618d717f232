"""A job's page: how far it is, what came of it, and what to do next."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from formats.errors import Message
from formats.messages import clauses
from formats.study_file import localised
from study import cautions, jobs, services
from study.desk.forms import ClipsForm
from study.desk.permissions import researcher, study_or_404
from study.errors import Refused
from study.models import Draft, Job, Study

#: What the page calls the steps of jobs (study/jobs/work.py).
STEPS = {
    "files": gettext_lazy("Listening to the files"),
    "clips": gettext_lazy("Reading and rendering the clips"),
    "study": gettext_lazy("Creating the study"),
    "blinding": gettext_lazy("Running the blinding check"),
    "dataset": gettext_lazy("Exporting the ratings"),
    "report": gettext_lazy("Creating the report"),
    "choices": gettext_lazy("Creating the report of the choices"),
    "simulation": gettext_lazy("Simulating ratings"),
}


def own_job(request: HttpRequest, token: str) -> Job:
    """A job of the user's own; someone else's is not there."""
    user = researcher(request)
    job = Job.objects.select_related("study", "user").filter(token=token).first()
    if job is None or (job.user_id != user.pk and not user.is_superuser):
        raise Http404
    return job


def job_context(job: Job) -> dict[str, Any]:
    """What every page that tells of a job needs."""
    has_stopped = jobs.has_stopped(job)
    return {
        "job": job,
        "step": STEPS.get(job.step, ""),
        "fault": _faults(job),
        "has_stopped": has_stopped,
        "running": not has_stopped and _is_running(job),
    }


def _faults(job: Job) -> list[str]:
    """Why a job failed, in the reader's language; in English where an earlier version ran it."""
    faults = job.detail.get("faults")
    if faults is None or not job.fault:
        return [line for line in job.fault.split("\n") if line]
    return [Message.from_json(fault).words(gettext) for fault in faults]


def _is_running(job: Job) -> bool:
    return job.state == Job.State.RUNNING


@never_cache
@login_required
@require_safe
def job(request: HttpRequest, token: str) -> HttpResponse:
    """One job."""
    found = own_job(request, token)
    if found.kind in jobs.REPORTS and found.study and found.state == Job.State.DONE:
        return redirect("desk:report", found.study.slug)
    if found.kind == Job.Kind.FILES and (draft := Draft.objects.filter(token=found.detail["draft"]).first()):
        return redirect("builder:step", draft.token, "clips")
    title = found.detail.get("title")
    words = localised(title, get_language() or "") if title else found.detail["slug"]
    left_out = [(left["file"], _reason(left)) for left in found.detail.get("left_out", [])]
    context = {
        **job_context(found),
        "title": words,
        "left_out": left_out,
        "cautions": _cautions(found),
        "form": ClipsForm().without_asked(found.detail),
        "made": _made(found.detail),
    }
    return render(request, "desk/job.html", context)


#: What was done to files so that all clips are alike.
CHANGES = {
    "cut": gettext_lazy("cut"),
    "padded": gettext_lazy("followed by silence"),
    "mixed": gettext_lazy("mixed to mono"),
    "doubled": gettext_lazy("mono, played on both sides"),
}


def _made(detail: dict[str, Any]) -> str:
    """The length and channels of the clips, and how many files were changed; "" before there are any."""
    if "made_seconds" not in detail:
        return ""
    channels = _("stereo") if detail["made_channels"] == 2 else _("mono")
    done = clauses(get_language() or "", [f"{count} {CHANGES[name]}" for name, count in detail["changes"].items()])
    values = {"seconds": f"{detail['made_seconds']:.4g}", "channels": channels, "done": done}
    if done:
        return _("All clips: %(seconds)s s, %(channels)s. Files changed: %(done)s.") % values
    return _("All clips: %(seconds)s s, %(channels)s. No file was cut or mixed.") % values


def _reason(left: dict[str, Any]) -> str:
    """Why a file could not be used, in the reader's language; in English where an earlier version looked at it."""
    message = left.get("message")
    return Message.from_json(message).words(gettext) if message else str(left["reason"])


def _cautions(job: Job) -> list[str]:
    """The cautions of the blinding check that a job has done; before, those on the plans that its file asks for."""
    checked = services.last_blinding(job.study) if job.study and job.state == Job.State.DONE else None
    return cautions.of_check(checked.detail if checked else job.detail)


@login_required
@require_POST
def discard(request: HttpRequest, token: str) -> HttpResponse:
    """Forgets a job that is not running, with all that was uploaded for it."""
    found = own_job(request, token)
    if _is_running(found) and not jobs.has_stopped(found):
        messages.error(request, _("This task is still running. Please wait until it is done."))
        return redirect("desk:job", token)
    jobs.remove_job(found)
    return redirect("desk:studies")


@login_required
@require_POST
def check_blinding(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets the blinding check of a study to work."""
    found = study_or_404(request, slug, "run")
    return start_job(request, found, Job.Kind.BLINDING)


@login_required
@require_POST
def rehearse(request: HttpRequest, slug: str) -> HttpResponse:
    """Fills a copy of the study with simulated ratings and creates their report."""
    found = study_or_404(request, slug, "run")
    if found.simulated:
        messages.error(request, _("This study is itself a copy with simulated ratings."))
        return redirect("desk:study", slug)
    return start_job(request, found, Job.Kind.REHEARSAL)


def start_job(request: HttpRequest, found: Study, kind: Job.Kind) -> HttpResponse:
    """Sets a job on a study to work and goes to its page; says why if it was refused."""
    made = jobs.prepare(kind, user=researcher(request), study=found, slug=found.slug)
    try:
        jobs.start(made)
    except Refused as refused:
        jobs.remove_job(made)
        messages.error(request, refused.message)
        return redirect("desk:study", found.slug)
    return redirect("desk:job", made.token)
