"""Browsers whose clocks are wrong: their times are corrected, and never say which answer counts."""

from __future__ import annotations

import csv
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from study import clock, dataset, queries, services
from study.models import Expert, Listening, Rating, Remark, Study, Trial
from tests.factories import complete, hear, rate_all, trials_of
from tests.study.test_room_remarks import put_remark
from tests.study.test_room_saves import put_listening, put_rating, rating_body

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
#: How far a browser's clock is ahead of the server's.
WRONG = [DAY, -timedelta(hours=1), timedelta(hours=1), timedelta(days=365 * 2), -timedelta(days=365 * 50)]


def by(ahead: timedelta, given: datetime | None = None) -> dict[str, object]:
    """What a page sends whose browser's clock is so far ahead, and which has measured it."""
    at = (given or clock.now()) + ahead
    return {"given_at": at.isoformat(), "offset_ms": -int(ahead.total_seconds() * 1000)}


@pytest.fixture
def heard(alice: Expert, trial: Trial) -> Trial:
    hear(alice, trial)
    return trial


@pytest.mark.parametrize("ahead", WRONG)
def test_time_by_a_wrong_clock_is_corrected(client: Client, alice: Expert, heard: Trial, ahead: timedelta) -> None:
    given = clock.now() - timedelta(minutes=3)
    assert put_rating(client, heard, rating_body(**by(ahead, given)), alice).status_code == 200
    assert put_remark(client, heard, alice, **by(ahead, given)).status_code == 200
    for row in (Rating.objects.get(), Remark.objects.get()):
        assert (row.given_at, row.browser_at, row.late) == (given, given + ahead, False)
        assert row.received_at > given


@pytest.mark.parametrize("ahead", WRONG)
def test_answer_by_a_wrong_clock_is_late_after_closing(
    client: Client, alice: Expert, heard: Trial, ahead: timedelta
) -> None:
    given = clock.now()
    services.close_study(alice.study, actor="test")
    reply = put_rating(client, heard, rating_body(**by(ahead, given)), alice)
    assert (reply.status_code, Rating.objects.get().late) == (200, True)
    after = by(ahead, clock.now() + timedelta(seconds=2))
    assert put_rating(client, heard, rating_body(revision=2, **after), alice).json()["error"] == "closed"


@pytest.mark.parametrize("ahead", [DAY, timedelta()])
def test_time_given_is_never_after_it_came(client: Client, alice: Expert, heard: Trial, ahead: timedelta) -> None:
    """The server's clock is set back while it saves; the page claims a time of its own or the present one."""
    start, looks = clock.now(), itertools.count()
    with clock.use(lambda: start - timedelta(milliseconds=next(looks))):
        claim = {"given_at": (start + ahead).isoformat(), "offset_ms": 0}
        assert put_rating(client, heard, rating_body(**claim), alice).status_code == 200
        assert put_remark(client, heard, alice, **claim).status_code == 200
        assert put_listening(client, heard, alice, **claim).status_code == 200
    for row in (Rating.objects.get(), Remark.objects.get(), Listening.objects.latest("pk")):
        assert row.given_at is not None
        assert row.given_at <= row.received_at


@pytest.mark.parametrize("early", [timedelta(milliseconds=1), timedelta(minutes=5), 2 * DAY - timedelta(minutes=1)])
def test_time_given_is_never_before_the_trial_was_served(
    client: Client, alice: Expert, study: Study, early: timedelta, tmp_path: Path
) -> None:
    """A claim from before is kept as of the trial's opening: the trial before was done, or the expert had arrived."""
    Study.objects.update(opened_at=clock.now() - timedelta(hours=2))
    first, second = trials_of(alice)[:2]
    complete(alice, first)
    hear(alice, second)
    done = max(Rating.objects.values_list("received_at", flat=True))
    arrived = alice.devices.get().accepted_at
    checked = alice.sound_checks.get().given_at
    for trial, opened in ((first, max(arrived, checked)), (second, done)):
        claim = by(timedelta(), opened - early)
        assert put_rating(client, trial, rating_body(revision=2, **claim), alice).status_code == 200
        assert put_remark(client, trial, alice, **claim).status_code == 200
        saved = Rating.objects.get(trial=trial, revision=2)
        remarked = Remark.objects.get(trial=trial)
        assert (saved.given_at, remarked.given_at) == (opened, opened)
        assert moment(str(claim["given_at"])) == saved.browser_at == remarked.browser_at
        assert queries.answers(trial, alice)["overall"].revision == 2, "the server's order decides"


def test_time_after_opening_stays_as_given(client: Client, alice: Expert) -> None:
    """Also of a trial that a problem report opened before the one before was rated, and after that one was changed."""
    first, second, third = trials_of(alice)[:3]
    put_listening(client, first, alice, events=[{"event": "problem", "clip_ms": 0, "at": ""}])
    start = clock.now()
    with clock.use(lambda: start + timedelta(minutes=1)):
        hear(alice, second)
    with clock.use(lambda: start + timedelta(minutes=2)):
        complete(alice, first)
    given = start + timedelta(seconds=70)
    with clock.use(lambda: start + timedelta(minutes=3)):
        for scale in ("valence", "overall"):
            body = rating_body(revision=2, **by(timedelta(), given))  # its first revision never came
            assert put_rating(client, second, body, alice, scale).status_code == 200
    assert set(Rating.objects.filter(trial=second).values_list("given_at", flat=True)) == {given}
    given = start + timedelta(minutes=3, seconds=5)
    with clock.use(lambda: start + timedelta(minutes=4)):
        hear(alice, third)
        for scale in ("valence", "overall"):
            assert put_rating(client, second, rating_body(revision=3), alice, scale).status_code == 200
    with clock.use(lambda: start + timedelta(minutes=5)):
        assert put_rating(client, third, rating_body(**by(timedelta(), given)), alice).status_code == 200
    assert Rating.objects.get(trial=third).given_at == given


def test_dataset_has_no_time_after_the_answer_came(client: Client, alice: Expert, heard: Trial, tmp_path: Path) -> None:
    """Also of rows that an earlier version saved by a browser's clock alone."""
    put_rating(client, heard, rating_body(), alice)
    put_remark(client, heard, alice)
    for kind in (Rating, Remark):
        kind._default_manager.update(given_at=clock.now() + DAY, browser_at=None)
    dataset.export(alice.study, tmp_path / "out")
    [rated] = ratings_in(tmp_path / "out")
    with (tmp_path / "out" / "remarks.csv").open(newline="") as stream:
        [remarked] = csv.DictReader(stream)
    assert rated["rated_at"] == rated["received_at"]
    assert remarked["remarked_at"] == remarked["received_at"]


def test_later_answer_counts_whatever_an_earlier_clock_said(client: Client, alice: Expert, heard: Trial) -> None:
    """A browser a day ahead answers first, one with a right clock later."""
    assert put_rating(client, heard, rating_body(value=2, **by(DAY)), alice).status_code == 200
    reply = put_rating(client, heard, rating_body(value=5, **by(timedelta())), alice)
    assert reply.json()["error"] == "revision"
    assert datetime.fromisoformat(reply.json()["given_at"]) < clock.now(), "so that the page knows its own is the later"
    assert put_rating(client, heard, rating_body(value=5, revision=2, **by(timedelta())), alice).status_code == 200
    assert queries.answers(heard, alice)["overall"] == queries.Answer(5, 2)


def test_answers_by_a_fast_clock_all_count_at_the_end(
    client: Client, alice: Expert, trial: Trial, tmp_path: Path
) -> None:
    rate_all(alice, 2)
    for scale in ("valence", "overall"):
        body = rating_body(value=5, revision=2, given_at=(clock.now() + DAY).isoformat())  # of a page without offset
        assert put_rating(client, trial, body, alice, scale).status_code == 200
    services.submit(alice)
    dataset.export(alice.study, tmp_path / "out")
    rows = ratings_in(tmp_path / "out")
    assert len(rows) == 8
    assert [row["rating"] for row in rows if row["trial"] == "1"] == ["5", "5"]
    submitted = Expert.objects.get(pk=alice.pk).submitted_at
    assert submitted is not None
    assert all(moment(row["rated_at"]) <= moment(row["received_at"]) <= submitted for row in rows)


def test_dataset_has_both_times_and_the_arrival(client: Client, alice: Expert, heard: Trial, tmp_path: Path) -> None:
    given = datetime.fromtimestamp(clock.milliseconds() // 1000 - 60, UTC)
    put_rating(client, heard, rating_body(**by(DAY, given)), alice)
    put_remark(client, heard, alice, **by(DAY, given))
    dataset.export(alice.study, tmp_path / "out")
    [rating] = ratings_in(tmp_path / "out")
    with (tmp_path / "out" / "remarks.csv").open(newline="", encoding="utf-8") as stream:
        [remark] = csv.DictReader(stream)
    for row, when in ((rating, "rated_at"), (remark, "remarked_at")):
        assert (moment(row[when]), moment(row["browser_at"])) == (given, given + DAY)
        assert given < moment(row["received_at"]) <= clock.now()
        assert row["late"] == "0"


@pytest.mark.parametrize(
    "changes",
    [
        {"given_at": "0001-01-02T00:00:00+00:00"},
        {"given_at": "0001-01-02T00:00:00+00:00", "offset_ms": -(2**40)},
        {"given_at": "2028-12-31T00:00:00+00:00"},
        {"given_at": "9999-12-31T00:00:00+00:00", "offset_ms": 2**40},
        {"given_at": "2024-01-01T00:00:00+00:00", "offset_ms": 0},
    ],
)
def test_absurd_date_is_refused_in_a_sentence(
    client: Client, alice: Expert, heard: Trial, changes: dict[str, Any]
) -> None:
    for language, words in (("en", "The date on this device is not correct."), ("zh-hans", "本设备的日期")):
        client.cookies["django_language"] = language
        replies = [
            put_rating(client, heard, rating_body(**changes), alice),
            put_remark(client, heard, alice, **changes),
            put_listening(client, heard, alice, **changes),
        ]
        assert [(reply.status_code, reply.json()["error"]) for reply in replies] == [(400, "time")] * 3
        assert all(reply.json()["message"].startswith(words) for reply in replies)
    assert [kind._default_manager.count() for kind in (Rating, Remark)] == [0, 0]


@pytest.mark.parametrize("offset", ["0", 1.5, True, 2**60, -(2**60), []])
def test_offset_that_is_no_number_is_refused(client: Client, alice: Expert, heard: Trial, offset: object) -> None:
    reply = put_rating(client, heard, rating_body(offset_ms=offset), alice)
    assert (reply.status_code, reply.json()["error"]) == (400, "number")
    assert not Rating.objects.exists()


def ratings_in(folder: Path) -> list[dict[str, str]]:
    with (folder / "data" / "study-small_task-rating_data.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
