from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from analysis.report import style
from tests.analysis.builders import make_dataset, make_frame, read_oracle, write_csv


def analyse(*arguments: object) -> list[str]:
    """Run the command; the lines it printed."""
    out = io.StringIO()
    call_command("analyse", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def test_a_csv_becomes_a_report_and_each_file_is_printed(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "ratings.csv", read_oracle("sim26x60x5.csv"))
    lines = analyse(source, "--out", tmp_path / "r", "--scales", "overall,valence", "--no-figures")
    assert all(Path(line).is_file() for line in lines)
    assert str(tmp_path / "r" / "tables" / "system_means.csv") in lines
    table = pd.read_csv(tmp_path / "r" / "tables" / "system_means.csv")
    assert list(table["scale"].unique()) == ["overall", "valence"]
    row = table[(table["scale"] == "overall") & (table["system"] == "s5")].iloc[0]
    assert row["mean"] == pytest.approx(4.423077, abs=1e-6)
    assert (row["n_ratings"], row["n_experts"], row["n_clips"]) == (260, 26, 10)


def test_single_column_adds_narrow_figures(tmp_path: Path) -> None:
    names = [f"a system with the name {n}" for n in range(12)]
    frame = make_frame(names, ("x", "y", "z"), experts=6, clips=3)
    call_command(
        "analyse", str(write_csv(tmp_path / "r.csv", frame)), out=tmp_path / "r", single_column=True, replicates=1000
    )
    about = json.loads((tmp_path / "r/report.json").read_text(encoding="utf-8"))["report"]
    listed = {name for name in about["files"] if "-single." in name}
    assert listed == {path.relative_to(tmp_path / "r").as_posix() for path in tmp_path.glob("r/figures/*-single.*")}
    assert {name[-4:] for name in listed} == {".svg", ".pdf", ".png"}
    with Image.open(tmp_path / "r/figures/figure2-single.en.png") as drawn:
        assert drawn.width == 300 * style.WIDTHS[1]
    lost = [text["en"] for text in about["missing"] if "one column" in text["en"]]
    assert lost == ["Figure 3 is not drawn in the width of one column, where it would not be legible."]
    assert "figures/figure3-single.en.svg" not in listed


def test_how_a_table_was_read_is_printed_and_in_the_report(tmp_path: Path) -> None:
    frame = make_frame(scales=("overall",)).drop(columns="scale").rename(columns={"rating": "overall"})
    frame["age"] = 20 + frame["expert_id"].str[1:].astype(int)
    source, errors = write_csv(tmp_path / "r.csv", frame), io.StringIO()
    options = {"out": tmp_path / "r", "no_figures": True, "stdout": io.StringIO(), "stderr": errors}
    call_command("analyse", str(source), replicates=1000, **options)
    assert errors.getvalue().splitlines()[:3] == [
        "overall: scale (numbers that repeat within a common range and differ within experts and clips).",
        "age: not used (one value for each expert).",
        "Bounds inferred from the ratings: overall: 1 to 5. If they are wrong, give the right ones with --bounds.",
    ]
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    for sentence in ("Input table", "one value for each expert", "overall: 1 to 5", "未采用"):
        assert sentence in page
    about = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))["report"]
    assert about["scales"] == {"overall": {"minimum": 1, "maximum": 5, "bounds": "inferred"}}
    assert about["columns"][-1] == {"name": "age", "used_as": "", "reason": "of_expert"}


def test_rare_zeros_read_as_ratings_are_said(tmp_path: Path) -> None:
    """Some programs write 0 for an answer that is missing."""
    frame = make_frame(scales=("overall",))
    frame.loc[[4, 9], "rating"] = 0
    note = f"overall: 0 is read as a rating (2 of {len(frame)}). If it means “no answer”, add --missing 0."
    source, errors = write_csv(tmp_path / "r.csv", frame), io.StringIO()
    options = {"out": tmp_path / "r", "no_figures": True, "stdout": io.StringIO(), "stderr": errors}
    call_command("analyse", str(source), replicates=1000, **options)
    assert note in errors.getvalue().splitlines()
    again = io.StringIO()
    call_command("analyse", str(source), replicates=1000, **{**options, "stderr": again, "missing": "0"})
    assert "0 is read as a rating" not in again.getvalue()


def test_a_rating_out_of_bounds_leaves_no_report(tmp_path: Path) -> None:
    frame = make_frame(scales=("overall",))
    frame.loc[4, "rating"] = -99
    source = write_csv(tmp_path / "r.csv", frame)
    with pytest.raises(CommandError, match="line 6: rating -99 on overall is outside 1 to 5"):
        analyse(source, "--out", tmp_path / "r")
    assert not (tmp_path / "r").exists()
    analyse(source, "--out", tmp_path / "r", "--missing=-99", "--bounds", "1-5", "--no-figures", "--replicates", 1000)
    assert "Bounds given: overall: 1 to 5." in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")


def test_the_seed_is_part_of_the_result(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "d")
    texts = []
    for name, seed in (("a", 1), ("b", 2)):
        analyse(
            folder,
            "--out",
            tmp_path / name,
            "--seed",
            seed,
            "--replicates",
            1000,
            "--scales",
            "overall",
            "--no-figures",
        )
        texts.append((tmp_path / name / "tables" / "system_means_bootstrap.csv").read_text())
    assert texts[0] != texts[1]


def test_bad_ratings_leave_one_sentence_and_no_report(tmp_path: Path) -> None:
    frame = make_frame()
    frame.loc[0, "rating"] = 6
    with pytest.raises(CommandError, match="line 2: rating 6 on valence is outside 1 to 5"):
        analyse(make_dataset(tmp_path / "work" / "d", frame), "--out", tmp_path / "work" / "r")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["d"]


def test_a_folder_that_is_not_a_report_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("years of work")
    with pytest.raises(CommandError, match=r"'thesis.docx', which is not part of a report"):
        analyse(tmp_path / "nothing.csv", "--out", tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.docx").read_text() == "years of work"


def test_a_study_of_two_systems_one_clip_and_three_experts_gets_means_without_intervals(tmp_path: Path) -> None:
    frame = make_frame(systems=("real", "mine"), experts=3, clips=1)
    analyse(write_csv(tmp_path / "small.csv", frame), "--out", tmp_path / "r", "--replicates", 1000, "--no-figures")
    table = pd.read_csv(tmp_path / "r" / "tables" / "system_means.csv")
    assert table["mean"].notna().all()
    assert table[["se", "ci_low", "ci_high"]].isna().all(axis=None)
    assert "No interval, fewer than 6 experts: real (valence, overall)" in (tmp_path / "r" / "report.html").read_text()


def test_the_core_needs_no_django() -> None:
    code = "import sys, analysis.data.ratings, analysis.report.folder; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
