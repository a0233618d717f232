from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from config.commands import LongCommand
from study.backup import restore, verified
from study.management.cli import command_errors


class Command(LongCommand):
    help = (
        "Puts a backup in place of what the database holds, and the clips into the media storage. Every file of the "
        "archive is checked first; where one is damaged, or the schema of archive or database is newer than this "
        "version's, nothing is touched. An older schema is brought up to date. The database changes in one "
        "transaction. Works from SQLite to PostgreSQL and back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="archive that `backup` wrote")
        parser.add_argument("--check", action="store_true", help="only verify the archive")
        parser.add_argument("--replace", action="store_true", help="also where there are studies already, which go")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with command_errors():
                if options["check"]:
                    with verified(path) as (_, manifest, _):
                        done = "is whole"
                else:
                    manifest, done = restore(path, replace=options["replace"]), "is restored"
        except OSError as error:
            raise CommandError(f"{path} can't be restored ({error}); the database is as it was.") from error
        self.stdout.write(f"{path} of {manifest.made_at} {done}: {manifest.contents}.")
