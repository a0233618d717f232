"""check_pack: is a pack whole, and are its clips alike but for their music?"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from generation.management.cli import ParagraphHelpCommand, command_errors


class Command(ParagraphHelpCommand):
    help = """Check a pack: every file there and unaltered, none left over, ids that tell nothing, and all clips of one
size, one length and one loudness (within 0.5 LU of the target, true peak at most -1 dBTP).

Stops at the first fault and says which file it is and how to fix it. docs/packs.md lists every rule. A caution
says where recordings of some systems begin, end or sound unlike those of others, so that experts could tell them
apart."""

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
        for sentence in in_words(comparison):
            self.stdout.write(f"caution: {sentence}")
