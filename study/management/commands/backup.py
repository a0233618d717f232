from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from study.backup import write_backup
from study.management.plain import plain_errors


class Command(BaseCommand):
    help = (
        "Writes database and clips into one archive while the site runs. The archive says of every file which SHA-256 "
        "it must have; `restore` checks them first. Either store, SQLite or PostgreSQL, can be restored from it. It "
        "holds names, answers and the seal: keep it where only you can read it. The site's secret key is not in it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="archive to write, such as mukulen-2026-11-22.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if path.is_dir():
            raise CommandError(f"{path} is a folder; name a file in it.")
        with plain_errors():
            manifest = write_backup(path)
        size = sum(file["bytes"] for file in manifest.files.values()) / 1e6
        counts = ", ".join(f"{manifest.rows[f'study.{name}']} {plural}" for name, plural in COUNTED)
        self.stdout.write(f"Backup in {path}: {counts}, {len(manifest.media)} clips, {size:.1f} MB before packing.")


COUNTED = [("study", "studies"), ("expert", "experts"), ("rating", "ratings")]
