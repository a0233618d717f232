"""Columns of a study's tables: common columns, scales and background questions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from formats.dataset import (
    ANSWER,
    CLIP,
    CLIP_PROMPT,
    CORRECT,
    EXPERT,
    EXPERTS,
    HEARD,
    KNOWN,
    LISTENED,
    PAIR,
    PASSED,
    PLACE,
    PROMPT,
    REMARK,
    REPEATED,
    TRIAL,
    X_CORRECT,
    X_PLACE,
    Column,
    Kind,
    Texts,
    View,
)
from formats.messages import LANGUAGES, LazyText
from formats.study_file import ChoiceQuestion, Numbered, Question, Scale, StudyFile, TextQuestion
from formats.text import one_line


def trial_columns(file: StudyFile, view: View) -> list[Column]:
    """First columns of each trial row; before unblinding without clip and system."""
    heard = HEARD[1:] if view == "sealed" else [system_column(file, view), *HEARD]
    if view != "sealed" and file.trial.match == "prompt":
        heard = [CLIP_PROMPT, *heard]
    if file.asks_of_places:
        heard = [PLACE, *heard]
    return [EXPERT, group_column(file), *TRIAL, *heard]


def long_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the ratings, one row a trial and scale."""
    values = {scale.key: in_all(scale.label) for scale in file.scales}
    scale = Column(
        "scale", "text", LazyText("Which scale was rated; its wording is in wordings.csv."), values=values, closed=True
    )
    rating = Column(
        "rating",
        "integer",
        LazyText("The rating, within the bounds of its scale."),
        minimum=min(scale.minimum for scale in file.scales),
        maximum=max(scale.maximum for scale in file.scales),
    )
    return [*trial_columns(file, view), known_column(file), scale, rating, *ANSWER]


def known_column(file: StudyFile) -> Column:
    """The column that says whether a song was known, in the study's own words where it has some."""
    if file.known is None:
        return KNOWN
    if file.known is False:
        return replace(KNOWN, meaning=LazyText("This study did not ask whether the expert knew the song: always 0."))
    return replace(KNOWN, meaning=in_all(file.known))


def wide_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the ratings, one row a trial, and of the choices beside them."""
    chosen = [_chosen_of(asked) for asked in file.clip_choices]
    return [*trial_columns(file, view), known_column(file), *(scale_column(scale) for scale in file.scales), *chosen]


def choice_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the choices, one row a clip and question; which are right only after unblinding."""
    return [
        *trial_columns(file, view),
        known_column(file),
        _question(file.clip_choices),
        _chosen(file.clip_choices),
        *right_column(file, view),
        *ANSWER,
    ]


def trial_choice_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the choices of trials of several clips, one row a trial and question."""
    heard = _pair(file, view) if file.trial.clips == 2 else _prompt(file, view)
    about = [EXPERT, group_column(file), *TRIAL, REPEATED, known_column(file)]
    return [*about, _question(file.trial_choices), *heard, _chosen(file.trial_choices), *ANSWER]


def _question(asked: Sequence[Numbered]) -> Column:
    """The column that says which of some questions was asked."""
    meaning = LazyText("Which question was asked; its wording is in wordings.csv.")
    return Column("question", "text", meaning, values={one.key: in_all(one.label) for one in asked}, closed=True)


def _chosen(asked: Sequence[ChoiceQuestion]) -> Column:
    """The column of the answers that were chosen; a key that several questions have is worded as in the first."""
    values = {choice.key: in_all(choice.label) for question in reversed(asked) for choice in question.choices}
    return Column("choice", "text", LazyText("The key of the answer that was chosen."), values=values, closed=True)


def _chosen_of(asked: ChoiceQuestion) -> Column:
    """The column of one question, in the table with a row a trial."""
    values = {choice.key: in_all(choice.label) for choice in asked.choices}
    return Column(asked.key, "text", in_all(asked.definition), values=values, closed=True, required=False)


def right_column(file: StudyFile, view: View) -> list[Column]:
    """The column that says whether an answer is right, where some are and systems are named."""
    rights = [asked.has_right_answers for asked in file.clip_choices]
    return [replace(CORRECT, required=all(rights))] if view != "sealed" and any(rights) else []


def x_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the choices in trials with an X, one row a trial and question; its place only after unblinding."""
    before, after = ([X_PLACE], [X_CORRECT]) if view != "sealed" else ([], [])
    found = []
    for column in comparison_columns(file, view):
        found += [*before, _chosen(file.choices), *after] if column.name == "value" else [column]
    return found


def comparison_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the comparisons, one row a trial and question; before unblinding without clips and systems."""
    value = Column(
        "value",
        "integer",
        LazyText("The answer: below 0 the clip at place 1 is preferred, above 0 the clip at place 2."),
        minimum=min(asked.minimum for asked in file.of_pairs),
        maximum=max(asked.maximum for asked in file.of_pairs),
    )
    trial = [EXPERT, group_column(file), *TRIAL, REPEATED, known_column(file)]
    return [*trial, _question(file.of_pairs), *_pair(file, view), value, *ANSWER]


def _pair(file: StudyFile, view: View) -> list[Column]:
    """The columns of the two clips of a trial and their systems; none before unblinding."""
    if view == "sealed":
        return []
    made = {"clip_a": "system_a", "clip_b": "system_b"}
    named = [(clip, replace(system_column(file, view), name=made[clip.name])) for clip in PAIR]
    return [*_prompt(file, view), *(column for pair in named for column in pair)]


def _prompt(file: StudyFile, view: View) -> list[Column]:
    """The column of the prompt that all clips of a trial share, where they do; none before unblinding."""
    return [PROMPT] if view != "sealed" and file.trial.match == "prompt" else []


def listening_columns(file: StudyFile) -> list[Column]:
    """Columns of what was listened to, one row for each clip of a trial and for its reference or X."""
    return [EXPERT, group_column(file), TRIAL[0], *LISTENED]


def check_columns(file: StudyFile) -> list[Column]:
    """Columns of the attention checks, one row for each that was answered."""
    checks = file.attention_checks
    labels = {check.key: in_all(check.label) for check in checks}
    chosen = {choice.key: in_all(choice.label) for check in reversed(checks) for choice in check.choices}
    meaning = LazyText("Which attention check was asked; its wording is in wordings.csv.")
    return [
        *(EXPERT, group_column(file), TRIAL[0]),
        Column("check", "text", meaning, values=labels, closed=True),
        Column("choice", "text", LazyText("The key of the answer that was chosen."), values=chosen, closed=True),
        PASSED,
        *ANSWER,
    ]


def remark_columns(file: StudyFile, view: View) -> list[Column]:
    """Columns of the remarks, one row a trial of which something was said; without clips where a trial has several."""
    about = [EXPERT, group_column(file), *TRIAL, HEARD[1]] if file.trial.clips != 1 else trial_columns(file, view)
    return [*about, known_column(file), REMARK[1], *map(_written_column, file.texts), *REMARK[2:]]


def _written_column(asked: TextQuestion) -> Column:
    """The answers to one question that is answered in words."""
    return Column(asked.key, "text", in_all(asked.definition), required=False, label=in_all(asked.label))


def expert_columns(file: StudyFile) -> list[Column]:
    """Columns of the experts."""
    return [EXPERT, group_column(file), *EXPERTS, *(question_column(question) for question in file.background)]


def clip_columns(file: StudyFile, provenance: list[str]) -> list[Column]:
    """Columns of the clips, with the pack's own account of where each comes from."""
    own = [
        Column(f"provenance_{key}", "text", LazyText("Where the clip comes from: {key}.", key=key), required=False)
        for key in map(one_line, provenance)
    ]
    return [HEARD[0], system_column(file, "open"), *CLIP, *own]


def metric_columns(kinds: dict[str, Kind]) -> list[Column]:
    """Columns of the clips' objective metrics, as the pack gives them."""
    own = [
        Column(name, kind, LazyText("The pack's metric {name}.", name=name), required=False)
        for name, kind in kinds.items()
    ]
    return [HEARD[0], *own]


def group_column(file: StudyFile) -> Column:
    """The experts' groups with their names."""
    values = {group.key: in_all(group.label) for group in file.groups}
    return Column("group", "text", LazyText("The expert's group in the study file."), values=values, closed=True)


def system_column(file: StudyFile, view: View) -> Column:
    """The systems: their ids with their names, or codes that say nothing."""
    values = {} if view != "open" else {system.id: in_all(system.label) for system in file.systems}
    return Column("system", "text", LazyText("Which system made the clip."), values=values, closed=view == "open")


def scale_column(scale: Scale) -> Column:
    """A column of ratings on one scale."""
    low, high = scale.minimum, scale.maximum
    values = {str(low): in_all(scale.low), str(high): in_all(scale.high)}
    for place, value in enumerate(scale.values):
        words = {language: words[place] for language, words in (scale.labels or {}).items() if words[place]}
        values |= {str(value): in_all(words)} if words else {}
    return Column(
        scale.key,
        "integer",
        in_all(scale.definition),
        values=values,
        minimum=low,
        maximum=high,
        required=False,
        label=in_all(scale.label),
    )


def question_column(question: Question) -> Column:
    """A column of answers to one background question."""
    kinds: dict[str, Kind] = {"choice": "text", "number": "integer", "text": "text"}
    choices = {choice.key: in_all(choice.label) for choice in question.choices or []}
    return Column(
        question.key,
        kinds[question.kind],
        in_all(question.label),
        values=choices,
        required=False,
        closed=bool(choices),
    )


def in_all(texts: Texts) -> Texts:
    """A text in every language of datasets; the study's first one where it has not all."""
    only = next(iter(texts.values()))
    return {language: texts.get(language, only) for language in LANGUAGES}


def kind_of(values: Iterable[str]) -> Kind:
    """Infer a column's type: numbers if each value is one or empty."""
    try:
        return "number" if all(math.isfinite(float(value)) for value in values if value) else "text"
    except ValueError:
        return "text"
