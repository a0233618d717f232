"""How far the experts go with one another, and what happens in the course of a session."""

from __future__ import annotations

from itertools import combinations

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from analysis.data.ratings import Ratings
from analysis.report.figures.parts import (
    FAINT,
    INK,
    SMALL,
    SMALLEST,
    codes,
    finish,
    grid,
    is_narrow,
    leading,
    page_width,
    panels,
    scale_name,
    status_notes,
    title_panel,
    wrap,
)
from analysis.report.style import WIDTHS
from analysis.statistics.correlation import clips_of, tables
from analysis.statistics.screening import LITTLE_AGREEMENT
from formats.messages import translate

AGREEMENT_COLUMNS = ("expert_id", "other", "rho", "n", "flagged")
PANEL = "panel"
#: More experts than this are a crowd: only the agreement of each with the rest is drawn.
MAX_SHOWN, MAX_NAMED = 60, 40
MIN_SHARED = 5
PER_ROW = 5


def agreement_frame(ratings: Ratings, screened: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Spearman's rho of each expert with the mean of the others (other = "panel", from `screening`) and, in panels of
    up to MAX_SHOWN, of every two experts over the clips that both rated (AGREEMENT_COLUMNS); best agreement first."""
    rows = screened[(screened["scale"] == scale) & screened["agreement"].notna()]
    rows = rows.sort_values(["agreement", "expert_id"], ascending=[False, True])
    panel = rows.assign(other=PANEL, rho=rows["agreement"])[list(AGREEMENT_COLUMNS)]
    if len(panel) > MAX_SHOWN:
        return panel.reset_index(drop=True)
    frame = ratings.counted[ratings.counted["scale"] == scale]
    names, table = sorted(frame["expert_id"].unique()), tables(frame, [scale], clips_of(frame))[0]
    order = [names.index(expert) for expert in panel["expert_id"]]
    found = {(a, b): _pair(table[a], table[b]) for a, b in combinations(order, 2)}
    found |= {(b, a): pair for (a, b), pair in found.items()}
    pairs = [(names[a], names[b], *found[a, b], False) for a in order for b in order if a != b]
    return pd.concat([panel, pd.DataFrame(pairs, columns=list(AGREEMENT_COLUMNS))], ignore_index=True)


def _pair(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> tuple[float, int]:
    both = ~np.isnan(one + other)
    n = int(both.sum())
    if n < MIN_SHARED or np.ptp(one[both]) == 0 or np.ptp(other[both]) == 0:
        return np.nan, n
    return float(stats.spearmanr(one[both], other[both]).statistic), n


def draw_agreement(ratings: Ratings, frame: pd.DataFrame, scale: str, lang: str) -> Figure:
    """Draw `agreement_frame`. Call inside `figure_style`."""
    panel = frame[frame["other"] == PANEL]
    experts = panel["expert_id"].tolist()
    if len(frame) > len(panel):
        height = 1.5 + min(4.6, 0.13 * len(experts) + 0.5)
        figure = Figure(figsize=(page_width(), height), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[3, 2], sharey=True)
        _heat(figure, left, frame, experts, lang)
    else:
        figure = Figure(figsize=(WIDTHS[1], 3.6), layout="constrained")
        right = figure.subplots()
    _strip(right, panel, lang)
    named = len(experts) <= MAX_NAMED
    figure.axes[0].set_yticks(range(len(experts)) if named else [], codes(experts, 14) if named else [])
    figure.axes[0].tick_params(axis="y", labelsize=SMALLEST, length=0)
    figure.axes[0].set_title(scale_name(ratings, scale, lang), fontsize=8.5)
    return finish(figure, ratings, status_notes(ratings, lang, [scale]))


def _heat(figure: Figure, axis: Axes, frame: pd.DataFrame, experts: list[str], lang: str) -> None:
    table = frame[frame["other"] != PANEL].pivot(index="expert_id", columns="other", values="rho")
    values = table.reindex(index=experts, columns=experts).to_numpy(np.float64)
    colours = matplotlib.colormaps["PuOr"].with_extremes(bad="#F2F2F2")
    image = axis.imshow(np.ma.masked_invalid(values), cmap=colours, vmin=-1, vmax=1, aspect="auto")
    axis.set_xticks([])
    label = translate(lang, "Rank correlation of each pair of experts, same order")
    _name_axis(axis, label, 1.2)
    bar = figure.colorbar(image, ax=axis, location="left", shrink=0.75, aspect=30, pad=0.02)
    bar.set_ticks([-1, -0.5, 0, 0.5, 1], labels=["−1", "−.5", "0", ".5", "1"])
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_linewidth(0.4)


def _strip(axis: Axes, panel: pd.DataFrame, lang: str) -> None:
    places, flagged = np.arange(len(panel)), panel["flagged"].to_numpy(bool)
    axis.axvline(LITTLE_AGREEMENT, color=FAINT, linewidth=0.8, linestyle=(0, (3, 2)))
    size = 4.2 if len(panel) <= MAX_SHOWN else 1.6
    for some, face in ((~flagged, INK), (flagged, "white")):
        axis.plot(panel["rho"][some], places[some], "o", color=INK, markerfacecolor=face, markersize=size)
    axis.set_xlim(min(-0.05, float(panel["rho"].min()) - 0.05), 1.02)
    axis.set_ylim(len(panel) - 0.5, -0.5)
    label = translate(
        lang,
        "Rank correlation with the others' mean\n(hollow: below {limit})",
        limit=f"{LITTLE_AGREEMENT:.2f}".removeprefix("0"),
    )
    _name_axis(axis, label, 0.9)
    axis.tick_params(axis="y", length=0)
    grid(axis, "x")


def _name_axis(axis: Axes, label: str, width: float) -> None:
    """Name a panel's axis below it; in one column in lines `width` inches wide."""
    lines = wrap(label.splitlines(), width, SMALL) if is_narrow() else [label]
    axis.set_xlabel("\n".join(lines), fontsize=SMALL if is_narrow() else None, linespacing=leading(label))


def draw_order(ratings: Ratings, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw `screening.order_curve`: ratings less the others' mean of the clip, by trial. Call inside `figure_style`."""
    scales = list(dict.fromkeys(frame["scale"]))
    figure, axes, n_columns = panels(len(scales), PER_ROW, 1.5, 1.9, beside=0.6, least=1.0)
    furthest = float(np.nanmax(np.abs(frame[["change", "ci_low", "ci_high"]].to_numpy(np.float64)), initial=0.2))
    for place, (axis, scale) in enumerate(zip(axes, scales, strict=True)):
        rows = frame[frame["scale"] == scale]
        axis.axhline(0, color=FAINT, linewidth=0.7)
        axis.fill_between(rows["trial"], rows["ci_low"], rows["ci_high"], color=INK, alpha=0.18, linewidth=0)
        axis.plot(rows["trial"], rows["change"], "o-", color=INK, linewidth=1.2, markersize=2.6)
        axis.set_ylim(-1.1 * furthest, 1.1 * furthest)
        title_panel(axis, scale_name(ratings, scale, lang, 18), n_columns, 0.6)
        axis.tick_params(labelleft=place % n_columns == 0)
        axis.locator_params(axis="x", nbins=4, integer=True)
        grid(axis)
    figure.supxlabel(translate(lang, "Trial"), fontsize=8)
    figure.supylabel(translate(lang, "Rating minus the others' mean"), fontsize=8)
    return finish(figure, ratings, status_notes(ratings, lang, scales))
