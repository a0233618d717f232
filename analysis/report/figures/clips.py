"""Metrics of the notes and ratings of the clips; every expert's and every clip's departure."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from analysis.data.ratings import Ratings
from analysis.report.figures.parts import (
    INK,
    SMALL,
    SMALLEST,
    codes,
    dots,
    finish,
    grid,
    in_order,
    leading,
    legend,
    marks_of,
    page_width,
    panels,
    scale_name,
    short,
    status_notes,
    thin,
    wrap,
)
from analysis.report.metric_names import metric_name
from analysis.report.style import REAL_MARKER, WIDTHS, Mark
from analysis.report.tables import fixed
from analysis.statistics.correlation import Floats
from analysis.statistics.mixed_model import Fit
from analysis.statistics.objective_subjective import VALUE, metric_columns
from formats.messages import LazyText, is_chinese, translate, translator

METRICS_COLUMNS = ("metric", "system", "clip_id", "value", "rating", "n_ratings")
DEVIATIONS_COLUMNS = ("component", "unit", "system", "effect", "ci_low", "ci_high")
PER_ROW = 4
#: First, where a dataset has them.
METRICS = ("upc", "gc", "ebr")
MAX_METRICS = 12
MAX_NAMED = 40
#: What the figure says of experts or clips that it cannot show, and of those whose variance is zero.
NOT_SEPARABLE = {
    "expert": LazyText("Experts are not shown: their variance cannot be separated in this design."),
    "clip": LazyText("Clips are not shown: the variance within systems cannot be separated in this design."),
}
AT_ZERO = {
    "expert": LazyText("Experts: the variance between them is estimated as zero, so all are at the average."),
    "clip": LazyText("Clips: the variance within systems is estimated as zero, so all are at their mean."),
}


def metrics_frame(ratings: Ratings, scale: str) -> pd.DataFrame:
    """Each rated clip's metrics and mean rating on a scale (METRICS_COLUMNS), of the first MAX_METRICS that vary."""
    if ratings.metrics is None:
        return pd.DataFrame(columns=list(METRICS_COLUMNS))
    there = [name for name in metric_columns(ratings.metrics) if ratings.metrics[name].nunique() > 1]
    names = [*(name for name in METRICS if name in there), *(name for name in there if name not in METRICS)]
    rated = ratings.counted[ratings.counted["scale"] == scale].groupby(["system", "clip_id"])["rating"]
    means = rated.agg(rating="mean", n_ratings="size").reset_index()
    long = ratings.metrics.melt(["clip_id", "system"], names[:MAX_METRICS], "metric", "value").dropna(subset=["value"])
    return long.merge(means, on=["system", "clip_id"])[list(METRICS_COLUMNS)]


def draw_metrics(ratings: Ratings, frame: pd.DataFrame, found: pd.DataFrame, scale: str, lang: str) -> Figure:
    """Draw `metrics_frame`, a panel a metric with the correlation within systems from `clip_correlations`.

    Call inside `figure_style`.
    """
    metrics = list(dict.fromkeys(frame["metric"]))
    marks = _marks(ratings, frame)
    figure, axes, n_columns = panels(len(metrics), PER_ROW, 1.6, 1.75, beside=1.1, least=1.2)
    rows = found[(found["scale"] == scale) & (found["form"] == VALUE)]
    known = {str(row["metric"]): row for row in rows.to_dict("records")}
    for axis, metric in zip(axes, metrics, strict=True):
        _points(axis, frame[frame["metric"] == metric], marks)
        spacing = 1.5 if is_chinese(lang) else 1.2
        axis.set_title(
            f"{short(metric_name(metric, lang), 26)}\n{_rho(known.get(metric))}", fontsize=7.5, linespacing=spacing
        )
        axis.tick_params(labelsize=SMALL)
        axis.locator_params(axis="x", nbins=4)
    _ = translator(lang)
    label = _("{scale}: mean rating of the clip", scale=scale_name(ratings, scale, lang))
    lines = "\n".join(wrap([label], 1.75 * math.ceil(len(metrics) / n_columns), 8))
    figure.supylabel(lines, fontsize=8, linespacing=leading(lines))
    legend(figure, *dots(marks, ratings, lang))
    stamp = _("Exploratory: not part of the frozen analysis plan.") if ratings.plan_sha256 else ""
    notes = [note for note in (stamp, *status_notes(ratings, lang, [scale])) if note]
    return finish(
        figure,
        ratings,
        [_("ρ: rank correlation within systems, with simultaneous 95% CI. Large markers: system means."), *notes[:1]],
    )


def _marks(ratings: Ratings, frame: pd.DataFrame) -> dict[str, Mark]:
    """How the systems of a frame are drawn."""
    marks = marks_of(ratings)
    return {system: marks[system] for system in in_order(ratings, frame["system"].unique())}


def _points(axis: Axes, rows: pd.DataFrame, marks: dict[str, Mark]) -> None:
    for system, mark in marks.items():
        part = rows[rows["system"] == system]
        axis.plot(part["value"], part["rating"], linestyle="none", alpha=0.55, zorder=2, **thin(mark, 2.8))
        style = {
            "markersize": 6.0,
            "markeredgecolor": mark.colour if mark.marker == REAL_MARKER else "white",
            "zorder": 4,
        }
        axis.plot(part["value"].mean(), part["rating"].mean(), mark.marker, color=mark.colour, **style)  # type: ignore[arg-type]
    grid(axis)


def _rho(row: Mapping[Hashable, Any] | None) -> str:
    if row is None or math.isnan(row["rho"]):
        return "ρ –"
    value, low, high = (
        fixed(row[name], 2).replace("0.", ".").replace("-", "−")
        for name in ("rho", "ci_low_simultaneous", "ci_high_simultaneous")
    )
    return f"ρ {value}" if math.isnan(row["ci_low_simultaneous"]) else f"ρ {value} ({low} – {high})"


def random_effect_predictions(fit: Fit, alpha: float) -> pd.DataFrame:
    """Every expert's and clip's predicted deviation with its interval (DEVIATIONS_COLUMNS), lowest first.

    Without those whose variance the design cannot tell; no rows where the predictions have no error.
    """
    table = fit.predicted.copy()
    if not (table["se"] > 0).any():
        return pd.DataFrame(columns=list(DEVIATIONS_COLUMNS))
    of_clips = np.repeat(fit.means["system"], fit.means["n_clips"])
    table["system"] = [
        "",
    ] * int((table["component"] == "expert").sum()) + list(of_clips)
    place = {system: n for n, system in enumerate(["", *fit.means["system"]])}
    reach = float(stats.norm.isf(alpha / 2)) * table["se"]
    table = table.assign(
        ci_low=table["effect"] - reach, ci_high=table["effect"] + reach, place=table["system"].map(place)
    )
    variances = fit.variance_components.set_index("component")["variance"]
    table = table[table["component"].map(variances).notna()]
    return table.sort_values(["component", "place", "effect", "unit"], ascending=[False, True, True, True])[
        list(DEVIATIONS_COLUMNS)
    ].reset_index(drop=True)


def draw_deviations(ratings: Ratings, frame: pd.DataFrame, scale: str, lang: str) -> Figure:
    """Draw `random_effect_predictions`: experts above, clips below in the systems' colours.

    Call inside `figure_style`.
    """
    experts, clips = (frame[frame["component"] == name] for name in ("expert", "clip"))
    shown = [part for part in (experts, clips) if len(part)]
    figure = Figure(figsize=(page_width(), 2.3 * len(shown)), layout="constrained")
    axes = figure.subplots(len(shown), 1, sharey=True, squeeze=False).ravel().tolist()
    if len(experts):
        _experts(axes[0], experts, lang)
    if len(clips):
        _clips(figure, axes[-1], clips, ratings, lang)
    figure.supylabel(
        translate(lang, "Deviation in points, with {level}% prediction interval", level=ratings.level), fontsize=8
    )
    axes[0].set_title(scale_name(ratings, scale, lang), fontsize=8.5)
    parts = (("expert", experts), ("clip", clips))
    notes = [NOT_SEPARABLE[name][lang] for name, part in parts if part.empty]
    notes += [AT_ZERO[name][lang] for name, part in parts if len(part) and _level(part)]
    return finish(figure, ratings, [*notes, *status_notes(ratings, lang, [scale])])


def _experts(axis: Axes, experts: pd.DataFrame, lang: str) -> None:
    _bars(axis, experts, np.arange(len(experts), dtype=np.float64), Mark(INK, "o"))
    named = len(experts) <= MAX_NAMED * page_width() / WIDTHS[2]
    names = codes(list(experts["unit"]), 12) if named else []
    axis.set_xticks(range(len(experts)) if named else [], names, rotation=90, fontsize=SMALLEST)
    label = translate(lang, "Experts, from the lowest to the highest ratings")
    axis.set_xlabel("\n".join(wrap([label], page_width() - 0.8, 8)))


def _clips(figure: Figure, axis: Axes, clips: pd.DataFrame, ratings: Ratings, lang: str) -> None:
    marks = _marks(ratings, clips)
    start = 0.0
    for system in marks:
        part = clips[clips["system"] == system]
        _bars(axis, part, np.arange(start, start + len(part) - 0.5, dtype=np.float64), marks[system])
        start += len(part) + max(1.0, len(clips) / 60)
    axis.set_xticks([])
    label = translate(lang, "Clips, within each system from the lowest to the highest")
    axis.set_xlabel("\n".join(wrap([label], page_width() - 0.8, 8)))
    legend(figure, *dots(marks, ratings, lang))


def _level(departing: pd.DataFrame) -> bool:
    """Whether no departure could be told, their variance being estimated as nothing or left out."""
    return bool((departing["effect"] == 0).all())


def _bars(axis: Axes, rows: pd.DataFrame, places: Floats, mark: Mark) -> None:
    axis.axhline(0, color="#999999", linewidth=0.6, zorder=1)
    axis.vlines(places, rows["ci_low"], rows["ci_high"], color=mark.colour, linewidth=0.8, zorder=2)
    axis.plot(places, rows["effect"], linestyle="none", zorder=3, **thin(mark, 3.0))
    axis.margins(x=0.01)
    grid(axis)
