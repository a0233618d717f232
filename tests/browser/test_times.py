"""Times stand in the reader's time zone, on pages and in forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Invitation
from tests.browser.test_desk_pages import desk
from tests.factories import make_link, make_study

__all__ = ["desk"]


@pytest.fixture
def language() -> str:
    return "en"


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "timezone_id": "Asia/Kathmandu"}


def test_times_are_in_the_readers_zone_and_a_links_last_day_ends_there(
    desk: Page, live_server: LiveServer, admin_user: User, tmp_path: Path
) -> None:
    study = make_study(tmp_path, owner=admin_user)
    desk.goto(live_server.url + reverse("desk:log", args=["small"]))
    event = study.events.order_by("-number")[0]
    expect(desk.locator("tbody time").first).to_have_text(f"{event.at + timedelta(minutes=345):%Y-%m-%d %H:%M:%S}")
    expect(desk.locator("th [data-zone]")).to_contain_text("Asia/Kat")
    desk.goto(live_server.url + reverse("desk:invite", args=["small"]))
    desk.fill("#one-code", "e1")
    desk.fill("#one-ends", "2099-01-31")
    desk.get_by_role("button", name="Invite expert", exact=True).click()
    expect(desk.locator(".sheet time")).to_have_text("2099-02-01 00:00 UTC+5:45")
    assert Invitation.objects.get().expires_at == datetime(2099, 1, 31, 18, 15, tzinfo=UTC)


def test_an_invitation_says_in_the_experts_zone_until_when_it_works(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    _expert, secret = make_link(make_study(tmp_path), "e1")
    page.goto(live_server.url + reverse("room:invitation", args=[secret]))
    ends = Invitation.objects.get().expires_at + timedelta(minutes=345)
    expect(page.locator("main time")).to_have_text(f"{ends:%Y-%m-%d %H:%M} UTC+5:45")
