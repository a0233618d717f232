"""The figures of choices: how well systems are judged, and what was answered. Call inside `figure_style`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.report.choices.findings import ChoiceFindings
from analysis.report.figures.parts import INK, MAX_SHORT_NAME, SMALL, finish, grid, is_narrow, panels, short
from analysis.report.style import point_marks
from formats.messages import translator

PER_ROW = 2
BAND = "#E9E4DA"
#: Of answers, dark to light, so that they stay apart in grey print.
SHADES = ("#2B6CB2", "#E2A458", "#7A9E7E", "#B8B8B8", "#8C5B8A")
#: A share smaller than this has no room for its number.
MIN_WRITTEN = 0.08
#: Where a system without a finite d' is drawn, as a share of the axis, and by which arrow.
BEYOND = {"all_right": (0.94, ">"), "all_wrong": (-0.94, "<")}


def _per_row() -> int:
    return 1 if is_narrow() else PER_ROW


def label_rows(axis: Axes, names: list[str]) -> None:
    """Name the rows of a panel from the top."""
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.set_yticks(range(len(names)), names)
    axis.tick_params(axis="y", length=0)
    axis.tick_params(axis="x", labelsize=SMALL)


def name_panel(axis: Axes, found: ChoiceFindings, question: str, lang: str) -> None:
    """Name a panel after its question, where there are several."""
    if len(found.data.questions) > 1:
        axis.set_title(short(found.question(question)[lang], 30), fontsize=8.5)


def sensitivity(found: ChoiceFindings, frame: pd.DataFrame, lang: str) -> Figure:
    """d' of each system with its interval, one panel a question; the band is what counts as chance."""
    _ = translator(lang)
    questions = list(dict.fromkeys(frame["question"]))
    most = max(len(frame[frame["question"] == question]) for question in questions)
    figure, axes, _columns = panels(len(questions), _per_row(), 3.2, 0.55 + 0.3 * most)
    reach = max(1.0, float(np.nanmax(frame[["d_prime", "ci_low", "ci_high"]].abs().to_numpy())) * 1.1)
    for axis, question in zip(axes, questions, strict=True):
        here = frame[frame["question"] == question]
        systems = list(here["system"])
        marks = point_marks(systems, found.data.real_system)
        axis.axvspan(-found.margin(question), found.margin(question), color=BAND, zorder=0)
        axis.axvline(0, color=INK, linewidth=0.7, zorder=1)
        for level, row in enumerate(here.to_dict("records")):
            mark, known = marks[row["system"]], not pd.isna(row["ci_low"])
            if known:
                axis.hlines(level, row["ci_low"], row["ci_high"], color=mark.colour, linewidth=1.3, zorder=3)
            face = mark.colour if known else "white"
            at, shape = BEYOND[row["why"]] if row["why"] else (row["d_prime"] / reach, mark.marker)
            axis.plot(at * reach, level, shape, markersize=5, color=mark.colour, markerfacecolor=face, zorder=4)
        axis.set_xlim(-reach, reach)
        label_rows(axis, [short(found.system(system)[lang], MAX_SHORT_NAME) for system in systems])
        grid(axis, "x")
        name_panel(axis, found, question, lang)
    figure.supxlabel(_("d' (0: experts cannot tell)"), fontsize=8)
    return finish(figure, found)


def shares(found: ChoiceFindings, frame: pd.DataFrame, lang: str) -> Figure:
    """What was answered to the clips of each system, one panel a question."""
    _ = translator(lang)
    questions = list(dict.fromkeys(frame["question"]))
    figure, axes, _columns = panels(len(questions), _per_row(), 3.6, 0.9 + 0.34 * len(found.order))
    for axis, question in zip(axes, questions, strict=True):
        here = frame[frame["question"] == question]
        table = here.pivot(index="system", columns="choice", values="share")
        systems = [system for system in found.order if system in table.index]
        left = np.zeros(len(systems))
        for place, answer in enumerate(found.data.answers(question)):
            share = table.loc[systems, answer].to_numpy(dtype=float)
            name, shade = short(found.answer(question, answer)[lang], 26), SHADES[place % len(SHADES)]
            axis.barh(range(len(systems)), share, left=left, height=0.62, color=shade, label=name)
            for level, (start, size) in enumerate(zip(left, share, strict=True)):
                if size >= MIN_WRITTEN:
                    ink = "white" if place == 0 else INK
                    text = axis.text(start + size / 2, level, f"{100 * size:.0f}%", ha="center", va="center")
                    text.set(fontsize=SMALL, color=ink)
            left += share
        axis.set_xlim(0, 1)
        axis.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
        label_rows(axis, [short(found.system(system)[lang], MAX_SHORT_NAME) for system in systems])
        axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=SMALL)
        if len(found.data.questions) > 1:
            axis.set_title(short(found.question(question)[lang], 30), fontsize=8.5, pad=24)
    figure.supxlabel(_("Share of answers"), fontsize=8)
    return finish(figure, found)
