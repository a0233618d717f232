"""What the step on clips shows of the files of a draft."""

from __future__ import annotations

from typing import Any

from formats.pack import PRACTICE
from study import jobs
from study.builder import files
from study.builder.content import Content
from study.models import Draft, Job


def systems_of_content(content: Content) -> list[str]:
    """The ids of a draft's systems."""
    return [str(row["id"]) for row in content.get("systems", ()) if row.get("id")]


def job_of(draft: Draft) -> Job | None:
    """The newest task that listens to a draft's files, unless it is done."""
    newest = Job.objects.filter(kind=Job.Kind.FILES, detail__draft=draft.token).first()
    return newest if newest and newest.state != Job.State.DONE else None


def context_of(draft: Draft, content: Content) -> dict[str, Any]:
    """What the step on clips shows of the files."""
    rows, common = files.rows_of(draft, content)
    wanted = content.get("design", {}).get("clips_per_system")
    job = job_of(draft)
    has_stopped = bool(job and jobs.has_stopped(job))
    return {
        "files": rows,
        "common": common,
        "per_system": [(system, common["counts"].get(system, 0)) for system in systems_of_content(content)],
        "practice_files": common["counts"].get(PRACTICE, 0),
        "wanted": wanted if isinstance(wanted, int) else None,
        "owners": [*systems_of_content(content), PRACTICE],
        "listening": job if job and job.state == Job.State.RUNNING and not has_stopped else None,
        "waits": files.waiting(draft),
        "failed_job": job if job and (job.state == Job.State.FAILED or has_stopped) else None,
        "has_folders": any("/" in row.file.name for row in rows),
    }
