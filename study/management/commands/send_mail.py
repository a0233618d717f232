from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from config.commands import LongCommand
from formats.errors import InputError
from formats.messages import terminal_language, translate
from study.mail.sending import send_due
from study.management.cli import command_errors


class Command(LongCommand):
    help = (
        "Sends the invitations and reminders that wait in the outbox, one at a time, and records what the mail server "
        "answered to each. Run it by a timer, for example every five minutes. Each message is sent by one process "
        "only; a message that the server could not take is tried again after 15 minutes, 1 hour, 4 hours and 1 day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", required=True, help="address of the site for experts, for the links")
        parser.add_argument("--most", type=int, default=200, help="messages per call (default: %(default)s)")
        parser.add_argument(
            "--pause", type=float, default=1.0, help="seconds between two messages (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors():
            if not settings.EMAIL_HOST or not settings.MAIL_FROM:
                raise InputError("Set EMAIL_HOST and MAIL_FROM first (docs/operations.md).")
            for outcome in send_due(options["site"], options["most"]):
                self.stdout.write(self._line(outcome.mail.expert.code, outcome.state, outcome.answer))
                time.sleep(options["pause"])

    def _line(self, code: str, state: str, answer: str) -> str:
        language = terminal_language()
        if state == "accepted":
            return translate(language, "{code}: accepted by {host}.", code=code, host=settings.EMAIL_HOST)
        if state == "refused":
            return translate(language, "{code}: refused ({answer}).", code=code, answer=answer)
        return translate(language, "{code}: not accepted ({answer}); it will be tried again.", code=code, answer=answer)
