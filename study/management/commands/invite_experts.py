from __future__ import annotations

import csv
import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils import translation

from config.commands import WithResult
from formats import results
from formats.errors import InputError, Message
from formats.files import read_table
from formats.messages import terminal_language
from formats.text import UTF_8
from study import services
from study.management.cli import command_errors
from study.models import Study
from study.services.invitations import Invitee, end_of
from study.text_files import study_of


class Command(WithResult):
    help = (
        "Invites experts from a CSV file with the columns code,group,language and optionally name. Prints code,link. "
        "Only a hash of each link is stored, so keep the output. An expert who is invited again gets a new link; the "
        "old link stops working, and ratings are kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument(
            "experts",
            metavar="EXPERTS.csv",
            type=Path,
            help="one expert per line, cells separated by commas, as Excel saves it",
        )
        parser.add_argument("--site", default="http://127.0.0.1:8000", help="address of the site for experts")

        parser.add_argument(
            "--last-day", default="", metavar="2027-01-31", help="last day of the links, UTC (default: in 60 days)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors(), translation.override(terminal_language()):
            study = study_of(options["slug"])
            ends = end_of(options["last_day"])
            experts, encoding = _read(study, options["experts"])
            links = services.invite(study, experts, actor="command", expires_at=ends)
        if encoding != UTF_8:
            self.stderr.write(f"{options['experts']} was read as {encoding}. Check the names.")
        site = options["site"].rstrip("/")
        addresses = {code: f"{site}{reverse('room:invitation', args=[secret])}" for code, secret in links}
        table = io.StringIO()
        csv.writer(table, lineterminator="\n").writerows([("code", "link"), *addresses.items()])
        self.tell(options, results.Links(links=addresses), table.getvalue().rstrip("\n"))


def _read(study: Study, path: Path) -> tuple[list[Invitee], str]:
    """The table's experts and its encoding; each fault begins with the file's name."""
    text, encoding = read_table(path)
    try:
        return services.read_experts(study, text), encoding
    except InputError as error:
        raise InputError.of(
            Message("%(path)s, %(fault)s", path=path, fault=fault) for fault in error.messages
        ) from error
