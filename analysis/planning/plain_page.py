"""Pages of plain text: columns and paragraphs of a terminal's width, in English or Chinese."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from formats.messages import is_chinese
from formats.text import text_width

WIDTH = 96
#: What a line of Chinese is never broken within: a word or number in Latin letters, or one sign.
UNBROKEN = re.compile(r"[!-~]+|.", re.DOTALL)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns: the first to the left, the others to the right."""
    widths = [max(map(text_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *rest = (" " * (width - text_width(cell)) for cell, width in zip(row, widths, strict=True))
        lines.append("  " + row[0] + first + "".join(f"  {pad}{cell}" for pad, cell in zip(rest, row[1:], strict=True)))
    return "\n".join(lines)


def wrap(text: str, lang: str) -> str:
    """Break a paragraph into lines of a terminal."""
    if not is_chinese(lang):
        return textwrap.fill(text, WIDTH)
    lines, line = [], ""
    for part in UNBROKEN.findall(text):
        if text_width(line + part) > WIDTH and part not in "，。；：、）”":
            lines.append(line.rstrip())
            line = ""
        line += part if line else part.lstrip()
    return "\n".join([*lines, line])
