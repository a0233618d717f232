"""Trials with a reference: what is played as one, what a save asks, and what the check of blinding finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from formats.errors import InputError
from formats.pack import read_pack
from formats.study_file import parse
from study import clock, queries, services
from study.blinding import check_blinding
from study.errors import Refused
from study.management.blinding import sound_of
from study.models import Clip, Expert, Listening, Rating, Study, Trial
from study.sequences import broken_sessions
from study.services.copies import open_preview
from study.simulation import simulate
from tests.factories import (
    begin,
    clips_of,
    complete,
    enter,
    hear,
    make_expert,
    make_pack,
    make_reference_study,
    rate,
    reference_toml,
    trials_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

#: Clips of a trial, and the question that each kind asks here.
KINDS = {1: "overall", 2: "better", "all": "overall"}


@pytest.fixture
def _time_passes() -> Iterator[None]:
    """Each look at the clock finds it half a second later, so that there is time for all clips."""
    begun, looks = clock.now(), count()
    with clock.use(lambda: begun + timedelta(seconds=next(looks) / 2)):
        yield


@pytest.fixture(params=list(KINDS))
def clips(request: pytest.FixtureRequest) -> int | str:
    kind: int | str = request.param
    return kind


@pytest.fixture
def study(tmp_path: Path, clips: int | str) -> Study:
    return make_reference_study(tmp_path, clips)


@pytest.fixture
def expert(study: Study) -> Expert:
    expert = make_expert(study)
    begin(expert)
    return expert


@pytest.fixture
def trial(expert: Expert, _time_passes: None) -> Trial:
    """The first study trial, the practice before it rated."""
    for practice in trials_of(expert, "practice"):
        complete(expert, practice)
    return trials_of(expert)[0]


def prompts_of(trial: Trial) -> list[str]:
    assert trial.reference is not None
    return [clip.pack_entry["prompt_id"] for clip in (trial.reference, *clips_of(trial))]


def test_reference_is_of_the_prompt_of_its_trial(study: Study, clips: int | str) -> None:
    references = study.clips.filter(role=Clip.Role.REFERENCE)
    assert {clip.pack_entry["system"] for clip in references} == {"original"}
    assert references.count() == 3
    trials = Trial.objects.filter(slot__study=study, phase="study")
    assert all(len(set(prompts_of(trial))) == 1 for trial in trials)
    assert trials.exists()
    assert broken_sessions(study) == ""
    [practice, *_] = Trial.objects.filter(slot__study=study, phase="practice")
    assert practice.reference is not None
    assert practice.reference.role == Clip.Role.PRACTICE
    assert practice.reference not in clips_of(practice)
    assert study.plan["trial"]["reference"] == "original"


def test_another_reference_than_planned_is_noticed(study: Study) -> None:
    trial = Trial.objects.filter(slot__study=study, phase="study")[0]
    trial.reference = study.clips.filter(role=Clip.Role.REFERENCE).exclude(reference_trials=trial)[0]
    trial.save()
    assert "has another reference than was planned" in str(broken_sessions(study))


def test_reference_belongs_to_no_system(study: Study) -> None:
    clip = study.clips.filter(role=Clip.Role.REFERENCE)[0]
    clip.system = study.systems.all()[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        clip.save()


def test_reference_is_heard_before_an_answer(expert: Expert, trial: Trial, clips: int | str) -> None:
    places = range(1, len(clips_of(trial)) + 1)
    hear(expert, trial, *places)
    with pytest.raises(Refused, match="Please listen to the reference and to the clips to the end first"):
        rate(expert, trial, KINDS[clips], 1)
    hear(expert, trial, 0)
    assert rate(expert, trial, KINDS[clips], 1).place == 1
    assert set(Listening.objects.filter(trial=trial).values_list("place", flat=True)) == {0, *places}


def test_reference_alone_is_not_enough(expert: Expert, trial: Trial, clips: int | str) -> None:
    hear(expert, trial, 0)
    with pytest.raises(Refused, match="to the end first"):
        rate(expert, trial, KINDS[clips], 1)
    assert not Rating.objects.filter(trial=trial).exists()


@pytest.mark.usefixtures("_time_passes")
def test_reference_is_never_rated(expert: Expert, trial: Trial, clips: int | str) -> None:
    hear(expert, trial)
    with pytest.raises(Refused) as found:
        rate(expert, trial, KINDS[clips], 1, place=0)
    assert found.value.status == 400


def test_page_has_a_marked_player_at_an_address_of_its_trial(client: Client, expert: Expert, trial: Trial) -> None:
    enter(client, expert)
    page = client.get(reverse("room:trial", args=[trial.token])).content.decode()
    assert page.index("Reference</h2>") < page.index(f'data-audio="/room/t/{trial.token}/audio"')
    assert page.count('data-at="0"') == 1
    assert "mukulen/reference.js" in page
    audio = client.get(f"/room/t/{trial.token}/audio/0")
    assert "private, no-store" in audio["Cache-Control"]
    assert trial.reference is not None
    with default_storage.open(trial.reference.audio) as file:
        assert audio.content == file.read()
    assert client.get(f"/room/t/{trial.token}/audio/9").status_code == 404


def test_hidden_reference_has_a_file_of_its_own(tmp_path: Path, clips: int | str) -> None:
    study = make_reference_study(tmp_path, clips, hidden=True)
    copies = {clip.pack_entry["clip_id"]: clip for clip in study.clips.filter(system__system_id="real")}
    references = study.clips.filter(role=Clip.Role.REFERENCE)
    assert {clip.pack_entry["clip_id"] for clip in references} == set(copies)
    for reference in references:
        hidden = copies[reference.pack_entry["clip_id"]]
        assert reference.clip_id != hidden.clip_id
        with default_storage.open(reference.audio) as one, default_storage.open(hidden.audio) as other:
            shown, beside = one.read(), other.read()
        assert shown != beside
        assert len(shown) == len(beside)


def test_blinding_check_plays_references_and_finds_a_bare_one(tmp_path: Path, clips: int | str) -> None:
    study = make_reference_study(tmp_path, clips, hidden=True, draft=True)
    assert check_blinding(study, sound_of, 2).faults == []
    reference = study.clips.filter(role=Clip.Role.REFERENCE)[0]
    hidden = study.clips.get(role="study", pack_entry__clip_id=reference.pack_entry["clip_id"])
    with default_storage.open(hidden.audio) as file:
        data = file.read()
    default_storage.delete(reference.audio)
    default_storage.save(reference.audio, ContentFile(data))
    [fault] = check_blinding(study, sound_of, 2).faults
    assert "1 of 3 references have the same bytes as a clip" in str(fault)


def test_copies_have_the_references_of_their_prompts(study: Study) -> None:
    copy = simulate(study, 1, replace=False)
    assert all(len(set(prompts_of(trial))) == 1 for trial in Trial.objects.filter(slot__study=copy, phase="study"))
    device = open_preview(study, actor="test", language="en")
    by_audio = {clip.audio: clip.pack_entry.get("prompt_id") for clip in study.clips.all()}
    for trial in trials_of(device.expert):
        assert trial.reference is not None
        assert by_audio[trial.reference.audio] == by_audio[trial.clip.audio]
    assert queries.current_trial(device.expert) is not None


def test_pack_without_enough_references_is_refused(tmp_path: Path) -> None:
    file = parse(reference_toml(1))
    pack = make_pack(tmp_path / "pack", ("midi-gan", "real"), practice=2)
    with pytest.raises(
        InputError, match=r"trial\.reference: .* 3 prompts, but the pack has only 0 clips of 'original'"
    ):
        services.choose_clips(file, read_pack(pack))
