"""A script in place of a browser, which sends everything it can at every moment: it gets no clip before a listener."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from study import clock, services
from study.models import Expert, Listening, Rating, Study, Trial
from tests.factories import enter, make_link, make_study, trials_of
from tests.study.test_order import PROBLEM, Later
from tests.study.test_room_remarks import put_remark
from tests.study.test_room_saves import put_listening, put_rating, rating_body
from tests.study.test_saving import event

pytestmark = pytest.mark.django_db

SECONDS = 3.0
#: What hearing a clip may take less than it lasts: the last half second, and a second of haste.
TOLERANCE = 1.5
MS = int(SECONDS * 1000)


@pytest.fixture
def later() -> Iterator[Later]:
    time = Later()
    with clock.use(time.now):
        yield time


@pytest.fixture
def study(tmp_path: Path, later: Later) -> Study:
    return make_study(tmp_path, slug="long", seconds=SECONDS, practice=1)


class Script:
    """It knows the token of every trial, which no browser does, and has two devices."""

    def __init__(self, study: Study, later: Later) -> None:
        self.expert, self.secret = make_link(study)
        self.later, self.began = later, later.at
        self.devices = [self.device(), self.device()]
        self.expert = Expert.objects.select_related("study", "slot").get(pk=self.expert.pk)
        self.trials = [*trials_of(self.expert, "practice"), *trials_of(self.expert)]
        #: When each clip was first served, in seconds from the beginning.
        self.served: dict[int, float] = {}

    def device(self) -> Client:
        """A browser in which the link is opened; it agrees and passes over everything else."""
        client = Client()
        assert client.post(f"/i/{self.secret}/").status_code == 302
        consent = {"agree": "yes", "version": "1", "language": "en"}
        assert client.post("/room/consent/", consent).status_code in {302, 200}
        return client

    def claims(self) -> list[dict[str, Any]]:
        """Times that a page may send: now, long ago, ahead, and each by a clock that is said to be wrong."""
        shifts, offsets = (timedelta(), -timedelta(hours=1), timedelta(hours=20)), (None, 0, 3_600_000, -3_600_000)
        return [
            {"given_at": (self.later.at + shift).isoformat(), **({} if offset is None else {"offset_ms": offset})}
            for shift, offset in itertools.product(shifts, offsets)
        ]

    def send(self, trial: Trial, *, problems: bool, claim: dict[str, Any]) -> None:
        """Everything about one trial, from both devices."""
        for client in self.devices:
            put_listening(client, trial, self.expert, intervals=[[0, MS]], **claim)
            put_listening(client, trial, self.expert, intervals=[], events=[event()], plays=1)
            if problems:
                put_listening(client, trial, self.expert, **PROBLEM, **claim)
            for scale in ("valence", "overall"):
                put_rating(client, trial, rating_body(**claim), self.expert, scale)
            put_remark(client, trial, self.expert, **claim)

    def fetch(self) -> None:
        for number, trial in enumerate(self.trials):
            for client in self.devices:
                if client.get(f"/room/t/{trial.token}/audio").status_code == 200:
                    self.served.setdefault(number, (self.later.at - self.began).total_seconds())

    def run(self, *, problems: bool) -> None:
        """Forwards or backwards through the trials, twice a second, until every clip was served."""
        claims, directions = itertools.cycle(self.claims()), itertools.cycle((1, -1))
        while len(self.served) < len(self.trials):
            for trial in self.trials[:: next(directions)]:
                self.send(trial, problems=problems, claim=next(claims))
            self.fetch()
            self.later.advance(0.5)


@pytest.mark.parametrize("problems", [False, True])
def test_no_script_gets_a_clip_before_a_listener(study: Study, later: Later, problems: bool) -> None:
    """A listener who takes no time to answer has the clip after the present one, which a page fetches ahead."""
    script = Script(study, later)
    script.run(problems=problems)
    for number, seconds in script.served.items():
        assert seconds >= max(0, number - 1) * (SECONDS - TOLERANCE), f"clip {number}"


def test_script_of_problem_reports_takes_as_long_as_the_clips(study: Study, later: Later) -> None:
    script = Script(study, later)
    while len(script.served) < len(script.trials):
        for trial in script.trials:
            for claim, client in zip(script.claims(), itertools.cycle(script.devices), strict=False):
                put_listening(client, trial, script.expert, **PROBLEM, **claim)
        script.fetch()
        later.advance(1)
    assert list(script.served.values()) == [0, 0, SECONDS, 2 * SECONDS, 3 * SECONDS]


def test_script_gets_nothing_by_opening_the_link_after_closing(study: Study, later: Later) -> None:
    script = Script(study, later)
    script.fetch()
    served = dict(script.served)
    before: datetime = later.at
    services.close_study(study, actor="test")
    later.advance(1)
    for client in (Client(), script.devices[0]):
        assert client.post(f"/i/{script.secret}/").status_code == 410
    for _ in range(5):
        claim = {"given_at": before.isoformat(), "offset_ms": 0}
        for trial in script.trials:
            script.send(trial, problems=True, claim=claim)
        script.fetch()
        later.advance(60)
    assert script.served == served
    assert not Rating.objects.exists()
    assert not Listening.objects.filter(problem=True).exists()


def test_script_gets_nothing_by_opening_the_link_after_submitting(study: Study, later: Later) -> None:
    script = Script(study, later)
    for trial in script.trials:
        later.advance(SECONDS)
        script.send(trial, problems=True, claim={"given_at": later.at.isoformat(), "offset_ms": 0})
    later.advance(SECONDS)
    services.submit(Expert.objects.get(pk=script.expert.pk))
    again = enter(Client(), script.expert)
    assert again.post(f"/i/{script.secret}/").status_code == 302
    addresses = [f"/room/t/{trial.token}/audio" for trial in script.trials]
    assert {again.get(address).status_code for address in addresses} == {403}
