from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.urls import reverse

from study.management.cli import command_errors
from study.services.demo_access import RESEARCHER, first_password

#: As in deploy/: a thread that waits for a slow phone does not hold up the others.
WORKERS, THREADS = 2, 4


class Command(BaseCommand):
    help = (
        "Sets up the database and the site's files where they are missing or older, then serves the site. The first "
        "start makes an account `researcher` and prints its password. For a public server see docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        address = f"{options['host']}:{options['port']}"
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        with command_errors():
            password = first_password()
        self.stdout.write(f"Dashboard: http://{address}{reverse('desk:login')}")
        if password:
            self.stdout.write(f"Log in as {RESEARCHER} with the password {password}. It is not shown again.")
        self.stdout.write("Ctrl-C stops the server.")
        self.stdout.flush()
        server = ["-m", "gunicorn", "config.wsgi", "--config", "python:config.gunicorn"]
        server += ["--bind", address, "--no-control-socket"]
        processes = ["--workers", str(WORKERS), "--threads", str(THREADS)]
        os.execv(sys.executable, [sys.executable, *server, *processes])  # noqa: S606  the server takes this process over
