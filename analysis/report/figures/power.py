"""The power curve of a planned study, and the numbers behind it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.report import style, tables
from analysis.report.figures.parts import INK, is_narrow, legend, page_width, wrap
from analysis.statistics import power
from analysis.statistics.information import Variances
from analysis.statistics.power import GOAL, Design
from formats.errors import InputError
from formats.messages import LazyText, translate, translator

CLIPS = (2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 65, 80, 100)
TICKS = (2, 5, 10, 20, 50, 100, 200, 500, 1000)
GAPS = 41
#: Systems have the colours; scenarios differ by their lines.
LINES: Mapping[str, Literal["-", "--", ":"]] = {"low": ":", "middle": "-", "high": "--", "pilot": "-", "study": "-"}
SCENARIOS = {
    "low": LazyText("low variability"),
    "middle": LazyText("medium variability"),
    "high": LazyText("high variability"),
    "pilot": LazyText("as in the pilot"),
    "study": LazyText("variability as in this study"),
}
COLUMNS = ("panel", "scenario", "clips", "gap", "power", "half_width", "df")


def power_curve_frame(design: Design, gap: float, scenarios: Mapping[str, Variances]) -> pd.DataFrame:
    """Power by clips a system for the gap (panel "clips") and by gap for the design (panel "gap")."""
    furthest = 1.5 * max(gap, *(power.smallest_gap(design, variances) for variances in scenarios.values()))
    clips = sorted({*CLIPS, design.clips})
    rows = []
    for name, variances in scenarios.items():
        for n in clips:
            rows.append(_row("clips", name, power.with_clips(design, n), gap, variances))
        rows += [_row("gap", name, design, x, variances) for x in np.linspace(0, furthest, GAPS)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(panel: str, name: str, design: Design, gap: float, variances: Variances) -> tuple[object, ...]:
    precise = power.half_width(design, variances), power.degrees_of_freedom(design, variances)
    return (panel, name, design.clips, gap, power.power(design, variances, gap), *precise)


def power_curve(
    frame: pd.DataFrame,
    design: Design,
    gap: float,
    scenarios: Mapping[str, Variances],
    lang: str,
    *,
    is_simulated: bool = False,
) -> Figure:
    """Draw `power_curve_frame`; dots mark the planned study. Call inside `figure_style`."""
    _ = translator(lang)
    n_rows = 2 if is_narrow() else 1
    figure = Figure(figsize=(page_width(), 0.4 + 2.8 * n_rows), layout="constrained")
    left, right = figure.subplots(n_rows, 2 // n_rows, sharey=True).ravel()
    for axis, panel, x, place in ((left, "clips", "clips", float(design.clips)), (right, "gap", "gap", gap)):
        part = frame[frame["panel"] == panel]
        for name, rows in part.groupby("scenario", sort=False):
            axis.plot(rows[x], rows["power"], LINES[str(name)], color=INK, linewidth=1.3)
        dots = [power.power(design, variances, gap) for variances in scenarios.values()]
        axis.plot([place] * len(dots), dots, "o", color=INK, markersize=4.2, markerfacecolor="white", zorder=4)
        _frame(axis)
    left.set_xscale("log")
    left.xaxis.set_major_locator(FixedLocator(list(TICKS)))
    left.xaxis.set_minor_locator(NullLocator())
    left.set_xticklabels([str(n) for n in TICKS])
    values = {"gap": gap, "heard": design.heard, "n": design.experts}
    title = _("Difference {gap:g}; {n} experts, each hears at most {heard}", **values)
    left.set_title("\n".join(wrap([title], 2.9, 8.5)), fontsize=8.5)
    left.set_xlabel(_("Clips per system"))
    left.set_ylabel(_("Power"))
    if is_narrow():
        right.set_ylabel(_("Power"))
    right.set_xlim(left=0)
    right.set_title(_("{n} experts, {clips} clips per system", n=design.experts, clips=design.clips), fontsize=8.5)
    right.set_xlabel(_("True difference, rating points"))
    _legend(figure, list(scenarios), lang)
    if is_simulated:
        style.watermark(figure)
    return figure


def _frame(axis: Axes) -> None:
    axis.axhline(GOAL, color="#999999", linewidth=0.8, linestyle=(0, (1, 3)), zorder=1)
    axis.set_ylim(0, 1.02)
    axis.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axis.grid(axis="y", color="#E6E6E6", linewidth=0.5)
    axis.set_axisbelow(True)


def _legend(figure: Figure, names: Sequence[str], lang: str) -> None:
    handles = [Line2D([], [], color=INK, linestyle=LINES[name], linewidth=1.3) for name in names]
    handles.append(Line2D([], [], color=INK, marker="o", markersize=4.2, markerfacecolor="white", linestyle="none"))
    labels = [
        *(SCENARIOS[name][lang] for name in names),
        translate(lang, "a study of this size") if "study" in names else translate(lang, "planned study"),
    ]
    legend(figure, handles, labels)


def save_power_curve(
    folder: Path, design: Design, gap: float, scenarios: Mapping[str, Variances], *, is_simulated: bool = False
) -> list[Path]:
    """power.LANG.svg, .pdf and .png in each language that has a font, and power.csv; the same numbers, the same bytes.

    Made beside the folder's files and then moved over them. Raises InputError where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".power.") as new:
            made = _save(Path(new), design, gap, scenarios, is_simulated=is_simulated)
            for path in made:
                os.replace(path, folder / path.name)
    except OSError as error:
        raise InputError(
            "%(folder)s cannot be written: %(strerror)s.", folder=folder, strerror=error.strerror
        ) from error
    return [folder / path.name for path in made]


def _save(
    folder: Path, design: Design, gap: float, scenarios: Mapping[str, Variances], *, is_simulated: bool
) -> list[Path]:
    frame = power_curve_frame(design, gap, scenarios)
    written = [folder / "power.csv"]
    written[0].write_text(tables.csv_text(frame, is_simulated=is_simulated), encoding="utf-8", newline="\n")
    subject = f"{design}; gap {gap:g}; scenarios {', '.join(scenarios)}"
    for lang in style.drawn_languages():
        with style.figure_style(lang):
            figure = power_curve(frame, design, gap, scenarios, lang, is_simulated=is_simulated)
            written += style.save(figure, folder, f"power.{lang}", subject)
    return written
