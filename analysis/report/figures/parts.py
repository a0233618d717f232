"""What several figures share: panels, legends, notes and words cut to the room there is."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from os.path import commonprefix
from typing import Any, Protocol

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report.findings import Findings, called
from analysis.report.style import (
    MAX_HEIGHT,
    REAL_MARKER,
    WIDTHS,
    Mark,
    point_marks,
    system_label,
    system_order,
    watermark,
)
from formats.messages import LazyText, in_language, translate

AXIS_WORDS = 0.4  # inches left of the first panel
NAMES = 1.1  # inches for names of systems left of the first panel
MIN_PANEL = 0.95  # inches wide
SMALL = 6.5
SMALLEST = 6.0  # points: what journals still take
MAX_NAME_LENGTH = 40  # in a legend
MAX_SHORT_NAME = 24  # beside an axis
WIDE_LETTERS = frozenset("MWmw@%")
CLOSING = frozenset("）”’》】、，。；：？！")  # begin no line
GRID = "#E6E6E6"
INK = "#333333"
FAINT = "#777777"


def caption_of(message: str) -> Callable[[Findings], Text]:
    """The caption of a figure, with the level of its intervals and the scale that it draws, if it is one."""
    return lambda found: LazyText(message, level=found.ratings.level, scale=called(found.ratings, found.primary))


class NoRoomError(Exception):
    """A figure would not be legible in the width of the page."""


def page_width() -> float:
    """The inches that a figure may be wide at most."""
    return float(matplotlib.rcParams["figure.figsize"][0])


def is_narrow() -> bool:
    """Whether figures are drawn for one column of a page."""
    return page_width() <= WIDTHS[1]


def fitted(width: float) -> float:
    """The width of a figure that has use for `width` inches: one column, or the whole page."""
    return WIDTHS[1] if width <= WIDTHS[1] else page_width()


def panels(
    count: int, per_row: int, width: float, height: float, *, beside: float = NAMES, least: float = 0.0
) -> tuple[Figure, list[Axes], int]:
    """A figure of `count` panels, each about `width` by `height` inches, and how many stand in a row.

    `beside`: inches left of the first panel. Raises NoRoomError where one column leaves panels less than `least` high.
    """
    if is_narrow():
        per_row = max(1, min(per_row, int((page_width() - beside) / MIN_PANEL)))
    n_rows = math.ceil(count / per_row)
    n_columns = math.ceil(count / n_rows)
    if is_narrow():
        height = min(height, (MAX_HEIGHT - 0.9) / n_rows)
        if height < least:
            raise NoRoomError
    size = (fitted(beside + 0.5 + width * n_columns), 0.9 + height * n_rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel().tolist()
    for axis in axes[count:]:
        axis.remove()
    return figure, axes[:count], n_columns


def title_panel(axis: Axes, name: str, n_columns: int, beside: float = NAMES) -> None:
    """Name a panel above it, in lines that are not wider than it."""
    axis.set_title("\n".join(wrap([name], (page_width() - beside) / n_columns, 8.5)), fontsize=8.5)


def grid(axis: Axes, along: str = "y") -> None:
    axis.grid(axis="x" if along == "x" else "y", color=GRID, linewidth=0.5)
    axis.set_axisbelow(True)


def short(name: str, longest: int) -> str:
    """A name cut where it has more than `longest` signs; a Chinese one takes the room of one and a half."""
    ends = list(accumulate(1.5 if ord(sign) > 0x2E7F else 1.0 for sign in name))
    if not ends or ends[-1] <= longest:
        return name
    return name[: sum(end <= longest - 1 for end in ends)] + "…"


def codes(names: Sequence[str], longest: int) -> list[str]:
    """Names of experts beside an axis: without what all begin with, where they are long."""
    begin = commonprefix(list(names)) if any(len(name) > longest for name in names) and len(names) > 1 else ""
    return [short(name[len(begin) :] or name, longest) for name in names]


def wrap(texts: Sequence[str], width: float, size: float = SMALL) -> list[str]:
    """Lines about `width` inches wide in print of `size` points."""
    lines: list[str] = []
    for text in texts:
        cut = textwrap.wrap(text, max(6, int(width * len(text) / inches(text, size))))
        for upper, lower in pairwise(range(len(cut))):
            held = _held(cut[upper], cut[lower], text)
            kept = len(cut[upper]) - held
            cut[upper], cut[lower] = cut[upper][:kept].rstrip(), cut[upper][kept:] + cut[lower]
        lines += cut
    return lines


def _held(upper: str, lower: str, text: str) -> int:
    """How many signs of a line belong to the next one of a text, which is cut in a number or before a bracket's end."""
    if upper + lower not in text:  # cut at a space
        return 0
    held = 0
    if lower[0] in CLOSING:
        held = 1 + len(upper) - len(upper.rstrip("".join(CLOSING)))
    elif lower[0].isdigit():
        held = len(upper) - len(upper.rstrip("0123456789"))
    return held if held < len(upper) else 0


def inches(text: str, size: float) -> float:
    """About how wide a text is in print of `size` points."""
    return sum(map(_room, text)) * size / 72


def leading(text: str) -> float:
    """The distance of lines: Chinese fills the height of its line, where Latin letters leave some free."""
    return 1.6 if any(ord(sign) > 0x2E7F for sign in text) else 1.2


def _room(sign: str) -> float:
    """About how wide a sign is, as a share of the font's size."""
    if ord(sign) > 0x2E7F or sign in WIDE_LETTERS:  # Chinese, and what is as wide
        return 1.0
    return 0.7 if sign.isupper() else 0.56


def scale_name(ratings: Ratings, key: str, lang: str, longest: int = MAX_NAME_LENGTH) -> str:
    """What a scale is called, with the sign of one that stands outside a plan that has others."""
    label = next((in_language(scale.label, lang) for scale in ratings.scales if scale.key == key), "") or key
    mixed = 0 < len(ratings.exploratory_scales) < len(ratings.scales)
    return short(label, longest) + ("†" if mixed and key in ratings.exploratory_scales else "")


def system_name(ratings: Ratings, system: str, lang: str, longest: int = MAX_NAME_LENGTH) -> str:
    """What a system is called in a figure; a letter while the seal is closed."""
    name = short(system_label(system, lang, ratings.system_labels), longest)
    name = f" {name}" if name.startswith("_") else name  # a legend passes over names that begin so
    return translate(lang, "System {name}", name=name) if ratings.is_sealed else name


def in_order(ratings: Ratings, systems: Iterable[str]) -> tuple[str, ...]:
    """Systems as every figure has them: the real music first, anchors last."""
    return system_order(systems, ratings.real_system, ratings.anchors)


def marks_of(ratings: Ratings) -> dict[str, Mark]:
    """How each system is drawn in every figure."""
    return point_marks(in_order(ratings, ratings.systems), ratings.real_system)


def status_notes(ratings: Ratings, lang: str, scales: Sequence[str]) -> list[str]:
    """Which of the scales drawn stand outside the frozen plan."""
    outside = [scale for scale in scales if scale in ratings.exploratory_scales]
    if not outside:
        return []
    if len(ratings.exploratory_scales) < len(ratings.scales):
        return [translate(lang, "† exploratory: not in the frozen analysis plan")]
    return [translate(lang, "Exploratory: no analysis plan was frozen before data collection")]


class Marked(Protocol):
    """What says whether a program made it."""

    @property
    def is_simulated(self) -> bool: ...


def finish(figure: Figure, data: Marked, notes: Sequence[str] = ()) -> Figure:
    """The notes above the panels, and the mark of simulated answers."""
    if notes:
        text = "\n".join(wrap(notes, figure.get_size_inches()[0] - 0.2))
        look = {"fontsize": SMALL, "color": "#555555", "linespacing": leading(text)}
        figure.suptitle(text, x=0.01, ha="left", va="top", **look)
    if data.is_simulated:
        watermark(figure)
    return figure


def thin(mark: Mark, size: float) -> dict[str, Any]:
    """How a mark of `size` points is drawn: the cross of real music is all line, so it is larger and thinner."""
    if mark.marker == REAL_MARKER:
        return {"marker": mark.marker, "color": mark.colour, "markersize": 1.35 * size, "markeredgewidth": 0.9}
    return {"marker": mark.marker, "color": mark.colour, "markersize": size}


def dots(marks: dict[str, Mark], ratings: Ratings, lang: str) -> tuple[list[Any], list[str]]:
    """Handles and labels of a legend of systems as bare marks."""
    handles = [Line2D([], [], linestyle="none", **thin(mark, 4.6)) for mark in marks.values()]
    return handles, [system_name(ratings, system, lang) for system in marks]


def legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str], title: str | None = None) -> None:
    """A legend below the panels, in as many columns as the page is wide; its title names an axis of all panels."""
    if title:
        title = "\n".join(wrap([title], figure.get_size_inches()[0] - 0.2, 8))
    for columns in range(len(labels), 0, -1):
        placed = _placed(figure, handles, labels, columns, title)
        if columns == 1 or placed.get_window_extent().width <= figure.bbox.width * 0.96:
            return
        placed.remove()


def _placed(figure: Figure, handles: Sequence[Any], labels: Sequence[str], columns: int, title: str | None) -> Legend:
    style: dict[str, Any] = {"frameon": False, "fontsize": 7.5, "columnspacing": 1.4, "title_fontsize": 8}
    return figure.legend(handles, labels, loc="outside lower center", ncols=columns, title=title, **style)
