"""The session in its order, each clip at its own speed: what is served and what is taken, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from study import clock, services
from study.errors import Refused
from study.models import Expert, Listening, Rating, Remark, Study, Trial
from tests.factories import (
    begin,
    complete,
    context_of,
    enter,
    hear,
    make_expert,
    make_link,
    make_study,
    reach,
    trials_of,
)
from tests.study.test_room_remarks import put_remark
from tests.study.test_room_saves import put, put_listening, put_rating, rating_body
from tests.study.test_saving import answer, event, refused, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, practice=2)


def session(expert: Expert) -> list[Trial]:
    return [*trials_of(expert, "practice"), *trials_of(expert)]


def statuses(client: Client, trials: list[Trial], what: str = "") -> list[int]:
    return [client.get(f"/room/t/{trial.token}/{what}").status_code for trial in trials]


def test_present_trial_and_earlier_ones_are_served(client: Client, alice: Expert) -> None:
    trials = session(alice)
    for present, trial in enumerate(trials):
        assert statuses(client, trials) == [200] * (present + 1) + [302] * (len(trials) - present - 1)
        complete(alice, trial)
    assert statuses(client, trials) == [200] * len(trials)


def test_clips_are_served_up_to_the_next_one(client: Client, alice: Expert) -> None:
    trials = session(alice)
    for present, trial in enumerate(trials):
        served = min(present + 2, len(trials))
        assert statuses(client, trials, "audio") == [200] * served + [404] * (len(trials) - served)
        hear(alice, trial)
        rated = statuses(client, trials, "audio")
        assert rated == [200] * served + [404] * (len(trials) - served), "hearing is not rating"
        complete(alice, trial)
    assert statuses(client, trials, "audio") == [200] * len(trials)


@pytest.mark.parametrize("send", ["rating", "remark", "listening"])
def test_trial_ahead_takes_nothing(client: Client, alice: Expert, send: str) -> None:
    sends: dict[str, Callable[[Trial], Any]] = {
        "rating": lambda trial: put_rating(client, trial, rating_body(), alice),
        "remark": lambda trial: put_remark(client, trial, alice),
        "listening": lambda trial: put_listening(client, trial, alice),
    }
    first, *ahead = session(alice)
    hear(alice, first)
    for trial in ahead:
        reply = sends[send](trial)
        assert (reply.status_code, reply.json()["error"]) == (409, "ahead")
    assert [kind._default_manager.count() for kind in (Rating, Remark, Listening)] == [0, 0, 1]


def test_study_trial_before_practice_takes_nothing(client: Client, alice: Expert) -> None:
    last_practice, first = session(alice)[1:3]
    hear(alice, reach(alice, last_practice))
    assert put_listening(client, first, alice).json()["error"] == "ahead"
    complete(alice, last_practice)
    assert put_listening(client, first, alice).status_code == 200
    assert put_rating(client, first, rating_body(), alice).status_code == 200


def test_earlier_trial_takes_changes(client: Client, alice: Expert) -> None:
    first, second, third, *_ = session(alice)
    reach(alice, third)
    assert put_rating(client, first, rating_body(value=5, revision=2), alice).status_code == 200
    assert put_remark(client, second, alice).status_code == 200


PROBLEM = {"intervals": [], "plays": 0, "events": [event(event="problem")]}


def test_clip_that_would_not_play_opens_the_next(client: Client, alice: Expert) -> None:
    """At once where the expert tried for as long as the clip lasts; here since an hour ago."""
    first, second, third, *_ = session(alice)
    assert put_listening(client, first, alice, **PROBLEM).status_code == 200
    assert put_listening(client, second, alice).status_code == 200
    assert put_rating(client, second, rating_body(), alice).status_code == 200
    assert statuses(client, [second, third], "audio") == [200, 200]


@pytest.mark.parametrize("ending", ["close", "unseal", "expire", "withdraw", "submit"])
def test_clip_after_the_end_is_not_served(client: Client, alice: Expert, ending: str) -> None:
    first, *_, last = session(alice)
    reach(alice, last)
    complete(alice, last)
    assert statuses(client, [first, last], "audio") == [200, 200]
    if ending in {"close", "unseal"}:
        services.close_study(alice.study, actor="test")
    if ending == "unseal":
        services.open_seal(alice.study, actor="test")
    if ending == "expire":
        alice.invitations.update(expires_at=clock.now())
    if ending == "withdraw":
        services.withdraw(alice, actor="test")
    if ending == "submit":
        services.submit(alice)
    wanted = 403 if ending in {"withdraw", "submit"} else 410
    assert statuses(client, [first, last], "audio") == [wanted] * 2


# --- problem reports

SECONDS = 11.5


class Later:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.at = clock.now()

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def later() -> Iterator[Later]:
    time = Later()
    with clock.use(time.now):
        yield time


@pytest.fixture
def bob(tmp_path: Path, later: Later, client: Client) -> Expert:
    """Has been at the first of four clips of 11.5 seconds for an hour, in the browser `client`."""
    expert = make_expert(make_study(tmp_path, slug="long", seconds=SECONDS), "bob")
    begin(expert)
    enter(client, expert)
    return expert


def problem(client: Client, trial: Trial, expert: Expert) -> int:
    """The status of a report that a clip does not play."""
    status: int = put_listening(client, trial, expert, **PROBLEM).status_code
    return status


def test_problem_opens_the_next_clip_once_it_could_be_heard(client: Client, bob: Expert, later: Later) -> None:
    first, second, third, fourth = trials_of(bob)
    assert [problem(client, trial, bob) for trial in (first, second, third)] == [200, 200, 409]
    later.advance(SECONDS - 0.1)
    assert problem(client, third, bob) == 409
    assert statuses(client, [second, third], "") == [200, 302]
    assert statuses(client, [second, third, fourth], "audio") == [200, 200, 404]
    later.advance(0.1)
    assert statuses(client, [third], "") == [200]
    assert statuses(client, [third, fourth], "audio") == [200, 200]
    assert problem(client, third, bob) == 200


def test_problem_after_trying_for_long_opens_the_next_clip_at_once(client: Client, bob: Expert, later: Later) -> None:
    first, second, third, _ = trials_of(bob)
    problem(client, first, bob)
    later.advance(60)
    assert problem(client, second, bob) == 200
    assert statuses(client, [third], "") == [200]


def test_all_clips_by_problem_reports_take_as_long_as_hearing(client: Client, bob: Expert, later: Later) -> None:
    """A script that reports, fetches what it can and asks again twice a second."""
    trials, came = trials_of(bob), later.at
    fetched: dict[int, float] = {}
    while len(fetched) < len(trials):
        for trial in trials:
            problem(client, trial, bob)
            if client.get(f"/room/t/{trial.token}/audio").status_code == 200:
                fetched.setdefault(trial.number, (later.at - came).total_seconds())
        later.advance(0.5)
    assert fetched == {1: 0, 2: 0, 3: 0, 4: SECONDS}, "the clip after the present one is fetched ahead"


def test_rated_trial_opens_the_next_whatever_was_reported(client: Client, bob: Expert, later: Later) -> None:
    first, second, third, _ = trials_of(bob)
    problem(client, first, bob)
    problem(client, second, bob)
    later.advance(SECONDS - 0.5)
    complete(bob, second)
    assert put_listening(client, third, bob, intervals=[], plays=1).status_code == 200


def test_time_counts_from_when_a_problem_took_effect(client: Client, bob: Expert, later: Later) -> None:
    """Not from its report: until then the clip after it was not served."""
    first, second, third, _ = trials_of(bob)
    problem(client, first, bob)
    problem(client, second, bob)
    later.advance(SECONDS)
    ms = int(SECONDS * 1000)
    for seconds, status in ((10.4, 409), (0.2, 200)):
        later.advance(seconds)
        put_listening(client, third, bob, intervals=[[0, ms]], given_at=later.at.isoformat(), offset_ms=0)
        assert put_rating(client, third, rating_body(), bob).status_code == status


def test_session_ends_once_the_last_problem_took_effect(client: Client, bob: Expert, later: Later) -> None:
    *earlier, last = trials_of(bob)
    for trial in earlier:
        later.advance(SECONDS)
        complete(bob, trial)
    problem(client, last, bob)
    with pytest.raises(Refused) as found:
        services.submit(bob)
    assert found.value.detail == {"trials": [4]}
    later.advance(SECONDS)
    services.submit(bob)


def test_page_says_from_when_a_problem_opens_the_next_clip(client: Client, bob: Expert, later: Later) -> None:
    first, second, *_ = trials_of(bob)
    assert f'data-leaves="{clock.in_milliseconds(later.at - timedelta(minutes=60)) + 11_500}"' in page(client, first)
    problem(client, first, bob)
    later.advance(3)
    assert f'data-leaves="{clock.milliseconds() - 3_000 + 11_500}"' in page(client, second)


def page(client: Client, trial: Trial) -> str:
    shown: str = client.get(f"/room/t/{trial.token}/").text
    return shown


# --- speed


@pytest.fixture
def here(tmp_path: Path) -> tuple[Expert, Trial]:
    """An expert who has just come to the second trial, of clips of 11.5 seconds."""
    expert = make_expert(make_study(tmp_path, slug="long", seconds=SECONDS))
    begin(expert)
    first, second, *_ = trials_of(expert)
    begun = clock.now() - timedelta(minutes=1)
    with clock.use(lambda: begun):
        report(context_of(expert, first), intervals=[], plays=1)
    shown = clock.now()
    with clock.use(lambda: shown):
        complete(expert, first)
    return expert, second


def played(expert: Expert, trial: Trial, seconds: float, *, start: bool = True) -> Any:
    """Where the expert stands after a report that the whole clip was played in so many seconds."""
    at, ms = context_of(expert, trial), int(SECONDS * 1000)
    last = Rating.objects.order_by("received_at").last()
    begun = last.received_at if last else clock.now()
    if start:
        with clock.use(lambda: begun):
            report(at, intervals=[], plays=1)
    with clock.use(lambda: begun + timedelta(seconds=seconds)):
        report(at, intervals=[[0, ms]], plays=0)
    return at


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize(("seconds", "fits"), [(SECONDS / 4, False), (3.0, False), (10.4, False), (10.6, True)])
def test_clip_played_too_fast_cannot_be_rated(
    here: tuple[Expert, Trial], seconds: float, fits: bool, start: bool
) -> None:
    at = played(*here, seconds, start=start)
    later = clock.now() + timedelta(minutes=5)
    with clock.use(lambda: later):
        if fits:
            assert answer(at)
        else:
            assert refused(answer, at) == "409 unheard"


def test_clip_first_of_all_played_too_fast_cannot_be_rated(tmp_path: Path) -> None:
    """Long after the expert came, so that only the report of the first play says how long it was."""
    expert = make_expert(make_study(tmp_path, seconds=SECONDS))
    begin(expert)
    at = played(expert, trials_of(expert)[0], 3.0)
    later = clock.now() + timedelta(minutes=1)
    with clock.use(lambda: later):
        assert refused(answer, at) == "409 unheard"


@pytest.mark.parametrize("step", ["accept", "consent", "sound"])
@pytest.mark.parametrize(("seconds", "fits"), [(10.4, False), (10.6, True)])
def test_time_of_the_first_clip_counts_from_the_last_step_before_it(
    tmp_path: Path, later: Later, step: str, seconds: float, fits: bool
) -> None:
    """The link accepted, consent given, the sound set up: whichever was last, on whichever device."""
    study = make_study(tmp_path, slug="long", seconds=SECONDS)
    _, secret = make_link(study)
    device = services.accept_invitation(services.find_invitation(secret))
    expert = Expert.objects.select_related("study", "slot").get(pk=device.expert_id)
    steps: dict[str, Callable[[], object]] = {
        "accept": lambda: None,
        "consent": lambda: services.give_consent(expert, version="1", language="en"),
        "sound": lambda: services.save_sound_check(device, level=80, answers=[]),
    }
    for name in [name for name in steps if name != step] + [step]:
        later.advance(60 if name == step else 0)
        steps[name]()
    if step == "accept":
        expert.devices.update(accepted_at=later.at)
    later.advance(seconds)
    services.save_sound_check(device, level=70, answers=[])  # set up again, which takes no time from the clip
    at = context_of(expert, trials_of(expert)[0])
    report(at, intervals=[], plays=1, given_at=later.at - timedelta(seconds=30), offset_ms=0)
    report(at, intervals=[[0, int(SECONDS * 1000)]], plays=0)
    assert answer(at) if fits else refused(answer, at) == "409 unheard"


def test_clip_played_again_at_its_speed_can_be_rated(here: tuple[Expert, Trial]) -> None:
    at, began = played(*here, 3.0), clock.now()
    with clock.use(lambda: began + timedelta(seconds=20)):
        report(at, intervals=[[0, int(SECONDS * 1000)]], plays=1)
        assert answer(at)


def test_clip_heard_offline_can_be_rated_at_once(here: tuple[Expert, Trial]) -> None:
    """Reports and answer arrive together, with the times at which they were given."""
    expert, trial = here
    at, began = context_of(expert, trial), clock.now()
    with clock.use(lambda: began + timedelta(seconds=15)):
        report(at, intervals=[], plays=1, given_at=began, offset_ms=0)
        heard = began + timedelta(seconds=SECONDS)
        report(at, intervals=[[0, int(SECONDS * 1000)]], plays=0, given_at=heard, offset_ms=0)
        assert answer(at)


def test_time_before_the_trial_was_shown_cannot_be_claimed(here: tuple[Expert, Trial]) -> None:
    expert, trial = here
    at, now = context_of(expert, trial), clock.now()
    report(at, intervals=[], plays=1, given_at=now - timedelta(seconds=30), offset_ms=0)
    report(at, intervals=[[0, int(SECONDS * 1000)]], plays=0)
    assert refused(answer, at) == "409 unheard"


def test_problem_set_back_in_time_opens_no_clip_earlier(here: tuple[Expert, Trial]) -> None:
    """A problem told of the trial before counts from when it came, whatever the browser's clock says."""
    expert, trial = here
    third, problem = trials_of(expert)[2], [event(event="problem")]
    now, back = clock.now(), clock.now() - timedelta(minutes=10)
    report(context_of(expert, trial), intervals=[], plays=0, events=problem, given_at=back, offset_ms=0)
    at = context_of(expert, third)
    assert refused(report, at, intervals=[], plays=1, given_at=back, offset_ms=0) == "409 ahead"
    with clock.use(lambda: now + timedelta(seconds=SECONDS)):
        report(at, intervals=[], plays=1, given_at=back, offset_ms=0)
        report(at, intervals=[[0, int(SECONDS * 1000)]], plays=0)
        assert refused(answer, at) == "409 unheard"


@pytest.mark.parametrize(("seconds", "fits"), [(10.4, False), (10.6, True)])
def test_time_counts_from_the_last_scale_of_the_trial_before(tmp_path: Path, seconds: float, fits: bool) -> None:
    """Not from its first: while somebody thinks about the second scale the next clip is not shown yet."""
    expert = make_expert(make_study(tmp_path, slug="slow", seconds=SECONDS))
    first, second, *_ = trials_of(expert)
    hear(expert, first)
    at, begun = context_of(expert, first), clock.now()
    answer(at, scale="valence")
    with clock.use(lambda: begun + timedelta(minutes=1)):
        answer(at, scale="overall")
    at = context_of(expert, second)
    with clock.use(lambda: begun + timedelta(minutes=1, seconds=seconds)):
        answer(context_of(expert, first), scale="valence", revision=2)  # a changed mind opens nothing again
        report(at, intervals=[[0, int(SECONDS * 1000)]], given_at=begun + timedelta(minutes=1, seconds=seconds))
        if fits:
            assert answer(at)
        else:
            assert refused(answer, at) == "409 unheard"


def test_problem_told_often_is_logged_once_a_trial(here: tuple[Expert, Trial]) -> None:
    expert, trial = here
    at, told = context_of(expert, trial), [event(event="problem")]
    for events in (told, told, [*told, event(event="rate")], [event(event="rate")]):
        report(at, intervals=[], plays=0, events=events)
    logged = expert.study.events.filter(detail__trial=2).order_by("number").values_list("kind", flat=True)
    assert list(logged) == ["problem reported", "playback speed changed"]
    assert Listening.objects.filter(trial=trial, problem=True).count() == 3


def test_changed_speed_is_in_the_log(client: Client, alice: Expert) -> None:
    trial = session(alice)[0]
    reply = put_listening(client, trial, alice, events=[event(event="rate"), event(event="rate")])
    assert reply.status_code == 200
    [logged] = alice.study.events.filter(kind="playback speed changed")
    assert logged.detail == {"expert": "alice", "phase": "practice", "trial": 1}


# --- reports sent again


@pytest.mark.parametrize("changes", [{"intervals": [[0, 999]]}, {"plays": 2}, {"events": [event()]}])
def test_reports_uuid_with_other_content_is_refused(client: Client, alice: Expert, changes: dict[str, Any]) -> None:
    trial, name = session(alice)[0], str(uuid4())
    assert put_listening(client, trial, alice, client_uuid=name).status_code == 200
    reply = put_listening(client, trial, alice, client_uuid=name, **changes)
    assert (reply.status_code, reply.json()["error"]) == (409, "uuid")
    assert put_listening(client, trial, alice, client_uuid=name).status_code == 200
    assert Listening.objects.count() == 1


def test_revision_far_ahead_is_refused_so_that_a_page_recovers(client: Client, alice: Expert) -> None:
    trial = session(alice)[0]
    hear(alice, trial)
    reply = put_rating(client, trial, rating_body(revision=32_767), alice)
    assert reply.status_code == 409
    said = reply.json()
    assert (said["error"], said["revision"], said["given_at"]) == ("revision", 0, None)
    again = rating_body(revision=reply.json()["revision"] + 1)
    assert put_rating(client, trial, again, alice).status_code == 200


def test_every_page_and_reply_says_the_servers_time(client: Client, alice: Expert) -> None:
    trial, now = session(alice)[0], clock.now()
    with clock.use(lambda: now):
        shown = client.get(f"/room/t/{trial.token}/").text
        replies = [put_listening(client, trial, alice), put_rating(client, trial, rating_body(), alice)]
        replies.append(put(client, f"/room/t/{trial.token}/remark", {}, alice))
    assert f'data-now="{round(now.timestamp() * 1000)}"' in shown
    assert [reply.json().get("now") for reply in replies[:2]] == [round(now.timestamp() * 1000)] * 2
    assert replies[2].status_code == 400


def test_another_expert_has_an_order_of_their_own(client: Client, alice: Expert, study: Study) -> None:
    for trial in session(alice):
        complete(alice, trial)
    bob = make_expert(study, "bob")
    begin(bob)
    enter(client, bob)
    first, second, third, *_ = session(bob)
    assert statuses(client, [first, second, third], "audio") == [200, 200, 404]
    assert put_listening(client, second, bob).json()["error"] == "ahead"
