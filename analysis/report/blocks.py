"""The pieces of a report in a language, as a page or a PDF sets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Heading:
    """A heading; `name`: that of the section below it, by which a table of contents leads there."""

    text: str
    level: int = 2
    name: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; the `answer` is what a report begins with."""

    text: str
    is_warning: bool = False
    is_answer: bool = False


@dataclass(frozen=True)
class Bullets:
    texts: Sequence[str]


@dataclass(frozen=True)
class Facts:
    pairs: Mapping[str, object]


@dataclass(frozen=True)
class Grid:
    """A table; a `folded` one is not needed to understand the rest. `name` is that of its files, if it has any."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    notes: Sequence[str] = ()
    name: str = ""
    folded: bool = False
    warning: str = ""


@dataclass(frozen=True)
class Picture:
    """A figure drawn in a language; `stem` is the path of its files without the ending."""

    stem: Path
    caption: str


Block = Heading | Paragraph | Bullets | Facts | Grid | Picture
