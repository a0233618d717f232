"""prepare_corpus: songs to a corpus of five-bar segments."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from formats.progress import bar
from generation.management.cli import ParagraphHelpCommand, command_errors, place


class Command(ParagraphHelpCommand):
    help = """Read songs and write the usable ones as a corpus of five-bar segments.

A song is usable if it has one voice, is in 2/4, 4/4 or 2/2 throughout, has at least 90% of its notes on the
sixteenth grid, and is at least five bars of 4/4 long. A report next to the corpus (OUT with .report.csv) lists
the outcome of each file with the reason."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--source",
            default="essen-china",
            help="essen-china (the Chinese songs of the Essen collection, the default) or a folder of MIDI files",
        )
        parser.add_argument("--out", type=place, required=True, help="the corpus to write, for example corpus.npz")

    def handle(self, *args: Any, **options: Any) -> None:
        source, out = options["source"], options["out"]
        report = out.with_suffix(".report.csv")
        with command_errors(out):
            from generation import corpus as core
            from generation.intake.songs import assess_song

            songs = core.essen_songs() if source == "essen-china" else core.folder_songs(Path(source))
            verdicts = [assess_song(song) for song in bar(songs, "reading", unit="song")]
            corpus = core.build(songs, verdicts, source, report)
            core.save_corpus(corpus, out)
            core.write_report(verdicts, corpus, report)
        used = [verdict for verdict in verdicts if not verdict.reason]
        complete = sum(verdict.complete for verdict in used)
        self.stdout.write(f"{len(used)} of {len(verdicts)} songs are usable: {complete} segments without overlap.")
        for reason, count in Counter(verdict.reason for verdict in verdicts if verdict.reason).most_common():
            self.stdout.write(f"  skipped, {reason}: {count}")
        for split, count in Counter(corpus.split).items():
            names = {name for name, other in zip(corpus.songs, corpus.split, strict=True) if other == split}
            self.stdout.write(f"  {split}: {len(names)} songs, {count} segments")
        self.stdout.write(f"{out} (content {corpus.sha256[:12]}) and {report}")
