from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from config.commands import LongCommand, WithResult
from formats.errors import InputError
from formats.messages import terminal_language
from study.management.cli import command_errors
from study.text_files import study_of


class Command(WithResult, LongCommand):
    help = (
        "Plays complete sessions of a study through the real pages, as a browser does, in a copy of the database. "
        "Checks every byte: no name, hash or id reveals which system made a clip; all clips are equal except for "
        "their music; and no id, order, time or visible number separates the systems (permutation test by clip). A "
        "study opens only after it has passed; create_study runs the same check. See docs/blinding.md. Only the "
        "study's event log changes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument(
            "--sessions",
            type=int,
            metavar="N",
            help="sessions to play; default: four, or more if needed to hear every clip twice",
        )
        parser.add_argument("--actor", default="command", help="user name for the event log (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        from study.management.blinding import check_and_record, in_words, result_of

        with command_errors():
            study, sessions = study_of(options["slug"]), options["sessions"]
            if sessions is not None and not 1 <= sessions <= study.slots.count():
                raise InputError(
                    "--sessions %(sessions)s does not fit: %(slug)s has %(slots)s slots.",
                    sessions=sessions,
                    slug=study.slug,
                    slots=study.slots.count(),
                )
            report = check_and_record(study, sessions, options["actor"])
        self.tell(options, result_of(study, report), in_words(report, terminal_language()))
