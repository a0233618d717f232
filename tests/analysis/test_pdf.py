from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest

from analysis.report import pdf
from analysis.report.blocks import Block, Bullets, Facts, Grid, Heading, Paragraph


def sheets_for(text: str, lang: str, folder: Path) -> pdf.Sheets:
    return pdf.Sheets("A study", lang, pdf.letters_of([Paragraph(text)], "A study", lang), folder)


def sizes(sheets: pdf.Sheets) -> set[float]:
    """Every size of print that a PDF sets text in."""
    sheets.set_compression(False)
    return {float(size) for size in re.findall(rb"/F\d+ ([\d.]+) Tf[^/]*?T[jJ]", bytes(sheets.output()))}


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
def test_no_text_is_set_in_a_size_that_only_measures_it(lang: str, tmp_path: Path) -> None:
    text = "The quick brown fox jumps over the lazy dog 0123456789, − and 敏捷的棕色狐狸"
    blocks = (Heading(text, 1), Paragraph(text.upper()), Bullets([text[::-1]]), Grid(["A"], [["Ü"]], "Çã", ["ß"]))
    sheets = sheets_for("".join(map(str, blocks)), lang, tmp_path)
    for block in blocks:
        sheets.set(block)
    found = sizes(sheets)
    assert found
    assert max(found) <= max(pdf.HEADINGS.values())


def test_numbers_of_a_wide_table_stay_on_one_line_whatever_the_words_beside_them(tmp_path: Path) -> None:
    size = 5.4
    head = ["Scale", "Analysis", "A", "B", "A − B", "SE", "df", "p", "Ratings", "Experts", "Clips", "Note"]
    note = "nothing to leave out: the analysis itself, with more words than a column of this width can hold"
    row = [
        "Overall quality",
        "without flagged experts",
        "MIDI-GAN",
        "SR-CNN-VAEGAN",
        *["−0.43"] * 4,
        *["1416"] * 3,
        note,
    ]
    sheets = sheets_for("".join([*head, *row]), "en", tmp_path)
    widths = sheets.widths([(head, "B"), (row, "")], size)
    assert sum(widths) == pytest.approx(sheets.epw)
    for cell, width in list(zip(row, widths, strict=True))[2:-1]:
        assert len(sheets.lines(cell, width, size)) == 1


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
@pytest.mark.parametrize("style", ["", "B"])
def test_no_line_is_wider_than_its_cell(lang: str, style: str, tmp_path: Path) -> None:
    style = "" if lang == "zh-hans" else style
    text = "MIDI-GAN 与真实音乐之间没有差异（p = .35），各系统的平均值见下表。 " * 3 + "W" * 60
    sheets = sheets_for(text, lang, tmp_path)
    lines = sheets.lines(text, 120, 8, style)
    sheets.set_font(sheets.family, style, 8)
    assert max(sheets.get_string_width(line) for line in lines) <= 120 - pdf.PAD
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
def test_every_letter_of_a_block_is_in_the_pdf_whatever_its_kind(lang: str, tmp_path: Path) -> None:
    grid = Grid(["Ä\u00a0b"], [[f"row {n} ý ğ"] for n in range(pdf.MAX_ROWS + 1)], "Ñandú", ["a\u202fß note"], name="ğ")
    blocks: list[Block] = [
        Heading("Überschrift 章", 1),
        Paragraph("p < .05 — “x” ≥ −2"),
        Bullets(["第一 ø"]),
        Facts({"ł": "ž 键"}),
        grid,
    ]
    sheets = pdf.Sheets("Título", lang, pdf.letters_of(blocks, "Título", lang), tmp_path)
    for block in blocks:
        sheets.set(block)
    document = pypdfium2.PdfDocument(bytes(sheets.output()))
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    shown = "ÄbýÑúßÜ章—“”≥−第øłž键•ğ0123456789"
    assert {letter for letter in shown if letter not in text} == set()
