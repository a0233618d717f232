"""How far experts went and how they listened, in reports of comparisons, of choices and of trials with an X."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pypdfium2
import pytest

from analysis.data import choices, comparisons, ratings
from analysis.report import choices as choice_report
from analysis.report import comparisons as comparison_report
from analysis.report.participation import STATISTICS
from analysis.report.sections import SECTIONS
from formats.messages import LANGUAGES
from tests.analysis.builders import make_dataset, write_csv, write_hashes
from tests.analysis.comparisons import make_pairs
from tests.analysis.participation import FLOW, abx_dataset, choices_dataset, pairs_dataset

MADE = ("flow_figure", "listening_figure", "listening")
READ: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Any], Callable[..., Any]]] = {
    "pairs": (pairs_dataset, comparisons.read, comparison_report.write_report),
    "choices": (choices_dataset, choices.read, choice_report.write_report),
    "abx": (abx_dataset, choices.read, choice_report.write_report),
}


@pytest.fixture(scope="module", params=list(READ))
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Path]:
    """A kind of trial, its answers, and their report with figures in both widths."""
    make, read, write = READ[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    data = read(make(folder / "dataset"))
    write(data, folder / "report", narrow=True)
    return request.param, data, folder / "report"


def described(report: Path) -> dict[str, dict[str, Any]]:
    about = json.loads((report / "report.json").read_text(encoding="utf-8"))["report"]
    return {finding["name"]: finding for section in about["sections"] for finding in section["findings"]}


def test_flow_counts_every_stage_and_exclusion(report: tuple[str, Any, Path]) -> None:
    _, data, folder = report
    assert data.flow == FLOW
    drawn = pd.read_csv(folder / f"{described(folder)['flow_figure']['path']}.csv")
    assert dict(zip(drawn["stage"], drawn["n"], strict=True)) == FLOW
    text = (folder / "tables" / "checklist.md").read_text(encoding="utf-8")
    assert "Invited: 10; withdrew: 1; gave no answer: 1; did not submit: 1; analysed: 7." in text


def test_figures_are_drawn_in_both_widths_and_languages(report: tuple[str, Any, Path]) -> None:
    _, _, folder = report
    for name in MADE[:2]:
        path = described(folder)[name]["path"]
        files = [folder / f"{path}{width}.{lang}.svg" for width in ("", "-single") for lang in LANGUAGES]
        assert all(file.stat().st_size > 2_000 for file in files)
    for lang in LANGUAGES:
        assert len(pypdfium2.PdfDocument(folder / f"report.{lang}.pdf")) <= 8


def test_table_has_plays_times_and_headphone_check(report: tuple[str, Any, Path]) -> None:
    kind, data, folder = report
    records = pd.read_csv(folder / "tables" / "listening.csv").to_dict("records")
    value, n = ({str(row["statistic"]): float(row[name]) for row in records} for name in ("value", "n"))
    assert (value["headphones_passed"], n["headphones_passed"], n["minutes"]) == (4, 7, 7)
    if kind == "choices":
        assert value["plays"] == 2
        assert "clip_plays" not in value
        return
    clips = data.listened[data.listened["place"] > 0]
    assert set(data.listened["expert_id"]) == set(data.frame["expert_id"])  # without e00, who failed the checks
    assert n["clip_plays"] == len(clips) == 2 * n["reference_plays"]
    assert value["clips_replayed"] == pytest.approx((clips["plays"] > 1).mean(), abs=1e-6)


def test_page_words_every_statistic_in_both_languages(report: tuple[str, Any, Path]) -> None:
    _, _, folder = report
    page = (folder / "report.html").read_text(encoding="utf-8")
    names = pd.read_csv(folder / "tables" / "listening.csv")["statistic"]
    said = [STATISTICS[name] for name in names if name in STATISTICS]
    assert len(said) >= 4
    assert all(words[lang] in page for words in said for lang in LANGUAGES)


def test_own_table_of_pairs_has_times_and_says_what_is_missing(tmp_path: Path) -> None:
    frame = make_pairs(experts=7)
    bare = comparisons.read(write_csv(tmp_path / "bare.csv", frame))
    comparison_report.write_report(bare, tmp_path / "bare", draw=False)
    about = json.loads((tmp_path / "bare" / "report.json").read_text(encoding="utf-8"))["report"]
    missing = [text["en"] for text in about["missing"]]
    assert "Listening: the file has no times of the trials (columns rt_ms and trial)." in missing
    timed = comparisons.read(write_csv(tmp_path / "timed.csv", frame.assign(rt_ms=12_000)))
    comparison_report.write_report(timed, tmp_path / "timed")
    assert set(MADE) & set(described(tmp_path / "timed")) == {"listening_figure", "listening"}
    about = json.loads((tmp_path / "timed" / "report.json").read_text(encoding="utf-8"))["report"]
    missing = [text["en"] for text in about["missing"]]
    assert "Flow of participants: the file does not say how many experts were invited." in missing
    assert not any("Listening" in text for text in missing)


def test_blinded_report_hides_all_three(tmp_path: Path) -> None:
    folder = pairs_dataset(tmp_path / "dataset")
    path = folder / "dataset_description.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    description["mukulen"]["unsealed"] = False
    path.write_text(json.dumps(description), encoding="utf-8")
    write_hashes(folder)
    data = comparisons.read(folder)
    assert data.is_sealed
    comparison_report.write_report(data, tmp_path / "report", draw=False)
    assert not set(MADE) & set(described(tmp_path / "report"))


def test_ratings_of_several_clips_have_plays_of_each(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [
            (f"e{expert}", trial, system, f"{system}{trial}", "overall", 1 + (expert + trial) % 5)
            for expert in range(4)
            for trial in range(1, 4)
            for system in ("real", "s1")
        ],
        columns=["expert_id", "trial", "system", "clip_id", "scale", "rating"],
    )
    folder = make_dataset(tmp_path / "dataset", frame)
    rows = [("e0", 1, 1, 2), ("e0", 1, 2, 1), ("e0", 9, 1, 5), ("other", 1, 1, 7)]
    write_csv(folder / "listening.csv", pd.DataFrame(rows, columns=["expert_id", "trial", "place", "plays"]))
    write_hashes(folder)
    listened = ratings.read(folder, ["overall"]).listened
    assert listened is not None
    assert listened["plays"].tolist() == [2, 1]  # of trials and experts with ratings alone


def test_every_kind_of_report_has_the_same_findings() -> None:
    kinds = (SECTIONS, comparison_report.SECTIONS, choice_report.SECTIONS, choice_report.ABX)
    for sections in kinds:
        names = [finding.name for section in sections for finding in section.findings]
        assert [name for name in names if name in MADE] == list(MADE)


def test_every_caption_has_its_number_once(report: tuple[str, Any, Path]) -> None:
    _, _, folder = report
    captions = [part["caption"] for part in described(folder).values() if part["path"].startswith("figures/")]
    assert len(captions) >= 3
    for caption in captions:
        assert caption["en"].count("Figure ") == caption["zh-hans"].count("图 ") == 1
