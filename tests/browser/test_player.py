"""The player's time and its slider, which can be moved once the clip was heard."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study import queries
from study.models import Listening, Study, Trial
from tests.browser.conftest import SCALES, Accept, answer, awake, listen, practised, settled
from tests.factories import hear, make_study, trials_of

SECONDS = 3.0


#: Keeps every sound that the page begins to play.
KEPT = """() => {
  const play = Audio.prototype.play;
  window.sounds = new Set();
  Audio.prototype.play = function () {
    sounds.add(this);
    return play.call(this);
  };
}"""
#: A browser that stops a start at once, or before it has begun, as where a call comes in.
STOPPED = """() => {
  const play = Audio.prototype.play;
  Audio.prototype.play = function () {
    Audio.prototype.play = play;
    const started = play.call(this);
    this.pause();
    return started;
  };
}"""
NOT_BEGUN = """() => {
  const play = Audio.prototype.play;
  Audio.prototype.play = () => {
    Audio.prototype.play = play;
    return Promise.reject(new DOMException("", "AbortError"));
  };
}"""


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    return make_study(tmp_path, seconds=SECONDS, scales=SCALES, slots=3, practice=1)


@pytest.fixture
def trial(page: Page, live_server: LiveServer, accept: Accept) -> Trial:
    """At the second clip, not heard."""
    expert = accept(page)
    practised(expert)
    trial = trials_of(expert)[1]
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    awake(page)
    return trial


MOVE = """(slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  slider.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def test_time_and_length_are_shown(page: Page, trial: Trial) -> None:
    expect(page.locator(".time")).to_have_text("0:00 / 0:03")
    page.locator("#play").click()
    expect(page.locator(".time")).to_have_text("0:01 / 0:03")
    expect(page.locator(".seek")).to_have_attribute("aria-valuetext", "0:02 / 0:03")
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    expect(page.locator(".time")).to_have_text("0:03 / 0:03")


def test_sign_on_the_button_is_that_of_what_a_press_does(page: Page, trial: Trial) -> None:
    edges = "(button) => { const { borderTopWidth } = getComputedStyle(button, '::before'); return borderTopWidth; }"
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    assert page.locator("#play").evaluate(edges) != "0px"  # a triangle
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    assert page.locator("#play").evaluate(edges) == "0px"  # two bars


def test_replay_takes_one_press(page: Page, trial: Trial) -> None:
    listen(page)
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    expect(page.locator(".time")).to_have_text("0:00 / 0:03")


def test_start_that_was_stopped_at_once_is_no_second_play(page: Page, trial: Trial) -> None:
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.evaluate(STOPPED)
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "paused")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    settled(page)
    heard = queries.listening_by_place(trial, trial.slot.expert, [1])[1]
    assert (heard.plays, heard.intervals) == (2, [(0, 1000 * SECONDS)])


def test_start_that_never_began_leaves_nothing_behind(page: Page, trial: Trial) -> None:
    page.clock.install()
    page.reload()
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.evaluate(NOT_BEGUN)
    page.locator("#play").click()
    listen(page)
    page.clock.fast_forward("00:10")  # beyond the patience with a start
    settled(page)
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    heard = queries.listening_by_place(trial, trial.slot.expert, [1])[1]
    assert heard.plays == 1
    assert not Listening.objects.filter(trial=trial, events__icontains="error").exists()


def test_clip_that_plays_is_silent_on_the_next_page(page: Page, trial: Trial) -> None:
    listen(page)
    answer(page, 3)
    settled(page)
    page.evaluate(KEPT)
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    page.locator("#next").click()
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    assert page.evaluate("[...sounds].map(({ ended, paused }) => [ended, paused])") == [[False, True]]


def test_no_place_can_be_gone_to_before_the_clip_was_heard(page: Page, trial: Trial) -> None:
    seek = page.locator(".seek")
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    expect(seek).to_be_disabled()
    seek.evaluate("slider => { slider.disabled = false; }")
    seek.evaluate(MOVE, "900")  # as by a tool of the browser
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    settled(page)
    heard = queries.listening_by_place(trial, trial.slot.expert, [1])[1]
    assert queries.length(heard.intervals) >= 1000 * SECONDS - 500


def test_heard_clip_is_played_from_a_place_and_heard_time_stays_honest(page: Page, trial: Trial) -> None:
    listen(page)
    settled(page)
    seek, before = page.locator(".seek"), Listening.objects.count()
    expect(seek).to_be_enabled()
    seek.evaluate(MOVE, "800")
    expect(page.locator(".time")).to_have_text("0:02 / 0:03")
    expect(page.locator("#play")).to_have_attribute("data-state", "paused")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    settled(page)
    last = Listening.objects.order_by("pk").last()
    assert last is not None
    assert Listening.objects.count() == before + 1
    assert "seek" in [event["event"] for event in last.events]
    assert last.plays == 0, "part of a clip is no play"
    (start, stop), *more = last.intervals
    assert (more, stop) == ([], 1000 * SECONDS)
    assert 2300 <= start <= 2500
    answer(page, 3)
    settled(page)
    assert trial.ratings.count() == len(SCALES)


def test_moving_while_it_plays_counts_only_what_sounded(page: Page, trial: Trial) -> None:
    listen(page)
    settled(page)
    page.locator("#play").click()
    expect(page.locator(".time")).to_have_text("0:01 / 0:03")
    page.locator(".seek").evaluate(MOVE, "900")
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    settled(page)
    replay = Listening.objects.filter(trial=trial).order_by("pk")[2:]
    (start, left), (reached, stop) = [part for row in replay for part in row.intervals]
    assert (start, stop) == (0, 1000 * SECONDS)
    # What lies between did not sound. Browsers tell a few times a second how far a sound has come.
    assert 900 <= left < 2650 <= reached


class TestLongClip:
    """A section of a clip of more than 30 s can be repeated once the clip was heard."""

    @pytest.fixture
    def study(self, live_server: LiveServer, tmp_path: Path) -> Study:
        return make_study(tmp_path, seconds=32.0, scales=SCALES, slots=3, practice=1)

    def test_section_repeats_until_it_is_stopped(self, page: Page, live_server: LiveServer, trial: Trial) -> None:
        loop = page.locator(".loop")
        expect(loop).to_be_hidden()
        hear(trial.slot.expert, trial)
        page.reload()
        awake(page)
        expect(loop).to_have_text("Repeat a section: start here")
        expect(page.locator("#play")).to_have_attribute("data-state", "ready")
        page.locator(".seek").evaluate(MOVE, "125")
        loop.click()
        expect(loop).to_have_text("End the section here")
        page.locator(".seek").evaluate(MOVE, "180")
        expect(page.locator(".time")).to_have_text("0:05 / 0:32")
        loop.click()
        expect(loop).to_have_text("Stop repeating")
        expect(page.locator("#play")).to_have_attribute("data-state", "playing")
        for second in ("0:04", "0:05", "0:04", "0:05"):
            expect(page.locator(".time")).to_have_text(f"{second} / 0:32")
        loop.click()
        expect(page.locator(".time")).to_have_text("0:06 / 0:32")
        page.locator("#play").click()
        expect(page.locator("#play")).to_have_attribute("data-state", "paused")
        settled(page)
        own = Listening.objects.filter(trial=trial).order_by("pk")[1:]
        ends = [stop for row in own for _, stop in row.intervals]
        assert len(ends) >= 2
        assert min(start for row in own for start, _ in row.intervals) >= 3900
