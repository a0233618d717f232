"""Trials of two clips: how they are stored, what a save asks, and what it refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from formats.errors import InputError
from formats.pack import read_pack
from formats.study_file import parse
from study import clock, queries, services
from study.errors import Refused
from study.models import Expert, FurtherClip, Listening, Rating, Study, Trial
from study.sequences import broken_sessions
from study.services.copies import delete_copy
from study.services.invitations import Invitee
from study.session import session_of
from tests.factories import (
    begin,
    clips_of,
    complete,
    context_of,
    hear,
    make_expert,
    make_pack,
    make_pair_study,
    pair_toml,
    rate,
    rate_all,
    trials_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture(autouse=True)
def _time_passes() -> Iterator[None]:
    """Each look at the clock finds it half a second later, so that there is time for two clips."""
    begun, looks = clock.now(), count()
    with clock.use(lambda: begun + timedelta(seconds=next(looks) / 2)):
        yield


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_pair_study(tmp_path, systems=("midi-gan", "mlstm", "real"), repeats=1, practice=1, rounds=3)


@pytest.fixture
def expert(study: Study) -> Expert:
    expert = make_expert(study)
    begin(expert)
    return expert


@pytest.fixture
def trial(expert: Expert) -> Trial:
    """The first study trial, the practice trial before it rated."""
    for practice in trials_of(expert, "practice"):
        complete(expert, practice)
    return trials_of(expert)[0]


def refused(act: Any, *arguments: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as found:
        act(*arguments, **options)
    return found.value


def test_each_trial_has_clips_of_two_systems_and_one_prompt(study: Study) -> None:
    trials = Trial.objects.filter(slot__study=study, phase="study")
    assert trials.count() == 2 * 10
    for trial in trials:
        one, other = clips_of(trial)
        assert one.system != other.system
        assert one.pack_entry["prompt_id"] == other.pack_entry["prompt_id"]
    assert broken_sessions(study) == ""
    assert study.certificate["uneven"] == []
    assert study.plan["questions"][0]["key"] == "better"


def test_unmatched_study_needs_no_prompts(tmp_path: Path) -> None:
    study = make_pair_study(tmp_path, match="none", rounds=3)
    pairs = [clips_of(trial) for trial in Trial.objects.filter(slot__study=study)]
    prompts = {tuple(clip.pack_entry["prompt_id"] for clip in pair) for pair in pairs}
    assert any(one != other for one, other in prompts)


def test_practice_has_pairs_of_practice_clips(expert: Expert) -> None:
    [practice] = trials_of(expert, "practice")
    one, other = clips_of(practice)
    assert one != other
    assert {one.role, other.role} == {"practice"}


def test_exchanged_clips_break_the_commitment(study: Study) -> None:
    trial = Trial.objects.filter(slot__study=study, phase="study").first()
    assert trial is not None
    further = FurtherClip.objects.get(trial=trial)
    trial.clip, further.clip = further.clip, trial.clip
    trial.save()
    further.save()
    assert "heard another clip in trial" in broken_sessions(study)


@pytest.mark.parametrize("places", [(), (1,), (2,)])
def test_answer_needs_both_clips_heard(expert: Expert, trial: Trial, places: tuple[int, ...]) -> None:
    if places:
        hear(expert, trial, *places)
    found = refused(rate, expert, trial, "better", 2)
    assert (found.status, found.code, found.message) == (
        409,
        "unheard",
        "Please listen to both clips to the end first.",
    )
    assert not Rating.objects.filter(trial=trial).exists()


def test_preference_below_zero_is_kept(expert: Expert, trial: Trial) -> None:
    hear(expert, trial)
    rate(expert, trial, "better", -3)
    rate(expert, trial, "better", 0, revision=2)
    assert list(trial.ratings.order_by("revision").values_list("value", flat=True)) == [-3, 0]
    assert queries.answers(trial, expert)["better"].value == 0
    assert trial.ratings.earliest("pk").wording == expert.study.file.asked("better").wording("en")


@pytest.mark.parametrize("value", [4, -4, 1.0, True, "1", None])
def test_value_that_is_no_answer_is_refused(expert: Expert, trial: Trial, value: Any) -> None:
    hear(expert, trial)
    found = refused(rate, expert, trial, "better", value)
    assert (found.status, found.message) == (400, "Please choose one of the answers shown.")


def test_binary_preference_has_no_middle(tmp_path: Path) -> None:
    expert = make_expert(make_pair_study(tmp_path, form="binary"))
    begin(expert)
    [trial, *_] = trials_of(expert)
    hear(expert, trial)
    assert refused(rate, expert, trial, "better", 0).code == "value"
    assert rate(expert, trial, "better", 1).value == 1


@pytest.mark.parametrize("place", [0, 3, -1, True, "2", None])
def test_listening_at_no_place_of_the_trial_is_refused(expert: Expert, trial: Trial, place: Any) -> None:
    found = refused(
        services.save_listening,
        context_of(expert, trial),
        client_uuid=uuid4(),
        intervals=[],
        events=[],
        plays=0,
        place=place,
    )
    assert found.status == 400
    assert not Listening.objects.filter(trial=trial).exists()


def test_one_clip_heard_twice_is_not_both(expert: Expert, trial: Trial) -> None:
    hear(expert, trial, 1)
    hear(expert, trial, 1)
    assert refused(rate, expert, trial, "better", 1).code == "unheard"


def test_both_clips_take_their_time(expert: Expert, trial: Trial) -> None:
    """Two clips of a second each cannot have been heard in less than one second."""
    now = clock.now()
    with clock.use(lambda: now):
        for place, heard in ((1, []), (1, [[0, 1000]]), (2, [[0, 1000]])):
            services.save_listening(
                context_of(expert, trial),
                client_uuid=uuid4(),
                intervals=heard,
                events=[],
                plays=1,
                given_at=now,
                offset_ms=0,
                place=place,
            )
        with pytest.raises(Refused, match="played too fast"):
            rate(expert, trial, "better", 1, at=now)


def test_session_counts_both_clips(expert: Expert) -> None:
    assert {trial.duration_ms for trial in session_of(expert).trials} == {2000}


def test_whole_session_is_rated_submitted_and_counted(expert: Expert) -> None:
    rate_all(expert, 1)
    services.submit(expert)
    assert Counter(expert.ratings.values_list("trial__phase", flat=True)) == {"study": 10, "practice": 1}


def test_replacement_gets_the_whole_plan(expert: Expert, study: Study) -> None:
    planned = [[clip.pk for clip in clips_of(trial)] for trial in trials_of(expert)]
    services.replace(expert, Invitee("e09", "all", "en"), actor="test")
    other = study.experts.select_related("slot").get(code="e09")
    assert [[clip.pk for clip in clips_of(trial)] for trial in trials_of(other)] == planned


def test_audio_of_each_place_is_served_and_no_other(expert: Expert, trial: Trial) -> None:
    assert [queries.audio_of(expert, trial.token, place) for place in (1, 2)] == [
        clip.audio for clip in clips_of(trial)
    ]
    for place in (0, 3, 17):
        assert refused(queries.audio_of, expert, trial.token, place).status == 404


def test_answer_costs_one_query_more_than_for_one_clip(expert: Expert, trial: Trial) -> None:
    hear(expert, trial)
    with CaptureQueriesContext(
        connection,
    ) as first:
        rate(expert, trial, "better", 1)
    with CaptureQueriesContext(connection) as second:
        rate(expert, trial, "better", 2, revision=2)
    assert len(first) == len(second) + 2  # what was heard, and how long the further clip lasts


def test_database_refuses_values_and_places_that_cannot_be(expert: Expert, trial: Trial) -> None:
    hear(expert, trial)
    rating = rate(expert, trial, "better", 1)
    for change in ({"value": -4}, {"value": 101}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rating.objects.filter(pk=rating.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        FurtherClip.objects.create(trial=trial, place=1, clip=trial.clip)
    with pytest.raises(IntegrityError), transaction.atomic():
        FurtherClip.objects.create(trial=trial, place=2, clip=trial.clip)


def test_preview_pairs_clips_of_one_prompt_and_is_deleted_whole(study: Study) -> None:
    before = FurtherClip.objects.count()
    device = services.open_preview(study, actor="test", language="en")
    copy = device.expert.study
    prompts = {clip.audio: clip.pack_entry["prompt_id"] for clip in study.clips.filter(role="study")}
    for trial in trials_of(device.expert):
        one, other = clips_of(trial)
        assert prompts[one.audio] == prompts[other.audio]
        assert one.system != other.system
    delete_copy(copy)
    assert FurtherClip.objects.count() == before


def test_pack_without_the_prompts_is_refused_in_a_sentence(tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "pack", ("midi-gan", "real"), 3)
    file = parse(pair_toml(clips=4, systems=("midi-gan", "real")))
    with pytest.raises(InputError, match="asks for 4 prompts, but only 3 have a clip of every system. Give the files"):
        services.choose_clips(file, read_pack(pack))
    file = parse(pair_toml(clips=3, systems=("midi-gan", "mlstm")))
    with pytest.raises(InputError, match=r"only 0 have a clip of every system \(there is none of mlstm\)"):
        services.choose_clips(file, read_pack(pack))
