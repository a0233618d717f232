"""What goes wrong around an expert: clips that do not come, no connection, strange browsers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from study import queries
from study.models import Event, Expert, Listening, Rating, Remark, Study
from tests.browser.conftest import SCALES, SECONDS, Accept, Log, answer, awake, listen, practised, settled, unfold
from tests.factories import hear, make_link, trials_of

MAX_PAGE, MAX_CLIP = 60_000, 250_000
LOADED = """() => ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
  .map((entry) => entry.name).filter((name) => name.startsWith("http"))"""
IN_CHARGE = "() => navigator.serviceWorker.controller !== null"
WECHAT = (
    "Mozilla/5.0 (Linux; Android 13; V2266A Build/TP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240501 MicroMessenger/8.0.50.2701 Language/zh_CN"
)


def at_second_clip(page: Page, live_server: LiveServer, accept: Accept, *, heard: bool = True) -> Expert:
    expert = accept(page)
    practised(expert)
    trial = trials_of(expert)[1]
    if heard:
        hear(expert, trial)
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    return expert


def test_a_clip_that_never_comes_offers_another_try_and_a_report_and_never_spins(
    page: Page, live_server: LiveServer, accept: Accept, log: Log
) -> None:
    page.route("**/audio", lambda route: route.fulfill(status=503, body="busy"))
    expert = at_second_clip(page, live_server, accept, heard=False)
    expect(page.locator("#play")).to_have_attribute("data-state", "mute")
    expect(page.locator("#play .word")).to_have_text("Try again")
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Report a problem").click()
    expect(page.locator("#reported")).to_be_visible()
    settled(page)
    assert Event.objects.get(kind="problem reported", detail__trial=2)
    assert Listening.objects.get(problem=True, trial=trials_of(expert)[1])
    page.unroute("**/audio")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.locator("#next").click()
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    current = queries.current_trial(expert)
    assert current is not None
    assert current.number == 3  # the second is passed over
    log.errors[:] = [error for error in log.errors if "status of 503" not in error]


def test_a_clip_that_is_no_music_is_said_to_be_broken(page: Page, live_server: LiveServer, accept: Accept) -> None:
    page.route("**/audio", lambda route: route.fulfill(body=b"no music", content_type="audio/mpeg"))
    at_second_clip(page, live_server, accept, heard=False)
    expect(page.locator("#play")).to_have_attribute("data-state", "broken")
    expect(page.get_by_role("button", name="Report a problem")).to_be_visible()


def test_a_clip_that_comes_slowly_is_kept_as_long_as_it_comes(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    held: list[Route] = []
    page.route("**/audio", lambda route: held.append(route))
    page.clock.install()
    at_second_clip(page, live_server, accept, heard=False)
    awake(page)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": 4_000, "uploadThroughput": 4_000}
    line.send("Network.emulateNetworkConditions", slow)
    held[0].continue_()
    for _ in range(6):  # of the twenty seconds without a byte after which a clip is asked for again
        page.wait_for_timeout(300)
        page.clock.run_for(8_000)
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    assert len(held) == 1


def test_a_step_that_takes_a_while_says_so(page: Page, live_server: LiveServer, accept: Accept) -> None:
    at_second_clip(page, live_server, accept)
    answer(page, 3)
    settled(page)
    held: list[Route] = []
    page.route("**/room/t/*/", lambda route: held.append(route))
    page.locator("#next").click()
    expect(page.locator("#status")).to_have_text("Please wait …")
    held[0].continue_()
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    expect(page.locator("#status")).to_have_text("All ratings saved")


def test_play_pause_replay_and_turning_away_are_logged_with_what_was_heard(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    page.add_init_script(
        "const play = Audio.prototype.play; Audio.prototype.play = function () {"
        "  window.sounding = this; return play.call(this); };"
    )
    at_second_clip(page, live_server, accept, heard=False)
    listen(page)
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    page.evaluate("sounding.dispatchEvent(new Event('playing'))")  # a busy phone stands still and goes on
    page.evaluate("dispatchEvent(new Event('blur'))")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "paused")
    settled(page)
    rows = list(Listening.objects.filter(trial__phase="study", trial__number=2).order_by("pk"))
    assert [event["event"] for row in rows for event in row.events] == [
        *("play", "ended", "replay", "blur", "pause"),
    ]
    assert [row.plays for row in rows] == [1, 0, 1]
    assert rows[0].intervals == []
    assert queries.length(queries.merged(rows[1].intervals)) >= 1500
    assert rows[0].given_at is not None
    assert rows[1].given_at is not None
    assert (rows[1].given_at - rows[0].given_at).total_seconds() >= SECONDS - 0.1


def test_a_known_song_and_a_comment_typed_offline_survive_a_killed_tab(
    page: Page, context: BrowserContext, live_server: LiveServer, accept: Accept
) -> None:
    at_second_clip(page, live_server, accept)
    unfold(page)
    page.get_by_label("I knew this song before this study").check()
    settled(page)
    context.set_offline(True)
    page.locator("#comment").press_sequentially("1, 2, 3")  # digits here are no answers
    page.locator("#play").focus()
    address = page.url
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    expect(again.get_by_label("I knew this song before this study")).to_be_checked()
    expect(again.locator("#comment")).to_have_value("1, 2, 3")
    settled(again)
    assert not Rating.objects.filter(trial__phase="study").exists()
    newest = Remark.objects.order_by("revision").last()
    assert newest is not None
    assert (newest.known, newest.comment) == (True, "1, 2, 3")


def test_two_tabs_show_each_others_answers_at_once(
    page: Page, context: BrowserContext, live_server: LiveServer, accept: Accept
) -> None:
    at_second_clip(page, live_server, accept)
    other = context.new_page()
    other.goto(page.url)
    answer(page, 2, "valence")
    expect(other.locator('[data-scale="valence"] [value="2"]')).to_be_checked()
    answer(other, 5, "valence")
    expect(page.locator('[data-scale="valence"] [value="5"]')).to_be_checked()
    for tab in (page, other):
        settled(tab)
    kept = Rating.objects.filter(scale="valence", trial__phase="study").order_by("revision")
    assert list(kept.values_list("revision", "value")) == [(1, 2), (2, 5)]


def test_a_form_open_too_long_or_sent_without_a_line_loses_nothing(
    page: Page, context: BrowserContext, live_server: LiveServer, accept: Accept, log: Log
) -> None:
    expert = accept(page)
    context.clear_cookies(name="csrftoken")
    context.set_offline(True)
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="I agree").click()
    expect(page.locator("#status")).to_contain_text("No connection")
    context.set_offline(False)
    page.wait_for_url("**/room/background/")
    assert expert.consents.count() == 1
    page.get_by_label("Years of listening").fill("many")
    page.get_by_label("Headphones").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert").first).to_contain_text("Please enter a whole number")
    expect(page.get_by_label("Headphones")).to_be_checked()
    page.get_by_label("Years of listening").fill("12")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/room/sound/")
    log.errors[:] = [error for error in log.errors if "status of 40" not in error]


def test_a_page_that_lost_one_of_its_scripts_says_so(page: Page, live_server: LiveServer, accept: Accept) -> None:
    page.route("**/mukulen/trial.js", lambda route: route.abort())
    expert = accept(page)
    expect(page.locator("#dead")).to_be_visible()
    practised(expert)
    page.unroute("**/mukulen/trial.js")
    page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    expect(page.locator("#dead")).to_be_hidden()


def test_an_answer_given_before_the_scripts_arrive_is_refused_not_lost(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    expert = accept(page)
    practised(expert)
    trial = trials_of(expert)[1]
    hear(expert, trial)
    held: list[Route] = []
    page.route("**/mukulen/trial.js", lambda route: held.append(route))
    page.goto(f"{live_server.url}/room/t/{trial.token}/", wait_until="commit")
    point = page.locator('[data-scale="valence"] .point').nth(2)
    point.scroll_into_view_if_needed()
    point.click(force=True)
    page.keyboard.press("Tab")
    expect(page.locator('[data-scale="valence"] :checked')).to_have_count(0)
    held[0].continue_()
    answer(page, 3, "valence")
    settled(page)
    assert Rating.objects.get(trial__phase="study").value == 3


def test_unticked_box_is_reported_beside_it_in_the_language(page: Page, accept: Accept, log: Log) -> None:
    expert = accept(page, language="zh-hans")
    page.locator("main form button").click()
    expect(page.locator("#fault")).to_have_text("如果您同意，请先勾选方框。")
    expect(page.locator("#fault")).to_be_focused()
    expect(page.locator("#fault")).to_be_in_viewport()
    assert not expert.consents.exists()
    log.errors[:] = [error for error in log.errors if "status of 400" not in error]


@contextmanager
def at_consent(browser: Browser, live_server: LiveServer, secret: str) -> Iterator[Page]:
    """The first page behind a link, in a browser with service workers."""
    with browser.new_context(locale="en-GB") as context:
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.goto(f"{live_server.url}/i/{secret}/")
        page.locator("main button").click()
        page.wait_for_url("**/room/consent/")
        page.wait_for_function(IN_CHARGE)  # of this page, and so of every later one
        yield page


def test_a_reload_or_a_step_back_without_a_line_shows_our_own_page_and_comes_back_by_itself(
    browser: Browser, live_server: LiveServer, study: Study
) -> None:
    expert, secret = make_link(study)
    with at_consent(browser, live_server, secret) as page:
        expert.refresh_from_db()
        practised(expert)
        page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
        listen(page)
        page.context.set_offline(True)
        answer(page, 4, *SCALES)
        page.reload()
        expect(page.locator("h1")).to_have_text("没有网络连接")
        expect(page.locator("h2")).to_have_text("No connection")
        page.context.set_offline(False)
        expect(page.locator("#heading")).to_have_text("Clip 2 of 4")
        settled(page)
        assert Rating.objects.filter(trial__phase="study", value=4).count() == len(SCALES)


def test_while_the_site_starts_behind_its_proxy_our_own_page_is_shown_and_comes_back_by_itself(
    browser: Browser, live_server: LiveServer, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = make_link(study)
    with at_consent(browser, live_server, secret) as page:
        with monkeypatch.context() as patch:
            patch.setattr(WSGIHandler, "get_response", lambda *_: HttpResponse("Bad Gateway", status=502))
            page.reload()
            expect(page.locator("h2")).to_have_text("No connection")
            page.wait_for_timeout(4_000)  # it has asked once more
            expect(page.locator("h2")).to_have_text("No connection")
        expect(page.get_by_role("button", name="I agree")).to_be_visible()


def test_the_room_works_in_an_in_app_browser_with_third_party_cookies_blocked(
    browser: Browser, live_server: LiveServer, study: Study, tmp_path: Path
) -> None:
    """The link stands in a message on another site, as a messenger shows it."""
    _, secret = make_link(study)
    with browser.new_context(user_agent=WECHAT, viewport={"width": 360, "height": 640}) as context:
        context.set_default_timeout(15_000)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        controls = {"enableThirdPartyCookieRestriction": True, "disableThirdPartyCookieMetadata": True}
        session.send("Network.setCookieControls", {**controls, "disableThirdPartyCookieHeuristics": True})
        message = f'<a href="{live_server.url}/i/{secret}/">link</a>'
        page.route("http://messages.example/", lambda route: route.fulfill(body=message, content_type="text/html"))
        page.goto("http://messages.example/")
        page.get_by_role("link").click()
        page.locator("main button").click()
        page.wait_for_url("**/room/consent/")
        page.locator("[name=agree]").check()
        page.locator("main form button").click()
        page.wait_for_url("**/room/background/")
        assert Expert.objects.get().consents.count() == 1


def test_a_trial_page_is_light_without_its_clip(page: Page, live_server: LiveServer, accept: Accept) -> None:
    expert = accept(page)
    practised(expert)
    page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    sizes = {address: len(page.request.get(address).body()) for address in set(page.evaluate(LOADED))}
    clips = [size for address, size in sizes.items() if address.endswith("/audio")]
    weight = sum(sizes.values()) - sum(clips)
    print(f"a trial page weighs {weight} bytes in {len(sizes) - len(clips)} requests, uncompressed; its clip {clips}")
    assert len(sizes) >= 11
    assert all(sizes.values())
    assert weight <= MAX_PAGE
    assert len(clips) == 1
    assert max(clips) <= MAX_CLIP
