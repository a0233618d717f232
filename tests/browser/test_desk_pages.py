"""The desk's pages of a study's life, in both languages: no fault that axe finds, nothing wider than a phone."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from study import clock, jobs, services
from study.mail import outbox
from study.models import Job, Mail, Study
from study.services.invitations import Invitee, new_link
from tests.browser.conftest import Log
from tests.browser.test_pages import language, look_at, moved
from tests.factories import make_study, study_toml
from tests.study.test_desk_report import FILES, closed_with_report

__all__ = ["language"]


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path, admin_user: User) -> Study:
    """A draft whose blinding is checked, with an assistant."""
    study = make_study(tmp_path, owner=admin_user, draft=True, slots=4, clips=4, heard=4)
    User.objects.create_user("ida")
    services.add_member(study, username="ida", role="assistant", actor="researcher:admin")
    return study


@pytest.fixture
def desk(page: Page, live_server: LiveServer, admin_user: User, language: str) -> Page:
    """A page that is logged in, in the language."""
    client = Client()
    client.force_login(admin_user, "django.contrib.auth.backends.ModelBackend")
    cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
    page.context.add_cookies(
        [{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()]
    )
    return page


def go(page: Page, live_server: LiveServer, name: str, *parts: str) -> None:
    page.goto(live_server.url + reverse(f"desk:{name}", args=parts))


def test_pages_on_the_way_to_a_new_study(
    desk: Page, live_server: LiveServer, study: Study, language: str, log: Log, tmp_path: Path
) -> None:
    go(desk, live_server, "new")
    toml = study_toml(systems=("model-a", "model-b"), practice=2)
    wrong = toml.replace("alpha = 0.05", "alpha = 5").replace("minimum = 1", "minimum = 7")
    for text in (wrong, toml):
        desk.locator("#file").set_input_files({"name": "own.toml", "mimeType": "text/plain", "buffer": text.encode()})
        desk.locator("main .card button").click()
        if text is wrong:
            expect(desk.locator(".notice.error li")).to_have_count(3)
            look_at(desk, "desk-new-faults", language)
    expect(desk.locator("#clips")).to_be_visible()
    job = Job.objects.get()
    left = [{"file": f"model-a/a very long name of a file {n}.wav", "reason": "it cannot be decoded"} for n in range(3)]
    Job.objects.update(state="running", step="clips", percent=40, detail={**job.detail, "left_out": left})
    desk.reload()
    expect(desk.locator("progress")).to_have_attribute("value", "40")
    look_at(desk, "desk-job-running", language)
    Job.objects.update(state="failed", fault="line 3, title: The language is missing;\nand more.")
    expect(desk.locator(".notice.error")).to_be_visible()  # without a press: the page keeps itself up to date
    look_at(desk, "desk-job-failed", language)
    go(desk, live_server, "studies")
    look_at(desk, "desk-studies-own", language)
    assert jobs.folder_of(job).exists()
    log.errors[:] = [error for error in log.errors if "status of 400" not in error]


def test_pages_of_a_study_from_its_draft_to_its_seal(
    desk: Page, live_server: LiveServer, study: Study, language: str, log: Log, settings: Settings
) -> None:
    go(desk, live_server, "study", "small")
    look_at(desk, "desk-draft", language)
    services.record_blinding(study, actor="test", detail={})
    services.open_study(study, actor="test")
    go(desk, live_server, "plan", "small")
    desk.locator("summary").click()
    desk.locator("#reason").fill("…")
    desk.locator("main details button").click()
    expect(desk.locator(".notice.error")).to_be_visible()
    look_at(desk, "desk-plan-faults", language)
    go(desk, live_server, "members", "small")
    look_at(desk, "desk-members", language)
    go(desk, live_server, "log", "small")
    look_at(desk, "desk-log", language)
    settings.EMAIL_HOST, settings.MAIL_FROM = "mail.example.org", "studies@example.org"
    people = [Invitee(f"m{number}", "all", "en", "", f"m{number}@example.org") for number in range(3)]
    outbox.invite_by_mail(study, people, outbox.Wording("ada@example.org"), actor="test")
    Mail.objects.filter(expert__code="m0").update(state="refused", answer="550 <(address)> " + "unknown " * 20)
    at = clock.now() - timedelta(days=4)
    Mail.objects.filter(expert__code="m1").update(state="accepted", accepted_at=at, host="mail.example.org")
    new_link(study.experts.get(code="m1"), clock.now() + timedelta(days=9))
    go(desk, live_server, "mail", "small")
    expect(desk.locator("[name=expert]")).to_have_count(1)
    look_at(desk, "desk-mail", language)
    go(desk, live_server, "invite", "small")
    for summary in desk.locator(".by-mail summary").all():
        summary.click()
    look_at(desk, "desk-invite-by-mail", language)
    go(desk, live_server, "studies")
    look_at(desk, "desk-studies", language)
    go(desk, live_server, "password")
    look_at(desk, "desk-password", language)
    log.errors[:] = [error for error in log.errors if "status of 400" not in error]


def test_a_report_appears_on_its_page_as_soon_as_it_is_there(
    desk: Page, live_server: LiveServer, study: Study, language: str
) -> None:
    services.record_blinding(study, actor="test", detail={})
    services.open_study(study, actor="test")
    folder = closed_with_report(study)
    shutil.copytree(folder, folder.with_name("choices"))
    Job.objects.update(state="running", step="report", percent=50)
    go(desk, live_server, "report", "small")
    expect(desk.locator("progress")).to_have_attribute("value", "50")
    Job.objects.update(state="done")
    expect(desk.locator("article h1")).to_be_visible()
    assert moved(desk) == []
    look_at(desk, "desk-report", language)
    with desk.expect_download() as page:
        desk.locator("a[href$='report.html']").click()
    assert page.value.path().read_bytes() == FILES["report.html"]
    desk.locator(f"a[href='{reverse('desk:choices', args=['small'])}']").click()
    expect(desk.locator("article h1")).to_be_visible()
    look_at(desk, "desk-report-of-choices", language)
