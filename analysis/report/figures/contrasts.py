"""The differences between systems with simultaneous intervals, against zero and the smallest gap of interest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.data.ratings import Ratings
from analysis.report.figures.parts import (
    INK,
    MAX_SHORT_NAME,
    SMALL,
    SMALLEST,
    finish,
    grid,
    inches,
    is_narrow,
    legend,
    marks_of,
    panels,
    scale_name,
    status_notes,
    system_name,
    title_panel,
)
from analysis.report.findings import Findings, sensitivity_pairs
from analysis.report.reasons import MAX_PAIRS
from analysis.report.style import MAX_HEIGHT, REAL_BAND, Mark
from analysis.statistics.mixed_model.model import PLANNED
from formats.messages import translate, translator

ENDS = ["ci_low_simultaneous", "ci_high_simultaneous"]
COLUMNS = ("scale", "system_a", "system_b", "difference", *ENDS, "p_simultaneous", "family", "holds")
PER_ROW = 5
#: Inches for names of differences on one line in one column, and how many there may be on two lines.
MAX_BESIDE, MAX_TALL = 1.4, 12


def contrasts_frame(ratings: Ratings, found: Findings) -> pd.DataFrame:
    """The differences drawn (COLUMNS): the planned ones, else those from real music, else all pairs; none of too many.

    Only differences that could be tested. `holds`: p_simultaneous is below alpha, so that the interval excludes zero.
    """
    parts = []
    for scale, fit in found.fits.items():
        pairs = sensitivity_pairs(ratings, fit)
        keys = list(zip(fit.contrasts["system_a"], fit.contrasts["system_b"], strict=True))
        rows = fit.contrasts[np.array([key in pairs for key in keys], dtype=bool)]
        rows = rows[rows["p"].notna()]
        if 0 < len(rows) <= MAX_PAIRS:
            rows = rows.assign(scale=scale, holds=rows["p_simultaneous"] < ratings.alpha)
            parts.append(_real_last(rows, ratings.real_system))
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    frame = pd.concat(parts, ignore_index=True)
    is_chosen = (frame["family"] == PLANNED) | (frame["system_b"] == ratings.real_system)
    return frame if is_chosen.any() else _largest_first(frame, found.primary)


def _largest_first(frame: pd.DataFrame, primary: str) -> pd.DataFrame:
    """All pairs as the better system on the primary scale less the worse one, the largest difference first."""
    keys = pd.MultiIndex.from_frame(frame[["system_a", "system_b"]])
    on_primary = frame["scale"] == primary
    sizes = pd.Series(frame.loc[on_primary, "difference"].to_numpy(), index=keys[on_primary]).reindex(keys).to_numpy()
    turned = _turned(frame, pd.Series(sizes < 0, index=frame.index))
    order = frame.assign(first=~on_primary, size=-np.abs(sizes)).sort_values(["first", "size"], kind="stable").index
    return turned.loc[order].reset_index(drop=True)


def _real_last(rows: pd.DataFrame, real: str | None) -> pd.DataFrame:
    """Every difference from real music as system less real music, unless a plan has it the other way."""
    turned = (rows["system_a"] == real) & (rows["family"] != "planned")
    return _turned(rows, turned)[list(COLUMNS)]


def _turned(rows: pd.DataFrame, turned: pd.Series[bool]) -> pd.DataFrame:
    """Some differences the other way round."""
    kept = rows.copy()
    kept.loc[turned, ["system_a", "system_b"]] = rows.loc[turned, ["system_b", "system_a"]].to_numpy()
    kept.loc[turned, ["difference"]] = -rows.loc[turned, ["difference"]]
    kept.loc[turned, ENDS] = -rows.loc[turned, ENDS[::-1]].to_numpy()
    return kept


def draw_differences(ratings: Ratings, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw `contrasts_frame`; the interval of a filled mark excludes zero. Call inside `figure_style`."""
    scales = list(dict.fromkeys(frame["scale"]))
    pairs = list(dict.fromkeys(zip(frame["system_a"], frame["system_b"], strict=True)))
    size = SMALL if len(pairs) <= 30 else SMALLEST
    names = pair_names(ratings, pairs, lang)
    beside = 0.2 + max(inches(line, size) for name in names for line in name.splitlines())
    room = (MAX_HEIGHT - 1.2) / -(-len(scales) // PER_ROW) - 0.6
    height, least = 0.6 + min(0.22 * len(pairs), room), 0.6 + 1.25 * size / 72 * len("\n".join(names).splitlines())
    height = max(height, least)
    figure, axes, n_columns = panels(len(scales), PER_ROW, 1.5, height, beside=beside, least=least)
    marks = marks_of(ratings)
    reaches = _reaches(ratings, frame)
    for place, (axis, scale) in enumerate(zip(axes, scales, strict=True)):
        draw_forest(axis, frame[frame["scale"] == scale], pairs, marks, ratings)
        axis.set_xlim(-reaches[scale], reaches[scale])
        axis.locator_params(axis="x", nbins=3, symmetric=True)
        title_panel(axis, scale_name(ratings, scale, lang, 18), n_columns, beside)
        axis.set_yticks(range(len(pairs)), names if place % n_columns == 0 else [], fontsize=size)
    legend(
        figure,
        *difference_handles(ratings, lang),
        title=translate(lang, "Difference in rating points, with simultaneous {level}% CI", level=ratings.level),
    )
    return finish(figure, ratings, status_notes(ratings, lang, scales))


def pair_names(ratings: Ratings, pairs: Sequence[tuple[str, str]], lang: str) -> list[str]:
    """Names of differences beside an axis; in one column on two lines where they are long and few."""
    names = [[system_name(ratings, system, lang, MAX_SHORT_NAME) for system in pair] for pair in pairs]
    is_long = max((inches(" − ".join(pair), SMALL) for pair in names), default=0) > MAX_BESIDE
    minus = " −\n" if is_narrow() and is_long and len(pairs) <= MAX_TALL else " − "
    return [minus.join(pair) for pair in names]


def _reaches(ratings: Ratings, frame: pd.DataFrame) -> dict[str, float]:
    """How far each scale's axis goes either way: equally far for all, unless one scale is over twice as wide as
    another."""
    furthest = frame[ENDS].abs().max(axis=1).groupby(frame["scale"]).max()
    reaches = {str(scale): 1.08 * max(reach, ratings.gap or 0.1) for scale, reach in furthest.items()}
    widths = [scale.maximum - scale.minimum for scale in ratings.scales if scale.key in reaches]
    alike = max(widths) <= 2 * min(widths)
    return dict.fromkeys(reaches, max(reaches.values())) if alike else reaches


def draw_forest(
    axis: Axes,
    rows: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    marks: dict[str, Mark],
    ratings: Ratings,
    ends: Sequence[str] = ENDS,
) -> None:
    """The differences of `pairs`, one below the other, against zero and the smallest gap; filled where it holds."""
    if ratings.gap:
        axis.axvspan(-ratings.gap, ratings.gap, color=REAL_BAND, alpha=0.35, linewidth=0, zorder=0)
    axis.axvline(0, color=INK, linewidth=0.7, zorder=1)
    for row in rows.to_dict("records"):
        place = pairs.index((row["system_a"], row["system_b"]))
        mark = marks[row["system_b"] if row["system_a"] == ratings.real_system else row["system_a"]]
        axis.hlines(place, row[ends[0]], row[ends[1]], color=mark.colour, linewidth=1.3, zorder=3)
        face = mark.colour if row["holds"] else "white"
        axis.plot(
            row["difference"], place, mark.marker, markersize=4.4, color=mark.colour, markerfacecolor=face, zorder=4
        )
    axis.set_ylim(len(pairs) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.tick_params(axis="x", labelsize=SMALL)
    grid(axis, "x")


def difference_handles(ratings: Ratings, lang: str) -> tuple[list[Line2D | Patch], list[str]]:
    """Handles and labels of a legend of differences."""
    _ = translator(lang)
    style = {"marker": "o", "markersize": 4.4, "color": INK, "linewidth": 1.3}
    handles: list[Line2D | Patch] = [Line2D([], [], **style), Line2D([], [], **style, markerfacecolor="white")]  # type: ignore[arg-type]
    labels = [_("significant (adjusted p < α)"), _("not significant")]
    if ratings.gap:
        handles.append(Patch(color=REAL_BAND, alpha=0.35, linewidth=0))
        labels.append(_("smaller than the SESOI, {gap:g}", gap=ratings.gap))
    return handles, labels
