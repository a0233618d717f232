"""The sound page: the level and the headphone check are recorded, and keep nobody out."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from study import services
from study.models import Event, Expert, SoundCheck, Study, Trial
from tests.factories import enter, hear, make_expert

pytestmark = pytest.mark.django_db

ORDER = ["quiet", "plain", "antiphase"]


@pytest.fixture
def carol(study: Study, client: Client) -> Expert:
    """An expert with consent and background, before the sound check."""
    expert = make_expert(study, "carol")
    services.give_consent(expert, version="1", language="en")
    services.save_background(expert, answers={"device": "headphones"})
    enter(client, expert)
    return expert


def post(client: Client, level: object = 70, answers: object = ()) -> int:
    text = answers if isinstance(answers, str) else json.dumps(answers)
    return int(client.post("/room/sound/", {"level": level, "answers": text}).status_code)


def test_the_level_and_the_answers_are_recorded_with_how_many_were_right(client: Client, carol: Expert) -> None:
    rounds = [{"order": ORDER, "chosen": chosen} for chosen in (0, 0, 1, 0, 2, 0)]
    assert post(client, answers=rounds) == 302
    [check] = SoundCheck.objects.all()
    assert (check.expert, check.level, check.correct, check.answers) == (carol, 70, 4, rounds)
    logged = Event.objects.get(kind="sound checked")
    assert logged.detail == {"level": 70, "correct": 4, "rounds": 6}


@pytest.mark.parametrize("chosen", [None, 2])
def test_headphone_check_excludes_nobody(client: Client, carol: Expert, chosen: int | None) -> None:
    rounds = [] if chosen is None else [{"order": ORDER, "chosen": chosen}] * 6
    assert post(client, answers=rounds) == 302
    assert client.get("/room/")["Location"] == "/room/instructions/"


@pytest.mark.parametrize(
    ("level", "answers"),
    [
        (101, []),
        (-1, []),
        ("loud", []),
        ("", []),
        (70, "{"),
        (70, {}),
        (70, "[" * 100_000),
        (70, [{"order": ORDER, "chosen": 0}] * 7),
        (70, [{"order": ORDER, "chosen": 3}]),
        (70, [{"order": ORDER, "chosen": True}]),
        (70, [{"order": ["quiet"] * 3, "chosen": 0}]),
        (70, [{"order": [1, 2, 3], "chosen": 0}]),
        (70, ["quiet"]),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_and_not_written(
    client: Client, carol: Expert, level: object, answers: object
) -> None:
    assert post(client, level, answers) == 400
    assert not SoundCheck.objects.exists()


def test_the_newest_level_is_the_one_that_clips_are_played_at(client: Client, alice: Expert, trial: Trial) -> None:
    assert 'data-level="80"' in client.get(f"/room/t/{trial.token}/").text
    assert post(client, 35) == 302
    assert 'data-level="35"' in client.get(f"/room/t/{trial.token}/").text
    assert 'value="35"' in client.get("/room/sound/").text


def test_an_expert_who_began_before_there_was_such_a_page_is_not_sent_to_it(
    client: Client, alice: Expert, trial: Trial
) -> None:
    hear(alice, trial)
    SoundCheck.objects.all().delete()
    assert client.get("/room/")["Location"].startswith("/room/t/")
    assert client.get("/room/sound/").status_code == 200
