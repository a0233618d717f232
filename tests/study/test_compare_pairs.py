"""docs/compare-pairs.md as a reader follows it: from folders of clips to the table of comparisons."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import call_command

from study.models import Study
from tests.generation.test_pack_folder import folder_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compare-pairs.md").read_text("utf-8")
SYSTEMS = ("model-a", "model-b", "human")


def commands(tmp_path: Path) -> list[list[str]]:
    """The commands of the page in their order, with places of this test's own."""
    lines = [line.split()[2:] for line in PAGE.splitlines() if line.startswith("    python manage.py ")]
    places = {name: str(tmp_path / name) for name in ("FOLDER", "PACK", "EXPERTS.csv", "DATASET", "REPORT", "ab.toml")}
    return [[places.get(first, first) + slash + rest for first, slash, rest in words(line)] for line in lines]


def words(line: list[str]) -> list[tuple[str, str, str]]:
    """The words of a command, cut after the first folder of a path."""
    return [word.partition("/") for word in line]


@pytest.mark.django_db(transaction=True)
def test_page_leads_from_folders_to_comparisons(tmp_path: Path) -> None:
    names = [f"{system}/song{number}.wav" for system in SYSTEMS for number in range(1, 9)]
    folder_of(tmp_path / "FOLDER", *names, "practice/one.wav", "practice/two.wav")
    shutil.copy(ROOT / "fixtures/studies/ab.toml", tmp_path / "ab.toml")
    (tmp_path / "EXPERTS.csv").write_text("code,group,language\ne01,experts,en\n", encoding="utf-8")
    for line in commands(tmp_path):
        call_command(*line)
    study = Study.objects.get(slug="ab")
    assert (study.state, study.certificate["uneven"]) == ("open", [])
    with (tmp_path / "DATASET/data/study-absimulated_task-comparison_data.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["is_repeat"] == "0"]
    pairs = Counter(frozenset((row["system_a"], row["system_b"])) for row in rows)
    assert set(pairs.values()) == {16 * 4}
    assert {row["prompt_id"] for row in rows} == {f"song{number}" for number in range(1, 9)}
    planned = pd.read_csv(tmp_path / "REPORT/tables/planned_contrasts.csv").dropna(subset=["system_a"])
    named = [("model-a", "human"), ("model-b", "human"), ("model-a", "model-b")]
    assert list(zip(planned["system_a"], planned["system_b"], strict=True)) == named
    about = json.loads((tmp_path / "REPORT/report.json").read_text("utf-8"))["report"]
    assert about["plan_hash"] == Study.objects.get(slug="ab-simulated").plan_sha256
    assert about["questions"] == {"preference": {"largest": 3.0}}
    page = (tmp_path / "REPORT/report.html").read_text("utf-8")
    assert "Human continuation" in page
    assert {-3 <= int(row["value"]) <= 3 for row in rows} == {True}
