from __future__ import annotations

import re

import pytest

from analysis.report import pdf
from analysis.report.blocks import Bullets, Grid, Heading, Paragraph


def sizes(sheets: pdf.Sheets) -> set[float]:
    """Every size of print that a PDF sets text in."""
    sheets.set_compression(False)
    return {float(size) for size in re.findall(rb"/F\d+ ([\d.]+) Tf[^/]*?T[jJ]", bytes(sheets.output()))}


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
def test_no_text_is_set_in_a_size_that_only_measures_it(lang: str) -> None:
    sheets = pdf.Sheets("A study", lang, needs_chinese=lang == "zh-hans")
    text = "The quick brown fox jumps over the lazy dog 0123456789, − and 敏捷的棕色狐狸"
    for block in (Heading(text, 1), Paragraph(text.upper()), Bullets([text[::-1]]), Grid(["A"], [["Ü"]], "Çã", ["ß"])):
        sheets.set(block)
    found = sizes(sheets)
    assert found
    assert max(found) <= max(pdf.HEADINGS.values())


def test_numbers_of_a_wide_table_stay_on_one_line_whatever_the_words_beside_them() -> None:
    sheets, size = pdf.Sheets("A study", "en", needs_chinese=False), 5.4
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
    widths = sheets.widths([(head, "B"), (row, "")], size)
    assert sum(widths) == pytest.approx(sheets.epw)
    for cell, width in list(zip(row, widths, strict=True))[2:-1]:
        assert len(sheets.lines(cell, width, size)) == 1


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
@pytest.mark.parametrize("style", ["", "B"])
def test_no_line_is_wider_than_its_cell(lang: str, style: str) -> None:
    sheets = pdf.Sheets("A study", lang, needs_chinese=True)
    style = "" if lang == "zh-hans" else style
    text = "MIDI-GAN 与真实音乐之间没有差异（p = .35），各系统的平均值见下表。 " * 3 + "W" * 60
    lines = sheets.lines(text, 120, 8, style)
    sheets.set_font(sheets.family, style, 8)
    assert max(sheets.get_string_width(line) for line in lines) <= 120 - pdf.PAD
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
