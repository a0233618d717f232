"""A report in words: its findings with captions and files, and its sections as blocks that a page or a PDF can set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Grid, Heading, Picture
from analysis.report.registry import Finding, M, Section
from analysis.report.tables import Table
from formats.messages import SOURCE, LazyText, in_language, translate

SIMULATED = LazyText("SIMULATED / 模拟数据. A program generated these ratings. They do not describe any music.")


@dataclass(frozen=True)
class Part(Generic[M]):
    """A finding that could be had: its numbers, its words, and of a figure the files' stem by language."""

    finding: Finding[M]
    frame: pd.DataFrame
    caption: Text
    notes: Sequence[Text]
    stems: Mapping[str, Path] = field(default_factory=dict)


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


def table(made: M, part: Part[M]) -> Table:
    """A table as its files show it."""
    finding = part.finding
    printed = finding.printed(made) if finding.printed else None
    return Table(
        finding.name, part.frame, part.caption, tuple(part.notes), made.is_simulated, finding.decimals, printed
    )


def title(contents: Contents[M], lang: str) -> str:
    return in_language(contents.made.title, lang)


def blocks(contents: Contents[M], lang: str) -> Iterator[Block]:
    """The whole report in a language, section by section."""
    yield Heading(title(contents, lang), 1)
    for section in contents.made.sections:
        pieces = list(_section(contents, section, lang))
        if pieces and section.heading:
            yield Heading(section.heading[lang])
        yield from pieces


def _section(contents: Contents[M], section: Section[M], lang: str) -> Iterator[Block]:
    yield from section.before(contents, lang)
    for finding in section.findings:
        if finding.name in contents.parts:
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
    header, rows = finding.grid(contents.made, lang) if finding.grid else contents.made.rows(finding, lang)
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
