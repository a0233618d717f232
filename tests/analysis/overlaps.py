"""Whether words, panels and legend of a laid-out figure keep apart, by the renderer's own boxes."""

from __future__ import annotations

from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

Named = tuple[str, Bbox]


def lay_out(figure: Figure) -> Figure:
    """The figure after its layout was computed."""
    figure.draw_without_rendering()
    return figure


def clashes(figure: Figure) -> list[str]:
    """What overlaps, and what leaves the page; the watermark lies over everything and is passed over."""
    page = figure.bbox.padded(1)
    words = list(_words(figure))
    found = [f"{name!r} leaves the page" for name, box in words if not _within(box, page)]
    found += [f"{a[0]!r} over {b[0]!r}" for a, b in combinations(words, 2) if _meet(a[1], b[1])]
    blocks = [*_panels(figure), *_legends(figure)]
    return found + [f"{a[0]} over {b[0]}" for a, b in combinations(blocks, 2) if _meet(a[1], b[1])]


def _words(figure: Figure) -> list[Named]:
    texts = [text for axis in figure.axes for text in _of_axis(axis)]
    texts += [text for legend in figure.legends for text in legend.get_texts()]
    above: list[Text | None] = [getattr(figure, name) for name in ("_suptitle", "_supxlabel", "_supylabel")]
    texts += [text for text in above if text is not None]
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_visible() and text.get_text()]


def _of_axis(axis: Axes) -> list[Text]:
    low, high = sorted(axis.get_xlim())
    across = [tick.label1 for tick in axis.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    low, high = sorted(axis.get_ylim())
    up = [tick.label1 for tick in axis.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    up += [tick.label2 for tick in axis.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [*across, *up, axis.title, axis.xaxis.label, axis.yaxis.label]


def _panels(figure: Figure) -> list[Named]:
    boxes = [(f"panel {n}", axis.get_window_extent()) for n, axis in enumerate(figure.axes)]
    return [(name, box) for name, box in boxes if box.width and box.height]


def _legends(figure: Figure) -> list[Named]:
    return [("legend", legend.get_window_extent()) for legend in figure.legends]


def _within(box: Bbox, page: Bbox) -> bool:
    return bool(box.x0 >= page.x0 and box.y0 >= page.y0 and box.x1 <= page.x1 and box.y1 <= page.y1)


def _meet(one: Bbox, other: Bbox) -> bool:
    return bool(one.padded(-1).count_overlaps([other.padded(-1)]))
