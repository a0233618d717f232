from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from analysis.data.columns import Column
from analysis.report import folder
from tests.analysis.builders import SIX, make_ratings

LONG_WORDS = {"columns": (Column("q" * 300, "", "words"),), "title": {"en": "t" * 300, "zh-hans": "题" * 300}}


@pytest.mark.parametrize("width", [360, 1000])
def test_names_without_a_blank_do_not_widen_the_page(tmp_path: Path, page: Page, width: int) -> None:
    ratings = make_ratings(("real", "s" * 300), ("z" * 200, "overall"), **LONG_WORDS)
    folder.write_report(ratings, tmp_path / "r", replicates=1000, draw=False)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((tmp_path / "r" / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    widest = "Math.max(...[...document.querySelectorAll('table')].map(table => table.offsetWidth))"
    # The widest table has ten columns, and scrolls by itself; unbroken, these names alone would take 4,000.
    assert page.evaluate(widest) < 1200


def test_usual_names_are_not_broken_within_a_word(tmp_path: Path, page: Page) -> None:
    folder.write_report(make_ratings(SIX), tmp_path / "r", replicates=1000, draw=False)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto((tmp_path / "r" / "report.html").as_uri())
    heights = {name: page.get_by_role("cell", name=name).first.bounding_box() for name in ("Transformer", "mLSTM")}
    one, other = heights["Transformer"], heights["mLSTM"]
    assert one is not None
    assert other is not None
    assert one["height"] == other["height"]
