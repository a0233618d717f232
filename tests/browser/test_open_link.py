"""The open link in the browser: its page, the way in and the desk's page, on every screen."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study import services
from study.models import Expert, Study
from tests.browser.conftest import Log
from tests.browser.test_choices import FOLDER, LOOKS
from tests.factories import make_study, study_toml

LINK = '[open_link]\nidentifier = "PROLIFIC_PID"\ncompletion_code = "C0DE"\n'


def linked(folder: Path) -> Study:
    study = make_study(folder, text=study_toml(practice=0, groups=("a", "b")) + LINK)
    services.set_open_link(study, is_open=True, actor="test")
    return study


def test_open_link_leads_into_the_room(page: Page, live_server: LiveServer, tmp_path: Path) -> None:
    linked(tmp_path)
    address, axe = f"{live_server.url}/join/small/?PROLIFIC_PID=one&group=b", Axe()
    for language, (size, name, scheme) in itertools.product(("en", "zh-hans"), LOOKS):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(address)
        _looked_at(page, f"join.{language}.{name}.png", axe)
    page.locator(".languages button", has_text="English").click()
    expect(page.locator("main button")).to_have_text("Start")
    page.locator("main button").click()
    expect(page.locator("[name=agree]")).to_be_visible()
    assert (Expert.objects.get().group, Expert.objects.get().language) == ("b", "en")


def test_screened_out_page_has_the_code_and_the_way_back(
    page: Page, live_server: LiveServer, tmp_path: Path, log: Log
) -> None:
    back = 'screened_out_code = "FULL7"\nscreened_out_url = "https://app.example/full/{identifier}"\n'
    study, axe = make_study(tmp_path, text=study_toml(practice=0, slots=2) + LINK + back), Axe()
    services.set_open_link(study, is_open=True, actor="test")
    for name in ("one", "two"):
        services.arrive(study, identifier=name)
    words = {"en": ("Your code:", "Continue"), "zh-hans": ("您的代码：", "继续")}
    for language, (size, name, scheme) in itertools.product(words, LOOKS):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{live_server.url}/join/small/?PROLIFIC_PID=three")
        page.locator("main form button").click()
        page.locator("main .code").wait_for()
        _looked_at(page, f"screened-out.{language}.{name}.png", axe)
        code, button = words[language]
        expect(page.locator("main")).to_contain_text(f"{code} FULL7")
        expect(page.locator("main a.button")).to_have_text(button)
        assert page.locator("main a.button").get_attribute("href") == "https://app.example/full/three"
    assert Expert.objects.count() == 2
    assert all("409 (Conflict)" in error for error in log.errors)  # what Chromium writes of the refusal itself
    log.errors.clear()


def test_desk_shows_the_open_link(page: Page, live_server: LiveServer, tmp_path: Path, admin_user: User) -> None:
    study, axe, client, desk = linked(tmp_path), Axe(), Client(), page
    Study.objects.update(owner=admin_user)
    services.arrive(study, identifier="one")
    client.force_login(admin_user, "django.contrib.auth.backends.ModelBackend")
    session = client.cookies["sessionid"].value
    desk.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    for language, (size, name, scheme) in itertools.product(("en", "zh-hans"), LOOKS):
        desk.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        desk.set_viewport_size(size)
        desk.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        desk.goto(f"{live_server.url}/desk/studies/small/open-link/")
        _looked_at(desk, f"open-link.{language}.{name}.png", axe)
    desk.locator("main form button").click()
    expect(desk.locator("main form [name=open]")).to_have_value("yes")


def _looked_at(page: Page, name: str, axe: Axe) -> None:
    if os.environ.get("SCREENSHOTS"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=FOLDER / name, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe.run(page).response["violations"] == []
