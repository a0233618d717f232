"""What a save, a page and a clip cost the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from study.models import Expert, Rating, Study, Trial
from tests.factories import begin, complete, enter, hear, make_expert, make_study, reach, trials_of
from tests.study.test_room_saves import put_listening, put_rating, rating_body

SCALES = ("valence", "arousal", "authenticity", "harmony", "overall")


@pytest.fixture
def expert(client: Client, tmp_path: Path) -> Expert:
    """At the beginning of a session of the paper's length."""
    expert = make_expert(make_study(tmp_path, clips=13, heard=13, systems=("a", "b", "c", "d", "real"), scales=SCALES))
    begin(expert)
    enter(client, expert)
    return expert


@pytest.mark.django_db(transaction=True)
def test_a_saved_answer_takes_few_queries(client: Client, expert: Expert, django_assert_num_queries: Any) -> None:
    """In the middle of a session of the paper's length, as the page sends it; prints the server's time, not the disk's.

    Three statements guard the row: the transaction's begin and end, and one more look at what may have ended
    meanwhile. On PostgreSQL a fourth locks the study.
    """
    guards = 3 + connection.features.has_select_for_update
    *before, trial = trials_of(expert)[:60]
    for earlier in before:
        complete(expert, earlier)
    hear(expert, trial)
    with django_assert_num_queries(4 + guards):  # where, what is known, what was heard, and the row
        assert put_rating(client, trial, rating_body(), expert, "valence").status_code == 200
    with django_assert_num_queries(3 + guards):
        assert put_rating(client, trial, rating_body(), expert, "overall").status_code == 200
    with django_assert_num_queries(3 + guards):
        assert put_listening(client, trial, expert).status_code == 200
    print_costs(client, expert, trial)


def print_costs(client: Client, expert: Expert, trial: Trial) -> None:
    """Of each request of a trial, and of a saved answer with its share of the others."""
    address = f"/room/t/{trial.token}/"
    kinds: dict[str, Callable[[], object]] = {
        "the barest of requests": partial(client.get, "/healthz"),
        "a page": partial(client.get, address),
        "a clip": partial(client.get, f"{address}audio"),
        "a report": lambda: put_listening(client, trial, expert),
        "a first answer": lambda: put_rating(client, trial, rating_body(), expert, "valence"),
        "a further answer": lambda: put_rating(client, trial, rating_body(), expert, "overall"),
    }
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(20):
        Rating.objects.filter(trial=trial).delete()
        for name, work in kinds.items():
            times[name].append(cost(work))
    for name, of_kind in times.items():
        print(f"{name} takes {min(of_kind):.1f} to {median(of_kind):.1f} ms of the processor")
    bare, *others, further = (min(of_kind) for of_kind in times.values())
    share = (sum(others) + (len(SCALES) - 1) * further) / len(SCALES)
    print(f"a saved answer with its share: {share:.1f} ms, {share / bare:.1f} times as long as the barest of requests")


def cost(work: Callable[[], object]) -> float:
    """Milliseconds of the processor."""
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


@pytest.mark.django_db
def test_a_clips_page_takes_nine_queries_however_long_the_session_and_never_reads_the_plan(
    client: Client, expert: Expert, django_assert_num_queries: Any
) -> None:
    """Also before the first trial and before the break, where the page says more."""
    trials = trials_of(expert)
    for trial in (trials[0], trials[33], trials[50]):
        reach(expert, trial)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/room/t/{trial.token}/").status_code == 200
        assert len(asked) == 9
        assert not any('"plan"' in query["sql"] for query in asked)  # of 200 slots it is hundreds of kilobytes
    with django_assert_num_queries(3):
        assert client.get(f"/room/t/{trials[0].token}/audio").status_code == 200


@pytest.mark.django_db
def test_a_study_file_is_parsed_once_however_often_a_study_is_read(expert: Expert) -> None:
    first, again = (Study.objects.get(pk=expert.study_id) for _ in range(2))
    assert first is not again
    assert first.file is again.file
