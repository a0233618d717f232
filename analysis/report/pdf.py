"""The report as a PDF in one language, set from the same blocks as the page."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from string import digits
from tempfile import TemporaryDirectory
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image

from analysis.report.blocks import Block, Bullets, Facts, Grid, Heading, Paragraph, Picture
from analysis.report.document import Contents, blocks, notes_below, title
from analysis.report.fonts import LATIN, LATIN_BOLD, chinese_face, with_letters
from formats.messages import is_chinese, language_tag

#: Written into every file in place of the clock's, so that equal reports are equal bytes.
MADE = datetime(2000, 1, 1, tzinfo=UTC)
BODY, CHINESE = "body", "chinese"
BULLET = "•"
MARGIN = 54.0  # points, as all lengths here
FOOT, PAD = 60.0, 5.0
#: Of a figure: as many as its lines and letters need, and a third of the file.
COLOURS = 128
HEADINGS = {1: 17.0, 2: 13.0, 3: 10.5}
TEXT, NOTE = 9.5, 8.0
#: Print of a table by its number of columns.
PRINT = ((6, 8.0), (9, 7.0), (12, 6.2), (99, 5.4))
INK, GREY, RED = (26, 26, 26), (90, 90, 90), (176, 0, 32)
#: What a line may be broken between: words, and single Chinese signs.
PIECES = re.compile(r"[\u2e80-\uffef][，。；：、）”！？]*|[^\s\u2e80-\uffef]*\s*")
#: Longer tables stand in the folder's CSV alone, and the PDF says so.
MAX_ROWS = 60


def write_pdf(contents: Contents[Any], path: Path, lang: str) -> Path:
    """Write the report in a language; the same contents give the same bytes. Chinese needs a font that has it."""
    pieces, name = list(blocks(contents, lang, in_pdf=True)), title(contents, lang)
    with TemporaryDirectory() as fonts:
        sheets = Sheets(name, lang, letters_of(pieces, name, lang), Path(fonts))
        for block in pieces:
            sheets.set(block)
        sheets.output(str(path))
    return path


def letters_of(pieces: Sequence[Block], name: str, lang: str) -> set[str]:
    """All letters of a report: those of its blocks, of the notes that `Sheets` adds to tables, and of the foot."""
    notes = [notes_below(piece, lang, MAX_ROWS) for piece in pieces if isinstance(piece, Grid)]
    words = json.dumps([*map(asdict, pieces), notes], ensure_ascii=False, default=str)
    return {*words, *name, *digits, *BULLET}


class Sheets(FPDF):
    """A4 sheets with their numbers at the foot; FPDF is made to be subclassed for that."""

    def __init__(self, name: str, lang: str, letters: set[str], fonts: Path) -> None:
        """Sheets with these letters; `fonts` is a folder for the files of their fonts until all is written."""
        super().__init__(format="A4", unit="pt")
        self.language = lang
        self.set_creation_date(MADE)
        self.set_title(name)
        self.set_lang(language_tag(lang))
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.c_margin = PAD / 2
        self.set_auto_page_break(True, margin=FOOT)
        self._add_fonts(lang, letters, fonts)
        self.add_page()

    def _add_fonts(self, lang: str, letters: set[str], folder: Path) -> None:
        self.add_font(BODY, "", with_letters(LATIN, letters, folder))
        self.add_font(BODY, "B", with_letters(LATIN_BOLD, letters, folder))
        face = chinese_face() if any(letter > "\u2e7f" for letter in letters) else None
        if face is not None:
            self.add_font(CHINESE, "", with_letters(face[0], letters, folder, face=face[1]))
        self.family = CHINESE if is_chinese(lang) and face else BODY
        self._heavy = "" if self.family == CHINESE else "B"  # the Chinese file has one weight
        self._advances: dict[tuple[str, str], float] = {}
        others = {BODY, *((CHINESE,) if face else ())} - {self.family}
        self.set_fallback_fonts(sorted(others), exact_match=False)

    def footer(self) -> None:
        self.set_y(-40)
        self.set_font(self.family, size=7.5)
        self.set_text_color(*GREY)
        self.cell(0, 10, str(self.page_no()), align="C")

    def set(self, block: Block) -> None:
        """Set one block below what is there."""
        if isinstance(block, Heading):
            self._heading(block)
        elif isinstance(block, Paragraph):
            self._text(block.text, TEXT, RED if block.is_warning else INK)
        elif isinstance(block, Bullets):
            self._bullets(block.texts, TEXT)
        elif isinstance(block, Facts):
            for key, value in block.pairs.items():
                self._text(f"{key}: {value}", TEXT, INK, after=1)
        elif isinstance(block, Picture):
            self._picture(block)
        else:
            self._grid(block)

    def _heading(self, heading: Heading) -> None:
        size = HEADINGS[heading.level]
        self._room_for(150)  # what it heads comes with it
        self.ln(0.9 * size if self.page_no() > 1 or heading.level > 1 else 0)
        self._text(heading.text, size, INK, style=self._heavy, after=0.35 * size)

    def _text(
        self,
        text: str,
        size: float,
        colour: tuple[int, int, int],
        *,
        style: str = "",
        after: float = 4,
        left: float = 0,
    ) -> None:
        self.set_font(self.family, style, size)
        self.set_text_color(*colour)
        self.set_x(MARGIN + left)
        lines = self.lines(text, self.epw - left, size, style)
        self.multi_cell(0, 1.45 * size, "\n".join(lines), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)

    def _bullets(self, texts: Sequence[str], size: float) -> None:
        for text in texts:
            self._room_for(1.5 * size)
            top = self.get_y()
            self._text(BULLET, size, INK, after=0)
            self.set_y(top)
            self._text(text, size, INK, after=2, left=12)

    def _room_for(self, height: float) -> None:
        if self.get_y() + height > self.h - FOOT:
            self.add_page()

    def _picture(self, picture: Picture) -> None:
        file = picture.stem.with_name(f"{picture.stem.name}.png")
        with Image.open(file) as drawn:
            few = drawn.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
        shown = min(self.epw, few.width / 300 * 72)
        self._room_for(shown * few.height / few.width + 40)
        self.image(few, x=MARGIN, w=shown, alt_text=picture.caption)
        self.ln(4)
        self._text(picture.caption, NOTE, GREY, after=8)

    def _grid(self, grid: Grid) -> None:
        size = next(size for most, size in PRINT if len(grid.header) <= most)
        self._room_for(90)
        if grid.caption:
            self.ln(6)
            self._text(grid.caption, TEXT, INK, style=self._heavy, after=2)
        if grid.warning:
            self._text(grid.warning, NOTE, RED, after=2)
        self._rows(grid, size)
        self.ln(3)
        for note in notes_below(grid, self.language, MAX_ROWS):
            self._text(note, NOTE, GREY, after=2)

    def _rows(self, grid: Grid, size: float) -> None:
        """The header and the rows, each as tall as its tallest cell; the header comes again on every sheet."""
        rows = [(grid.header, self._heavy), *((row, "") for row in grid.rows[:MAX_ROWS])]
        widths = self.widths(rows, size)
        self.set_draw_color(190, 190, 190)
        self.set_text_color(*INK)
        for n, (cells, style) in enumerate(rows):
            lines = [self.lines(*cell, size, style) for cell in zip(cells, widths, strict=True)]
            if n == 0:
                head = lines
            elif self.get_y() + self._tall(lines, size) > self.h - FOOT:
                self.add_page()
                self.set_text_color(*INK)
                self._row(head, widths, size, self._heavy)
            self._row(lines, widths, size, style)

    def _row(self, cells: Sequence[Sequence[str]], widths: Sequence[float], size: float, style: str) -> None:
        """Cells in lines, and a rule below them. FPDF's own tables set each cell twice: docs/adr/0012-pdf.md."""
        top, left, tall = self.get_y(), MARGIN, self._tall(cells, size)
        self.set_font(self.family, style, size)
        for lines, width in zip(cells, widths, strict=True):
            for n, line in enumerate(lines):
                self.set_xy(left, top + PAD / 2 + 1.3 * size * n)
                self.cell(width, 1.3 * size, line)
            left += width
        self.set_xy(MARGIN, top + tall)
        self.line(MARGIN, top + tall, MARGIN + self.epw, top + tall)

    def _tall(self, cells: Sequence[Sequence[str]], size: float) -> float:
        return 1.3 * size * max(map(len, cells)) + PAD

    def lines(self, text: str, width: float, size: float, style: str = "") -> list[str]:
        """The text in lines that a cell of a width holds; a word that is wider by itself is broken.

        The library breaks between words alone, and Chinese has no blanks between its words.
        """
        lines, line, room, most = [], "", 0.0, width - PAD - 0.01
        pieces = PIECES.findall(text)
        for piece in (sign for word in pieces for sign in ([word] if self._wide(word, size, style) <= most else word)):
            if line and room + self._wide(piece.rstrip(), size, style) > most:
                lines.append(line.rstrip())
                line, room = "", 0.0
            line, room = line + piece, room + self._wide(piece, size, style)
        return [*lines, line.rstrip()]

    def _wide(self, text: str, size: float, style: str) -> float:
        """The width of a text, by the advances of its signs."""
        return sum(self._advance(sign, style) for sign in text) * size

    def _advance(self, sign: str, style: str) -> float:
        if (sign, style) not in self._advances:
            before = (self.font_family, self.font_style, self.font_size_pt)
            self.set_font(self.family, style, 100)
            self._advances[sign, style] = self.get_string_width(sign) / 100
            if before[0]:
                self.set_font(*before)
        return self._advances[sign, style]

    def widths(self, rows: Sequence[tuple[Sequence[str], str]], size: float) -> list[float]:
        """Of each column: what its longest word needs, and of the room left over a share by what its cells ask for."""
        fair = self.epw / len(rows[0][0])
        styles = [style for _, style in rows]
        columns = zip(*(cells for cells, _ in rows), strict=True)
        needs = [self._needs(list(zip(column, styles, strict=True)), fair, size) for column in columns]
        least = sum(needed for needed, _ in needs)
        if least >= self.epw:
            return [self.epw * needed / least for needed, _ in needs]
        wishes = [asked - needed + 1 for needed, asked in needs]
        spare = (self.epw - least) / sum(wishes)
        return [needed + spare * wish for (needed, _), wish in zip(needs, wishes, strict=True)]

    def _needs(self, column: Sequence[tuple[str, str]], fair: float, size: float) -> tuple[float, float]:
        """The least that a column can do with, and what it asks for; long texts give way."""
        whole = max(self._wide(cell, size, style) for cell, style in column)
        word = max(self._wide(piece, size, style) for cell, style in column for piece in PIECES.findall(cell) or [""])
        least = whole if whole <= 0.8 * fair else min(word, 1.6 * fair)
        return least + PAD + 0.02, max(least, min(whole, 3 * fair)) + PAD + 0.02
