"""Fields of the builder's pages: what each is called, how it is typed, and what of a draft it holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from formats.messages import LANGUAGES
from formats.text import many_lines, one_line
from study.builder.content import Content, languages_of, path_of, value_at

#: The value of a box that is ticked.
YES = "yes"
MAX_LINE, MAX_TEXT = 2_000, 20_000


@dataclass(frozen=True)
class Field:
    """One field. A translated one has a text in each language of the draft."""

    path: str
    label: str
    kind: str = "line"
    help: str = ""
    choices: Sequence[tuple[str, str]] = ()
    translated: bool = False
    #: Whether the page has other fields once it is changed.
    reloads: bool = False


@dataclass(frozen=True)
class Section:
    """Fields that belong together; an entry of a list can be moved, copied and deleted."""

    heading: str
    fields: list[Field]
    #: Of an entry: its path and how it is called on its buttons.
    entry: str = ""
    name: str = ""
    #: What can be added below: (value of the button, label).
    adds: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""
    #: The number of its heading: an entry within an entry is one lower.
    level: int = 2


@dataclass(frozen=True)
class Input:
    """A field in one language as a page shows it."""

    name: str
    value: Any
    language: str
    faults: list[str]

    @property
    def language_name(self) -> str:
        """What its readers call the language; its tag where the site does not know it."""
        return LANGUAGES.get(self.language, self.language)

    @property
    def id(self) -> str:
        """The id of the element: its name without dots."""
        return anchor_of(self.name)


def anchor_of(name: str) -> str:
    """The id of the element that holds a field or an entry."""
    return "f-" + name.replace(".", "-")


def names_of(one: Field, languages: Sequence[str]) -> list[str]:
    """The names of a field's elements."""
    return [f"{one.path}.{language}" for language in languages] if one.translated else [one.path]


def inputs_of(one: Field, content: Content, languages: Sequence[str], faults: dict[str, list[str]]) -> list[Input]:
    """A field as a page shows it, with what is wrong with it."""
    return [
        Input(name, shown(value_at(content, path_of(name)), one.kind), language, faults.get(name, []))
        for name, language in zip(names_of(one, languages), languages if one.translated else [""], strict=True)
    ]


def shown(value: Any, kind: str) -> Any:
    """A value as it stands in its element."""
    if kind == "check":
        return value is True
    if kind == "several":
        return value if isinstance(value, list) else []
    if kind == "wording":
        return {dict: "own", bool: "no"}.get(type(value), "")
    if kind in {"lines", "labels"}:
        return "\n".join(map(str, value)) if isinstance(value, list) else ""
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def _whole(text: str) -> Any:
    """A whole number; what is none stays as it was typed, and is a fault."""
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 17 else text


def _number(text: str) -> Any:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() and "." not in text else number


READ: dict[str, Callable[[str], Any]] = {
    "line": lambda text: one_line(text).strip()[:MAX_LINE],
    "choice": lambda text: text,
    "paragraphs": lambda text: many_lines(text).strip()[:MAX_TEXT],
    "whole": lambda text: _whole(text.strip()),
    "whole-or-half": lambda text: _whole(text.strip()),
    "whole-choice": lambda text: _whole(text.strip()),
    "number": lambda text: _number(text.strip()),
    "check": lambda text: YES in text.split(),
    "several": lambda text: [line for line in text.split("\n") if line],
    "labels": lambda text: [line.strip() for line in many_lines(text).rstrip("\n").split("\n")],
    "wording": lambda text: False if text == "no" else {},
    "lines": lambda text: [line.strip() for line in many_lines(text).split("\n") if line.strip()],
}


def typed(one: Field, text: str) -> Any:
    """What was typed into a field, as the draft holds it; None for nothing."""
    if not text.strip() and one.kind not in {"check", "several"}:
        return None
    return READ[one.kind](text)


def texts(path: str, label: str, **more: Any) -> Field:
    """A text in each language."""
    return Field(path, label, translated=True, **more)


def under(path: str, *fields: Field) -> list[Field]:
    """Fields of an entry."""
    return [replace(one, path=f"{path}.{one.path}") for one in fields]


def title_of(content: Content, path: str, language: str, otherwise: str) -> str:
    """How an entry is called: its label, in another language where it has none in this one, its name, or its number."""
    labels = value_at(content, path_of(f"{path}.label")) or {}
    label = labels.get(language) or next(filter(None, map(labels.get, languages_of(content))), "")
    name = value_at(content, path_of(f"{path}.id")) or value_at(content, path_of(f"{path}.key"))
    number = int(path_of(path)[-1]) + 1
    return str(label or name or _("%(what)s %(number)d") % {"what": otherwise, "number": number})
