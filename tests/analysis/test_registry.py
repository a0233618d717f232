"""A finding that is defined in one place is in every form of a report, in each language."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import jsonschema
import pandas as pd
import pypdfium2
import pytest
from matplotlib.figure import Figure

from analysis.report.findings import Findings
from analysis.report.folder import write_report
from analysis.report.registry import Column, Finding, Question, Section, Sentence, in_order
from analysis.report.sections import SECTIONS
from formats.messages import LANGUAGES
from tests import schemas
from tests.analysis.builders import make_frame, make_ratings

RANGES = Finding[Findings](
    "rating_ranges",
    {"en": "Ranges", "zh-hans": "极差"},
    {"en": "How far ratings of a system reach", "zh-hans": "各系统评分的极差"},
    lambda found: found.ratings.counted.groupby("system", as_index=False).agg(reach=("rating", "max")),
    notes=[{"en": "Nothing is left out here.", "zh-hans": "此处没有排除任何评分。"}],
    columns={"reach": Column({"en": "Reach", "zh-hans": "最大值"}, cell=lambda value, lang: f"{value:.1f}!")},
    sentences=[
        Sentence(
            "ranges",
            "ranges",
            {"en": "Ranges of {many} systems were computed.", "zh-hans": "计算了 {many} 个系统的极差。"},
            lambda found: len(found.frame("rating_ranges")) > 0,
            lambda found, lang: {"many": len(found.frame("rating_ranges"))},
        )
    ],
    questions=[
        Question(
            "ranges",
            {"en": "How far do ratings reach?", "zh-hans": "评分的极差多大？"},
            {"en": "As far as {alpha:g}.", "zh-hans": "达到 {alpha:g}。"},
        )
    ],
)


def _bars(found: Findings, frame: pd.DataFrame, lang: str) -> Figure:
    figure = Figure(figsize=(6.4, 4.8))
    figure.subplots().bar(frame["system"], frame["reach"])
    return figure


DRAWN = Finding[Findings](
    "ranges_figure",
    {"en": "Figure of the ranges", "zh-hans": "极差图"},
    {"en": "The ranges, drawn.", "zh-hans": "极差图。"},
    lambda found: found.frame("rating_ranges"),
    draw=_bars,
)
ABSENT = Finding[Findings](
    "unknown_table",
    {"en": "An unknown table", "zh-hans": "未知的表"},
    {"en": "Unknown", "zh-hans": "未知"},
    lambda found: pd.DataFrame(),
    lambda found: ["too_few"],
)
OWN = Section("ranges", {"en": "Ranges of ratings", "zh-hans": "评分的极差"}, [DRAWN, RANGES, ABSENT])
#: The number of the figure, the last of this small report.
LAST = 8
SAID = {
    "en": ("Ranges of ratings", "How far ratings of a system reach", "Reach", "5.0!", "Nothing is left out here."),
    "zh-hans": ("评分的极差", "各系统评分的极差", "最大值", "5.0!", "此处没有排除任何评分。"),
}
WORDED = {
    "en": (
        f"Figure {LAST}. The ranges, drawn.",
        "Ranges of 2 systems were computed.",
        "An unknown table: too few ratings.",
    ),
    "zh-hans": (f"图 {LAST} 极差图。", "计算了 2 个系统的极差。", "未知的表：评分太少。"),
}
ASKED = {"en": ("How far do ratings reach?", "As far as 0.05."), "zh-hans": ("评分的极差多大？", "达到 0.05。")}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small report with a section more."""
    folder = tmp_path_factory.mktemp("registry") / "r"
    frame = make_frame(("a", "b"), ("overall",), experts=6, clips=3).assign(is_repeat=False)
    ratings = make_ratings(("a", "b"), ("overall",), frame=frame)
    write_report(ratings, folder, replicates=1000, sections=(*SECTIONS[:-1], OWN, SECTIONS[-1]))
    return folder


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_finding_is_on_the_page_and_its_figure_in_the_pdf(report: Path, lang: str) -> None:
    parts = (report / "report.html").read_text(encoding="utf-8").split('<section id="zh-hans"')
    page = parts[list(LANGUAGES).index(lang)]
    document = pypdfium2.PdfDocument(report / f"report.{lang}.pdf")
    printed = squeezed("".join(sheet.get_textpage().get_text_bounded() for sheet in document))
    for words in (*SAID[lang], *WORDED[lang], *ASKED[lang]):
        assert words in page
    assert squeezed(WORDED[lang][0]) in printed
    for words in (*SAID[lang][1:], *ASKED[lang]):  # what is closed on the page at first, and the checklist
        assert squeezed(words) not in printed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_finding_is_in_the_methods_and_the_checklist(report: Path, lang: str) -> None:
    paragraphs = (report / f"methods.{lang}.md").read_text(encoding="utf-8").strip().split("\n\n")
    assert paragraphs[-2] == WORDED[lang][1]
    with (report / "tables" / "checklist.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {"en": ("item", "answer"), "zh-hans": ("item_zh", "answer_zh")}[lang]
    assert tuple(rows[-3][name] for name in columns) == ASKED[lang]


def test_finding_has_its_files(report: Path) -> None:
    assert (report / "tables" / "rating_ranges.csv").read_text() == "system,reach\na,5.000000\nb,5.000000\n"
    for form in ("md", "tex"):
        text = (report / "tables" / f"rating_ranges.{form}").read_text(encoding="utf-8")
        for words in (SAID["en"][1], SAID["en"][4]):
            assert words in text
    assert SAID["zh-hans"][1] in (report / "tables" / "rating_ranges.md").read_text(encoding="utf-8")
    endings = ["csv", *(f"{lang}.{form}" for lang in LANGUAGES for form in ("pdf", "png", "svg"))]
    assert sorted(path.name for path in (report / "figures").glob(f"figure{LAST}.*")) == sorted(
        f"figure{LAST}.{ending}" for ending in endings
    )


def test_report_json_fits_its_schema(report: Path) -> None:
    about = json.loads((report / "report.json").read_text(encoding="utf-8"))
    schema = jsonschema.Draft202012Validator(json.loads((schemas.FOLDER / "report.json").read_text(encoding="utf-8")))
    assert list(schema.iter_errors(about)) == []
    del about["report"]["sections"][2]["heading"]
    assert list(schema.iter_errors(about))


def test_report_json_has_sections_captions_and_sizes(report: Path) -> None:
    about = json.loads((report / "report.json").read_text(encoding="utf-8"))["report"]
    assert [section["name"] for section in about["sections"]] == [
        *(section.name for section in SECTIONS[:-1]),
        "ranges",
        SECTIONS[-1].name,
    ]
    own = about["sections"][-2]
    assert own["heading"] == dict(OWN.heading or {})
    drawn, ranges = own["findings"]
    assert drawn["path"] == f"figures/figure{LAST}"
    assert drawn["title"] == {**drawn["title"], "en": f"Figure {LAST}", "zh-hans": f"图 {LAST}"}
    assert {lang: drawn["caption"][lang] for lang in LANGUAGES} == {lang: WORDED[lang][0] for lang in LANGUAGES}
    assert drawn["pixels"] == dict.fromkeys(LANGUAGES, [1920, 1440])
    assert (ranges["path"], ranges["columns"], ranges["rows"]) == ("tables/rating_ranges", ["system", "reach"], 2)
    assert {"en": WORDED["en"][2], "zh-hans": WORDED["zh-hans"][2]} in about["missing"]


def test_names_of_findings_are_unique() -> None:
    names = [finding.name for section in SECTIONS for finding in section.findings]
    assert len(set(names)) == len(names) > 25


def test_items_without_a_place_come_before_the_named_one() -> None:
    assert in_order(["z", "new", "b", "a"], str, ("a", "b", "z"), others="z") == ["a", "b", "new", "z"]
