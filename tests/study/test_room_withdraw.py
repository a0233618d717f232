"""Withdrawal by the expert."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from study import dataset, services
from study.models import Event, Expert, Rating, Trial
from tests.factories import enter, hear, rate, rate_all
from tests.study.test_room_saves import put_rating, rating_body

pytestmark = pytest.mark.django_db


def leave(client: Client, **form: str) -> str:
    return client.post("/room/withdraw/", form).text


def test_reading_the_page_changes_nothing(client: Client, alice: Expert) -> None:
    assert "Yes, exclude all my answers" in client.get("/room/withdraw/").text
    alice.refresh_from_db()
    assert alice.withdrawn_at is None


def test_without_the_tick_nothing_happens(client: Client, alice: Expert) -> None:
    assert "Please tick the box to confirm." in leave(client)
    alice.refresh_from_db()
    assert alice.withdrawn_at is None


def test_withdrawal_is_logged_and_removes_rows_from_datasets(
    client: Client, alice: Expert, trial: Trial, tmp_path: Path
) -> None:
    hear(alice, trial)
    rate(alice, trial)
    assert "You have withdrawn." in leave(client, sure="yes")
    act = Event.objects.get(kind="withdrawn")
    assert (act.actor, act.detail) == ("expert:alice", {"expert": "alice"})
    assert Rating.objects.count() == 1  # kept, and in no export
    dataset.export(alice.study, tmp_path / "dataset")
    ratings = (tmp_path / "dataset" / "data" / "study-small_task-rating_data.csv").read_text(encoding="utf-8")
    assert len(ratings.splitlines()) == 1


def test_whoever_left_finds_the_room_closed_and_cannot_answer(client: Client, alice: Expert, trial: Trial) -> None:
    hear(alice, trial)
    leave(client, sure="yes")
    assert client.get("/room/").status_code == 403
    reply = put_rating(client, trial, rating_body(), alice)
    assert reply.status_code == 403
    assert reply.json()["error"] in {"link", "withdrawn"}
    assert not Rating.objects.exists()


def test_withdrawal_works_after_submission_and_after_closing(client: Client, alice: Expert) -> None:
    rate_all(alice)
    services.submit(alice)
    services.close_study(alice.study, actor="command")
    assert "You have withdrawn." in leave(client, sure="yes")


def test_another_expert_is_not_concerned(client: Client, alice: Expert, bob: Expert) -> None:
    leave(client, sure="yes")
    assert enter(Client(), bob).get("/room/").status_code == 302
