"""What reviewers of listening studies ask (Table 10), answered from the ratings, or left to the authors.

After Cooper, Le Maguer, Klabbers & Yamagishi (arXiv 2503.03250, 2025) and Chiang et al. (2023), who list what papers
leave out. Sections and findings have the questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.findings import Findings
from analysis.report.methods import facts
from analysis.report.registry import M, Question, Rows, all_questions, in_order
from formats.messages import LANGUAGES, SOURCE, translate

#: Whether the authors have to answer, question and answer.
Row = tuple[bool, Text, Text]
#: The order of the questions; further ones come before the last but one.
ORDER = (
    *("listeners", "recruited", "flow", "consent", "period", "asked", "asked_open", "heard_how", "heard_how_open"),
    *("length", "clips", "drawn", "drawn_open"),
    *("order", "order_open", "real", "reference", "switching", "frozen", "left_out"),
    *("unit", "many", "no_difference", "ordinal"),
    *("agreement", "power", "power_none", "across", "open_data"),
)


def answered(made: M, values: Callable[[M, str], Mapping[str, object]], order: Sequence[str], others: str) -> list[Row]:
    """The rows of a checklist.

    `values`: what all answers may name. `order`: of the questions; further ones come before `others`.
    """
    return made.once("checklist", lambda: _answered(made, values, order, others))


def _answered(
    made: M, values: Callable[[M, str], Mapping[str, object]], order: Sequence[str], others: str
) -> list[Row]:
    shared = {lang: values(made, lang) for lang in LANGUAGES}
    asked = in_order(all_questions(made.sections), lambda question: question.name, order, others)
    return [_row(question, made, shared) for question in asked if question.holds(made)]


def _row(question: Question[M], made: M, shared: Mapping[str, Mapping[str, object]]) -> Row:
    of = {lang: {**shared[lang], **question.values(made, lang)} for lang in LANGUAGES}
    item, answer = (
        {lang: text[lang].format(**of[lang]) for lang in LANGUAGES} for text in (question.item, question.answer)
    )
    return question.is_open, item, answer


def checklist(found: Findings) -> list[Row]:
    """The rows of the checklist of ratings."""
    return answered(found, lambda found, lang: facts(found.ratings, lang), ORDER, others=ORDER[-2])


def checklist_frame(rows: Sequence[Row], reported: str = "reported", is_open: str = "open") -> pd.DataFrame:
    """The checklist as a table: status, item and answer in English, item_zh and answer_zh, then further languages."""
    ends = ["" if lang == SOURCE else f"_{lang.split('-')[0]}" for lang in LANGUAGES]
    cells = [
        (is_open if for_authors else reported, *(text[lang] for lang in LANGUAGES for text in (item, answer)))
        for for_authors, item, answer in rows
    ]
    return pd.DataFrame(cells, columns=["status", *(f"{name}{end}" for end in ends for name in ("item", "answer"))])


def checklist_grid(rows: Sequence[Row], lang: str, reported: Text, is_open: Text) -> Rows:
    """The checklist as readers see it in a language, each row with the words of its status."""
    said = [
        [item[lang], answer[lang], (is_open if for_authors else reported)[lang]] for for_authors, item, answer in rows
    ]
    return [translate(lang, "Item"), translate(lang, "Answer"), ""], said
