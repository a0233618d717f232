"""report.html: one self-contained page, first in Chinese or English by anchor, with the figures inside it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from analysis.report.blocks import Block, Bullets, Facts, Grid, Heading, Paragraph, Picture
from analysis.report.document import Contents, blocks, title
from analysis.words import WORDS
from formats.messages import LANGUAGES, SOURCE, language_tag

#: A browser is slow with more; longer tables stand in the folder's CSV alone, and the page says so.
MOST_ROWS = 1000
STYLES = Path(__file__).with_name("report.css")


def page_html(contents: Contents[Any]) -> str:
    """The whole page as HTML."""
    name = escape(title(contents, SOURCE))
    css = STYLES.read_text(encoding="utf-8")
    links = "".join(f'<a href="#{lang}" lang="{language_tag(lang)}">{LANGUAGES[lang]}</a>' for lang in LANGUAGES)
    sections = "\n".join(_section(contents, lang) for lang in LANGUAGES)
    return (
        f'<!doctype html>\n<html lang="{SOURCE}">\n<head>\n<meta charset="utf-8">\n<title>{name}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>\n{css}</style>\n</head>\n'
        f"<body>\n<nav>{links}</nav>\n<main>\n{sections}\n</main>\n</body>\n</html>\n"
    )


def _section(contents: Contents[Any], lang: str) -> str:
    body = "\n".join(_block(block, lang) for block in blocks(contents, lang))
    return f'<section id="{lang}" lang="{language_tag(lang)}">\n{body}\n</section>'


def _block(block: Block, lang: str) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        kind = ' class="simulated"' if block.is_warning else ""
        return f"<p{kind}>{escape(block.text)}</p>"
    if isinstance(block, Bullets):
        return _list(block.texts)
    if isinstance(block, Facts):
        return _definitions(block.pairs)
    return _picture(block) if isinstance(block, Picture) else _grid(block, lang)


def _picture(picture: Picture) -> str:
    svg = picture.stem.with_name(f"{picture.stem.name}.svg")
    data = base64.b64encode(svg.read_bytes()).decode()
    image = f'<img alt="{escape(picture.caption)}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure>{image}<figcaption>{escape(picture.caption)}</figcaption></figure>"


def _grid(grid: Grid, lang: str) -> str:
    """A table; a folded one opens and closes, so that the page can be read without it."""
    mark = f'<p class="simulated">{WORDS[lang]["simulated"]}</p>' if grid.is_simulated else ""
    rows, notes = grid.rows[:MOST_ROWS], list(grid.notes)
    if len(rows) < len(grid.rows):
        notes.insert(0, WORDS[lang]["rows_cut"].format(shown=MOST_ROWS, count=len(grid.rows), name=grid.name))
    if not grid.folded:
        return mark + _table(grid.header, rows, grid.caption) + _list(notes)
    inside = mark + _table(grid.header, rows) + _list(notes)
    return f'<details id="{lang}-{grid.name}"><summary>{escape(grid.caption)}</summary>{inside}</details>'


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    heading = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="scroll"><table>{heading}<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    is_number = text.lstrip("−<. ")[:1].isdigit() and len(text) < 30
    return f'<td class="number">{escape(text)}</td>' if is_number else f"<td>{escape(text)}</td>"


def _list(texts: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if texts else ""


def _definitions(facts: Mapping[str, object]) -> str:
    return (
        "<dl>"
        + "".join(f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in facts.items())
        + "</dl>"
    )
