"""After a problem report the next clip opens once the clip could have been heard, and the page says so meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from study import queries
from study.models import Expert, Listening, Rating, Study
from tests.browser.conftest import SCALES, Accept, awake, practised, settled, unfold
from tests.factories import complete, make_study, trials_of

#: Of a clip: long enough to look at the page while "Next" waits.
SECONDS = 6.0
WAITS, FREE = "“Next” opens in", "You can continue now."


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    return make_study(tmp_path, seconds=SECONDS, scales=SCALES, slots=3, practice=1)


def at_a_clip_just_opened(page: Page, live_server: LiveServer, accept: Accept) -> tuple[Expert, float]:
    """At the second clip, which is broken and was opened at the moment that is returned."""
    page.route("**/audio", lambda route: route.fulfill(body=b"no music", content_type="audio/mpeg"))
    expert = accept(page)
    practised(expert, first=True)
    first, second, *_ = trials_of(expert)
    complete(expert, first)
    opened = time.monotonic()
    page.goto(f"{live_server.url}/room/t/{second.token}/")
    awake(page)
    return expert, opened


def test_next_waits_after_a_problem_and_says_for_how_long(page: Page, live_server: LiveServer, accept: Accept) -> None:
    expert, opened = at_a_clip_just_opened(page, live_server, accept)
    page.get_by_role("button", name="Report a problem").click()
    following = page.locator("#next")
    expect(following).to_be_focused()
    expect(following).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#hint")).to_contain_text(WAITS)
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_contain_text(WAITS)
    expect(page.locator("#heading")).to_have_text("Clip 2 of 4")
    expect(page.locator("#hint")).to_have_text(FREE)
    assert time.monotonic() - opened >= SECONDS
    expect(following).to_have_attribute("aria-disabled", "false")
    expect(following).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    current = queries.current_trial(expert)
    assert current is not None
    assert current.number == 3


def test_reload_while_next_waits_keeps_the_report(page: Page, live_server: LiveServer, accept: Accept) -> None:
    at_a_clip_just_opened(page, live_server, accept)
    page.get_by_role("button", name="Report a problem").click()
    settled(page)
    page.reload()
    expect(page.get_by_role("status").filter(has_text="Thank you")).to_be_visible()
    expect(page.locator("#hint")).to_contain_text(WAITS)
    expect(page.locator("#hint")).to_have_text(FREE)
    page.locator("#next").click()
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")


def test_problem_reported_offline_is_kept_and_opens_the_next(
    page: Page, context: BrowserContext, live_server: LiveServer, accept: Accept
) -> None:
    expert, _ = at_a_clip_just_opened(page, live_server, accept)
    report = page.get_by_role("button", name="Report a problem")
    expect(report).to_be_visible()
    unfold(page)
    context.set_offline(True)
    report.click()
    page.locator("[name=known]").check()
    expect(page.locator("#hint")).to_contain_text(WAITS)
    expect(page.locator("#hint")).to_have_text(FREE)
    page.locator("#next").click()
    expect(page.locator("#status")).to_contain_text("No connection")
    expect(page.locator("#heading")).to_have_text("Clip 2 of 4")
    context.set_offline(False)
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    assert Listening.objects.get(problem=True).trial == trials_of(expert)[1]
    assert trials_of(expert)[1].remarks.get().known
    assert Rating.objects.filter(trial__phase="study").count() == len(SCALES)
