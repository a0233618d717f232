from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import Ratings, read
from analysis.report import folder, style
from formats.errors import InputError
from formats.messages import LANGUAGES
from tests.analysis.builders import make_dataset, make_frame, make_ratings, write_csv

DRAWN = tuple(f"figure{n}" for n in range(1, 9))
FIGURES = {
    f"figures/{name}.{end}"
    for name in DRAWN
    for end in ("csv", *(f"{lang}.{form}" for lang in LANGUAGES for form in style.FORMATS))
}
MADE = (
    "conclusions",
    *("system_means", "system_means_bootstrap", "contrasts", "equivalence", "omnibus", "variance_components"),
    *("ordinal_model", "reliability", "scale_correlations", "screening", "sensitivity"),
    *("clip_correlations", "objective_means"),
    *("rating_spread", "effects", "precision", "checklist"),
)
TABLES = {f"tables/{name}.{form}" for name in MADE for form in ("csv", "md", "tex")}
TEXTS = {f"{name}.{lang}.{end}" for name, end in (("methods", "md"), ("report", "pdf")) for lang in LANGUAGES}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def page_of(tmp_path: Path, **changes: Any) -> str:
    folder.write_report(make_ratings(**changes), tmp_path / "r", replicates=1000, draw=False)
    return (tmp_path / "r" / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(style, "CHINESE_FONTS", ("A font that nobody has",))
    style.chinese_font.cache_clear()
    yield
    style.chinese_font.cache_clear()


def small(tmp_path: Path, **changes: Any) -> Ratings:
    """The ratings of a small dataset, quick to draw."""
    return read(make_dataset(tmp_path / "d", make_frame(("real", "midi-gan"), experts=6), **changes))


def test_the_folder_holds_and_lists_every_figure_and_table_and_comes_out_the_same_again(tmp_path: Path) -> None:
    ratings, first = small(tmp_path), tmp_path / "first"
    written = folder.write_report(ratings, first, replicates=1000, seed=5)
    expected = (
        FIGURES | TABLES | TEXTS | {"report.html", "report.json", "checklist.html", "reproduce.R", "reproduce.py"}
    )
    assert set(contents(first)) == expected
    assert {str(path.relative_to(first)) for path in written.files} == expected
    assert written.warnings == ()
    assert set(json.loads((first / "report.json").read_text())["report"]["files"]) == expected
    page = (first / "checklist.html").read_text(encoding="utf-8")
    assert page.count("<table>") == page.count("<h1>") == len(LANGUAGES)
    assert "<td>Preregistration</td>" in page
    assert "<td>预注册</td>" in page
    folder.write_report(ratings, tmp_path / "second", replicates=1000, seed=5)
    assert contents(tmp_path / "second") == contents(first)


def test_the_page_is_stamped_and_stands_alone(tmp_path: Path) -> None:
    page = page_of(tmp_path, plan_sha256="b" * 64, planned_scales=("overall",))
    for stamp in ("d" * 64, "b" * 64, "numpy ", "matplotlib ", "<dd>1</dd>"):
        assert page.count(stamp) >= 2, stamp
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page


class Balance(HTMLParser):
    """Collects the elements that were opened and not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_closes_its_elements_and_escapes_what_the_study_says(tmp_path: Path) -> None:
    page = page_of(tmp_path, title={"en": "<b>Songs & dances", "zh-hans": "歌<舞"})
    assert "&lt;b&gt;Songs &amp; dances" in page
    checker = Balance()
    checker.feed(page)
    assert checker.open == []


def test_both_languages_are_reached_by_anchors_and_count_the_same(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    assert '<a href="#zh-hans"' in page
    assert '<section id="zh-hans" lang="zh-Hans">' in page
    english, chinese = page.split('<section id="zh-hans"')
    for section, words in ((english, "Ratings included"), (chinese, "纳入的评分")):
        assert f"<dt>{words}</dt><dd>384</dd>" in section


def test_the_page_is_humble(tmp_path: Path) -> None:
    frame = make_frame(experts=7).assign(is_repeat=False)
    page = page_of(tmp_path, frame=frame.iloc[1:], n_missing=1, bounds_inferred=("overall",))
    for sentence in (
        "Do not conclude that two systems are equal",
        "Fewer than 20 experts",
        "Not every expert rated every clip",
    ):
        assert sentence in page
    assert "The bounds of the scales are not in the file" in page
    assert "No analysis plan was frozen" in page
    assert "<dt>Missing ratings, excluded</dt><dd>1</dd>" in page


def test_repeats_are_counted_apart_and_do_not_move_the_means(tmp_path: Path) -> None:
    frame = make_frame().assign(is_repeat=False)
    folder.write_report(make_ratings(frame=frame), tmp_path / "without", replicates=1000, draw=False)
    repeats = frame.iloc[:10].assign(is_repeat=True, rating=1.0)
    folder.write_report(make_ratings(frame=pd.concat([frame, repeats])), tmp_path / "with", replicates=1000, draw=False)
    one, other = ((tmp_path / name / "tables/system_means.csv").read_text() for name in ("without", "with"))
    assert one == other
    assert "excluded from all means</dt><dd>10</dd>" in (tmp_path / "with" / "report.html").read_text()


def test_simulated_ratings_are_marked_on_the_page_and_in_every_table(tmp_path: Path) -> None:
    folder.write_report(read(make_dataset(tmp_path / "d", simulated=True)), tmp_path / "r", replicates=1000, draw=False)
    for name, content in contents(tmp_path / "r").items():
        if name.endswith((".csv", ".md", ".tex", ".html")):
            assert "SIMULATED" in content.decode(), name
    assert json.loads((tmp_path / "r" / "report.json").read_text())["report"]["simulated"] is True


def test_a_sealed_report_names_no_system(tmp_path: Path) -> None:
    frame = make_frame(tuple("AB"), ("overall",), experts=6)
    folder.write_report(read(make_dataset(tmp_path / "d", frame, unsealed=False)), tmp_path / "r", replicates=1000)
    text = b"".join(contents(tmp_path / "r").values()).decode(errors="ignore").lower()
    assert "midi-gan" not in text
    assert "objective_means" not in text
    assert "Objective metrics" not in (tmp_path / "r" / "report.html").read_text()
    assert "Blinded: " in (tmp_path / "r" / "report.html").read_text()


@pytest.mark.usefixtures("no_chinese_font")
def test_without_a_chinese_font_one_sentence_says_what_to_install_and_no_boxes_are_drawn(tmp_path: Path) -> None:
    frame = make_frame(("real", "midi-gan"), ("overall",), experts=6).assign(is_repeat=False)
    written = folder.write_report(
        make_ratings(frame=frame, systems=("real", "midi-gan"), scales=("overall",)), tmp_path / "r", replicates=1000
    )
    assert len(written.warnings) == 1
    assert "apt install fonts-noto-cjk" in written.warnings[0]
    assert not list((tmp_path / "r").rglob("figure1.zh-hans.*"))
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "本机没有中文字体，此处为英文图。" in page


def test_a_former_report_is_replaced_whole(tmp_path: Path) -> None:
    folder.write_report(read(make_dataset(tmp_path / "d")), tmp_path / "r", replicates=1000, draw=False)
    folder.write_report(make_ratings(), tmp_path / "r", replicates=1000, draw=False)
    assert not (tmp_path / "r" / "tables" / "objective_means.csv").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["notes.txt", "tables/contrasts.edited.csv"])
def test_a_folder_with_anything_else_in_it_is_refused_and_kept(tmp_path: Path, name: str) -> None:
    folder.write_report(make_ratings(), tmp_path / "r", replicates=1000, draw=False)
    (tmp_path / "r" / name).write_text("mine")
    before = contents(tmp_path / "r")
    with pytest.raises(InputError, match="which is not part of a report; name another folder"):
        folder.write_report(make_ratings(), tmp_path / "r", replicates=1000, draw=False)
    assert contents(tmp_path / "r") == before


def test_a_failure_leaves_the_former_report_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "work" / "r"
    folder.write_report(make_ratings(), out, replicates=1000, draw=False)
    before = contents(out)

    def fail() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        folder.write_report(make_ratings(), out, replicates=1000, draw=False, on_step=fail)
    assert contents(out) == before
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize(("replicates", "seed"), [(10, 1), (10_000_000, 1), (1000, -1)])
def test_numbers_that_make_no_sense_are_refused(tmp_path: Path, replicates: int, seed: int) -> None:
    with pytest.raises(InputError, match="must"):
        folder.write_report(make_ratings(), tmp_path / "r", replicates=replicates, seed=seed)
    assert not (tmp_path / "r").exists()


def test_negative_ratings_show_signs_apart_from_dashes(tmp_path: Path) -> None:
    """Ratings from -3 to 3: b lies between a and c, and only these two surely differ."""
    rng = np.random.default_rng(5)
    experts, systems, clips = np.indices((8, 3, 4)).reshape(3, -1)
    ratings = np.clip(np.rint(np.array([-0.6, 0.0, 0.7])[systems] + rng.normal(0, 1.2, len(systems))), -3, 3)
    frame = pd.DataFrame({"expert_id": experts, "system": np.array([*"abc"])[systems], "clip_id": clips})
    path = write_csv(tmp_path / "r.csv", frame.assign(clip_id=frame["system"] + clips.astype(str), overall=ratings))
    folder.write_report(read(path), tmp_path / "out", replicates=1000, draw=False)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "1 of 3 pairs differs, p adjusted for 3 differences: c &gt; a" in page
    assert ">−3 – 3</td>" in page
    assert "−1.03 (−1.52 – −0.54)" in page
    assert "overall (−3 – 3)" in page
