"""What the desk sees of experts at work, and what it must never see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from study import clock, services
from study.desk.progress import Board, PlannedTrial, Rated, Row, board, straight_lining, too_fast
from study.models import Device, Expert, Invitation, Listening, Rating, SoundCheck, Study
from study.services.invitations import Invitee, zone_of
from tests.factories import (
    begin,
    context_of,
    hear,
    make_expert,
    make_link,
    make_study,
    rate,
    rate_all,
    reach,
    trials_of,
)
from tests.study.test_desk import client_of, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


progress_kinds = ("all", "unfinished", "attention", "nonsense")


def row_of(found: Board, code: str) -> Row:
    return next(row for row in found.rows if row.expert.code == code)


def test_first_answer_may_have_a_higher_revision(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=3)
    expert = make_expert(study)
    begin(expert)
    trial = reach(expert, trials_of(expert)[0])
    hear(expert, trial)
    for scale in study.file.scales:
        rate(expert, trial, scale.key, revision=2)
    found = board(study)
    assert (row_of(found, "e01").done, row_of(found, "e01").seconds) == (1, 4)
    assert found.pace.answers == len(study.file.scales)


def test_progress_page_shows_trials_and_last_activity(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=3)
    done, begun = make_expert(study, "done"), make_expert(study, "begun")
    make_link(study, "away")
    begin(done)
    rate_all(done)
    services.submit(done)
    hear(begun, trials_of(begun)[0])
    rate(begun, trials_of(begun)[0], "valence")
    found = board(study)
    assert [(row.expert.code, row.done, row.total) for row in found.rows] == [
        ("away", 0, 4),
        ("begun", 0, 4),
        ("done", 4, 4),
    ]
    assert row_of(found, "away").last_seen is None
    seen = row_of(found, "begun").last_seen
    assert seen is not None
    assert clock.now() - seen < timedelta(minutes=1)
    assert (row_of(found, "done").seconds, row_of(found, "begun").seconds) == (4.0, None)


def test_the_board_counts_who_is_where_and_names_whom_to_look_into(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=4, groups=("men", "women"))
    done, begun, gone = (make_expert(study, code, "women") for code in ("done", "begun", "gone"))
    make_link(study, "away", "men")
    begin(done)
    rate_all(done)
    services.submit(done)
    hear(begun, trials_of(begun)[0])
    services.withdraw(gone, actor="test")
    event = {"event": "problem", "clip_ms": 0, "at": "2027-01-01T00:00:00Z"}
    at = context_of(begun, trials_of(begun)[0])
    services.save_listening(at, client_uuid=uuid4(), intervals=[], events=[event], plays=0)
    found = board(study)
    assert found.counts_by_status == (1, 1, 1)
    assert [row.expert.code for row in found.marked] == ["begun"]
    root = client_of("root", superuser=True)
    page = text(root.get(reverse("desk:board", args=["small"])))
    assert "Finished: 1. In progress: 1. Not started: 0. Free: 2." in page
    assert "Finished: 0. In progress: 0. Not started: 1. Free: 3." in page
    assert '<a href="#expert-begun">' in page
    assert 'id="expert-begun"' in page
    shown = {name: text(root.get(reverse("desk:board", args=["small"]), {"show": name})) for name in progress_kinds}
    assert {name: re.findall(r'id="expert-(\w+)"', page) for name, page in shown.items()} == {
        "all": ["away", "begun", "done", "gone"],
        "unfinished": ["away", "begun"],
        "attention": ["begun"],
        "nonsense": ["away", "begun", "done", "gone"],
    }


def test_a_clip_that_would_not_play_and_the_headphone_check_are_on_the_board(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    for _ in range(2):
        event = {"event": "problem", "clip_ms": 0, "at": "2027-01-01T00:00:00Z"}
        at = context_of(expert, trials_of(expert)[0])
        services.save_listening(at, client_uuid=uuid4(), intervals=[], events=[event], plays=0)
    order = ["plain", "quiet", "antiphase"]
    services.save_sound_check(expert.devices.get(), level=60, answers=[{"order": order, "chosen": 1}] * 6)
    (row,) = board(expert.study).rows
    assert (row.reasons.ask, row.headphones) == (["1 unplayable clip"], "6/6")


def test_numbers_above_the_board_count_each_planned_answer_once_and_none_of_the_withdrawn(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=3)
    first = make_expert(study, "e01")
    rate_all(first)
    gone = make_expert(study, "gone")
    rate_all(gone)
    services.withdraw(gone, actor="test")
    begun = make_expert(study, "e02")
    hear(begun, trials_of(begun)[0])
    rate(begun, trials_of(begun)[0], "valence")
    found = board(study)
    assert (found.taken, found.slots, found.counts_by_status) == (2, 3, (0, 2, 0))
    assert (found.pace.answers, found.pace.planned, found.pace.share) == (9, 24, 37)
    secret = services.replace(first, Invitee("e01-2", "all", "en"), actor="test")
    services.accept_invitation(services.find_invitation(secret))
    Device.objects.update(accepted_at=clock.now() - timedelta(hours=1))
    rate_all(Expert.objects.select_related("study", "slot").get(code="e01-2"))
    assert board(study).pace.answers == 9


def test_the_end_is_expected_at_the_pace_of_the_last_week(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=4)
    assert board(study).pace.ends is None
    rate_all(make_expert(study, "e01"))
    now = clock.now()
    Rating.objects.update(received_at=now - timedelta(days=2))
    ends = board(study).pace.ends
    assert ends is not None
    assert abs(ends - (now + timedelta(days=6))) < timedelta(minutes=1)  # 8 answers in two days, 24 are left
    Rating.objects.update(received_at=now - timedelta(days=8))
    assert board(study).pace.ends is None  # it stands still
    Rating.objects.update(received_at=now)
    services.close_study(study, actor="test")
    assert board(study).pace.ends is None


def test_answers_are_counted_by_the_readers_days(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = make_expert(study)
    rate_all(expert)
    first, *others = [trial.pk for trial in trials_of(expert)]
    Rating.objects.filter(trial=first).update(received_at=datetime(2027, 1, 1, 12, tzinfo=UTC))
    Rating.objects.filter(trial__in=others).update(received_at=datetime(2027, 1, 3, 20, tzinfo=UTC))
    for zone, last in (("", date(2027, 1, 3)), ("Asia/Shanghai", date(2027, 1, 4))):
        days = board(study, zone_of(zone)).pace.days
        assert (days[0].day, days[-1].day) == (date(2027, 1, 1), last)
        assert [(bar.answers, round(bar.height)) for bar in (days[0], days[1], days[-1])] == [
            (2, 33),
            (0, 0),
            (6, 100),
        ]
    client = client_of("root", superuser=True)
    client.cookies["zone"] = "Asia/Shanghai"
    page = text(client.get(reverse("desk:board", args=["small"])))
    assert "Ratings per day from 2027-01-01 to 2027-01-04, at most 6" in page
    assert "Day (Asia/Shanghai)" in page


def seen(study: Study, days: float) -> None:
    """Everything that an expert has done, and the opening, was so many days ago."""
    at = clock.now() - timedelta(days=days)
    Study.objects.update(opened_at=at)
    Device.objects.update(accepted_at=at)
    Invitation.objects.update(created_at=at)
    Rating.objects.update(received_at=at, given_at=at)
    Listening.objects.update(received_at=at)


@pytest.mark.parametrize(
    ("days", "begun", "away"),
    [(2.9, [], []), (4.5, ["no activity for 4 days"], ["not started after 4 days"])],
)
def test_who_gives_no_sign_for_three_days_needs_a_reminder(
    tmp_path: Path, days: float, begun: list[str], away: list[str]
) -> None:
    study = make_study(tmp_path, slots=4)
    expert = make_expert(study, "begun")
    hear(expert, trials_of(expert)[0])
    rate(expert, trials_of(expert)[0], "valence")
    make_link(study, "away")
    done = make_expert(study, "done")
    begin(done)
    rate_all(done)
    services.submit(done)
    seen(study, days)
    found = board(Study.objects.get())
    assert {row.expert.code: row.reasons.remind for row in found.rows} == {"begun": begun, "away": away, "done": []}
    services.close_study(study, actor="test")
    assert board(Study.objects.get()).marked == []


def test_links_that_end_need_a_reminder(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=4)
    for code in ("works", "soon", "ended", "revoked"):
        make_link(study, code)
    now = clock.now()
    Invitation.objects.filter(expert__code="soon").update(expires_at=now + timedelta(days=2))
    Invitation.objects.filter(expert__code="ended").update(expires_at=now)
    Invitation.objects.filter(expert__code="revoked").update(revoked_at=now)
    assert {row.expert.code: row.reasons.remind for row in board(study).rows} == {
        "works": [],
        "soon": ["link expires soon"],
        "ended": ["link expired"],
        "revoked": ["link revoked"],
    }


def test_answers_that_waited_for_a_connection_are_named(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    rate_all(expert)
    trials = [trial.pk for trial in trials_of(expert)]
    at = clock.now()
    Rating.objects.update(browser_at=at, given_at=at, received_at=at + timedelta(seconds=59))
    assert board(expert.study).marked == []
    Rating.objects.filter(trial__in=trials[:2]).update(received_at=at + timedelta(seconds=61))
    assert [row.reasons.ask for row in board(expert.study).rows] == [["connection lost in 2 trials"]]
    Rating.objects.update(browser_at=None)  # of an earlier version, whose browsers' clocks nobody measured
    assert board(expert.study).marked == []


def test_squares_of_a_sealed_study_are_in_the_order_of_their_counts(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=4, clips=4, heard=2, systems=("midi-gan", "music-vae", "real"))
    expert = make_expert(study)
    for trial in trials_of(expert)[:3]:
        hear(expert, trial)
        for scale in ("valence", "overall"):
            rate(expert, trial, scale)
    (coverage,) = board(study).coverage
    assert [clip.rated for clip in coverage.clips] == [0] * 9 + [1] * 3
    assert [clip.level for clip in coverage.clips] == [0] * 9 + [2] * 3
    page = text(client_of("root", superuser=True).get(reverse("desk:board", args=["small"])))
    assert re.findall(r'<span class="level-\d"[^>]*>(\d+)</span>', page) == ["0"] * 9 + ["1"] * 3
    assert "12 clips, ratings per clip: 0–1, 12% of the plan" in page


def rated(number: int, ms: int = 15_000, lowest: int = 2, highest: int = 4) -> list[Rated]:
    place = PlannedTrial(clips=(1,), clip_ms=10_000, is_repeat=False)
    return [Rated(1, trial, place, ms, lowest, highest) for trial in range(number)]


@pytest.mark.parametrize(
    ("trials", "scales", "flagged"),
    [
        (rated(8, highest=2) + rated(2), 5, True),
        (rated(7, highest=2) + rated(3), 5, False),
        (rated(9, highest=2), 5, False),
        (rated(8, highest=2) + rated(2, lowest=3, highest=3), 1, True),
        (rated(5, highest=2) + rated(5, lowest=3, highest=3), 1, False),
    ],
)
def test_straight_lining_is_one_number_on_every_scale_in_most_of_ten_clips(
    trials: list[Rated], scales: int, flagged: bool
) -> None:
    assert straight_lining(trials, scales) is flagged


def test_too_fast_is_half_a_second_a_scale_after_the_clips_end() -> None:
    assert too_fast(rated(10, ms=12_400), 5)
    assert not too_fast(rated(10, ms=12_600), 5)
    assert not too_fast(rated(9, ms=12_400), 5)
    assert too_fast(rated(6, ms=11_000) + rated(5, ms=60_000), 5)


def test_coverage_is_the_certificates_and_counts_each_place_once(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=2, clips=4, heard=4, repeats=1)
    first = make_expert(study, "e01")
    rate_all(first)
    before = board(study)
    assert set(map(tuple, study.certificate["clip_counts"].values())) == {(2, 2)}
    assert [system.planned for system in before.coverage] == [(2, 2)]
    assert [(system.rated, system.share) for system in before.coverage] == [((1, 1), 50)]
    secret = services.replace(first, Invitee("e02", "all", "en"), actor="test")
    services.accept_invitation(services.find_invitation(secret))
    Device.objects.update(accepted_at=clock.now() - timedelta(hours=1))
    rate_all(Expert.objects.select_related("study", "slot").get(code="e02"))
    assert [system.rated for system in board(study).coverage] == [(1, 1)]
    for code in ("e01", "e02"):
        services.withdraw(study.experts.get(code=code), actor="test")
    assert [system.rated for system in board(study).coverage] == [(0, 0)]


def test_board_after_unsealing_counts_each_system_and_clip(tmp_path: Path) -> None:
    ada = client_of("ada")
    study = make_study(tmp_path, owner=User.objects.get(username="ada"))
    rate_all(make_expert(study))
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    assert [(system.system, len(system.clips)) for system in board(study).coverage] == [("midi-gan", 3), ("real", 3)]
    page = text(ada.get(reverse("desk:board", args=["small"])))
    assert all(clip.clip_id in page for clip in study.clips.filter(role="study"))


def test_sealed_board_shows_no_code_clip_or_system(tmp_path: Path) -> None:
    ada = client_of("ada")
    study = make_study(tmp_path, owner=User.objects.get(username="ada"))
    expert = make_expert(study)
    assert "6 clips, ratings per clip: 0, 0% of the plan" in text(ada.get(reverse("desk:board", args=["small"])))
    rate_all(expert)
    page = text(ada.get(reverse("desk:board", args=["small"])))
    assert "all systems" in page
    secrets = ["midi-gan", "MIDI-GAN", "real", "song", ">A<", ">B<"]
    for clip in study.clips.all():
        secrets += [clip.clip_id, clip.pack_entry["clip_id"], clip.pack_entry["audio_sha256"], clip.audio]
    assert [secret for secret in secrets if secret in page] == []


def test_looking_at_the_board_writes_nothing(tmp_path: Path) -> None:
    ada = client_of("ada")
    study = make_study(tmp_path, owner=User.objects.get(username="ada"))
    before = study.events.count()
    ada.get(reverse("desk:board", args=["small"]))
    assert study.events.count() == before
    assert ada.post(reverse("desk:board", args=["small"])).status_code == 405


def test_someone_elses_board_is_not_there(tmp_path: Path) -> None:
    make_study(tmp_path, owner=User.objects.create_user("bob"))
    address = reverse("desk:board", args=["small"])
    assert client_of("ada").get(address).status_code == 404
    assert Client().get(address).status_code == 302


def fill(study: Study, number: int) -> None:
    """So many experts with a whole session of two scales behind them, written straight into the tables."""
    at = clock.now()
    for slot in study.slots.order_by("number")[study.experts.count() : number]:
        expert = Expert.objects.create(study=study, code=f"e{slot.number:03d}", group="all", language="en", slot=slot)
        link = Invitation.objects.create(expert=expert, token_hash=f"{expert.pk}", expires_at=at)
        device = Device.objects.create(expert=expert, invitation=link)
        SoundCheck.objects.create(expert=expert, device=device, level=80, answers=[])
        trials = trials_of(expert)
        Listening.objects.bulk_create(
            Listening(trial=trial, expert=expert, client_uuid=uuid4(), intervals=[[0, 1000]], problem=trial.number == 1)
            for trial in trials
        )
        Rating.objects.bulk_create(
            Rating(
                trial=trial, expert=expert, scale=scale, value=3, revision=1, client_uuid=uuid4(), given_at=at, rt_ms=9
            )
            for trial in trials
            for scale in ("valence", "overall")
        )


def test_the_desks_pages_take_at_most_15_queries_at_two_hundred_experts_as_at_one(tmp_path: Path) -> None:
    ada = client_of("ada")
    study = make_study(tmp_path, owner=User.objects.get(username="ada"), slots=200, clips=2, heard=1, practice=0)
    counts: dict[str, set[int]] = {name: set() for name in ("study", "board", "invite", "studies")}
    for number in (1, 200):
        fill(study, number)
        for name, seen in counts.items():
            with CaptureQueriesContext(connection) as queries:
                response = ada.get(reverse(f"desk:{name}", args=[] if name == "studies" else ["small"]))
            assert response.status_code == 200
            seen.add(len(queries))
    assert {name: len(seen) for name, seen in counts.items()} == dict.fromkeys(counts, 1)
    assert max(map(max, counts.values())) <= 15, counts
    with CaptureQueriesContext(connection) as queries:
        assert ada.get(reverse("desk:expert", args=["small", "e001"])).status_code == 200
    assert len(queries) <= 15
