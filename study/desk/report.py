"""The report of a closed study: create, show and download it."""

from __future__ import annotations

import json
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from formats.messages import SOURCE
from formats.report import NAME
from study import jobs, services
from study.desk.job import job_context, start_job
from study.desk.permissions import actor, rights_in, study_or_404
from study.desk.report_html import shown
from study.models import Job, Rating, Study, Trial

KINDS = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".tex": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
}
#: The only kind that pages show by its address; every other one is a download.
SHOWN = ".png"
#: A job's folder of the report; beside it "choices" has that of choices, where a study has them and ratings too.
MAIN = "report"
#: The page for reviewers; reports of earlier versions have none.
CHECKLIST = "checklist.html"


@dataclass
class Part:
    """A figure or a table: its name, the title that the report gives it, and the files it comes in."""

    name: str
    title: str
    files: list[str] = field(default_factory=list)

    @property
    def downloads(self) -> list[tuple[str, str]]:
        """Each file, and what tells it from the part's other files."""
        return [(name, name.removeprefix(f"{self.name}.")) for name in self.files]


@never_cache
@login_required
@require_safe
def report(request: HttpRequest, slug: str, of: str = MAIN) -> HttpResponse:
    """The newest report, what is being made, and the button that makes one; or the report of the choices beside it."""
    found = study_or_404(request, slug, "read")
    newest = found.jobs.filter(kind__in=jobs.REPORTS).first()
    made = newest if newest is not None and newest.state == Job.State.DONE else None
    done = _done(found)
    language = get_language() or ""
    folder = jobs.folder_of(done) / of if done else None
    if of != MAIN and not (done and _is_here(done, of)):
        raise Http404
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "rights": rights_in(request, found),
        "done": done,
        "of": of,
        "file_page": f"desk:{of}_file",
        "zip_page": f"desk:{of}_zip",
        "has_choices": done is not None and _is_here(done, "choices"),
        "withheld": made is not None and _is_withheld(made, found),
        "tells_too_much": made is not None and _tells_too_much(made, found),
        "elsewhere": made is not None and not _is_here(made),
        "words": shown(folder, language) if folder else "",
        "simulated": found.simulated,
        "parts": _parts(folder, language) if folder else [],
        "others": _others(folder, language) if folder else [],
        "has_checklist": folder is not None and CHECKLIST in _names(folder),
        "outdated": done is not None
        and found.unsealed_at is not None
        and done.made_at < found.unsealed_at
        and done.kind == Job.Kind.REPORT,  # a rehearsal unblinds its copy itself
        **(job_context(newest) if newest else {}),
    }
    return render(request, "desk/report.html", context)


@login_required
@require_POST
def make(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets a new report to work; only of a study that takes no answers any more."""
    found = study_or_404(request, slug, "run")
    if found.state not in {Study.State.CLOSED, Study.State.UNSEALED}:
        messages.error(request, _("Close the study before you create a report."))
        return redirect("desk:study", slug)
    counting = Rating.objects.filter(expert__study=found, expert__withdrawn_at=None, trial__phase=Trial.Phase.STUDY)
    if not counting.exists():
        messages.error(request, _("There are no ratings to report yet."))
        return redirect("desk:report", slug)
    return start_job(request, found, Job.Kind.REPORT)


@login_required
@require_safe
def file(request: HttpRequest, slug: str, name: str, of: str = MAIN) -> HttpResponseBase:
    """One file of the newest report."""
    folder = _folder(study_or_404(request, slug, "read"), of)
    path = folder / name
    if name not in _names(folder) or not path.is_file():
        raise Http404
    kind = KINDS.get(path.suffix, "application/octet-stream")
    shown = path.suffix == SHOWN and "download" not in request.GET
    response = FileResponse(path.open("rb"), as_attachment=not shown, filename=path.name, content_type=kind)
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def download(request: HttpRequest, slug: str, of: str = MAIN) -> HttpResponseBase:
    """The whole report as a zip. By POST, for the log keeps who took it and when."""
    found = study_or_404(request, slug, "read")
    folder = _folder(found, of)
    services.log_event(found, actor=actor(request), kind="report downloaded", detail={"sealed": found.sealed})
    archive = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in _names(folder):
            packed.write(folder / name, f"{of}-{slug}/{name}")
    archive.seek(0)
    response = FileResponse(archive, as_attachment=True, filename=f"{of}-{slug}.zip", content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response


def _done(found: Study) -> Job | None:
    """The newest report, if it may be shown and its files are here."""
    done = found.jobs.filter(kind__in=jobs.REPORTS, state=Job.State.DONE).first()
    return None if done is None or _is_withheld(done, found) or not _is_here(done) else done


def _is_withheld(done: Job, found: Study) -> bool:
    """Whether an expert has withdrawn since, or the report reveals too much."""
    return _tells_too_much(done, found) or found.experts.filter(withdrawn_at__gte=done.made_at).exists()


def _tells_too_much(done: Job, found: Study) -> bool:
    """Whether an earlier version made it before unblinding with fixed codes."""
    return found.sealed and not done.detail.get("under_codes")


def _is_here(done: Job, of: str = MAIN) -> bool:
    """Whether a report's files are on this server."""
    return (jobs.folder_of(done) / of / NAME).is_file()


def _folder(found: Study, of: str) -> Path:
    done = _done(found)
    if done is None or not _is_here(done, of):
        raise Http404
    return jobs.folder_of(done) / of


def _about(folder: Path) -> dict[str, Any]:
    """What the report says of itself."""
    try:
        about: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))["report"]
    except (OSError, ValueError, KeyError):
        return {}
    return about


def _names(folder: Path) -> list[str]:
    """The report's own list of its files."""
    names: list[str] = _about(folder).get("files", [])
    return names


def _others(folder: Path, language: str) -> list[str]:
    """The whole report as PDF and the methods for a paper, in the reader's language."""
    return [name for name in _names(folder) if "/" not in name and f".{language}." in name]


def _parts(folder: Path, language: str) -> list[Part]:
    """Figures and tables in the report's order, with its titles."""
    about, parts = _about(folder), dict[str, Part]()
    titles = {
        finding["path"]: finding["title"].get(language) or finding["title"][SOURCE]
        for section in about.get("sections", [])
        for finding in section["findings"]
        if finding.get("title")  # reports of earlier versions have none
    }
    for name in about.get("files", []):
        if "/" in name:
            stem = name.partition(".")[0]
            title = titles.get(stem) or stem.partition("/")[2].replace("_", " ")
            parts.setdefault(stem, Part(stem, title)).files.append(name)
    order = list(titles)
    return sorted(parts.values(), key=lambda part: order.index(part.name) if part.name in titles else len(order))
