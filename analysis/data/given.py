"""What a user says about a table of their own: its columns, the bounds of its scales, codes for a missing rating."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from formats.errors import InputError

Bounds = tuple[float, float]
NUMBER = r"[-+]?\d+(?:\.\d+)?"
#: 1-5, -3-3, -3--1 and 0..100.
RANGE = re.compile(rf"({NUMBER})\s*(?:-|–|:|\.\.)\s*({NUMBER})")
#: The key of bounds that hold for every scale without bounds of its own.
EVERY = ""
FEWEST_WORDS = 2


@dataclass(frozen=True)
class Given:
    """What the file itself does not say.

    `columns`: the file's name of each column that has another one here. `bounds` by scale, EVERY for the rest.
    `missing`: cells that mean "no rating". `orders`: of a scale in words the words, lowest first.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def bounds_of(self, scale: str) -> Bounds | None:
        """The bounds given for a scale, by name or for all."""
        return self.bounds.get(scale, self.bounds.get(EVERY))


def parse_given(columns: str = "", bounds: str = "", missing: str = "", orders: Sequence[str] = ()) -> Given:
    """Read the values of --columns, --bounds, --missing and --order. Raises InputError."""
    return Given(
        columns=dict(_pair("--columns", part, "expert_id=rater") for part in _parts(columns)),
        bounds=dict(_bounds(part) for part in _parts(bounds)),
        missing=frozenset(_parts(missing)),
        orders=dict(map(_order, orders)),
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pair(flag: str, text: str, example: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise InputError(f"{flag}: {text!r} is not NAME=VALUE; write it as {example}.")
    return name, value


def _bounds(text: str) -> tuple[str, Bounds]:
    scale, value = _pair("--bounds", text, "overall=1-5") if "=" in text else (EVERY, text)
    found = RANGE.fullmatch(value)
    if found is None:
        raise InputError(f"--bounds: {text!r} is not a range; write the lowest and highest rating as 1-5 or q=0-100.")
    low, high = map(float, found.groups())
    if low >= high:
        raise InputError(f"--bounds: {text!r} does not begin below its end; write the lowest rating first.")
    return scale, (low, high)


def _order(text: str) -> tuple[str, tuple[str, ...]]:
    example = "'overall=poor,fair,good', the lowest first"
    scale, words = _pair("--order", text, example)
    order = tuple(_parts(words))
    if len(order) < FEWEST_WORDS or len({word.casefold() for word in order}) < len(order):
        raise InputError(f"--order: {text!r} does not name two or more different words; write it as {example}.")
    return scale, order
