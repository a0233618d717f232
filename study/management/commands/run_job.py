from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from study import jobs
from study.management.cli import command_errors
from study.models import Job


class Command(BaseCommand):
    help = (
        "Does a piece of work that was ordered at the desk: a new study from uploaded clips, a blinding check, a "
        "report. The desk starts this command by itself. Each step runs in a child process with limits on time, memory "
        "and files; the page at the desk tells how far it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("token", help="the job's token, as in the address of its page")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors():
            job = Job.objects.select_related("study", "user").filter(token=options["token"]).first()
        if job is None or job.state != Job.State.RUNNING:
            raise CommandError("There is no such job that was started at the desk.")
        jobs.work(job)
