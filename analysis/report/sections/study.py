"""What this is, what was asked, who listened, and to what; of a user's own table also how it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analysis.data.dataset import Text
from analysis.data.intake import columns_grid, columns_notes
from analysis.report.attention import attention_checks
from analysis.report.blocks import Block, Bullets, Facts, Grid, Heading
from analysis.report.document import Contents
from analysis.report.findings import Findings
from analysis.report.participation import participation
from analysis.report.registry import Finding, Rows, Section
from analysis.report.tables import span
from analysis.report.written import written_facts
from analysis.statistics.participants import participants
from formats.messages import NP_, LazyText, in_language, translate, translator
from formats.text import UTF_8

COLUMNS: Mapping[str, Text] = {
    "scale": LazyText("Scale"),
    "question": LazyText("Question"),
    "range": LazyText("Range"),
    "low": LazyText("Low end"),
    "high": LazyText("High end"),
    "status": LazyText("Status"),
}
#: Left out where no scale has any.
OPTIONAL = {"question", "low", "high"}
STATUS: Mapping[str, Text] = {
    "primary": LazyText("planned, primary"),
    "secondary": LazyText("planned, secondary"),
    "exploratory": LazyText("exploratory"),
}


def _scales(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    ratings = contents.made.ratings
    rows = []
    for scale in ratings.scales:
        worded = [in_language(text, lang) for text in (scale.definition, scale.low, scale.high)]
        bounds = span(f"{scale.minimum:g}", f"{scale.maximum:g}")
        status = STATUS[ratings.status(scale.key)][lang]
        rows.append([in_language(scale.label, lang), worded[0], bounds, *worded[1:], status])
    kept = [n for n, name in enumerate(COLUMNS) if name not in OPTIONAL or any(row[n] for row in rows)]
    headings = [heading[lang] for heading in COLUMNS.values()]
    yield Grid([headings[n] for n in kept], [[row[n] for n in kept] for row in rows])


ASKED = Section[Findings]("asked", LazyText("Questions"), before=_scales)


def _facts(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    ratings, _ = contents.made.ratings, translator(lang)
    frame = ratings.counted
    facts: dict[str, object] = {
        _("Experts"): frame["expert_id"].nunique(),
        _("Systems"): frame["system"].nunique(),
        _("Clips"): len(frame[["system", "clip_id"]].drop_duplicates()),
        _("Ratings included"): len(frame),
    }
    if len(ratings.frame) > len(frame):
        facts[_("Ratings of hidden repeats, excluded from all means")] = len(ratings.frame) - len(frame)
    if ratings.n_missing:
        facts[_("Missing ratings, excluded")] = ratings.n_missing
    if ratings.encoding != UTF_8:
        facts[_("The file was read as")] = ratings.encoding
    facts |= written_facts(ratings.written, lang)
    yield Facts(facts)


def _reading(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    """What each column was used as and why, the scales' bounds, and what was forgiven."""
    ratings = contents.made.ratings
    if ratings.columns:
        yield Heading(translate(lang, "Input table"), 3)
        yield Grid(*columns_grid(ratings, lang))
        yield Bullets(columns_notes(ratings, lang))


#: What participants are asked in every study, and what stands for their answers or counts.
ASKED_OF_EXPERTS: Mapping[str, Text] = {"group": LazyText("group"), "language": LazyText("language")}
ANSWERED: Mapping[str, Text] = {
    "en": LazyText("English"),
    "zh-hans": LazyText("Chinese"),
    "other answers": LazyText("other answers"),
    "not said": LazyText("no answer"),
}
COUNTED: Mapping[str, Text] = {"few": LazyText("fewer than 5"), "withheld": LazyText("withheld")}


def _participants(found: Findings, lang: str) -> Rows:
    """Groups, background questions and answers as the study words them."""
    ratings, rows = found.ratings, []
    for asked, answer, count in found.frame("participants").itertuples(index=False):
        question = ratings.questions.get(asked)
        label = question.label if question else ASKED_OF_EXPERTS.get(asked)
        choices = ratings.group_labels if asked == "group" else question.choices if question else {}
        answered = choices.get(answer) or ANSWERED.get(answer)
        rows.append(
            [
                in_language(label, lang) if label else asked,
                in_language(answered, lang) if answered else answer,
                COUNTED[count][lang] if count in COUNTED else count,
            ]
        )
    headings = (LazyText("Question"), LazyText("Answer"), LazyText(NP_("a column of numbers", "Experts")))
    return [heading[lang] for heading in headings], rows


PARTICIPANTS = Finding[Findings](
    "participants",
    LazyText("Participants"),
    LazyText("Participants"),
    lambda found: participants(found.ratings),
    lambda found: ["no_background"],
    grid=_participants,
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


PARTICIPATION = participation(lambda found: found.ratings)
ATTENTION = attention_checks(lambda found: found.ratings.attention, "experts")

LISTENED = Section(
    "listened",
    LazyText("Participants and clips"),
    [PARTICIPATION.flow, PARTICIPANTS, ATTENTION, PARTICIPATION.figure, PARTICIPATION.table],
    before=_facts,
    after=_reading,
)
