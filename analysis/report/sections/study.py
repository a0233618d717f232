"""What this is, what was asked, who listened, and to what; of a user's own table also how it was read."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.data.intake import columns_grid, columns_notes, columns_title
from analysis.report.blocks import Block, Bullets, Facts, Grid, Heading, Paragraph
from analysis.report.document import Contents
from analysis.report.findings import Findings
from analysis.report.registry import Finding, Section
from analysis.report.tables import say, span
from analysis.statistics.participants import participants
from analysis.words import WORDS
from formats.messages import LazyText, in_language
from formats.text import UTF_8


def _opening(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    yield Paragraph(WORDS[lang]["report"])
    if contents.made.is_simulated:
        yield Paragraph(WORDS[lang]["simulated"], is_warning=True)


OPENING = Section[Findings]("opening", None, before=_opening)


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


ASKED = Section[Findings]("asked", say("asked"), before=_scales)


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

LISTENED = Section("listened", say("listened"), [PARTICIPANTS], before=_facts, after=_reading)
