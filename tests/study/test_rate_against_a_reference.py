"""docs/rate-against-a-reference.md as a reader follows it, for each of its examples."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.core.management import call_command

from study.models import Clip, Study
from study.preregistration import text_for
from tests.generation.test_pack_folder import folder_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rate-against-a-reference.md").read_text("utf-8")
PLACES = ("FOLDER", "PACK", "EXPERTS.csv", "DATASET", "REPORT")
HEARD = "It must be heard to its end before an answer can be given."
#: Study: its systems, its practice clips, its table of answers, the report's table of contrasts and their number in it.
EXAMPLES = {
    "dmos": (("model-a", "model-b", "model-c"), 2, "rating", "contrasts", 3),
    "cmos": (("model-a", "model-b", "model-c"), 3, "comparison", "planned_contrasts", 1),
    "xab": (("model-a", "model-b", "model-c"), 3, "comparison", "planned_contrasts", 1),
    "abx": (("model-a", "model-b", "model-c"), 2, "choice", "abx", 3),
    "mushra": (("model-a", "model-b", "low", "mid", "original"), 6, "rating", "contrasts", 3),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", EXAMPLES)
def test_page_leads_from_folders_to_the_report(tmp_path: Path, name: str) -> None:
    systems, practice, table, contrasts, count = EXAMPLES[name]
    songs = [f"{system}/song{number}.wav" for system in {*systems, "original"} for number in range(1, 9)]
    folder_of(tmp_path / "FOLDER", *songs, *(f"practice/{number}.wav" for number in range(practice)))
    shutil.copy(ROOT / f"fixtures/studies/{name}.toml", tmp_path)
    (tmp_path / "EXPERTS.csv").write_text("code,group,language\ne01,experts,en\n", encoding="utf-8")
    for line in PAGE.replace("dmos", name).splitlines():
        if line.startswith("    python manage.py "):
            places = (*PLACES, f"{name}.toml")
            words = [str(tmp_path / word) if word in places else word for word in line.split()[2:]]
            call_command(*words, *(["--no-figures", "--replicates", "1000"] if words[0] == "analyse" else []))
    study = Study.objects.get(slug=name)
    assert (study.state, study.certificate["uneven"]) == ("open", [])
    with (tmp_path / f"DATASET/data/study-{name}simulated_task-{table}_data.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    heard = {row[column] for row in rows for column in ("system", "system_a", "system_b") if column in row}
    assert heard == set(systems)
    sealed = json.loads((tmp_path / "DATASET/sequences.json").read_text(encoding="utf-8"))["sealed"]
    if name == "abx":
        choices_are_about_x(tmp_path, rows, sealed)
        return
    assert study.clips.filter(role=Clip.Role.REFERENCE).count() == 8
    clips = {clip for found in sealed["clips"].values() for clip in found}
    assert set(sealed["references"]) == clips
    assert not clips & set(sealed["references"].values())
    called, hidden = "original", "No copy of it is"
    if name == "mushra":  # where it is a system, which has a label
        called, hidden = "Hidden reference", "An unmarked copy of it is"
    said = f"marked as such: the clip of “{called}” for the same prompt. {HEARD} {hidden} among the clips"
    assert said in (tmp_path / "REPORT/methods.en.md").read_text(encoding="utf-8")
    assert said in (tmp_path / "REPORT/tables/checklist.csv").read_text(encoding="utf-8")
    found = pd.read_csv(tmp_path / f"REPORT/tables/{contrasts}.csv", comment="#")
    assert len(found.dropna(subset=["system_a"])) == count
    if name == "mushra":
        anchors_are_apart(tmp_path / "REPORT")
        preregistered = text_for(study, "osf", "en")
        assert "the form of MUSHRA" in preregistered
        assert "flagged on the primary question are excluded from all analyses." in preregistered


def choices_are_about_x(folder: Path, rows: list[dict[str, str]], sealed: dict[str, Any]) -> None:
    """X is each of the two clips equally often for everyone, and the report has a proportion for each pair."""
    planned = {slot["slot"]: [trial["x"] for trial in slot["trials"]] for slot in sealed["sessions"]["slots"]}
    for number, places in planned.items():
        own = [row for row in rows if row["expert_id"] == f"simulated-{number:03d}"]
        assert [int(row["x"]) for row in own] == places
        first = [row["x"] for row in own if row["is_repeat"] == "0"]
        assert first.count("1") == first.count("2") == 6
    assert all((row["choice"] == "ab"[int(row["x"]) - 1]) == (row["correct"] == "1") for row in rows)
    clips = {clip for found in sealed["clips"].values() for clip in found}
    assert not clips & set(sealed["x"])
    found = pd.read_csv(folder / "REPORT/tables/abx.csv").iloc[:-1]
    assert list(found["pair"]) == ["model-a / model-b", "model-a / model-c", "model-b / model-c"]
    assert found["proportion"].between(0.5, 0.95).all()
    said = "Each trial has an X, one of its two clips (A and B) again, in a file of its own (ABX)."
    assert said in (folder / "REPORT/methods.en.md").read_text(encoding="utf-8")
    assert said in (folder / "REPORT/tables/checklist.csv").read_text(encoding="utf-8")


def anchors_are_apart(report: Path) -> None:
    """Anchors have means of their own, in the order low, mid, systems, hidden reference; experts are screened."""
    names = ("anchor_means", "system_means", "contrasts", "post_screening")
    anchors, means, contrasts, screened = (
        pd.read_csv(report / f"tables/{name}.csv").iloc[:-1]
        for name in names  # the last row says SIMULATED
    )
    low, mid = (anchors.set_index("system")["mean"][name] for name in ("low", "mid"))
    others = means.set_index("system")["mean"]
    assert low < mid < others.drop("original").min() < others["original"]
    assert not {"low", "mid"} & {*others.index, *contrasts["system_a"], *contrasts["system_b"]}
    assert (screened["n_reference"] == 8).all()
    assert "the form of MUSHRA (ITU-R BS.1534-3)" in (report / "methods.en.md").read_text(encoding="utf-8")
