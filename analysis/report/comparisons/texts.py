"""The methods text and the checklist of comparisons, and what else a report ends with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Bullets, Facts, Paragraph
from analysis.report.comparisons.findings import ComparisonFindings
from analysis.report.comparisons.study import counts
from analysis.report.document import Contents
from analysis.report.registry import Finding, Question, Rows, Section, Sentence, all_questions, all_sentences, in_order
from formats.messages import LANGUAGES, SOURCE, LazyText, in_a_row, listed, translator

PARAGRAPHS = ("simulated", "listening", "model", "ranks", "check", "software")
QUESTIONS = ("listeners", "recruited", "asked", "systems", "clips", "pairs", "ties", "sides", "unit", "many")
STATUS = {False: "reported", True: "open"}


def _values(found: ComparisonFindings, lang: str) -> dict[str, object]:
    data = found.data
    played = [count for _, frame in data.counted.groupby("question") for count in _votes_of_pairs(frame)]
    low, high = min(played), max(played)
    return {
        **counts(data, lang),
        "questions": listed(lang, (found.question(key)[lang] for key in data.questions)),
        "per_pair": f"{low}" if low == high else f"{low}–{high}",
        "repeats": f"{len(data.frame) - len(data.counted):,}",
        "missing": f"{data.n_missing:,}",
        "level": data.level,
    }


def _votes_of_pairs(frame: pd.DataFrame) -> list[int]:
    pairs = [tuple(sorted(pair)) for pair in zip(frame["system_a"], frame["system_b"], strict=True)]
    return pd.Series(pairs).value_counts().tolist()


def methods(found: ComparisonFindings, stamp: Mapping[str, str]) -> list[Text]:
    """The paragraphs of the methods text, in every language."""
    values = {lang: {**_values(found, lang), **stamp} for lang in LANGUAGES}
    ordered: list[Sentence[ComparisonFindings]] = in_order(
        all_sentences(found.sections), lambda sentence: sentence.paragraph, PARAGRAPHS, others=PARAGRAPHS[-1]
    )
    held = [sentence for sentence in ordered if sentence.holds(found)]
    paragraphs = [list(group) for _, group in groupby(held, key=lambda sentence: sentence.paragraph)]
    return [
        {
            lang: in_a_row(
                lang, (one.text[lang].format(**{**values[lang], **one.values(found, lang)}) for one in paragraph)
            )
            for lang in LANGUAGES
        }
        for paragraph in paragraphs
    ]


def checklist(found: ComparisonFindings) -> list[tuple[str, Text, Text]]:
    """Status, question and answer, in every language."""
    values = {lang: _values(found, lang) for lang in LANGUAGES}
    ordered: list[Question[ComparisonFindings]] = in_order(
        all_questions(found.sections), lambda question: question.name, QUESTIONS, others=QUESTIONS[-1]
    )
    rows: list[tuple[str, Text, Text]] = []
    for asked in ordered:
        if asked.holds(found):
            of = {lang: {**values[lang], **asked.values(found, lang)} for lang in LANGUAGES}
            item, answer = (
                {lang: text[lang].format(**of[lang]) for lang in LANGUAGES} for text in (asked.item, asked.answer)
            )
            rows.append((STATUS[asked.is_open], item, answer))
    return rows


def _checklist_frame(found: ComparisonFindings) -> pd.DataFrame:
    ends = ["" if lang == SOURCE else f"_{lang.split('-')[0]}" for lang in LANGUAGES]
    rows = checklist(found)
    cells = [(status, *(text[lang] for lang in LANGUAGES for text in (item, answer))) for status, item, answer in rows]
    return pd.DataFrame(cells, columns=["status", *(f"{name}{end}" for end in ends for name in ("item", "answer"))])


def _checklist_grid(found: ComparisonFindings, lang: str) -> Rows:
    _ = translator(lang)
    names = {"reported": _("reported"), "open": _("for the authors")}
    rows = [[item[lang], answer[lang], names[status]] for status, item, answer in checklist(found)]
    return [_("Item"), _("Answer"), ""], rows


CHECKLIST = Finding[ComparisonFindings](
    "checklist",
    LazyText("Reporting checklist"),
    LazyText("Reporting checklist"),
    _checklist_frame,
    grid=_checklist_grid,
    folded=False,
)


def _paragraphs(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    for text in contents.methods:
        yield Paragraph(text[lang])


METHODS = Section[ComparisonFindings](
    "methods",
    LazyText("Methods text"),
    before=_paragraphs,
    in_pdf=False,
    sentences=[
        Sentence(
            "simulated",
            "simulated",
            LazyText("The answers are SIMULATED: a program generated them."),
            lambda found: found.is_simulated,
        ),
        Sentence(
            "listening",
            "listening",
            LazyText(
                "{experts_named} compared {clips_named} of {systems_named} in pairs ({questions}). {answers_named}, "
                "{per_pair} per pair of systems."
            ),
        ),
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
        Sentence(
            "software",
            "software",
            LazyText("Computed by Mukulen with {versions}. Data: SHA-256 {dataset_hash}."),
        ),
    ],
)

SECTION = Section(
    "checklist",
    LazyText("Reporting checklist"),
    [CHECKLIST],
    in_pdf=False,
    questions=[
        Question(
            "listeners",
            LazyText("Number of participants and their expertise"),
            LazyText("{experts_named}. Describe their expertise."),
        ),
        Question("recruited", LazyText("Recruitment and payment"), LazyText("Not in the data."), is_open=True),
        Question(
            "asked",
            LazyText("Questions and wording"),
            LazyText("{questions}. The file has names only; give the wording and the grades."),
            is_open=True,
        ),
        Question("systems", LazyText("Systems and clips"), LazyText("{systems_named}, {clips_named}.")),
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
        Question(
            "heard_how",
            LazyText("Playback (device, room, volume, practice)"),
            LazyText("Not in the data."),
            is_open=True,
        ),
    ],
)


def _left_out(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    if contents.missing:
        yield Bullets([text[lang] for text in contents.missing])


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


def _made(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    _ = translator(lang)
    names = {
        "source": _("Read from"),
        "dataset_hash": _("Data (SHA-256)"),
        "plan_hash": _("Study plan (SHA-256)"),
        "versions": _("Versions"),
    }
    facts: dict[str, object] = {names[key]: value for key, value in contents.stamp.items()}
    yield Facts({**facts, _("Files of this report"): ", ".join(contents.files)} if contents.files else facts)


CANNOT = Section[ComparisonFindings]("cannot", LazyText("Limitations"), before=_limits)
LEFT_OUT = Section[ComparisonFindings]("left_out", LazyText("Not computed, and why"), before=_left_out)
MADE = Section[ComparisonFindings]("made", LazyText("Provenance"), before=_made)
