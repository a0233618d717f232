"""Clips that run together: what the study file and packs may be, and where it is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from formats.errors import InputError
from formats.pack import read_pack
from formats.study_file import parse
from study import dataset, preregistration, services
from study.blinding import check_blinding
from study.builder import content as contents
from study.builder.steps import fields_of
from study.management.blinding import sound_of
from study.simulation import simulate
from tests.factories import (
    begin,
    enter,
    make_expert,
    make_pack,
    make_study,
    pair_toml,
    reference_toml,
    set_toml,
    study_toml,
    synchronous_toml,
    trials_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

SYSTEMS = ("midi-gan", "mlstm", "real")
SHAPE: dict[str, Any] = {"systems": SYSTEMS, "clips": 3, "practice": 0}
SAID = "Clips of a trial ran together and repeated"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (study_toml().replace("[design]", "[trial]\nsynchronous = true\n[design]"), "has no other one to switch to"),
        (synchronous_toml(pair_toml(match="none")), 'Write match = "prompt"'),
        (synchronous_toml(pair_toml()).replace("synchronous = true", 'synchronous = "yes"'), "Write true or false"),
    ],
)
def test_file_that_cannot_be_is_refused(text: str, fault: str) -> None:
    with pytest.raises(InputError, match=f"line \\d+, trial.synchronous: .*{fault}"):
        parse(text)


@pytest.mark.parametrize("text", [pair_toml(), set_toml(), reference_toml(1), reference_toml("all", hidden=True)])
def test_file_of_several_clips_is_taken(text: str) -> None:
    assert parse(synchronous_toml(text)).trial.synchronous
    assert not parse(text).trial.synchronous


def test_clips_of_unequal_length_are_refused(tmp_path: Path) -> None:
    file = parse(synchronous_toml(pair_toml(**SHAPE)))
    clips = list(read_pack(make_pack(tmp_path / "pack", SYSTEMS, 3)))
    assert services.choose_clips(file, clips).every
    longer = [replace(clips[0], duration_ms=clips[0].duration_ms + 40), *clips[1:]]
    with pytest.raises(InputError, match=r"trial.synchronous: The clips last 1.000 to 1.040 s"):
        services.choose_clips(file, longer)


@pytest.mark.parametrize("make", [pair_toml, set_toml])
def test_pages_of_such_a_study_alone_load_its_player(make: Any, tmp_path: Path, client: Client) -> None:
    for slug, text in (("apart", make(**SHAPE)), ("together", synchronous_toml(make(**SHAPE)))):
        study = make_study(tmp_path / slug, slug=slug, text=text, systems=SYSTEMS, clips=3, practice=0)
        begin(expert := make_expert(study))
        page = enter(client, expert).get(reverse("room:trial", args=[trials_of(expert)[0].token])).content.decode()
        assert ("mukulen/sync.js" in page) == (slug == "together")
        assert ("All clips run together and repeat." in page) == (slug == "together")


@pytest.mark.django_db(transaction=True)
def test_blinding_check_passes(tmp_path: Path) -> None:
    text = synchronous_toml(set_toml(**SHAPE))
    draft = make_study(tmp_path, text=text, systems=SYSTEMS, clips=3, practice=0, draft=True)
    assert check_blinding(draft, sound_of, 1).faults == []


@pytest.mark.parametrize("make", [pair_toml, set_toml])
def test_preregistration_and_report_say_it(make: Any, tmp_path: Path) -> None:
    text = synchronous_toml(make(**SHAPE))
    study = make_study(tmp_path, text=text, systems=SYSTEMS, clips=3, practice=0)
    assert SAID in preregistration.text_for(study, "osf", "en")
    dataset.export(simulate(study, 1, replace=False), tmp_path / "dataset")
    call_command("analyse", tmp_path / "dataset", "--out", tmp_path / "report", "--no-figures", "--replicates", "1000")
    assert SAID in (tmp_path / "report/methods.en.md").read_text("utf-8")
    checklist = (tmp_path / "report/tables/checklist.csv").read_text("utf-8")
    assert "Switching between clips" in checklist
    assert SAID in checklist


def test_builder_offers_it_where_there_is_a_clip_to_switch_to() -> None:
    draft = contents.drafted({"trial": {"clips": 2, "match": "prompt", "synchronous": True}, "languages": ["en"]})
    assert "trial.synchronous" in fields_of("clips", draft)
    contents.set_form(draft, "all", {"kind": "rating", "key": "overall"})
    assert draft["trial"] == {"clips": "all", "match": "prompt", "synchronous": True}
    contents.set_form(draft, 1, {"kind": "rating", "key": "overall"})
    assert draft["trial"] == {}
    assert "trial.synchronous" not in fields_of("clips", draft)
    draft["trial"] = {"reference": "original"}
    assert "trial.synchronous" in fields_of("clips", draft)
