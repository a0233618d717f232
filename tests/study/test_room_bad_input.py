"""Invalid and late requests: the right status, a sentence in the language, no row."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from study import clock, services
from study.models import Expert, Rating, Trial
from tests.factories import enter, hear, rate, rate_all, trials_of
from tests.study.test_room_saves import put_rating, rating_body

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "zh-hans")
Reply = Any
Case = Callable[[Client, Expert, Expert], Reply]


def first(expert: Expert) -> Trial:
    return trials_of(expert)[0]


def heard(expert: Expert) -> Trial:
    hear(expert, first(expert))
    return first(expert)


def foreign_token(client: Client, alice: Expert, bob: Expert) -> Reply:
    return put_rating(client, heard(bob), rating_body(), alice)


def stale_token(client: Client, alice: Expert, bob: Expert) -> Reply:
    gone = first(alice)
    gone.token = "a-trial-of-last-year"
    return put_rating(client, gone, rating_body(), alice)


def value(given: object) -> Case:
    return lambda client, alice, _bob: put_rating(client, heard(alice), rating_body(value=given), alice)


def not_a_number(client: Client, alice: Expert, bob: Expert) -> Reply:
    return put_rating(
        client, heard(alice), str(rating_body(value=0)).replace("'", '"').replace(": 0,", ": NaN,"), alice
    )


def same_uuid_other_value(client: Client, alice: Expert, bob: Expert) -> Reply:
    body = rating_body(value=4)
    assert put_rating(client, heard(alice), body, alice).status_code == 200
    return put_rating(client, first(alice), {**body, "value": 5}, alice)


def going_back(client: Client, alice: Expert, bob: Expert) -> Reply:
    rate(alice, heard(alice), "overall", 4, revision=3)
    return put_rating(client, first(alice), rating_body(revision=2), alice)


def submitted(client: Client, alice: Expert, bob: Expert) -> Reply:
    rate_all(alice)
    services.submit(alice)
    late = (clock.now() + timedelta(seconds=1)).isoformat()
    return put_rating(client, first(alice), rating_body(revision=2, given_at=late), alice)


def withdrawn(client: Client, alice: Expert, bob: Expert) -> Reply:
    trial = heard(alice)
    services.withdraw(alice, actor="expert:alice")
    return put_rating(client, trial, rating_body(), alice)


def unheard(client: Client, alice: Expert, bob: Expert) -> Reply:
    return put_rating(client, first(alice), rating_body(), alice)


CASES: list[tuple[Case, int, str]] = [
    (foreign_token, 404, "unknown"),
    (stale_token, 404, "unknown"),
    (value(0), 400, "value"),
    (value(6), 400, "value"),
    (value("5; drop"), 400, "value"),
    (value(4.5), 400, "value"),
    (value(None), 400, "value"),
    (not_a_number, 400, "value"),
    (same_uuid_other_value, 409, "uuid"),
    (going_back, 409, "revision"),
    (submitted, 403, "submitted"),
    (withdrawn, 403, "withdrawn"),
    (unheard, 409, "unheard"),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("send", "status", "code"), CASES)
def test_it_is_refused_in_words_and_no_row_is_written(
    client: Client, alice: Expert, bob: Expert, send: Case, status: int, code: str, language: str
) -> None:
    client.cookies["django_language"] = language
    reply = send(client, alice, bob)
    assert (reply.status_code, reply.json()["error"]) == (status, code)
    sentence = reply.json()["message"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence) == (language == "zh-hans")
    assert len(sentence) > 5
    kept = Rating.objects.filter(trial=first(alice), scale="overall") if alice.slot else Rating.objects.none()
    assert list(kept.values_list("value", flat=True)) in ([], [3], [4])


@pytest.mark.parametrize("token", ["..%2F..", "%F0%9F%98%80", "a%20b", "real'--"])
def test_an_address_that_is_no_trial_s_name_is_no_page(client: Client, alice: Expert, token: str) -> None:
    for path in ("", "audio"):
        assert client.get(f"/room/t/{token}/{path}").status_code == 404
    assert client.put(f"/room/t/{token}/listening").status_code == 404


@pytest.mark.parametrize("cookie", ["", "1", "1:forged", "x:y:z"])
def test_a_cookie_that_the_site_did_not_sign_opens_nothing(client: Client, alice: Expert, cookie: str) -> None:
    client.cookies["device"] = cookie
    assert client.get("/room/").status_code == 403
    assert put_rating(client, heard(alice), rating_body(), alice).status_code == 403
    assert not Rating.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_tabs_that_save_the_same_thing_at_the_same_moment_store_it_once(alice: Expert, trial: Trial) -> None:
    hear(alice, trial)
    same, taken = rating_body(value=4), [rating_body(value=value) for value in (1, 2, 3, 4, 5)]

    def send(body: dict[str, object], scale: str) -> int:
        try:
            return int(put_rating(enter(Client(), alice), trial, body, alice, scale).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as tabs:
        repeated = list(tabs.map(send, [same] * 5, ["overall"] * 5))
        rivals = list(tabs.map(send, taken, ["valence"] * 5))
    assert repeated == [200] * 5
    assert sorted(rivals) == [200, 409, 409, 409, 409]
    assert sorted(Rating.objects.values_list("scale", flat=True)) == ["overall", "valence"]
