"""`manage.py plan_study`: what a study of so many experts and clips can find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from analysis.management.reading import add_reading, given_of
from config.commands import LongCommand, WithResult, input_errors
from formats.messages import LANGUAGES, terminal_language

HELP = """Print the statistical power of a planned study to detect a difference between two systems.

The page gives the power, the half-width of the confidence interval, the smallest detectable difference, the effect of
more clips or more experts, and a conclusion. The variability of ratings is taken from a pilot study (a DATASET folder
or a CSV of ratings, docs/analysis.md); without one, three sets of assumptions are used.

With --sets or --prompts clips are matched by prompt: what is a prompt's cancels. With --choices experts say whether a
clip is real or generated, and the difference is a d'.

Examples: manage.py plan_study --experts 26 --gap 0.17
          manage.py plan_study --sets --experts 14 --gap 0.5 --systems 4 --clips 10
          manage.py plan_study --choices --experts 26 --gap 0.5 --real 26"""


class Command(WithResult, LongCommand):
    help = HELP
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument(
            "--prompts", action="store_true", help="single clips that all systems made from --clips prompts"
        )
        kind.add_argument(
            "--sets", action="store_true", help="pages with one clip of each system, from --clips prompts"
        )
        kind.add_argument("--choices", action="store_true", help="real or generated? --gap is a d'")
        parser.add_argument("--experts", type=int, required=True, metavar="N", help="number of experts")
        parser.add_argument(
            "--gap",
            type=float,
            required=True,
            metavar="POINTS",
            help="the true difference to detect, in rating points or as d'",
        )
        parser.add_argument(
            "--real",
            type=int,
            metavar="N",
            help="with --choices: clips of the real music, all heard (default: as --clips)",
        )
        parser.add_argument(
            "--margin", type=float, default=0.5, help="with --choices: d' within it counts as chance (default 0.5)"
        )
        parser.add_argument(
            "--clips", type=int, default=13, metavar="N", help="number of clips per system (default 13)"
        )
        parser.add_argument(
            "--heard",
            type=int,
            metavar="N",
            help="number of clips per system that each expert hears (default: all, at most 10)",
        )
        parser.add_argument(
            "--systems",
            type=int,
            default=6,
            metavar="N",
            help="number of systems, including the real music (default 6)",
        )
        parser.add_argument(
            "--alpha", type=float, default=0.05, help="significance level of the two-sided test (default 0.05)"
        )
        parser.add_argument(
            "--contrasts",
            type=int,
            default=1,
            metavar="N",
            help="planned contrasts, each tested at alpha / N (default 1)",
        )
        parser.add_argument("--pilot", type=Path, metavar="DATASET|TABLE", help="ratings of a pilot study")
        parser.add_argument(
            "--scale", default="", help="the pilot's scale (default: its plan's primary scale, else the first)"
        )
        add_reading(parser)
        parser.add_argument(
            "--language",
            choices=list(LANGUAGES),
            default=terminal_language(),
            help="language of the page (default: %(default)s)",
        )
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="also draw the power curve into this folder")

    def handle(self, *args: Any, **options: Any) -> None:
        from analysis.data import ratings as table
        from analysis.planning import ratings
        from analysis.statistics import pilot
        from formats.errors import InputError

        if options["choices"]:
            self._tell_choices(options)
            return
        with input_errors():
            kind = "sets" if options["sets"] else "prompts" if options["prompts"] else "single"
            design = ratings.design_of(
                **{key: options[key] for key in ("experts", "clips", "heard", "systems", "alpha", "contrasts", "gap")},
                kind=kind,
            )
            tried = None
            if options["pilot"]:
                data = table.read(options["pilot"], given=given_of(options))
                tried = pilot.from_ratings(data, options["scale"], matched=design.matched)
            elif described := [f"--{name}" for name in ("columns", "bounds", "missing", "order") if options[name]]:
                raise InputError(
                    "%(scales)s can only describe a pilot's table; name that with --pilot.", scales=", ".join(described)
                )
            ratings.check_gap(options["gap"], tried)
            scenarios = ratings.scenarios_of(tried)
            text = ratings.page(design, options["gap"], scenarios, options["language"], pilot=tried)
            if options["out"]:
                from analysis.report.figures.power import save_power_curve

                simulated = bool(tried and tried.is_simulated)
                save_power_curve(options["out"], design, options["gap"], scenarios, is_simulated=simulated)
        self.tell(options, ratings.result(design, options["gap"], scenarios), text.rstrip("\n"))

    def _tell_choices(self, options: dict[str, Any]) -> None:
        from analysis.planning import choices
        from formats.errors import InputError

        with input_errors():
            if options["pilot"] or options["out"]:
                raise InputError("--choices takes neither --pilot nor --out; leave them out.")
            names = ("experts", "clips", "heard", "systems", "alpha", "contrasts", "gap", "real", "margin")
            design = choices.design_of(**{name: options[name] for name in names})
        page = choices.page(design, options["gap"], options["language"])
        self.tell(options, choices.result(design, options["gap"]), page.rstrip("\n"))
