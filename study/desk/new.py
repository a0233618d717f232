"""Create a study: first its file, then its clips, in a background task."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from formats import study_file
from formats.errors import InputError
from formats.study_file import StudyFile
from formats.toml import LARGEST_FILE
from study import jobs, services
from study.desk.forms import ClipsForm, StudyFileForm
from study.desk.job import own_job
from study.desk.permissions import researcher, run_action
from study.errors import FieldErrors
from study.models import Job, Study
from study.text_files import slug_of

EXAMPLES = Path(settings.BASE_DIR) / "fixtures" / "studies"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Takes a study file, or says all that is wrong with it."""
    form = StudyFileForm()
    if request.method == "POST":
        form = StudyFileForm(request.POST, request.FILES)
        if job := form.attempt(partial(_prepared, request)):
            return redirect("desk:job", job.token)
    names = sorted(path.stem for path in EXAMPLES.glob("*.toml"))
    context = {"form": form, "faults": form.faults, "examples": names}
    return render(request, "desk/new.html", context, status=400 if form.faults else 200)


@login_required
@require_safe
def example(request: HttpRequest, name: str) -> HttpResponseBase:
    """A shipped study file to begin with."""
    path = EXAMPLES / f"{name}.toml"
    if not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="text/plain")


def _prepared(request: HttpRequest, file: UploadedFile[bytes], slug: str) -> Job:
    """A task that waits for clips. Raises `InputError` with one line per error."""
    return prepared(researcher(request), text_of(file), slug or Path(file.name or "").stem)


def prepared(user: User, text: str, slug: str) -> Job:
    """A task that waits for the clips of a study file. Raises `InputError` with one line per error."""
    study = study_file.parse(text)
    services.refuse_not_served(study)
    slug = slug_of(slug)
    if Study.objects.filter(slug=slug).exists():
        message = _("The short name %(slug)s is already used by a study. Choose another one.")
        raise FieldErrors([("slug", message % {"slug": slug})])
    job = jobs.prepare(Job.Kind.NEW_STUDY, user=user, slug=slug, **_summary(study))
    (jobs.folder_of(job) / "study.toml").write_text(text, encoding="utf-8", newline="")
    return job


def text_of(upload: UploadedFile[bytes]) -> str:
    """A study file as it was uploaded. Raises `InputError` where it is too large or no text."""
    if (upload.size or 0) > LARGEST_FILE:
        raise InputError(
            _("The study file is larger than %(most)d kB. Check that this is the right file.") % {"most": 256}
        )
    try:
        text = str(upload.read(), "utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(_("The study file is not UTF-8 text. Save it as UTF-8.")) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")  # as the command reads it


def _summary(file: StudyFile) -> dict[str, Any]:
    """What the next page says of the study, and what the clips must be."""
    design = file.design
    return {
        "title": file.title,
        "systems_asked": [system.id for system in file.systems],
        "clips": design.clips_per_system,
        "practice": file.practice_clips,
        "asked": file.clips.as_json(),
        "slots": file.slots,
        "trials": file.trials_per_expert,
        "cautions": [caution.as_json() for caution in services.cautions_on(file)],
        "scales": [[scale.key, scale.minimum, scale.maximum] for scale in file.numbered],
    }


@login_required
@require_POST
def clips(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the clips and sets the job to work."""
    job = own_job(request, token)
    if not jobs.can_start(job) or job.kind != Job.Kind.NEW_STUDY or job.study:
        messages.error(request, _("This study already has its clips."))
        return redirect("desk:job", token)
    form = ClipsForm(request.POST, request.FILES).without_asked(job.detail)

    def start(clips: UploadedFile[bytes], seconds: float | None = None, channels: str = "") -> None:
        job.detail |= {"seconds": seconds, "channels": int(channels or 0) or None, **job.detail.get("asked", {})}
        jobs.start(job, {"clips.zip": clips.chunks()})

    return run_action(request, start, "desk:job", token, form=form)
