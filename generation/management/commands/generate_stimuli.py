"""generate_stimuli: weights and songs to a pack."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from generation.management.plain import PlainCommand, count, place, plain_errors, seed


class Command(PlainCommand):
    help = """Draw clips from trained generators and from held-out songs, and write them as a pack.

Clips are taken in seed order; only empty ones, duplicates and copies of training segments are passed over, and
counted. All are played by one instrument, brought to one loudness, one length and one size. The same arguments
give the same bytes; run again after an interruption to go on, or on a finished pack to find nothing to do.
docs/packs.md describes the rule and the folder."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=place, required=True, metavar="PACK", help="the folder to write")
        parser.add_argument(
            "--systems",
            default="all",
            help="comma-separated, for example midi-gan,real (default: all that have weights)",
        )
        parser.add_argument(
            "--checkpoints",
            type=Path,
            default=Path("fixtures/checkpoints"),
            metavar="FOLDER",
            help="trained weights, one sub-folder a system (default: %(default)s)",
        )
        parser.add_argument(
            "--run", type=Path, nargs="+", default=[], help="run folders of train; each stands for its system"
        )
        parser.add_argument(
            "--corpus", type=Path, default=Path("corpus.npz"), help="what prepare_corpus wrote (default: %(default)s)"
        )
        parser.add_argument("--clips-per-system", type=count, default=13, metavar="N", help="default: %(default)s")
        parser.add_argument("--seed", type=seed, default=0, metavar="N", help="default: %(default)s")
        parser.add_argument("--workers", type=count, default=1, metavar="N", help="processes (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        names = None if options["systems"] == "all" else [name.strip() for name in options["systems"].split(",")]
        out: Path = options["out"]
        with plain_errors(out, again=f"the same command goes on with {out}"):
            from generation.corpus import load_corpus
            from generation.pack.build import build_pack
            from generation.pack.draw import FATES
            from generation.pack.systems import find_generators

            corpus = load_corpus(options["corpus"])
            generators, real = find_generators(names, options["checkpoints"], options["run"])
            built = build_pack(
                out,
                generators,
                corpus,
                real=real,
                clips_per_system=options["clips_per_system"],
                seed=options["seed"],
                workers=options["workers"],
            )
        for system, fates in built.manifest.drawing["systems"].items():
            passed = ", ".join(f"{fates[fate]} {fate.replace('_', ' ')}" for fate in FATES)
            self.stdout.write(f"{system}: {passed}")
        total = len(built.manifest.clips)
        if built.rendered:
            self.stdout.write(f"{out}: {total} clips, {built.rendered} rendered now.")
        else:
            self.stdout.write(f"{out}: {total} clips, all there already; nothing was done.")
