"""The commitment in the plan, what is published after unsealing, and how both are checked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from study import dataset, services
from study.models import Event, Study, Trial
from study.sequences import commitment_to
from tests.factories import begin, make_expert, make_study, rate_all
from tests.study.test_desk import text

pytestmark = pytest.mark.django_db


def rated(folder: Path, codes: tuple[str, str] = ("e01", "e02"), **shape: Any) -> Study:
    study = make_study(folder, clips=4, heard=4, repeats=1, slots=2, **shape)
    for code in codes:
        expert = make_expert(study, code)
        begin(expert)
        rate_all(expert)
        services.submit(expert)
    return study


def unsealed(study: Study, out: Path) -> Path:
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    dataset.export(study, out)
    return out


def as_before_commitments(study: Study) -> None:
    """The study as an earlier version made it: its sessions frozen in the plan, and no seal apart."""
    content = study.seal.content
    study.plan = {**{key: value for key, value in study.plan.items() if key != "commitment"}, "schema": 1}
    study.plan["sessions"] = content["sessions"]
    study.plan_sha256 = hashlib.sha256(rfc8785.dumps(study.plan)).hexdigest()
    study.save()
    study.seal.delete()
    Event.objects.filter(study=study).delete()
    services.log_event(study, actor="test", kind="created", detail={"plan_sha256": study.plan_sha256})


def verified(out: Path) -> str:
    said = io.StringIO()
    call_command("verify_log", str(out / "events.jsonl"), stdout=said)
    return said.getvalue()


def test_published_sequences_match_the_commitment(tmp_path: Path) -> None:
    out = unsealed(rated(tmp_path), tmp_path / "out")
    plan, shown = (json.loads((out / name).read_text()) for name in ("plan.json", "sequences.json"))
    assert hashlib.sha256(rfc8785.dumps(shown["sealed"])).hexdigest() == plan["commitment"]
    assert len(shown["sealed"]["nonce"]) == 64
    assert sorted(shown["slots"]) == ["e01", "e02"]
    assert "each as it was written" in verified(out)


def test_dataset_rows_are_those_of_the_published_sequences(tmp_path: Path) -> None:
    out = unsealed(rated(tmp_path), tmp_path / "out")
    shown = json.loads((out / "sequences.json").read_text())
    trials = {row["slot"]: row["trials"] for row in shown["sealed"]["sessions"]["slots"]}
    with (out / "data" / "study-small_task-rating_data.csv").open() as file:
        for row in csv.DictReader(file):
            planned = trials[shown["slots"][row["expert_id"]]][int(row["trial"]) - 1]
            assert row["clip_id"] == shown["sealed"]["clips"][planned["system"]][planned["clip"]]
            assert row["system"] == shown["sealed"]["systems"][planned["system"]]


@pytest.mark.parametrize("codes", [("'q", "a;=b"), ("=q", "'=q"), ("-1", "q")])
def test_codes_that_tables_guard_match_their_sequences(tmp_path: Path, codes: tuple[str, str]) -> None:
    out = unsealed(rated(tmp_path, codes), tmp_path / "out")
    assert sorted(json.loads((out / "sequences.json").read_text())["slots"]) == sorted(codes)
    assert "each as it was written" in verified(out)


def swapped_names(shown: dict[str, Any]) -> None:
    systems = shown["sealed"]["systems"]
    systems["A"], systems["B"] = systems["B"], systems["A"]


def other_nonce(shown: dict[str, Any]) -> None:
    shown["sealed"]["nonce"] = "0" * 64


def swapped_slots(shown: dict[str, Any]) -> None:
    shown["slots"]["e01"], shown["slots"]["e02"] = shown["slots"]["e02"], shown["slots"]["e01"]


def no_slot(shown: dict[str, Any]) -> None:
    shown["slots"]["e01"] = 99


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (swapped_names, "the session plans are not those that the plan commits to"),
        (other_nonce, "the session plans are not those that the plan commits to"),
        (swapped_slots, "heard another clip in trial"),
        (no_slot, "e01 has a trial 1 that no session plan has"),
        (lambda shown: shown.pop("slots"), "these are no session plans of a dataset"),
    ],
)
def test_altered_sequences_are_found(tmp_path: Path, alter: Callable[[dict[str, Any]], None], said: str) -> None:
    out = unsealed(rated(tmp_path), tmp_path / "out")
    shown = json.loads((out / "sequences.json").read_text())
    alter(shown)
    (out / "sequences.json").write_text(json.dumps(shown))
    with pytest.raises(CommandError, match=said):
        verified(out)


def test_sequences_with_a_plan_made_to_fit_them_are_found(tmp_path: Path) -> None:
    """Forging both shows in the plan's hash in the log."""
    out = unsealed(rated(tmp_path), tmp_path / "out")
    plan, shown = (json.loads((out / name).read_text()) for name in ("plan.json", "sequences.json"))
    swapped_names(shown)
    plan["commitment"] = commitment_to(shown["sealed"])
    (out / "plan.json").write_text(json.dumps(plan))
    (out / "sequences.json").write_text(json.dumps(shown))
    with pytest.raises(CommandError, match="the plan beside it is not the one that was frozen"):
        verified(out)


def test_rows_that_were_not_planned_are_found(tmp_path: Path) -> None:
    out = unsealed(rated(tmp_path), tmp_path / "out")
    table = out / "data" / "study-small_task-rating_data.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:-1], lines[-1].replace("real", "midi-gan", 1)]) + "\n")
    table.write_text(table.read_text().replace("e01,all,1,", "e01,all,2,"))
    with pytest.raises(CommandError, match="heard another clip in trial"):
        verified(out)


def test_trials_that_were_exchanged_in_the_database_are_found(tmp_path: Path) -> None:
    study = rated(tmp_path)
    call_command("verify_log", "small", stdout=io.StringIO())
    one, other = Trial.objects.filter(slot__number=1, phase="study").order_by("number")[:2]
    one.clip, other.clip = other.clip, one.clip
    Trial.objects.bulk_update([one, other], ["clip"])
    with pytest.raises(CommandError, match="slot 1 heard another clip in trial 1 than was planned"):
        call_command("verify_log", "small", stdout=io.StringIO())
    assert study.sealed


def test_earlier_study_hides_its_sequences_until_unsealing(tmp_path: Path, ada: Client) -> None:
    study = rated(tmp_path, owner=User.objects.get(username="ada"))
    as_before_commitments(study)
    page = text(ada.get(reverse("desk:plan", args=["small"])))
    assert "contains no session plans" in page
    told = ada.get(reverse("desk:plan_file", args=["small"])).json()
    assert told["sessions"] == "left out until the seal is opened"
    assert "seed" not in told["design"]
    dataset.export(study, tmp_path / "sealed")
    assert json.loads((tmp_path / "sealed" / "plan.json").read_text()) == told
    assert "left out until the seal is opened" in (tmp_path / "sealed" / "README.md").read_text()
    assert "each as it was written" in verified(tmp_path / "sealed")


def test_earlier_study_publishes_its_frozen_plan_after_unsealing(tmp_path: Path) -> None:
    study = rated(tmp_path)
    as_before_commitments(study)
    out = unsealed(study, tmp_path / "out")
    assert hashlib.sha256((out / "plan.json").read_bytes()).hexdigest() == study.plan_sha256
    shown = json.loads((out / "sequences.json").read_text())
    assert shown["sessions"] == study.plan["sessions"]
    assert "each as it was written" in verified(out)
    call_command("verify_log", "small", stdout=io.StringIO())


def test_sealed_certificate_says_nothing_of_single_codes(tmp_path: Path) -> None:
    study = rated(tmp_path)
    dataset.export(study, tmp_path / "sealed")
    told = json.loads((tmp_path / "sealed" / "certificate.json").read_text())
    assert told["clip_counts_of_all"] == [2, 2]
    hidden = {"seed", "sessions_sha256", "carry_over", "systems_by_trial_number", "systems_by_place_in_block"}
    assert not hidden & set(told)
    assert not set("AB") & {key for value in told.values() if isinstance(value, dict) for key in value}
    out = unsealed(study, tmp_path / "out")
    assert json.loads((out / "certificate.json").read_text()) == study.certificate


def test_no_event_page_or_form_tells_a_slot(tmp_path: Path, ada: Client) -> None:
    study = make_study(tmp_path, owner=User.objects.get(username="ada"))
    make_expert(study, "e01")
    page = reverse("desk:expert", args=["small", "e01"])
    assert "Slot" not in text(ada.get(page))
    assert not any("slot" in json.dumps(event.detail) for event in study.events.all())
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    assert "Slot" in text(ada.get(page))
