"""Reports of what was heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from study import queries, services
from study.errors import Refused
from study.models import Listening
from tests.factories import context_of, make_expert, make_study, reach, trials_of

pytestmark = pytest.mark.django_db


def test_a_listening_report_sent_twice_is_stored_once(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    trial = trials_of(expert)[0]
    uuid = uuid4()
    event = {"event": "play", "clip_ms": 0, "at": "2026-01-01T10:00:00Z"}
    report: dict[str, Any] = {"client_uuid": uuid, "intervals": [[0, 1000]], "events": [event], "plays": 1}
    first = services.save_listening(context_of(expert, trial), **report)
    assert services.save_listening(context_of(expert, trial), **report) == first
    assert Listening.objects.get().events == [event]
    with pytest.raises(Refused) as refused:
        services.save_listening(context_of(expert, trials_of(expert)[1]), **report)
    assert refused.value.code == "uuid"


@pytest.mark.parametrize(
    "intervals", [[[0, 1251]], [[-1, 5]], [[5, 4]], [[0]], [[0, 1.5]], [["0", 5]], "[]", [[0, True]], [[0, 1]] * 2001]
)
def test_intervals_that_cannot_be_are_refused(tmp_path: Path, intervals: Any) -> None:
    expert = make_expert(make_study(tmp_path))
    with pytest.raises(Refused) as refused:
        services.save_listening(
            context_of(expert, trials_of(expert)[0]), client_uuid=uuid4(), intervals=intervals, events=[], plays=1
        )
    assert (refused.value.status, refused.value.code) == (400, "intervals")
    assert not Listening.objects.exists()


@pytest.mark.parametrize(
    "event",
    [
        *("play", {"event": "play"}, {"event": "x" * 21, "clip_ms": 0, "at": ""}),
        *({"event": "pl\0ay", "clip_ms": 0, "at": ""}, {"event": "play", "clip_ms": 0, "at": "\udfff"}),
        {"event": "play", "clip_ms": 10**30, "at": ""},
    ],
)
def test_player_events_that_cannot_be_are_refused(tmp_path: Path, event: Any) -> None:
    expert = make_expert(make_study(tmp_path))
    with pytest.raises(Refused) as refused:
        services.save_listening(
            context_of(expert, trials_of(expert)[0]), client_uuid=uuid4(), intervals=[], events=[event], plays=1
        )
    assert refused.value.code == "events"


def test_a_problem_that_an_expert_reports_is_in_the_studys_log_once(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = make_expert(study)
    trial, uuid = reach(expert, trials_of(expert)[1]), uuid4()
    event = {"event": "problem", "clip_ms": 0, "at": "2026-01-01T10:00:00Z"}
    for _ in range(2):
        services.save_listening(context_of(expert, trial), client_uuid=uuid, intervals=[], events=[event], plays=0)
    [logged] = study.events.filter(kind="problem reported")
    assert (logged.actor, logged.detail) == ("expert:e01", {"expert": "e01", "phase": "study", "trial": 2})
    assert services.broken_event(study) is None


def test_merging_intervals_joins_what_touches() -> None:
    assert queries.merged([[5, 9], [0, 3], [3, 4], [8, 12]]) == [(0, 4), (5, 12)]
