from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from tests.analysis.makers import make_dataset, make_frame, read_oracle, write_csv


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
    code = "import sys, analysis.ratings, analysis.report; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
