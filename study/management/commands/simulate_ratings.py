from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from config.commands import LongCommand
from formats.errors import InputError
from formats.messages import terminal_language, translate
from study.management.cli import command_errors
from study.simulation import simulate
from study.text_files import study_of


class Command(LongCommand):
    help = (
        "Copies a study to SLUG-simulated, fills all slots of the copy with simulated ratings, closes and unblinds "
        "it. The study itself does not change, and the copy can never contain an expert's ratings. Everything made "
        "from the copy is marked as simulated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument(
            "--seed", type=int, required=True, help="whole number; the same seed gives the same ratings"
        )
        parser.add_argument("--replace", action="store_true", help="replace an earlier simulated copy")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors():
            if options["seed"] < 0:
                raise InputError("--seed %(seed)s is negative; give a whole number from 0.", seed=options["seed"])
            copy = simulate(study_of(options["slug"]), options["seed"], replace=options["replace"])
        self.stdout.write(
            translate(
                terminal_language(),
                "Study {slug} holds simulated ratings. Next: manage.py export_dataset {slug} --out DATASET",
                slug=copy.slug,
            )
        )
