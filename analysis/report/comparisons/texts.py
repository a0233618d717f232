"""The methods text and the checklist of comparisons, and what else a report ends with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from analysis.data.dataset import Text
from analysis.report import closing, reference
from analysis.report.blocks import Block, Bullets
from analysis.report.checklist import Row, answered
from analysis.report.comparisons.findings import ComparisonFindings
from analysis.report.comparisons.study import counts
from analysis.report.document import Contents
from analysis.report.methods import in_paragraphs
from analysis.report.registry import Question, Section, Sentence
from formats.messages import LazyText, listed, translator

PARAGRAPHS = ("simulated", "listening", "attention", "model", "ranks", "check", "software")
QUESTIONS = (
    *("listeners", "recruited", "flow", "asked", "systems", "reference", "waveform", "switching"),
    *("clips", "pairs", "ties", "sides", "unit", "many"),
)


def _values(found: ComparisonFindings, lang: str) -> dict[str, object]:
    data = found.data
    played = [count for _, frame in data.counted.groupby("question") for count in _votes_of_pairs(frame)]
    low, high = min(played), max(played)
    return {
        **counts(data, lang),
        "questions": listed(lang, (found.question(key)[lang] for key in data.questions)),
        "per_pair": f"{low}" if low == high else f"{low}–{high}",
        "missing": f"{data.n_missing:,}",
        "level": data.level,
    }


def _votes_of_pairs(frame: pd.DataFrame) -> list[int]:
    pairs = [tuple(sorted(pair)) for pair in zip(frame["system_a"], frame["system_b"], strict=True)]
    return pd.Series(pairs).value_counts().tolist()


def methods(found: ComparisonFindings, stamp: Mapping[str, str]) -> list[Text]:
    """The paragraphs of the methods text, in every language."""
    return in_paragraphs(found, stamp, _values, PARAGRAPHS)


def checklist(found: ComparisonFindings) -> list[Row]:
    """The rows of the checklist."""
    return answered(found, _values, QUESTIONS, others=QUESTIONS[-1])


METHODS = Section[ComparisonFindings](
    "methods",
    LazyText("Methods text"),
    before=closing.paragraphs,
    in_pdf=False,
    sentences=[
        closing.SIMULATED,
        Sentence(
            "listening",
            "listening",
            LazyText(
                "{experts_named} compared {clips_named} of {systems_named} in pairs ({questions}). {answers_named}, "
                "{per_pair} per pair of systems."
            ),
        ),
        reference.sentence(lambda found: found.data.reference),
        reference.waveform_sentence(lambda found: found.data.has_waveform),
        reference.switching_sentence(lambda found: found.data.is_synchronous),
        Sentence(
            "listening",
            "ties",
            LazyText("Experts could answer that there is no difference."),
            lambda found: found.has_ties,
        ),
        Sentence(
            "listening",
            "repeats",
            LazyText("Repeated comparisons ({repeats}) are left out."),
            lambda found: len(found.data.frame) > len(found.data.counted),
        ),
        Sentence(
            "listening",
            "missing",
            LazyText("Without an answer: {missing}."),
            lambda found: found.data.n_missing > 0,
        ),
        closing.SOFTWARE,
    ],
)

SECTION = Section(
    "checklist",
    LazyText("Reporting checklist"),
    [closing.checklist_of(checklist)],
    in_pdf=False,
    questions=[
        closing.LISTENERS,
        closing.RECRUITED,
        Question(
            "asked",
            LazyText("Questions and wording"),
            LazyText("{questions}. The file has names only; give the wording and the grades."),
            is_open=True,
        ),
        closing.SYSTEMS,
        reference.question(lambda found: found.data.reference),
        reference.waveform_question(lambda found: found.data.has_waveform),
        reference.switching_question(lambda found: found.data.is_synchronous),
        Question("pairs", LazyText("Comparisons per pair"), LazyText("{per_pair}.")),
        Question(
            "ties",
            LazyText("Ties"),
            LazyText("Allowed, and in the model."),
            holds=lambda found: found.has_ties,
        ),
        Question(
            "ties",
            LazyText("Ties"),
            LazyText("None in the data. State whether they were allowed."),
            holds=lambda found: not found.has_ties,
            is_open=True,
        ),
        Question(
            "order",
            LazyText("Blinding and counterbalancing"),
            LazyText("Not in the data."),
            is_open=True,
        ),
        closing.HEARD_HOW,
    ],
)


def _limits(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    _, found = translator(lang), contents.made
    said = [
        _("A difference that is not significant is not evidence that two systems are equal."),
        _("Strengths depend on the systems compared and on the wording: do not compare them across studies."),
        _("No rank is certain beyond its interval."),
    ]
    if "prompt_id" not in found.data.frame:
        said.append(
            _(
                "The table has no prompt_id. If both clips of a comparison came from one prompt, add it; the number of "
                "prompts is taken from the clips of a system."
            )
        )
    yield Bullets(said)


CANNOT = Section[ComparisonFindings]("cannot", LazyText("Limitations"), before=_limits)
