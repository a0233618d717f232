"""The page of two clips: one sounds at a time, both are heard before an answer, and it fits on one screen."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, Route, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Listening, Rating, Study
from tests.browser.conftest import Accept, awake, practised, settled
from tests.factories import make_pair_study

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
SECONDS = 1.5
PHONE: ViewportSize = {"width": 360, "height": 740}
SCREEN: ViewportSize = {"width": 1280, "height": 720}
FORMS = ("graded", "ties", "binary")


@pytest.fixture(params=["graded"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path, form: str) -> Study:
    systems = ("midi-gan", "mlstm", "real")
    return make_pair_study(tmp_path, form=form, seconds=SECONDS, slots=3, practice=1, systems=systems, rounds=2)


def button(page: Page, place: int) -> str:
    return f".player:nth-child({place}) .play"


def play(page: Page, place: int) -> None:
    expect(page.locator(button(page, place))).to_have_attribute("data-state", "ready")
    page.locator(button(page, place)).click()
    expect(page.locator(button(page, place))).to_have_attribute("data-state", "ended")


def test_both_clips_are_heard_before_an_answer_is_taken(page: Page, second_trial: str) -> None:
    points = page.locator(".preference .point")
    expect(page.locator("h1")).to_have_text("Page 2 of 6")
    play(page, 1)
    expect(page.locator(".player:nth-child(1) .state")).to_have_text("Finished. Please play the other clip.")
    points.nth(0).click(force=True)
    expect(page.locator("#hint")).to_have_text("Please listen to both clips to the end first. Then you can answer.")
    assert not Rating.objects.filter(trial__token=second_trial).exists()
    play(page, 2)
    expect(page.locator("#locked")).to_be_hidden()
    points.nth(0).click()
    expect(page.locator("#announce")).to_have_text("Preference: first clip: 3")
    settled(page)
    rating = Rating.objects.get(trial__token=second_trial)
    assert (rating.value, rating.plays) == (-3, 2)
    assert rating.heard_ms >= 2 * 1000 * SECONDS - 1000
    assert set(Listening.objects.filter(trial__token=second_trial).values_list("place", flat=True)) == {1, 2}
    page.locator("#next").click()
    expect(page.locator("h1")).to_have_text("Page 3 of 6")


def test_one_clip_sounds_at_a_time(page: Page, second_trial: str) -> None:
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "ready")
    page.locator(button(page, 1)).click()
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "playing")
    page.locator(button(page, 2)).click()
    expect(page.locator(button(page, 2))).to_have_attribute("data-state", "playing")
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "paused")


@pytest.mark.usefixtures("second_trial")
def test_one_clip_sounds_after_two_quick_presses(page: Page) -> None:
    for place in (1, 2):
        expect(page.locator(button(page, place))).to_have_attribute("data-state", "ready")
    page.evaluate("document.querySelectorAll('.play').forEach((button) => button.click())")
    expect(page.locator(button(page, 2))).to_have_attribute("data-state", "ended")
    expect(page.locator(button(page, 1))).not_to_have_attribute("data-state", "ended")


def test_no_clip_plays_before_both_are_there(page: Page, accept: Accept, live_server: LiveServer) -> None:
    expert = accept(page)
    practised(expert)
    held: list[Route] = []
    page.route("**/audio/2", lambda route: held.append(route))
    page.goto(f"{live_server.url}/room/")
    awake(page)
    page.wait_for_timeout(2500)  # longer than a clip that is there takes to be ready
    for place in (1, 2):
        expect(page.locator(button(page, place))).to_have_attribute("data-state", "loading")
        expect(page.locator(button(page, place))).to_have_attribute("aria-disabled", "true")
    page.locator(button(page, 1)).click(force=True)
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "loading")
    held[0].continue_()
    for place in (1, 2):
        expect(page.locator(button(page, place))).to_have_attribute("data-state", "ready")


def test_whole_pair_is_answered_by_keys(page: Page, second_trial: str) -> None:
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "ready")
    page.keyboard.press("Space")
    expect(page.locator(button(page, 1))).to_have_attribute("data-state", "ended")
    page.keyboard.press("Space")
    expect(page.locator(button(page, 2))).to_have_attribute("data-state", "ended")
    page.keyboard.press("6")
    settled(page)
    assert Rating.objects.get(trial__token=second_trial).value == 2
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Page 3 of 6")


def test_answer_and_hearing_survive_a_reload(page: Page, second_trial: str) -> None:
    play(page, 1)
    settled(page)
    page.reload()
    awake(page)
    play(page, 2)
    page.locator(".preference .point").nth(3).click()
    settled(page)
    page.reload()
    awake(page)
    expect(page.locator(".preference input").nth(3)).to_be_checked()
    assert Rating.objects.get(trial__token=second_trial).value == 0


@pytest.mark.parametrize("form", FORMS, indirect=True)
def test_page_of_a_pair_fits_and_is_accessible(page: Page, accept: Accept, live_server: LiveServer, form: str) -> None:
    practised(accept(page))
    axe = Axe()
    looks = ((PHONE, "phone", "light"), (SCREEN, "desktop", "dark"))
    for language, (size, name, scheme) in itertools.product(("en", "zh-hans"), looks):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{live_server.url}/room/")
        awake(page)
        expect(page.locator(button(page, 2))).to_have_attribute("data-state", "ready")
        if os.environ.get("SCREENSHOTS"):
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"pair-{form}.{language}.{name}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        below = page.evaluate("document.querySelector('.preference').getBoundingClientRect().bottom")
        bar = page.evaluate("document.querySelector('#bar').getBoundingClientRect().top")
        assert below <= bar, (form, language, name, below, bar)
        assert axe.run(page).response["violations"] == []
