"""train: a generator, from a corpus to a run folder."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from formats.errors import Message
from formats.messages import terminal_language, translate
from generation.management.cli import ParagraphHelpCommand, command_errors, count, place, seed, shipped_reference


class Command(ParagraphHelpCommand):
    help = """Train a generator on the training songs of a corpus, into a run folder.

The folder contains the settings, a log, the best sampling weights, the weights' histogram, a summary and the
state for resuming. Ctrl-C stops safely; the same command resumes after that or after a crash.

Profiles: smoke (seconds, to test the machine), cpu (a day on a processor), full (the paper's length).
Likelihood models stop earlier, when the validation loss no longer improves.

Several processes: torchrun --nproc-per-node 2 manage.py train ... splits every batch between them."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="the generator's name, for example midi-gan")
        parser.add_argument("--corpus", type=Path, required=True, help="a corpus that prepare_corpus made")
        parser.add_argument(
            "--profile",
            choices=["smoke", "cpu", "full"],
            default="cpu",
            help="how long: smoke only tries it out, full is for an accelerator (default: cpu)",
        )
        parser.add_argument("--seed", type=seed, default=1, metavar="N", help="random seed (default: 1)")
        parser.add_argument("--out", type=place, required=True, help="the run folder")
        parser.add_argument("--variant", default="", help="midi-gan: plain, clipping or unmatched (ablations), or tied")
        parser.add_argument(
            "--reference",
            type=Path,
            help="the model behind perplexity, a run of `train reference` (default: the shipped one)",
        )
        parser.add_argument("--iterations", type=count, help="stop at this iteration instead of the profile's last")
        parser.add_argument("--threads", type=count, help="processor threads to use (default: one per core)")

    def handle(self, *args: Any, **options: Any) -> None:
        # A scheduler's polite stop is a Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with command_errors(options["out"], again=Message("the same command goes on from the last row of the log")):
            import torch

            from generation.corpus import load_corpus
            from generation.training import Run, processes

            if options["threads"]:
                torch.set_num_threads(options["threads"])
            reference = options["reference"] or (shipped_reference() if options["model"] != "reference" else None)
            with processes():
                run = Run(
                    options["model"],
                    load_corpus(options["corpus"]),
                    options["profile"],
                    options["seed"],
                    options["out"],
                    options["iterations"],
                    options["variant"],
                    reference,
                )
                run.train_to_end(self.stdout.write if run.leads else lambda text: None)
                if run.leads:
                    done = translate(
                        terminal_language(),
                        "{run}: {iterations} iterations in {seconds:.0f} s.",
                        run=options["out"],
                        iterations=run.iteration,
                        seconds=run.seconds,
                    )
                    self.stdout.write(done)
