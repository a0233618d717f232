"""The borders of what is saved: what just fits is kept, one more is refused, and a row says all that it was told."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from study import clock, queries, services
from study.errors import Refused
from study.models import Expert, Invitation, Listening, Rating, Remark, Study, Trial
from study.services.saving.context import SaveContext
from study.services.saving.rules import retry_on_conflict
from tests.factories import complete, context_of, hear, make_expert, make_study, rate_all, trials_of

pytestmark = pytest.mark.django_db
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def expert(tmp_path: Path) -> Expert:
    return make_expert(make_study(tmp_path), language="zh-hans")


@pytest.fixture
def at(expert: Expert) -> SaveContext:
    """An expert at the first clip of one second, before hearing it."""
    return context_of(expert, trials_of(expert)[0])


def answer(at: SaveContext, **changes: Any) -> Rating:
    given: dict[str, Any] = {"scale": "overall", "value": 3, "revision": 1, "client_uuid": uuid4()}
    measured = {"given_at": clock.now(), "plays": 1, "heard_ms": 1000, "rt_ms": 4000, "language": "zh-hans"}
    return services.save_rating(at, **{**given, **measured, **changes})[0]


def remark(at: SaveContext, **changes: Any) -> Remark:
    given: dict[str, Any] = {"known": True, "comment": "乌春", "revision": 1, "client_uuid": uuid4()}
    return services.save_remark(at, **{**given, "given_at": clock.now(), **changes})[0]


def report(at: SaveContext, **changes: Any) -> Listening:
    given: dict[str, Any] = {"client_uuid": uuid4(), "intervals": [[0, 1000]], "events": [], "plays": 1}
    return services.save_listening(at, **{**given, **changes})


def event(**changes: Any) -> dict[str, Any]:
    return {"event": "play", "clip_ms": 0, "at": "2026-01-01T10:00:00Z", **changes}


def refused(save: Any, at: SaveContext, **changes: Any) -> str:
    """The code of a refusal; nothing may be stored."""
    counts = [kind.objects.count() for kind in (Rating, Remark, Listening)]
    with pytest.raises(Refused) as found:
        save(at, **changes)
    assert [kind.objects.count() for kind in (Rating, Remark, Listening)] == counts
    return f"{found.value.status} {found.value.code}"


# --- what a row says


def test_an_answer_says_when_it_came_in_which_language_and_under_which_words(expert: Expert, at: SaveContext) -> None:
    hear(expert, at.trial)
    given, now = clock.now() - timedelta(minutes=3), clock.now()
    with clock.use(lambda: now):
        answer(at, given_at=given)
    row = Rating.objects.get()
    assert (row.given_at, row.received_at, row.language, row.expert) == (given, now, "zh-hans", expert)
    worded = answer(at, revision=2, language="en")
    assert (worded.language, worded.wording) != (row.language, row.wording)
    assert "" not in (row.wording, worded.wording)


def test_a_remark_says_all_it_was_told(expert: Expert, at: SaveContext) -> None:
    given, now = clock.now() - timedelta(minutes=3), clock.now()
    with clock.use(lambda: now):
        remark(at, given_at=given, revision=2)
    row = Remark.objects.get()
    assert (row.expert, row.trial, row.known, row.comment, row.revision) == (expert, at.trial, True, "乌春", 2)
    assert (row.given_at, row.received_at, row.late) == (given, now, False)


def test_a_report_says_all_it_was_told(expert: Expert, at: SaveContext) -> None:
    now = clock.now()
    with clock.use(lambda: now):
        report(at, intervals=[[0, 400], [400, 900]], events=[event()], plays=2)
    row = Listening.objects.get()
    assert (row.expert, row.trial, row.intervals) == (expert, at.trial, [[0, 400], [400, 900]])
    assert (row.events, row.plays, row.problem, row.received_at) == ([event()], 2, False, now)


def test_a_problem_is_marked_on_its_report_and_nothing_else_is_logged_as_one(at: SaveContext) -> None:
    assert not report(at, events=[event(event="pause")]).problem
    logged = at.expert.study.events.filter(kind="problem reported")
    assert not logged.exists()
    assert report(at, events=[event(event="problem"), event(event="pause")]).problem
    assert logged.count() == 1


# --- idempotence


def test_a_rating_sent_again_is_known_by_its_uuid_although_its_trial_was_only_heard_on_another_device(
    expert: Expert, at: SaveContext
) -> None:
    hear(expert, at.trial)
    name = uuid4()
    first = answer(at, client_uuid=name)
    services.accept_invitation(Invitation.objects.select_related("expert__study", "expert__slot").get())
    again, created = services.save_rating(
        context_of(expert, at.trial),
        scale="overall",
        value=3,
        revision=1,
        client_uuid=name,
        given_at=clock.now(),
        plays=9,
        heard_ms=9,
        rt_ms=9,
    )
    assert (again, created, again.plays) == (first, False, 1)


@pytest.mark.parametrize("changes", [{"known": False}, {"comment": "other"}, {"revision": 2}])
def test_a_remarks_uuid_with_other_content_is_refused(at: SaveContext, changes: dict[str, Any]) -> None:
    name = uuid4()
    remark(at, client_uuid=name)
    assert refused(remark, at, client_uuid=name, **changes) == "409 uuid"
    assert remark(at, client_uuid=name).revision == 1


def test_a_remark_or_report_of_another_expert_or_trial_is_not_given_out_by_its_uuid(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    one, other = (make_expert(study, code) for code in ("e01", "e02"))
    here, next_trial = (context_of(one, trial) for trial in trials_of(one)[:2])
    there, names = context_of(other, trials_of(other)[0]), (uuid4(), uuid4())
    remark(here, client_uuid=names[0])
    report(here, client_uuid=names[1])
    for at in (there, next_trial):
        assert refused(remark, at, client_uuid=names[0]) == "409 uuid"
        assert refused(report, at, client_uuid=names[1]) == "409 uuid"


def test_the_same_remark_sent_twice_is_stored_once_and_said_to_be_known(at: SaveContext) -> None:
    given: dict[str, Any] = {"known": True, "comment": "", "revision": 1, "client_uuid": uuid4()}
    saves = [services.save_remark(at, given_at=clock.now(), **given) for _ in range(2)]
    assert [created for _, created in saves] == [True, False]
    assert saves[0][0] == saves[1][0]


# --- sizes


@pytest.mark.parametrize(
    ("intervals", "fits"),
    [
        *(([[0, 1250]], True), ([[0, 1251]], False), ([[5, 5]], True), ([[6, 5]], False), ([[0, 0]], True)),
        *(([[-1, 0]], False), ([[0, 1]] * 2000, True), ([[0, 1]] * 2001, False), ([[0, 1, 2]], False), ([5], False)),
        *(([], True), ([[0, 1], [0, 1.0]], False), ([(0, 1)], False), ({}, False)),
    ],
)
def test_intervals_lie_within_the_clip_and_a_quarter_of_a_second(at: SaveContext, intervals: Any, fits: bool) -> None:
    if fits:
        assert report(at, intervals=intervals).intervals == intervals
    else:
        assert refused(report, at, intervals=intervals) == "400 intervals"


@pytest.mark.parametrize(
    ("events", "fits"),
    [
        *(([event(event="x" * 20)], True), ([event(event="x" * 21)], False), ([event(event="")], False)),
        *(([event(event="x")], True), ([event(at="t" * 40)], True), ([event(at="t" * 41)], False)),
        *(([event(clip_ms=0)], True), ([event(clip_ms=-1)], False), ([event(clip_ms=True)], False)),
        *(([event(clip_ms=2**31 - 1)], True), ([event(clip_ms=2**31)], False), ([event(at=None)], False)),
        *(([event()] * 2000, True), ([event()] * 2001, False), ([event(), {}], False), ((event(),), False)),
        *(([event(more=1)], False), ([event(event=7)], False)),
    ],
)
def test_player_events_are_short(at: SaveContext, events: Any, fits: bool) -> None:
    if fits:
        assert report(at, events=events).events == events
    else:
        assert refused(report, at, events=events) == "400 events"


@pytest.mark.parametrize(("plays", "stored"), [(0, 0), (32_767, 32_767), (32_768, 32_767)])
def test_a_count_is_cut_where_its_column_ends(expert: Expert, at: SaveContext, plays: int, stored: int) -> None:
    assert report(at, plays=plays).plays == stored
    times = plays * 2**16
    rating = answer(at, plays=plays, heard_ms=times, rt_ms=times)
    assert (rating.plays, rating.heard_ms, rating.rt_ms) == (stored, min(times, 2**31 - 1), min(times, 2**31 - 1))


@pytest.mark.parametrize(
    ("revision", "code"),
    [
        *((1, ""), (100, ""), (101, "409 revision"), (32_767, "409 revision"), (2**80, "409 revision")),
        *((0, "400 number"), (True, "400 number"), (None, "400 number")),
    ],
)
def test_revision_leap_beyond_a_hundred_is_refused(at: SaveContext, revision: int, code: str) -> None:
    report(at)
    for save in (answer, remark):
        if code:
            assert refused(save, at, revision=revision) == code
        else:
            assert save(at, revision=revision).revision == revision


def test_revision_at_the_old_limit_no_longer_blocks(at: SaveContext) -> None:
    report(at)
    for kind, save in ((Rating, answer), (Remark, remark)):
        first = save(at)
        kind._default_manager.filter(pk=first.pk).update(revision=32_767)  # as a script could before
        assert save(at, revision=32_768).revision == 32_768


def test_a_comment_of_two_thousand_characters_fits(at: SaveContext) -> None:
    assert remark(at, comment="曲" * 2000).comment == "曲" * 2000
    assert refused(remark, at, comment="曲" * 2001, revision=2) == "400 remark"


def test_a_save_that_met_another_one_gives_what_is_found_the_second_time() -> None:
    tries: list[int] = []

    @retry_on_conflict
    def save(refusals: int) -> int:
        tries.append(refusals)
        if len(tries) <= refusals:
            raise IntegrityError
        return 7

    assert (save(1), tries) == (7, [1, 1])
    tries.clear()
    with pytest.raises(IntegrityError):
        save(2)
    assert tries == [2, 2]


# --- heard, and in how much time


@pytest.mark.parametrize(("heard", "fits"), [(500, True), (499, False)])
def test_all_but_half_a_second_of_a_clip_must_have_sounded(at: SaveContext, heard: int, fits: bool) -> None:
    report(at, intervals=[[0, heard]])
    if fits:
        assert answer(at)
    else:
        assert refused(answer, at) == "409 unheard"


@pytest.mark.parametrize(("ms", "fits"), [(2999, False), (3000, True)])
def test_a_clip_may_be_reported_one_second_early(tmp_path: Path, ms: int, fits: bool) -> None:
    expert = make_expert(make_study(tmp_path, seconds=4.0))
    first, second = trials_of(expert)[:2]
    reach_slowly(expert, second)
    shown = clock.now()
    Rating.objects.update(received_at=shown)
    at = context_of(expert, second)
    with clock.use(lambda: shown + timedelta(milliseconds=ms)):
        report(at, intervals=[[0, 4000]])
        if fits:
            assert answer(at)
        else:
            assert refused(answer, at) == "409 unheard"


def reach_slowly(expert: Expert, trial: Trial) -> None:
    """Everything before a trial, at the speed of its clips: each takes a minute."""
    moment = clock.now() - timedelta(minutes=30)
    while (current := queries.current_trial(expert)) != trial:
        assert current is not None
        moment += timedelta(minutes=1)
        with clock.use(lambda moment=moment: moment):  # type: ignore[misc]
            complete(expert, current)


def test_a_trial_that_has_an_answer_needs_no_other_hearing(at: SaveContext) -> None:
    heard = report(at)
    answer(at)
    heard.delete()
    assert answer(at, scale="valence")


# --- who may still answer, and until when


def test_a_draft_and_a_simulated_study_take_nothing(expert: Expert, at: SaveContext) -> None:
    report(at)
    for changes in ({"state": Study.State.DRAFT}, {"simulated": True}):
        for name, value in changes.items():
            setattr(at.expert.study, name, value)
        assert {refused(save, at) for save in (answer, remark, report)} == {"403 not-open"}
        at.expert.study.refresh_from_db()


def test_what_was_given_at_the_moment_of_submitting_still_counts_and_a_moment_later_does_not(
    expert: Expert,
) -> None:
    rate_all(expert)
    services.submit(expert)
    at = context_of(expert, trials_of(expert)[0])
    submitted = at.expert.submitted_at
    assert submitted is not None
    for save in (answer, remark):
        assert refused(save, at, revision=2, given_at=submitted + MOMENT) == "403 submitted"
        row = save(at, revision=2, given_at=submitted)
        assert row.late


def ends(expert: Expert, by: str) -> datetime:
    """The end of the session: in ten days, with the link or with the study."""
    end = clock.now() + timedelta(days=10)
    if by == "link":
        expert.invitations.update(expires_at=end)
    else:
        Study.objects.filter(pk=expert.study_id).update(state=Study.State.CLOSED, closed_at=end)
    return end


@pytest.mark.parametrize("by", ["link", "study"])
def test_until_the_room_closes_an_answer_is_in_time_and_from_then_on_late(expert: Expert, by: str) -> None:
    trial = trials_of(expert)[0]
    hear(expert, trial)
    end = ends(expert, by)
    at = context_of(expert, trial)
    with clock.use(lambda: end - MOMENT):
        assert not answer(at, given_at=end - MOMENT).late
    with clock.use(lambda: end):
        assert answer(at, revision=2, given_at=end).late
        assert remark(at, given_at=end).late
    with clock.use(lambda: end + MOMENT):
        assert refused(answer, at, revision=3, given_at=end + MOMENT) == "410 closed"
        assert refused(remark, at, revision=2, given_at=end + MOMENT) == "410 closed"


def test_a_link_that_lasts_longer_than_the_study_does_not_keep_it_open(expert: Expert) -> None:
    trial = trials_of(expert)[0]
    hear(expert, trial)
    end = ends(expert, "study")
    expert.invitations.update(expires_at=end + timedelta(days=9))
    at = context_of(expert, trial)
    with clock.use(lambda: end + timedelta(days=1)):
        assert refused(answer, at, given_at=end + timedelta(hours=1)) == "410 closed"


def test_numbers_and_times_that_no_page_sends_are_refused(at: SaveContext) -> None:
    assert refused(report, at, plays=-1) == "400 number"
    assert refused(report, at, plays=True) == "400 number"
    assert refused(remark, at, known=1) == "400 remark"
    assert refused(remark, at, given_at=datetime(2026, 1, 1)) == "400 number"  # noqa: DTZ001


def test_a_comment_that_no_database_keeps_is_refused(at: SaveContext) -> None:
    for comment in ("\x00", "a\ud83c", 7):
        assert refused(remark, at, comment=comment) == "400 remark"


def test_rows_of_one_trial_do_not_stand_in_the_way_of_another(expert: Expert) -> None:
    first, second = (context_of(expert, trial) for trial in trials_of(expert)[:2])
    for at in (first, second):
        report(at)
        answer(at, revision=1)
        answer(at, scale="valence")
        remark(at, revision=1)
    assert answer(first, revision=2).revision == 2
    assert remark(first, revision=2).revision == 2
    assert refused(remark, first, revision=2) == "409 revision"
