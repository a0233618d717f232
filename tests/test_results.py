"""With `--json` each command prints one object that fits its schema, and nothing else."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from django.core.management import call_command

from formats import results
from study.models import Study
from tests.analysis.builders import make_frame, write_csv
from tests.factories import SCALES, begin, make_expert, make_pack, rate_all, study_toml
from tests.formats.test_schemas import validator
from tests.generation.songs import walk, write_song


def result(command: str, *arguments: object, name: str = "") -> dict[str, Any]:
    """What a command prints, checked against its schema."""
    out = io.StringIO()
    call_command(command, *map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    validator(f"results/{name or command}.json").validate(found)
    return found


@pytest.fixture
def study_path(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(study_toml(slots=3), encoding="utf-8")
    return path


@pytest.mark.django_db(transaction=True)
def test_commands_of_a_study_print_their_results(tmp_path: Path, study_path: Path) -> None:
    checked = result("create_study", study_path, "--check", name="create_study-check")
    assert (checked["trials_per_expert"], checked["slots"]) == (4, 3)
    made = result("create_study", study_path, "--pack", make_pack(tmp_path / "pack"))
    study = Study.objects.get(slug=made["slug"])
    assert (made["state"], made["plan_sha256"]) == ("open", study.plan_sha256)
    assert result("check_blinding", "small", "--sessions", "2")["sessions"] == 2
    (tmp_path / "experts.csv").write_text("code,group,language\ne01,all,en\n", encoding="utf-8")
    links = result("invite_experts", "small", tmp_path / "experts.csv", "--site", "https://study.example.org")["links"]
    assert links["e01"].startswith("https://study.example.org/i/")

    begin(expert := make_expert(study, "e02"))
    rate_all(expert)
    dataset = result("export_dataset", "small", "--out", tmp_path / "dataset")
    assert len(dataset["sha256"]) == 64
    assert result("export_dataset", "small", "--out", tmp_path / "d.zip", "--form", "zip")["sha256"] is None
    log = result("verify_log", "small")
    assert (log["events"], log["head"]) == (study.events.count(), study.events.order_by("number").last().hash)  # type: ignore[union-attr]
    backup = result("backup", tmp_path / "b.zip")
    assert backup["rows"]["study.rating"] == 5 * len(SCALES)  # practice too
    assert result("restore", "--check", tmp_path / "b.zip") == backup
    assert result("erase_expert", "small", "e02", "--sure")["code"] == "e02"


def test_commands_of_clips_print_their_results(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for system in ("a", "b"):
        (tmp_path / "own" / system).mkdir(parents=True)
        for number in range(3):
            soundfile.write(tmp_path / "own" / system / f"{number}.wav", 0.1 * rng.normal(size=3 * 22_050), 22_050)
    made = result("generate_stimuli", "--from", tmp_path / "own", "--out", tmp_path / "pack")
    assert (made["clips"], made["rendered"], set(made["systems"])) == (6, 6, {"a", "b"})
    pack = result("check_pack", tmp_path / "pack")
    assert (pack["systems"], pack["prompts"], pack["cautions"]) == ({"a": 3, "b": 3}, 3, made["cautions"])


def test_commands_of_songs_print_their_results(tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    for number in range(3):
        write_song(tmp_path / "songs" / f"{number}.mid", walk(24, number))
    (tmp_path / "songs" / "broken.mid").write_bytes(b"MThd")
    measured = result("measure_clips", tmp_path / "songs", "--out", tmp_path / "m.csv")
    assert (measured["clips"], list(measured["skipped"])) == (3, ["broken.mid"])
    corpus = result("prepare_corpus", "--source", tmp_path / "songs", "--out", tmp_path / "corpus.npz")
    assert (corpus["songs"], corpus["used"], sum(corpus["skipped"].values())) == (4, 3, 1)


def test_commands_of_analysis_print_their_results(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "r.csv", make_frame(scales=("overall",)))
    written = result("analyse", table, "--out", tmp_path / "r", "--no-figures", "--replicates", "1000")
    assert all(Path(path).is_file() for path in written["files"])
    planned = result("plan_study", "--experts", 26, "--gap", 0.5)
    assert set(planned["scenarios"]) == {"low", "middle", "high"}
    assert planned["scenarios"]["low"]["power"] > planned["scenarios"]["high"]["power"]


def test_every_command_with_results_has_a_schema() -> None:
    from django.core.management import get_commands, load_command_class

    from config.commands import WithResult

    apps = ("study", "generation", "analysis")
    ours = {name for name, app in get_commands().items() if app in apps}
    told = {name for name in ours if isinstance(load_command_class(get_commands()[name], name), WithResult)}
    assert told == {name.partition(" ")[0] for name in results.OF_COMMAND}
