"""What a trial's script saves: answers and reports of listening."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from study import clock, services
from study.models import Expert, Listening, Rating, Study, Trial
from study.room.access import expert_tag
from tests.factories import enter, hear, make_expert, rate, rate_all, trials_of

pytestmark = pytest.mark.django_db


def rating_body(**changes: object) -> dict[str, object]:
    body: dict[str, object] = {
        "value": 3,
        "revision": 1,
        "client_uuid": str(uuid4()),
        "given_at": clock.now().isoformat(),
        "plays": 1,
        "heard_ms": 1000,
        "rt_ms": 4000,
    }
    return body | changes


def put(client: Client, address: str, body: object, expert: Expert) -> HttpResponse:
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"X-Expert-Tag": expert_tag(expert)}
    response: Any = client.put(address, text, content_type="application/json", headers=headers)
    return response  # type: ignore[no-any-return]


def put_rating(client: Client, trial: Trial, body: object, expert: Expert, scale: str = "overall") -> Any:
    return put(client, f"/room/t/{trial.token}/ratings/{scale}", body, expert)


def put_listening(client: Client, trial: Trial, expert: Expert, **changes: object) -> Any:
    body = {"client_uuid": str(uuid4()), "intervals": [[0, 1000]], "events": [], "plays": 1} | changes
    return put(client, f"/room/t/{trial.token}/listening", body, expert)


def test_an_answer_is_saved_and_the_same_uuid_again_gets_the_first_answer(
    client: Client, alice: Expert, trial: Trial
) -> None:
    hear(alice, trial)
    body = rating_body(value=4)
    replies = [put_rating(client, trial, body, alice) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    said = [reply.json() for reply in replies]
    assert [answer.pop("now") for answer in said] == pytest.approx([clock.milliseconds()] * 2, abs=60_000)
    assert said == [{"saved": True, "revision": 1, "value": 4}] * 2
    [row] = Rating.objects.all()
    assert (row.trial, row.expert, row.scale, row.value, row.plays, row.rt_ms) == (trial, alice, "overall", 4, 1, 4000)


@pytest.mark.parametrize("value", [0, 6, -1, 2.5, 3.0, "3", "5; drop", "五", None, True, [], {}, 10**30])
def test_a_value_that_is_no_point_of_the_scale_is_refused_in_words(
    client: Client, alice: Expert, trial: Trial, value: object
) -> None:
    hear(alice, trial)
    reply = put_rating(client, trial, rating_body(value=value), alice)
    assert reply.status_code == 400
    assert reply.json()["message"] == "Please enter a whole number from 1 to 5."
    assert not Rating.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
def test_numbers_that_are_none_are_refused_in_words(client: Client, alice: Expert, trial: Trial, number: str) -> None:
    hear(alice, trial)
    text = json.dumps(rating_body(value=12345)).replace("12345", number)
    reply = put_rating(client, trial, text, alice)
    assert reply.status_code == 400
    assert reply.json()["message"]
    assert not Rating.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"client_uuid": "no"},
        {"client_uuid": None},
        {"client_uuid": 7},
        {"given_at": "yesterday"},
        {"given_at": None},
        {"given_at": "0001-01-01T00:00:00+14:00"},
        {"revision": 0},
        {"revision": "1"},
        {"plays": -1},
        {"heard_ms": "all"},
        {"rt_ms": None},
    ],
)
def test_a_malformed_answer_is_refused_and_nothing_is_written(
    client: Client, alice: Expert, trial: Trial, changes: dict[str, object]
) -> None:
    hear(alice, trial)
    reply = put_rating(client, trial, rating_body(**changes), alice)
    assert reply.status_code == 400
    assert reply.json()["message"]
    assert not Rating.objects.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "[" * 100_000, "\xff", '{"value": 3}'])
def test_a_body_that_is_no_answer_is_refused(client: Client, alice: Expert, trial: Trial, text: str) -> None:
    hear(alice, trial)
    assert put_rating(client, trial, text, alice).status_code == 400
    assert not Rating.objects.exists()


def test_an_unknown_scale_is_refused(client: Client, alice: Expert, trial: Trial) -> None:
    hear(alice, trial)
    assert put_rating(client, trial, rating_body(), alice, scale="beauty").status_code == 400


def test_rating_of_unheard_clip_is_refused_in_the_language(client: Client, alice: Expert, trial: Trial) -> None:
    client.cookies["django_language"] = "zh-hans"
    reply = put_rating(client, trial, rating_body(), alice)
    assert reply.status_code == 409
    assert reply.json()["error"] == "unheard"
    assert reply.json()["message"] == "请先听完整段音乐。"


def test_a_taken_revision_is_refused_with_the_one_that_stands(client: Client, alice: Expert, trial: Trial) -> None:
    hear(alice, trial)
    stands = rate(alice, trial, "overall", 5, revision=2)
    reply = put_rating(client, trial, rating_body(revision=2), alice)
    assert reply.status_code == 409
    detail = {"revision": 2, "value": 5, "given_at": stands.given_at.isoformat()}
    assert reply.json() == {"error": "revision", "message": reply.json()["message"], **detail}


def test_a_uuid_with_another_value_is_refused(client: Client, alice: Expert, trial: Trial) -> None:
    hear(alice, trial)
    body = rating_body(value=4)
    put_rating(client, trial, body, alice)
    assert put_rating(client, trial, body | {"value": 5}, alice).status_code == 409
    assert [row.value for row in Rating.objects.all()] == [4]


def test_nothing_is_saved_on_someone_else_s_trial(client: Client, alice: Expert, bob: Expert) -> None:
    trial = trials_of(bob)[0]
    hear(bob, trial)
    assert put_rating(client, trial, rating_body(), alice).status_code == 404
    assert put_listening(client, trial, alice).status_code == 404
    assert not Rating.objects.exists()


def test_unsent_ratings_of_another_expert_are_refused(client: Client, alice: Expert, bob: Expert, trial: Trial) -> None:
    for on in (trial, trials_of(bob)[0]):
        hear(alice if on == trial else bob, on)
        reply = put_rating(client, on, rating_body(), bob)
        assert reply.status_code == 403
        assert reply.json()["error"] == "link"
    assert not Rating.objects.exists()


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
@pytest.mark.parametrize("name", ["ratings/overall", "listening"])
def test_saves_take_put_alone(client: Client, trial: Trial, method: str, name: str) -> None:
    assert getattr(client, method)(f"/room/t/{trial.token}/{name}").status_code == 405


def test_save_without_a_link_asks_in_json_to_open_it(alice: Expert, trial: Trial) -> None:
    reply = put_rating(Client(), trial, rating_body(), alice)
    assert reply.status_code == 403
    assert reply.json()["error"] == "link"


def test_a_forged_save_is_refused_without_json_so_that_the_page_fetches_a_fresh_token(
    alice: Expert, trial: Trial
) -> None:
    hear(alice, trial)
    strict = enter(Client(enforce_csrf_checks=True), alice)
    reply = put_rating(strict, trial, rating_body(), alice)
    assert reply.status_code == 403
    assert not reply["Content-Type"].startswith("application/json")
    token = strict.get("/room/csrf/").json()["token"]
    headers = {"X-CSRFToken": token, "X-Expert-Tag": expert_tag(alice)}
    address = f"/room/t/{trial.token}/ratings/overall"
    again = strict.put(address, json.dumps(rating_body()), content_type="application/json", headers=headers)
    assert again.status_code == 200


def test_an_expired_link_still_saves_what_was_given_in_time_and_marks_it_late(
    client: Client, alice: Expert, trial: Trial
) -> None:
    hear(alice, trial)
    ended = clock.now() + timedelta(minutes=5)
    alice.invitations.update(expires_at=ended)
    with clock.use(lambda: ended + timedelta(minutes=5)):
        assert client.get(f"/room/t/{trial.token}/").status_code == 410
        in_time = rating_body(given_at=(ended - timedelta(minutes=1)).isoformat())
        assert put_rating(client, trial, in_time, alice).status_code == 200
        after = rating_body(given_at=(ended + timedelta(minutes=1)).isoformat())
        assert put_rating(client, trial, after, alice, scale="valence").status_code == 410
    assert [row.late for row in Rating.objects.all()] == [True]


def test_a_revoked_link_saves_nothing_and_asks_for_the_newer_one(client: Client, alice: Expert, trial: Trial) -> None:
    hear(alice, trial)
    alice.invitations.update(revoked_at=clock.now())
    reply = put_rating(client, trial, rating_body(), alice)
    assert (reply.status_code, reply.json()["error"]) == (403, "link")


def test_after_submitting_only_a_repeat_of_a_saved_answer_is_acknowledged(
    client: Client, alice: Expert, trial: Trial
) -> None:
    hear(alice, trial)
    body = rating_body()
    put_rating(client, trial, body, alice)
    rate_all(alice)
    services.submit(alice)
    assert put_rating(client, trial, body, alice).status_code == 200
    assert put_rating(client, trial, rating_body(revision=2), alice).status_code == 403


def test_before_consent_nothing_is_saved(client: Client, study: Study) -> None:
    expert = make_expert(study, "carol")
    enter(client, expert)
    trial = trials_of(expert)[0]
    replies = [put_listening(client, trial, expert), put_rating(client, trial, rating_body(), expert)]
    assert [(reply.status_code, reply.json()["error"]) for reply in replies] == [(403, "consent")] * 2
    assert not Listening.objects.exists()


def test_a_listening_report_is_saved_once(client: Client, alice: Expert, trial: Trial) -> None:
    name = str(uuid4())
    event = {"event": "ended", "clip_ms": 1000, "at": clock.now().isoformat()}
    for _ in range(2):
        reply = put_listening(client, trial, alice, client_uuid=name, events=[event])
        assert (reply.status_code, reply.json()["saved"], "now" in reply.json()) == (200, True, True)
    [row] = Listening.objects.all()
    assert (row.intervals, row.events, row.plays) == ([[0, 1000]], [event], 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"intervals": [[0, 99_999]]},
        {"intervals": [[5, 4]]},
        {"intervals": [[-1, 4]]},
        {"intervals": [[0, 1.5]]},
        {"intervals": [[0]]},
        {"intervals": "all"},
        {"intervals": None},
        {"events": [7]},
        {"events": None},
        {"plays": "one"},
        {"client_uuid": ""},
    ],
)
def test_a_malformed_report_is_refused_and_nothing_is_written(
    client: Client, alice: Expert, trial: Trial, changes: dict[str, object]
) -> None:
    reply = put_listening(client, trial, alice, **changes)
    assert reply.status_code == 400
    assert reply.json()["message"]
    assert not Listening.objects.exists()


def test_the_token_page_takes_get_alone(client: Client) -> None:
    assert client.post("/room/csrf/").status_code == 405
