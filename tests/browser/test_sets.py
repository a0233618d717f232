"""The page of a set: one sounds at a time, each clip is rated once it was heard, and six fit on one screen."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Listening, Rating, Study
from tests.browser.conftest import Accept, awake, practised, settled
from tests.factories import make_set_study

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
SYSTEMS = ("one", "two", "three", "four", "five", "six")
LOOKS: tuple[tuple[ViewportSize, str, str], ...] = (
    ({"width": 360, "height": 740}, "phone", "light"),
    ({"width": 768, "height": 1024}, "tablet", "dark"),
    ({"width": 1280, "height": 720}, "desktop", "light"),
    ({"width": 1440, "height": 900}, "wide", "dark"),
)


@pytest.fixture(params=[("overall",)])
def scales(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return tuple(request.param)


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path, scales: tuple[str, ...]) -> Study:
    systems = SYSTEMS if len(scales) == 1 else SYSTEMS[:3]
    return make_set_study(tmp_path, systems=systems, scales=scales, seconds=1.5, slots=3, practice=1)


def button(page: Page, place: int) -> str:
    return f".player:nth-of-type({place}) .play"


def play(page: Page, place: int) -> None:
    expect(page.locator(button(page, place))).to_have_attribute("data-state", "ready")
    page.locator(button(page, place)).click()
    expect(page.locator(button(page, place))).to_have_attribute("data-state", "ended")


def point(page: Page, place: int, value: int) -> None:
    page.locator(f'[data-place="{place}"] .point').nth(value - 1).click(force=True)


def test_clip_is_rated_once_it_was_heard(page: Page, second_trial: str) -> None:
    expect(page.locator("h1")).to_have_text("Page 2 of 3")
    play(page, 2)
    point(page, 1, 4)
    expect(page.locator("#hint")).to_have_text("Please listen to each clip to the end before you rate it.")
    point(page, 2, 4)
    expect(page.locator("#announce")).to_have_text("B: overall: 4")
    settled(page)
    rating = Rating.objects.get(trial__token=second_trial)
    assert (rating.place, rating.value, rating.plays) == (2, 4, 1)
    assert 1000 <= rating.heard_ms <= 1600
    assert set(Listening.objects.filter(trial__token=second_trial).values_list("place", flat=True)) == {2}
    page.reload()
    awake(page)
    expect(page.locator('[data-place="2"] input').nth(3)).to_be_checked()
    expect(page.locator('[data-place="1"]')).to_have_class("scale shut")


def test_one_clip_sounds_at_a_time(page: Page, second_trial: str) -> None:
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "ready")
    page.locator(button(page, 1)).click()
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "playing")
    page.locator(button(page, 5)).click()
    expect(page.locator(button(page, 5))).to_have_attribute("data-state", "playing")
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "paused")


def test_whole_page_is_rated_by_keys(page: Page, second_trial: str) -> None:
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "ready")
    for place in range(1, 7):
        page.keyboard.press("Space")
        expect(page.locator(button(page, place))).to_have_attribute("data-state", "ended")
        page.keyboard.press(str(1 + place % 5))
    settled(page)
    given = Rating.objects.filter(trial__token=second_trial).values_list("place", "value")
    assert dict(given) == {place: 1 + place % 5 for place in range(1, 7)}
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Page 3 of 3")


@pytest.mark.parametrize("scales", [("overall",), ("valence", "arousal", "overall")], indirect=True)
def test_page_of_a_set_fits_and_is_accessible(
    page: Page, accept: Accept, live_server: LiveServer, scales: tuple[str, ...]
) -> None:
    practised(accept(page))
    axe = Axe()
    for language, (size, name, scheme) in itertools.product(("en", "zh-hans"), LOOKS):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{live_server.url}/room/")
        awake(page)
        expect(page.locator(button(page, 3))).to_have_attribute("data-state", "ready")
        if os.environ.get("SCREENSHOTS"):
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"set{len(scales)}.{language}.{name}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        below = page.evaluate("[...document.querySelectorAll('.player')].at(-1).getBoundingClientRect().bottom")
        bar = page.evaluate("document.querySelector('#bar').getBoundingClientRect().top")
        assert below <= bar or len(scales) > 1 or size["width"] < 1000, (language, name, below, bar)
        assert axe.run(page).response["violations"] == []
