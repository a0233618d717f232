"""The shipped study of other people's recordings: scales from 1 to 7 and 0 to 100, one language, three archives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Rating, Study
from tests.browser.conftest import SECONDS, Accept, listen, practised, settled
from tests.browser.test_pages import look_at
from tests.factories import make_study

ARCHIVES = ("archive-north", "archive-coast", "archive-capital")
NUMBERS = {"clips_per_system": 3, "heard_per_expert": 3, "repeats": 0, "practice": 0}


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    """The file as it is shipped, with fewer clips."""
    text = (Path(settings.BASE_DIR) / "fixtures" / "studies" / "recordings.toml").read_text(encoding="utf-8")
    for key, number in NUMBERS.items():
        text = re.sub(rf"^{key} = \d+$", f"{key} = {number}", text, flags=re.MULTILINE)
    return make_study(tmp_path, text=text, seconds=SECONDS, clips=3, systems=ARCHIVES, practice=0)


def test_a_clip_is_rated_with_seven_points_and_with_a_slider_to_a_hundred(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    practised(accept(page), first=True)
    page.goto(f"{live_server.url}/room/")
    page.get_by_role("link", name="Start rating").click()
    expect(page.locator("#heading")).to_have_text("Clip 1 of 9")
    listen(page)
    for scale, value in (("clarity", 7), ("typicality", 1)):
        assert page.locator(f'[data-scale="{scale}"] .point').count() == 7
        page.locator(f'[data-scale="{scale}"] .point').nth(value - 1).click()
    slider = page.locator('[data-scale="usefulness"]')
    expect(slider.locator("[type=number]")).to_have_value("")
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "true")
    slider.locator("[type=number]").fill("101")
    slider.locator("[type=number]").blur()
    expect(slider.locator("[type=number]")).to_have_value("")
    slider.locator("[type=range]").fill("0")
    expect(slider.locator("[type=number]")).to_have_value("0")
    slider.locator("[type=number]").fill("83")
    slider.locator("[type=number]").blur()
    expect(slider.locator("[type=range]")).to_have_value("83")
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "false")
    settled(page)
    look_at(page, "trial-slider", "en")
    kept = Rating.objects.order_by("scale", "revision").values_list("scale", "value")
    assert list(kept) == [("clarity", 7), ("typicality", 1), ("usefulness", 0), ("usefulness", 83)]
    page.reload()
    expect(slider.locator("[type=range]")).to_have_value("83")
    expect(page.locator('[data-scale="clarity"] [value="7"]')).to_be_checked()
