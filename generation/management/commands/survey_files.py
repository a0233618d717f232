"""survey_files: what the files of a folder are, before a pack is made of them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from formats.messages import terminal_language, translate
from generation.management.cli import ParagraphHelpCommand, command_errors, place


class Command(ParagraphHelpCommand):
    help = """List the recordings and MIDI files of a folder and its sub-folders with length, channels, loudness and
waveform, and say which of them cannot become clips, and why.

ZIP files in the folder are unpacked there and deleted. Writes JSON. The study builder uses this command."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of files, also in sub-folders")
        parser.add_argument("--out", type=place, required=True, metavar="FILES.json", help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors(options["out"]):
            from formats.files import write_atomically
            from generation.pack.survey import survey

            found = survey(options["folder"])
            rows = [each.as_json() for each in found]
            write_atomically(options["out"], json.dumps(rows, ensure_ascii=False, indent=1).encode())
        said = translate(
            terminal_language(),
            "{file}: {all} files looked at, of which {unusable} cannot be used.",
            file=options["out"],
            all=len(found),
            unusable=sum(each.reason is not None for each in found),
        )
        self.stdout.write(said)
