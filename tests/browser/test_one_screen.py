"""One clip with five scales on one screen, each scale in one row, and a slider without a value until it is moved."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Expert, Rating, Study, Trial
from tests.browser.conftest import SCALES, Accept, awake, practised, settled
from tests.browser.test_pages import study as shipped  # noqa: F401  the shipped study with its real wording
from tests.factories import edit_file, hear, trials_of

DESKTOPS: tuple[ViewportSize, ...] = ({"width": 1280, "height": 720}, {"width": 1440, "height": 900})
PHONE: ViewportSize = {"width": 360, "height": 740}
ZOOMED: ViewportSize = {"width": 640, "height": 360}
MAX_STICKY = 0.3
FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"


@pytest.fixture
def study(shipped: Study) -> Study:  # noqa: F811
    return shipped


@pytest.fixture(params=["en", "zh-hans"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def expert(page: Page, accept: Accept, language: str) -> Expert:
    expert = accept(page, language=language)
    practised(expert)
    return expert


def second(expert: Expert) -> Trial:
    return trials_of(expert)[1]


def at(page: Page, live_server: LiveServer, trial: Trial, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    awake(page)


def box(locator: Locator) -> Any:
    found = locator.bounding_box()
    assert found is not None
    return found


def end(locator: Locator) -> float:
    return float(box(locator)["y"] + box(locator)["height"])


def press(locator: Locator) -> None:
    """A click where it is: Playwright's own may scroll first."""
    place = box(locator)
    locator.page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)


def take(page: Page, name: str) -> None:
    if os.environ.get("SCREENSHOTS"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=FOLDER / f"{name}.png")


@pytest.mark.parametrize("size", DESKTOPS, ids=lambda size: str(size["width"]))
def test_clip_is_rated_without_scrolling_by_seven_clicks(
    page: Page, live_server: LiveServer, expert: Expert, language: str, size: ViewportSize
) -> None:
    at(page, live_server, second(expert), size)
    press(page.locator("#next"))  # what is missing takes no room from the scales
    expect(page.locator("#hint")).not_to_be_empty()
    press(page.locator("#play"))
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    press(page.locator("#next"))
    expect(page.locator("#hint")).not_to_be_empty()
    assert box(page.locator(".player"))["y"] >= 0
    assert end(page.locator(".scale").last) <= box(page.locator("#bar"))["y"]
    take(page, f"one-screen.{language}.{size['width']}")
    for scale in SCALES:
        press(page.locator(f'[data-scale="{scale}"] .point').nth(3))
    assert page.evaluate("scrollY") == 0
    expect(page.locator("#next")).to_be_in_viewport(ratio=1)
    settled(page)
    press(page.locator("#next"))
    expect(page.locator("#panel")).to_be_visible()
    assert Rating.objects.filter(trial=second(expert), value=4).count() == len(SCALES)


@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=["phone", "zoomed"])
def test_player_stays_in_view_of_a_phone_and_leaves_room(
    page: Page, live_server: LiveServer, expert: Expert, language: str, size: ViewportSize
) -> None:
    at(page, live_server, second(expert), size)
    player, bar = page.locator(".player"), page.locator("#bar")
    take(page, f"one-screen.{language}.{size['width']}")
    page.locator(".scale").last.scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    sticky = box(bar)["height"]
    if size == PHONE:
        expect(player).to_be_in_viewport(ratio=1)
        sticky += box(player)["height"]
    assert sticky < MAX_STICKY * size["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_definitions_are_asked_for_on_a_phone(page: Page, live_server: LiveServer, expert: Expert) -> None:
    at(page, live_server, second(expert), PHONE)
    button, definition = page.get_by_role("button", name="What the scales mean"), page.locator(".definition").first
    expect(definition).to_be_hidden()
    button.click()
    expect(definition).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.set_viewport_size(DESKTOPS[0])
    expect(button).to_be_hidden()
    expect(definition).to_be_visible()


@pytest.mark.parametrize("language", ["en"], indirect=True)
@pytest.mark.parametrize("width", [320, 360, 768, 896, 897, 1280])
def test_scales_of_2_to_11_points_take_one_row(page: Page, live_server: LiveServer, expert: Expert, width: int) -> None:
    points = {}

    def change(file: dict[str, Any]) -> None:
        for scale, most in zip(file["scales"], (2, 7, 8, 10, 11), strict=True):
            scale.update(minimum=1, maximum=most)
            points[scale["key"]] = most

    edit_file(expert.study, change)
    expert.study.save()
    at(page, live_server, second(expert), {"width": width, "height": 740})
    for key, most in points.items():
        scale = page.locator(f'[data-scale="{key}"]')
        row = [box(point) for point in scale.locator(".point").all()]
        assert len(row) == most
        assert len({round(point["y"]) for point in row}) == 1
        assert [point["x"] for point in row] == sorted({point["x"] for point in row})
        low, high = (box(word) for word in scale.locator(".ends span").all())
        if width > 896 and most <= 7:  # beside the first point and the last one
            assert low["x"] + low["width"] <= row[0]["x"]
            assert row[-1]["x"] + row[-1]["width"] <= high["x"]
        elif width >= 768:  # under them
            assert abs(low["x"] - row[0]["x"]) <= 1
            assert abs(high["x"] + high["width"] - row[-1]["x"] - row[-1]["width"]) <= 1
        else:  # with their numbers
            expect(scale.locator(".ends b").first).to_have_text("1")
            expect(scale.locator(".ends b").last).to_have_text(str(most))
            assert all(word["width"] > 0 for word in (low, high))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("language", ["en"], indirect=True)
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_labels_are_under_their_points(page: Page, live_server: LiveServer, expert: Expert, width: int) -> None:
    def change(file: dict[str, Any]) -> None:
        for scale in file["scales"]:
            scale.update(minimum=1, maximum=7)
            scale["labels"] = {language: [f"somewhat {n}" for n in range(1, 8)] for language in file["languages"]}

    edit_file(expert.study, change)
    expert.study.save()
    at(page, live_server, second(expert), {"width": width, "height": 740})
    points = page.locator(".scale").first.locator(".point")
    words = points.locator("small")
    assert len({round(box(point)["y"]) for point in points.all()}) == 1
    for point, word in zip(points.all(), words.all(), strict=True):
        assert box(point)["x"] - 1 <= box(word)["x"]
        assert box(word)["x"] + box(word)["width"] <= box(point)["x"] + box(point)["width"] + 1
    take(page, f"labels.{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_slider_shows_no_value_before_it_is_moved(page: Page, live_server: LiveServer, expert: Expert) -> None:
    edit_file(expert.study, lambda file: [scale.update(minimum=0, maximum=100) for scale in file["scales"]])
    expert.study.save()
    hear(expert, second(expert))
    at(page, live_server, second(expert), DESKTOPS[0])
    slider = page.locator(".slide [type=range]").first
    expect(slider).to_have_attribute("aria-valuetext", "not rated yet")
    accent = (0x0B, 0x5A, 0x55)
    assert accent not in colours(slider)
    slider.fill("30")
    expect(slider).not_to_have_attribute("aria-valuetext", "not rated yet")
    slider.blur()
    assert accent in colours(slider)


def colours(locator: Locator) -> set[tuple[int, ...]]:
    """The colours of its picture."""
    picture = Image.open(io.BytesIO(locator.screenshot())).convert("RGB")
    return {colour for _, colour in picture.getcolors(picture.width * picture.height) or []}  # type: ignore[misc]
