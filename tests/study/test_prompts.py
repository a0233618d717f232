"""Single clips matched by prompt: the session plans, and a study from folders to the report."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.management import call_command

from study import dataset, services
from study.design import DesignSpec, certificate_of, make_session_apart, make_sessions
from study.design.prompts import prompt_gap, spread_prompts
from study.models import Study
from tests.factories import begin, make_expert, make_study, rate_all, study_toml
from tests.generation.test_pack_folder import folder_of

STUDIES = Path(__file__).parents[2] / "fixtures/studies"
SYSTEMS = ("model-a", "model-b")


def spec(systems: int, heard: int, clips: int, slots: int, repeats: int, seed: int = 1) -> DesignSpec:
    return DesignSpec(
        systems=tuple("ABCDEFGHIJKL"[:systems]),
        groups=(("experts", slots),),
        repeats=repeats,
        practice=0,
        break_after=0,
        questions=("overall",),
        seed=seed,
        clips=clips,
        heard=heard,
        matched=True,
    )


@pytest.mark.parametrize(
    ("systems", "heard", "clips", "slots", "repeats"),
    [(6, 10, 13, 26, 6), (4, 6, 8, 12, 4), (2, 4, 6, 8, 2), (3, 5, 5, 10, 0), (5, 3, 4, 10, 0), (12, 6, 9, 24, 6)],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_each_expert_hears_the_same_prompts_of_all_systems_apart(
    systems: int, heard: int, clips: int, slots: int, repeats: int, seed: int
) -> None:
    planned = spec(systems, heard, clips, slots, repeats, seed)
    made = make_sessions(planned)
    for slot in made["slots"]:
        once = [trial for trial in slot["trials"] if not trial["repeat"]]
        prompts = {
            system: sorted(trial["clip"] for trial in once if trial["system"] == system) for system in made["systems"]
        }
        assert all(prompts[system] == prompts["A"] for system in made["systems"])
        assert len(set(prompts["A"])) == heard
        assert nearest(slot["trials"]) >= prompt_gap(heard)
    certificate = certificate_of(made)
    assert certificate["uneven"] == []
    assert certificate["shortest_prompt_gap"] == min(nearest(slot["trials"]) for slot in made["slots"])
    assert nearest(make_session_apart(planned.of_one_slot())) >= prompt_gap(heard)


def nearest(trials: list[dict[str, Any]]) -> int:
    """The fewest trials between two clips of one prompt, pair by pair."""
    clips = [trial["clip"] for trial in trials]
    return min(j - i for j in range(len(clips)) for i in range(j) if clips[i] == clips[j])


def test_certificate_names_prompts_that_are_too_near() -> None:
    made = make_sessions(spec(4, 6, 8, 12, 4))
    trials = made["slots"][0]["trials"]
    trials[0]["clip"] = trials[1]["clip"]
    certificate = certificate_of(made)
    assert certificate["shortest_prompt_gap"] == 1
    assert "shortest_prompt_gap" in certificate["uneven"]


def test_plans_without_prompts_say_nothing_of_them() -> None:
    made = make_sessions(DesignSpec(**{**vars(spec(4, 6, 8, 12, 4)), "matched": False}))
    assert "match" not in made
    assert "shortest_prompt_gap" not in certificate_of(made)


def test_order_of_systems_is_not_that_of_prompts() -> None:
    """Which system's clip of a prompt comes first is left to chance: over many sessions each does equally often."""
    rng = np.random.default_rng(1)
    first = np.zeros(4)
    for _ in range(200):
        systems = np.concatenate([rng.permutation(4) for _ in range(6)]).tolist()
        chosen = spread_prompts(systems, range(6), rng)
        for prompt in range(6):
            first[systems[chosen.index(prompt)]] += 1
    assert first.sum() == 1200
    assert np.abs(first - 300).max() < 5 * np.sqrt(300 * 3 / 4)


@pytest.mark.django_db(transaction=True)
def test_study_of_prompts_from_folders_to_the_report(tmp_path: Path) -> None:
    names = [f"{system}/song{number}.wav" for system in SYSTEMS for number in range(1, 5)]
    folder_of(tmp_path / "FOLDER", *names, "practice/1.wav")
    text = (STUDIES / "pilot.toml").read_text(encoding="utf-8")
    (tmp_path / "pilot.toml").write_text(text.replace("[design]", '[trial]\nmatch = "prompt"\n\n[design]'), "utf-8")
    call_command("generate_stimuli", "--from", tmp_path / "FOLDER", "--out", tmp_path / "PACK")
    call_command("create_study", tmp_path / "pilot.toml", "--pack", tmp_path / "PACK")
    call_command("simulate_ratings", "pilot", "--seed", "1")
    call_command("export_dataset", "pilot-simulated", "--out", tmp_path / "DATASET")
    assert Study.objects.get(slug="pilot").certificate["uneven"] == []
    with (tmp_path / "DATASET/data/study-pilotsimulated_task-rating_data.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["is_repeat"] == "0"]
    of_clip = {clip["clip_id"]: clip["prompt_id"] for clip in rows}
    heard = {(row["expert_id"], row["system"]): set[str]() for row in rows}
    for row in rows:
        heard[row["expert_id"], row["system"]].add(row["prompt_id"])
    assert {prompt.startswith("song") for prompt in of_clip.values()} == {True}
    assert all(heard[expert, SYSTEMS[0]] == heard[expert, SYSTEMS[1]] for expert, _ in heard)
    call_command("analyse", tmp_path / "DATASET", "--out", tmp_path / "REPORT", "--no-figures", "--replicates", "1000")
    components = pd.read_csv(tmp_path / "REPORT/tables/variance_components.csv", comment="#")
    assert "prompt" in set(components["component"])
    methods = (tmp_path / "REPORT/methods.en.md").read_text(encoding="utf-8")
    assert "prompt" in methods
    about = json.loads((tmp_path / "DATASET/sequences.json").read_text(encoding="utf-8"))
    assert about["sealed"]["sessions"]["match"] == "prompt"


@pytest.mark.django_db
def test_prompts_are_named_once_clips_are(tmp_path: Path) -> None:
    """Sealed data names none; the data of a report under codes has them, with codes that are drawn for each clip."""
    text = study_toml(systems=("midi-gan", "real"), clips=4, heard=4, slots=6)
    study = make_study(tmp_path, text=text.replace("[design]", '[trial]\nmatch = "prompt"\n[design]'), clips=4)
    for number in range(6):
        expert = make_expert(study, f"e{number:02d}")
        begin(expert)
        rate_all(expert, 1 + number % 3)
        services.submit(expert)
    services.close_study(study, actor="test")
    dataset.export(study, tmp_path / "SEALED")
    assert "prompt_id" not in read(tmp_path / "SEALED").columns
    with services.blind_dataset(study, actor="researcher:ada") as folder:
        coded = read(folder)
        call_command("analyse", folder, "--out", tmp_path / "REPORT", "--no-figures", "--replicates", "1000")
    assert coded.groupby("clip_id")["prompt_id"].nunique().eq(1).all()
    assert coded.groupby(["expert_id", "prompt_id"]).size().eq(2).all()


def read(folder: Path) -> pd.DataFrame:
    """The ratings of a dataset, repeats left out."""
    table = pd.read_csv(folder / "data/study-small_task-rating_data.csv", keep_default_na=False)
    return table[table["is_repeat"] == 0].drop_duplicates(["expert_id", "trial"])
