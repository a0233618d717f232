"""The list of studies with its archive, and what a study's page leads with."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from study import clock, services
from study.desk.next_step import Known, next_step
from study.models import Draft, Job, Member, Study
from tests.factories import begin, make_expert, make_link, make_study, rate_all
from tests.study.test_desk import client_of, text

pytestmark = pytest.mark.django_db
OWNER = ("watch", "invite", "read", "run")


@pytest.fixture
def ada() -> Client:
    return client_of("ada")


def make(folder: Path, slug: str, **given: bool) -> Study:
    return make_study(folder, slug=slug, owner=User.objects.get(username="ada"), **given)  # type: ignore[arg-type]


def listed(client: Client, **query: str) -> list[str]:
    page = text(client.get(reverse("desk:studies"), query))
    return sorted(re.findall(r'<h2><a href="/desk/studies/([\w-]+)/">', page))


def test_the_list_is_narrowed_by_state_and_hides_archived_studies(ada: Client, tmp_path: Path) -> None:
    make(tmp_path, "running")
    make(tmp_path, "draft", draft=True)
    services.close_study(make(tmp_path, "old"), actor="test")
    assert listed(ada) == ["draft", "old", "running"]
    assert listed(ada, state="open") == ["running"]
    ada.post(reverse("desk:archive", args=["old"]), {"archive": "yes"})
    assert listed(ada) == listed(ada, state="nonsense") == ["draft", "running"]
    assert listed(ada, state="archived") == ["old"]
    assert "archived (1)" in text(ada.get(reverse("desk:studies")))
    ada.post(reverse("desk:archive", args=["old"]), {"archive": "no"})
    assert listed(ada, state="closed") == ["old"]


def test_archiving_is_logged_once_and_changes_nothing_else(ada: Client, tmp_path: Path) -> None:
    study = make(tmp_path, "draft", draft=True)
    for _ in range(2):
        ada.post(reverse("desk:archive", args=["draft"]), {"archive": "yes"})
    kinds = list(study.events.order_by("number").values_list("kind", "actor"))
    assert kinds[-1] == ("archived", "researcher:ada")
    assert [kind for kind, _ in kinds].count("archived") == 1
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT
    assert "Restore from archive" in text(ada.get(reverse("desk:study", args=["draft"])))


def test_an_open_study_is_not_archived(ada: Client, tmp_path: Path) -> None:
    study = make(tmp_path, "running")
    response = ada.post(reverse("desk:archive", args=["running"]), {"archive": "yes"}, follow=True)
    assert "Close it first." in text(response)
    study.refresh_from_db()
    assert study.archived_at is None
    assert "Archive study" not in text(ada.get(reverse("desk:study", args=["running"])))


def test_a_study_is_copied_into_a_draft_from_its_page(ada: Client, tmp_path: Path) -> None:
    study = make(tmp_path, "running")
    page = text(ada.get(reverse("desk:study", args=["running"])))
    form = page.partition(f'action="{reverse("builder:new")}"')[2].partition("</form>")[0]
    given = dict(re.findall(r'name="(begin|language)" value="([^"]+)"', form))
    response = ada.post(reverse("builder:new"), given)
    draft = Draft.objects.get()
    assert response.url == reverse("builder:step", args=[draft.token, "start"])  # type: ignore[attr-defined]
    content = draft.versions.order_by("-number")[0].content
    assert [asked["key"] for asked in content["questions"]] == [scale.key for scale in study.file.scales]
    study.refresh_from_db()
    assert study.state == Study.State.OPEN


def known(**given: object) -> Known:
    empty = {"is_busy": False, "is_checked": False, "experts": 0, "submitted": 0, "slots": 2, "has_report": False}
    return Known(**{**empty, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "rights", "about", "step"),
    [
        ("draft", OWNER, known(), "check"),
        ("draft", OWNER, known(is_busy=True), "wait"),
        ("draft", OWNER, known(is_checked=True), "open"),
        ("draft", OWNER[:2], known(is_checked=True), "draft"),
        ("open", OWNER, known(), "invite"),
        ("open", OWNER, known(experts=2, submitted=1), "follow"),
        ("open", OWNER, known(experts=3, submitted=2), "close"),
        ("open", OWNER[:2], known(experts=3, submitted=2), "follow"),
        ("closed", OWNER, known(), "report"),
        ("closed", OWNER, known(has_report=True), "unblind"),
        ("closed", OWNER[:2], known(), "over"),
        ("unsealed", OWNER, known(), "report"),
        ("unsealed", OWNER, known(has_report=True), "read"),
        ("unsealed", ("watch", "read"), known(has_report=True), "read"),
        ("unsealed", ("watch", "read"), known(), "over"),
    ],
)
def test_next_step_follows_from_state_and_rights(state: str, rights: tuple[str, ...], about: Known, step: str) -> None:
    assert next_step(Study(state=state), rights, about) == step


def lead(client: Client) -> str:
    """The words of the first card of the study's page."""
    page = text(client.get(reverse("desk:study", args=["small"])))
    return " ".join(
        re.sub("<[^>]+>", " ", page.partition('<section class="card next">')[2].partition("</section>")[0]).split()
    )


def test_a_studys_page_leads_from_its_draft_to_its_report(ada: Client, tmp_path: Path) -> None:
    study = make(tmp_path, "small", draft=True)
    assert "Run blinding check" in lead(ada)
    services.record_blinding(study, actor="test", detail={})
    assert "Open study" in lead(ada)
    services.open_study(study, actor="test")
    assert "Invite experts to its 2 slots" in lead(ada)
    for code in ("e1", "e2"):
        make_link(study, code)
        assert "Finished: 0. Slots: 2." in lead(ada)
    for expert in (make_expert(study, "e1"), make_expert(study, "e2")):
        begin(expert)
        rate_all(expert)
        services.submit(expert)
    assert "All sessions are finished." in lead(ada)
    Member.objects.create(study=study, user=User.objects.create_user("ida"), role=Member.Role.ASSISTANT)
    assert "Close study" not in lead(client_of("ida"))
    services.close_study(study, actor="test")
    assert "Create report" in lead(ada)
    job = Job.objects.create(kind="report", state="done", study=study, user=User.objects.get(username="ada"))
    assert "Unblind systems" in lead(ada)
    services.open_seal(study, actor="test")
    assert "Create report" in lead(ada)  # the one before has no names
    Job.objects.filter(pk=job.pk).update(made_at=clock.now() + timedelta(seconds=1))
    assert "Read the report" in lead(ada)


def test_certificate_and_log_are_folded(ada: Client, tmp_path: Path) -> None:
    make(tmp_path, "small")
    page = text(ada.get(reverse("desk:study", args=["small"])))
    folded = " ".join(re.findall(r'<details class="folded">.*?</details>', page, re.DOTALL))
    assert "SHA-256" in folded
    assert page.count("SHA-256") == folded.count("SHA-256")
    assert "Balance certificate" in folded
    assert "Event log" in folded
