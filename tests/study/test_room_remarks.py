"""Prior familiarity, comments and unplayable clips."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from study import clock, queries, services
from study.models import Expert, Remark, Trial
from tests.factories import hear, rate_all, trials_of
from tests.study.test_room_saves import put, put_listening

pytestmark = pytest.mark.django_db


def put_remark(client: Client, trial: Trial, expert: Expert, **changes: object) -> Any:
    body = {"known": True, "comment": "乌春", "revision": 1, "client_uuid": str(uuid4())}
    return put(
        client, f"/room/t/{trial.token}/remark", {**body, "given_at": clock.now().isoformat(), **changes}, expert
    )


def report(client: Client, trial: Trial, expert: Expert) -> None:
    event = {"event": "problem", "clip_ms": 0, "at": clock.now().isoformat()}
    assert put_listening(client, trial, expert, intervals=[], events=[event], plays=0).status_code == 200


def test_a_remark_is_saved_shown_again_and_changed_by_a_new_row(client: Client, alice: Expert, trial: Trial) -> None:
    reply = put_remark(client, trial, alice)
    said = reply.json()
    assert said.pop("now") == pytest.approx(clock.milliseconds(), abs=60_000)
    assert said == {"saved": True, "revision": 1, "known": True, "comment": "乌春", "answers": {}}
    put_remark(client, trial, alice, known=False, comment="<b>no</b>", revision=2)
    shown = client.get(f"/room/t/{trial.token}/").text
    assert "&lt;b&gt;no&lt;/b&gt;</textarea>" in shown
    assert 'name="known">' in shown
    assert [(row.revision, row.known) for row in Remark.objects.order_by("revision")] == [(1, True), (2, False)]


def test_the_same_remark_again_is_stored_once(client: Client, alice: Expert, trial: Trial) -> None:
    uuid = str(uuid4())
    replies = [put_remark(client, trial, alice, client_uuid=uuid) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert put_remark(client, trial, alice, client_uuid=uuid, comment="other").status_code == 409
    assert Remark.objects.count() == 1


def test_a_revision_that_is_taken_is_refused_with_what_stands(client: Client, alice: Expert, trial: Trial) -> None:
    put_remark(client, trial, alice)
    reply = put_remark(client, trial, alice, comment="later")
    assert (reply.status_code, reply.json()["error"]) == (409, "revision")
    assert (reply.json()["known"], reply.json()["comment"], reply.json()["revision"]) == (True, "乌春", 1)


@pytest.mark.parametrize(
    "changes",
    [
        *({"known": "yes"}, {"known": None}, {"comment": None}, {"comment": "x" * 2001}),
        *({"comment": "a\0b"}, {"comment": "half of \ud83c"}),
    ],
)
def test_a_remark_that_makes_no_sense_is_refused(
    client: Client, alice: Expert, trial: Trial, changes: dict[str, object]
) -> None:
    reply = put_remark(client, trial, alice, **changes)
    assert (reply.status_code, reply.json()["error"]) == (400, "remark")
    assert reply.json()["message"]
    assert not Remark.objects.exists()


def test_after_submitting_no_remark_is_taken(client: Client, alice: Expert, trial: Trial) -> None:
    rate_all(alice)
    services.submit(alice)
    assert put_remark(client, trial, alice).json()["error"] == "submitted"


def test_someone_elses_trial_takes_no_remark(client: Client, alice: Expert, bob: Expert) -> None:
    assert put_remark(client, trials_of(bob)[0], alice).status_code == 404


def test_unplayable_clip_can_be_skipped_before_submission(client: Client, alice: Expert) -> None:
    first, second, *_ = trials_of(alice)
    report(client, first, alice)
    assert client.get("/room/")["Location"] == f"/room/t/{second.token}/"
    rate_all(alice)
    shown = client.get("/room/review/").text
    assert "could not be played" in shown
    assert f"/room/t/{first.token}/" in shown
    services.submit(alice)
    assert not first.ratings.exists()


def test_a_clip_that_plays_after_all_is_rated_like_any_other(client: Client, alice: Expert, trial: Trial) -> None:
    report(client, trial, alice)
    hear(alice, trial)
    assert "data-problem" in client.get(f"/room/t/{trial.token}/").text
    assert queries.current_trial(alice) != trial
