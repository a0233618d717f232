"""Helpers of the commands: errors become plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import Error, OperationalError, ProgrammingError

from config.commands import input_errors
from formats.errors import N_, InputError, Message
from formats.messages import terminal_language, translator

MIGRATE = N_("run `manage.py migrate`, which sets it up or brings it up to date")
#: What helps, by words of the reason; of SQLite all but the first.
HINTS = {
    "does not exist": N_("see that DATABASE_URL names the right one, and make it if need be"),
    "no such table": MIGRATE,
    "no such column": MIGRATE,
    "has no column": MIGRATE,
    "is locked": N_("something else is writing to it; try again when that is done"),
    "is full": N_("make room on its disk, and in the folder of temporary files (TMPDIR)"),
}


@contextmanager
def command_errors() -> Iterator[None]:
    """Turns bad input, and whatever a database refuses, into the error of a command."""
    try:
        with input_errors():
            yield
    except Error as error:
        reason = str(error).partition("\n")[0]
        hint = Message(_hint(error, reason))
        unusable = InputError("The database can't be used (%(reason)s): %(hint)s.", reason=reason, hint=hint)
        raise CommandError(unusable.words(translator(terminal_language()))) from error


def _hint(error: Error, reason: str) -> str:
    if isinstance(error, ProgrammingError):
        return MIGRATE
    known = (hint for words, hint in HINTS.items() if words in reason)
    if isinstance(error, OperationalError):
        return next(known, N_("see that it can be reached, and that DATABASE_URL is right"))
    return N_("add --traceback to see what it did not take")
