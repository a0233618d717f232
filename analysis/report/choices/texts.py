"""What was asked and of whom, the methods text, the checklist, and what else a report of choices ends with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Bullets, Facts, Paragraph
from analysis.report.choices.findings import ChoiceFindings
from analysis.report.document import Contents
from analysis.report.registry import Finding, Question, Rows, Section, Sentence, all_questions, all_sentences, in_order
from analysis.report.written import written_facts
from formats.messages import LANGUAGES, SOURCE, LazyText, counter, in_a_row, listed, translator

PARAGRAPHS = ("simulated", "listening", "model", "software")
QUESTIONS = ("listeners", "recruited", "asked", "systems", "unit", "chance", "heard_how")


def _opening(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    _ = translator(lang)
    if contents.made.is_simulated:
        yield Paragraph(_("These answers are SIMULATED: a program generated them, no person."), is_warning=True)


def _facts(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    _, found = translator(lang), contents.made
    data, frame = found.data, found.data.counted
    facts: dict[str, object] = {
        _("Questions"): listed(lang, (found.question(key)[lang] for key in data.questions)),
        _("Experts"): frame["expert_id"].nunique(),
        _("Systems"): listed(lang, (found.system(key)[lang] for key in found.order)),
        _("Clips"): data.clips,
        _("Answers"): f"{len(frame):,}",
    }
    if len(data.frame) > len(frame):
        facts[_("Repeats (not counted)")] = f"{len(data.frame) - len(frame):,}"
    if data.n_missing:
        facts[_("Without an answer")] = f"{data.n_missing:,}"
    facts |= written_facts(data.written, lang)
    yield Facts(facts)


def _values(found: ChoiceFindings, lang: str) -> dict[str, object]:
    data, ngettext = found.data, counter(lang)
    frame = data.counted
    return {
        "experts_named": ngettext("{count:,} expert", "{count:,} experts", frame["expert_id"].nunique()),
        "clips_named": ngettext("{count:,} clip", "{count:,} clips", data.clips),
        "systems_named": ngettext("{count:,} system", "{count:,} systems", len(data.systems)),
        "answers_named": ngettext("{count:,} answer counts", "{count:,} answers count", len(frame)),
        "questions": listed(lang, (found.question(key)[lang] for key in data.questions)),
        "repeats": f"{len(data.frame) - len(frame):,}",
    }


def methods(found: ChoiceFindings, stamp: Mapping[str, str]) -> list[Text]:
    """The paragraphs of the methods text, in every language."""
    values = {lang: {**_values(found, lang), **stamp} for lang in LANGUAGES}
    ordered: list[Sentence[ChoiceFindings]] = in_order(
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


def checklist(found: ChoiceFindings) -> list[tuple[bool, Text, Text]]:
    """Whether the authors have to answer, question and answer, in every language."""
    values = {lang: _values(found, lang) for lang in LANGUAGES}
    ordered: list[Question[ChoiceFindings]] = in_order(
        all_questions(found.sections), lambda question: question.name, QUESTIONS, others=QUESTIONS[-1]
    )
    rows: list[tuple[bool, Text, Text]] = []
    for asked in (question for question in ordered if question.holds(found)):
        of = {lang: {**values[lang], **asked.values(found, lang)} for lang in LANGUAGES}
        item, answer = (
            {lang: text[lang].format(**of[lang]) for lang in LANGUAGES} for text in (asked.item, asked.answer)
        )
        rows.append((asked.is_open, item, answer))
    return rows


def _checklist_frame(found: ChoiceFindings) -> pd.DataFrame:
    ends = ["" if lang == SOURCE else f"_{lang.split('-')[0]}" for lang in LANGUAGES]
    cells = [
        ("open" if is_open else "reported", *(text[lang] for lang in LANGUAGES for text in (item, answer)))
        for is_open, item, answer in checklist(found)
    ]
    return pd.DataFrame(cells, columns=["status", *(f"{name}{end}" for end in ends for name in ("item", "answer"))])


def _checklist_grid(found: ChoiceFindings, lang: str) -> Rows:
    _ = translator(lang)
    rows = [
        [item[lang], answer[lang], _("for the authors") if is_open else _("reported")]
        for is_open, item, answer in checklist(found)
    ]
    return [_("Item"), _("Answer"), ""], rows


CHECKLIST = Finding[ChoiceFindings](
    "checklist",
    LazyText("Reporting checklist"),
    LazyText("Reporting checklist"),
    _checklist_frame,
    grid=_checklist_grid,
    folded=False,
)


def _paragraphs(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    for text in contents.methods:
        yield Paragraph(text[lang])


def _limits(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    _ = translator(lang)
    yield Bullets(
        [
            _("A d' that is not significant is not evidence that experts cannot tell: see the equivalence test."),
            _("All d' share the answers to the clips of the reference: few of these make every d' uncertain."),
            _("That experts can tell clips of two systems apart does not say which are better."),
        ]
    )


def _left_out(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    if contents.missing:
        yield Bullets([text[lang] for text in contents.missing])


def _made(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    _ = translator(lang)
    names = {
        "source": _("Read from"),
        "dataset_hash": _("Data (SHA-256)"),
        "plan_hash": _("Study plan (SHA-256)"),
        "versions": _("Versions"),
    }
    facts: dict[str, object] = {names[key]: value for key, value in contents.stamp.items() if value}
    yield Facts({**facts, _("Files of this report"): ", ".join(contents.files)} if contents.files else facts)


OPENING = Section[ChoiceFindings]("opening", None, before=_opening)
LISTENED = Section[ChoiceFindings]("listened", LazyText("Experts, systems and clips"), before=_facts)
CANNOT = Section[ChoiceFindings]("cannot", LazyText("Limitations"), before=_limits)
LEFT_OUT = Section[ChoiceFindings]("left_out", LazyText("Not computed, and why"), before=_left_out)
MADE = Section[ChoiceFindings]("made", LazyText("Provenance"), before=_made)
METHODS = Section[ChoiceFindings](
    "methods",
    LazyText("Methods text"),
    before=_paragraphs,
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
            LazyText("{experts_named} judged {clips_named} of {systems_named} ({questions}). {answers_named}."),
        ),
        Sentence(
            "listening",
            "repeats",
            LazyText("Repeated answers ({repeats}) are left out."),
            lambda found: len(found.data.frame) > len(found.data.counted),
        ),
        Sentence(
            "software",
            "software",
            LazyText("Computed by Mukulen with {versions}. Data: SHA-256 {dataset_hash}."),
        ),
    ],
)
SECTION = Section[ChoiceFindings](
    "checklist",
    LazyText("Reporting checklist"),
    [CHECKLIST],
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
            LazyText("{questions}. Give the wording, the answers, and what experts knew of the share of each kind."),
            is_open=True,
        ),
        Question("systems", LazyText("Systems and clips"), LazyText("{systems_named}, {clips_named}.")),
        Question(
            "heard_how",
            LazyText("Playback (device, room, volume, practice)"),
            LazyText("Not in the data."),
            is_open=True,
        ),
    ],
)
