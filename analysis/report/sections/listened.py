"""Who listened, and to what; of a user's own table also how it was read."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.data.intake import columns_grid, columns_notes, columns_title
from analysis.report.blocks import Block, Bullets, Facts, Grid, Heading
from analysis.report.document import Contents
from analysis.report.findings import Findings
from analysis.report.registry import Finding, Section
from analysis.report.tables import say
from analysis.statistics.participants import participants
from analysis.words import WORDS
from formats.messages import LazyText
from formats.text import UTF_8


def _facts(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    ratings, words = contents.made.ratings, WORDS[lang]
    frame = ratings.counted
    facts: dict[str, object] = {
        words["experts"]: frame["expert_id"].nunique(),
        words["systems"]: frame["system"].nunique(),
        words["clips"]: len(frame[["system", "clip_id"]].drop_duplicates()),
        words["ratings"]: len(frame),
    }
    if len(ratings.frame) > len(frame):
        facts[words["repeats"]] = len(ratings.frame) - len(frame)
    if ratings.n_missing:
        facts[words["missing"]] = ratings.n_missing
    if ratings.encoding != UTF_8:
        facts[words["encoding"]] = ratings.encoding
    yield Facts(facts)


def _reading(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    """What each column was used as and why, the scales' bounds, and what was forgiven."""
    ratings = contents.made.ratings
    if ratings.columns:
        yield Heading(columns_title(lang), 3)
        yield Grid(*columns_grid(ratings, lang))
        yield Bullets(columns_notes(ratings, lang))


PARTICIPANTS = Finding[Findings](
    "participants",
    LazyText("Participants"),
    LazyText("Participants"),
    lambda found: participants(found.ratings),
    lambda found: ["no_background"],
    notes=[
        LazyText(
            "Counts below 5 are not shown, because in a small field they could identify a person; if such a count "
            "could be computed from the others, a second one is withheld. For numeric answers the quartiles are "
            "shown."
        )
    ],
    folded=False,
    under_codes=True,
)

SECTION = Section("listened", say("listened"), [PARTICIPANTS], before=_facts, after=_reading)
