"""`manage.py plan_study`: what a study of so many experts and clips can find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from analysis.management.reading import add_reading, given_of
from config.commands import LongCommand, WithResult, input_errors
from formats.messages import LANGUAGES, terminal_language
from formats.results import Result

HELP = """Print the statistical power of a planned study to detect a difference between two systems.

The page gives the power, the half-width of the confidence interval, the smallest detectable difference, the effect of
more clips or more experts, and a conclusion. The variability of ratings is taken from a pilot study (a DATASET folder
or a CSV of ratings, docs/analysis.md); without one, three sets of assumptions are used.

With --sets or --prompts clips are matched by prompt: what is a prompt's cancels. With --choices experts say whether a
clip is real or generated, and the difference is a d'. With --pairs they compare every pair of systems, and the
difference is one in strength, where 0.25 means that the better one is preferred in 60% of comparisons. With --abx they
say which of two clips X is, and the difference is a d' with which Phi(d' / 2) of the answers are right: 0.5 is 60%.

Examples: manage.py plan_study --experts 26 --gap 0.17
          manage.py plan_study --sets --experts 14 --gap 0.5 --systems 4 --clips 10
          manage.py plan_study --choices --experts 26 --gap 0.5 --real 26
          manage.py plan_study --pairs --experts 26 --gap 0.3 --rounds 4 --form graded
          manage.py plan_study --abx --experts 20 --gap 0.6 --systems 2 --clips 16"""


def add_trials(parser: CommandParser) -> None:
    """The kind of trials, the experts and the difference."""
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--prompts", action="store_true", help="single clips that all systems made from --clips prompts")
    kind.add_argument("--sets", action="store_true", help="pages with one clip of each system, from --clips prompts")
    kind.add_argument("--pairs", action="store_true", help="two clips at a time, from --clips prompts")
    kind.add_argument("--abx", action="store_true", help="which of two clips is X? --gap is a d'")
    kind.add_argument("--choices", action="store_true", help="real or generated? --gap is a d'")
    parser.add_argument("--experts", type=int, required=True, metavar="N", help="number of experts")
    parser.add_argument(
        "--gap",
        type=float,
        required=True,
        metavar="POINTS",
        help="the true difference to detect, in rating points, as d' or in strength",
    )


def add_options_of_kinds(parser: CommandParser) -> None:
    """What only choices or comparisons have."""
    parser.add_argument(
        "--real",
        type=int,
        metavar="N",
        help="with --choices: clips of the real music, all heard (default: as --clips)",
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=0.5,
        help="with --choices, --pairs and --abx: a d' or difference within it counts as none (default 0.5)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        metavar="N",
        help="with --pairs and --abx: how often each expert hears each pair (default: about 60 trials)",
    )
    parser.add_argument(
        "--form",
        choices=["binary", "ties", "graded"],
        default="binary",
        help="with --pairs: the answers (default binary)",
    )


def add_size(parser: CommandParser) -> None:
    """Clips, systems and tests."""
    parser.add_argument("--clips", type=int, default=13, metavar="N", help="number of clips per system (default 13)")
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


class Command(WithResult, LongCommand):
    help = HELP
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_trials(parser)
        add_options_of_kinds(parser)
        add_size(parser)
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

        if options["choices"] or options["pairs"] or options["abx"]:
            self._tell_effect(options)
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

    def _tell_effect(self, options: dict[str, Any]) -> None:
        """The page of choices, pairs or ABX."""
        from analysis.planning import abx, choices, pairs
        from formats.errors import InputError

        common = ("experts", "clips", "systems", "alpha", "contrasts", "gap", "margin")
        with input_errors():
            kind = next(name for name in ("choices", "pairs", "abx") if options[name])
            unused = [name for name in ("pilot", "out", *(["heard"] if kind != "choices" else [])) if options[name]]
            if unused:
                given = ", ".join(f"--{name}" for name in unused)
                raise InputError("--%(kind)s does not take %(given)s; leave it out.", kind=kind, given=given)
            gap, lang = options["gap"], options["language"]
            made: tuple[Result, str]
            if options["choices"]:
                planned = choices.design_of(**{name: options[name] for name in (*common, "heard", "real")})
                made = choices.result(planned, gap), choices.page(planned, gap, lang)
            elif options["abx"]:
                heard = abx.design_of(**{name: options[name] for name in (*common, "rounds")})
                made = abx.result(heard, gap), abx.page(heard, gap, lang)
            else:
                compared = pairs.design_of(**{name: options[name] for name in (*common, "rounds", "form")})
                made = pairs.result(compared, gap), pairs.page(compared, gap, lang)
        self.tell(options, made[0], made[1].rstrip("\n"))
