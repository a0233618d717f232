"""Answers that were chosen, of a DATASET or from anyone's table, checked and in one long frame: one row an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.data import imports
from analysis.data.answers import Answers, of_dataset
from analysis.data.attention import attentive
from analysis.data.codes import REAL, check_alike
from analysis.data.dataset import Dataset, Text, folder_of, read_dataset
from analysis.data.given import NOTHING_GIVEN, Given, refuse_for_dataset
from analysis.data.headers import header_of, plain, questions_picked, require_named
from analysis.data.rating_rows import are_simulated, check_writable
from analysis.data.rows import Rows, read_rows
from analysis.data.size import check_size
from analysis.data.table_files import source_sha256
from formats.dataset import ChoiceQuestion
from formats.errors import N_, InputError
from formats.messages import LANGUAGES, LazyText, in_language

REQUIRED = ("expert_id", "system", "clip_id", "choice")
OPTIONAL = ("question", "correct", "is_repeat", "place", "trial", "prompt_id", "plays", "rt_ms")
#: A table with both of these columns is one of choices.
TELLING = ("system", "choice")
QUESTION = "choice"
RIGHT, WRONG = "right", "wrong"
#: In place of a system where a choice is of a page of all systems.
ALL_SYSTEMS = "*"


@dataclass(frozen=True, kw_only=True)
class Choices(Answers):
    """Checked choices.

    `frame` has one row an answer: expert_id, question, system, clip_id, choice, correct (1.0, 0.0, or NaN where no
    answer is right or wrong), is_repeat (bool), prompt_id and page (the trial where each has several clips), both ""
    where there is none; and trial, plays and rt_ms where they are known.
    """

    question_labels: Mapping[str, Text] = field(default_factory=dict)
    #: Of each question, the words of each answer in the order of the study file.
    choice_labels: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    #: Of trials with an X (ABX) the two systems of each pair. The frame then has pairs as its systems, pairs of clips
    #: as its clips, RIGHT or WRONG as its choices, and `first`, whether the answer was that X is the first clip.
    pairs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: What choices of whole trials of several clips are grouped by in place of a system: pairs of systems, or all.
    groups: Mapping[str, Text] = field(default_factory=dict)

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """The questions that have an answer."""
        return tuple(dict.fromkeys(self.frame["question"]))

    @cached_property
    def systems(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.frame["system"]) - self.groups.keys()))

    @property
    def clips(self) -> int:
        """How many clips were judged."""
        of_clips = self.counted[~self.counted["system"].isin(list(self.groups))]
        return len(of_clips[["system", "clip_id"]].drop_duplicates())

    def planned(self, question: str) -> list[set[str]]:
        """The pairs of systems that the frozen plan names, where this is its primary question; none under codes."""
        if self.is_sealed or not self.is_primary(question):
            return []
        return [set(map(str, pair)) for pair in self.plan.get("contrasts", [])]

    def is_primary(self, question: str) -> bool:
        """Whether a question is the primary one of a frozen plan."""
        return bool(self.plan) and question == self.plan.get("primary_scale")

    def answers(self, question: str) -> tuple[str, ...]:
        """The answers to a question that could be chosen, or that were."""
        named = self.choice_labels.get(question)
        return tuple(named or sorted(set(self.frame.loc[self.frame["question"] == question, "choice"])))


def are_choices(path: Path, given: Given = NOTHING_GIVEN) -> bool:
    """Whether a file is a table of choices, by the names of its columns. Raises InputError where it is no table."""
    return set(TELLING) <= set(header_of(path, given, (*REQUIRED, *OPTIONAL)))


def read(source: Path, wanted: Sequence[str] = (), given: Given = NOTHING_GIVEN) -> Choices:
    """Read the choices of a DATASET, or a table of choices; `wanted` picks some questions. Raises InputError."""
    folder = folder_of(source)
    if folder is None:
        return _from_table(source, wanted, given)
    refuse_for_dataset(given, source)
    return _from_dataset(read_dataset(folder), wanted)


def value_counts(data: Choices) -> list[str]:
    """Each question with its answers and how often each occurs, as lines to print."""
    lines = []
    for question, rows in data.frame.groupby("question"):
        counts = rows["choice"].value_counts().sort_index()
        lines.append(f"{question}: {', '.join(f'{value}: {count:,}' for value, count in counts.items())}.")
    return lines


def _filled(path: Path) -> Rows | None:
    """A table that is there and has rows."""
    rows = read_rows(path, may_be_empty=True) if path.exists() else None
    return rows if rows and rows.cells else None


def _from_dataset(dataset: Dataset, wanted: Sequence[str]) -> Choices:
    files = dataset.answers_file("choice"), dataset.trial_choices_file
    rows, of_trials = map(_filled, files)
    tables = [table for table in (rows, of_trials) if table]
    if not tables:
        first = next(path for path in files if path.exists())
        raise InputError("%(file)s holds no answer that counts: every choice is empty or a repeat.", file=first)
    if rows and "x" in rows.header:
        return _of_x(dataset, rows, wanted)
    picked = [name for table in tables for name in dict.fromkeys(table.column("question"))]
    questions = questions_picked(picked, wanted, tables[0].path)
    frames, n_missing = [], 0
    if rows and set(rows.column("question")) & set(questions):
        clips, n_missing = _checked(rows, [name for name in questions if name in set(rows.column("question"))])
        frames.append(clips)
    groups: dict[str, Text] = {}
    if of_trials:
        frame, groups = _of_trials(dataset, of_trials)
        frames.append(frame[frame["question"].isin(questions)])
    everyone = pd.concat(frames, ignore_index=True)
    frame, attention = attentive(dataset, everyone)
    asked = {question.key: question for question in dataset.asked if isinstance(question, ChoiceQuestion)}
    told = of_dataset(dataset, frame, set(frame["system"]), set(everyone["expert_id"]), attention)
    return Choices(
        **{**told, "system_labels": {**told["system_labels"], **groups}},
        n_missing=n_missing,
        is_simulated=are_simulated(tables[0]) or dataset.is_simulated,
        question_labels={key: question.label for key, question in asked.items()},
        choice_labels={
            key: {choice.key: choice.label for choice in question.choices} for key, question in asked.items()
        },
        groups=groups,
    )


def _of_trials(dataset: Dataset, rows: Rows) -> tuple[pd.DataFrame, dict[str, Text]]:
    """Choices of whole trials of several clips, and the groups that stand in the place of systems."""
    rows.require(("expert_id", "trial", "question", "choice", "is_repeat"))
    frame = pd.DataFrame({name: rows.column(name) for name in ("expert_id", "question", "choice")})
    frame["is_repeat"], frame["correct"], frame["page"] = rows.flags("is_repeat"), float("nan"), ""
    frame["prompt_id"] = ""
    frame = _with_circumstances(frame, rows, "rt_ms")
    groups: dict[str, Text] = {ALL_SYSTEMS: LazyText("All systems of a page")}
    if "system_a" in rows.header:
        ends = list(zip(rows.column("system_a"), rows.column("system_b"), strict=True))
        frame["system"] = [" / ".join(sorted(pair)) for pair in ends]
        groups = {" / ".join(pair): _pair_named(dataset, pair) for pair in sorted({(min(p), max(p)) for p in ends})}
    else:
        frame["system"] = ALL_SYSTEMS
    frame["clip_id"] = [f"trial {number}" for number in rows.column("trial")]
    return frame.sort_values(["question", "system", "expert_id", "clip_id"], ignore_index=True), groups


def _of_x(dataset: Dataset, rows: Rows, wanted: Sequence[str]) -> Choices:
    """The choices of trials with an X, each as right or wrong for its pair of systems."""
    names = ("expert_id", "question", "system_a", "system_b", "clip_a", "clip_b", "choice")
    rows.require((*names, "correct", "is_repeat"))
    frame = pd.DataFrame({name: rows.column(name) for name in names}).assign(line=rows.lines)
    frame["correct"], frame["is_repeat"] = rows.numbers("correct"), rows.flags("is_repeat")
    everyone = _with_circumstances(frame, rows, "rt_ms")
    frame, attention = attentive(dataset, everyone)
    keys = {question.key: question.choices[0].key for question in dataset.asked if isinstance(question, ChoiceQuestion)}
    frame["first"] = frame["choice"] == frame["question"].map(keys)
    both = [tuple(sorted(pair)) for pair in zip(frame["system_a"], frame["system_b"], strict=True)]
    clips = [" / ".join(sorted(pair)) for pair in zip(frame["clip_a"], frame["clip_b"], strict=True)]
    said = frame["correct"].map({1.0: RIGHT, 0.0: WRONG})
    frame = frame.assign(system=[" / ".join(pair) for pair in both], clip_id=clips, choice=said.fillna(""))
    other = frame[frame["choice"] == ""]
    if len(other):
        raise InputError(
            "%(file)s, line %(line)d: correct is neither 1 nor 0. Export the dataset again.",
            file=rows.path,
            line=other["line"].iloc[0],
        )
    frame = frame[frame["question"].isin(questions_picked(frame["question"], wanted, rows.path))]
    _check_doubles(frame[~frame["is_repeat"]], rows.path)
    order = ["question", "system", "clip_id", "expert_id", "is_repeat", "line"]
    pairs = {" / ".join(pair): (pair[0], pair[1]) for pair in both}
    asked = [question for question in dataset.asked if isinstance(question, ChoiceQuestion)]
    frame = frame.sort_values(order, ignore_index=True).drop(columns="line")
    told = of_dataset(dataset, frame, (), set(everyone["expert_id"]), attention)
    return Choices(
        **{**told, "system_labels": {key: _pair_named(dataset, pair) for key, pair in pairs.items()}},
        is_simulated=are_simulated(rows) or dataset.is_simulated,
        question_labels={question.key: question.label for question in asked},
        choice_labels={question.key: {RIGHT: LazyText("right"), WRONG: LazyText("wrong")} for question in asked},
        pairs=pairs,
    )


def _pair_named(dataset: Dataset, pair: tuple[str, str]) -> Text:
    labels = dataset.system_labels if dataset.is_unsealed else {}
    return LazyText.of(lambda lang: " – ".join(in_language(labels.get(one, {}), lang) or one for one in pair))


def _from_table(path: Path, wanted: Sequence[str], given: Given) -> Choices:
    written, _ = imports.written(path, given)
    rows = plain(written, given.columns, (*REQUIRED, *OPTIONAL))
    require_named(
        rows,
        path,
        REQUIRED,
        N_(
            "%(file)s: column %(missing)s is missing; a table of choices has %(needed)s. Name the file's own with "
            "--columns, such as --columns %(first)s=ITS_NAME."
        ),
    )
    frame, n_missing = _checked(rows, wanted)
    return Choices(
        source=path,
        frame=frame,
        title=dict.fromkeys(LANGUAGES, path.stem),
        sha256=source_sha256(path),
        n_missing=n_missing,
        is_simulated=are_simulated(rows),
        real_system=REAL if REAL in set(frame["system"]) else None,
    )


def _checked(rows: Rows, wanted: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """The rows with an answer as a frame, and how many had none."""
    frame = pd.DataFrame({name: rows.column(name) for name in REQUIRED}).assign(line=rows.lines)
    frame["question"] = rows.column("question") if "question" in rows.header else QUESTION
    frame["is_repeat"] = rows.flags("is_repeat") if "is_repeat" in rows.header else False
    frame["correct"] = rows.numbers("correct") if "correct" in rows.header else float("nan")
    has_pages = {"place", "trial"} <= set(rows.header)
    frame["page"] = rows.column("trial") if has_pages else ""
    frame["prompt_id"] = rows.column("prompt_id") if "prompt_id" in rows.header else ""
    frame = _with_circumstances(frame, rows, "plays", "rt_ms")
    _check_names(frame, rows.path)
    frame = frame[frame["question"].isin(questions_picked(frame["question"], wanted, rows.path))]
    filled = frame[frame["choice"] != ""]
    if filled.empty or filled["is_repeat"].all():
        raise InputError("%(file)s holds no answer that counts: every choice is empty or a repeat.", file=rows.path)
    _check_right(filled, rows.path)
    if has_pages:  # in pairs a clip comes with several others, and what is said of it first counts
        filled = _later_as_repeats(filled, rows)
    _check_doubles(filled[~filled["is_repeat"]], rows.path)
    check_alike(filled, rows.path)
    clips = len(filled[["system", "clip_id"]].drop_duplicates())
    check_size(rows.path, experts=filled["expert_id"].nunique(), clips=clips, systems=filled["system"].nunique())
    order = ["question", "system", "clip_id", "expert_id", "is_repeat", "line"]
    return filled.sort_values(order, ignore_index=True).drop(columns="line"), len(frame) - len(filled)


def _with_circumstances(frame: pd.DataFrame, rows: Rows, *numbers: str) -> pd.DataFrame:
    """The frame with the trial of each answer as text, and with these columns as numbers, if the table has them."""
    frame = frame.assign(trial=rows.column("trial")) if "trial" in rows.header else frame
    return frame.assign(**{name: rows.numbers(name) for name in numbers if name in rows.header})


def _later_as_repeats(frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """The answers of an expert about a clip, marked as repeats in all trials but the first; repeats stay repeats."""
    number = pd.Series(rows.numbers("trial"), index=rows.lines)
    ordered = frame.assign(number=frame["line"].map(number)).sort_values(["is_repeat", "number"])
    clip = ["expert_id", "system", "clip_id", "question"]
    twice_in_one = ordered.duplicated([*clip, "number"], keep=False)
    return frame.assign(is_repeat=frame["is_repeat"] | (ordered.duplicated(clip) & ~twice_in_one))


def _check_names(frame: pd.DataFrame, path: Path) -> None:
    for name in ("expert_id", "system", "clip_id", "question"):
        empty = frame.loc[frame[name] == "", "line"]
        if len(empty):
            raise InputError(
                "%(file)s, line %(line)d: %(name)s is empty; every answer needs it.",
                file=path,
                line=empty.iloc[0],
                name=name,
            )
    check_writable(frame, ("expert_id", "system", "clip_id", "question", "choice"), path)


def _check_right(frame: pd.DataFrame, path: Path) -> None:
    """`correct` is 0 or 1, and the same of a system whenever the same answer is given."""
    other = frame[frame["correct"].notna() & ~frame["correct"].isin([0, 1])]
    if len(other):
        raise InputError(
            "%(file)s, line %(line)d: correct is %(value)s; write 1 or 0, or nothing where no answer is right.",
            file=path,
            line=other["line"].iloc[0],
            value=f"{other['correct'].iloc[0]:g}",
        )
    known = frame.drop_duplicates(["question", "system", "choice", "correct"])
    twice = known[known.duplicated(["question", "system", "choice"], keep=False)].sort_values("line")
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            "%(file)s, line %(line)d: %(choice)s is right for %(system)s in some rows and not in others; correct them.",
            file=path,
            line=twice["line"].iloc[1],
            choice=repr(first["choice"]),
            system=first["system"],
        )


def _check_doubles(frame: pd.DataFrame, path: Path) -> None:
    """No expert answers a question twice for a clip, repeats excepted."""
    key = ["expert_id", "system", "clip_id", "question"]
    doubles = frame[frame.duplicated(key, keep=False)].sort_values([*key, "line"])
    if len(doubles):
        first, second = doubles.iloc[0], doubles.iloc[1]
        raise InputError(
            "%(file)s, lines %(first)d and %(second)d: expert %(expert)s answers %(question)s twice for clip %(clip)s; "
            "keep one or mark one is_repeat 1.",
            file=path,
            first=first["line"],
            second=second["line"],
            expert=first["expert_id"],
            question=first["question"],
            clip=first["clip_id"],
        )
