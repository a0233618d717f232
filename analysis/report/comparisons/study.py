"""What was compared, by whom, and how the table was read."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.data.comparisons import Comparisons, reading_notes
from analysis.report import closing
from analysis.report.attention import attention_checks
from analysis.report.blocks import Block, Bullets, Facts, Heading
from analysis.report.comparisons.findings import ComparisonFindings
from analysis.report.document import Contents
from analysis.report.participation import participation
from analysis.report.registry import Section
from analysis.report.written import written_facts
from formats.messages import LazyText, clauses, counter, listed, translate, translator


def _facts(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    _, found = translator(lang), contents.made
    data, frame = found.data, found.data.counted
    facts: dict[str, object] = {
        _("Questions"): listed(lang, (found.question(key)[lang] for key in data.questions)),
        _("Experts"): frame["expert_id"].nunique(),
        _("Systems"): listed(lang, (found.system(key)[lang] for key in found.order)),
        _("Clips"): data.clips,
    }
    if "prompt_id" in frame:
        facts[_("Prompts")] = frame["prompt_id"].nunique()
    facts[_("Comparisons")] = f"{len(frame):,}"
    facts |= closing.uncounted(data, lang)
    facts[_("Largest grade")] = clauses(lang, (f"±{data.largest[key]:g}" for key in data.questions))
    facts |= written_facts(data.written, lang)
    yield Facts(facts)


def _reading(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    notes = reading_notes(contents.made.data, lang)
    if notes:
        yield Heading(translate(lang, "How the table was read"), 3)
        yield Bullets(notes)


ATTENTION = attention_checks(lambda found: found.data.attention, "attention")
PARTICIPATION = participation(lambda found: found.data, "no_times")
LISTENED = Section[ComparisonFindings](
    "listened",
    LazyText("Experts, systems and clips"),
    [PARTICIPATION.flow, ATTENTION, PARTICIPATION.figure, PARTICIPATION.table],
    before=_facts,
    after=_reading,
)


def counts(data: Comparisons, lang: str) -> dict[str, str]:
    """How many there are of everything, with their nouns."""
    ngettext = counter(lang)
    answers = ngettext("{count:,} comparison counts", "{count:,} comparisons count", len(data.counted))
    return {**closing.counts(data, lang), "answers_named": answers}
