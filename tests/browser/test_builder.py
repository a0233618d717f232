"""The builder in a real browser: its pages in both languages, saving while typing, and the way to the first answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study.builder import drafts
from study.builder.content import Content
from study.builder.steps import STEPS
from study.builder.toml_text import content_of
from study.models import Draft
from tests.browser.conftest import Log
from tests.browser.test_desk_pages import desk
from tests.browser.test_pages import language, look_at, save_screen

__all__ = ["desk", "language"]


@pytest.fixture
def draft(live_server: LiveServer, admin_user: User) -> Draft:
    content = content_of(Path("fixtures/studies/pilot.toml").read_text(encoding="utf-8"))
    content["title"].pop("zh-hans")
    content["questions"][1]["maximum"] = 1
    return drafts.make_draft(content, admin_user, "my-pilot")


def stored(draft: Draft) -> Content:
    draft.refresh_from_db()
    return drafts.content_of_draft(draft)


def visit(page: Page, live_server: LiveServer, draft: Draft, step: str) -> None:
    page.goto(f"{live_server.url}/desk/drafts/{draft.token}/{step}/")


def test_pages_of_a_draft(desk: Page, live_server: LiveServer, draft: Draft, language: str, log: Log) -> None:
    desk.goto(f"{live_server.url}/desk/drafts/new/")
    look_at(desk, "builder-new", language)
    for step in STEPS:
        visit(desk, live_server, draft, step)
        look_at(desk, f"builder-{step}", language)
        if os.environ.get("SCREENSHOTS"):
            save_screen(desk, f"builder-{step}.{language}.screen")


def test_attention_check_is_added_and_looked_at(
    desk: Page, live_server: LiveServer, draft: Draft, language: str, log: Log
) -> None:
    visit(desk, live_server, draft, "questions")
    desk.locator('button[value="add:attention_checks:"]').click()
    expect(desk.locator("#f-attention_checks-0-times")).to_have_value("1")
    look_at(desk, "builder-checks", language)
    desk.locator("#f-attention_checks-0-right").select_option("three")
    expect(desk.frame_locator("iframe").locator(".choice .point")).to_have_count(5)
    visit(desk, live_server, draft, "plan")
    desk.locator("#f-analysis-failed_checks").fill("1")
    desk.locator("#f-analysis-alpha").focus()
    expect(desk.locator("#f-analysis-failed_checks-faults")).to_be_empty()
    visit(desk, live_server, draft, "questions")
    assert stored(draft)["analysis"]["failed_checks"] == 1
    assert stored(draft)["attention_checks"][0]["right"] == "three"


def test_each_change_is_saved_while_it_is_typed(desk: Page, live_server: LiveServer, draft: Draft, log: Log) -> None:
    visit(desk, live_server, draft, "questions")
    maximum = desk.locator("#f-questions-1-maximum")
    expect(maximum).to_have_attribute("aria-invalid", "true")
    expect(desk.locator("[data-step=questions]")).to_be_visible()
    maximum.fill("7")
    expect(desk.locator("#f-questions-1-maximum-faults")).to_be_empty()
    expect(desk.locator("[data-step=questions]")).to_be_hidden()
    desk.reload()
    expect(maximum).to_have_value("7")
    desk.locator("#undo").click()
    expect(maximum).to_have_value("1")


def test_what_was_just_typed_goes_along_to_the_next_page(
    desk: Page, live_server: LiveServer, draft: Draft, log: Log
) -> None:
    visit(desk, live_server, draft, "start")
    desk.locator("#f-title-zh-hans").fill("新研究")
    desk.locator(".ways a").last.click()
    desk.wait_for_url("**/clips/")
    assert stored(draft)["title"]["zh-hans"] == "新研究"


def test_typing_without_a_connection_is_saved_when_it_is_back(
    desk: Page, live_server: LiveServer, draft: Draft, log: Log
) -> None:
    visit(desk, live_server, draft, "plan")
    desk.context.set_offline(True)
    desk.locator("#f-design-repeats").fill("3")
    expect(desk.locator("#saved")).to_have_text(desk.locator("#saved").get_attribute("data-failed") or "")
    desk.context.set_offline(False)
    expect(desk.locator("#saved")).to_have_text(desk.locator("#saved").get_attribute("data-saved") or "")
    assert stored(draft)["design"]["repeats"] == 3


def test_builder_is_used_by_keyboard_alone(desk: Page, live_server: LiveServer, draft: Draft, log: Log) -> None:
    visit(desk, live_server, draft, "questions")
    button = desk.locator("button[value='down:questions.0']")
    button.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#f-questions-0-key")).to_have_value("overall")
    desk.locator("#f-questions-0-key").focus()
    desk.keyboard.press("End")
    desk.keyboard.type("_x")
    desk.keyboard.press("Enter")
    expect(desk.locator("#f-questions-0-key")).to_have_value("overall_x")
    assert stored(draft)["analysis"]["primary_scale"] == "overall_x"
