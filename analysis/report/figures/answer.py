"""The figure of the primary scale: the systems' means over single clips, and the differences between them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.data.ratings import Ratings
from analysis.report.figures.contrasts import MAX_BESIDE, contrasts_frame, difference_handles, draw_forest, pair_names
from analysis.report.figures.means import POINTS, clip_points, draw_mean, end_words, means_frame, whole_range
from analysis.report.figures.parts import (
    INK,
    MAX_SHORT_NAME,
    SMALL,
    finish,
    fitted,
    in_order,
    inches,
    is_narrow,
    legend,
    marks_of,
    page_width,
    status_notes,
    system_name,
    wrap,
)
from analysis.report.findings import Findings
from analysis.report.style import MAX_HEIGHT, REAL_BAND
from formats.messages import listed, translate

COLUMNS = ("system", "clip_id", "mean", "n", "system_a", "system_b", "difference", "ci_low", "ci_high", "p", "holds")
#: More differences than this are in the figure of all scales alone.
MAX_PAIRS = 15
ROW, NARROW_ROW, AROUND = 0.27, 0.29, 0.95  # inches


def answer_frame(found: Findings) -> pd.DataFrame:
    """The means on the primary scale, those of its clips, and its differences below them (COLUMNS)."""
    scale = found.primary
    means, pairs = means_frame(found.ratings, found.means), contrasts_frame(found.ratings, found)
    pairs = pairs[pairs["scale"] == scale].rename(columns=lambda name: str(name).removesuffix("_simultaneous"))
    parts = [means[means["scale"] == scale], pairs if len(pairs) <= MAX_PAIRS else pairs.iloc[:0]]
    return pd.concat(parts, ignore_index=True).reindex(columns=list(COLUMNS))


def draw_answer(found: Findings, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw `answer_frame`: means on the left, differences on the right if there are any. Call inside `figure_style`."""
    ratings, pairs = found.ratings, frame[frame["difference"].notna()]
    systems = in_order(ratings, frame["system"].dropna().unique())
    figure, axes = _panels(len(systems), len(pairs))
    _means(axes[0], ratings, frame[frame["system"].notna()], systems, found.primary, lang)
    named: dict[str, Line2D | Patch] = dict(_point_handle(frame, lang))
    if len(pairs):
        _differences(axes[1], ratings, pairs, lang)
        handles, labels = difference_handles(ratings, lang)
        named |= dict(zip(labels, handles, strict=True))
    legend(figure, list(named.values()), list(named))
    return finish(figure, ratings, status_notes(ratings, lang, [found.primary]))


def _panels(systems: int, pairs: int) -> tuple[Figure, list[Axes]]:
    """Means, and differences on the right of them, or below in one column."""
    rows = [systems, pairs] if pairs else [systems]
    if is_narrow() and pairs:
        heights = [NARROW_ROW * n + AROUND / 2 for n in rows]
        figure = Figure(figsize=(page_width(), min(MAX_HEIGHT, AROUND / 2 + sum(heights))), layout="constrained")
        return figure, figure.subplots(2, 1, height_ratios=heights).ravel().tolist()
    width = page_width() if pairs else fitted(4.3)
    figure = Figure(figsize=(width, min(MAX_HEIGHT, AROUND + ROW * max(rows))), layout="constrained")
    return figure, figure.subplots(1, len(rows), squeeze=False).ravel().tolist()


def _means(
    axis: Axes, ratings: Ratings, frame: pd.DataFrame, systems: tuple[str, ...], scale_key: str, lang: str
) -> None:
    marks = marks_of(ratings)
    means = {row["system"]: row for row in frame[frame["clip_id"] == ""].to_dict("records")}
    for place, system in enumerate(systems):
        clips = frame.loc[(frame["system"] == system) & (frame["clip_id"] != ""), "mean"]
        clip_points(axis, place, clips, marks[system], is_upright=False)
        draw_mean(axis, place, means[system], marks[system], is_upright=False)
    if row := means.get(ratings.real_system):
        axis.axvspan(row["ci_low"], row["ci_high"], color=REAL_BAND, alpha=0.35, linewidth=0, zorder=0)
    names = [system_name(ratings, system, lang, MAX_SHORT_NAME) for system in systems]
    labelled = zip(names, (int(means[system]["n"]) for system in systems), strict=True)
    counted = [translate(lang, "{name} (n = {n:,})", name=name, n=n) for name, n in labelled]
    if is_narrow() and max(inches(text, 7.5) for text in counted) > MAX_BESIDE:
        counted = [f"{name}\n{text[len(name) :].strip()}" for name, text in zip(names, counted, strict=True)]
    axis.set_yticks(range(len(systems)), counted, fontsize=SMALL if is_narrow() else 7.5)
    axis.set_ylim(len(systems) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    scale = next(scale for scale in ratings.scales if scale.key == scale_key)
    whole_range(axis, scale, is_upright=False)
    words = listed(lang, end_words(scale, lang))
    label = translate(lang, "Mean rating ({words})", words=words) if words else translate(lang, "Mean rating")
    lines = wrap([label], 2.0 if is_narrow() else 3.2, 7.5)
    axis.set_xlabel("\n".join(lines), fontsize=7.5)


def _differences(axis: Axes, ratings: Ratings, pairs: pd.DataFrame, lang: str) -> None:
    marks = marks_of(ratings)
    keys = list(zip(pairs["system_a"], pairs["system_b"], strict=True))
    ends = ["ci_low", "ci_high"]
    draw_forest(axis, pairs, keys, marks, ratings, ends)
    reach = 1.08 * max(float(np.nanmax(np.abs(pairs[ends].to_numpy(np.float64)))), ratings.gap or 0.1)
    axis.set_xlim(-reach, reach)
    axis.locator_params(axis="x", nbins=5, symmetric=True)
    axis.tick_params(axis="x", labelsize=8)
    axis.set_yticks(
        range(len(keys)), pair_names(ratings, keys, lang), fontsize=7.5 if len(keys) < 8 and not is_narrow() else SMALL
    )
    axis.set_xlabel(translate(lang, "Difference in rating points"), fontsize=7.5)


def _point_handle(frame: pd.DataFrame, lang: str) -> Iterator[tuple[str, Line2D]]:
    if (frame["clip_id"].fillna("") != "").any():
        yield translate(lang, "mean of a clip"), Line2D([], [], linestyle="none", color=INK, marker="o", **POINTS)
