"""What can't be done is refused in a sentence, at the desk and behind it, and nothing changes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from study import clock, jobs, queries, services
from study.errors import Refused
from study.models import Event, Expert, Job, Study
from study.services.invitations import Invitee
from study.services.opening import blinding_checked
from study.services.plan import broken_plan
from tests.factories import begin, edit_file, make_expert, make_study, rate_all, trials_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path, ada: Client) -> Study:
    return make_study(tmp_path, owner=User.objects.get(username="ada"))


@pytest.fixture
def expert(study: Study) -> Expert:
    expert = make_expert(study)
    begin(expert)
    return expert


def refused(act: Any, *given: object, **named: object) -> str:
    with pytest.raises(Refused) as found:
        act(*given, **named)
    return f"{found.value.status} {found.value.code}"


# --- behind the desk


def test_nobody_is_removed_who_has_no_role(study: Study) -> None:
    assert refused(services.remove_member, study, username="nobody", actor="test") == "409 member"


def test_a_links_end_lies_ahead_and_needs_a_link(expert: Expert) -> None:
    later = clock.now() + timedelta(days=1)
    assert refused(services.end_link_at, expert, clock.now() - timedelta(days=1), actor="test") == "400 date"
    services.revoke_link(expert, actor="test")
    assert refused(services.end_link_at, expert, later, actor="test") == "409 link"


def test_a_copy_is_neither_previewed_nor_erased_from(study: Study, expert: Expert) -> None:
    Study.objects.filter(pk=study.pk).update(simulated=True)
    study.refresh_from_db()
    assert refused(services.open_preview, study, actor="test", language="en") == "409 copy"
    assert refused(services.erase, expert, actor="test") == "409 copy"


def test_a_preview_does_not_take_the_place_of_another_study(tmp_path: Path, study: Study) -> None:
    make_study(tmp_path, slug="small-preview")
    assert refused(services.open_preview, study, actor="test", language="en") == "409 copy"


def test_withdrawn_or_replaced_expert_cannot_submit(expert: Expert) -> None:
    rate_all(expert)
    Expert.objects.filter(pk=expert.pk).update(withdrawn_at=clock.now())
    assert refused(services.submit, expert) == "403 withdrawn"


def test_an_expert_whose_place_went_to_another_cannot_submit(expert: Expert) -> None:
    services.replace(expert, Invitee("e09", "all", "en", ""), actor="test")
    assert refused(services.submit, expert) == "410 expired"


@pytest.mark.parametrize(
    "answers",
    [{"device": "headphones", "years": "a few"}, {"device": "headphones", "years": "9" * 50}, {"device": "tin can"}],
)
def test_a_background_answer_that_does_not_fit_is_refused(expert: Expert, answers: dict[str, str]) -> None:
    assert refused(services.save_background, expert, answers=answers) == "400 background"


@pytest.mark.parametrize("answer", ["a\0b", "x" * 5001])
def test_a_text_that_no_database_keeps_or_without_end_is_refused(expert: Expert, answer: str) -> None:
    question = {"key": "words", "kind": "text", "label": {"en": "Words"}, "required": False}
    edit_file(expert.study, lambda file: file.update(background=[question]))
    assert refused(services.save_background, expert, answers={"words": answer}) == "400 background"


@pytest.mark.parametrize(
    ("level", "answers"),
    [(101, []), (-1, []), (50, [7]), (50, [{"order": ["quiet"], "chosen": 0}]), (50, [{"order": "abc", "chosen": 3}])],
)
def test_a_sound_check_that_no_page_sends_is_refused(expert: Expert, level: int, answers: list[Any]) -> None:
    device = expert.devices.get()
    assert refused(services.save_sound_check, device, level=level, answers=answers) == "400 sound"


def test_an_amendment_with_a_reason_that_no_database_keeps_is_refused(study: Study) -> None:
    analysis = {**study.plan["analysis"], "alpha": 0.01}
    assert refused(services.amend_plan, study, analysis=analysis, reason="a\0b", actor="test") == "400 reason"
    assert not study.events.filter(kind="plan amended").exists()


def test_without_a_place_in_the_plan_there_is_no_trial(expert: Expert) -> None:
    token = trials_of(expert)[0].token
    expert.slot_id = None
    assert refused(queries.trial_for, expert, token) == "404 unknown"


def test_a_check_of_clips_that_are_not_there_any_more_does_not_stand(study: Study) -> None:
    assert blinding_checked(study) is not None
    default_storage.delete(study.clips.earliest("pk").audio)
    assert blinding_checked(study) is None


def test_a_plan_that_was_tampered_with_is_named_by_the_event(study: Study) -> None:
    assert broken_plan(study) == ""
    services.amend_plan(study, analysis={**study.plan["analysis"], "alpha": 0.01}, reason="Fewer alarms.", actor="test")
    assert broken_plan(study) == ""
    amended = study.events.get(kind="plan amended")
    Event.objects.filter(pk=amended.pk).update(detail={**amended.detail, "amends": "0" * 64})
    assert broken_plan(study) == f"event {amended.number} amends another plan than the one before it"
    opened = study.events.get(kind="opened")
    Event.objects.filter(pk=opened.pk).update(detail={**opened.detail, "plan_sha256": "0" * 64})
    assert broken_plan(study) == f"event {opened.number} opened the study with another plan"
    study.plan = {**study.plan, "analysis": {}}
    assert "its SHA-256 differs" in broken_plan(study)


# --- at the desk


def said(page: Any) -> str:
    """The page to which the desk leads after a form."""
    return str(page.content.decode())


def test_an_unknown_example_is_no_page_and_a_known_one_is_a_file(ada: Client) -> None:
    assert ada.get(reverse("desk:example", args=["nothing"])).status_code == 404
    assert ada.get(reverse("desk:example", args=["daur"])).headers["Content-Disposition"].startswith("attachment")


def test_a_role_that_nobody_has_is_not_taken_away(ada: Client, study: Study) -> None:
    page = ada.post(reverse("desk:remove_member", args=["small", "nobody"]), follow=True)
    assert "nobody has no role in this study" in said(page)


def a_job(ada: Client, **fields: Any) -> Job:
    """A new study of the user that waits for clips."""
    ada.get(reverse("desk:studies"))
    job = jobs.prepare(Job.Kind.NEW_STUDY, user=User.objects.get(username="ada"), slug="fresh", title={"en": "Fresh"})
    Job.objects.filter(pk=job.pk).update(**fields)
    return job


def test_clips_must_be_chosen_before_they_are_sent(ada: Client) -> None:
    job = a_job(ada)
    page = ada.post(reverse("desk:clips", args=[job.token]), follow=True)
    assert "Choose a ZIP file of clips first." in said(page)


def test_a_job_at_work_takes_no_more_clips_and_is_not_forgotten(ada: Client) -> None:
    job = a_job(ada, state=Job.State.RUNNING, beat_at=clock.now())
    page = ada.post(reverse("desk:clips", args=[job.token]), follow=True)
    assert "This study already has its clips." in said(page)
    page = ada.post(reverse("desk:discard_job", args=[job.token]), follow=True)
    assert "This task is still running. Please wait until it is done." in said(page)
    assert Job.objects.filter(pk=job.pk).exists()


def test_a_job_whose_process_is_gone_can_be_forgotten(ada: Client) -> None:
    job = a_job(ada, state=Job.State.RUNNING, beat_at=clock.now() - timedelta(days=1))
    ada.post(reverse("desk:discard_job", args=[job.token]))
    assert not Job.objects.exists()
