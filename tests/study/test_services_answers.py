from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from study import clock, queries, services
from study.errors import Refused
from study.models import Expert, Invitation, Rating, Trial
from study.services.saving.context import SaveContext, load_save_context
from tests.factories import context_of, hear, make_expert, make_study, rate_all, trials_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def save(expert: Expert, trial: Trial, **changes: Any) -> tuple[Rating, bool]:
    """save_rating with an answer that is in order but for the changes."""
    return save_at(context_of(expert, trial), **changes)


def save_at(at: SaveContext, **changes: Any) -> tuple[Rating, bool]:
    """The same of an expert who stood there when the save began."""
    answer = {
        "scale": "overall",
        "value": 3,
        "revision": 1,
        "client_uuid": uuid4(),
        "given_at": clock.now(),
        "plays": 1,
        "heard_ms": 1000,
        "rt_ms": 4000,
    }
    return services.save_rating(at, **{**answer, **changes})


def refusal(expert: Expert, trial: Trial, **changes: Any) -> Refused:
    """The refusal such an answer meets; nothing may be written."""
    before = Rating.objects.count()
    with pytest.raises(Refused) as refused:
        save(expert, trial, **changes)
    assert Rating.objects.count() == before
    return refused.value


def heard_trial(tmp_path: Path) -> tuple[Expert, Trial]:
    expert = make_expert(make_study(tmp_path))
    trial = trials_of(expert)[0]
    hear(expert, trial)
    return expert, trial


def test_an_answer_is_stored_with_all_it_says(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    rating, created = save(expert, trial, value=4, plays=2, heard_ms=1900, rt_ms=5400)
    assert created
    row = Rating.objects.get()
    assert row == rating
    assert (row.value, row.revision, row.plays, row.heard_ms, row.rt_ms, row.late) == (4, 1, 2, 1900, 5400, False)


def test_the_same_answer_again_returns_the_first_row(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    uuid = uuid4()
    first, _ = save(expert, trial, client_uuid=uuid)
    again, created = save(expert, trial, client_uuid=uuid, rt_ms=9999)
    assert (again, created) == (first, False)
    assert Rating.objects.count() == 1


def test_the_same_answer_again_is_acknowledged_after_submission_and_closing(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = make_expert(study)
    trial = trials_of(expert)[0]
    hear(expert, trial)
    uuid = uuid4()
    save(expert, trial, client_uuid=uuid)
    rate_all(expert)
    services.submit(expert)
    services.close_study(study, actor="command")
    assert save(expert, trial, client_uuid=uuid)[1] is False


def test_a_changed_mind_is_a_new_row_and_the_highest_revision_counts(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    save(expert, trial, value=2)
    save(expert, trial, value=5, revision=2)
    assert Rating.objects.count() == 2
    assert queries.answers(trial, expert) == {"overall": queries.Answer(5, 2)}


@pytest.mark.parametrize("value", [0, 6, -1, True, 3.0, "3", None])
def test_a_value_outside_the_scale_is_refused(tmp_path: Path, value: object) -> None:
    expert, trial = heard_trial(tmp_path)
    refused = refusal(expert, trial, value=value)
    assert (refused.status, refused.code) == (400, "value")
    assert "from 1 to 5" in refused.message


def test_a_scale_that_the_study_lacks_is_refused(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    assert refusal(expert, trial, scale="beauty").status == 400


@pytest.mark.parametrize("change", [{"revision": 0}, {"revision": 1.5}, {"plays": -1}, {"rt_ms": "soon"}])
def test_a_number_that_makes_no_sense_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    expert, trial = heard_trial(tmp_path)
    refused = refusal(expert, trial, **change)
    assert (refused.status, refused.code) == (400, "number")


def test_a_page_left_open_for_weeks_still_saves(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    rating, _ = save(expert, trial, rt_ms=2**40, plays=2**20)
    assert (rating.rt_ms, rating.plays) == (2**31 - 1, 2**15 - 1)


def test_a_revision_that_is_taken_or_goes_back_is_refused_with_what_is_saved(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    save(expert, trial, value=4, revision=1)
    saved, _ = save(expert, trial, value=2, revision=3)
    for revision in (3, 2):
        refused = refusal(expert, trial, value=5, revision=revision)
        assert (refused.status, refused.code) == (409, "revision")
        assert refused.detail == {"revision": 3, "value": 2, "given_at": saved.given_at.isoformat()}


def test_revisions_of_one_scale_do_not_concern_another(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    save(expert, trial, revision=3)
    assert save(expert, trial, scale="valence", revision=1)[1]


@pytest.mark.parametrize("change", [{"value": 4}, {"scale": "valence"}, {"revision": 2}])
def test_a_uuid_with_other_content_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    expert, trial = heard_trial(tmp_path)
    uuid = uuid4()
    save(expert, trial, client_uuid=uuid)
    refused = refusal(expert, trial, client_uuid=uuid, **change)
    assert (refused.status, refused.code) == (409, "uuid")


def test_a_uuid_of_another_expert_is_refused(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert, other = make_expert(study, "e01"), make_expert(study, "e02")
    uuid = uuid4()
    for person in (expert, other):
        hear(person, trials_of(person)[0])
    save(expert, trials_of(expert)[0], client_uuid=uuid)
    assert refusal(other, trials_of(other)[0], client_uuid=uuid).code == "uuid"


def test_a_clip_not_played_through_cannot_be_rated(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    trial = trials_of(expert)[0]
    assert refusal(expert, trial).code == "unheard"
    services.save_listening(context_of(expert, trial), client_uuid=uuid4(), intervals=[[0, 300]], events=[], plays=1)
    services.save_listening(context_of(expert, trial), client_uuid=uuid4(), intervals=[[100, 450]], events=[], plays=1)
    refused = refusal(expert, trial)
    assert (refused.status, refused.code, refused.detail) == (409, "unheard", {"heard_ms": 450})
    services.save_listening(context_of(expert, trial), client_uuid=uuid4(), intervals=[[700, 760]], events=[], plays=0)
    assert save(expert, trial)[1]


def test_playing_the_same_half_twice_is_not_playing_it_through(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    trial = trials_of(expert)[0]
    for _ in range(3):
        services.save_listening(
            context_of(expert, trial), client_uuid=uuid4(), intervals=[[0, 400]], events=[], plays=1
        )
    assert refusal(expert, trial).detail == {"heard_ms": 400}


def test_nobody_can_have_heard_more_than_there_was_time_for(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path, seconds=4.0))
    trial, arrived = trials_of(expert)[0], clock.now()
    expert.devices.update(accepted_at=arrived)
    with clock.use(lambda: arrived):
        hear(expert, trial)
        refused = refusal(expert, trial)
        assert (refused.status, refused.code) == (409, "unheard")
        assert "played too fast" in refused.message
    with clock.use(lambda: arrived + timedelta(seconds=3)):
        assert refusal(expert, trial).code == "unheard", "however long the answer takes, the report came at once"
        hear(expert, trial)
        assert save(expert, trial)[1]


def test_the_time_counts_from_the_first_of_two_devices(tmp_path: Path) -> None:
    study = make_study(tmp_path, seconds=6.0)
    expert = make_expert(study)
    services.accept_invitation(Invitation.objects.select_related("expert__study", "expert__slot").get())
    trial = trials_of(expert)[0]
    hear(expert, trial)
    assert save(expert, trial)[1]


def test_two_devices_build_on_each_others_answers(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    phone, desk = Expert.objects.get(pk=expert.pk), Expert.objects.get(pk=expert.pk)
    save(phone, trial, value=2)
    refused = refusal(desk, trial, value=4)
    save(desk, trial, value=4, revision=refused.detail["revision"] + 1)
    assert queries.answers(trial, phone)["overall"] == queries.Answer(4, 2)


def test_after_submission_nothing_changes(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    rate_all(expert)
    services.submit(expert)
    refused = refusal(expert, trials_of(expert)[0], revision=2)
    assert (refused.status, refused.code) == (403, "submitted")


def test_an_answer_given_before_submission_is_kept_and_counts_although_it_comes_after(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    rate_all(expert, value=3)
    trial = trials_of(expert)[0]
    before = clock.now()
    services.submit(expert)
    assert save(expert, trial, value=5, revision=2, given_at=before)[0].late
    assert queries.answers(trial, expert)["overall"] == queries.Answer(5, 2)
    after = clock.now() + timedelta(seconds=1)
    assert refusal(expert, trial, value=1, revision=3, given_at=after).code == "submitted"


def test_a_withdrawn_expert_can_neither_rate_nor_report_listening(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    before = context_of(expert, trial)
    services.withdraw(expert, actor="command")
    assert load_save_context(expert.devices.get().pk, trial.token) is None
    before.expert.refresh_from_db()
    with pytest.raises(Refused) as refused:
        services.save_listening(before, client_uuid=uuid4(), intervals=[], events=[], plays=1)
    assert (refused.value.status, refused.value.code) == (403, "withdrawn")


def test_an_answer_given_before_closing_is_kept_and_marked_late(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = make_expert(study)
    trial = trials_of(expert)[0]
    hear(expert, trial)
    before = clock.now()
    services.close_study(study, actor="command")
    assert save(expert, trial, given_at=before)[0].late
    refused = refusal(expert, trial, scale="valence", given_at=clock.now() + timedelta(seconds=1))
    assert (refused.status, refused.code) == (410, "closed")


def test_an_answer_given_before_the_link_expired_is_kept_and_marked_late(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    later = clock.now() + timedelta(days=61)
    with clock.use(lambda: later):
        assert save(expert, trial, given_at=later - timedelta(days=2))[0].late
        assert refusal(expert, trial, scale="valence", given_at=later).code == "closed"


def test_a_fresh_link_lets_an_expert_go_on(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = make_expert(study)
    trial = trials_of(expert)[0]
    hear(expert, trial)
    make_expert(study)
    assert save(expert, trial)[0].late is False


def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    expert, trial = heard_trial(tmp_path)
    assert refusal(expert, trial, given_at=datetime(2026, 1, 1)).status == 400  # noqa: DTZ001
