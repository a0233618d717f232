"""The page with a wrong clock, at a wrong speed, and in its order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from study import clock, services
from study.models import Event, Expert, Listening, Rating
from tests.browser.conftest import SCALES, Accept, Log, answer, listen, practised, settled
from tests.factories import context_of, hear, rate, trials_of
from tests.study.test_services_answers import save_at

#: A browser's clock that is so many ms ahead, also where scripts ask for a date without giving one.
WRONG = """(() => {
  const ahead = %d, Right = Date;
  window.Date = class extends Right {
    constructor(...given) { given.length ? super(...given) : super(Right.now() + ahead); }
    static now() { return Right.now() + ahead; }
  };
})()"""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def at_second_clip(page: Page, live_server: LiveServer, accept: Accept, ahead: timedelta = timedelta()) -> Expert:
    if ahead:
        page.add_init_script(WRONG % (ahead.total_seconds() * 1000))
    expert = accept(page)
    practised(expert)
    hear(expert, trials_of(expert)[1])
    page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
    return expert


@pytest.mark.parametrize("ahead", [DAY, -HOUR])
def test_time_of_an_answer_is_corrected_in_the_page(
    page: Page, live_server: LiveServer, accept: Accept, ahead: timedelta
) -> None:
    at_second_clip(page, live_server, accept, ahead)
    before = clock.now()
    answer(page, 4, "overall")
    settled(page)
    row = Rating.objects.get(trial__phase="study")
    assert row.browser_at is not None
    assert abs(row.browser_at - row.received_at - ahead) < timedelta(minutes=1)
    assert before - timedelta(seconds=5) <= row.given_at <= row.received_at
    assert 0 < row.rt_ms < 60_000


def test_browser_a_day_ahead_loses_to_a_later_answer(
    page: Page, context: BrowserContext, live_server: LiveServer, accept: Accept, log: Log
) -> None:
    """It answers without a connection; another device answers later; then its answer arrives."""
    expert = at_second_clip(page, live_server, accept, DAY)
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    context.set_offline(True)
    answer(page, 2, "overall")
    page.wait_for_timeout(500)
    rate(expert, trials_of(expert)[1], "overall", 5)
    context.set_offline(False)
    settled(page)
    expect(page.locator('[data-scale="overall"] [value="5"]')).to_be_checked()
    kept = Rating.objects.filter(trial__phase="study", scale="overall").order_by("revision")
    assert [(row.revision, row.value) for row in kept] == [(1, 5)]
    log.errors[:] = [error for error in log.errors if "status of 409" not in error]


@pytest.mark.parametrize("ahead", [HOUR, DAY, -HOUR])
def test_browser_with_a_wrong_clock_is_kept_late_after_closing(
    page: Page, context: BrowserContext, live_server: LiveServer, accept: Accept, ahead: timedelta
) -> None:
    expert = at_second_clip(page, live_server, accept, ahead)
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    context.set_offline(True)
    answer(page, 2, "overall")
    page.wait_for_timeout(500)
    services.close_study(expert.study, actor="test")
    context.set_offline(False)
    settled(page)
    expect(page.locator("#aside")).to_be_hidden()
    assert list(Rating.objects.filter(late=True).values_list("scale", "value")) == [("overall", 2)]


def test_clock_that_is_set_back_in_an_open_page_loses_nothing(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    at_second_clip(page, live_server, accept)
    answer(page, 4, "overall")
    settled(page)
    page.evaluate(WRONG % (-2 * 24 * 3600 * 1000))
    answer(page, 3, "valence")
    settled(page)
    expect(page.locator("#aside")).to_be_hidden()
    first, second = Rating.objects.filter(trial__phase="study").order_by("received_at")
    assert first.given_at < second.given_at <= second.received_at


def test_changed_playback_speed_is_set_back_and_logged(page: Page, live_server: LiveServer, accept: Accept) -> None:
    page.add_init_script(
        "const play = Audio.prototype.play; Audio.prototype.play = function () {"
        "  window.sounding = this; return play.call(this); };"
    )
    expert = accept(page)
    practised(expert)
    trial = trials_of(expert)[1]
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    page.evaluate("sounding.playbackRate = 4")
    page.wait_for_function("sounding.playbackRate === 1")
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    answer(page, 4, "overall")
    settled(page)
    assert Rating.objects.filter(trial=trial).count() == 1
    events = [event["event"] for row in Listening.objects.filter(trial=trial).order_by("pk") for event in row.events]
    assert events == ["play", "rate", "ended"]
    assert Event.objects.get(kind="playback speed changed").detail["trial"] == 2


def test_next_clip_opens_after_the_answers_are_saved(
    page: Page, context: BrowserContext, live_server: LiveServer, accept: Accept
) -> None:
    """Answered without a connection; the connection comes back for pages before it does for answers."""
    expert = accept(page)
    practised(expert)
    page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
    listen(page)
    page.route("**/ratings/*", lambda route: route.abort())
    answer(page, 3)
    page.locator("#next").click()
    expect(page.locator("#status")).to_contain_text("No connection")
    expect(page.locator("#heading")).to_have_text("Clip 2 of 4")
    page.unroute("**/ratings/*")
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    assert Rating.objects.filter(trial__phase="study").count() == len(SCALES)


def test_revision_that_a_script_used_up_is_recovered_from(
    page: Page, live_server: LiveServer, accept: Accept, log: Log
) -> None:
    expert = at_second_clip(page, live_server, accept)
    save_at(context_of(expert, trials_of(expert)[1]), value=2, revision=90)
    Rating.objects.filter(revision=90).update(revision=32_767)
    answer(page, 4, "overall")
    settled(page)
    kept = Rating.objects.filter(trial__phase="study", scale="overall").order_by("revision")
    assert [(row.revision, row.value) for row in kept] == [(32_767, 2), (32_768, 4)]
    log.errors[:] = [error for error in log.errors if "status of 409" not in error]
