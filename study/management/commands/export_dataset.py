from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from study import dataset
from study.errors import InputError
from study.text_files import study_of


class Command(BaseCommand):
    help = (
        "Writes a study's dataset (docs/datasets.md): ratings in long and wide form, experts, codebook, plan, log and "
        "hashes; after the seal is opened also the clips' origin and metrics. A dataset already at --out is replaced."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument("--out", metavar="DATASET", type=Path, required=True, help="folder to write")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            digest = dataset.export(study_of(options["slug"]), options["out"])
        except InputError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['out']} can't be written: {error.strerror}.") from error
        self.stdout.write(f"Dataset in {options['out']}, SHA-256 {digest}.")
