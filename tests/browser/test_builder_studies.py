"""With the builder alone, from an empty desk to the first saved answer: the paper's study, a comparison, and a set."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Draft, Rating, Study
from tests.browser.conftest import Log
from tests.browser.test_pages import look_at
from tests.study.children import lead_children_here

#: A job of a dozen short clips takes seconds, on a machine with other things to do minutes.
PATIENCE_MS = 240_000
CLIP_MS = 40_000
PAPER = ("midi-gan", "sr-cnn-vaegan", "music-vae", "transformer", "mlstm", "real")
PAIRS = ("model-a", "model-b", "human")
SETS = ("model-a", "model-b", "model-c", "human")


def sound(number: int, seconds: float = 1.5) -> bytes:
    """A chord; every number another."""
    times = np.arange(round(seconds * 22_050)) / 22_050
    wave = sum(0.1 * np.sin(2 * np.pi * 220 * ratio * 1.03**number * times) for ratio in (1, 1.25, 1.5))
    file = io.BytesIO()
    soundfile.write(file, wave, 22_050, format="WAV")
    return file.getvalue()


def clips_in(folder: Path, systems: Sequence[str], practice: int) -> Path:
    """Two files of equal names in a folder of each system."""
    names = [f"{system}/{number}.wav" for system in systems for number in (1, 2)]
    for number, name in enumerate([*names, *(f"practice/{number}.wav" for number in range(practice))]):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound(number))
    return folder


@pytest.fixture
def desk(
    page: Page, live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, admin_user: User
) -> Page:
    """An empty desk, logged in."""
    lead_children_here(monkeypatch, tmp_path)
    client = Client()
    client.force_login(admin_user, "django.contrib.auth.backends.ModelBackend")
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([session])  # type: ignore[list-item]
    page.goto(f"{live_server.url}/desk/")
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True)).first.click()


def step(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Steps").get_by_role("link", name=name).click()
    expect(page.locator("[aria-current=step]")).to_contain_text(name)


def begin(page: Page, example: str, slug: str) -> None:
    press(page, "New study")
    page.get_by_label(example).check()
    press(page, "Start building")
    page.get_by_label("Short name").fill(slug)
    press(page, "Save short name")


def bring(page: Page, folder: Path, files: int) -> None:
    """Chooses a folder of files on the step that shows, and waits until all were listened to."""
    page.locator("#upload-folder").set_input_files(folder)
    expect(page.locator(".clips tbody tr")).to_have_count(files, timeout=PATIENCE_MS)


def numbers(page: Page, **given: str) -> None:
    """Fills fields by their names in the study file, __ for a dot."""
    for name, value in given.items():
        page.locator(f"[name='{name.replace('__', '.')}']").fill(value)


def create(page: Page, slug: str) -> str:
    """From the last step to the link of an expert."""
    step(page, "Check and create")
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()
    press(page, "Create study")
    expect(page.get_by_role("status")).to_contain_text("Draft created", timeout=PATIENCE_MS)
    press(page, "Open study page")
    press(page, "Open study")
    assert Study.objects.get(slug=slug).state == "open"
    press(page, "Invite experts")
    page.get_by_label("Code").fill("e01")
    press(page, "Invite expert")
    return page.locator(".link code").inner_text()


def to_the_first_clip(browser: Browser, link: str) -> Page:
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(link)
    press(page, "Start")
    page.get_by_role("checkbox").check()
    press(page, "I agree")
    page.wait_for_url("**/room/background/")
    for question in page.locator("fieldset:has(input[required])").all():
        question.get_by_role("radio").first.check()
    press(page, "Continue")
    press(page, "Skip the headphone check")
    press(page, "Start rating")
    return page


def hear(page: Page, player: str) -> None:
    expect(page.locator(player)).to_have_attribute("data-state", "ready")
    page.locator(player).click()
    expect(page.locator(player)).to_have_attribute("data-state", "ended", timeout=CLIP_MS)


def test_study_of_the_paper_is_built_and_answered(
    desk: Page, browser: Browser, tmp_path: Path, live_server: LiveServer, log: Log
) -> None:
    begin(desk, "the study of the paper", "paper")
    step(desk, "Clips")
    bring(desk, clips_in(tmp_path / "own", PAPER, practice=1), files=13)
    look_at(desk, "builder-files", "en")
    numbers(desk, design__clips_per_system="2")
    step(desk, "Experts")
    numbers(desk, groups__0__slots="1", groups__1__slots="1")
    step(desk, "Plan")
    numbers(desk, design__heard_per_expert="1", design__repeats="0", design__practice="0")
    expect(desk.locator("#consequences")).to_contain_text("A session has 6 trials")
    page = to_the_first_clip(browser, create(desk, "paper"))
    hear(page, "#play")
    page.locator(".scale .point").first.click()
    expect(page.locator("body")).to_have_attribute("data-pending", "0")
    assert Rating.objects.filter(expert__study__slug="paper").count() == 1
    page.context.close()


def test_comparison_is_built_and_answered(
    desk: Page, browser: Browser, tmp_path: Path, live_server: LiveServer, log: Log
) -> None:
    begin(desk, "Compare two clips", "pairs")
    step(desk, "Clips")
    bring(desk, clips_in(tmp_path / "own", PAIRS, practice=0), files=6)
    numbers(desk, design__clips_per_system="2")
    step(desk, "Experts")
    numbers(desk, groups__0__slots="2")
    step(desk, "Plan")
    numbers(desk, design__rounds="1", design__repeats="0", design__practice="0")
    expect(desk.locator("#consequences")).to_contain_text("A session has 3 trials")
    page = to_the_first_clip(browser, create(desk, "pairs"))
    for place in (1, 2):
        hear(page, f".player:nth-child({place}) .play")
    page.locator(".preference .point").first.click()
    expect(page.locator("body")).to_have_attribute("data-pending", "0")
    assert Rating.objects.get(expert__study__slug="pairs").value == -3
    page.context.close()


def test_set_is_built_and_answered(
    desk: Page, browser: Browser, tmp_path: Path, live_server: LiveServer, log: Log
) -> None:
    begin(desk, "Rate one clip of each system on a page", "sets")
    step(desk, "Clips")
    bring(desk, clips_in(tmp_path / "own", SETS, practice=0), files=8)
    numbers(desk, design__clips_per_system="2")
    step(desk, "Experts")
    numbers(desk, groups__0__slots="2")
    step(desk, "Plan")
    numbers(desk, design__heard_per_expert="1", design__repeats="0", design__practice="0")
    expect(desk.locator("#consequences")).to_contain_text("A session has 1 trial")
    page = to_the_first_clip(browser, create(desk, "sets"))
    hear(page, ".player:nth-of-type(1) .play")
    page.locator(".player:nth-of-type(1) .point").first.click()
    expect(page.locator("body")).to_have_attribute("data-pending", "0")
    assert Rating.objects.filter(expert__study__slug="sets").count() == 1
    page.context.close()


def test_upload_that_stopped_continues_in_the_browser(desk: Page, tmp_path: Path, live_server: LiveServer) -> None:
    begin(desk, "two systems, two scales", "again")
    step(desk, "Clips")
    (tmp_path / "model-a").mkdir()
    (tmp_path / "model-a" / "long.wav").write_bytes(sound(1, 130))  # 5.7 MB, in three parts
    parts = []

    def break_off(route: object) -> None:
        parts.append(route)
        route.continue_() if len(parts) != 2 else route.abort()  # type: ignore[attr-defined]

    desk.route(
        "**/files/?*at=*", lambda route: break_off(route) if route.request.method == "PUT" else route.continue_()
    )
    desk.locator("#upload-files").set_input_files(tmp_path / "model-a" / "long.wav")
    expect(desk.locator("#uploading")).to_contain_text("The upload stopped")
    desk.locator("#upload-files").set_input_files(tmp_path / "model-a" / "long.wav")
    expect(desk.locator(".clips tbody tr")).to_have_count(1, timeout=PATIENCE_MS)
    assert len(parts) == 4
    hear = desk.locator(".hear")
    hear.click()
    expect(hear).to_have_attribute("aria-pressed", "true")
    draft = Draft.objects.get()
    assert draft.files.get().facts["seconds"] == 130
