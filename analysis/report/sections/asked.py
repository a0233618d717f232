"""What was asked: the scales, as the study words them."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.report.blocks import Block, Grid
from analysis.report.document import Contents
from analysis.report.findings import Findings
from analysis.report.registry import Section
from analysis.report.tables import say, span
from analysis.words import WORDS
from formats.messages import in_language

COLUMNS = ("scale", "question", "range", "low", "high", "status")
#: Left out where no scale has any.
OPTIONAL = {"question", "low", "high"}


def _scales(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    words, ratings = WORDS[lang], contents.made.ratings
    rows = []
    for scale in ratings.scales:
        worded = [in_language(text, lang) for text in (scale.definition, scale.low, scale.high)]
        bounds = span(f"{scale.minimum:g}", f"{scale.maximum:g}")
        status = words[ratings.status(scale.key)]
        rows.append([in_language(scale.label, lang), worded[0], bounds, *worded[1:], status])
    kept = [n for n, name in enumerate(COLUMNS) if name not in OPTIONAL or any(row[n] for row in rows)]
    yield Grid([words[COLUMNS[n]] for n in kept], [[row[n] for n in kept] for row in rows])


SECTION = Section[Findings]("asked", say("asked"), before=_scales)
