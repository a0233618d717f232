"""`manage.py analyse_runs`: from training runs to Tables 1 and 2 and Figures 5 and 6."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import CommandParser

from config.commands import WithResult, input_errors
from formats import results
from formats.messages import LazyText
from generation.management.cli import ParagraphHelpCommand, count, place

if TYPE_CHECKING:
    from analysis.training_runs.findings import Samples
    from analysis.training_runs.tables import Runs

SHIPPED = Path(settings.BASE_DIR) / "fixtures" / "checkpoints" / "reference"
CLIPS = 1_000


class Command(WithResult, ParagraphHelpCommand):
    help = """Compare training runs with the paper and with real music, in tables, figures and one page (report.html).

Of the run folders of `manage.py train`: Table 1 (size, epochs to convergence, time), Figure 5 (the critic's loss; needs
a run of midi-gan and one of its variant plain) and Figure 6 (the critic's weights; needs the variant clipping). Several
seeds of a model are averaged; they must have the same settings.

With --corpus, clips are sampled from every run that has weights and compared with real songs that were not used for
any choice (splits test and near-daur): Table 2, differences from real music, overlap of distributions, Fréchet
distance, memorisation; for all clips and for 100, the number in the paper. With --pack, the clips that experts hear
are compared with the pack's real clips.

The page lists what could not be computed, with the reason. The same input gives the same bytes."""

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run folder")
        parser.add_argument("--out", type=place, required=True, metavar="REPORT", help="the folder to write")
        parser.add_argument("--corpus", type=Path, help="output of prepare_corpus: the real songs")
        parser.add_argument("--pack", type=Path, help="a pack of generate_stimuli")
        parser.add_argument(
            "--checkpoints",
            type=Path,
            metavar="FOLDER",
            help="where runs without weights of their own have them: in the sub-folder with the run's config.json",
        )
        parser.add_argument(
            "--reference",
            type=Path,
            metavar="FOLDER",
            help="the model behind perplexity, a run of `train reference` (default: the shipped one)",
        )
        parser.add_argument("--clips", type=count, default=CLIPS, metavar="N", help="clips per run (default 1000)")
        parser.add_argument(
            "--seed", type=int, default=1, metavar="N", help="random seed of sampling and resampling (default 1)"
        )
        parser.add_argument(
            "--replicates", type=int, default=10_000, metavar="N", help="bootstrap replicates (default 10000)"
        )
        parser.add_argument(
            "--single-column",
            action="store_true",
            help="also draw every figure 3.5 inches wide, for one column of a journal (figures/figureN-single.*)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from analysis.report import folder
        from analysis.training_runs import report
        from analysis.training_runs.runs import read_runs
        from formats.progress import bar

        with input_errors():
            folder.check_numbers(options["replicates"], options["seed"])
            folder.check_out(options["out"].resolve())
            runs = read_runs(options["runs"])
            samples = measured(runs, options)
            with bar(None, "report") as steps:
                written = report.write_report(
                    runs,
                    samples,
                    options["out"],
                    replicates=options["replicates"],
                    seed=options["seed"],
                    narrow=options["single_column"],
                    on_step=steps.update,
                )
        for warning in written.warnings:
            self.stderr.write(self.style.WARNING(warning))
        files = list(map(str, written.files))
        self.tell(options, results.Written(files=files, warnings=list(written.warnings)), *files)


def measured(runs: Runs, options: dict[str, Any]) -> Samples:
    """What generation measures of clips; torch is loaded only where there is something to measure."""
    from analysis.training_runs.findings import Samples

    if not (options["corpus"] or options["pack"]):
        return Samples(
            left_out=[
                LazyText(
                    "Table 2 and what follows from it: name the corpus with --corpus, for real music to compare with."
                )
            ]
        )
    from analysis.management.measuring import measure

    reference = options["reference"] or (SHIPPED if SHIPPED.is_dir() else None)
    names = ("corpus", "pack", "checkpoints", "clips", "seed")
    return measure(runs, reference=reference, **{name: options[name] for name in names})
