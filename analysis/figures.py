"""The figures of a report. Each is drawn from a table that is saved beside it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Hashable, Mapping, Sequence
from statistics import fmean
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from analysis.dataset import Scale
from analysis.look import REAL_BAND, REAL_LINE, Mark, system_label, system_marks, system_order, watermark
from analysis.ratings import Ratings
from analysis.words import WORDS, in_language

PANELS_PER_ROW = 5
MOST_WIDTH = 7.2  # inches: a page's width in most journals
AXIS_WORDS = 0.4  # inches left of the first panel
SMALL = 6.5
LONGEST_NAME = 40  # in the legend
LONGEST_WORDING = 80  # above and below a panel
WIDE_LETTERS = frozenset("MWmw@%")


def figure7(ratings: Ratings, means: pd.DataFrame, lang: str) -> Figure:
    """Mean rating with its 95 % interval, one panel a scale over the scale's whole range; real music as a band.

    `means` as from `bootstrap.system_means`; a system without an interval is a hollow mark. Call inside `house_style`.
    """
    count = len(ratings.scales)
    n_rows = math.ceil(count / PANELS_PER_ROW)
    n_columns = math.ceil(count / n_rows)
    width = min(MOST_WIDTH, 2.2 + 1.3 * n_columns)
    figure = Figure(figsize=(width, 0.9 + 2.6 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel().tolist()
    systems = system_order(ratings.systems, ratings.real_system)
    marks = system_marks(systems, ratings.real_system)
    same_bounds = len({(scale.minimum, scale.maximum) for scale in ratings.scales}) == 1
    for place, (axis, scale) in enumerate(zip(axes, ratings.scales, strict=False)):
        _panel(axis, scale, means[means["scale"] == scale.key], marks, ratings.real_system)
        _panel_words(
            axis,
            scale,
            lang,
            (width - AXIS_WORDS) / n_columns,
            is_marked=_is_mixed(ratings) and scale.key in ratings.exploratory_scales,
        )
        is_first = place % n_columns == 0
        axis.tick_params(labelleft=is_first or not same_bounds)
        axis.set_ylabel(WORDS[lang]["axis_mean"] if is_first else "")
    for axis in axes[count:]:
        axis.remove()
    notes = _notes(ratings, means, lang)
    if notes:
        figure.suptitle(
            "\n".join(_wrap(notes, width - 0.2)), fontsize=SMALL, color="#555555", x=0.01, ha="left", va="top"
        )
    _legend(figure, systems, marks, ratings, lang)
    if ratings.is_simulated:
        watermark(figure)
    return figure


def _panel(axis: Axes, scale: Scale, means: pd.DataFrame, marks: dict[str, Mark], real: str | None) -> None:
    rows = {row["system"]: row for row in means.to_dict("records")}
    if real in rows:
        row = rows[real]
        if not math.isnan(row["ci_low"]):
            axis.axhspan(row["ci_low"], row["ci_high"], color=REAL_BAND, alpha=0.6, linewidth=0, zorder=1)
        axis.axhline(row["mean"], color=REAL_LINE, linewidth=1.1, zorder=2)
    for place, (system, mark) in enumerate(marks.items()):
        if system in rows:
            _dot(axis, place, rows[system], mark)
    axis.set_xlim(-0.7, len(marks) - 0.3)
    axis.set_xticks([])
    _whole_range(axis, scale)


def _dot(axis: Axes, place: int, row: Mapping[Hashable, Any], mark: Mark) -> None:
    has_interval = not math.isnan(row["ci_low"])
    if has_interval:
        axis.vlines(place, row["ci_low"], row["ci_high"], color=mark.colour, linewidth=1.3, zorder=3)
    face = mark.colour if has_interval else "white"
    axis.plot(place, row["mean"], mark.marker, markersize=4.6, color=mark.colour, markerfacecolor=face, zorder=4)


def _whole_range(axis: Axes, scale: Scale) -> None:
    span = scale.maximum - scale.minimum or 1.0
    axis.set_ylim(scale.minimum - 0.05 * span, scale.maximum + 0.05 * span)
    if span <= 10 and scale.minimum % 1 == 0:
        axis.set_yticks(range(int(scale.minimum), int(scale.maximum) + 1))
    else:
        axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.grid(axis="y", color="#E6E6E6", linewidth=0.5)
    axis.set_axisbelow(True)


def _panel_words(axis: Axes, scale: Scale, lang: str, width: float, *, is_marked: bool) -> None:
    name = _short(in_language(scale.label, lang) or scale.key, LONGEST_WORDING)
    sign = "†" if is_marked else ""
    axis.set_title("\n".join(_wrap([name + sign], width * 0.75)), fontsize=8.5)
    ends = [
        f"{bound:g}\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{_short(in_language(words, lang), LONGEST_WORDING)}"
        for bound, words in ((scale.minimum, scale.low), (scale.maximum, scale.high))
        if in_language(words, lang)
    ]
    axis.set_xlabel("\n".join(_wrap(ends, width * 0.88)), fontsize=SMALL, color="#555555", linespacing=1.3)


def _notes(ratings: Ratings, means: pd.DataFrame, lang: str) -> list[str]:
    words = WORDS[lang]
    notes = []
    if ratings.exploratory_scales:
        notes.append(words["figure_exploratory" if _is_mixed(ratings) else "figure_all_exploratory"])
    if means["ci_low"].isna().any():
        notes.append(words["figure_no_interval"])
    if ratings.bounds_observed:
        notes.append(words["figure_observed_range"])
    return notes


def _is_mixed(ratings: Ratings) -> bool:
    """Whether some scales, but not all, stand outside the frozen plan."""
    return 0 < len(ratings.exploratory_scales) < len(ratings.scales)


def _wrap(texts: Sequence[str], width: float) -> list[str]:
    """Lines about `width` inches wide in small print."""
    lines: list[str] = []
    for text in texts:
        letter = fmean(map(_room, text)) * SMALL / 72
        lines += textwrap.wrap(text, max(6, int(width / letter)))
    return lines


def _room(sign: str) -> float:
    """About how wide a sign is, as a share of the font's size."""
    if ord(sign) > 0x2E7F or sign in WIDE_LETTERS:  # Chinese, and what is as wide
        return 1.0
    return 0.7 if sign.isupper() else 0.56


def _legend(figure: Figure, systems: Sequence[str], marks: dict[str, Mark], ratings: Ratings, lang: str) -> None:
    handles: list[Any] = []  # an artist, or a tuple of artists drawn over one another
    labels = []
    for system in systems:
        name = _short(system_label(system, lang, ratings.system_labels), LONGEST_NAME)
        name = f" {name}" if name.startswith("_") else name  # a legend passes over names that begin so
        if system == ratings.real_system:
            handles.append((Patch(color=REAL_BAND, alpha=0.6, linewidth=0), Line2D([], [], color=REAL_LINE)))
            labels.append(WORDS[lang]["legend_real"].format(name=name))
        else:
            mark = marks[system]
            handles.append(Line2D([], [], color=mark.colour, marker=mark.marker, markersize=4.6, linewidth=1.3))
            labels.append(WORDS[lang]["legend_code"].format(name=name) if ratings.is_sealed else name)
    for columns in range(len(labels), 0, -1):
        legend = _place_legend(figure, handles, labels, columns)
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width * 0.98:
            return
        legend.remove()


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _place_legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str], columns: int) -> Legend:
    return figure.legend(
        handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=7.5, columnspacing=1.4
    )
