"""docs/run-a-study.md, its first section, done word for word: from a running site to an own study, rated by one expert.

Every *button* and *link* that the section names is pressed here, in its order, and no other.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.conf import settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Expert, Rating, Study
from study.services.demo_access import RESEARCHER, researcher_password
from tests.browser.conftest import Log
from tests.factories import make_study
from tests.study.children import lead_children_here

PAGE = Path(settings.BASE_DIR) / "docs" / "run-a-study.md"
#: A job of four clips takes seconds, on a machine with other things to do a minute or two.
PATIENCE_MS = 240_000
#: A clip lasts 11.5 s.
CLIP_MS = 40_000


def own_recording(number: int) -> bytes:
    """Three seconds of a chord."""
    times = np.arange(3 * 44_100) / 44_100
    wave = sum(0.1 * np.sin(2 * np.pi * 220 * ratio * (1 + number / 7) * times) for ratio in (1, 1.25, 1.5))
    file = io.BytesIO()
    soundfile.write(file, wave, 44_100, format="WAV")
    return file.getvalue()


def own_clips() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for number, name in enumerate(("model-a/1.wav", "model-a/2.wav", "model-b/1.wav", "model-b/2.wav")):
            packed.writestr(f"clips/{name}", own_recording(number))
    return file.getvalue()


class Steps:
    """What is pressed, and that it is what the page of the documentation says."""

    def __init__(self) -> None:
        section = PAGE.read_text(encoding="utf-8").split("\n## ")[1]
        self.told = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", section)
        self.pressed: list[str] = []

    def step(self, page: Page, name: str) -> None:
        """Presses a step of the builder, which may have a number beside its name."""
        self.pressed.append(name)
        page.get_by_role("navigation", name="Steps").get_by_role("link", name=name).click()
        expect(page.locator("[aria-current=step]")).to_contain_text(name)

    def press(self, page: Page, name: str) -> None:
        self.pressed.append(name)
        page.get_by_role("button", name=name, exact=True).or_(
            page.get_by_role("link", name=name, exact=True)
        ).first.click()


@pytest.fixture
def password(live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The site as `make run` leaves it: a demo study, and the researcher's login on the screen."""
    lead_children_here(monkeypatch, tmp_path)
    return str(researcher_password(make_study(tmp_path, slug="daur")))


def test_a_newcomer_comes_to_an_own_study_with_own_audio_rated_by_one_expert(
    page: Page, browser: Browser, live_server: LiveServer, password: str, log: Log
) -> None:
    steps = Steps()
    page.goto(f"{live_server.url}/desk/")
    page.get_by_label("Name").fill(RESEARCHER)
    page.get_by_label("Password").fill(password)
    steps.press(page, "Log in")

    steps.press(page, "New study")
    page.get_by_label("Title, as experts see it").fill("My study")
    steps.press(page, "Start building")
    page.get_by_label("Short name").fill("my-study")
    steps.press(page, "Save short name")
    steps.step(page, "Clips")
    page.get_by_label("Files or ZIP files").set_input_files(
        {"name": "clips.zip", "mimeType": "application/zip", "buffer": own_clips()}
    )
    expect(page.locator(".clips tbody tr")).to_have_count(4, timeout=PATIENCE_MS)
    page.get_by_label("Clips per system").fill("2")
    steps.step(page, "Plan")
    page.get_by_label("Clips per system that each expert hears").fill("1")
    steps.step(page, "Check and create")
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()
    steps.press(page, "Create study")
    expect(page.get_by_role("status")).to_contain_text("Draft created", timeout=PATIENCE_MS)
    steps.press(page, "Open study page")
    steps.press(page, "Open study")
    assert Study.objects.get(slug="my-study").state == "open"

    steps.press(page, "Invite experts")
    page.get_by_label("Code").fill("e01")
    steps.press(page, "Invite expert")
    link = page.locator(".link code").inner_text()
    rate_as_an_expert(steps, browser, link)

    page.goto(f"{live_server.url}/desk/studies/my-study/")
    steps.press(page, "View progress")
    expect(page.get_by_role("row", name="e01")).to_contain_text("2 / 2")
    assert steps.pressed == steps.told
    expert = Expert.objects.get(study__slug="my-study")
    assert expert.submitted_at is not None
    assert Rating.objects.filter(expert=expert).count() == 2 * 2


def rate_as_an_expert(steps: Steps, browser: Browser, link: str) -> None:
    """Rate in another browser."""
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(link)
    steps.press(page, "Start")
    page.get_by_role("checkbox").check()
    steps.press(page, "I agree")
    steps.press(page, "Skip the headphone check")
    steps.press(page, "Start rating")
    for number in (1, 2):
        if number == 2:
            steps.press(page, "Continue listening")
        expect(page.locator("#heading")).to_have_text(f"Clip {number} of 2")
        expect(page.locator("#play")).to_have_attribute("data-state", "ready")
        page.locator("#play").click()
        expect(page.locator("#play")).to_have_attribute("data-state", "ended", timeout=CLIP_MS)
        for scale in ("naturalness", "overall"):
            page.locator(f'[data-scale="{scale}"] .point').nth(2 + number).click()
        page.locator("#next").click()
    steps.press(page, "Submit ratings")
    page.wait_for_url("**/room/thanks/")
    page.context.close()
