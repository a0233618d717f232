"""What a user says about a table of their own: its columns, the bounds of its scales, codes for a missing rating."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from formats.errors import InputError
from formats.text import folded

Bounds = tuple[float, float]
NUMBER = r"[-+]?\d+(?:\.\d+)?"
#: 1-5, -3-3, -3--1 and 0..100.
RANGE = re.compile(rf"({NUMBER})\s*(?:-|–|:|\.\.)\s*({NUMBER})")
#: The key of bounds that hold for every scale without bounds of its own.
EVERY = ""
MIN_WORDS = 2


@dataclass(frozen=True)
class Given:
    """What the file itself does not say.

    `columns`: the file's name of each column that has another one here. `bounds` by scale, EVERY for the rest.
    `missing`: cells that mean "no rating". `orders`: of a scale in words the words, lowest first.

    Of another tool's file: `tool` (a key of imports.TOOLS), `pattern` with the named groups system, prompt_id and
    scale, and `left_out`, the values by column of the rows to leave out.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tool: str = ""
    pattern: re.Pattern[str] | None = None
    left_out: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def bounds_of(self, scale: str) -> Bounds | None:
        """The bounds given for a scale, by name or for all."""
        return self.bounds.get(scale, self.bounds.get(EVERY))


NOTHING_GIVEN = Given()


def refuse_for_dataset(given: Given, source: Path) -> None:
    """Raise InputError where something is said of a DATASET, which says it itself."""
    if given != NOTHING_GIVEN:
        raise InputError(
            "%(source)s is a DATASET, which has its own columns and bounds: leave out --columns, "
            "--bounds, --missing and --order.",
            source=source,
        )


def parse_given(
    columns: str = "",
    bounds: str = "",
    missing: str = "",
    orders: Sequence[str] = (),
    *,
    tool: str = "",
    pattern: str = "",
    leave_out: str = "",
) -> Given:
    """Read the values of --columns, --bounds, --missing, --order, --from, --pattern and --leave-out.

    Raises InputError.
    """
    if (pattern or leave_out) and not tool:
        raise InputError("--pattern and --leave-out are for another tool's file; name the tool with --from.")
    return Given(
        columns=dict(_pair("--columns", part, "expert_id=rater") for part in _parts(columns)),
        bounds=dict(_bounds(part) for part in _parts(bounds)),
        missing=frozenset(_parts(missing)),
        orders=dict(map(_order, orders)),
        tool=tool,
        pattern=_pattern(pattern) if pattern else None,
        left_out=_left_out(leave_out),
    )


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise InputError("--pattern: %(pattern)s cannot be read: %(reason)s.", pattern=text, reason=error) from error
    if "system" not in pattern.groupindex:
        raise InputError(
            "--pattern: %(pattern)s does not name the system; write the part of a name that gives it as "
            "(?P<system>...), and the others as (?P<prompt_id>...) and (?P<scale>...).",
            pattern=text,
        )
    return pattern


def _left_out(text: str) -> dict[str, frozenset[str]]:
    values: dict[str, set[str]] = {}
    for part in _parts(text):
        name, value = _pair("--leave-out", part, "trial_id=training")
        values.setdefault(name, set()).add(folded(value))
    return {name: frozenset(of_column) for name, of_column in values.items()}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pair(flag: str, text: str, example: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise InputError(
            "%(flag)s: %(text)r is not NAME=VALUE; write it as %(example)s.", flag=flag, text=text, example=example
        )
    return name, value


def _bounds(text: str) -> tuple[str, Bounds]:
    scale, value = _pair("--bounds", text, "overall=1-5") if "=" in text else (EVERY, text)
    found = RANGE.fullmatch(value)
    if found is None:
        raise InputError(
            "--bounds: %(text)r is not a range; write the lowest and highest rating as 1-5 or q=0-100.", text=text
        )
    low, high = map(float, found.groups())
    if low >= high:
        raise InputError("--bounds: %(text)r does not begin below its end; write the lowest rating first.", text=text)
    return scale, (low, high)


def _order(text: str) -> tuple[str, tuple[str, ...]]:
    example = "'overall=poor,fair,good', the lowest first"
    scale, words = _pair("--order", text, example)
    order = tuple(_parts(words))
    if len(order) < MIN_WORDS or len({word.casefold() for word in order}) < len(order):
        raise InputError(
            "--order: %(text)r does not name two or more different words; write it as %(example)s.",
            text=text,
            example=example,
        )
    return scale, order
