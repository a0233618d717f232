"""Waveforms in the player: drawn behind the slider, which stays what is pressed, in the place that a slider takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Listening, Study
from tests.browser.conftest import SCALES, SECONDS, Accept, awake, listen, practised, settled
from tests.browser.test_one_screen import FOLDER, box, end, press
from tests.browser.test_pages import SCHEMES
from tests.browser.test_trouble import LOADED, MAX_PAGE
from tests.factories import make_study, pair_toml, set_toml, study_toml, trials_of, waveform_toml

SYSTEMS = ("one", "two", "three", "four", "five", "six")
TEXTS: dict[str, tuple[str, int]] = {
    "one": (study_toml(scales=SCALES, slots=3, practice=1, systems=SYSTEMS[:2]), 1),
    "pair": (pair_toml(rounds=3, slots=3, practice=1, systems=SYSTEMS[:2]), 2),
    "set": (set_toml(slots=3, practice=1, systems=SYSTEMS, scales=("overall",)), 6),
}
DESKTOP: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 360, "height": 740}
CORNERS = "wave => getComputedStyle(wave).clipPath.split(',').length"
PLAYED = "wave => parseFloat(getComputedStyle(wave).getPropertyValue('--at'))"


@pytest.fixture(params=["one"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path, form: str) -> Study:
    text, places = TEXTS[form]
    systems = SYSTEMS if form == "set" else SYSTEMS[:2]
    return make_study(tmp_path, text=waveform_toml(text), systems=systems, practice=places, seconds=SECONDS)


@pytest.fixture
def show(page: Page, accept: Accept, live_server: LiveServer) -> Callable[[ViewportSize], None]:
    """Opens the second trial."""

    def show(size: ViewportSize) -> None:
        expert = accept(page)
        practised(expert)
        page.set_viewport_size(size)
        page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
        expect(page.locator(".play").last).to_have_attribute("data-state", "ready")
        awake(page)

    return show


@pytest.mark.parametrize("form", TEXTS, indirect=True)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_player_draws_its_waveform_without_a_scroll(
    page: Page, form: str, size: ViewportSize, show: Callable[[ViewportSize], None]
) -> None:
    show(size)
    waves, sliders = page.locator(".wave").all(), page.locator(".seek").all()
    assert len(waves) == len(sliders) == TEXTS[form][1]
    for wave, slider in zip(waves, sliders, strict=True):
        assert wave.evaluate(CORNERS) == 2 * 80
        assert box(wave) == box(slider)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    if size == DESKTOP:
        assert end(page.locator(".scale").last) <= box(page.locator("#bar"))["y"]
    assert Axe().run(page).violations_count == 0
    if os.environ.get("SCREENSHOTS"):
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=FOLDER / f"waveform-{form}.{size['width']}.{scheme}.png")


def test_waveform_shows_what_was_played_and_is_pressed_to_seek(
    page: Page, show: Callable[[ViewportSize], None]
) -> None:
    show(DESKTOP)
    wave, before = page.locator(".wave"), Listening.objects.count()
    assert wave.evaluate(PLAYED) == 0
    press(wave)
    assert wave.evaluate(PLAYED) == 0, "nobody can seek before the clip was heard"
    listen(page)
    assert wave.evaluate(PLAYED) == 100
    settled(page)
    assert Listening.objects.count() > before
    press(wave)
    expect(page.locator(".time")).to_have_text("0:01 / 0:02")
    assert 45 < wave.evaluate(PLAYED) < 55
    press(page.locator("#next"))
    expect(page.locator("#heading")).to_have_text("Clip 2 of 4")  # nothing was rated


def test_next_clip_has_a_waveform_of_its_own(page: Page, show: Callable[[ViewportSize], None], study: Study) -> None:
    show(DESKTOP)
    listen(page)
    for scale in SCALES:
        press(page.locator(f'[data-scale="{scale}"] .point').nth(3))
    settled(page)
    page.locator("#panel, #next").first.wait_for()
    page.locator("#next").click()
    expect(page.locator("#panel")).to_be_visible()
    page.locator("#panel button").click()
    assert page.locator(".wave").evaluate(CORNERS) == 2 * 80


def test_page_with_waveforms_is_light(page: Page, show: Callable[[ViewportSize], None]) -> None:
    show(DESKTOP)
    sizes = {address: len(page.request.get(address).body()) for address in set(page.evaluate(LOADED))}
    weight = sum(size for address, size in sizes.items() if not address.endswith("/audio"))
    print(f"a trial page with a waveform weighs {weight} bytes")
    assert any("wave.js" in address for address in sizes)
    assert weight <= MAX_PAGE
