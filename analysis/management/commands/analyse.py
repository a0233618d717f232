"""`manage.py analyse`: from ratings to a report folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandParser

from analysis.data.given import Given
from analysis.management.reading import add_reading, given_of
from config.commands import LongCommand, WithResult, input_errors
from formats import results
from formats.errors import N_
from formats.messages import counter, terminal_language, translate

if TYPE_CHECKING:
    from analysis.report.folder import Report

HELP = """Read ratings and write a report: main findings, limitations, reliability and robustness.

REPORT contains one page (report.html) and a PDF in English and Chinese, every figure (SVG, PDF, PNG, and its data as
CSV), every table (CSV, Markdown, LaTeX), a methods text and a reporting checklist for a paper. docs/analysis.md
describes them all. The page lists what could not be computed, with the reason. Few experts or clips, missing ratings
and repeats are allowed.

The ratings are a DATASET folder from `export_dataset`, a table of your own (CSV, .xlsx or .sav), or the result file of
another tool (--from). A table of your own is either long, with the columns expert_id, system, clip_id, scale, rating,
or wide, with expert_id, system, clip_id and one column per scale. A system named `real` is shown as the reference
band. Systems and clips can have any names.

A table with the columns expert_id, clip_a, system_a, clip_b, system_b, value has comparisons of two clips (value above
0: clip_b was preferred; also trial, question, prompt_id, is_repeat, if there are any). Its report has strengths of
systems, probabilities of preference and ranks.

A table with the columns expert_id, system, clip_id, choice has answers that were chosen (also question; correct, 1
where the answer is right for the clip's system; is_repeat). Its report says how well experts tell the systems apart
(d'), and gives the shares of the answers.

The command and the report list how each column was used and why, and the bounds of each scale. A rating outside its
bounds is refused with its line. --preview shows this, with the values of each scale, and writes nothing."""


#: Of a DATASET with answers of several kinds, which the report is of.
MAIN = ("rating", "comparison", "choice")


class Command(WithResult, LongCommand):
    help = HELP
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            type=Path,
            metavar="DATASET|TABLE",
            help="the folder of export_dataset, or a table of ratings, comparisons or choices (CSV, .xlsx, .sav)",
        )
        parser.add_argument("--out", type=Path, metavar="REPORT", help="the folder to write")
        parser.add_argument(
            "--preview", action="store_true", help="say how the table is read, with all values and counts, then stop"
        )
        parser.add_argument(
            "--scales",
            default="",
            metavar="a,b",
            help="only these scales, in this order (in a wide table: its columns)",
        )
        parser.add_argument(
            "--choices",
            action="store_true",
            help="of a DATASET that has choices and also ratings or comparisons: the report of the choices",
        )
        add_reading(parser)
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="random seed of the bootstrap (default 1)")
        parser.add_argument(
            "--replicates",
            type=int,
            default=10_000,
            metavar="N",
            help="replicates of the two-way bootstrap (default 10000)",
        )
        parser.add_argument(
            "--no-figures", action="store_true", help="only tables, texts and the page, without figures and PDF; faster"
        )
        parser.add_argument(
            "--single-column",
            action="store_true",
            help="also draw every figure 3.5 inches wide, for one column of a journal (figures/figureN-single.*)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from analysis.data import choices, comparisons, dataset, first_look, imports

        scales = [name.strip() for name in options["scales"].split(",") if name.strip()]
        with input_errors(), imports.read_once():
            given, source = given_of(options), options["source"]
            tasks = dataset.tasks_of(source) if source.is_dir() and dataset.folder_of(source) else ()
            main = next((task for task in MAIN if task in tasks), "") or dataset.task_of(source)
            if options["choices"]:
                main = _choices_of(source, tasks)
            if main == "comparison" or (not main and comparisons.are_comparisons(source, given)):
                self._compare(scales, given, options)
            elif main == "choice" or (not main and choices.are_choices(source, given)):
                self._choose(scales, given, options)
            else:
                first_look.refuse_too_large(source, scales, given)
                self._analyse(scales, given, options)
            if "choice" in tasks and main != "choice":
                own = N_("The choices have a report of their own: analyse {folder} --choices")
                self.stderr.write(translate(terminal_language(), own, folder=source))

    def _choose(self, questions: list[str], given: Given, options: Mapping[str, Any]) -> None:
        """Read choices and write their report."""
        from analysis.data import choices
        from analysis.report import choices as report

        _check_out(options)
        data = choices.read(options["source"], questions, given)
        if options["preview"]:
            for line in choices.value_counts(data):
                self.stdout.write(line)
            return
        ngettext = counter(terminal_language())
        self._write(report, data, ngettext("{count:,} choice", "{count:,} choices", len(data.counted)), options)

    def _compare(self, questions: list[str], given: Given, options: Mapping[str, Any]) -> None:
        """Read comparisons of two clips and write their report."""
        from analysis.data import comparisons
        from analysis.report import comparisons as report

        _check_out(options)
        data = comparisons.read(options["source"], questions, given)
        for line in comparisons.reading_notes(data, terminal_language()):
            self.stderr.write(line)
        if options["preview"]:
            for line in comparisons.value_counts(data):
                self.stdout.write(line)
            return
        ngettext = counter(terminal_language())
        self._write(report, data, ngettext("{count:,} comparison", "{count:,} comparisons", len(data.counted)), options)

    def _write(self, report: ModuleType, data: object, answers: str, options: Mapping[str, Any]) -> None:
        """Write the report of choices or comparisons."""
        from analysis.report import folder
        from analysis.report.progress import shown

        size = translate(terminal_language(), "Working on {answers} ...", answers=answers)
        with shown(folder.steps(report.SECTIONS), "report", size, self.stderr.write) as step:
            written = report.write_report(
                data,
                options["out"],
                draw=not options["no_figures"],
                narrow=options["single_column"],
                on_step=step,
            )
        self._print(options, written)

    def _analyse(self, scales: list[str], given: Given, options: Mapping[str, Any]) -> None:
        """Read the ratings and write the report. The imports take longer than the first look at a large table."""
        from analysis.data import intake, ratings
        from analysis.report import folder
        from analysis.report.progress import shown

        _check_out(options)
        lang = terminal_language()
        data = ratings.read(options["source"], scales, given)
        for line in intake.told(data, lang):
            self.stderr.write(line)
        if options["preview"]:
            for line in intake.value_counts(data, lang):
                self.stdout.write(line)
            return
        with shown(folder.steps(), "report", intake.size_told(data, lang), self.stderr.write) as step:
            written = folder.write_report(
                data,
                options["out"],
                replicates=options["replicates"],
                seed=options["seed"],
                draw=not options["no_figures"],
                narrow=options["single_column"],
                on_step=step,
            )
        self._print(options, written)

    def _print(self, options: Mapping[str, Any], written: Report) -> None:
        for warning in written.warnings:
            self.stderr.write(self.style.WARNING(warning))
        files = list(map(str, written.files))
        self.tell(options, results.Written(files=files, warnings=list(written.warnings)), *files)


def _choices_of(source: Path, tasks: Sequence[str]) -> str:
    """The task that `--choices` asks for. Raises InputError where the source has none."""
    from formats.errors import InputError

    if "choice" not in tasks:
        raise InputError("%(source)s is no DATASET with choices. Leave --choices out.", source=source)
    return "choice"


def _check_out(options: Mapping[str, Any]) -> None:
    """Raise InputError where a report is wanted and no folder for it is named, or it cannot be used."""
    from analysis.report import folder
    from formats.errors import InputError

    if options["out"] is None and not options["preview"]:
        raise InputError("Name the folder to write with --out, or look at the table with --preview.")
    if options["out"] is not None:
        folder.check_out(options["out"])
