"""What is computed of some choices, each model once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.data.choices import Choices
from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.choices.notes import in_words
from analysis.report.registry import Finding, Made, Rows, Section
from analysis.report.style import system_called, system_order
from analysis.report.tables import fixed
from analysis.statistics import abx, discrimination
from analysis.statistics.abx import AbxFit
from analysis.statistics.discrimination import MARGIN, DiscriminationFit
from analysis.statistics.mixed_model.inference import holm
from formats.errors import N_
from formats.messages import LANGUAGES, SOURCE, LazyText, in_language

Row = Mapping[Any, Any]
#: A heading and what its cells show of a row, in a language.
Shown = tuple[Text, Callable[["ChoiceFindings", Row, str], str]]
#: The family of a test: that of the differences the frozen plan names, or all systems.
PLANNED, ALL = "planned", "all"


@dataclass(frozen=True)
class Judged:
    """A question by which experts can tell systems from one: this system, the answer that is right for it, the fit."""

    noise: str
    right: str
    fit: DiscriminationFit


class ChoiceFindings(Made):
    """Choices and all that is computed of them."""

    def __init__(self, data: Choices, sections: Sequence[Section[Any]]) -> None:
        super().__init__(sections)
        self.data = data
        self.is_simulated, self.is_sealed, self.title = data.is_simulated, data.is_sealed, data.title
        self.order = (*system_order(data.systems, data.real_system, data.anchors), *data.groups)

    @cached_property
    def judged(self) -> dict[str, Judged]:
        """For each question whose answers are right or wrong, how well experts tell the systems apart."""
        found = {}
        for key in self.data.questions:
            frame = self.data.counted[self.data.counted["question"] == key]
            sides = _sides(frame, self.data.answers(key))
            noise = _noise(sides, self.data.real_system)
            if noise:
                right = sides[noise]
                said = frame.assign(said=(frame["choice"] != right).astype(int))
                alike = {system for system, answer in sides.items() if answer == right} - {noise}
                under_test = said[~said["system"].isin(alike | self._apart(key, noise))]
                if under_test["system"].nunique() > 1:
                    found[key] = Judged(noise, right, self._fit(under_test, key, noise))
        return found

    def _apart(self, question: str, noise: str) -> set[str]:
        """The anchors, which are not under test unless the frozen plan names them."""
        return {*self.data.anchors} - {noise} - self._planned(question, noise)

    def _fit(self, frame: pd.DataFrame, question: str, noise: str) -> DiscriminationFit:
        alpha, order = self.data.alpha, [system for system in self.order if system != noise]
        return discrimination.guard(
            discrimination.fit(frame, real=noise, systems=order, margin=self.margin(question), alpha=alpha)
        )

    @cached_property
    def abx(self) -> dict[str, AbxFit]:
        """For each question about an X how often experts answer rightly."""
        found = {}
        for key in self.data.questions if self.data.pairs else ():
            frame = self.data.counted[self.data.counted["question"] == key]
            frame = frame.rename(columns={"system": "pair"}).assign(right=frame["correct"].astype(int))
            found[key] = abx.fit(frame, self.order, margin=self.margin(key), alpha=self.data.alpha)
        return found

    @cached_property
    def abx_pairs(self) -> pd.DataFrame:
        """One row a question and pair, with p adjusted within the family that the frozen plan names."""
        tables = [self._of_abx(key, fit.pairs) for key, fit in self.abx.items()]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def _of_abx(self, key: str, table: pd.DataFrame) -> pd.DataFrame:
        planned = [set(self.data.pairs[pair]) in self.data.planned(key) for pair in table["pair"]]
        table = table.assign(question=key, family=[PLANNED if named else ALL for named in planned])
        chosen = (table["family"] == PLANNED) & table["p"].notna()
        if chosen.any():
            table.loc[chosen, "p_holm"] = holm(table.loc[chosen, "p"].to_numpy())
        return table[["question", *table.columns.drop("question")]]

    def margin(self, question: str) -> float:
        """d' within this counts as chance: the plan's smallest effect of interest, or that of the field."""
        gap = self.data.plan.get("smallest_gap") if self.data.is_primary(question) else None
        return float(gap) if gap else MARGIN

    @cached_property
    def tested(self) -> pd.DataFrame:
        """One row a question and system, with p adjusted within the family that the frozen plan names."""
        tables = [self._of_question(key, judged) for key, judged in self.judged.items() if not judged.fit.why]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def _of_question(self, key: str, judged: Judged) -> pd.DataFrame:
        table = judged.fit.systems.assign(question=key, reference=judged.noise)
        planned = self._planned(key, judged.noise)
        family = [PLANNED if system in planned else ALL for system in table["system"]]
        table["family"] = [member if system else "" for member, system in zip(family, table["system"], strict=True)]
        chosen = (table["family"] == PLANNED) & table["p"].notna()
        if chosen.any():
            table.loc[chosen, "p_holm"] = holm(table.loc[chosen, "p"].to_numpy())
        return table[["question", "reference", *judged.fit.systems.columns, "family"]]

    def _planned(self, question: str, noise: str) -> set[str]:
        """The systems whose difference from the reference the frozen plan names."""
        return {system for pair in self.data.planned(question) if noise in pair for system in pair - {noise}}

    @cached_property
    def shares(self) -> pd.DataFrame:
        """How often each answer was given to each system's clips."""
        frame, rows = self.data.counted, []
        for key in self.data.questions:
            of_question = frame[frame["question"] == key]
            for system in self.order:
                of_system = of_question[of_question["system"] == system]
                for answer in self.data.answers(key) if len(of_system) else ():
                    chosen = of_system[of_system["choice"] == answer]
                    right = chosen["correct"].dropna().unique()
                    correct = int(right[0]) if len(right) else pd.NA
                    rows.append((key, system, answer, len(chosen), len(chosen) / len(of_system), correct))
        columns = ["question", "system", "choice", "answers", "share", "correct"]
        return pd.DataFrame(rows, columns=columns).astype({"correct": "Int64"})

    def because(self, finding: Finding[Any]) -> Text:
        """That a finding is missing, and why; where a model is, the notes on it say it for each question."""
        if finding.why and (keys := list(finding.why(self))):
            return reasons.because(finding.title, keys)
        return LazyText("{what}: the notes give the reason for each question.", what=finding.title)

    @cached_property
    def notes(self) -> tuple[Text, ...]:
        """What the models report of themselves, and why a question has none; each sentence once."""
        said: list[Text] = []
        for key in self.data.questions:
            judged = self.judged.get(key)
            if judged is None:
                frame = self.data.counted[self.data.counted["question"] == key]
                sides = _sides(frame, self.data.answers(key))
                message = NO_REFERENCE if sides else NO_RIGHT
                said.append(LazyText(message, question=self.question(key)))
            else:
                said += [in_words(self, key, judged, note) for note in judged.fit.notes]
        return tuple({text[SOURCE]: text for text in said}.values())

    def stacked(self, name: str) -> pd.DataFrame:
        """A table of the fits, below one another."""
        tables = [
            table.assign(question=key)[["question", *table.columns]]
            for key, judged in self.judged.items()
            if not judged.fit.why and len(table := getattr(judged.fit, name))
        ]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    @property
    def has_tests(self) -> bool:
        """Whether any d' was tested."""
        return bool(len(self.tested) and self.tested["p"].notna().any())

    def system(self, key: object) -> Text:
        """What a system is called, in every language."""
        is_code = self.is_sealed and key not in self.data.system_labels  # pairs of codes are named after both
        return system_called(str(key), self.data.system_labels, is_sealed=is_code)

    def question(self, key: object) -> Text:
        """What a question is called, in every language."""
        label = self.data.question_labels.get(str(key), {})
        return {lang: in_language(label, lang) or str(key).replace("_", " ") for lang in LANGUAGES}

    def answer(self, question: object, key: object) -> Text:
        """The words of an answer, in every language."""
        label = self.data.choice_labels.get(str(question), {}).get(str(key), {})
        return {lang: in_language(label, lang) or str(key) for lang in LANGUAGES}


NO_RIGHT = N_("{question}: not two answers of which one is right for each system, so there are shares and no d'.")
NO_REFERENCE = N_(
    "{question}: d' compares systems with the one that has a right answer of its own, and here no system has. There "
    "are shares and no d'."
)


def _sides(frame: pd.DataFrame, answers: Sequence[str]) -> dict[str, str]:
    """The answer that is right for each system; empty unless there are two answers and one is right everywhere."""
    if len(answers) != 2 or not frame["correct"].notna().all():
        return {}
    other = dict(zip(answers, reversed(answers), strict=True))
    first = frame.drop_duplicates("system")
    rows = zip(first["system"], first["choice"], first["correct"], strict=True)
    return {system: choice if correct else other[choice] for system, choice, correct in rows}


def _noise(sides: Mapping[str, str], real: str | None) -> str:
    """The system to tell the others from: the real music, or the only one with its right answer; "" for none."""
    alone = [system for system, answer in sides.items() if list(sides.values()).count(answer) == 1]
    if len(set(sides.values())) < 2:
        return ""
    return real if real in alone else alone[0] if len(alone) == 1 else ""


def grid(name: str, shown: Sequence[Shown]) -> Callable[[ChoiceFindings, str], Rows]:
    """A table as readers see it; the column of questions only where there are several."""

    def rows(found: ChoiceFindings, lang: str) -> Rows:
        parts = [QUESTION_COLUMN, *shown] if len(found.data.questions) > 1 else list(shown)
        records = found.frame(name).to_dict("records")
        return [heading[lang] for heading, _ in parts], [
            [cell(found, row, lang) for _, cell in parts] for row in records
        ]

    return rows


def number(column: str, decimals: int = 2) -> Callable[[ChoiceFindings, Row, str], str]:
    """A cell with a number; empty where there is none."""

    def cell(found: ChoiceFindings, row: Row, lang: str) -> str:
        value = row[column]
        if isinstance(value, float):
            return "" if math.isnan(value) else fixed(value, decimals).replace("-", "−")
        return f"{value:,}"

    return cell


def percent(column: str) -> Callable[[ChoiceFindings, Row, str], str]:
    """A cell with a share in per cent."""
    return lambda found, row, lang: "" if pd.isna(row[column]) else f"{100 * row[column]:.0f}%"


def interval(low: str, high: str) -> Callable[[ChoiceFindings, Row, str], str]:
    """A cell with both ends of an interval."""

    def cell(found: ChoiceFindings, row: Row, lang: str) -> str:
        if math.isnan(row[low]):
            return ""
        return " – ".join(fixed(row[end], 2).replace("-", "−") for end in (low, high))

    return cell


QUESTION_COLUMN: Shown = (LazyText("Question"), lambda found, row, lang: found.question(row["question"])[lang])
