"""Which columns the tables of one study have: those of every dataset, its scales and its questions."""

from __future__ import annotations

import math
from collections.abc import Iterable

from formats.study_file import Question, Scale, StudyFile
from formats.text import one_line
from study.dataset.columns import (
    ANSWER,
    CLIP,
    EXPERT,
    EXPERTS,
    HEARD,
    KNOWN,
    LANGUAGES,
    REMARK,
    TRIAL,
    Column,
    Kind,
    Texts,
    View,
    column,
)


def trial_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns that every row about a trial begins with. While sealed none says which clip or system it was."""
    heard = HEARD[1:] if view == "sealed" else [system_column(file, view), *HEARD]
    return [EXPERT, group_column(file), *TRIAL, *heard]


def long_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the ratings, one row a trial and scale."""
    values = {scale.key: both(scale.label) for scale in file.scales}
    scale = column(
        "scale",
        "text",
        "Which scale was rated; its wording is in wordings.csv.",
        "所评的量表；措辞见 wordings.csv。",
        values=values,
        closed=True,
    )
    rating = column(
        "rating",
        "integer",
        "The rating, within the bounds of its scale.",
        "评分，在该量表的范围之内。",
        minimum=min(scale.minimum for scale in file.scales),
        maximum=max(scale.maximum for scale in file.scales),
    )
    return [*trial_columns(file, view), KNOWN, scale, rating, *ANSWER]


def wide_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the ratings, one row a trial."""
    return [*trial_columns(file, view), KNOWN, *(scale_column(scale) for scale in file.scales)]


def remark_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the remarks, one row a trial of which something was said."""
    return [*trial_columns(file, view), *REMARK]


def expert_columns(file: StudyFile) -> list[Column]:
    """Columns of the experts."""
    return [EXPERT, group_column(file), *EXPERTS, *(question_column(question) for question in file.background)]


def clip_columns(file: StudyFile, provenance: list[str]) -> list[Column]:
    """Columns of the clips, with the pack's own account of where each comes from."""
    own = [
        column(f"provenance_{key}", "text", f"Where the clip comes from: {key}.", f"片段来源：{key}。", required=False)
        for key in map(one_line, provenance)
    ]
    return [HEARD[0], system_column(file, "open"), *CLIP, *own]


def metric_columns(kinds: dict[str, Kind]) -> list[Column]:
    """Columns of the clips' objective metrics, as the pack gives them."""
    own = [
        column(name, kind, f"The pack's metric {name}.", f"素材包中的指标 {name}。", required=False)
        for name, kind in kinds.items()
    ]
    return [HEARD[0], *own]


def group_column(file: StudyFile) -> Column:
    """The experts' groups with their names."""
    values = {group.key: both(group.label) for group in file.groups}
    meaning = ("The expert's group in the study file.", "专家在研究文件中的组别。")
    return column("group", "text", *meaning, values=values, closed=True)


def system_column(file: StudyFile, view: View) -> Column:
    """The systems: their ids with their names, or codes that say nothing."""
    values = {} if view != "open" else {system.id: both(system.label) for system in file.systems}
    return column(
        "system",
        "text",
        "Which system made the clip.",
        "片段由哪个系统生成。",
        values=values,
        closed=view == "open",
    )


def scale_column(scale: Scale) -> Column:
    """A column of ratings on one scale."""
    low, high = scale.minimum, scale.maximum
    return Column(
        scale.key,
        "integer",
        both(scale.definition),
        values={str(low): both(scale.low), str(high): both(scale.high)},
        minimum=low,
        maximum=high,
        required=False,
        label=both(scale.label),
    )


def question_column(question: Question) -> Column:
    """A column of answers to one background question."""
    kinds: dict[str, Kind] = {"choice": "text", "number": "integer", "text": "text"}
    choices = {choice.key: both(choice.label) for choice in question.choices or []}
    return Column(
        question.key,
        kinds[question.kind],
        both(question.label),
        values=choices,
        required=False,
        closed=bool(choices),
    )


def both(texts: Texts) -> Texts:
    """A text in both languages; where the study has only one, that one stands in for the other."""
    only = next(iter(texts.values()))
    return {language: texts.get(language, only) for language in LANGUAGES}


def kind_of(values: Iterable[str]) -> Kind:
    """What the values of a table's column are where nobody says: numbers, if each is one or empty."""
    try:
        return "number" if all(math.isfinite(float(value)) for value in values if value) else "text"
    except ValueError:
        return "text"
