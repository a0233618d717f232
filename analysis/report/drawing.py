"""What Matplotlib computes several times with the same result while it draws and saves a figure, computed once.

To place ticks, titles and labels, it lays out each text of a figure about five times for each file that it saves, and
finds the ticks of each axis four times. Both take a third of the time of all figures. And it goes through the whole
figure for each kind of file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from matplotlib.axis import Axis
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pdf import PdfFile, RendererPdf
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

Made = dict[Any, Any]
POINTS = 72  # to the inch, in SVG and PDF
#: What artists ask a renderer before they draw.
MEASURES = (
    *("flipy", "new_gc", "points_to_pixels", "get_canvas_width_height", "get_text_width_height_descent"),
    *("get_image_magnification", "option_scale_image", "option_image_nocomposite"),
)


def _on_both(name: str) -> Callable[..., None]:
    """A method that draws, called of the SVG and then of the PDF, which may change the look that it is given."""

    def draw(self: SvgAndPdf, *given: Any, **named: Any) -> None:
        getattr(self.svg, name)(*given, **named)
        getattr(self.pdf, name)(*given, **named)

    return draw


class SvgAndPdf(RendererBase):
    """Draws everything twice: into an SVG and into a PDF, by whose measures texts are placed.

    Points are the unit of both. Heights are counted from the lower edge, as in a PDF.
    """

    def __init__(self, svg: Any, pdf: Any) -> None:
        super().__init__()
        self.svg, self.pdf = svg, pdf
        for name in MEASURES:
            setattr(self, name, getattr(pdf, name))

    draw_path = _on_both("draw_path")
    draw_markers = _on_both("draw_markers")
    draw_path_collection = _on_both("draw_path_collection")
    draw_quad_mesh = _on_both("draw_quad_mesh")
    draw_gouraud_triangles = _on_both("draw_gouraud_triangles")
    draw_image = _on_both("draw_image")
    open_group = _on_both("open_group")
    close_group = _on_both("close_group")

    def draw_text(self, gc: Any, x: float, y: float, s: str, *given: Any, **named: Any) -> None:
        """Write a text; the SVG alone counts heights from the upper edge."""
        self.svg.draw_text(gc, x, self.svg.height - y, s, *given, **named)
        self.pdf.draw_text(gc, x, y, s, *given, **named)


def save_both(figure: Figure, svg: Path, pdf: Path, subject: str) -> None:
    """Write a figure that is laid out as SVG and as PDF, without a date, gone through once.

    Parameters
    ----------
    figure : Figure
        Its resolution, which parts drawn as pixels have, becomes 72.
    svg, pdf : Path
    subject : str
        Goes into the metadata of both.
    """
    width, height = figure.get_size_inches()
    resolution = figure.dpi
    figure.dpi = POINTS
    without_types: Any = (PdfFile, RendererSVG, RendererPdf, MixedModeRenderer)
    new_file, new_svg, new_pdf, new_mixed = without_types
    page = new_file(pdf, metadata={"CreationDate": None, "ModDate": None, "Subject": subject})
    try:
        page.newPage(width, height)
        with svg.open("w", encoding="utf-8") as file:
            about = {"Date": None, "Description": subject}
            as_svg = new_svg(width * POINTS, height * POINTS, file, image_dpi=resolution, metadata=about)
            as_pdf = new_pdf(page, resolution, height, width)
            figure.draw(new_mixed(figure, width, height, resolution, SvgAndPdf(as_svg, as_pdf)))
            as_svg.finalize()
        as_pdf.finalize()
        page.finalize()
    finally:
        page.close()


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
