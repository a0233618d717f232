"""Questions that are answered in words: typed, required, kept without a connection, on every screen."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Remark, Study
from tests.browser.conftest import Accept, answer, awake, listen, practised, settled
from tests.browser.test_choices import FOLDER, LOOKS
from tests.factories import make_study, study_toml, texts_toml, trials_of


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    return make_study(tmp_path, text=texts_toml(study_toml(practice=1, slots=3)), seconds=1.5, practice=1)


def test_words_are_required_saved_and_kept_over_a_reload(page: Page, accept: Accept, live_server: LiveServer) -> None:
    expert = accept(page)
    practised(expert)
    second = trials_of(expert)[1]
    page.goto(f"{live_server.url}/room/t/{second.token}/")
    awake(page)
    listen(page)
    answer(page, 4, "valence", "overall")
    page.locator("#next").click(force=True)  # Playwright waits for it to be enabled
    expect(page.locator("#hint")).to_contain_text("Reason")
    why, where = page.locator("#said-why"), page.locator("#said-where")
    expect(why).to_be_focused()
    page.context.set_offline(True)
    why.fill("It leaps.")
    where.fill("at home")
    where.blur()
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "false")
    expect(page.locator("#status")).to_have_attribute("data-state", "offline")
    page.context.set_offline(False)
    settled(page)
    assert Remark.objects.filter(trial=second).latest("revision").answers == {"why": "It leaps.", "where": "at home"}
    page.reload()
    awake(page)
    expect(why).to_be_enabled()
    expect(why).to_have_value("It leaps.")
    page.locator("#next").click()
    expect(page.locator("h1")).to_have_text("Clip 3 of 4")
    expect(why).to_have_value("")


def test_page_with_words_fits_and_is_accessible(page: Page, accept: Accept, live_server: LiveServer) -> None:
    practised(accept(page))
    axe = Axe()
    for language, (size, name, scheme) in itertools.product(("en", "zh-hans"), LOOKS):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{live_server.url}/room/")
        awake(page)
        expect(page.locator("#said-why")).to_be_enabled()
        if os.environ.get("SCREENSHOTS"):
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"words.{language}.{name}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert axe.run(page).response["violations"] == []
