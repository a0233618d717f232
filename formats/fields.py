"""Fields of a JSON object, each of the kind it must be; ValueError says in one line which is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from formats.text import UNWRITABLE

#: Nothing that people rate or a clock counts goes beyond it, and no sum or axis overflows below it.
LARGEST = 1e12
Kind = TypeVar("Kind", str, bool, list[Any], dict[str, Any])
KINDS: Mapping[type, str] = {str: "text", bool: "true or false", list: "a list", dict: "an object"}


def field(entry: Mapping[str, Any], key: str, kind: type[Kind]) -> Kind:
    """The value of a key that must be there."""
    if key not in entry:
        raise ValueError(f"{key!r} is missing")
    value = entry[key]
    if not isinstance(value, kind):
        raise ValueError(f"{key!r} must be {KINDS[kind]}")
    return value


def optional_text(entry: Mapping[str, Any], key: str) -> str | None:
    """A text, or None where it is null, empty or not there."""
    return field(entry, key, str) or None if entry.get(key) is not None else None


def number(entry: Mapping[str, Any], key: str) -> float:
    """A finite number."""
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError(f"{key!r} must be a number between -{LARGEST:g} and {LARGEST:g}")
    return float(value)


def objects(entry: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects."""
    values = field(entry, key, list)
    if not all(isinstance(value, dict) for value in values):
        raise ValueError(f"{key!r} must be a list of objects")
    return values


def texts(entry: Mapping[str, Any], key: str) -> dict[str, str]:
    """A text in each language, every one on a single line."""
    given = field(entry, key, dict)
    if not all(isinstance(text, str) for text in given.values()):
        raise ValueError(f"{key!r} must give a text for each language")
    return {lang: " ".join(UNWRITABLE.sub(" ", text).split()) for lang, text in given.items()}
