"""How far experts went, and how they listened: replays, time, headphone check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report.figures.parts import FAINT, INK, MAX_WIDTH, finish, grid, wrap
from analysis.statistics.listening import HEADPHONES
from formats.messages import LazyText, translate

STAGES: Mapping[str, Text] = {
    "invited": LazyText("invited"),
    "not_begun": LazyText("no rating given"),
    "withdrawn": LazyText("withdrew their ratings"),
    "begun": LazyText("began"),
    "dropped_out": LazyText("did not submit"),
    "excluded": LazyText("excluded by post-screening"),
    "analysed": LazyText("analysed"),
}
#: Down the middle of the diagram, and what leaves beside each step.
DOWN = ("invited", "begun", "analysed")
ASIDE = {"invited": ("not_begun", "withdrawn"), "begun": ("dropped_out", "excluded")}
BOX = {"boxstyle": "square,pad=0.5", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8}
HEADPHONE_WORDS: Mapping[str, Text] = {
    "passed": LazyText("passed"),
    "failed": LazyText("not passed"),
    "skipped": LazyText("skipped"),
    "not_reached": LazyText("not reached"),
}


def draw_flow(ratings: Ratings, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw how many experts reached each stage (columns stage, n). Call inside `figure_style`."""
    counts = dict(zip(frame["stage"], frame["n"], strict=True))
    figure = Figure(figsize=(MAX_WIDTH / 2 + 1, 2.4), layout="constrained")
    axis = figure.subplots()
    axis.set_axis_off()
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    heights = np.linspace(0.88, 0.12, len(DOWN))
    for n, (stage, y) in enumerate(zip(DOWN, heights, strict=True)):
        _box(axis, (0.25, y), _counted((stage,), counts, lang))
        leaving = [aside for aside in ASIDE.get(stage, ()) if aside in counts]
        if n + 1 < len(DOWN):
            _arrow(axis, (0.25, y - 0.1), (0.25, heights[n + 1] + 0.1))
        if leaving:
            middle = (y + heights[n + 1]) / 2
            _arrow(axis, (0.25, middle), (0.5, middle))
            _box(axis, (0.72, middle), _counted(leaving, counts, lang))
    return finish(figure, ratings, [])


def _counted(stages: Sequence[str], counts: Mapping[str, int], lang: str) -> str:
    return "\n".join(f"{STAGES[stage][lang]}: {counts[stage]}" for stage in stages)


def _box(axis: Axes, at: tuple[float, float], text: str) -> None:
    axis.text(*at, text, ha="center", va="center", fontsize=8, bbox=BOX, linespacing=1.5)


def _arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axis.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.8})


def draw_listening(ratings: Ratings, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw `listening.curves`: plays, time by trial and the headphone check. Call inside `figure_style`."""
    drawn = {"plays": _plays, "time": _time, "headphones": _headphones}
    panels = [name for name in drawn if (frame["panel"] == name).any()]
    figure = Figure(figsize=(MAX_WIDTH if len(panels) > 1 else MAX_WIDTH / 2, 2.1), layout="constrained")
    for axis, name in zip(figure.subplots(1, len(panels), squeeze=False).ravel().tolist(), panels, strict=True):
        drawn[name](axis, frame[frame["panel"] == name], lang)
        grid(axis)
    return finish(figure, ratings, [])


def _plays(axis: Axes, rows: pd.DataFrame, lang: str) -> None:
    axis.bar(rows["x"].astype(str), 100 * rows["share"], color=FAINT, width=0.7)
    axis.set_xlim(-0.7, max(len(rows), 3) - 0.3)
    axis.set_xlabel(translate(lang, "Plays of a clip before its first rating"))
    axis.set_ylabel(translate(lang, "Trials, %"))


def _time(axis: Axes, rows: pd.DataFrame, lang: str) -> None:
    trials = rows["x"].astype(float)
    axis.fill_between(trials, rows["q1"], rows["q3"], color=INK, alpha=0.18, linewidth=0)
    axis.plot(trials, rows["median"], color=INK, linewidth=1.1)
    axis.set_ylim(bottom=0)
    axis.set_xlabel(translate(lang, "Trial"))
    axis.set_ylabel("\n".join(wrap([translate(lang, "Time to the last rating, s")], 1.7, 8)))


def _headphones(axis: Axes, rows: pd.DataFrame, lang: str) -> None:
    counts = rows.set_index("x")["n"]
    shown = [name for name in HEADPHONES if counts.get(name, 0)]
    axis.bar([HEADPHONE_WORDS[name][lang] for name in shown], [counts[name] for name in shown], color=FAINT, width=0.6)
    axis.set_xlabel(translate(lang, "Headphone check"))
    axis.set_ylabel(translate(lang, "Experts"))
    axis.locator_params(axis="y", integer=True)
