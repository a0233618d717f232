"""Attention checks on the pages of trials: by pointer and by keys, with a lost reply, on every screen."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, Route, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from analysis.data import ratings
from analysis.report.folder import write_report
from study import services
from study.dataset.folder import export
from study.models import Expert, Rating, Study
from tests.browser.conftest import SCALES, SECONDS, Accept, answer, awake, listen, practised, settled
from tests.browser.test_trouble import LOADED, MAX_PAGE
from tests.factories import checks_toml, choice_toml, make_study, pair_toml, set_toml, study_toml

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
LOOKS: tuple[tuple[ViewportSize, str, str], ...] = (
    ({"width": 360, "height": 740}, "phone", "light"),
    ({"width": 360, "height": 740}, "phone", "dark"),
    ({"width": 1280, "height": 720}, "desktop", "light"),
    ({"width": 1280, "height": 720}, "desktop", "dark"),
)
THREE = ("midi-gan", "mlstm", "real")
SHAPE: dict[str, Any] = {"systems": THREE, "slots": 3, "practice": 0}
#: Each has four or more trials, all but the first with a check; and the practice clips that it needs.
KINDS = {
    "scales": checks_toml(study_toml(systems=THREE, scales=SCALES, heard=2, slots=3, practice=0), times=5),
    "pair": checks_toml(pair_toml(rounds=2, **SHAPE), times=5),
    "set": checks_toml(set_toml(heard=3, **SHAPE), times=2),
    "choice": checks_toml(choice_toml(heard=2, **SHAPE), times=5),
}


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path, request: pytest.FixtureRequest) -> Study:
    kind = getattr(request, "param", "scales")
    return make_study(tmp_path, text=KINDS[kind], systems=THREE, seconds=SECONDS if kind == "scales" else 1.0)


def at_check(page: Page, accept: Accept, live_server: LiveServer) -> Expert:
    """At the second trial, with the first said not to play."""
    expert = accept(page)
    practised(expert)
    page.goto(f"{live_server.url}/room/")
    awake(page)
    return expert


def stored(expert: Expert) -> list[tuple[int, int]]:
    rows = Rating.objects.filter(expert=expert, scale="attention").order_by("revision")
    return list(rows.values_list("value", "revision"))


def test_check_is_answered_by_keys_and_holds_next(page: Page, accept: Accept, live_server: LiveServer) -> None:
    expert = at_check(page, accept, live_server)
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    for value in (1, 2, 3, 4, 5):
        page.keyboard.press(str(value))
    expect(page.locator("[data-scale=attention] input").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_have_text("Not rated yet: Please choose two here.")
    expect(page.locator("#heading")).to_have_text("Clip 2 of 6")
    page.keyboard.press("2")
    expect(page.locator("#announce")).to_have_text("Please choose two here: two")
    settled(page)
    assert stored(expert) == [(2, 1)]
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("Clip 3 of 6")
    expect(page.locator("[data-scale=attention]")).to_have_count(1)
    page.locator("#back").click()
    expect(page.locator("#heading")).to_have_text("Clip 2 of 6")
    expect(page.locator("[data-scale=attention] input").nth(1)).to_be_checked()


def test_lost_reply_and_changed_answer_are_stored_once_each(
    page: Page, accept: Accept, live_server: LiveServer
) -> None:
    expert, sent = at_check(page, accept, live_server), list[str]()

    def lose_first(route: Route) -> None:
        sent.append(str(route.request.post_data))
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/ratings/attention", lose_first)
    listen(page)
    point = page.locator("[data-scale=attention] .point")
    point.nth(0).click()
    settled(page)
    assert sent[0] == sent[1]
    assert stored(expert) == [(1, 1)]
    point.nth(1).click()
    settled(page)
    assert stored(expert) == [(1, 1), (2, 2)]
    page.reload()
    awake(page)
    expect(page.locator("[data-scale=attention] input").nth(1)).to_be_checked()


@pytest.mark.parametrize("study", ["set"], indirect=True)
def test_check_of_a_set_opens_once_all_clips_were_heard(page: Page, accept: Accept, live_server: LiveServer) -> None:
    expert = at_check(page, accept, live_server)
    point, play = page.locator(".choice .point"), page.locator(".play")
    expect(play.first).to_have_attribute("data-state", "ready")
    point.nth(1).click(force=True)
    expect(page.locator("#hint")).to_have_text("Please listen to each clip to the end before you rate it.")
    assert stored(expert) == []
    for number in range(3):
        expect(point.first.locator("input")).to_have_attribute("aria-disabled", "true")
        play.nth(number).click()
        expect(play.nth(number)).to_have_attribute("data-state", "ended")
    point.nth(1).click()
    settled(page)
    assert stored(expert) == [(2, 1)]


@pytest.mark.parametrize("study", KINDS, indirect=True)
def test_page_with_a_check_fits_and_is_accessible(
    page: Page, accept: Accept, live_server: LiveServer, request: pytest.FixtureRequest
) -> None:
    at_check(page, accept, live_server)
    axe, kind = Axe(), request.node.callspec.params["study"]
    for language, (size, name, scheme) in itertools.product(("en", "zh-hans"), LOOKS):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.reload()
        awake(page)
        expect(page.locator(".play").first).to_have_attribute("data-state", "ready")
        if os.environ.get("SCREENSHOTS"):
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"check-{kind}.{language}.{name}.{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert axe.run(page).response["violations"] == []


def test_page_with_a_check_is_light(page: Page, accept: Accept, live_server: LiveServer) -> None:
    at_check(page, accept, live_server)
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    sizes = {address: len(page.request.get(address).body()) for address in set(page.evaluate(LOADED))}
    weight = sum(size for address, size in sizes.items() if not address.endswith("/audio"))
    print(f"a trial page with an attention check weighs {weight} bytes")
    assert weight <= MAX_PAGE


def test_session_with_checks_goes_from_the_page_to_the_report(
    page: Page, accept: Accept, live_server: LiveServer, study: Study, tmp_path: Path
) -> None:
    expert = at_check(page, accept, live_server)
    for number in range(2, 7):
        expect(page.locator("#heading")).to_have_text(f"Clip {number} of 6")
        awake(page)
        if page.locator("#panel").count():
            page.locator("#panel button").click()
        listen(page)
        answer(page, 3)
        page.locator("[data-scale=attention] .point").nth(1 if number > 2 else 0).click()
        settled(page)
        page.locator("#next").click()
    expect(page.locator("h1")).to_have_text("Review your ratings")
    expect(page.get_by_text("Please choose two here")).to_have_count(5)
    page.locator("#submit button").click()
    page.wait_for_url("**/room/thanks/")
    assert [value for value, _ in stored(expert)].count(2) == 4
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    study.refresh_from_db()
    export(study, tmp_path / "dataset")
    found = ratings.read(tmp_path / "dataset")
    assert found.attention is not None
    assert found.attention.table.to_dict("records") == [{"expert_id": "e01", "passed": 4, "answered": 5, "excluded": 0}]
    write_report(found, tmp_path / "report", replicates=1000, draw=False)
    report = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "Experts who passed all that they answered: 0 of 1." in report
