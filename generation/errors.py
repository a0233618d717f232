"""The one exception that a command turns into a plain sentence and exit status 1."""

from __future__ import annotations


class InputError(ValueError):
    """Something the user gave cannot be used; the text names the file and how to fix it."""
