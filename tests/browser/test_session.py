"""The whole road in a real browser, in real time, with the line cut in three ways; then the rows are counted."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Listening, Rating, Study, Trial
from tests.browser.conftest import SCALES, Accept, answer, listen, settled
from tests.factories import begin, make_link

MAX_START_MS = 100


def up_to_the_instructions(page: Page) -> None:
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="I agree").click()
    page.get_by_label("Headphones").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Skip the headphone check").click()


def number_of(page: Page, heading: str) -> None:
    expect(page.locator("#heading")).to_have_text(heading)


def test_a_whole_session_with_a_reload_a_lost_reply_and_a_spell_offline_keeps_each_answer_once(
    context: BrowserContext, page: Page, accept: Accept
) -> None:
    expert = accept(page)
    up_to_the_instructions(page)
    page.get_by_role("link", name="Start practice").click()

    number_of(page, "Clip 1 of 1")
    starts = [rate_clip(page, 3)]
    page.locator("#next").click()
    page.get_by_role("button", name="Start").click()

    number_of(page, "Clip 1 of 4")
    starts.append(rate_half_reload_and_rate_the_rest(page))
    page.locator("#next").click()

    number_of(page, "Clip 2 of 4")
    lost = lose_the_first_reply(page)
    starts.append(rate_clip(page, 4))
    settled(page)
    assert len(lost) == 1
    page.locator("#next").click()
    page.get_by_role("button", name="Continue listening").click()

    number_of(page, "Clip 3 of 4")
    starts.append(rate_offline(context, page))
    number_of(page, "Clip 4 of 4")
    starts.append(rate_clip(page, 5))
    page.locator("#next").click()

    page.wait_for_url("**/room/review/")
    page.get_by_role("button", name="Submit ratings").click()
    page.wait_for_url("**/room/thanks/")

    expert.refresh_from_db()
    assert expert.submitted_at is not None
    assert Trial.objects.filter(slot=expert.slot).count() == 5
    assert Rating.objects.count() == 5 * len(SCALES)
    kept = Rating.objects.filter(trial__phase="study").order_by("trial__number", "scale")
    assert [(row.trial.number, row.value) for row in kept] == [
        (n, v) for n, v in [(1, 2), (2, 4), (3, 1), (4, 5)] for _ in SCALES
    ]
    assert set(kept.values_list("revision", flat=True)) == {1}
    assert Listening.objects.values("client_uuid").distinct().count() == Listening.objects.count() >= 5
    print("from the press to the sound, ms:", starts)
    # The quietest one: others may work on this machine.
    assert min(starts) < MAX_START_MS, f"from the press to the sound: {starts} ms"


def rate_clip(page: Page, value: int) -> float:
    listen(page)
    answer(page, value)
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "false")
    return float(page.locator("#main").get_attribute("data-start-ms") or "inf")


def rate_half_reload_and_rate_the_rest(page: Page) -> float:
    listen(page)
    start = float(page.locator("#main").get_attribute("data-start-ms") or "inf")
    answer(page, 2, *SCALES[:2])
    page.reload()
    for scale in SCALES[:2]:
        expect(page.locator(f'[data-scale="{scale}"] [value="2"]')).to_be_checked()
    expect(page.locator("#locked")).to_be_hidden()
    answer(page, 2, *SCALES[2:])
    return start


def lose_the_first_reply(page: Page) -> list[str]:
    """The first rating reaches the server, and its reply never reaches the page."""
    lost: list[str] = []

    def handle(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    page.route("**/ratings/*", handle)
    return lost


def rate_offline(context: BrowserContext, page: Page) -> float:
    """Listens and rates without a line, presses Next, and gets the line back: the page goes on by itself."""
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    context.set_offline(True)
    start = rate_clip(page, 1)
    expect(page.locator("#status")).to_have_attribute("data-state", "offline")
    assert int(page.locator("body").get_attribute("data-pending") or 0) == len(SCALES) + 2, "begun, heard, rated"
    page.locator("#next").click()
    expect(page.locator("#status")).to_contain_text("No connection")
    number_of(page, "Clip 3 of 4")
    context.set_offline(False)
    return start


def test_the_same_clip_comes_up_on_another_device(
    page: Page, live_server: LiveServer, study: Study, browser: Browser
) -> None:
    expert, secret = make_link(study)
    link = f"{live_server.url}/i/{secret}/"
    page.goto(link)
    page.locator("main button").click()
    expert.refresh_from_db()
    begin(expert)
    page.goto(f"{live_server.url}/room/")
    page.get_by_role("link", name="Start practice").click()
    rate_clip(page, 3)
    page.locator("#next").click()
    page.get_by_role("button", name="Start").click()
    listen(page)
    answer(page, 4, "arousal")
    settled(page)

    other = browser.new_context(locale="en-GB").new_page()
    other.goto(link)
    other.locator("main button").click()
    other.wait_for_url("**/room/t/*/")
    assert other.url == page.url
    expect(other.locator('[data-scale="arousal"] [value="4"]')).to_be_checked()
    expect(other.locator("#locked")).to_be_hidden()
