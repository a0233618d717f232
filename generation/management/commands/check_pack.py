"""Verify a pack: complete, unchanged, and clips that differ only in their music."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from config.commands import WithResult
from formats import results
from formats.pack import shared_prompts
from generation.management.cli import ParagraphHelpCommand, command_errors


class Command(WithResult, ParagraphHelpCommand):
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
        prompts = shared_prompts([(clip.system, clip.prompt_id) for clip in manifest.clips if clip.role == "study"])
        result = results.Pack(
            pack=str(options["pack"]),
            clips=len(manifest.clips),
            systems=dict(sorted(counts.items())),
            prompts=len(prompts),
            cautions=in_words(comparison),
        )
        systems = ", ".join(f"{number} {system}" for system, number in result.systems.items())
        lines = [f"{options['pack']} is whole: {result.clips} clips ({systems})."]
        if prompts:
            lines.append(f"{result.prompts} prompts have a clip of every system.")
        self.tell(options, result, *lines, *(f"caution: {sentence}" for sentence in result.cautions))
