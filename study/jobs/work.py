"""What each kind of job does, step by step, and what is told of it meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import OperationalError

from formats.errors import Message
from study import clock
from study.builder import files
from study.jobs.child import INTERNAL, Failed, run_command
from study.jobs.desk import folder_of, remove_job
from study.models import Draft, Job, Study

#: Experts' saves go before.
NICENESS = 10
#: How often the outcome is written again while another process has SQLite's only lock; each attempt waits its timeout.
ATTEMPTS = 10


@dataclass(frozen=True)
class Step:
    """A command, its label on the page (study/desk/job.py), and its results."""

    name: str
    arguments: list[str]
    after: Callable[[Job], None] = lambda job: None


def work(job: Job) -> None:
    """Run all steps of a task; its row always records the outcome."""
    os.nice(NICENESS)
    faults = _faults_of(job)
    _tidy(job, is_done=not faults)
    if faults:
        job.detail["faults"] = [fault.as_json() for fault in faults]
        _tell(job, state=Job.State.FAILED, fault="\n".join(faults))
    else:
        _tell(job, state=Job.State.DONE, step="", percent=None)


def _faults_of(job: Job) -> list[Message]:
    """Runs the steps one after the other; the messages that say why one failed, or none."""
    try:
        for step in STEPS[Job.Kind(job.kind)](job):
            _run(job, step)
    except Failed as failed:
        print(failed.output, flush=True)
        # Where the site keeps files is nobody's business.
        return [message.renamed(f"{folder_of(job)}/", "") for message in failed.messages]
    except Exception:
        traceback.print_exc()
        return [Message(INTERNAL)]
    return []


def _run(job: Job, step: Step) -> None:
    _tell(job, step=step.name, percent=None)
    run_command([*step.arguments, "--progress", "json"], lambda percent: _beat(job, percent), temporary=folder_of(job))
    step.after(job)


def _beat(job: Job, percent: int | None) -> None:
    """Show how far the command is; passed over while a long transaction, perhaps its own, has the database."""
    with suppress(OperationalError):
        _write(job, percent=percent)


def _tell(job: Job, **news: object) -> None:
    """Record what has become of a task, as soon as the database takes it."""
    for _attempt in range(ATTEMPTS - 1):
        with suppress(OperationalError):
            _write(job, **news)
            return
    _write(job, **news)


def _write(job: Job, **news: object) -> None:
    for name, value in news.items():
        setattr(job, name, value)
    job.beat_at = clock.now()
    Job.objects.filter(pk=job.pk).update(**news, detail=job.detail, study=job.study, beat_at=job.beat_at)


def _new_study(job: Job) -> list[Step]:
    """From a study file and clips to a draft whose blinding is checked."""
    folder, asked = folder_of(job), job.detail
    made = ["--out", str(folder / "pack"), "--clips-per-system", str(asked["clips"])]
    given = [part for name in ("practice", "seconds", "channels") if asked.get(name) for part in _option(asked, name)]
    name, slug = f"researcher:{job.user.get_username()}", str(asked["slug"])
    create = ["create_study", str(folder / "study.toml"), "--pack", str(folder / "pack"), "--slug", slug, "--draft"]
    return [
        Step(
            "clips",
            ["generate_stimuli", "--from", str(_clips_of(folder)), *made, *given],
            _note_left_out,
        ),
        Step(
            "study",
            [*create, f"--owner={job.user.get_username()}", f"--actor={name}"],
            _note_study,
        ),
        Step("blinding", ["check_blinding", slug, "--actor", name]),
    ]


def _clips_of(folder: Path) -> Path:
    """The ZIP file that was uploaded, or the folder that the builder has filled."""
    return folder / "clips.zip" if (folder / "clips.zip").exists() else folder / "clips"


def _option(asked: dict[str, Any], name: str) -> list[str]:
    return [f"--{name}", str(asked[name])]


def _note_left_out(job: Job) -> None:
    """Record which clips cannot be used, and why, and what was done to the others, for the page."""
    manifest = json.loads((folder_of(job) / "pack" / "manifest.json").read_text(encoding="utf-8"))
    for name in ("left_out", "systems", "made_seconds", "made_channels", "changes"):
        job.detail[name] = manifest["drawing"][name.removeprefix("made_")]


def _files(job: Job) -> list[Step]:
    """Listen to the files of a draft."""
    draft = Draft.objects.get(token=job.detail["draft"])
    folder = files.files_of_draft(draft)
    folder.mkdir(parents=True, exist_ok=True)
    return [Step("files", ["survey_files", str(folder), "--out", str(folder_of(job) / "files.json")], _note_files)]


def _note_files(job: Job) -> None:
    """Record what was found, for the page of the draft."""
    draft = Draft.objects.get(token=job.detail["draft"])
    found = json.loads((folder_of(job) / "files.json").read_text(encoding="utf-8"))
    content = draft.versions.get(number=draft.version).content
    files.note_files(draft, found, [str(row.get("id")) for row in content.get("systems", ())])


def _note_study(job: Job) -> None:
    job.study = Study.objects.get(slug=job.detail["slug"])


def _note_codes(job: Job) -> None:
    """Record that the report's codes were drawn at random."""
    job.detail["under_codes"] = True


def _blinding(job: Job) -> list[Step]:
    name = f"researcher:{job.user.get_username()}"
    return [Step("blinding", ["check_blinding", job.detail["slug"], "--actor", name])]


def _report(job: Job) -> list[Step]:
    folder, slug = folder_of(job), job.detail["slug"]
    if job.study is not None and job.study.sealed:
        name = f"researcher:{job.user.get_username()}"
        made = ["report_under_codes", slug, "--out", str(folder / "report"), "--actor", name]
        too = ["--choices", str(folder / "choices")] if _has_choices_too(job.study) else []
        return [Step("report", [*made, *too], _note_codes)]
    dataset = folder / f"dataset-{slug}"
    return [Step("dataset", ["export_dataset", slug, "--out", str(dataset)]), *_reports(job, dataset)]


def _reports(job: Job, dataset: Path) -> list[Step]:
    """The report of a dataset, and that of its choices where the first one is of ratings or preferences."""
    folder, made = folder_of(job), ["analyse", str(dataset), "--out"]
    reports = [Step("report", [*made, str(folder / "report")])]
    if job.study is not None and _has_choices_too(job.study):
        reports.append(Step("choices", [*made, str(folder / "choices"), "--choices"]))
    return reports


def _has_choices_too(study: Study) -> bool:
    """Whether a study has choices and also ratings or preferences."""
    return bool(study.file.choices) and len(study.file.choices) < len(study.file.numbered)


def _rehearsal(job: Job) -> list[Step]:
    """Simulated ratings in a copy of the study, and their report; the copy before goes with its reports."""
    folder, copy = folder_of(job), f"{job.detail['slug']}-simulated"
    for older in Job.objects.filter(study__slug=copy, study__simulated=True).exclude(state=Job.State.RUNNING):
        remove_job(older)
    dataset = folder / f"dataset-{copy}"

    def note_copy(job: Job) -> None:
        job.study = Study.objects.get(slug=copy)

    return [
        Step("simulation", ["simulate_ratings", job.detail["slug"], "--seed", "1", "--replace"], note_copy),
        Step("dataset", ["export_dataset", copy, "--out", str(dataset)]),
        *_reports(job, dataset),
    ]


STEPS: dict[Job.Kind, Callable[[Job], list[Step]]] = {
    Job.Kind.NEW_STUDY: _new_study,
    Job.Kind.BLINDING: _blinding,
    Job.Kind.REPORT: _report,
    Job.Kind.FILES: _files,
    Job.Kind.REHEARSAL: _rehearsal,
}


def _tidy(job: Job, *, is_done: bool) -> None:
    """Keep reports, otherwise only the log: a pack would reveal systems."""
    folder = folder_of(job)
    kept = {"log.txt", "report", "choices"} if is_done else {"log.txt", "study.toml"}
    for path in folder.iterdir():
        if path.name not in kept:
            _remove(path)
    if job.study_id and job.kind != Job.Kind.NEW_STUDY and is_done:
        for older in Job.objects.filter(study=job.study, kind=job.kind, pk__lt=job.pk).exclude(state=Job.State.RUNNING):
            remove_job(older)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
