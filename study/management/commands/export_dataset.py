from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from study import dataset
from study.management.plain import plain_errors
from study.text_files import study_of


class Command(BaseCommand):
    help = (
        "Writes a study's dataset (docs/datasets.md): ratings in long and wide form, experts, codebook, plan, log and "
        "hashes; after the seal is opened also the clips' origin and metrics. An older dataset of the same study at "
        "--out is replaced; anything else there is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument("--out", metavar="DATASET", type=Path, required=True, help="folder to write")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with plain_errors():
                digest = dataset.export(study_of(options["slug"]), options["out"])
        except OSError as error:
            raise CommandError(f"{options['out']} can't be written: {error.strerror}.") from error
        self.stdout.write(f"Dataset in {options['out']}, SHA-256 {digest}.")
