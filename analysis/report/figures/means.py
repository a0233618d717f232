"""The systems' means on each scale, over those of single clips."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from analysis.data.dataset import Scale
from analysis.data.ratings import Ratings
from analysis.report.figures.parts import (
    AXIS_WORDS,
    SMALL,
    finish,
    grid,
    in_order,
    legend,
    panels,
    scale_name,
    short,
    status_notes,
    system_name,
    wrap,
)
from analysis.report.style import REAL_BAND, REAL_LINE, Mark, system_marks
from formats.messages import in_language, translate, translator

PANELS_PER_ROW = 5
MAX_WORDING_LENGTH = 80  # above and below a panel


COLUMNS = ("scale", "system", "clip_id", "mean", "ci_low", "ci_high", "n")
#: The light points behind a mean.
POINTS: Mapping[str, Any] = {"markersize": 2.6, "alpha": 0.32, "markeredgewidth": 0}


def means_frame(ratings: Ratings, means: pd.DataFrame) -> pd.DataFrame:
    """Each system's mean, its interval and number of ratings, and the mean rating of each of its clips (COLUMNS).

    `means` as from `bootstrap.system_means`. Under codes without clips: single ones would be recognised.
    """
    own = means.assign(clip_id="", n=means["n_ratings"])
    clips = ratings.counted.groupby(["scale", "system", "clip_id"], sort=False)["rating"]
    of_clips = clips.agg(mean="mean", n="size").reset_index()
    shown = [own] if ratings.is_sealed else [own, of_clips]
    return pd.concat(shown, ignore_index=True).reindex(columns=list(COLUMNS))


def draw_means(ratings: Ratings, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw `means_frame`, one panel a scale over the scale's whole range; real music as a band.

    A system without an interval is a hollow mark. Call inside `figure_style`.
    """
    means = frame[frame["clip_id"] == ""]
    count = len(ratings.scales)
    figure, axes, n_columns = panels(count, PANELS_PER_ROW, 1.3, 2.6, beside=1.2, least=1.5)
    width = float(figure.get_size_inches()[0])
    systems = in_order(ratings, ratings.systems)
    marks = system_marks(systems, ratings.real_system)
    same_bounds = len({(scale.minimum, scale.maximum) for scale in ratings.scales}) == 1
    label = translate(lang, "Mean rating")
    if means["ci_low"].notna().any():
        label = translate(lang, "Mean rating with {level}% CI", level=ratings.level)
    for place, (axis, scale) in enumerate(zip(axes, ratings.scales, strict=False)):
        _panel(axis, scale, frame[frame["scale"] == scale.key], marks, ratings.real_system)
        _panel_words(
            axis,
            scale,
            scale_name(ratings, scale.key, lang, MAX_WORDING_LENGTH),
            lang,
            (width - AXIS_WORDS) / n_columns,
        )
        is_first = place % n_columns == 0
        axis.tick_params(labelleft=is_first or not same_bounds)
        axis.set_ylabel(label if is_first else "")
    has_band = bool(means.loc[means["system"] == ratings.real_system, "ci_low"].notna().any())
    _legend(figure, systems, marks, ratings, lang, has_band=has_band)
    return finish(figure, ratings, _notes(ratings, means, lang))


def _panel(axis: Axes, scale: Scale, frame: pd.DataFrame, marks: dict[str, Mark], real: str | None) -> None:
    is_clip = frame["clip_id"] != ""
    rows = {row["system"]: row for row in frame[~is_clip].to_dict("records")}
    if real in rows:
        row = rows[real]
        if not math.isnan(row["ci_low"]):
            axis.axhspan(row["ci_low"], row["ci_high"], color=REAL_BAND, alpha=0.6, linewidth=0, zorder=1)
        axis.axhline(row["mean"], color=REAL_LINE, linewidth=1.1, zorder=2)
    for place, (system, mark) in enumerate(marks.items()):
        if system in rows:
            clip_points(axis, place, frame.loc[is_clip & (frame["system"] == system), "mean"], mark)
            draw_mean(axis, place, rows[system], mark)
    axis.set_xlim(-0.7, len(marks) - 0.3)
    axis.set_xticks([])
    whole_range(axis, scale)


def draw_mean(axis: Axes, place: int, row: Mapping[Any, Any], mark: Mark, *, is_upright: bool = True) -> None:
    """A mean with its interval, upright or lying; hollow without one."""
    has_interval = not math.isnan(row["ci_low"])
    if has_interval:
        lines = axis.vlines if is_upright else axis.hlines
        lines(place, row["ci_low"], row["ci_high"], color=mark.colour, linewidth=1.3, zorder=3)
    face = mark.colour if has_interval else "white"
    at = (place, row["mean"]) if is_upright else (row["mean"], place)
    axis.plot(*at, mark.marker, markersize=4.6, color=mark.colour, markerfacecolor=face, zorder=4)


def clip_points(axis: Axes, place: int, values: pd.Series[float], mark: Mark, *, is_upright: bool = True) -> None:
    """The means of a system's clips as light points about its place."""
    beside = place + 0.3 * (((np.arange(len(values)) * 0.618) % 1) * 2 - 1)
    x, y = (beside, values) if is_upright else (values, beside)
    axis.scatter(x, y, s=POINTS["markersize"] ** 2, color=mark.colour, alpha=POINTS["alpha"], linewidths=0, zorder=2)


def whole_range(axis: Axes, scale: Scale, *, is_upright: bool = True) -> None:
    """The whole scale along an axis, with its steps where these are few."""
    span = scale.maximum - scale.minimum or 1.0
    limit, along = (axis.set_ylim, axis.yaxis) if is_upright else (axis.set_xlim, axis.xaxis)
    limit(scale.minimum - 0.05 * span, scale.maximum + 0.05 * span)
    if span <= 10 and scale.minimum % 1 == 0:
        along.set_ticks(range(int(scale.minimum), int(scale.maximum) + 1))
    else:
        along.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    grid(axis, "y" if is_upright else "x")


def _panel_words(axis: Axes, scale: Scale, name: str, lang: str, width: float) -> None:
    axis.set_title("\n".join(wrap([name], width * 0.75)), fontsize=8.5)
    axis.set_xlabel(
        "\n".join(wrap(end_words(scale, lang), width * 0.88)), fontsize=SMALL, color="#555555", linespacing=1.3
    )


def end_words(scale: Scale, lang: str) -> list[str]:
    """The bounds of a scale with the words at its ends, if it has any."""
    return [
        f"{bound:g}\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{short(in_language(words, lang), MAX_WORDING_LENGTH)}"
        for bound, words in ((scale.minimum, scale.low), (scale.maximum, scale.high))
        if in_language(words, lang)
    ]


def _notes(ratings: Ratings, means: pd.DataFrame, lang: str) -> list[str]:
    _ = translator(lang)
    notes = status_notes(ratings, lang, [scale.key for scale in ratings.scales])
    if means["ci_low"].isna().any():
        notes.append(_("Hollow marker or line without band: no CI (see the report for the reason)"))
    if ratings.bounds_inferred:
        notes.append(_("Axes show bounds inferred from the ratings: the file contains none"))
    return notes


def _legend(
    figure: Figure, systems: Sequence[str], marks: dict[str, Mark], ratings: Ratings, lang: str, *, has_band: bool
) -> None:
    handles: list[Any] = []  # an artist, or a tuple of artists drawn over one another
    labels = []
    for system in systems:
        name = system_name(ratings, system, lang)
        if system == ratings.real_system and not has_band:
            handles.append(Line2D([], [], color=REAL_LINE))
            labels.append(name)
        elif system == ratings.real_system:
            handles.append((Patch(color=REAL_BAND, alpha=0.6, linewidth=0), Line2D([], [], color=REAL_LINE)))
            labels.append(translate(lang, "{name} (band: {level}% CI)", name=name, level=ratings.level))
        else:
            mark = marks[system]
            handles.append(Line2D([], [], color=mark.colour, marker=mark.marker, markersize=4.6, linewidth=1.3))
            labels.append(name)
    legend(figure, handles, labels)
