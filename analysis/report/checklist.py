"""What reviewers of listening studies ask (Table 10), answered from the ratings, or left to the authors.

After Cooper, Le Maguer, Klabbers & Yamagishi (arXiv 2503.03250, 2025) and Chiang et al. (2023), who list what papers
leave out. Sections and findings have the questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.findings import Findings
from analysis.report.methods import facts
from analysis.report.registry import Question, Section, all_questions, in_order
from formats.messages import LANGUAGES, SOURCE

REPORTED, OPEN = "here", "authors"
#: The order of the questions; further ones come before the last but one.
ORDER = (
    *("listeners", "recruited", "asked", "asked_open", "heard_how", "clips", "drawn", "drawn_open"),
    *("order", "order_open", "real", "frozen", "left_out", "unit", "many", "no_difference", "ordinal"),
    *("agreement", "power", "power_none", "across", "open_data"),
)


def questions(sections: Iterable[Section[Findings]]) -> list[Question[Findings]]:
    """Every question, in the order of the checklist; those that it does not name come before the last but one."""
    return in_order(all_questions(sections), lambda question: question.name, ORDER, others=ORDER[-2])


def checklist(found: Findings) -> list[tuple[str, Text, Text]]:
    """Status (REPORTED or OPEN), question and answer, in every language."""
    values = {lang: facts(found.ratings, lang) for lang in LANGUAGES}
    rows: list[tuple[str, Text, Text]] = []
    for asked in questions(found.sections):
        if asked.holds(found):
            of = {lang: {**values[lang], **asked.values(found, lang)} for lang in LANGUAGES}
            texts = (asked.item, asked.answer)
            item, answer = ({lang: text[lang].format(**of[lang]) for lang in LANGUAGES} for text in texts)
            rows.append((OPEN if asked.is_open else REPORTED, item, answer))
    return rows


def checklist_frame(rows: Sequence[tuple[str, Text, Text]]) -> pd.DataFrame:
    """The checklist as a table: status, item and answer in English, item_zh and answer_zh, then further languages."""
    ends = ["" if lang == SOURCE else f"_{lang.split('-')[0]}" for lang in LANGUAGES]
    cells = [(status, *(text[lang] for lang in LANGUAGES for text in (item, answer))) for status, item, answer in rows]
    return pd.DataFrame(cells, columns=["status", *(f"{name}{end}" for end in ends for name in ("item", "answer"))])
