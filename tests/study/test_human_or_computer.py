"""docs/human-or-computer.md as a reader follows it: from folders of clips to the report."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import call_command

from study.models import Study
from tests.generation.test_pack_folder import folder_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "human-or-computer.md").read_text("utf-8")
PLACES = ("FOLDER", "PACK", "EXPERTS.csv", "DATASET", "REPORT", "human-or-computer.toml")


@pytest.mark.django_db(transaction=True)
def test_page_leads_from_folders_to_the_report(tmp_path: Path) -> None:
    names = [f"{system}/{number}.wav" for system in ("model-a", "model-b", "human") for number in range(1, 9)]
    folder_of(tmp_path / "FOLDER", *names, "practice/one.wav", "practice/two.wav")
    shutil.copy(ROOT / "fixtures/studies/human-or-computer.toml", tmp_path)
    (tmp_path / "EXPERTS.csv").write_text("code,group,language\ne01,experts,en\n", encoding="utf-8")
    for line in PAGE.splitlines():
        if line.startswith("    python manage.py "):
            call_command(*(str(tmp_path / word) if word in PLACES else word for word in line.split()[2:]))
    assert Study.objects.get(slug="human-or-computer").state == "open"
    with (tmp_path / "DATASET/data/study-humanorcomputersimulated_task-choice_data.csv").open("r") as stream:
        rows = [row for row in csv.DictReader(stream) if row["is_repeat"] == "0"]
    assert len(rows) == 20 * 24
    table = pd.read_csv(tmp_path / "REPORT/tables/discrimination.csv", comment="#")
    assert list(table["system"].dropna()) == ["model-a", "model-b"]
    assert set(table["family"].dropna()) == {"planned"}
    about = json.loads((tmp_path / "REPORT/report.json").read_text("utf-8"))["report"]
    assert (about["kind"], about["simulated"]) == ("choices", True)
    page = (tmp_path / "REPORT/report.html").read_text("utf-8")
    assert "Origin" in page
    assert "Model A" in page
