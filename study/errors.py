"""How a request of a browser is refused, and faults in the active language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from formats.errors import InputError


class Refused(Exception):
    """A request that can't be granted, with a sentence for the person who made it.

    `status` is the HTTP status (4xx), `code` one word for programs, `message` a sentence in the active language and
    `detail` what a program needs in order to recover (JSON).
    """

    def __init__(self, status: int, code: str, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail


class FieldErrors(InputError):
    """What is wrong with what was typed, in the active language: the name of a field, and why it will not do."""

    def __init__(self, by_field: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(text for _field, text in by_field))
        self.by_field = by_field


def words_of(error: InputError | Refused) -> str:
    """Why something cannot be done, in the active language."""
    return error.words(gettext) if isinstance(error, InputError) else error.message
