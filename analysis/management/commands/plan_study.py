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

Example: manage.py plan_study --experts 26 --gap 0.17"""


class Command(WithResult, LongCommand):
    help = HELP
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--experts", type=int, required=True, metavar="N", help="number of experts")
        parser.add_argument(
            "--gap", type=float, required=True, metavar="POINTS", help="the true difference to detect, in rating points"
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
        from analysis import planning
        from analysis.data import ratings
        from analysis.statistics import pilot
        from formats.errors import InputError

        with input_errors():
            design = planning.design_of(
                **{key: options[key] for key in ("experts", "clips", "heard", "systems", "alpha", "contrasts", "gap")}
            )
            tried = None
            if options["pilot"]:
                data = ratings.read(options["pilot"], given=given_of(options))
                tried = pilot.from_ratings(data, options["scale"])
            elif described := [f"--{name}" for name in ("columns", "bounds", "missing", "order") if options[name]]:
                raise InputError(
                    "%(scales)s can only describe a pilot's table; name that with --pilot.", scales=", ".join(described)
                )
            planning.check_gap(options["gap"], tried)
            scenarios = planning.scenarios_of(tried)
            text = planning.page(design, options["gap"], scenarios, options["language"], pilot=tried)
            if options["out"]:
                from analysis.report.figures.power import save_power_curve

                simulated = bool(tried and tried.is_simulated)
                save_power_curve(options["out"], design, options["gap"], scenarios, is_simulated=simulated)
        self.tell(options, planning.result(design, options["gap"], scenarios), text.rstrip("\n"))
