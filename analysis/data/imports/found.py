"""What an importer finds in another tool's file: answers, rows that are none, and what a reader has to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path

from analysis.data.rows import Rows
from formats.errors import N_, InputError
from formats.messages import NN_, CountedText, LazyText

(
    BOT,
    CANCELLED,
    DEMO,
    DOUBLED,
    GOLD,
    NO_ANSWER,
    NO_SHOW,
    PRACTICE,
    PREVIEW,
    REJECTED,
    REPEATED_HEADER,
    FAILED,
    UNFINISHED,
) = (
    NN_("Left out: {count} row of a bot.", "Left out: {count} rows of bots."),
    NN_("Left out: {count} cancelled answer.", "Left out: {count} cancelled answers."),
    NN_("Left out: {count} row of a demo session.", "Left out: {count} rows of demo sessions."),
    NN_(
        "Left out: {count} row that repeats another one in every cell.",
        "Left out: {count} rows that repeat another one in every cell.",
    ),
    NN_("Left out: {count} answer to a control clip.", "Left out: {count} answers to control clips."),
    NN_("Left out: {count} row without an answer.", "Left out: {count} rows without an answer."),
    NN_("Left out: {count} participant who never came.", "Left out: {count} participants who never came."),
    NN_("Left out: {count} practice answer.", "Left out: {count} practice answers."),
    NN_("Left out: {count} response of a preview or test.", "Left out: {count} responses of previews or tests."),
    NN_("Left out: {count} rejected row.", "Left out: {count} rejected rows."),
    NN_("Left out: {count} repeated header line.", "Left out: {count} repeated header lines."),
    NN_("Left out: {count} row marked as failed.", "Left out: {count} rows marked as failed."),
    NN_("Left out: {count} page that was not finished.", "Left out: {count} pages that were not finished."),
)
AS_ASKED = NN_("Left out, as asked: {count} row.", "Left out, as asked: {count} rows.")
NOTHING = N_("%(file)s holds no answer that can be used as %(tool)s writes them. Check --from.")


@dataclass(frozen=True)
class Rating:
    """One answer on one scale to one clip; `rating` as it is written, `prompt_id` "" where there is none."""

    expert_id: str
    system: str
    clip_id: str
    prompt_id: str
    scale: str
    rating: str
    is_repeat: str
    line: int


@dataclass(frozen=True)
class Comparison:
    """One answer on two clips: `value` > 0 where b is preferred, 0 for no preference."""

    expert_id: str
    trial: str
    question: str
    prompt_id: str
    clip_a: str
    system_a: str
    clip_b: str
    system_b: str
    value: str
    line: int


@dataclass
class Found:
    """The answers of a file, in its order. `left_out` counts the rows that are no answers by the reason."""

    ratings: list[Rating] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: list[LazyText] = field(default_factory=list)
    _seen: set[tuple[object, ...]] = field(default_factory=set)
    _trials: Counter[str] = field(default_factory=Counter)

    def leave_out(self, reason: tuple[str, str], count: int = 1) -> None:
        self.left_out[reason] += count

    def note(self, text: LazyText) -> None:
        self.notes.append(text)

    def is_doubled(self, *cells: object) -> bool:
        """Whether these cells were there before, which is counted: the same session sent twice."""
        doubled = cells in self._seen
        self._seen.add(cells)
        if doubled:
            self.leave_out(DOUBLED)
        return doubled

    def rate(
        self,
        *,
        expert: str,
        system: str,
        clip: str,
        scale: str,
        rating: object,
        line: int,
        prompt: str = "",
        is_repeat: bool = False,
    ) -> None:
        """Add a rating; an empty one is counted as a row without an answer."""
        if is_empty(rating):
            self.leave_out(NO_ANSWER)
            return
        repeat = "1" if is_repeat else ""
        self.ratings.append(Rating(expert, system, clip, prompt, scale, str(rating).strip(), repeat, line))

    def compare(
        self,
        *,
        expert: str,
        question: str,
        prompt: str,
        a: tuple[str, str],
        b: tuple[str, str],
        value: float,
        line: int,
    ) -> None:
        """Add a comparison of `a` and `b`, each a clip and its system; trials are numbered within an expert."""
        self._trials[expert] += 1
        trial = str(self._trials[expert])
        self.comparisons.append(Comparison(expert, trial, question, prompt, *a, *b, f"{value:g}", line))

    def rows(self, path: Path, tool: str) -> Rows:
        """The answers as a table of this project. Raises InputError where there are none, or of both kinds."""
        if self.ratings and self.comparisons:
            raise InputError(
                "%(file)s holds ratings and comparisons. Put them into two files, and analyse each of them.", file=path
            )
        if not self.ratings and not self.comparisons:
            raise InputError(NOTHING, file=path, tool=tool)
        return _rows(path, self.ratings) if self.ratings else _rows(path, self.comparisons)

    def sentences(self) -> list[LazyText]:
        """What was understood, then what was left out."""
        return [*self.notes, *(CountedText(*reason, count) for reason, count in self.left_out.items())]


def is_empty(value: object) -> bool:
    """Whether a cell or a JSON value says that nothing was answered."""
    return value is None or str(value).strip().lower() in ("", "na", "n/a", "nan", "null", "none", "undefined")


def _rows(path: Path, found: Sequence[Rating] | Sequence[Comparison]) -> Rows:
    *names, _ = (part.name for part in fields(found[0]))
    cells = [list(astuple(answer)[:-1]) for answer in found]
    kept = [n for n, name in enumerate(names) if _is_said(name, [row[n] for row in cells])]
    return Rows(
        path=path,
        header=tuple(names[n] for n in kept),
        cells=[[row[n] for n in kept] for row in cells],
        lines=[answer.line for answer in found],
        decimal_comma=False,
    )


def _is_said(name: str, cells: Sequence[str]) -> bool:
    """Whether a column has its place in the table: prompts where every answer has one, repeats where there are any."""
    if name == "prompt_id":
        return all(cells)
    return name != "is_repeat" or any(cells)
