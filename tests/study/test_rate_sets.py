"""docs/rate-sets.md as a reader follows it: from folders of clips to the report."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import call_command

from study.models import Study
from tests.generation.test_pack_folder import folder_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rate-sets.md").read_text("utf-8")
PLACES = ("FOLDER", "PACK", "EXPERTS.csv", "DATASET", "REPORT", "mirex.toml")
SYSTEMS = ("model-a", "model-b", "model-c", "human")


@pytest.mark.django_db(transaction=True)
def test_page_leads_from_folders_to_the_report(tmp_path: Path) -> None:
    names = [f"{system}/song{number}.wav" for system in SYSTEMS for number in range(1, 11)]
    folder_of(tmp_path / "FOLDER", *names, *(f"practice/{number}.wav" for number in range(4)))
    shutil.copy(ROOT / "fixtures/studies/mirex.toml", tmp_path)
    (tmp_path / "EXPERTS.csv").write_text("code,group,language\ne01,experts,en\n", encoding="utf-8")
    for line in PAGE.splitlines():
        if line.startswith("    python manage.py "):
            words = [str(tmp_path / word) if word in PLACES else word for word in line.split()[2:]]
            call_command(*words, *(["--no-figures", "--replicates", "1000"] if words[0] == "analyse" else []))
    study = Study.objects.get(slug="mirex")
    assert (study.state, study.certificate["uneven"]) == ("open", [])
    with (tmp_path / "DATASET/data/study-mirexsimulated_task-rating_data.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["is_repeat"] == "0"]
    assert set(Counter((row["trial"], row["expert_id"]) for row in rows).values()) == {4 * 5}
    assert {row["prompt_id"] for row in rows} == {f"song{number}" for number in range(1, 11)}
    components = pd.read_csv(tmp_path / "REPORT/tables/variance_components.csv", comment="#")
    assert {"expert", "clip", "expert:system", "prompt"} <= set(components["component"])
    contrasts = pd.read_csv(tmp_path / "REPORT/tables/contrasts.csv", comment="#")
    assert len(contrasts.dropna(subset=["system_a"])) == 5 * 6
