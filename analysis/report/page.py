"""report.html: one self-contained page, first in English or Chinese by anchor, with the figures inside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.report.blocks import Block, Heading, Picture
from analysis.report.document import Contents, blocks, notes_below, title
from analysis.report.style import WIDTHS
from formats.messages import LANGUAGES, SOURCE, language_tag

HERE = Path(__file__).parent
STYLES = HERE / "report.css"
#: A browser is slow with more; longer tables stand in the folder's CSV alone, and the page says so.
MAX_ROWS = 1000
MAX_NUMBER_LENGTH = 30


def page_html(contents: Contents[Any], css: str = "", only: str = "") -> str:
    """The whole page as HTML, or `only` one of its sections; `css`: rules besides those of every report."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["picture"] = _picture
    environment.filters["width"] = _width
    environment.filters["notes_below"] = notes_below
    environment.tests["number"] = _is_number
    parts = [
        {"lang": lang, "tag": language_tag(lang), "name": name, **_divided(list(blocks(contents, lang, only=only)))}
        for lang, name in LANGUAGES.items()
    ]
    return environment.get_template("report.html.jinja").render(
        title=title(contents, SOURCE),
        css=STYLES.read_text(encoding="utf-8") + css,
        parts=parts,
        only=only,
        most_rows=MAX_ROWS,
    )


def _divided(pieces: Sequence[Block]) -> dict[str, Sequence[Block]]:
    """What comes `first`, and from the first section with a heading on the `rest`; the contents are between them."""
    start = next((n for n, block in enumerate(pieces) if isinstance(block, Heading) and block.level > 1), len(pieces))
    return {"first": pieces[:start], "rest": pieces[start:]}


def _width(picture: Picture) -> str:
    """How wide a figure is shown: one of a page's width as wide as the text, a narrower one as much narrower."""
    head = picture.stem.with_name(f"{picture.stem.name}.svg").read_text(encoding="utf-8")[:2000]
    points = re.search(r'width="([\d.]+)pt"', head)
    return f"{min(100.0, float(points[1]) / 72 / WIDTHS[2] * 100):.0f}%" if points else "100%"


def _picture(picture: Picture) -> str:
    svg = picture.stem.with_name(f"{picture.stem.name}.svg")
    return base64.b64encode(svg.read_bytes()).decode()


def _is_number(text: str) -> bool:
    return text.lstrip("−<. ")[:1].isdigit() and len(text) < MAX_NUMBER_LENGTH
