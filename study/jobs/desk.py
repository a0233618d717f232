"""Jobs as the desk sees them: their folders, and setting them to work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from study import clock
from study.errors import Refused
from study.models import Job, Study

#: A process that has written nothing for so long is gone: its computer was switched off, say.
SILENCE = timedelta(seconds=90)
#: What is prepared and never begun, and what has failed, is forgotten after so long.
FORGOTTEN_AFTER = timedelta(days=7)
#: The tasks that leave a report.
REPORTS = (Job.Kind.REPORT, Job.Kind.REHEARSAL)


def folder_of(job: Job) -> Path:
    """Where a job keeps its files."""
    return Path(settings.MEDIA_ROOT) / "jobs" / job.token


def has_stopped(job: Job) -> bool:
    """Whether a job that should be running has no process any more."""
    return job.state == Job.State.RUNNING and clock.now() - job.beat_at > SILENCE


def can_start(job: Job) -> bool:
    """Whether a job can be set to work, for the first time or once more."""
    return job.state in {Job.State.PREPARED, Job.State.FAILED} or has_stopped(job)


def running_job(user: User) -> Job | None:
    """The user's job that is running."""
    running = Job.objects.filter(user=user, state=Job.State.RUNNING)
    return next((job for job in running if not has_stopped(job)), None)


def prepare(kind: Job.Kind, *, user: User, study: Study | None = None, **detail: Any) -> Job:
    """Create a task with an empty folder; delete abandoned tasks."""
    now = clock.now()
    old = Job.objects.filter(made_at__lt=now - FORGOTTEN_AFTER).exclude(state=Job.State.DONE)
    for job in [job for job in old if job.state != Job.State.RUNNING or has_stopped(job)]:
        remove_job(job)
    job = Job.objects.create(kind=kind, user=user, study=study, detail=detail, made_at=now, beat_at=now)
    folder_of(job).mkdir(parents=True)
    return job


def remove_job(job: Job) -> None:
    """Forgets a job and all its files."""
    shutil.rmtree(folder_of(job), ignore_errors=True)
    job.delete()


def start(job: Job, files: Mapping[str, Iterable[bytes]] | None = None) -> None:
    """Start a task in its own process, with files given by name and content.

    Refused while another task of the same user is running, so that the files it reads do not change.
    """
    folder = folder_of(job)
    if not folder.is_dir():  # another of several servers may have prepared the job
        raise Refused(409, "elsewhere", _("The files of this task are not on this server. Start again."))
    # Uploads take a while, and two may come at once: each is written under a name of its own, outside of the lock.
    with TemporaryDirectory(prefix="upload-", dir=folder) as arriving:
        for name, content in (files or {}).items():
            with (Path(arriving) / name).open("wb") as target:
                target.writelines(content)
        _mark_running(job)
        shutil.rmtree(folder / "pack", ignore_errors=True)  # of an attempt that was broken off
        for name in files or {}:
            os.replace(Path(arriving) / name, folder / name)
    _begin(job)


def _mark_running(job: Job) -> None:
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=job.user_id)  # two presses start one process
        if running_job(job.user) is not None:
            raise Refused(409, "busy", _("Another background task of yours is running. Please wait until it is done."))
        now = Job.objects.filter(pk=job.pk, study=job.study_id).first()
        if now is None or not can_start(now):  # another request has started it meanwhile
            raise Refused(409, "begun", _("This study already has its clips."))
        job.state, job.beat_at, job.fault = Job.State.RUNNING, clock.now(), ""
        job.detail.pop("faults", None)
        job.save(update_fields=["state", "beat_at", "fault", "detail"])


def _begin(job: Job) -> None:
    with (folder_of(job) / "log.txt").open("ab") as log:
        subprocess.Popen(  # noqa: S603  our own command, and no shell
            # The token may begin with a dash.
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "run_job", "--", job.token],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
