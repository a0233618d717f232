"""Fields of a JSON object, each of the kind it must be; ValueError says in one line which is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

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


def number(entry: Mapping[str, Any], key: str) -> float:
    """A finite number."""
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError(f"{key!r} must be a number between -{LARGEST:g} and {LARGEST:g}")
    return float(value)
