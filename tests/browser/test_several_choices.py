"""Pages of several clips with choices: of each clip, and of the page once all were heard."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Rating, Study
from tests.browser.conftest import Accept, awake, practised, settled
from tests.factories import make_study, pair_toml, set_toml, several_choices_toml

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
SYSTEMS = ("midi-gan", "mlstm", "real")
SIZES: tuple[ViewportSize, ...] = ({"width": 360, "height": 740}, {"width": 1280, "height": 720})


@pytest.fixture(params=["pair", "set"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path, form: str) -> Study:
    shape: dict[str, Any] = {"systems": SYSTEMS, "clips": 3, "slots": 3}
    text = pair_toml(form="binary", **shape) if form == "pair" else set_toml(scales=("overall",), **shape)
    return make_study(
        tmp_path, text=several_choices_toml(text, SYSTEMS), systems=SYSTEMS, clips=3, practice=3, seconds=1.5
    )


def play(page: Page, place: int) -> None:
    button = page.locator(f'.player[data-at="{place}"] .play')
    expect(button).to_have_attribute("data-state", "ready")
    button.click()
    expect(button).to_have_attribute("data-state", "ended")


def test_choices_are_given_where_clips_were_heard(page: Page, second_trial: str, form: str) -> None:
    count = page.locator(".player").count()
    play(page, 2)
    page.locator('[data-scale="origin@2"] .point').nth(1).click(force=True)
    page.locator('[data-scale="use"] .point').nth(0).click(force=True)
    settled(page)
    given = Rating.objects.filter(trial__token=second_trial)
    assert list(given.values_list("scale", "place", "value")) == ([("origin", 2, 2)] if form == "set" else [])
    for place in {*range(1, count + 1)} - {2}:
        play(page, place)
    page.locator("#next").click(force=True)
    expect(page.locator("#hint")).to_contain_text("Use")
    page.locator('[data-scale="use"] .point').nth(0).click()
    expect(page.locator("#announce")).to_have_text("Use: Yes")
    page.locator('[data-scale="origin@1"] .point').nth(0).click()
    settled(page)
    origin, use = given.get(scale="origin", place=1), given.get(scale="use")
    assert (origin.value, use.value, use.place, use.plays) == (1, 1, 1, count)
    assert use.heard_ms >= count * 1000
    page.reload()
    awake(page)
    expect(page.locator('[data-scale="use"] input').first).to_be_checked()
    expect(page.locator('[data-scale="origin@1"] input').first).to_be_checked()


def test_page_is_answered_by_keys(page: Page, second_trial: str, form: str) -> None:
    expect(page.locator(".play").first).to_have_attribute("data-state", "ready")
    for button in page.locator(".play").all():
        page.keyboard.press("Space")
        expect(button).to_have_attribute("data-state", "ended")
    for _ in range(page.locator("[data-scale]").count()):
        page.keyboard.press("1")
    settled(page)
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"Page 3 of {3 if form == 'set' else 6}")


def test_page_is_accessible_and_never_wider_than_the_screen(
    page: Page, accept: Accept, live_server: LiveServer, form: str
) -> None:
    practised(accept(page))
    axe = Axe()
    for language, size, scheme in itertools.product(("en", "zh-hans"), SIZES, ("light", "dark")):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{live_server.url}/room/")
        awake(page)
        expect(page.locator(".play").first).to_have_attribute("data-state", "ready")
        if os.environ.get("SCREENSHOTS"):
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"choices-{form}.{language}.{size['width']}.{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert axe.run(page).response["violations"] == []
