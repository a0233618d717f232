from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import translation

from config.commands import WithResult
from formats import results
from formats.errors import InputError
from formats.messages import terminal_language, translate
from study import services
from study.errors import Refused
from study.management.cli import command_errors
from study.text_files import study_of


class Command(WithResult):
    help = (
        "Deletes an expert's personal data at their request. Withdraws the expert and deletes the name, the e-mail "
        "address, the identifier of an open link, what researchers wrote in messages to the expert, the background "
        "answers, the comments and the answers in words. The event log keeps salted hashes and stays verifiable. "
        "Prints a receipt that is stored nowhere: send it to the expert. Earlier backups and datasets still contain "
        "the data."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument("code", help="the expert's code")
        parser.add_argument("--sure", action="store_true", help="confirm the deletion, which cannot be undone")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors(), translation.override(language := terminal_language()):
            study = study_of(options["slug"])
            expert = study.experts.filter(code=options["code"]).first()
            if expert is None:
                raise InputError(
                    "There is no expert %(code)r in %(study)s; check the code.", code=options["code"], study=study.slug
                )
            if not options["sure"]:
                raise InputError("Erasing %(code)s can't be undone; add --sure to do it.", code=expert.code)
            try:
                receipt = services.erase(expert, actor="command")
            except Refused as refused:
                raise CommandError(refused.message) from refused
        line = translate(language, "{code} is erased. Receipt: {receipt}", code=expert.code, receipt=receipt)
        self.tell(options, results.Erasure(code=expert.code, receipt=receipt), line)
