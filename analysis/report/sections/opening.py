"""What this is, and a warning where the ratings are simulated."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.report.blocks import Block, Paragraph
from analysis.report.document import Contents
from analysis.report.findings import Findings
from analysis.report.registry import Section
from analysis.words import WORDS


def _opening(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    yield Paragraph(WORDS[lang]["report"])
    if contents.made.is_simulated:
        yield Paragraph(WORDS[lang]["simulated"], is_warning=True)


SECTION = Section[Findings]("opening", None, before=_opening)
