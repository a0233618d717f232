from __future__ import annotations

import os.path
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from config.commands import LongCommand, WithResult
from formats.errors import InputError
from formats.messages import terminal_language, translate
from study.backup import write_backup
from study.management.cli import command_errors


class Command(WithResult, LongCommand):
    help = (
        "Writes database and clips into one archive while the site runs. The archive contains the SHA-256 hash of "
        "each file; `restore` verifies them first. It can be restored into SQLite or PostgreSQL. It contains names, "
        "ratings and the mapping of clips to systems: keep it where only you can read it. It does not contain the "
        "site's secret key and failed logins. An existing file is not replaced."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="archive to write, such as mukulen-2026-11-22.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        with command_errors():
            _refuse_existing(path)
            manifest = write_backup(path)
        language = terminal_language()
        result = manifest.result(path)
        said = {"path": path, "contents": manifest.contents(language), "size": result.bytes / 1e6}
        line = translate(language, "Backup in {path}: {contents}, {size:.1f} MB before packing.", **said)
        self.tell(options, result, line)


def _refuse_existing(path: Path) -> None:
    """Raise InputError for a file that exists or a folder; `os.path` because Path raises where it may not look."""
    if os.path.isdir(path):
        raise InputError("%(path)s is a folder; name a file in it.", path=path)
    if os.path.exists(path):
        raise InputError(
            "%(path)s exists already; name a new file, with the date and the time in its name, say.", path=path
        )
