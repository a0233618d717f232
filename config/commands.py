"""What commands share: bad input as their error, and of long ones the progress, as a bar or for a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from formats import progress
from formats.errors import InputError, Message
from formats.messages import terminal_language, translator
from formats.results import Result


class LongCommand(BaseCommand):
    """A command that says how far it has come, and as data why it failed, where `--progress json` asks for it."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument(
            "--progress",
            choices=["bar", "json"],
            default="bar",
            help="json: progress and errors as JSON lines on the standard error stream, for programs (default: bar)",
        )
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        if options.get("progress") != "json":
            return super().execute(*args, **options)
        with progress.as_json_lines():
            try:
                return super().execute(*args, **options)
            except CommandError as error:
                progress.tell_faults(messages_of(error))
                raise


class WithResult(BaseCommand):
    """A command that prints its result as one JSON object with `--json` (formats/results.py)."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="print the result as a JSON object, for programs"
        )
        return parser

    def tell(self, options: Mapping[str, Any], result: Result, *lines: str) -> None:
        """Print the result for a program, or else the lines for a person."""
        for line in [result.model_dump_json(indent=1)] if options["as_json"] else lines:
            self.stdout.write(line)


@contextmanager
def input_errors() -> Iterator[None]:
    """Turns input that cannot be used into the error of a command, in the terminal's language."""
    try:
        yield
    except InputError as error:
        raise CommandError(error.words(translator(terminal_language()))) from error


def messages_of(error: CommandError) -> tuple[Message, ...]:
    """Why a command failed, as data."""
    cause = error.__cause__
    return cause.messages if isinstance(cause, InputError) else (Message(str(error)),)
