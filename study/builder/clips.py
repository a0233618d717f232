"""The files of a draft in the browser: uploading in parts, hearing, and saying whose they are."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from formats.pack import PRACTICE
from study import jobs
from study.builder import drafts, files
from study.builder.access import draft_or_404
from study.builder.clip_list import systems_of_content
from study.desk.permissions import researcher
from study.errors import Refused
from study.models import Draft, DraftFile, Job


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "PUT", "POST"])
def uploads(request: HttpRequest, token: str) -> HttpResponse:
    """How much of a file has arrived (GET), a part more of it (PUT), or a form's files and choices (POST)."""
    draft = draft_or_404(request, token)
    if request.method == "POST":
        return _form(request, draft)
    try:
        name = files.name_of_upload(request.GET.get("name", ""))
        size, at = (_number(request.GET.get(key, "0")) for key in ("size", "at"))
        if request.method == "PUT":
            return JsonResponse({"size": files.take(draft, name, size, at, request.read(files.MAX_CHUNK + 1))})
    except Refused as refused:
        return JsonResponse({"fault": refused.message}, status=refused.status)
    return JsonResponse({"size": files.arrived(draft, name, size)})


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Http404
    return int(text)


def _form(request: HttpRequest, draft: Draft) -> HttpResponse:
    name, _colon, which = request.POST.get("do", "").partition(":")
    try:
        for upload in request.FILES.getlist("files"):
            files.take_whole(draft, files.name_of_upload(upload.name or ""), upload.chunks())
        chosen = {key[7:]: request.POST.get(key, "") for key in request.POST if key.startswith("system-")}
        files.assign(draft, {_number(key): _known(draft, value) for key, value in chosen.items()})
        if name == "remove":
            files.remove(draft, get_object_or_404(draft.files, pk=_number(which)))
        elif name == "remove-all":
            files.remove_all(draft)
        elif name == "systems":
            _take_systems(request, draft)
        if name == "listen" or (name == "" and request.FILES):
            listen(request, draft)
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("builder:step", draft.token, "clips")


def _known(draft: Draft, system: str) -> str:
    known = {*systems_of_content(drafts.content_of_draft(draft)), PRACTICE}
    return system if system in known else ""


def _take_systems(request: HttpRequest, draft: Draft) -> None:
    """Makes a system of each folder, and says once more whose files are."""
    step = partial(files.systems_from_folders, draft)
    changed = drafts.change(draft, step, user=researcher(request), what="systems", reshapes=True)
    files.assign_by_name(draft, systems_of_content(drafts.content_of_draft(changed)))


def listen(request: HttpRequest, draft: Draft) -> None:
    """Sets a task to work that listens to the files."""
    for old in Job.objects.filter(kind=Job.Kind.FILES, detail__draft=draft.token).exclude(state=Job.State.RUNNING):
        jobs.remove_job(old)
    job = jobs.prepare(Job.Kind.FILES, user=researcher(request), draft=draft.token, slug=draft.slug or "…")
    try:
        jobs.start(job)
    except Refused:
        jobs.remove_job(job)
        raise


@login_required
@require_safe
def sound(request: HttpRequest, token: str, pk: int) -> HttpResponseBase:
    """A file as it was uploaded, to be heard."""
    draft = draft_or_404(request, token)
    file: DraftFile = get_object_or_404(draft.files, pk=pk)
    path = files.files_of_draft(draft) / file.name
    if not path.is_file():
        raise Http404
    response = FileResponse(path.open("rb"), filename=path.name)
    response["Cache-Control"] = "private, no-store"
    return response
