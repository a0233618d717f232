"""The report of a study of the paper's size: its answer above the fold, and a PDF that one can send."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from playwright.sync_api import Page

from analysis.data.ratings import Ratings
from analysis.report.folder import write_report
from formats.messages import LANGUAGES
from tests.analysis.builders import SIX, make_frame, make_ratings

FIVE = ("valence", "arousal", "authenticity", "harmony", "overall")
PLAN = {
    "primary_scale": "overall",
    "contrasts": [["midi-gan", other] for other in SIX if other != "midi-gan"],
    "smallest_gap": 0.5,
}
FLOW = {"invited": 30, "withdrawn": 1, "not_begun": 3, "begun": 26, "dropped_out": 2, "analysed": 26}
PAGES = 8


def as_in_the_paper() -> Ratings:
    """26 experts, each of whom hears 10 of 13 clips of six systems and 6 of them twice, on five scales."""
    rng = np.random.default_rng(11)
    whole = make_frame(SIX, FIVE, experts=26, clips=13)
    clips = whole[["system", "clip_id"]].drop_duplicates()
    parts = []
    for expert, frame in whole.groupby("expert_id"):
        heard = clips.groupby("system")["clip_id"].apply(lambda ids: rng.choice(ids, 10, replace=False)).explode()
        order = dict(zip(rng.permutation(heard.to_numpy()), np.arange(1.0, 61.0), strict=True))
        first = frame[frame["clip_id"].isin(order)]
        first = first.assign(is_repeat=False, trial=first["clip_id"].map(order), group="abcd"[int(str(expert)[1:]) % 2])
        again = first[first["trial"] <= 6]
        parts += [first, again.assign(is_repeat=True, trial=again["trial"] + 60)]
    ratings = pd.concat(parts, ignore_index=True)
    ratings = ratings.assign(plays=rng.integers(1, 4, len(ratings)), rt_ms=rng.normal(30_000, 4_000, len(ratings)))
    values = rng.normal(5, 1, (len(clips), 12)).round(2)
    names = ("upc", "gc", "ebr", *(f"metric_{n}" for n in range(9)))
    return make_ratings(
        SIX,
        FIVE,
        frame=ratings,
        metrics=clips.assign(**dict(zip(names, values.T, strict=True))),
        plan=PLAN,
        plan_sha256="b" * 64,
        planned_scales=FIVE,
        is_simulated=True,
        flow=FLOW,
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper") / "r"
    write_report(as_in_the_paper(), folder, replicates=1000)
    return folder


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pdf_has_few_pages(report: Path, lang: str) -> None:
    assert len(pypdfium2.PdfDocument(report / f"report.{lang}.pdf")) <= PAGES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_answer_and_first_figure_are_above_the_fold(report: Path, page: Page, lang: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{(report / 'report.html').as_uri()}#{lang}")
    for part in (".answer", "figure:first-of-type img"):
        box = page.locator(f"section[lang] {part}").locator("visible=true").first.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720


def test_page_shows_one_language_and_leads_to_each_section(report: Path, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto((report / "report.html").as_uri())
    assert [page.locator(f"#{lang}").is_visible() for lang in LANGUAGES] == [True, False]
    page.locator(".languages").get_by_text("简体中文").click()
    assert [page.locator(f"#{lang}").is_visible() for lang in LANGUAGES] == [False, True]
    for link in page.locator("#zh-hans .contents a").all():
        link.click()
        target = page.locator(str(link.get_attribute("href")))
        assert target.inner_text() == link.inner_text()
        box = target.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 720
