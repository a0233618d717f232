"""Waveforms in the player: the same form for every clip, and the blinding check finds any other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from formats.errors import InputError
from formats.study_file import parse
from generation.waveform import BARS
from study import services
from study.blinding import check_blinding
from study.blinding.feature_test import observed_features
from study.management.blinding import sound_of
from study.models import Clip, Study
from tests.factories import (
    begin,
    clips_of,
    enter,
    make_expert,
    make_pack,
    make_study,
    pair_toml,
    reach,
    reference_toml,
    set_toml,
    study_toml,
    trials_of,
    waveform_toml,
)
from tests.study.exchanges import exchange

SYSTEMS = ("midi-gan", "transformer", "real")
SHAPE: dict[str, Any] = {"systems": SYSTEMS, "clips": 5, "practice": 1}
PEAKS = re.compile(r'data-peaks="(\w+)"')


@pytest.fixture
def study(tmp_path: Path, db: None) -> Study:
    """A draft whose experts hear one clip of each system."""
    text = waveform_toml(study_toml(heard=1, slots=8, scales=("overall",), **SHAPE))
    return make_study(tmp_path, text=text, draft=True, **SHAPE)


def check(study: Study) -> list[str]:
    return list(map(str, check_blinding(study, sound_of, 1).faults))


def test_study_is_created_checked_and_opened_with_waveforms(tmp_path: Path, db: None) -> None:
    toml = tmp_path / "shown.toml"
    toml.write_text(waveform_toml(study_toml(heard=1, slots=8, scales=("overall",), **SHAPE)), encoding="utf-8")
    call_command("create_study", str(toml), pack=make_pack(tmp_path / "pack", SYSTEMS, 5))
    study = Study.objects.get(state="open")
    assert study.plan["trial"]["waveform"] is True
    assert {len(drawn) for drawn in study.clips.values_list("waveform", flat=True)} == {BARS}


@pytest.mark.parametrize(
    "text",
    [
        study_toml(systems=SYSTEMS, heard=1, practice=0),
        pair_toml(systems=SYSTEMS, rounds=1, practice=0),
        set_toml(systems=SYSTEMS, practice=0),
        reference_toml("all", systems=SYSTEMS, practice=0),
    ],
    ids=["one clip", "pair", "set", "reference"],
)
def test_players_show_the_waveforms_of_their_clips(client: Client, tmp_path: Path, db: None, text: str) -> None:
    study = make_study(tmp_path, text=waveform_toml(text), systems=(*SYSTEMS, "original"))
    for number, clip in enumerate(study.clips.all()):  # the tones of the tests look alike
        Clip.objects.filter(pk=clip.pk).update(waveform=f"{number:080d}")
    expert = make_expert(study)
    begin(expert)
    enter(client, expert)
    trial = reach(expert, trials_of(expert)[0])
    heard = [*([trial.reference] if trial.reference else []), *clips_of(trial)]
    page = client.get(f"/room/t/{trial.token}/").text
    assert PEAKS.findall(page) == [Clip.objects.get(pk=clip.pk).waveform for clip in heard]
    assert len(re.findall(r"<div class=\"wave\" data-peaks=\"\w+\" aria-hidden=\"true\">", page)) == len(heard)
    assert page.index("wave.js") < page.index("room.js")


def test_pages_without_waveforms_have_nothing_of_them(client: Client, tmp_path: Path, db: None) -> None:
    expert = make_expert(make_study(tmp_path))
    begin(expert)
    page = enter(client, expert).get(f"/room/t/{trials_of(expert)[0].token}/").text
    assert "wave" not in page
    assert set(expert.study.clips.values_list("waveform", flat=True)) == {""}


def test_preview_shows_waveforms(study: Study) -> None:
    services.open_preview(study, actor="test", language="en")
    copy = Study.objects.get(preview=True)
    assert sorted(copy.clips.values_list("waveform")) == sorted(study.clips.values_list("waveform"))


def of(study: Study, system: str) -> list[Clip]:
    return list(study.clips.filter(system__system_id=system))


def test_stored_waveform_of_another_form_is_caught(study: Study) -> None:
    for clip in of(study, "transformer"):
        Clip.objects.filter(pk=clip.pk).update(waveform=clip.waveform[:60])
    for clip in of(study, "real"):
        lower = "".join(f"{int(peak, 36) // 2:x}"[0] for peak in clip.waveform)
        Clip.objects.filter(pk=clip.pk).update(waveform=lower)
    said = "The waveforms of 10 of 16 clips are not those of their audio: create the study again."
    assert said in check(study)


@pytest.mark.parametrize("leak", ["shorter_waveform", "lower_waveform"])
def test_planted_waveform_on_the_pages_of_a_system_is_caught(study: Study, settings: Settings, leak: str) -> None:
    settings.MIDDLEWARE = [*site.MIDDLEWARE, f"tests.study.leaks.{leak}"]
    assert "A trial page shows waveforms other than those of its clips." in check(study)


def test_bars_are_no_feature_but_their_form_is() -> None:
    def seen(peaks: str) -> dict[str, Any]:
        body = f'<div class="wave" data-peaks="{peaks}"></div>'
        (values,) = observed_features([exchange("trial", trial="t", body=body)]).values()
        return {name: value for name, value in values.items() if "data-peaks" in name}

    assert seen("09z0") == seen("a0bz")
    assert seen("09z0") != seen("09z") != seen("09a")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (study_toml().replace("[design]", "[trial]\nwaveform = 1\n[design]"), "Write true or false."),
        (waveform_toml(reference_toml("all", hidden=True)), "Waveforms would show which clip hidden_reference is."),
    ],
    ids=["number", "hidden reference"],
)
def test_waveform_that_cannot_be_is_a_fault(text: str, fault: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text)
    assert f"trial.waveform: {fault}" in str(error.value)
