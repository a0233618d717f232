"""What Matplotlib computes several times with the same result while it draws a figure, computed once.

To place ticks, titles and labels, it lays out each text of a figure about five times for each file that it saves, and
finds the ticks of each axis four times. Both take a third of the time of all figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from matplotlib.axis import Axis
from matplotlib.text import Text

Made = dict[Any, Any]


@contextmanager
def laid_out_once() -> Iterator[None]:
    """Keep the layouts of texts for each renderer inside this context, whose settings must not change."""
    kept: WeakKeyDictionary[Any, Made] = WeakKeyDictionary()

    def once(lay_out: Callable[[Text, Any], Any], text: Text, renderer: Any) -> Any:
        if text.get_wrap():
            return lay_out(text, renderer)
        layouts = kept.setdefault(renderer, {})
        key = _key(text)
        if key not in layouts:
            layouts[key] = lay_out(text, renderer)
        return layouts[key]

    with _replaced(Text, "_get_layout", once):
        yield


@contextmanager
def ticked_once() -> Iterator[None]:
    """Keep the ticks of each axis inside this context, in which one figure is drawn, already laid out."""
    ticks: Made = {}
    boxes: Made = {}

    def ticks_once(update: Callable[[Axis], Any], axis: Axis) -> Any:
        if axis not in ticks:
            ticks[axis] = update(axis)
        return ticks[axis]

    def boxes_once(measure: Callable[[Axis, Any, Any], Any], axis: Axis, drawn: Any, renderer: Any) -> Any:
        if axis not in boxes:
            boxes[axis] = measure(axis, drawn, renderer)
        return boxes[axis]

    with ExitStack() as replaced:
        replaced.enter_context(_replaced(Axis, "_update_ticks", ticks_once))
        replaced.enter_context(_replaced(Axis, "_get_ticklabel_bboxes", boxes_once))
        yield


@contextmanager
def _replaced(owner: type, name: str, once: Callable[..., Any]) -> Iterator[None]:
    """A method of Matplotlib, none of which is public, replaced by one that is given it."""
    method = getattr(owner, name)
    setattr(owner, name, lambda *given: once(method, *given))
    try:
        yield
    finally:
        setattr(owner, name, method)


def _key(text: Any) -> tuple[object, ...]:
    """All that a layout depends on, apart from the renderer and Matplotlib's settings."""
    words = (text.get_text(), text.get_parse_math(), text.get_usetex(), text._linespacing)
    alignment = (text.get_horizontalalignment(), text.get_verticalalignment(), text._multialignment)
    turned = (text.get_rotation(), text.get_rotation_mode())
    return (*words, hash(text.get_fontproperties()), *alignment, *turned, text.get_figure(root=True).dpi)
