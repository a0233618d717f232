"""The methods text, for a paper: the sentences that no finding owns, and the paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.report.blocks import Block, Paragraph
from analysis.report.document import Contents
from analysis.report.findings import Findings
from analysis.report.methods import DESIGN, sentence
from analysis.report.prompts import shared_prompts
from analysis.report.registry import Section
from analysis.report.tables import say
from analysis.words import WORDS


def _paragraphs(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    for text in contents.methods:
        yield Paragraph(text[lang])
    yield Paragraph(WORDS[lang]["files_of"])


SECTION = Section(
    "methods",
    say("methods"),
    before=_paragraphs,
    sentences=[
        sentence("simulated", "simulated", lambda found: found.is_simulated),
        sentence("listening", "listening"),
        sentence("listening", "repeats", lambda found: len(found.ratings.frame) > len(found.ratings.counted)),
        sentence("listening", "missing", lambda found: found.ratings.n_missing > 0),
        sentence("design", "design", lambda found: set(DESIGN) <= set(found.ratings.design)),
        sentence("plan", "plan", lambda found: bool(found.ratings.plan_sha256)),
        sentence("plan", "no_plan", lambda found: not found.ratings.plan_sha256),
        sentence("prompts", "prompts", lambda found: bool(shared_prompts(found.ratings))),
        sentence("software", "software"),
    ],
)
