"""measure_clips: MIDI files to a table of metrics."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from config.commands import WithResult
from formats import results
from formats.messages import terminal_language, translator
from formats.text import text_width
from generation.management.cli import ParagraphHelpCommand, add_workers, command_errors, place, shipped_reference


class Command(WithResult, ParagraphHelpCommand):
    help = """Measure the clips of a pack, or the MIDI files of a folder and its sub-folders: one row per clip.

Files are read from beat 0 on the sixteenth grid, at their own pitch, and padded or cut to five bars of 4/4; the
columns padded_steps and cut_steps contain the number of sixteenths. Files that cannot be read and files of several
voices are skipped. If less than 5% of a file's notes overlap, they are cut where the next one begins. A report next to
the table (OUT with .report.csv) lists the outcome of each file with the reason.

Perplexity (ppl) needs a reference model, trained by `manage.py train reference`. With --corpus the table also
contains how much of each clip occurs in the training songs; the same is printed for held-out songs as a comparison.
With --features the nine features of Yang & Lerch are written as arrays.

docs/packs.md explains each column. An empty cell is a metric that is not defined for the clip; the command prints the
reason at the end."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="PACK|FOLDER", help="a pack with midi/, or a folder of *.mid")
        parser.add_argument("--out", type=place, required=True, metavar="metrics.csv", help="the table to write")
        parser.add_argument(
            "--reference",
            type=Path,
            metavar="FOLDER",
            help="a run of `train reference` (default: the shipped one)",
        )
        parser.add_argument("--corpus", type=Path, help="output of prepare_corpus, to compare with its training songs")
        add_workers(parser)
        parser.add_argument("--features", type=place, metavar="features.npz", help="write the nine features here")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors(options["out"]):
            from generation.corpus import load_corpus
            from generation.metrics import features, held_out, measure_folder, memorisation, save_arrays

            folder = options["reference"] or shipped_reference()
            corpus = load_corpus(options["corpus"]) if options["corpus"] else None
            reference = None
            if folder:
                from generation.sampling import load_reference

                reference = load_reference(folder)
            found = measure_folder(options["folder"], options["out"], reference, corpus, options["workers"])
            if options["features"]:
                save_arrays(options["features"], {"clip_id": found.clip_ids, **features(found.tokens)})
        table = []
        if corpus and found.shared:
            table = _compared(found.shared.figures(), memorisation(held_out(corpus), corpus).figures())
        _ = translator(terminal_language())
        for name, reason in found.skipped.items():
            self.stderr.write(_("skipped: {name}: {reason}", name=name, reason=_(reason)))
        for remark in found.remarks:
            self.stderr.write(remark.words(_))
        clips = len(found.clip_ids)
        result = results.Measures(table=str(options["out"]), clips=clips, skipped=found.skipped)
        skipped = len(found.skipped)
        last = _(
            "{table}: {clips} clips measured, {skipped} files skipped.",
            table=result.table,
            clips=clips,
            skipped=skipped,
        )
        self.tell(options, result, *table, last)


def _compared(clips: dict[str, float], songs: dict[str, float]) -> list[str]:
    _ = translator(terminal_language())
    first, *others = _("shared with training songs"), _("clips"), _("held-out songs")
    head = first + " " * (28 - text_width(first))
    head += "".join(" " * (width - text_width(cell)) + cell for width, cell in zip((8, 17), others, strict=True))
    return [head, *(f"{name:<28}{value:>8.3f}{songs[name]:>17.3f}" for name, value in clips.items())]
