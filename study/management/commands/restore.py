from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from config.commands import LongCommand, WithResult
from formats.errors import N_, InputError
from formats.messages import terminal_language, translate
from study.backup import restore, verified
from study.management.cli import command_errors


class Command(WithResult, LongCommand):
    help = (
        "Replaces the contents of the database and the clips with those of a backup. All files of the archive are "
        "verified first. If one is damaged, or the schema of archive or database is newer than this version, nothing "
        "changes. An older schema is migrated. The database changes in one transaction. Works from SQLite to "
        "PostgreSQL and back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="archive that `backup` wrote")
        parser.add_argument("--check", action="store_true", help="only verify the archive")
        parser.add_argument("--replace", action="store_true", help="replace the studies in the database")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        with command_errors():
            try:
                if options["check"]:
                    with verified(path) as (_, manifest, _):
                        done = N_("{path} of {made_at} is whole: {contents}.")
                else:
                    manifest = restore(path, replace=options["replace"])
                    done = N_("{path} of {made_at} is restored: {contents}.")
            except OSError as error:
                raise InputError(
                    "%(path)s can't be restored (%(error)s); the database is as it was.", path=path, error=error
                ) from error
        language = terminal_language()
        said = {"path": path, "made_at": manifest.made_at, "contents": manifest.contents(language)}
        self.tell(options, manifest.result(path), translate(language, done, **said))
