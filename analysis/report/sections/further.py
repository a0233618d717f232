"""What a further study like this one could find."""

from __future__ import annotations

import math
from typing import cast

import pandas as pd
from matplotlib.figure import Figure

from analysis.report.figures.parts import caption_of
from analysis.report.figures.power import power_curve, power_curve_frame
from analysis.report.findings import Findings
from analysis.report.registry import Finding, Section
from analysis.statistics import effect_sizes
from analysis.statistics.pilot import Pilot
from formats.errors import N_
from formats.messages import LazyText


def _gap(found: Findings, known: Pilot) -> float:
    """The smallest gap of interest, or the one that such a study would find; NaN where the scale has none so large."""
    smallest = effect_sizes.gap_on_scale(found.ratings, known)
    return smallest if math.isnan(smallest) else found.ratings.gap or round(smallest, 2)


def _curve(found: Findings) -> pd.DataFrame:
    known = found.plannable
    gap = math.nan if isinstance(known, str) else _gap(found, known)
    if isinstance(known, str) or math.isnan(gap):
        return pd.DataFrame()
    frame = power_curve_frame(known.design, gap, {"study": known.variances})
    return frame[frame["gap"] <= max(gap, effect_sizes.span(found.ratings, found.primary))]


def _draw(found: Findings, frame: pd.DataFrame, lang: str) -> Figure:
    known = cast(Pilot, found.plannable)
    scenarios = {"study": known.variances}
    return power_curve(frame, known.design, _gap(found, known), scenarios, lang, is_simulated=found.is_simulated)


POWER_FIGURE = Finding[Findings](
    "power_figure",
    LazyText("Power curve"),
    caption_of(
        N_(
            "Power of a future study of this kind ({scale}), with the variances of this study. It does "
            "not affect the results above: power computed after a study is no evidence for or against them."
        )
    ),
    _curve,
    lambda found: [found.plannable if isinstance(found.plannable, str) else "beyond_scale"],
    draw=_draw,
    under_codes=True,
)

SECTION = Section("further", LazyText("Power of a future study"), [POWER_FIGURE], in_pdf=False)
