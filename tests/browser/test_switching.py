"""Clips that run together: switching goes on at the same point without a gap, in three browsers, and each is heard."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study import queries, services
from study.models import Expert, Rating, Study
from tests.browser.conftest import Accept, awake, practised, settled, unhurried
from tests.browser.core_session import WHOLE_S, Firefox
from tests.browser.switching_session import Taped, button, measured, switching_session
from tests.browser.test_other_browsers import GRACE_S, run_bounded
from tests.browser.test_trouble import LOADED, MAX_PAGE
from tests.factories import context_of, hear, make_link, make_study, pair_toml, set_toml, synchronous_toml, trials_of

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
SYSTEMS = ("midi-gan", "mlstm", "real")
SECONDS = 2.0
#: The longest silence at a switch, and what repetitions may differ by.
MAX_GAP_MS, MAX_DRIFT_MS = 20, 5
#: What these pages may weigh more than others, whose player they have as well.
MAX_SYNC = 6_500

#: Where in the first clip, in thousandths, the questions open.
WATCHED = """() => new MutationObserver(() => {
  window.opened ??= Number(document.querySelector(".seek").value);
}).observe(document.getElementById("locked"), { attributes: true })"""


@pytest.fixture(params=["pair"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def seconds() -> float:
    return SECONDS


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path, form: str, seconds: float) -> Study:
    shape: dict[str, Any] = {"systems": SYSTEMS, "clips": 3, "slots": 3, "practice": 0}
    text = pair_toml(form="binary", **shape) if form == "pair" else set_toml(scales=("overall",), **shape)
    text = synchronous_toml(text)
    return make_study(tmp_path, text=text, systems=SYSTEMS, clips=3, practice=0, seconds=seconds)


def heard_wholly(expert: Expert, number: int = 0) -> None:
    """Both clips of a trial were heard, and in no more time than they lasted."""
    trial = trials_of(expert)[number]
    for summary in queries.listening_by_place(trial, expert, (1, 2)).values():
        assert queries.length(summary.intervals) >= 1000 * SECONDS - 500
        assert summary.plays >= 3


def check(taped: Taped, name: str) -> None:
    print(f"{name}: gap {taped.gap:.1f} ms, drift {taped.drift:.1f} ms in {taped.repetitions} repetitions")
    assert taped.repetitions >= 2
    assert taped.gap < MAX_GAP_MS
    assert taped.drift < MAX_DRIFT_MS


def test_switch_has_no_gap_and_keeps_the_position(page: Page, second_trial: str) -> None:
    check(measured(switching_session(Firefox(page))), "Chromium")
    expert = Expert.objects.get()
    heard_wholly(expert, 1)
    page.locator(".preference .point").first.click()
    settled(page)
    assert Rating.objects.get(trial__token=second_trial).value == -1
    page.locator("#next").click()
    expect(page.locator("h1")).to_have_text("Page 3 of 6")
    expect(page.locator(button(1))).to_have_attribute("data-state", "ready")
    expect(page.locator(".player .time").first).to_contain_text("0:00 /")


@pytest.mark.parametrize("name", ["firefox", "webkit"])
def test_switch_in_other_browsers(live_server: LiveServer, study: Study, tmp_path: Path, name: str) -> None:
    expert, secret = make_link(study)
    log, link = tmp_path / "browser.log", f"{live_server.url}/i/{secret}/"
    status = run_bounded("tests.browser.switching_session", name, link, log=log, seconds=WHOLE_S + GRACE_S)
    said = log.read_text()
    assert "\ndone\n" in said, f"{name} ended with {status}:\n{said[-3000:]}"
    expert.refresh_from_db()
    [tape] = [line for line in said.splitlines() if line.startswith("taped ")]
    check(measured(json.loads(tape.removeprefix("taped "))), name)
    heard_wholly(expert)


@pytest.mark.usefixtures("second_trial")
def test_clip_that_was_not_heard_stays_closed(page: Page) -> None:
    expect(page.locator(button(1))).to_have_attribute("data-state", "ready")
    page.locator(button(1)).click()
    page.wait_for_timeout(1000 * SECONDS * 2)
    page.locator(".preference .point").first.click(force=True)
    expect(page.locator("#hint")).to_contain_text("Please listen to both clips")
    page.locator(button(2)).click()
    page.wait_for_timeout(500)
    expect(page.locator("#locked")).to_be_visible()
    page.locator(button(2)).click()
    settled(page)
    places = queries.listening_by_place(trials_of(Expert.objects.get())[1], Expert.objects.get(), (1, 2))
    assert queries.length(places[1].intervals) >= 1000 * SECONDS - 500
    assert 300 <= queries.length(places[2].intervals) <= 1000


@pytest.mark.usefixtures("second_trial")
def test_clip_heard_in_part_counts_when_the_page_is_left(page: Page) -> None:
    expect(page.locator(button(1))).to_have_attribute("data-state", "ready")
    page.locator(button(1)).click()
    page.wait_for_timeout(600)
    page.locator(button(2)).click()
    page.wait_for_timeout(600)
    page.locator("#steps a").first.click()
    expect(page.locator("h1")).to_have_text("Page 1 of 6")
    settled(page)
    places = queries.listening_by_place(trials_of(Expert.objects.get())[1], Expert.objects.get(), (1, 2))
    assert all(300 <= queries.length(places[place].intervals) <= 1200 for place in (1, 2))


class TestReload:
    @pytest.fixture
    def seconds(self) -> float:
        return 12.0

    def test_questions_open_once_the_rest_was_heard(self, page: Page, second_trial: str) -> None:
        """Of one clip all but the beginning was heard, of the other one all, before the page was loaded."""
        expert = Expert.objects.get()
        trial = trials_of(expert)[1]
        said: dict[str, Any] = {"intervals": [[2000, 12_000]], "events": [], "plays": 1, "place": 1}
        with unhurried():
            hear(expert, trial, 2)
            services.save_listening(context_of(expert, trial), client_uuid=uuid4(), **said)
        page.reload()
        awake(page)
        expect(page.locator(button(1))).to_have_attribute("data-state", "ready")
        page.evaluate(WATCHED)
        page.locator(button(1)).click()
        expect(page.locator("#locked")).to_be_hidden()
        assert page.evaluate("window.opened") < 600
        expect(page.locator(button(1))).to_have_attribute("data-state", "playing")
        page.locator(".preference .point").first.click()
        settled(page)
        assert Rating.objects.get(trial__token=second_trial).value == -1


@pytest.mark.usefixtures("second_trial")
@pytest.mark.parametrize("form", ["pair", "set"], indirect=True)
def test_keys_go_from_clip_to_clip_and_a_seek_moves_all(page: Page) -> None:
    expect(page.locator(button(1))).to_have_attribute("data-state", "ready")
    for place in range(1, page.locator(".player").count() + 1):
        page.keyboard.press("Space")
        expect(page.locator(button(place))).to_have_attribute("data-state", "playing")
        expect(page.locator(f".player[data-at='{place}'] .seek")).to_be_enabled()
    page.keyboard.press("Space")
    expect(page.locator(".play[data-state=playing]")).to_have_count(0)
    page.locator(".player[data-at='1'] .seek").fill("500")
    expect(page.locator(".player[data-at='2'] .seek")).to_have_value("500")


@pytest.mark.parametrize("form", ["pair", "set"], indirect=True)
def test_page_looks_calm_and_is_accessible(page: Page, accept: Accept, live_server: LiveServer, form: str) -> None:
    practised(accept(page))
    axe = Axe()
    for language, (width, height), scheme in (("en", (1280, 720), "light"), ("zh-hans", (360, 740), "dark")):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{live_server.url}/room/")
        awake(page)
        expect(page.locator(button(1))).to_have_attribute("data-state", "ready")
        if os.environ.get("SCREENSHOTS"):
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"switching-{form}.{language}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe.run(page).response["violations"] == []


def test_page_is_light(page: Page, live_server: LiveServer, accept: Accept) -> None:
    practised(accept(page))
    page.goto(f"{live_server.url}/room/")
    awake(page)
    expect(page.locator(button(1))).to_have_attribute("data-state", "ready")
    sizes = {address: len(page.request.get(address).body()) for address in set(page.evaluate(LOADED))}
    weight = sum(size for address, size in sizes.items() if not address.split("?")[0].rstrip("/0123").endswith("audio"))
    print(f"a page of two clips that run together weighs {weight} bytes")
    assert any("sync.js" in address for address in sizes)
    assert weight <= MAX_PAGE + MAX_SYNC
