"""The check's browser acts like an expert's, records everything and reports where it stops."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.db.models import QuerySet
from django.urls import reverse
from pytest_django.fixtures import Settings

from formats.errors import InputError
from study.blinding.sessions import Browser, Exchange, own_site, play
from study.models import Expert, Listening, Rating, Study, Trial
from tests.factories import make_link, make_study
from tests.study.exchanges import exchange

SCALES = ("valence", "harmony", "overall")


@pytest.fixture
def study(tmp_path: Path, db: None) -> Study:
    return make_study(tmp_path, clips=4, heard=4, practice=1, scales=SCALES)


def session(study: Study, trials: int = 9) -> Browser:
    """One expert's whole session."""
    _, secret = make_link(study)
    with own_site() as here:
        browser = Browser(here)
        play(browser, reverse("room:invitation", args=[secret]), trials)
    return browser


def test_nothing_is_printed_before_static_files_are_collected(
    study: Study, settings: Settings, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    settings.STATIC_ROOT = tmp_path / "not-collected"
    session(study)
    assert [str(warning.message) for warning in recwarn if "No directory" in str(warning.message)] == []


def trials_played() -> QuerySet[Trial]:
    return Trial.objects.filter(slot__expert__isnull=False)


def test_a_session_is_played_from_the_link_to_the_thanks(study: Study) -> None:
    browser = session(study)
    trials = list(trials_played())
    assert browser.url == reverse("room:thanks")
    assert Expert.objects.get(slot__isnull=False).submitted_at
    assert (len(trials), Rating.objects.count()) == (9, 9 * len(SCALES))
    kinds = Counter((one.kind, one.trial) for one in browser.seen if one.trial)
    for trial in trials:
        assert (kinds["audio", trial.token], kinds["listening", trial.token]) == (1, 2)
        assert kinds["trial", trial.token] >= 1
        assert kinds["rating", trial.token] == len(SCALES)
    order = [(one.kind, one.trial) for one in browser.seen if one.kind in {"audio", "listening"}]
    kinds_in_order = [kind for kind, _ in order[:7]]
    assert kinds_in_order == ["audio", "audio", *["listening"] * 2, "audio", *["listening"] * 2], "one clip ahead"
    assert {reverse("room:csrf"), reverse("room:worker")} <= {one.url for one in browser.seen}, "as scripts ask for"
    fetched = [one.url for one in browser.seen if one.kind == "audio"]
    assert len(fetched) == len(set(fetched)) == len(trials)


def test_an_expert_hears_a_clip_to_its_end_and_thinks_before_each_answer(study: Study) -> None:
    session(study)
    for trial in trials_played():
        began, ended = Listening.objects.filter(trial=trial).order_by("given_at")
        duration = trial.clip.duration_ms
        assert [(row.intervals, row.plays) for row in (began, ended)] == [([], 1), ([[0, duration]], 0)]
        events = [(event["event"], event["clip_ms"]) for row in (began, ended) for event in row.events]
        assert events == [("play", 0), ("ended", duration)]
        assert began.given_at is not None
        assert ended.given_at == began.given_at + timedelta(milliseconds=duration)
        given = list(trial.ratings.order_by("given_at"))
        assert [rating.rt_ms for rating in given] == [duration + 2000, duration + 4000, duration + 6000]
        assert given[2].given_at - given[1].given_at == given[1].given_at - given[0].given_at == timedelta(seconds=2)
        assert [(one.plays, one.heard_ms, one.revision, one.language) for one in given] == [(1, duration, 1, "en")] * 3
        assert given[2].value == given[0].value == given[1].value - 1


def test_what_a_reply_says_is_read_by_its_content_type() -> None:
    sound = exchange(kind="audio", body="music", headers=(("ETag", "1"),))
    assert (sound.text, sound.header("etag"), sound.header("Date")) == ("", "1", "")
    script = Exchange("page", "", "/", 200, (("Content-Type", "application/javascript"),), b"let a", 0.0)
    assert (script.text, exchange(body="<p>\xff").text) == ("let a", "<p>\xff")
    assert exchange(body=b"<p>\xff").text == "<p>�"


def test_a_page_that_fails_is_said_with_its_address_and_status(study: Study, settings: Settings) -> None:
    settings.MIDDLEWARE = [*site.MIDDLEWARE, "tests.study.leaks.failing_audio"]
    with pytest.raises(InputError, match=r"GET /room/t/[^/]+/audio answered 400\. Preview the study"):
        session(study)


def test_a_session_that_comes_to_no_end_is_said_with_where_it_was_last(study: Study) -> None:
    with pytest.raises(InputError, match="to the end. The last page was /room/t/"):
        session(study, trials=-22)


def test_every_exchange_is_timed_and_one_that_leads_to_a_trial_is_about_it(study: Study) -> None:
    _, secret = make_link(study)
    with own_site() as here:
        browser = Browser(here)
        with pytest.raises(InputError):
            play(browser, reverse("room:invitation", args=[secret]), -22)
        browser.go("page", "GET", reverse("room:room"))
    *earlier, redirect, trial = browser.seen
    assert all(0 < one.seconds < 60 for one in browser.seen)
    assert (redirect.kind, redirect.status, redirect.url) == ("redirect", 302, reverse("room:room"))
    assert (trial.kind, trial.trial, trial.url) == ("trial", redirect.trial, redirect.header("Location"))
    assert {one.kind for one in earlier if not one.trial} <= {"page", "form"}
