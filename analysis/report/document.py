"""A report in words: its findings with captions and files, and its sections as blocks that a page or a PDF can set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Generic

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Grid, Heading, Picture
from analysis.report.registry import Finding, M, Rows, Section
from analysis.report.tables import Table
from formats.messages import SOURCE, LazyText, in_language, translate

SIMULATED = LazyText("SIMULATED / 模拟数据. A program generated these ratings. They do not describe any music.")


@dataclass(frozen=True)
class Part(Generic[M]):
    """A finding that could be had: its numbers, its words, and of a figure its number and files' stem by language."""

    finding: Finding[M]
    frame: pd.DataFrame
    caption: Text
    notes: Sequence[Text]
    number: int = 0
    stems: Mapping[str, Path] = field(default_factory=dict)

    @property
    def title(self) -> Text:
        """What a figure is called, by its number; of a table what it is called where it is missing."""
        return LazyText("Figure {number}", number=self.number) if self.number else self.finding.title

    @property
    def path(self) -> str:
        """Where its files lie in the report's folder, without their endings."""
        return f"figures/figure{self.number}" if self.finding.draw else f"tables/{self.finding.name}"


@dataclass(frozen=True)
class Contents(Generic[M]):
    """All that a report tells. `parts`: its findings by name, in reading order; `missing`: why others are not there."""

    made: M
    parts: Mapping[str, Part[M]]
    missing: Sequence[Text]
    stamp: Mapping[str, str]
    methods: Sequence[Text] = ()
    files: Sequence[str] = ()


def part_of(made: M, finding: Finding[M]) -> Part[M] | None:
    """A finding with its words; None where it could not be had."""
    frame = made.frame(finding.name)
    if frame.empty:
        return None
    caption = finding.caption(made) if callable(finding.caption) else finding.caption
    return Part(finding, frame, caption, finding.notes(made) if callable(finding.notes) else finding.notes)


def numbered(parts: Iterable[Part[M]]) -> Iterator[Part[M]]:
    """The parts, the figures with their numbers in this order."""
    counted = count(1)
    for part in parts:
        number = (part.finding.number or next(counted)) if part.finding.draw else 0
        caption = LazyText("Figure {number}. {caption}", number=number, caption=part.caption)
        yield replace(part, number=number, caption=caption) if number else part


def table(made: M, part: Part[M]) -> Table:
    """A table as its files show it."""
    finding = part.finding
    printed = finding.printed(made) if finding.printed else None
    words = (finding.name, part.frame, part.caption, tuple(part.notes))
    return Table(*words, made.is_simulated, finding.decimals, printed, _rows(made, finding, SOURCE))


def _rows(made: M, finding: Finding[M], lang: str) -> Rows:
    """Heading and rows of a table for reading."""
    return finding.grid(made, lang) if finding.grid else made.rows(finding, lang)


def title(contents: Contents[M], lang: str) -> str:
    return in_language(contents.made.title, lang)


def blocks(contents: Contents[M], lang: str, *, in_pdf: bool = False, only: str = "") -> Iterator[Block]:
    """The report in a language, section by section: the whole, what is in its PDF, or `only` one section."""
    yield Heading(title(contents, lang), 1)
    for section in contents.made.sections:
        if (in_pdf and not section.in_pdf) or only not in ("", section.name):
            continue
        pieces = list(_section(contents, section, lang, in_pdf=in_pdf))
        if pieces and section.heading:
            yield Heading(section.heading[lang], name=section.name)
        yield from pieces


def _section(contents: Contents[M], section: Section[M], lang: str, *, in_pdf: bool) -> Iterator[Block]:
    yield from section.before(contents, lang)
    for finding in section.findings:
        is_wanted = finding.draw or not (in_pdf and finding.folded)
        if finding.name in contents.parts and is_wanted:
            yield _finding(contents, contents.parts[finding.name], lang, heading=section.heading or {})
    yield from section.after(contents, lang)


def _finding(contents: Contents[M], part: Part[M], lang: str, heading: Text) -> Picture | Grid:
    finding = part.finding
    if finding.draw:
        missing = (
            ""
            if lang in part.stems
            else translate(lang, "This computer has no font for this language, so the figure is in English.")
        )
        return Picture(part.stems.get(lang, part.stems[SOURCE]), part.caption[lang] + missing)
    header, rows = _rows(contents.made, finding, lang)
    notes = [note[lang] for note in part.notes]
    caption = "" if part.caption == heading else part.caption[lang]
    warning = SIMULATED[lang] if contents.made.is_simulated else ""
    return Grid(header, rows, caption, notes, finding.name, folded=finding.folded, warning=warning)


def notes_below(grid: Grid, lang: str, most: int) -> list[str]:
    """The notes of a table of which `most` rows are shown."""
    cut = translate(
        lang,
        "The first {shown} of {count} rows; all are in tables/{name}.csv.",
        shown=most,
        count=len(grid.rows),
        name=grid.name,
    )
    return [*([cut] if len(grid.rows) > most else []), *grid.notes]
