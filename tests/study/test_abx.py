"""Trials with an X (ABX): how X is planned, what pages and datasets say of it, what the check of blinding finds."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from study import clock, dataset, services
from study.blinding import check_blinding
from study.design.pairs import PairSpec, make_pair_sessions, pair_certificate
from study.errors import Refused
from study.management.blinding import sound_of
from study.models import Clip, Seal, Study, Trial
from study.sequences import broken_sessions
from study.services.copies import open_preview
from tests.factories import begin, clips_of, enter, hear, make_abx_study, make_expert, rate, trials_of

pytestmark = pytest.mark.usefixtures("in_english")


@st.composite
def specs(draw: st.DrawFn) -> PairSpec:
    systems, prompts = draw(st.integers(2, 6)), draw(st.integers(1, 9))
    rounds = draw(st.integers(1, prompts))
    trials = rounds * systems * (systems - 1) // 2
    return PairSpec(
        systems=tuple("ABCDEF"[:systems]),
        groups=(("a", draw(st.integers(1, 9))), ("b", draw(st.integers(1, 5)))),
        repeats=draw(st.integers(0, 3)) if trials >= 16 else 0,
        practice=1,
        break_after=0,
        questions=("x_is",),
        seed=draw(st.integers(0, 2**53 - 1)),
        prompts=prompts,
        rounds=rounds,
        matched=True,
        has_x=True,
    )


@settings(max_examples=40, deadline=None)
@given(specs())
def test_x_is_balanced_for_any_shape(spec: PairSpec) -> None:
    sessions = make_pair_sessions(spec)
    certificate = pair_certificate(sessions)
    assert certificate["uneven"] == []
    assert {"x_per_slot", "x_per_pair", "x_per_slot_and_pair", "x_systems_per_pair"} <= certificate["promised"].keys()
    for slot in sessions["slots"]:
        first = {_clips(trial): _x(trial) for trial in slot["trials"] if not trial["repeat"]}
        assert all(_x(trial) == first[_clips(trial)] for trial in slot["trials"] if trial["repeat"])
    assert sessions == make_pair_sessions(spec)


def _clips(trial: dict[str, object]) -> frozenset[tuple[str, int]]:
    return frozenset((place["system"], place["clip"]) for place in trial["places"])  # type: ignore[attr-defined]


def _x(trial: dict[str, object]) -> object:
    return trial["places"][trial["x"] - 1]  # type: ignore[index, operator]


@pytest.fixture
def _time_passes() -> Iterator[None]:
    """Each look at the clock finds it half a second later, so that there is time for all clips."""
    begun, looks = clock.now(), count()
    with clock.use(lambda: begun + timedelta(seconds=next(looks) / 2)):
        yield


@pytest.fixture
def study(tmp_path: Path, db: None) -> Study:
    return make_abx_study(tmp_path, repeats=2)


def source_of(study: Study, trial: Trial) -> Clip:
    """The clip that the X of a trial is, as it is sealed."""
    assert trial.reference is not None
    return study.clips.get(clip_id=Seal.objects.get(study=study).content["x"][trial.reference.clip_id])


def data_of(clip: Clip) -> bytes:
    with default_storage.open(clip.audio) as file:
        data: bytes = file.read()
    return data


def test_each_x_is_a_file_of_its_own_that_nobody_hears_twice(study: Study) -> None:
    whole = Trial.objects.filter(slot__study=study).select_related("reference")
    for trial in whole:
        source = source_of(study, trial)
        assert source in clips_of(trial)
        assert trial.reference is not None
        copy, heard = data_of(trial.reference), [data_of(clip) for clip in clips_of(trial)]
        assert copy not in heard
        assert {len(copy)} == {len(data) for data in heard}
    times = Counter((trial.slot_id, trial.reference_id) for trial in whole)
    assert set(times.values()) == {1}
    assert broken_sessions(study) == ""


def test_another_x_than_planned_is_noticed(study: Study) -> None:
    trial = trials_of(make_expert(study))[0]
    [other] = set(clips_of(trial)) - {source_of(study, trial)}
    copies = [copy for copy, source in Seal.objects.get(study=study).content["x"].items() if source == other.clip_id]
    trial.reference = study.clips.get(clip_id=copies[0])
    trial.save()
    assert "has another reference than was planned" in str(broken_sessions(study))


@pytest.mark.usefixtures("_time_passes")
def test_page_says_nothing_of_what_x_is(client: Client, study: Study) -> None:
    expert = make_expert(study)
    begin(expert)
    enter(client, expert)
    for trial in trials_of(expert, "practice") + trials_of(expert)[:2]:
        page = client.get(reverse("room:trial", args=[trial.token])).content.decode()
        named = [name for name in ("X", "A", "B", "Reference", "First clip") if f">{name}</h2>" in page]
        assert named == ["X", "A", "B"]
        assert "Please listen to A, B and X to the end first." in page
        for clip in (trial.reference, *clips_of(trial)):
            assert clip is not None
            assert clip.clip_id not in page
        hear(expert, trial, 1, 2)
        with pytest.raises(Refused, match="Please listen to A, B and X to the end first"):
            rate(expert, trial, "x_is", 1)
        hear(expert, trial, 0)
        assert rate(expert, trial, "x_is", 2).value == 2
        with pytest.raises(Refused, match="Please choose one of the answers shown"):
            rate(expert, trial, "x_is", 3)


@pytest.mark.usefixtures("_time_passes")
def test_dataset_says_what_x_was_only_after_unblinding(study: Study, tmp_path: Path) -> None:
    expert = make_expert(study)
    begin(expert)
    given = {}
    for trial in [*trials_of(expert, "practice"), *trials_of(expert)]:
        hear(expert, trial)
        rate(expert, trial, "x_is", 1)
        if trial.phase == "study":
            given[trial.number] = 1 if source_of(study, trial) == trial.clip else 2
    services.submit(expert)
    services.close_study(study, actor="test")
    [before] = table(study, tmp_path / "sealed", "1")
    assert not {"x", "correct", "clip_a", "system_a"} & before.keys()
    services.open_seal(study, actor="test")
    rows = table(study, tmp_path / "open")
    assert {int(row["trial"]): int(row["x"]) for row in rows} == given
    assert {(row["choice"], row["correct"] == "1") for row in rows} == {("a", True), ("a", False)}
    assert all((row["x"] == "1") == (row["correct"] == "1") for row in rows)


def table(study: Study, folder: Path, trial: str = "") -> list[dict[str, str]]:
    """The rows of the exported choices, of one trial or of all."""
    dataset.export(study, folder)
    with (folder / "data/study-small_task-choice_data.csv").open(encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if trial in ("", row["trial"])]


def test_blinding_check_finds_a_bare_x_and_one_heard_again(tmp_path: Path, db: None) -> None:
    study = make_abx_study(tmp_path, draft=True)
    assert check_blinding(study, sound_of, 2).faults == []
    one, other = Trial.objects.filter(slot__study=study, slot__number=1, phase="study")[:2]
    assert one.reference is not None
    data, kept = data_of(source_of(study, one)), one.reference
    default_storage.delete(kept.audio)
    default_storage.save(kept.audio, ContentFile(data))
    other.reference = kept
    other.save()
    bare, again = map(str, check_blinding(study, sound_of, 2).faults)
    assert "references have the same bytes as a clip" in bare
    assert "1 files are X in two trials of an expert" in again


def test_preview_has_an_x_of_its_own_clips(study: Study) -> None:
    device = open_preview(study, actor="test", language="en")
    copies = Seal.objects.get(study=study).content["x"]
    audio = dict(study.clips.values_list("audio", "clip_id"))
    for trial in [*trials_of(device.expert, "practice"), *trials_of(device.expert)]:
        assert trial.reference is not None
        x = audio[trial.reference.audio]
        assert copies.get(x, x) in {audio[clip.audio] for clip in clips_of(trial)}
