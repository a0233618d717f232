"""What is computed of some comparisons, each model once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.data.comparisons import Comparisons
from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.comparisons.notes import in_words
from analysis.report.registry import Finding, Made, Rows, Section
from analysis.report.style import system_called, system_order
from analysis.report.tables import fixed
from analysis.statistics import comparison_model
from analysis.statistics.comparison_model import ComparisonFit
from analysis.statistics.notes import note
from formats.messages import LANGUAGES, SOURCE, LazyText, in_language, translate

Row = Mapping[Any, Any]
#: A heading and what its cells show of a row, in a language.
Shown = tuple[Text, Callable[["ComparisonFindings", Row, str], str]]


class ComparisonFindings(Made):
    """Comparisons and all that is computed of them. `fits`: the comparison model by question."""

    def __init__(self, data: Comparisons, sections: Sequence[Section[Any]]) -> None:
        super().__init__(sections)
        self.data = data
        self.is_simulated, self.is_sealed, self.title = data.is_simulated, data.is_sealed, data.title
        self.order = system_order(data.systems, data.real_system)

    @property
    def primary(self) -> str:
        """The question that the report answers first: the first one."""
        return next(iter(self.fits))

    @cached_property
    def fits(self) -> dict[str, ComparisonFit]:
        fit, guard = comparison_model.fit, comparison_model.guard
        frame, alpha = self.data.counted, self.data.alpha
        return {key: guard(fit(frame, key, systems=self.order, alpha=alpha)) for key in self.data.questions}

    def because(self, finding: Finding[Any]) -> Text:
        """That a finding is missing, and why; where a model is, the notes on it say it for each question."""
        if finding.why and (keys := list(finding.why(self))):
            return reasons.because(finding.title, keys)
        return LazyText("{what}: the notes give the reason for each question.", what=finding.title)

    def stacked(self, name: str) -> pd.DataFrame:
        """A table of the fits, below one another."""
        tables = [getattr(fit, name) for fit in self.fits.values()]
        filled = [table for table in tables if len(table)]
        return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()

    def tested(self, name: str, column: str) -> pd.DataFrame:
        """The same, without rows where nothing could be estimated."""
        frame = self.stacked(name)
        return frame[frame[column].notna()].reset_index(drop=True) if len(frame) else frame

    @property
    def has_tests(self) -> bool:
        """Whether any pair was tested."""
        return any(fit.contrasts["p"].notna().any() for fit in self.fits.values())

    @property
    def has_intervals(self) -> bool:
        """Whether any strength has an interval."""
        return any(fit.strengths["ci_low"].notna().any() for fit in self.fits.values())

    @property
    def has_chances(self) -> bool:
        """Whether any chance of being preferred is estimated."""
        return any(fit.wins["chance"].notna().any() for fit in self.fits.values())

    @property
    def has_ties(self) -> bool:
        return bool((self.data.counted["value"] == 0).any())

    @cached_property
    def notes(self) -> tuple[Text, ...]:
        """What the models report of themselves, each sentence once, and which questions have none."""
        unanswered = [note("pairs_no_answers", key) for key in self.data.largest if key not in self.fits]
        of_models = [said for fit in self.fits.values() for said in fit.notes]
        said = [in_words(self, said) for said in (*unanswered, *of_models)]
        return tuple({text[SOURCE]: text for text in said}.values())

    def system(self, key: object) -> Text:
        """What a system is called, in every language."""
        return system_called(str(key), self.data.system_labels, is_sealed=self.is_sealed)

    def question(self, key: object) -> Text:
        """What a question is called, in every language."""
        label = self.data.question_labels.get(str(key), {})
        return {lang: in_language(label, lang) or str(key) for lang in LANGUAGES}


def grid(name: str, shown: Sequence[Shown]) -> Callable[[ComparisonFindings, str], Rows]:
    """A table as readers see it; the column of questions only where there are several."""

    def rows(found: ComparisonFindings, lang: str) -> Rows:
        parts = [QUESTION_COLUMN, *shown] if len(found.fits) > 1 else list(shown)
        records = found.frame(name).to_dict("records")
        return [heading[lang] for heading, _ in parts], [
            [cell(found, row, lang) for _, cell in parts] for row in records
        ]

    return rows


def named(column: str) -> Callable[[ComparisonFindings, Row, str], str]:
    """A cell with a system."""
    return lambda found, row, lang: found.system(row[column])[lang]


def number(column: str, decimals: int = 2) -> Callable[[ComparisonFindings, Row, str], str]:
    """A cell with a number; empty where there is none."""
    return lambda found, row, lang: _number(row[column], decimals)


def worded(words: Mapping[str, str], column: str) -> Callable[[ComparisonFindings, Row, str], str]:
    """A cell with a key, as the message that stands for it."""
    return lambda found, row, lang: translate(lang, words[row[column]])


def percent(column: str) -> Callable[[ComparisonFindings, Row, str], str]:
    """A cell with a share in per cent."""
    return lambda found, row, lang: "" if pd.isna(row[column]) else f"{100 * row[column]:.0f}%"


def interval(low: str, high: str, *, share: bool = False) -> Callable[[ComparisonFindings, Row, str], str]:
    """A cell with both ends of an interval."""

    def cell(found: ComparisonFindings, row: Row, lang: str) -> str:
        if math.isnan(row[low]):
            return ""
        if share:
            return f"{100 * row[low]:.0f}% – {100 * row[high]:.0f}%"
        return f"{_number(row[low], 2)} – {_number(row[high], 2)}"

    return cell


def _number(value: Any, decimals: int) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else fixed(value, decimals).replace("-", "−")
    return str(value)


QUESTION_COLUMN: Shown = (LazyText("Question"), lambda found, row, lang: found.question(row["question"])[lang])
