from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from config.commands import LongCommand
from formats.errors import InputError
from study import services
from study.management.cli import command_errors
from study.text_files import study_of


class Command(LongCommand):
    help = (
        "Writes the report of a closed study that is not unblinded yet, to finalise the analysis before the results "
        "are known. Each clip is assigned to one of the codes A, B, C … at random, so means and differences do not "
        "describe the systems. The dashboard runs this command for “Create report”. See docs/blinding.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument("--out", metavar="REPORT", type=Path, required=True, help="the folder to write")
        parser.add_argument(
            "--choices",
            metavar="REPORT",
            type=Path,
            help="also write the report of the choices to this folder, where the study asks ratings or preferences too",
        )
        parser.add_argument("--actor", default="command", help="user name for the event log (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors():
            study = study_of(options["slug"])
            with services.blind_dataset(study, actor=options["actor"]) as folder:
                _analyse(folder, options["out"])
                if options["choices"]:
                    _analyse(folder, options["choices"], "--choices")


def _analyse(folder: Path, out: Path, *more: str) -> None:
    """Write the blinded report. Errors name no row: it would reveal a clip."""
    try:
        call_command("analyse", str(folder), "--out", str(out), *more)
    except CommandError:
        raise InputError(
            "The report under codes could not be made. Unblind the study, then analyse its dataset to see why."
        ) from None
