"""The figures of comparisons: strengths with intervals, the matrix of wins, and ranks. Call inside `figure_style`."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.report.comparisons.findings import ComparisonFindings
from analysis.report.figures.parts import (
    INK,
    MAX_SHORT_NAME,
    SMALL,
    NoRoomError,
    finish,
    grid,
    is_narrow,
    leading,
    page_width,
    panels,
    short,
    wrap,
)
from analysis.report.style import MAX_HEIGHT, point_marks
from formats.messages import translator

PER_ROW = 3
#: From the row's system losing throughout to its winning throughout; both ends stay apart in grey print.
COLOURS = LinearSegmentedColormap.from_list("wins", ["#B2552B", "#F7F3EE", "#2B6CB2"])
DARK = 0.32
#: Inches: the names beside a matrix of wins, and the narrowest cell that has room for its number.
NAMES, NARROW_NAMES, CELL = 1.6, 1.2, 0.19
NO_COLOUR = "#EEEEEE"


def _title(axis: Axes, found: ComparisonFindings, question: str, lang: str) -> None:
    if len(found.fits) > 1:
        axis.set_title(short(found.question(question)[lang], 30), fontsize=8.5)


def _names(found: ComparisonFindings, systems: list[str], lang: str) -> list[str]:
    return [short(found.system(system)[lang], MAX_SHORT_NAME) for system in systems]


def strengths(found: ComparisonFindings, frame: pd.DataFrame, lang: str) -> Figure:
    """Strength of each system with its interval, one panel a question; hollow where it is drawn by a prior."""
    _ = translator(lang)
    questions = list(dict.fromkeys(frame["question"]))
    systems = [system for system in found.order if system in set(frame["system"])]
    marks = point_marks(systems, found.data.real_system)
    figure, axes, columns = panels(
        len(questions), PER_ROW, 2.4, 0.5 + 0.24 * len(systems), least=0.4 + 0.14 * len(systems)
    )
    ends = frame[["strength", "ci_low", "ci_high"]].to_numpy(np.float64)
    reach = 1.1 * max(float(np.nanmax(np.abs(ends))), 0.2)
    for place, (axis, question) in enumerate(zip(axes, questions, strict=True)):
        axis.axvline(0, color=INK, linewidth=0.7, zorder=1)
        for row in frame[frame["question"] == question].to_dict("records"):
            mark, level = marks[row["system"]], systems.index(row["system"])
            known = not pd.isna(row["ci_low"])
            if known:
                axis.hlines(level, row["ci_low"], row["ci_high"], color=mark.colour, linewidth=1.3, zorder=3)
            face = mark.colour if known else "white"
            axis.plot(
                row["strength"], level, mark.marker, markersize=5, color=mark.colour, markerfacecolor=face, zorder=4
            )
        axis.set_xlim(-reach, reach)
        axis.set_ylim(len(systems) - 0.4, -0.6)
        axis.set_yticks(range(len(systems)), _names(found, systems, lang) if place % columns == 0 else [])
        axis.tick_params(axis="y", length=0)
        axis.tick_params(axis="x", labelsize=SMALL)
        axis.locator_params(axis="x", nbins=5)
        grid(axis, "x")
        _title(axis, found, question, lang)
    label = _("Strength (standard deviations of the noise; 0: mean of the systems)")
    figure.supxlabel("\n".join(wrap([label], page_width() - 0.4, 8)), fontsize=8, linespacing=leading(label))
    return finish(figure, found)


def wins(found: ComparisonFindings, frame: pd.DataFrame, lang: str) -> Figure:
    """How often the row's system is preferred to the column's, one panel a question."""
    _ = translator(lang)
    questions = list(dict.fromkeys(frame["question"]))
    systems = _strongest_first(frame)
    room = page_width() - (NARROW_NAMES if is_narrow() else NAMES)
    most = max(1, min(PER_ROW, len(questions), int(room / (CELL * len(systems)))))
    size = min(
        0.55,
        room / most / len(systems),
        (MAX_HEIGHT / math.ceil(len(questions) / most) - 1.0) / len(systems),
    )
    if is_narrow() and size < CELL:
        raise NoRoomError
    figure, axes, columns = panels(len(questions), most, size * len(systems), 0.9 + size * len(systems))
    for place, (axis, question) in enumerate(zip(axes, questions, strict=True)):
        _matrix(axis, frame[frame["question"] == question], systems)
        names = _names(found, systems, lang)
        axis.set_xticks(range(len(systems)), names, rotation=40, ha="right", fontsize=SMALL)
        axis.set_yticks(range(len(systems)), names if place % columns == 0 else [], fontsize=SMALL)
        _title(axis, found, question, lang)
    figure.supylabel(_("Preferred"), fontsize=8)
    figure.supxlabel(_("to"), fontsize=8)
    return finish(figure, found)


def _strongest_first(frame: pd.DataFrame) -> list[str]:
    """The systems by how often they are preferred on the first question."""
    first = frame[frame["question"] == frame["question"].iloc[0]]
    means = first["chance"].fillna(first["share"]).groupby(first["system_a"], sort=False).mean()
    others = [system for system in frame["system_a"].unique() if system not in means.index]
    return [*means.sort_values(ascending=False, kind="stable").index, *others]


def _matrix(axis: Axes, frame: pd.DataFrame, systems: list[str]) -> None:
    table = np.full((len(systems), len(systems)), np.nan)
    texts = {}
    for row in frame.to_dict("records"):
        cell = (systems.index(row["system_a"]), systems.index(row["system_b"]))
        table[cell] = row["share"] if pd.isna(row["chance"]) else row["chance"]
        if not np.isnan(table[cell]):
            texts[cell] = f"{100 * table[cell]:.0f}"
    axis.imshow(np.ma.masked_invalid(table), cmap=COLOURS, vmin=0, vmax=1)
    axis.set_facecolor(NO_COLOUR)
    for (y, x), text in texts.items():
        colour = "white" if abs(table[y, x] - 0.5) > DARK else INK
        axis.text(x, y, text, ha="center", va="center", fontsize=SMALL + 0.5, color=colour)
    axis.set_xticks(np.arange(-0.5, len(systems)), minor=True)
    axis.set_yticks(np.arange(-0.5, len(systems)), minor=True)
    axis.grid(which="minor", color="white", linewidth=1)
    axis.tick_params(which="both", length=0)
    axis.spines[:].set_visible(False)


def ranks(found: ComparisonFindings, frame: pd.DataFrame, lang: str) -> Figure:
    """The ranks that the tests leave open to each system, one panel a question."""
    _ = translator(lang)
    questions = list(dict.fromkeys(frame["question"]))
    systems = [system for system in found.order if system in set(frame["system"])]
    marks = point_marks(systems, found.data.real_system)
    figure, axes, columns = panels(
        len(questions), PER_ROW, 2.0, 0.5 + 0.24 * len(systems), least=0.4 + 0.14 * len(systems)
    )
    for place, (axis, question) in enumerate(zip(axes, questions, strict=True)):
        for row in frame[frame["question"] == question].to_dict("records"):
            level, colour = systems.index(row["system"]), marks[row["system"]].colour
            best, worst = row["rank_best"], row["rank_worst"]
            axis.hlines(level, best, worst, color=colour, linewidth=5, capstyle="round", zorder=3)
            axis.plot([best, worst], [level, level], "o", color=colour, markersize=5, zorder=3)
        axis.set_xlim(0.5, len(systems) + 0.5)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_ylim(len(systems) - 0.4, -0.6)
        axis.set_yticks(range(len(systems)), _names(found, systems, lang) if place % columns == 0 else [])
        axis.tick_params(axis="y", length=0)
        axis.tick_params(axis="x", labelsize=SMALL)
        grid(axis, "x")
        _title(axis, found, question, lang)
    figure.supxlabel(_("Rank (1: preferred most)"), fontsize=8)
    return finish(figure, found)
