"""How far experts went, and how they listened: replays, time, headphone check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.data.dataset import Text as Words
from analysis.report.figures.parts import FAINT, INK, SMALL, Marked, finish, fitted, grid, is_narrow, page_width, wrap
from analysis.statistics.listening import HEADPHONES
from formats.messages import LazyText, translate

STAGES: Mapping[str, Words] = {
    "invited": LazyText("invited"),
    "not_begun": LazyText("no answer given"),
    "withdrawn": LazyText("withdrew their answers"),
    "begun": LazyText("began"),
    "dropped_out": LazyText("did not submit"),
    "failed_checks": LazyText("excluded by attention checks"),
    "excluded": LazyText("excluded by post-screening"),
    "analysed": LazyText("analysed"),
}
#: Down the middle of the diagram, and what leaves beside each step.
DOWN = ("invited", "begun", "analysed")
ASIDE = {"invited": ("not_begun", "withdrawn"), "begun": ("dropped_out", "failed_checks", "excluded")}
BOX = {"boxstyle": "square,pad=0.5", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8}
HEADPHONE_WORDS: Mapping[str, Words] = {
    "passed": LazyText("passed"),
    "failed": LazyText("not passed"),
    "skipped": LazyText("skipped"),
    "not_reached": LazyText("not reached"),
}


def draw_flow(data: Marked, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw how many experts reached each stage (columns stage, n). Call inside `figure_style`."""
    counts = dict(zip(frame["stage"], frame["n"], strict=True))
    figure = Figure(figsize=(fitted(0), 2.4), layout="constrained")
    axis = figure.subplots()
    axis.set_axis_off()
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    heights = np.linspace(0.88, 0.12, len(DOWN))
    down = [_box(axis, (0.25, y), _counted((n,), counts, lang)) for n, y in zip(DOWN, heights, strict=True)]
    for upper, lower in pairwise(down):
        _arrow(axis, upper, lower)
    for stage, middle in zip(DOWN, (heights[:-1] + heights[1:]) / 2, strict=False):
        if leaving := [aside for aside in ASIDE[stage] if aside in counts]:
            _arrow(axis, (0.25, middle), _box(axis, (0.72, middle), _counted(leaving, counts, lang)))
    return finish(figure, data)


def _counted(stages: Sequence[str], counts: Mapping[str, int], lang: str) -> str:
    return "\n".join(f"{STAGES[stage][lang]}: {counts[stage]}" for stage in stages)


def _box(axis: Axes, at: tuple[float, float], text: str) -> Text:
    return axis.text(*at, text, ha="center", va="center", fontsize=8, bbox=BOX, linespacing=1.5)


def _arrow(axis: Axes, start: Text | tuple[float, float], end: Text) -> None:
    """An arrow from a point or the edge of a box to the edge of a box, which are drawn before it."""
    edges: dict[str, Any] = {"patchB": end.get_bbox_patch(), "shrinkA": 0, "shrinkB": 0}
    if isinstance(start, Text):
        edges["patchA"] = start.get_bbox_patch()
        start = start.get_position()
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8}
    axis.annotate("", end.get_position(), start, arrowprops={**look, **edges})


def draw_listening(data: Marked, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw `listening.curves`: plays, time by trial and the headphone check. Call inside `figure_style`."""
    drawn = {"plays": _plays, "clip_plays": _clip_plays, "time": _time, "headphones": _headphones}
    panels = [name for name in drawn if (frame["panel"] == name).any()]
    rows = len(panels) if is_narrow() else 1
    size = (page_width() if len(panels) > 1 else fitted(0), (1.7 if rows > 1 else 2.1) * rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, len(panels) // rows, squeeze=False).ravel().tolist()
    for axis, name in zip(axes, panels, strict=True):
        drawn[name](axis, frame[frame["panel"] == name], lang)
        grid(axis)
    return finish(figure, data)


def _plays(axis: Axes, rows: pd.DataFrame, lang: str) -> None:
    _bars(axis, rows)
    axis.set_xlabel(translate(lang, "Plays of a clip before the first answer"))
    axis.set_ylabel(translate(lang, "Trials, %"))


def _clip_plays(axis: Axes, rows: pd.DataFrame, lang: str) -> None:
    """Of trials of several clips, in which each clip counts."""
    _bars(axis, rows)
    axis.set_xlabel(translate(lang, "Plays of a clip in its trial"))
    axis.set_ylabel(translate(lang, "Clips of trials, %"))


def _bars(axis: Axes, rows: pd.DataFrame) -> None:
    axis.bar(rows["x"].astype(str), 100 * rows["share"], color=FAINT, width=0.7)
    axis.set_xlim(-0.7, max(len(rows), 3) - 0.3)


def _time(axis: Axes, rows: pd.DataFrame, lang: str) -> None:
    trials = rows["x"].astype(float)
    axis.fill_between(trials, rows["q1"], rows["q3"], color=INK, alpha=0.18, linewidth=0)
    axis.plot(trials, rows["median"], color=INK, linewidth=1.1)
    axis.set_ylim(bottom=0)
    axis.locator_params(axis="x", integer=True)
    axis.set_xlabel(translate(lang, "Trial"))
    axis.set_ylabel("\n".join(wrap([translate(lang, "Time to last answer, s")], 1.7, 8)))


def _headphones(axis: Axes, rows: pd.DataFrame, lang: str) -> None:
    counts = rows.set_index("x")["n"]
    shown = [name for name in HEADPHONES if counts.get(name, 0)]
    names = ["\n".join(wrap([HEADPHONE_WORDS[name][lang]], 0.4)) for name in shown]
    axis.bar(names, [counts[name] for name in shown], color=FAINT, width=0.6)
    axis.tick_params(axis="x", labelsize=SMALL)
    axis.set_xlabel(translate(lang, "Headphone check"))
    axis.set_ylabel(translate(lang, "Experts"))
    axis.locator_params(axis="y", integer=True)
