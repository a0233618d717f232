"""How a request of a browser is refused."""

from __future__ import annotations

from typing import Any


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
