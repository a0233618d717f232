"""A table as readers see it: headings and cells in their language, the two ends of an interval in one cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.ratings import Ratings
from analysis.report.format_p import p_number
from analysis.report.registry import Column
from analysis.report.style import system_label
from analysis.report.tables import P_VALUES, fixed, readable
from analysis.words import WORDS
from analysis.words_cells import heading, word
from formats.messages import in_language

Row = Mapping[Any, Any]
Cell = Callable[[Row, str, Ratings, str], str]


def shown(
    frame: pd.DataFrame, ratings: Ratings, lang: str, columns: Mapping[str, Column] | None = None
) -> tuple[list[str], list[list[str]]]:
    """Heading and rows for reading. `columns`: those of the table's own; the others are known by their names.

    Holm's p is not shown beside intervals that agree with another one."""
    own, there = columns or {}, [str(name) for name in frame.columns]
    hidden = {"ci_high", "ci_high_simultaneous", *(["p_holm"] if "p_simultaneous" in there else [])}
    names = [name for name in there if name not in hidden]
    known = {name: heading(name.replace("ci_low", "interval"), lang) for name in names}
    header = [own[name].heading[lang] if name in own else known[name] for name in names]
    rows = [[_text(row, name, ratings, lang, own.get(name)) for name in names] for row in frame.to_dict("records")]
    return header, rows


def system_called(ratings: Ratings, system: str, lang: str) -> str:
    """What a system is called outside a column of systems: under the seal "System A"."""
    name = system_label(system, lang, ratings.system_labels)
    return WORDS[lang]["legend_code"].format(name=name) if ratings.is_sealed else name


def _text(row: Row, name: str, ratings: Ratings, lang: str, own: Column | None) -> str:
    value = row[name]
    if isinstance(value, float) and math.isnan(value):
        return ""
    if own and own.cell:
        return own.cell(value, lang)
    return CELLS.get(name, _plain)(row, name, ratings, lang)


def _plain(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    value = row[name]
    if isinstance(value, bool | np.bool_):
        return word(str(value), lang)
    return readable(value, 2).replace("-", "−") if isinstance(value, float) else str(value)


def _word(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return word(row[name], lang) if isinstance(row[name], str) else _plain(row, name, ratings, lang)


def _count(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return f"{row[name]:.0f}" if isinstance(row[name], float) else _word(row, name, ratings, lang)


def _p(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return p_number(row[name]) if isinstance(row[name], float) else _plain(row, name, ratings, lang)


def _interval(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return f"{fixed(row[name], 2)} – {fixed(row[name.replace('low', 'high')], 2)}".replace("-", "−")


def _system(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return system_label(str(row[name]), lang, ratings.system_labels)


def _scale(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    labels = {scale.key: scale.label for scale in ratings.scales}
    return in_language(labels[row[name]], lang) if row[name] in labels else str(row[name])


def _about_expert(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    """A group, a background question or an answer as the study words it, else the word for its key."""
    asked, text = row.get("characteristic"), str(row[name])
    question = ratings.questions.get(str(asked))
    if name == "group" or (name == "answer" and asked == "group"):
        own = ratings.group_labels.get(text)
    elif question:
        own = question.label if name == "characteristic" else question.choices.get(text)
    else:
        own = None
    return (in_language(own, lang) if own else "") or word(text, lang)


#: How the cells of a column are shown; those of every other one as they are, numbers with two decimals.
CELLS: Mapping[str, Cell] = {
    **dict.fromkeys(("system", "system_a", "system_b"), _system),
    **dict.fromkeys(("scale", "scale_a", "scale_b"), _scale),
    **dict.fromkeys(("ci_low", "ci_low_simultaneous"), _interval),
    **dict.fromkeys(("n", "n_ratings", "n_experts", "n_clips", "n_systems", "num_df"), _count),
    **dict.fromkeys(("group", "characteristic", "answer"), _about_expert),
    **dict.fromkeys(("component", "statistic", "level", "analysis", "note", "form"), _word),
    **dict.fromkeys(("family", "verdict", "kind", "term", "test"), _word),
    **dict.fromkeys(P_VALUES, _p),
}
