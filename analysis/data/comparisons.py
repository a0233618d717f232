"""Comparisons of two clips from anyone's table, checked and in one long frame: one row an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data import imports
from analysis.data.answers import Answers, of_dataset
from analysis.data.attention import attentive
from analysis.data.codes import REAL, check_alike, one_spelling
from analysis.data.dataset import Dataset, Text, folder_of, read_dataset
from analysis.data.given import EVERY, NOTHING_GIVEN, Bounds, Given, refuse_for_dataset
from analysis.data.headers import header_of, plain, questions_picked, require_named
from analysis.data.rating_rows import are_simulated, check_writable
from analysis.data.rows import MISSING, Rows, parse_number
from analysis.data.size import check_size
from analysis.data.table_files import source_sha256
from formats.dataset import Preference
from formats.errors import N_, InputError
from formats.messages import LANGUAGES, CountedText, LazyText, listed, translate
from formats.text import UTF_8

SIDES = ("clip_a", "system_a", "clip_b", "system_b")
REQUIRED = ("expert_id", *SIDES, "value")
OPTIONAL = ("trial", "question", "prompt_id", "is_repeat", "rt_ms")
#: A table with both of these columns is one of comparisons.
TELLING = ("system_a", "system_b")
QUESTION = "preference"
#: The largest grade of each form of a preference.
LARGEST = {"binary": 1.0, "ties": 1.0, "graded": 3.0}
#: Different grades of a preference; with more the answer is a slider's, for which the model has no categories.
MAX_GRADES = 5
#: Random effects that the model can have: time grows with the cube of their number.
MAX_EFFECTS = 3_000
NO_BOUNDS: Mapping[str, float] = {}


@dataclass(frozen=True, kw_only=True)
class Comparisons(Answers):
    """Checked comparisons.

    `frame` has one row an answer: expert_id, question, clip_a, system_a, clip_b, system_b, value (float, above 0 where
    b was preferred), is_repeat (bool), and trial, prompt_id and rt_ms where the table has them; a stood first.
    `largest`: the largest grade of each question in the table; `questions` in its order. `renamed`: what the file calls
    columns that have another name here; `unused`: its further columns; `forgiven`: what was read otherwise than it is
    written.
    """

    largest: Mapping[str, float]
    question_labels: Mapping[str, Text] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    forgiven: tuple[Text, ...] = ()
    encoding: str = UTF_8

    def planned(self, question: str) -> list[tuple[str, str]]:
        """The differences that the frozen plan names, each once, where this is its primary question.

        None under codes.
        """
        if self.is_sealed or question != self.plan.get("primary_scale"):
            return []
        return list({frozenset((a, b)): (str(a), str(b)) for a, b in self.plan.get("contrasts", [])}.values())

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """The questions that have an answer that counts, in the order of `largest`."""
        answered = set(self.counted["question"])
        return tuple(key for key in self.largest if key in answered)

    @cached_property
    def systems(self) -> tuple[str, ...]:
        return tuple(sorted({*self.frame["system_a"], *self.frame["system_b"]}))

    @cached_property
    def clips(self) -> int:
        """How many clips were compared."""
        return len(_sides(self.frame)[["system", "clip_id"]].drop_duplicates())


def are_comparisons(path: Path, given: Given = NOTHING_GIVEN) -> bool:
    """Whether a file is a table of comparisons, by the names of its columns, or another tool's file of them.

    Raises InputError where it is no table.
    """
    return set(TELLING) <= set(header_of(path, given, (*REQUIRED, *OPTIONAL)))


def read(path: Path, wanted: Sequence[str] = (), given: Given = NOTHING_GIVEN) -> Comparisons:
    """Read a table of comparisons, or those of a DATASET; `wanted` picks some questions.

    Raises InputError with file, line and remedy.
    """
    folder = None if given.tool else folder_of(path)
    if folder is None:
        return _read_table(path, wanted, given)
    refuse_for_dataset(given, path)
    dataset = read_dataset(folder)
    known = {question.key: LARGEST[question.form] for question in dataset.asked if isinstance(question, Preference)}
    return _described(_read_table(dataset.answers_file("comparison"), wanted, given, known), dataset)


def _described(data: Comparisons, dataset: Dataset) -> Comparisons:
    """Comparisons with what their DATASET says of them."""
    asked = {question.key: question for question in dataset.asked if isinstance(question, Preference)}
    frame, attention = attentive(dataset, data.frame)
    told = of_dataset(dataset, frame.reset_index(drop=True), data.systems, set(data.frame["expert_id"]), attention)
    return replace(
        data,
        **told,
        is_simulated=data.is_simulated or dataset.is_simulated,
        question_labels={key: asked[key].label if key in asked else data.question_labels[key] for key in data.largest},
        unused=(),
    )


def _read_table(path: Path, wanted: Sequence[str], given: Given, known: Mapping[str, float] = NO_BOUNDS) -> Comparisons:
    """`known`: the largest grade of each question, where a DATASET says it."""
    written, understood = imports.written(path, given)
    rows = plain(written, {} if given.tool else given.columns, (*REQUIRED, *OPTIONAL))
    require_named(
        rows,
        path,
        REQUIRED,
        N_(
            "%(file)s: column %(missing)s is missing; a table of comparisons has %(needed)s. Name the file's own with "
            "--columns, such as --columns %(first)s=ITS_NAME."
        ),
    )
    if given.orders:
        raise InputError("--order is for ratings in words; the values of comparisons are numbers. Leave it out.")
    rows, respelt = _with_one_spelling(rows)
    frame = _frame(rows, given)
    _check_names(frame, path)
    frame = frame[frame["question"].isin(questions_picked(frame["question"], wanted, path))]
    _check_pairs(frame, path)
    filled = frame[frame["value"].notna()]
    if filled.empty or filled["is_repeat"].all():
        raise InputError("%(file)s holds no comparison that counts: every value is empty or a repeat.", file=path)
    _check_repeats(filled, path)
    _check_prompts(filled, path)
    check_alike(_sides(filled), path)
    _check_size(filled, path)
    largest = _largest(filled, given, known, path)
    blank = [CountedText("{count} empty row was skipped.", "{count} empty rows were skipped.", len(rows.empty))]
    return Comparisons(
        source=path,
        frame=filled.sort_values(["question", "expert_id", "line"], ignore_index=True).drop(columns="line"),
        largest=largest,
        title=dict.fromkeys(LANGUAGES, path.stem),
        sha256=source_sha256(path),
        n_missing=len(frame) - len(filled),
        is_simulated=are_simulated(rows),
        real_system=REAL if REAL in {*filled["system_a"], *filled["system_b"]} else None,
        question_labels={key: dict.fromkeys(LANGUAGES, key.replace("_", " ")) for key in largest},
        renamed=_renamed(written, rows),
        unused=tuple(name for name in rows.header if name and name not in (*REQUIRED, *OPTIONAL)),
        forgiven=(*understood, *respelt, *(blank if rows.empty else [])),
        encoding=rows.encoding,
    )


def reading_notes(data: Comparisons, lang: str) -> list[str]:
    """How the table was read, a sentence a line."""
    used = N_("Column {theirs} is used as {ours}.")
    lines = [translate(lang, used, theirs=theirs, ours=ours) for ours, theirs in data.renamed.items()]
    lines += [text[lang] for text in data.forgiven]
    if data.unused:
        lines.append(translate(lang, "Not used: {columns}.", columns=listed(lang, data.unused)))
    return lines + ([translate(lang, "Read as {encoding}.", encoding=data.encoding)] if data.encoding != UTF_8 else [])


def value_counts(data: Comparisons) -> list[str]:
    """Each question with its values and how often each occurs, as lines to print."""
    lines = []
    for question, rows in data.frame.groupby("question"):
        counts = rows["value"].value_counts().sort_index()
        shown = ", ".join(f"{value:g}: {count:,}" for value, count in counts.items())
        lines.append(f"{question}: {shown}.")
    return lines


# --- columns


def _renamed(written: Rows, rows: Rows) -> dict[str, str]:
    return {
        ours: theirs
        for ours, theirs in zip(rows.header, written.header, strict=True)
        if ours != theirs and ours in (*REQUIRED, *OPTIONAL)
    }


def _with_one_spelling(rows: Rows) -> tuple[Rows, list[Text]]:
    """The rows with each system spelt in one way, and what was changed."""
    places = [rows.header.index(name) for name in TELLING]
    better = one_spelling([row[place] for row in rows.cells for place in places])
    cells = [[better.get(cell, cell) if n in places else cell for n, cell in enumerate(row)] for row in rows.cells]
    changed: list[Text] = [
        LazyText("System {written} is read as {used}.", written=old, used=new) for old, new in better.items()
    ]
    return replace(rows, cells=cells), changed


def _frame(rows: Rows, given: Given) -> pd.DataFrame:
    frame = pd.DataFrame({name: rows.column(name) for name in ("expert_id", *SIDES)})
    frame["question"] = rows.column("question") if "question" in rows.header else QUESTION
    frame["is_repeat"] = rows.flags("is_repeat") if "is_repeat" in rows.header else False
    for name in ("trial", "prompt_id"):
        if name in rows.header:
            frame[name] = rows.column(name)
    if "rt_ms" in rows.header:
        frame["rt_ms"] = rows.numbers("rt_ms")
    values = zip(rows.column("value"), rows.lines, strict=True)
    return frame.assign(value=[_value(rows, text, line, given) for text, line in values], line=rows.lines)


def _value(rows: Rows, text: str, line: int, given: Given) -> float:
    if text in given.missing or text.lower() in MISSING:
        return float("nan")
    value = parse_number(text, decimal_comma=rows.decimal_comma)
    if value is None:
        raise InputError(
            "%(file)s, line %(line)d: value is %(value)s; write a number: above 0 where clip_b was preferred, below 0 "
            "where clip_a was, 0 for no difference, nothing for no answer.",
            file=rows.path,
            line=line,
            value=repr(text),
        )
    return value + 0.0


# --- checks


def _sides(frame: pd.DataFrame) -> pd.DataFrame:
    """Both clips of each row below one another: expert_id, system, clip_id, and prompt_id and line where they are."""
    kept = ["expert_id", *(name for name in ("prompt_id", "line") if name in frame)]
    halves = [
        frame[[*kept, f"system_{x}", f"clip_{x}"]].rename(columns={f"system_{x}": "system", f"clip_{x}": "clip_id"})
        for x in "ab"
    ]
    return pd.concat(halves, ignore_index=True)


def _check_names(frame: pd.DataFrame, path: Path) -> None:
    for name in ("expert_id", *SIDES, "question"):
        empty = frame.loc[frame[name] == "", "line"]
        if len(empty):
            raise InputError(
                "%(file)s, line %(line)d: %(name)s is empty; every comparison needs it.",
                file=path,
                line=empty.iloc[0],
                name=name,
            )
    check_writable(frame, ("expert_id", *SIDES, "question"), path)


def _check_pairs(frame: pd.DataFrame, path: Path) -> None:
    same = frame[frame["system_a"] == frame["system_b"]]
    if len(same):
        raise InputError(
            "%(file)s, line %(line)d: %(system)s is compared with itself; delete the row or correct system_a or "
            "system_b.",
            file=path,
            line=same["line"].iloc[0],
            system=same["system_a"].iloc[0],
        )


def _check_repeats(frame: pd.DataFrame, path: Path) -> None:
    """No expert compares the same two clips twice for a question (repeats excepted), and no trial has two answers."""
    frame = frame[~frame["is_repeat"]]
    ends = [frame[f"system_{x}"] + "\0" + frame[f"clip_{x}"] for x in "ab"]
    pair = np.sort(np.column_stack(ends).astype(str), axis=1)
    keyed = frame.assign(one=pair[:, 0], other=pair[:, 1])
    twice = _first_double(keyed, ["expert_id", "question", "one", "other"])
    if twice is not None:
        first, second = twice
        raise InputError(
            "%(file)s, lines %(first)d and %(second)d: expert %(expert)s compares %(a)s and %(b)s twice for "
            "%(question)s; keep one or mark one is_repeat 1.",
            file=path,
            first=first["line"],
            second=second["line"],
            expert=first["expert_id"],
            a=first["clip_a"],
            b=first["clip_b"],
            question=first["question"],
        )
    if "trial" not in frame:
        return
    twice = _first_double(keyed[keyed["trial"] != ""], ["expert_id", "question", "trial"])
    if twice is not None:
        first, second = twice
        raise InputError(
            "%(file)s, lines %(first)d and %(second)d: expert %(expert)s has two answers to %(question)s in trial "
            "%(trial)s; correct the trial or keep one.",
            file=path,
            first=first["line"],
            second=second["line"],
            expert=first["expert_id"],
            question=first["question"],
            trial=first["trial"],
        )


def _first_double(frame: pd.DataFrame, key: list[str]) -> tuple[pd.Series, pd.Series] | None:
    doubles = frame[frame.duplicated(key, keep=False)].sort_values("line")
    if doubles.empty:
        return None
    first = doubles.iloc[0]
    same = doubles[(doubles[key] == first[key]).all(axis=1)]
    return first, same.iloc[1]


def _check_prompts(frame: pd.DataFrame, path: Path) -> None:
    """A prompt on every row, and a clip made from one prompt."""
    if "prompt_id" not in frame:
        return
    empty = frame.loc[frame["prompt_id"] == "", "line"]
    if len(empty):
        raise InputError(
            "%(file)s, line %(line)d: prompt_id is empty; fill it in every row, or delete the column.",
            file=path,
            line=empty.iloc[0],
        )
    known = _sides(frame).drop_duplicates(["system", "clip_id", "prompt_id"])
    twice = _first_double(known, ["system", "clip_id"])
    if twice is not None:
        first, second = twice
        raise InputError(
            "%(file)s, lines %(first)d and %(second)d: clip %(clip)s of %(system)s has the prompts %(one)s and "
            "%(other)s; both clips of a comparison come from the prompt of its row.",
            file=path,
            first=first["line"],
            second=second["line"],
            clip=first["clip_id"],
            system=first["system"],
            one=first["prompt_id"],
            other=second["prompt_id"],
        )


def _check_size(frame: pd.DataFrame, path: Path) -> None:
    sides = _sides(frame)
    experts, systems = sides["expert_id"].nunique(), sides["system"].nunique()
    clips = len(sides[["system", "clip_id"]].drop_duplicates())
    check_size(path, experts=experts, clips=clips, systems=systems)
    if experts * systems + clips > MAX_EFFECTS:
        raise InputError(
            "%(file)s has %(experts)d experts × %(systems)d systems and %(clips)d clips; of comparisons analyse can do "
            "%(most)d such products and clips together. Leave out experts, clips or systems.",
            file=path,
            experts=experts,
            systems=systems,
            clips=clips,
            most=MAX_EFFECTS,
        )


def _largest(frame: pd.DataFrame, given: Given, known: Mapping[str, float], path: Path) -> dict[str, float]:
    """The largest grade of each question: of its bounds if they are known or given, else the largest that occurs."""
    questions = list(dict.fromkeys(frame["question"]))
    unknown = [name for name in given.bounds if name != EVERY and name not in questions]
    if unknown:
        raise InputError(
            "--bounds: there is no question %(name)s; the questions are %(present)s.",
            name=repr(unknown[0]),
            present=", ".join(questions),
        )
    bounds = {name: (-known[name], known[name]) if name in known else given.bounds_of(name) for name in questions}
    return {name: _of_question(frame[frame["question"] == name], name, bounds[name], path) for name in questions}


def _of_question(frame: pd.DataFrame, question: str, bounds: Bounds | None, path: Path) -> float:
    top = float(frame["value"].abs().max())
    if bounds is not None:
        low, high = bounds
        if low != -high:
            raise InputError(
                "--bounds: %(low)g to %(high)g is not symmetric; a comparison prefers either clip by the same grades, "
                "such as -3-3.",
                low=low,
                high=high,
            )
        outside = frame[frame["value"].abs() > high]
        if len(outside):
            raise InputError(
                "%(file)s, line %(line)d: value %(value)g is outside %(low)g to %(high)g; correct it or the bounds.",
                file=path,
                line=outside["line"].iloc[0],
                value=outside["value"].iloc[0],
                low=low,
                high=high,
            )
        top = high
    elif (frame["value"] >= 0).all() and (frame["value"] > 0).any():
        raise InputError(
            "%(file)s: no value of %(question)s is below 0, so clip_a was never preferred (0 is no difference). Write "
            "-1 where clip_a was preferred; if it never was, confirm with --bounds=-%(top)g-%(top)g.",
            file=path,
            question=question,
            top=top,
        )
    grades = np.unique(frame["value"].abs()[frame["value"] != 0])
    if len(grades) > MAX_GRADES:
        raise InputError(
            "%(file)s: the values of %(question)s have %(count)d different grades; a comparison has at most %(most)d "
            "on each side. Round them.",
            file=path,
            question=question,
            count=len(grades),
            most=MAX_GRADES,
        )
    return top
