"""Who may enter the room, and what becomes of a browser that may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from study import clock, services
from study.models import Expert, Study
from study.room.access import COOKIE, expert_tag
from tests.factories import enter, make_expert, make_link, make_study
from tests.study.test_room_pages import PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path)


@pytest.fixture
def alice(study: Study) -> Expert:
    """An expert who has accepted the link, and nothing more."""
    return make_expert(study, "alice")


def test_a_browser_stays_an_experts_for_as_long_as_a_link_lasts(client: Client, study: Study) -> None:
    _, secret = make_link(study)
    client.post(f"/i/{secret}/")
    assert client.cookies[COOKIE]["max-age"] == 60 * 24 * 3600


@pytest.mark.parametrize("page", PAGES)
def test_no_page_opens_without_an_accepted_link(client: Client, page: str) -> None:
    response = client.get(reverse(f"room:{page}"), headers={"accept-language": "en"})
    assert response.status_code == 403
    assert "open your personal link again" in response.text


@pytest.mark.parametrize("page", PAGES)
def test_no_page_opens_to_a_link_that_ended_meanwhile(client: Client, alice: Expert, page: str) -> None:
    enter(client, alice)
    alice.invitations.update(revoked_at=clock.now())
    assert client.get(reverse(f"room:{page}")).status_code == 403


def test_no_page_opens_to_an_expert_who_withdrew(client: Client, alice: Expert) -> None:
    enter(client, alice)
    services.withdraw(alice, actor="command")
    assert client.get("/room/").status_code == 403


def can_send(page: str, expert: Expert) -> bool:
    """Whether the page sends what waits in the expert's browser."""
    return f'data-tag="{expert_tag(expert)}"' in page and "mukulen/room.js" in page


def test_a_closed_study_and_an_expired_link_still_send_what_waits_in_the_browser(client: Client, study: Study) -> None:
    expert, secret = make_link(study)
    client.post(f"/i/{secret}/", headers={"accept-language": "en"})
    pages = ["/room/", f"/i/{secret}/"]
    services.close_study(study, actor="command")
    assert all(can_send(client.get(page).text, expert) for page in pages)
    expert.invitations.update(expires_at=clock.now())
    for page in pages:
        response = client.get(page)
        assert response.status_code == 410
        assert "This link no longer works" in response.text
        assert can_send(response.text, expert)


def test_a_revoked_link_and_a_withdrawn_expert_send_nothing_more(client: Client, alice: Expert) -> None:
    enter(client, alice)
    alice.invitations.update(revoked_at=clock.now())
    assert not can_send(client.get("/room/").text, alice)
    alice.invitations.update(revoked_at=None)
    assert can_send(client.get("/room/t/unknown/").text, alice)
    services.withdraw(alice, actor="command")
    assert not can_send(client.get("/room/").text, alice)


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_never_kept_by_the_browser(client: Client, alice: Expert, page: str) -> None:
    assert "no-store" in enter(client, alice).get(reverse(f"room:{page}"))["Cache-Control"]
