"""What reports open and end with in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from analysis.data.choices import Choices
from analysis.data.comparisons import Comparisons
from analysis.report.blocks import Block, Bullets, Facts, Paragraph
from analysis.report.checklist import Row, checklist_frame, checklist_grid
from analysis.report.document import Contents
from analysis.report.registry import UNDER_CODES, Finding, M, Made, Question, Section, Sentence
from formats.messages import LazyText, counter, translate

#: What the stamp of a report tells, by its keys.
STAMPED = {
    "source": LazyText("Read from"),
    "dataset_hash": LazyText("Data (SHA-256)"),
    "plan_hash": LazyText("Frozen study plan (SHA-256)"),
    "plan_amended": LazyText("Analysis plan amended on (UTC; this report follows the frozen plan)"),
    "runs_hash": LazyText("Runs (SHA-256)"),
    "weights_hash": LazyText("Weights (SHA-256)"),
    "corpus_hash": LazyText("Corpus (SHA-256)"),
    "reference_hash": LazyText("Reference model (SHA-256)"),
    "pack_hash": LazyText("Pack (SHA-256 of its manifest)"),
    "seed": LazyText("Seed"),
    "versions": LazyText("Versions"),
}


def warnings(contents: Contents[Any], lang: str) -> Iterator[Block]:
    """That no person gave these answers, where a program did; that systems have codes, where they do."""
    if contents.made.is_simulated:
        said = translate(lang, "These answers are SIMULATED: a program generated them, no person.")
        yield Paragraph(said, is_warning=True)
    yield from under_codes(contents.made, lang)


def under_codes(made: Made, lang: str) -> Iterator[Block]:
    """That systems have codes which say nothing of them, before unblinding."""
    if made.is_sealed:
        yield Paragraph(UNDER_CODES[lang], is_warning=True)
        yield Paragraph(
            translate(lang, "Blinded: the planned contrasts cannot be identified, so all pairs are compared.")
        )


def counts(data: Comparisons | Choices, lang: str) -> dict[str, str]:
    """How many experts, clips and systems there are, with their nouns."""
    ngettext = counter(lang)
    return {
        "experts_named": ngettext("{count:,} expert", "{count:,} experts", data.counted["expert_id"].nunique()),
        "clips_named": ngettext("{count:,} clip", "{count:,} clips", data.clips),
        "systems_named": ngettext("{count:,} system", "{count:,} systems", len(data.systems)),
        "repeats": f"{len(data.frame) - len(data.counted):,}",
    }


def uncounted(data: Comparisons | Choices, lang: str) -> dict[str, object]:
    """Repeats and missing answers as facts, if there are any."""
    facts: dict[str, object] = {}
    if len(data.frame) > len(data.counted):
        facts[translate(lang, "Repeats (not counted)")] = counts(data, lang)["repeats"]
    if data.n_missing:
        facts[translate(lang, "Without an answer")] = f"{data.n_missing:,}"
    return facts


def paragraphs(contents: Contents[Any], lang: str) -> Iterator[Block]:
    """The methods text."""
    return (Paragraph(text[lang]) for text in contents.methods)


def _left_out(contents: Contents[Any], lang: str) -> Iterator[Block]:
    if contents.missing:
        yield Bullets([text[lang] for text in contents.missing])


def _made(contents: Contents[Any], lang: str) -> Iterator[Block]:
    facts = {STAMPED[key][lang]: value or translate(lang, "none") for key, value in contents.stamp.items()}
    files = {translate(lang, "Files of this report"): ", ".join(contents.files)} if contents.files else {}
    yield Facts({**facts, **files})


def checklist_of(rows: Callable[[M], Sequence[Row]]) -> Finding[M]:
    """The table of what reviewers ask."""
    return Finding[M](
        "checklist",
        LazyText("Reporting checklist"),
        LazyText("Reporting checklist"),
        lambda found: checklist_frame(rows(found)),
        grid=lambda found, lang: checklist_grid(rows(found), lang, LazyText("reported"), LazyText("for the authors")),
        folded=False,
        under_codes=True,
    )


LEFT_OUT: Section[Any] = Section("left_out", LazyText("Not computed, and why"), before=_left_out)
MADE: Section[Any] = Section("made", LazyText("Provenance"), before=_made)
SIMULATED: Sentence[Any] = Sentence(
    "simulated",
    "simulated",
    LazyText("The answers are SIMULATED: a program generated them."),
    lambda found: found.is_simulated,
)
SOFTWARE: Sentence[Any] = Sentence(
    "software", "software", LazyText("Computed by Mukulen with {versions}. Data: SHA-256 {dataset_hash}.")
)
LISTENERS: Question[Any] = Question(
    "listeners",
    LazyText("Number of participants and their expertise"),
    LazyText("{experts_named}. Describe their expertise."),
)
RECRUITED: Question[Any] = Question(
    "recruited", LazyText("Recruitment and payment"), LazyText("Not in the data."), is_open=True
)
SYSTEMS: Question[Any] = Question("systems", LazyText("Systems and clips"), LazyText("{systems_named}, {clips_named}."))
HEARD_HOW: Question[Any] = Question(
    "heard_how",
    LazyText("Playback (device, room, volume, practice)"),
    LazyText("Not in the data."),
    is_open=True,
)
