"""A table as readers see it: headings and cells in their language, the two ends of an interval in one cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.ratings import Ratings
from analysis.report.format_p import p_number
from analysis.report.metric_names import METRIC_NAMES
from analysis.report.reasons import WHY
from analysis.report.registry import Column
from analysis.report.style import system_label
from analysis.report.tables import P_VALUES, fixed, readable
from analysis.statistics.mixed_model.model import ALL_PAIRS, PLANNED
from formats.messages import NP_, LazyText, in_language, translate

Row = Mapping[Any, Any]
Cell = Callable[[Row, str, Ratings, str], str]


def shown(
    frame: pd.DataFrame, ratings: Ratings, lang: str, columns: Mapping[str, Column] | None = None
) -> tuple[list[str], list[list[str]]]:
    """Heading and rows for reading. `columns`: those of the table's own, before COLUMNS.

    Holm's p is not shown beside intervals that agree with another one."""
    known, there = {**COLUMNS, **(columns or {})}, [str(name) for name in frame.columns]
    hidden = {"ci_high", "ci_high_simultaneous", *(["p_holm"] if "p_simultaneous" in there else [])}
    names = [name for name in there if name not in hidden]
    header = [known[name].heading[lang] if name in known else name for name in names]
    rows = [[_text(row, name, ratings, lang, known.get(name)) for name in names] for row in frame.to_dict("records")]
    return header, rows


def system_called(ratings: Ratings, system: str, lang: str) -> str:
    """What a system is called outside a column of systems: under the seal "System A"."""
    name = system_label(system, lang, ratings.system_labels)
    return translate(lang, "System {name}", name=name) if ratings.is_sealed else name


def _text(row: Row, name: str, ratings: Ratings, lang: str, column: Column | None) -> str:
    value = row[name]
    if isinstance(value, float) and math.isnan(value):
        return ""
    if column and column.cell:
        return column.cell(value, lang)
    if column and isinstance(value, str) and value in column.words:
        return column.words[value][lang]
    return CELLS.get(name, _plain)(row, name, ratings, lang)


def _plain(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    value = row[name]
    if isinstance(value, bool | np.bool_):
        return translate(lang, "yes") if value else translate(lang, "no")
    return readable(value, 2).replace("-", "−") if isinstance(value, float) else str(value)


def _count(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return f"{row[name]:.0f}" if isinstance(row[name], float) else str(row[name])


def _p(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return p_number(row[name]) if isinstance(row[name], float) else _plain(row, name, ratings, lang)


def _interval(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return f"{fixed(row[name], 2)} – {fixed(row[name.replace('low', 'high')], 2)}".replace("-", "−")


def shown_interval(value: float, low: float, high: float) -> str:
    """A number with the two ends of its interval."""
    return f"{fixed(value, 2)} ({fixed(low, 2)} – {fixed(high, 2)})".replace("-", "−")


def _system(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    return system_label(str(row[name]), lang, ratings.system_labels)


def _term(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    """A term of the ordinal model: a system by its name, others as they are."""
    return _system(row, name, ratings, lang) if row.get("kind") == "system" else _plain(row, name, ratings, lang)


def _scale(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    labels = {scale.key: scale.label for scale in ratings.scales}
    return in_language(labels[row[name]], lang) if row[name] in labels else str(row[name])


def _group(row: Row, name: str, ratings: Ratings, lang: str) -> str:
    label = ratings.group_labels.get(str(row[name]))
    return (in_language(label, lang) if label else "") or str(row[name])


#: The columns that several tables have; a table's own are in its finding.
COLUMNS: Mapping[str, Column] = {
    "scale": Column(LazyText("Scale")),
    "system": Column(LazyText("System")),
    "system_a": Column(LazyText("A")),
    "system_b": Column(LazyText("B")),
    "mean": Column(LazyText("Mean")),
    "difference": Column(LazyText("A − B")),
    "estimate": Column(LazyText("Estimate")),
    "se": Column(LazyText("SE")),
    "sd": Column(LazyText("SD")),
    "df": Column(LazyText("df")),
    "p": Column(LazyText("p")),
    "p_holm": Column(LazyText("Holm-adjusted p")),
    "p_simultaneous": Column(LazyText("Adjusted p")),
    "ci_low": Column(LazyText("CI")),
    "ci_low_simultaneous": Column(LazyText("Simultaneous CI")),
    "family": Column(LazyText("Family"), {PLANNED: LazyText("planned"), ALL_PAIRS: LazyText("all pairs")}),
    "n": Column(LazyText("n")),
    "n_ratings": Column(LazyText("Ratings")),
    "n_experts": Column(LazyText(NP_("a column of numbers", "Experts"))),
    "n_clips": Column(LazyText(NP_("a column of numbers", "Clips"))),
    "n_systems": Column(LazyText(NP_("a column of numbers", "Systems"))),
    "statistic": Column(LazyText("Statistic")),
    "value": Column(LazyText("Value")),
    "note": Column(LazyText("Note"), WHY),
    "link": Column(LazyText(NP_("statistics", "Link"))),
    "term": Column(LazyText("Term")),
    "kind": Column(LazyText("Kind")),
    "metric": Column(LazyText("Metric"), METRIC_NAMES),
}
#: How the cells of a column are shown; those of every other one as they are, numbers with two decimals.
CELLS: Mapping[str, Cell] = {
    **dict.fromkeys(("system", "system_a", "system_b"), _system),
    **dict.fromkeys(("scale", "scale_a", "scale_b"), _scale),
    **dict.fromkeys(("ci_low", "ci_low_simultaneous"), _interval),
    **dict.fromkeys(("n", "n_ratings", "n_experts", "n_clips", "n_systems", "num_df"), _count),
    **dict.fromkeys(P_VALUES, _p),
    "group": _group,
    "term": _term,
}
