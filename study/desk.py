"""The researcher's desk: her studies, how far each expert is, and the few acts by which a study ends."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from study import dataset, queries, services
from study.errors import Refused
from study.models import Expert, Study

#: Events shown on a study's page.
TAIL = 20
#: What the log's words are called on the page.
KINDS = {
    "created": gettext_lazy("created"),
    "opened": gettext_lazy("opened"),
    "invited": gettext_lazy("invited"),
    "invited again": gettext_lazy("invited again"),
    "device accepted": gettext_lazy("link opened on a device"),
    "consent given": gettext_lazy("consent given"),
    "background saved": gettext_lazy("background answered"),
    "sound checked": gettext_lazy("sound set up"),
    "problem reported": gettext_lazy("a clip would not play"),
    "submitted": gettext_lazy("session finished"),
    "withdrawn": gettext_lazy("expert withdrawn"),
    "closed": gettext_lazy("study closed"),
    "unsealed": gettext_lazy("seal opened"),
    "dataset downloaded": gettext_lazy("dataset downloaded"),
    "previewed": gettext_lazy("previewed"),
}
#: Inside a zip every file has this date, so that the same dataset gives the same bytes.
ZIP_TIME = (2020, 1, 1, 0, 0, 0)


def own_study(request: HttpRequest, slug: str) -> Study:
    """The study, if it is the user's own or the user is a superuser; else there is none."""
    study = get_object_or_404(Study, slug=slug, preview=False)
    if not _researcher(request).is_superuser and study.owner_id != _researcher(request).pk:
        raise Http404
    return study


def _researcher(request: HttpRequest) -> User:
    if not isinstance(request.user, User):  # views are behind login_required
        raise Http404
    return request.user


@never_cache
@login_required
@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """All studies of the user; of a superuser, all there are."""
    user = _researcher(request)
    rows = Study.objects.filter(preview=False).defer("plan", "certificate")
    found = rows if user.is_superuser else rows.filter(owner=user)
    language = get_language() or ""
    return render(
        request, "desk/studies.html", {"studies": [(study, study.text("title", language)) for study in found]}
    )


@never_cache
@login_required
@require_GET
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """One study: its state, its experts' progress, the plan's balance and the end of its log."""
    found = own_study(request, slug)
    board = queries.board(found)
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "board": board,
        "submitted": sum(row.submitted_at is not None for row in board),
        "slots": found.certificate.get("slots", 0),
        "certificate": found.certificate,
        "events": [(event, KINDS.get(event.kind, event.kind)) for event in found.events.order_by("-number")[:TAIL]],
        "broken_event": services.broken_event(found),
    }
    return render(request, "desk/study.html", context)


@login_required
@require_POST
def open_study(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens a draft to its experts."""
    return _act(request, own_study(request, slug), services.open_study)


@login_required
@require_POST
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """Closes an open study."""
    return _act(request, own_study(request, slug), services.close_study)


@login_required
@require_POST
def open_seal(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens the seal of a closed study, after the user has given the password once more."""
    found = own_study(request, slug)
    name, password = _researcher(request).get_username(), request.POST.get("password", "")
    # Through the backends, so that wrong passwords count towards the throttle as they do at the login.
    if authenticate(request, username=name, password=password) is None:
        messages.error(request, _("The password is not right, so the seal stays closed."))
        return redirect("desk:study", slug)
    return _act(request, found, services.open_seal)


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Records that an expert withdrew."""
    expert = get_object_or_404(Expert, study=own_study(request, slug), code=code)
    services.withdraw(expert, actor=_actor(request))
    return redirect("desk:study", slug)


@login_required
@require_POST
def download(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The dataset as a zip. By POST, for the log keeps who took it and when."""
    found = own_study(request, slug)
    detail = {"sealed": found.sealed}
    services.log_event(found, actor=_actor(request), kind="dataset downloaded", detail=detail)
    stem = f"dataset-{slug}"
    archive = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    with tempfile.TemporaryDirectory() as folder:
        dataset.export(found, Path(folder) / stem)
        _zip(Path(folder), archive)
    archive.seek(0)
    response = FileResponse(archive, as_attachment=True, filename=f"{stem}.zip", content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response


def _act(request: HttpRequest, found: Study, act: Callable[..., None]) -> HttpResponse:
    """One step of a study's life in the user's name, and back to its page, which says why if it was refused."""
    try:
        act(found, actor=_actor(request))
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("desk:study", found.slug)


def _actor(request: HttpRequest) -> str:
    return f"researcher:{_researcher(request).get_username()}"


def _zip(folder: Path, archive: IO[bytes]) -> None:
    """Packs all files under a folder, in the order of their names."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, packed.open(entry, "w") as target:
                while chunk := source.read(1 << 16):
                    target.write(chunk)
