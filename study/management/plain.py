"""What the commands share: whatever they can't go on with is said in a plain sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError

from study.errors import InputError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turns bad input, and a database that is missing or not up to date, into the error of a command."""
    try:
        yield
    except InputError as error:
        raise CommandError(str(error)) from error
    except (OperationalError, ProgrammingError) as error:
        reason = str(error).partition("\n")[0]
        mend = "run `manage.py migrate`, which sets it up or brings it up to date"
        raise CommandError(f"The database can't be used ({reason}): {mend}.") from error
