"""How often each rating was given to each system, about the scale's middle."""

from __future__ import annotations

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.data.dataset import Scale
from analysis.data.ratings import Ratings
from analysis.report.figures.parts import (
    MAX_SHORT_NAME,
    finish,
    grid,
    in_order,
    is_narrow,
    legend,
    panels,
    scale_name,
    status_notes,
    system_name,
    title_panel,
)
from formats.messages import translate

COLUMNS = ("scale", "system", "rating", "n", "share")
#: Beyond so many steps a scale is drawn as continuous everywhere, and not here.
MAX_LEVELS = 11
PER_ROW = 3
#: Brown to purple: the two ends stay apart in every kind of colour blindness.
LOW_TO_HIGH = "PuOr"


def spread_frame(ratings: Ratings) -> pd.DataFrame:
    """How often each whole step of each scale was given to each system (COLUMNS); continuous scales are left out."""
    parts = []
    for scale in ratings.scales:
        levels, frame = _levels(ratings, scale), ratings.counted[ratings.counted["scale"] == scale.key]
        for system in in_order(ratings, frame["system"].unique()) if len(levels) else ():
            given = frame.loc[frame["system"] == system, "rating"]
            counts = [int((given == level).sum()) for level in levels]
            part = pd.DataFrame({"rating": levels, "n": counts, "share": np.array(counts) / len(given)})
            parts.append(part.assign(scale=scale.key, system=system)[list(COLUMNS)])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _levels(ratings: Ratings, scale: Scale) -> npt.NDArray[np.float64]:
    given = ratings.counted.loc[ratings.counted["scale"] == scale.key, "rating"]
    levels = np.arange(scale.minimum, scale.maximum + 1)
    return levels if 2 <= len(levels) <= MAX_LEVELS and given.isin(levels).all() else levels[:0]


def draw_distribution(ratings: Ratings, frame: pd.DataFrame, lang: str) -> Figure:
    """Draw `spread_frame`: a bar a system, ratings below the scale's middle to the left. Call inside `figure_style`."""
    scales = list(dict.fromkeys(frame["scale"]))
    systems = in_order(ratings, frame["system"].unique())
    figure, axes, n_columns = panels(
        len(scales), PER_ROW, 1.9, 0.7 + 0.19 * len(systems), least=0.7 + 0.13 * len(systems)
    )
    for place, (axis, scale) in enumerate(zip(axes, scales, strict=True)):
        _bars(axis, frame[frame["scale"] == scale], systems)
        title_panel(axis, scale_name(ratings, scale, lang, 30), n_columns)
        names = [system_name(ratings, system, lang, MAX_SHORT_NAME) for system in systems]
        axis.set_yticks(range(len(systems)), names if place % n_columns == 0 else [])
        axis.set_xlabel(translate(lang, "Share of ratings, %") if place >= len(scales) - n_columns else "")
    handles, labels = _steps(frame, lang)
    legend(figure, handles, labels)
    return finish(figure, ratings, status_notes(ratings, lang, scales))


def _bars(axis: Axes, rows: pd.DataFrame, systems: tuple[str, ...]) -> None:
    levels = sorted(rows["rating"].unique())
    shares = rows.pivot_table(index="system", columns="rating", values="share").reindex(systems).to_numpy(np.float64)
    middle = (len(levels) - 1) / 2
    weights = np.clip(middle + 0.5 - np.arange(len(levels)), 0, 1)  # half of a middle step lies to the left
    left = np.cumsum(np.column_stack([-(shares @ weights), shares[:, :-1]]), axis=1)
    for n, colour in enumerate(_colours(len(levels))):
        axis.barh(range(len(systems)), 100 * shares[:, n], left=100 * left[:, n], height=0.76, color=colour)
    axis.axvline(0, color="#333333", linewidth=0.6, zorder=3)
    axis.set_xlim(-104, 104)
    axis.set_ylim(len(systems) - 0.4, -0.6)
    ticks = [-100, 0, 100] if is_narrow() else [-100, -50, 0, 50, 100]
    axis.set_xticks(ticks, [str(abs(tick)) for tick in ticks])
    axis.tick_params(axis="y", length=0)
    grid(axis, "x")


def _colours(count: int) -> list[str]:
    # The palest middle is greyed, so that it is seen on white.
    chosen = [to_hex(matplotlib.colormaps[LOW_TO_HIGH](place)) for place in np.linspace(0.12, 0.88, count)]
    return ["#D9D9D9" if count % 2 and n == count // 2 else colour for n, colour in enumerate(chosen)]


def _steps(frame: pd.DataFrame, lang: str) -> tuple[list[Patch], list[str]]:
    """The ratings' colours; where scales differ in their steps, the two ends alone are named."""
    of_scale = [sorted(rows["rating"].unique()) for _, rows in frame.groupby("scale")]
    if all(levels == of_scale[0] for levels in of_scale):
        return [Patch(color=colour) for colour in _colours(len(of_scale[0]))], [f"{x:g}" for x in of_scale[0]]
    return [Patch(color=colour) for colour in _colours(5)[::4]], [
        translate(lang, "lowest rating"),
        translate(lang, "highest rating"),
    ]
