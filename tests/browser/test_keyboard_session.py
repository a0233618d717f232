"""A whole session, from the link to the thanks, without a pointer."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Rating, Study
from tests.browser.conftest import SCALES, awake, settled
from tests.factories import make_link, make_study

MAX_TABS = 40


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    """One practice clip and one clip of each of two systems."""
    return make_study(tmp_path, seconds=1.0, scales=SCALES, clips=2, heard=1, practice=1)


def reach(page: Page, selector: str) -> None:
    """Tabs until the element has the focus."""
    expect(page.locator(selector).first).to_be_visible()
    awake(page)
    for _ in range(MAX_TABS):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    reach(page, selector)
    page.keyboard.press(key)


def rate_by_digits(page: Page, value: int) -> None:
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    for _ in SCALES:
        page.keyboard.press(str(value))
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "false")


def test_a_whole_session_can_be_done_by_keyboard_alone(page: Page, live_server: LiveServer, study: Study) -> None:
    expert, secret = make_link(study)
    page.goto(f"{live_server.url}/i/{secret}/")
    press(page, "main form button")
    press(page, "[name=agree]", "Space")
    press(page, "main form button")
    press(page, "[value=headphones]", "Space")
    press(page, "main form button")
    press(page, "#sound button")
    press(page, "main a.button")
    expect(page.locator("#heading")).to_have_text("Clip 1 of 1")
    rate_by_digits(page, 3)
    page.keyboard.press("Enter")
    for number, value in ((1, 2), (2, 4)):
        press(page, "#panel button")
        expect(page.locator("#heading")).to_have_text(f"Clip {number} of 2")
        expect(page.locator("#play")).to_be_focused()
        rate_by_digits(page, value)
        if number == 1:
            press(page, ".remark summary")
            expect(page.locator("#remark fieldset")).to_be_enabled()
            press(page, "[name=known]", "Space")
            reach(page, "#comment")
            page.keyboard.type("2 bars")
        press(page, "#next")
    press(page, "#submit button")
    page.wait_for_url("**/room/thanks/")
    settled(page)
    expert.refresh_from_db()
    assert expert.submitted_at is not None
    kept = Rating.objects.filter(trial__phase="study").order_by("trial__number")
    assert list(kept.values_list("trial__number", "value")) == [(n, v) for n, v in ((1, 2), (2, 4)) for _ in SCALES]
    remark = expert.remarks.latest("revision")
    assert (remark.known, remark.comment) == (True, "2 bars")
