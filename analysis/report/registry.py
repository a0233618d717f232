"""What a report consists of: sections in reading order, and in each its findings.

A finding is a table or a figure with all that belongs to it, defined in one place: how its numbers are computed, its
words, and what the methods text and the checklist say where it could be had. The page, the PDF, the files of tables and
figures, report.json, the methods text and the checklist are made from the sections alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pandas as pd
from matplotlib.figure import Figure

from analysis.data.dataset import Text
from analysis.report.blocks import Block
from formats.messages import LazyText

if TYPE_CHECKING:
    from analysis.report.document import Contents


T = TypeVar("T")


#: What a report made under codes says of itself.
UNDER_CODES = LazyText(
    "The study is blinded: for this report clips were assigned to codes at random, and so were any right answers. The "
    "report shows the form of the analysis. Its results do not describe the systems."
)
HIDDEN = LazyText("Results by clip and by expert are left out until unblinding.")


class Made:
    """What a report is made from: its sections, and the numbers of each finding, computed once."""

    is_simulated = False
    #: Before unblinding, when clips have codes that were drawn at random.
    is_sealed = False
    title: Text = {}

    def __init__(self, sections: Sequence[Section[Any]]) -> None:
        self.sections = sections
        self.findings: dict[str, Finding[Any]] = {
            finding.name: finding for section in sections for finding in section.findings
        }
        self._frames: dict[str, pd.DataFrame] = {}
        self._once: dict[str, Any] = {}

    def frame(self, name: str) -> pd.DataFrame:
        """The numbers of a finding, without rows where it could not be had."""
        if name not in self._frames:
            finding = self.findings[name]
            self._frames[name] = pd.DataFrame() if self.hides(finding) else finding.frame(self)
        return self._frames[name]

    def once(self, name: str, work: Callable[[], T]) -> T:
        """What `work` returns when this is first asked for."""
        if name not in self._once:
            self._once[name] = work()
        found: T = self._once[name]
        return found

    def rows(self, finding: Finding[Any], lang: str) -> Rows:
        """Heading and rows of a table for reading."""
        frame = self.frame(finding.name)
        return list(frame.columns), [[str(cell) for cell in row] for row in frame.itertuples(index=False)]

    @property
    def left_out(self) -> Sequence[Text]:
        """What else is not in the report, and why: under codes results by clip and by expert."""
        return [HIDDEN] if self.is_sealed else []

    def because(self, finding: Finding[Any]) -> Text:
        """That a finding is missing, and why."""
        raise NotImplementedError

    def hides(self, finding: Finding[Any]) -> bool:
        """Whether a finding must not be shown at present: before unblinding, all but what pools clips and experts.

        The codes were drawn at random (study/dataset/disguise.py), so they say nothing about systems; results by clip
        or by expert would be true ones.
        """
        return self.is_sealed and not finding.under_codes


M = TypeVar("M", bound=Made)
Rows = tuple[Sequence[str], Sequence[Sequence[str]]]
Values = Callable[[M, str], Mapping[str, object]]


def _no_values(made: Made, lang: str) -> Mapping[str, object]:
    return {}


def _always(made: Made) -> bool:
    return True


@dataclass(frozen=True)
class Sentence(Generic[M]):
    """A sentence of a paragraph of the methods text, said where `holds`; `values` fill its {places} in a language."""

    paragraph: str
    name: str
    text: Text
    holds: Callable[[M], bool] = _always
    values: Values[M] = _no_values


@dataclass(frozen=True)
class Question(Generic[M]):
    """A row of the checklist with its answer; `is_open`: the authors have to answer it."""

    name: str
    item: Text
    answer: Text
    values: Values[M] = _no_values
    holds: Callable[[M], bool] = _always
    is_open: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table as readers see it: its heading, and its cells where they are no plain words or numbers.

    `words`: what readers see in place of codes. `cell`: a cell in a language, if neither these nor the column's name
    say it.
    """

    heading: Text
    words: Mapping[str, Text] = field(default_factory=dict)
    cell: Callable[[Any, str], str] | None = None


@dataclass(frozen=True)
class Finding(Generic[M]):
    """A table, or with `draw` a figure.

    `name`: of its files. `title`: what it is called where it is missing; `why`: the keys of the reasons then, None
    where another finding says it. `frame`: the numbers, for the CSV. `printed`: what Markdown and LaTeX show of them,
    if it is something else; `grid`: what the page and the PDF show in a language, if it is no plain list with known
    `columns`. `draw` is called inside `style.figure_style`. `numbers`: their format in the CSV of a figure. `folded`:
    closed on the page at first, and not in the PDF. `under_codes`: shown before unblinding. `number`: the one that a
    figure of a paper has which is drawn again; others are counted from 1.
    """

    name: str
    title: Text
    caption: Text | Callable[[M], Text]
    frame: Callable[[M], pd.DataFrame]
    why: Callable[[M], Iterable[str]] | None = lambda made: ()
    notes: Sequence[Text] | Callable[[M], Sequence[Text]] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    printed: Callable[[M], pd.DataFrame] | None = None
    grid: Callable[[M, str], Rows] | None = None
    draw: Callable[[M, pd.DataFrame, str], Figure] | None = None
    decimals: int = 3
    folded: bool = True
    numbers: str = "%.6f"
    under_codes: bool = False
    number: int = 0
    sentences: Sequence[Sentence[M]] = ()
    questions: Sequence[Question[M]] = ()


Blocks = Callable[["Contents[Any]", str], Iterable[Block]]


def _no_blocks(contents: Contents[Any], lang: str) -> Iterable[Block]:
    return ()


@dataclass(frozen=True)
class Section(Generic[M]):
    """A part of the report under a heading, if it has one: what comes `before` the findings, they, and what comes
    `after`. Without anything to show it is left out. `sentences` and `questions` are those that no finding owns.
    `in_pdf`: also in the PDF, which is what one sends; the page and the files have everything."""

    name: str
    heading: Text | None
    findings: Sequence[Finding[M]] = ()
    before: Blocks = _no_blocks
    after: Blocks = _no_blocks
    sentences: Sequence[Sentence[M]] = ()
    questions: Sequence[Question[M]] = ()
    in_pdf: bool = True


def all_findings(sections: Iterable[Section[M]]) -> Iterator[Finding[M]]:
    """The findings in reading order."""
    return (finding for section in sections for finding in section.findings)


def all_sentences(sections: Iterable[Section[M]]) -> Iterator[Sentence[M]]:
    """The sentences of the methods text in reading order."""
    for section in sections:
        yield from section.sentences
        for finding in section.findings:
            yield from finding.sentences


def all_questions(sections: Iterable[Section[M]]) -> Iterator[Question[M]]:
    """The rows of the checklist in reading order."""
    for section in sections:
        yield from section.questions
        for finding in section.findings:
            yield from finding.questions


def in_order(items: Iterable[Any], named: Callable[[Any], str], order: Sequence[str], others: str) -> list[Any]:
    """The items in an order of their names; those that it does not name come before `others`, as they are."""
    place = {name: (n, 1) for n, name in enumerate(order)}
    return sorted(items, key=lambda item: place.get(named(item), (place[others][0], 0)))
