"""The page of a question with answers to choose from: by pointer and by keys, on every screen."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Rating, Study
from tests.browser.conftest import Accept, awake, listen, practised, settled
from tests.factories import make_choice_study, trials_of

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
LOOKS: tuple[tuple[ViewportSize, str, str], ...] = (
    ({"width": 360, "height": 740}, "phone", "light"),
    ({"width": 768, "height": 1024}, "tablet", "dark"),
    ({"width": 1280, "height": 720}, "desktop", "light"),
    ({"width": 1440, "height": 900}, "wide", "dark"),
)


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    return make_choice_study(tmp_path, scales=("overall",), seconds=1.5, slots=3, practice=1)


def test_choice_is_answered_by_pointer_and_by_key(page: Page, accept: Accept, live_server: LiveServer) -> None:
    expert = accept(page)
    practised(expert)
    page.goto(f"{live_server.url}/room/")
    awake(page)
    first, second = trials_of(expert)[1:3]
    listen(page)
    page.locator(".choice .point").nth(1).click()
    expect(page.locator("#announce")).to_have_text("Origin: A program")
    page.locator(".scale:not(.choice) .point").nth(3).click()
    settled(page)
    assert dict(Rating.objects.filter(trial=first).values_list("scale", "value")) == {"origin": 2, "overall": 4}
    page.locator("#next").click()
    expect(page.locator("h1")).to_have_text("Clip 3 of 4")
    awake(page)
    page.locator("[data-do=begin]").click()  # after the break
    listen(page)
    page.locator(".choice input").first.focus()
    page.keyboard.press("1")
    settled(page)
    assert Rating.objects.get(trial=second, scale="origin").value == 1
    page.keyboard.press("3")  # there is no third answer
    settled(page)
    assert Rating.objects.filter(trial=second, scale="origin").count() == 1
    page.reload()
    awake(page)
    expect(page.locator(".choice input").first).to_be_checked()


def test_page_of_a_choice_fits_and_is_accessible(page: Page, accept: Accept, live_server: LiveServer) -> None:
    practised(accept(page))
    axe = Axe()
    for language, (size, name, scheme) in itertools.product(("en", "zh-hans"), LOOKS):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{live_server.url}/room/")
        awake(page)
        expect(page.locator("#play")).to_have_attribute("data-state", "ready")
        if os.environ.get("SCREENSHOTS"):
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"choice.{language}.{name}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        tops = [page.evaluate(f"document.querySelectorAll('.choice .point')[{n}].offsetTop") for n in (0, 1)]
        assert tops[0] == tops[1] or size["width"] < 400
        assert axe.run(page).response["violations"] == []
