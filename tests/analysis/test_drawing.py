"""What is computed once while a figure is drawn changes nothing that one sees of its files."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.report import drawing, style


def figure() -> Figure:
    """Titles, labels, ticks of two axes, an offset, turned and multi-line texts, and a legend, laid out together."""
    drawn = Figure(figsize=(4, 3), layout="constrained")
    left, right = drawn.subplots(1, 2, sharey=True)
    left.plot([1e6, 1e6 + 1, 1e6 + 2], [0.1, 0.5, 0.2], label="one")
    left.scatter([1e6, 1e6 + 2], [0.3, 0.4], c=["C1", "C2"], alpha=0.5)
    left.fill_between([1e6, 1e6 + 2], 0, 0.1, hatch="//")
    right.imshow([[0.1, 0.2], [0.3, 0.4]], extent=(0, 1, 0, 0.1), aspect="auto")
    right.bar(["first\nline", "second"], [0.3, 0.4], label="two")
    right.tick_params(axis="x", rotation=40)
    left.set_title("a title")
    left.set(xlabel="a label\nof two lines", ylabel="another")
    drawn.legend(loc="outside lower center", title="names")
    drawn.text(0.5, 0.5, "across", rotation=20, in_layout=False)
    return drawn


def files(folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    with style.figure_style("en"):
        return {path.name: path.read_bytes() for path in style.save(figure(), folder, "figure", "a subject")}


def test_texts_and_ticks_kept_while_drawing_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = files(tmp_path / "kept")
    for name in ("laid_out_once", "ticked_once"):
        monkeypatch.setattr(style, name, nullcontext)
    assert kept == files(tmp_path / "plain")


def test_one_drawing_gives_the_files_that_matplotlib_writes_in_two(tmp_path: Path) -> None:
    ours = files(tmp_path / "ours")
    with style.figure_style("en"):
        for canvas, name in ((FigureCanvasSVG, "figure.svg"), (FigureCanvasPdf, "figure.pdf")):
            drawn = figure()
            drawn.set_dpi(style.PNG_DPI)
            drawn.get_layout_engine().execute(drawn)  # type: ignore[union-attr]
            drawn.set_layout_engine("none")
            about = {"Date": None, "Description": "a subject"}
            if name.endswith("pdf"):
                about = {"CreationDate": None, "ModDate": None, "Subject": "a subject"}
            canvas(drawn).print_figure(tmp_path / name, metadata=about, dpi=style.PNG_DPI)
    assert ours["figure.pdf"] == (tmp_path / "figure.pdf").read_bytes()
    number = re.compile(r"(?<![#\w])-?\d+\.?\d*")
    mine, theirs = ours["figure.svg"].decode(), (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert number.sub("", mine) == number.sub("", theirs)
    numbers = [np.array(number.findall(text), dtype=float) for text in (mine, theirs)]
    assert np.abs(np.subtract(*numbers)).max() < 0.1  # points, by which the two measure texts differently


def test_matplotlib_is_left_as_it_was(tmp_path: Path) -> None:
    methods = [(Text, "_get_layout"), (Axis, "_update_ticks"), (Axis, "_get_ticklabel_bboxes")]
    before = [getattr(owner, name) for owner, name in methods]
    with drawing.laid_out_once(), drawing.ticked_once():
        assert not {getattr(owner, name) for owner, name in methods} & set(before)
    assert [getattr(owner, name) for owner, name in methods] == before
