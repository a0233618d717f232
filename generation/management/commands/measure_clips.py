"""measure_clips: MIDI files to a table of metrics."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from generation.management.plain import PlainCommand, place, plain_errors


class Command(PlainCommand):
    help = """Measure the clips of a pack, or the MIDI files of a folder, and write one row a clip.

Files are read from beat 0 on the sixteenth grid, at their own pitch, and padded or cut to five bars of 4/4; the
columns padded_steps and cut_steps say by how many sixteenths. Where two notes sound at once, the later one counts.
docs/packs.md says what each column means. An unreadable file is named, and nothing is written."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="PACK|FOLDER", help="a pack with midi/, or a folder of *.mid")
        parser.add_argument("--out", type=place, required=True, metavar="metrics.csv", help="the table to write")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors(options["out"]):
            from generation.metrics import measure_folder

            rows = measure_folder(options["folder"], options["out"])
        self.stdout.write(f"{options['out']}: {rows} clips measured.")
