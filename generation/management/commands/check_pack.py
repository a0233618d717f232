"""Verify a pack: complete, unchanged, and clips that differ only in their music."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from formats.pack import shared_prompts
from generation.management.cli import ParagraphHelpCommand, command_errors


class Command(ParagraphHelpCommand):
    help = """Verify a pack: no file missing, changed or extra; ids that do not reveal the system; all clips with the
same size, length and loudness (within 0.5 LU of the target, true peak at most -1 dBTP).

Stops at the first error and says which file it is and how to fix it. docs/packs.md lists every rule. Prints cautions
if recordings of some systems begin, end or sound different from those of others, so that experts could recognise
them."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pack", type=Path, metavar="PACK", help="a folder with manifest.json")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors(options["pack"]):
            from generation.differences import in_words
            from generation.pack.check import examine

            manifest, comparison = examine(options["pack"])
        counts = Counter(clip.system for clip in manifest.clips)
        systems = ", ".join(f"{number} {system}" for system, number in sorted(counts.items()))
        self.stdout.write(f"{options['pack']} is whole: {len(manifest.clips)} clips ({systems}).")
        clips = [(clip.system, clip.prompt_id) for clip in manifest.clips if clip.role == "study"]
        if prompts := shared_prompts(clips):
            self.stdout.write(f"{len(prompts)} prompts have a clip of every system.")
        for sentence in in_words(comparison):
            self.stdout.write(f"caution: {sentence}")
