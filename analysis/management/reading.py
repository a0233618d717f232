"""The options that say how a table of ratings is meant, for every command that reads one."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from analysis.data.given import Given, parse_given
from analysis.data.imports import TOOLS


def add_reading(parser: ArgumentParser) -> None:
    """Add --columns, --bounds, --missing, --order, and what another tool's file needs."""
    group = parser.add_argument_group("a table of your own")
    group.add_argument(
        "--columns", default="", metavar="expert_id=rater,...", help="the table's own names for these columns"
    )
    group.add_argument(
        "--bounds", default="", metavar="1-5", help="lowest and highest rating, for all scales or as overall=0-100,..."
    )
    group.add_argument(
        "--missing", default="", metavar="CODES", help="cells that stand for a missing rating, as --missing=-99,skip"
    )
    group.add_argument(
        "--order",
        action="append",
        default=[],
        metavar="SCALE=WORDS",
        help="a scale in words, the lowest first: 'overall=poor,fair,good'; once for each scale",
    )

    of_tool = parser.add_argument_group("another tool's result file")
    of_tool.add_argument(
        "--from", dest="tool", default="", metavar="TOOL", help="the tool that wrote the file: " + ", ".join(TOOLS)
    )
    of_tool.add_argument(
        "--pattern",
        default="",
        metavar="REGEX",
        help="how names give the system: a regular expression with (?P<system>...) and, if wanted, (?P<prompt_id>...)",
    )
    of_tool.add_argument(
        "--leave-out", default="", metavar="COLUMN=VALUE,...", help="rows that are no ratings, as trial_id=training"
    )


def given_of(options: Mapping[str, Any]) -> Given:
    """What these options say. Raises InputError."""
    return parse_given(
        options["columns"],
        options["bounds"],
        options["missing"],
        options["order"],
        tool=options["tool"],
        pattern=options["pattern"],
        leave_out=options["leave_out"],
    )
