"""Verify a pack: complete, unchanged, and clips that differ only in their music."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from config.commands import WithResult
from formats import results
from formats.messages import listed, terminal_language, translator
from formats.pack import shared_prompts
from generation.management.cli import ParagraphHelpCommand, cautions_in, command_errors


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
        cautions = in_words(comparison)
        result = results.Pack(
            pack=str(options["pack"]),
            clips=len(manifest.clips),
            systems=dict(sorted(counts.items())),
            prompts=len(prompts),
            cautions=list(map(str, cautions)),
        )
        lang = terminal_language()
        _, systems = translator(lang), listed(lang, (f"{number} {name}" for name, number in result.systems.items()))
        lines = [
            _("{pack} is whole: {clips} clips ({systems}).", pack=result.pack, clips=result.clips, systems=systems)
        ]
        if prompts:
            lines.append(_("{prompts} prompts have a clip of every system.", prompts=result.prompts))
        self.tell(options, result, *lines, *cautions_in(lang, cautions))
