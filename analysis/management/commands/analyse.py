"""`manage.py analyse`: from ratings to a report folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

HELP = """Read ratings and write a report: Figure 7 and its table, as files and as one page (report.html).

The ratings are a DATASET folder from `export_dataset`, or a CSV of your own: either long, with the columns
expert_id, system, clip_id, scale, rating, or wide, with expert_id, system, clip_id and one column of numbers a scale.
A system named `real` is drawn as the band the others are compared with. Systems and clips may have any names."""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, metavar="DATASET|RATINGS.csv")
        parser.add_argument("--out", type=Path, required=True, metavar="REPORT", help="the folder to write")
        parser.add_argument(
            "--scales", default="", metavar="a,b", help="only these scales, in this order (in a wide CSV: its columns)"
        )
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the resampling (default 1)")
        parser.add_argument(
            "--replicates", type=int, default=10_000, metavar="N", help="resamples behind an interval (default 10000)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from tqdm import tqdm

        from analysis import ratings, report
        from analysis.errors import InputError

        scales = [name.strip() for name in options["scales"].split(",") if name.strip()]
        try:
            report.check_out(options["out"])
            data = ratings.read(options["source"], scales)
            with tqdm(total=report.STEPS, desc="report", delay=2, disable=None) as bar:
                written = report.write_report(
                    data, options["out"], replicates=options["replicates"], seed=options["seed"], on_step=bar.update
                )
        except InputError as error:
            raise CommandError(str(error)) from error
        for warning in written.warnings:
            self.stderr.write(self.style.WARNING(warning))
        for path in written.files:
            self.stdout.write(str(path))
