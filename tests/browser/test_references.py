"""Pages with a reference, or an X: it is heard before an answer and not rated, and all but sets fit on one screen."""

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

from study.models import Listening, Rating, Study
from tests.browser.conftest import Accept, awake, practised, settled
from tests.factories import make_abx_study, make_reference_study

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
PHONE: ViewportSize = {"width": 360, "height": 740}
SCREEN: ViewportSize = {"width": 1280, "height": 720}
REFERENCE = ".player.reference .play"


@pytest.fixture(params=[1, 2, "all", "x"])
def clips(request: pytest.FixtureRequest) -> int | str:
    kind: int | str = request.param
    return kind


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path, clips: int | str) -> Study:
    if clips == "x":
        return make_abx_study(tmp_path, seconds=1.5)
    shape: dict[str, Any] = {"slots": 3} if clips == 2 else {"slots": 3, "scales": ("overall",)}
    return make_reference_study(tmp_path, clips, hidden=clips == "all", seconds=1.5, **shape)


def play(page: Page, button: str) -> None:
    expect(page.locator(button)).to_have_attribute("data-state", "ready")
    page.locator(button).click()
    expect(page.locator(button)).to_have_attribute("data-state", "ended")


def test_reference_is_heard_before_an_answer_is_taken(page: Page, second_trial: str, clips: int | str) -> None:
    count = page.locator(".player:not(.reference)").count()
    for place in range(1, count + 1):
        play(page, f'.player[data-at="{place}"] .play')
    words = "Finished. Please also play the others."
    if clips == "all":
        words = "Finished. Please rate the clip; you can play it again."
    expect(page.locator(f'.player[data-at="{count}"] .state')).to_have_text(words)
    page.locator(".point").nth(0).click(force=True)
    asked = "A, B and X" if clips == "x" else "the reference"
    expect(page.locator("#hint")).to_contain_text(f"Please listen to {asked}")
    assert not Rating.objects.filter(trial__token=second_trial).exists()
    play(page, REFERENCE)
    expect(page.locator(".player.reference .state")).to_have_text("Finished. You can play it again.")
    page.locator(".point").nth(0).click()
    settled(page)
    rating = Rating.objects.get(trial__token=second_trial)
    assert rating.plays == (2 if clips in {2, "x"} else 1)
    heard = Listening.objects.filter(trial__token=second_trial)
    assert set(heard.values_list("place", flat=True)) == set(range(count + 1))
    page.reload()
    awake(page)
    expect(page.locator(".player.reference .seek")).to_be_enabled()


def test_keys_play_the_reference_first(page: Page, second_trial: str) -> None:
    expect(page.locator(REFERENCE)).to_have_attribute("data-state", "ready")
    page.keyboard.press("Space")
    expect(page.locator(REFERENCE)).to_have_attribute("data-state", "ended")
    page.keyboard.press("Space")
    expect(page.locator('.player[data-at="1"] .play')).to_have_attribute("data-state", "ended")


def test_page_with_a_reference_fits_and_is_accessible(
    page: Page, accept: Accept, live_server: LiveServer, clips: int | str
) -> None:
    practised(accept(page))
    axe = Axe()
    looks = ((PHONE, "phone", "light"), (SCREEN, "desktop", "dark"))
    for language, (size, name, scheme) in itertools.product(("en", "zh-hans"), looks):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{live_server.url}/room/")
        awake(page)
        expect(page.locator(REFERENCE)).to_have_attribute("data-state", "ready")
        if os.environ.get("SCREENSHOTS"):
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"reference-{clips}.{language}.{name}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        if name == "desktop":
            below = page.evaluate("[...document.querySelectorAll('.scale')].at(-1).getBoundingClientRect().bottom")
            bar = page.evaluate("document.querySelector('#bar').getBoundingClientRect().top")
            assert below <= bar, (clips, language, below, bar)
        assert axe.run(page).response["violations"] == []
