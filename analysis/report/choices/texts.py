"""What was asked and of whom, the methods text, the checklist, and what else a report of choices ends with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analysis.data.dataset import Text
from analysis.report import closing, reference
from analysis.report.attention import attention_checks
from analysis.report.blocks import Block, Bullets, Facts
from analysis.report.checklist import Row, answered
from analysis.report.choices.findings import ChoiceFindings
from analysis.report.document import Contents
from analysis.report.methods import in_paragraphs
from analysis.report.participation import participation
from analysis.report.registry import Question, Section, Sentence
from analysis.report.written import written_facts
from formats.messages import LazyText, counter, listed, translator

PARAGRAPHS = ("simulated", "listening", "attention", "model", "software")
QUESTIONS = (
    *("listeners", "recruited", "flow", "asked", "systems", "reference", "waveform", "switching"),
    *("unit", "chance", "heard_how"),
)


def _facts(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    _, found = translator(lang), contents.made
    data, frame = found.data, found.data.counted
    facts: dict[str, object] = {
        _("Questions"): listed(lang, (found.question(key)[lang] for key in data.questions)),
        _("Experts"): frame["expert_id"].nunique(),
        _("Pairs of systems") if data.pairs else _("Systems"): listed(
            lang, (found.system(key)[lang] for key in found.order if key not in data.groups)
        ),
        _("Pairs of clips") if data.pairs else _("Clips"): data.clips,
        _("Answers"): f"{len(frame):,}",
    }
    yield Facts({**facts, **closing.uncounted(data, lang), **written_facts(data.written, lang)})


def _values(found: ChoiceFindings, lang: str) -> dict[str, object]:
    data, ngettext = found.data, counter(lang)
    return {
        **closing.counts(data, lang),
        "pairs_named": ngettext("{count:,} pair of clips", "{count:,} pairs of clips", data.clips),
        "answers_named": ngettext("{count:,} answer counts", "{count:,} answers count", len(data.counted)),
        "questions": listed(lang, (found.question(key)[lang] for key in data.questions)),
    }


def _limits(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    _ = translator(lang)
    yield Bullets(
        [
            _("A d' that is not significant is not evidence that experts cannot tell: see the equivalence test."),
            _("All d' share the answers to the clips of the reference: few of these make every d' uncertain."),
            _("That experts can tell clips of two systems apart does not say which are better."),
        ]
    )


OPENING = Section[ChoiceFindings]("opening", None, before=closing.warnings)
ATTENTION = attention_checks(lambda found: found.data.attention, "attention")
PARTICIPATION = participation(lambda found: found.data)
LISTENED = Section[ChoiceFindings](
    "listened",
    LazyText("Experts, systems and clips"),
    [PARTICIPATION.flow, ATTENTION, PARTICIPATION.figure, PARTICIPATION.table],
    before=_facts,
)
CANNOT = Section[ChoiceFindings]("cannot", LazyText("Limitations"), before=_limits)


def methods(found: ChoiceFindings, stamp: Mapping[str, str]) -> list[Text]:
    """The paragraphs of the methods text, in every language."""
    return in_paragraphs(found, stamp, _values, PARAGRAPHS)


def checklist(found: ChoiceFindings) -> list[Row]:
    """The rows of the checklist."""
    return answered(found, _values, QUESTIONS, others=QUESTIONS[-1])


METHODS = Section[ChoiceFindings](
    "methods",
    LazyText("Methods text"),
    before=closing.paragraphs,
    sentences=[
        closing.SIMULATED,
        Sentence(
            "listening",
            "listening",
            LazyText("{experts_named} judged {clips_named} of {systems_named} ({questions}). {answers_named}."),
            lambda found: not found.data.pairs,
        ),
        Sentence(
            "listening",
            "abx_listening",
            LazyText(
                "In each trial experts heard X and two clips of different systems, made from the same prompt, and said "
                "which of the two X is: {experts_named}, {pairs_named} ({questions}). {answers_named}."
            ),
            lambda found: bool(found.data.pairs),
        ),
        reference.sentence(lambda found: found.data.reference),
        reference.waveform_sentence(lambda found: found.data.has_waveform),
        reference.switching_sentence(lambda found: found.data.is_synchronous),
        Sentence(
            "listening",
            "repeats",
            LazyText("Repeated answers ({repeats}) are left out."),
            lambda found: len(found.data.frame) > len(found.data.counted),
        ),
        closing.SOFTWARE,
    ],
)
SECTION = Section[ChoiceFindings](
    "checklist",
    LazyText("Reporting checklist"),
    [closing.checklist_of(checklist)],
    questions=[
        closing.LISTENERS,
        closing.RECRUITED,
        Question(
            "asked",
            LazyText("Questions and wording"),
            LazyText("{questions}. Give the wording, the answers, and what experts knew of the share of each kind."),
            is_open=True,
        ),
        closing.SYSTEMS,
        reference.question(lambda found: found.data.reference),
        reference.waveform_question(lambda found: found.data.has_waveform),
        reference.switching_question(lambda found: found.data.is_synchronous),
        closing.HEARD_HOW,
    ],
)
