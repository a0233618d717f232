from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from study import jobs
from study.management.cli import command_errors
from study.models import Job


class Command(BaseCommand):
    help = (
        "Runs a background task of the dashboard: a new study from uploaded clips, a blinding check, or a report. "
        "The dashboard starts this command itself. Each step runs in a child process with limits on time, memory and "
        "files; the page of the task shows its progress."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("token", help="the task's token, from the address of its page")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors():
            job = Job.objects.select_related("study", "user").filter(token=options["token"]).first()
        if job is None or job.state != Job.State.RUNNING:
            raise CommandError("There is no such job that was started at the desk.")
        jobs.work(job)
