from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from study import services
from study.models import Event, Expert, Study
from tests.factories import begin, make_expert, make_study, rate_all

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
PAGES = ["studies", "study"]
#: What a form that cannot be undone asks for.
SURE = {"sure": "yes"}
ACTS = ["open", "close", "open_seal", "download"]


def client_of(name: str, *, superuser: bool = False) -> Client:
    make = User.objects.create_superuser if superuser else User.objects.create_user
    user = User.objects.filter(username=name).first() or make(name, password=PASSWORD)
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def study(tmp_path: Path, ada: Client) -> Study:
    return make_study(tmp_path, owner=User.objects.get(username="ada"))


def address(name: str, slug: str = "small") -> str:
    return reverse(f"desk:{name}", args=[] if name == "studies" else [slug])


def state(study: Study) -> str:
    return Study.objects.get(pk=study.pk).state


def text(response: HttpResponseBase) -> str:
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def test_owner_sees_only_own_studies(tmp_path: Path, study: Study, ada: Client) -> None:
    make_study(tmp_path, slug="foreign", owner=User.objects.create_user("bob"))
    page = text(ada.get(address("studies")))
    assert "small" in page
    assert "foreign" not in page


def test_the_study_page_shows_experts_balance_and_log(study: Study, ada: Client) -> None:
    expert = make_expert(study, "w07")
    begin(expert)
    rate_all(expert)
    make_expert(study, "w08")
    page = text(ada.get(address("study")))
    assert "Experts invited: 2." in page
    assert reverse("desk:board", args=["small"]) in page
    assert study.plan_sha256 in page
    assert "consent given" in page


def test_an_altered_log_is_told_on_the_study_page(study: Study, ada: Client) -> None:
    assert "Integrity check failed" not in text(ada.get(address("study")))
    Event.objects.filter(study=study, number=1).update(kind="never happened")
    assert "event 1 of the event log was changed" in text(ada.get(address("study")))


@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_whoever_is_not_logged_in_is_sent_to_the_login(study: Study, name: str) -> None:
    response = Client().post(address(name)) if name in ACTS else Client().get(address(name))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("desk:login"))
    assert state(study) == "open"


@pytest.mark.parametrize("name", ["study", *ACTS])
def test_someone_elses_study_is_not_there(study: Study, name: str) -> None:
    bob = client_of("bob")
    response = bob.post(address(name), {"password": PASSWORD}) if name in ACTS else bob.get(address(name))
    assert response.status_code == 404
    assert state(study) == "open"


@pytest.mark.parametrize("name", ["study", *ACTS])
def test_a_study_that_does_not_exist_is_not_there(ada: Client, name: str) -> None:
    response = ada.post(address(name, "none")) if name in ACTS else ada.get(address(name, "none"))
    assert response.status_code == 404


@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_the_wrong_method_is_refused(study: Study, ada: Client, name: str) -> None:
    response = ada.get(address(name)) if name in ACTS else ada.post(address(name))
    assert response.status_code == 405
    assert state(study) == "open"


def test_a_superuser_sees_every_study(study: Study) -> None:
    assert client_of("root", superuser=True).get(address("study")).status_code == 200


def test_a_draft_is_opened_once(tmp_path: Path, ada: Client) -> None:
    draft = make_study(tmp_path, draft=True, owner=User.objects.get(username="ada"))
    assert "check_blinding small" in text(ada.post(address("open"), follow=True))
    assert state(draft) == "draft"
    services.record_blinding(draft, actor="test", detail={})
    ada.post(address("open"))
    assert state(draft) == "open"
    assert "Only a draft can be opened." in text(ada.post(address("open"), follow=True))
    assert Event.objects.filter(kind="opened").count() == 1


def test_closing_is_logged_with_the_researchers_name(study: Study, ada: Client) -> None:
    ada.post(address("close"), SURE)
    assert state(study) == "closed"
    assert Event.objects.get(kind="closed").actor == "researcher:ada"


def test_without_a_word_more_no_study_closes_and_nobody_is_left_out(study: Study, ada: Client) -> None:
    make_expert(study, "w07")
    assert "Confirm" in text(ada.post(address("close"), follow=True))
    assert "Confirm" in text(ada.post(reverse("desk:withdraw", args=["small", "w07"]), follow=True))
    assert state(study) == "open"
    assert Expert.objects.get().withdrawn_at is None


def test_closing_twice_says_so_and_changes_nothing(study: Study, ada: Client) -> None:
    ada.post(address("close"), SURE)
    page = text(ada.post(address("close"), SURE, follow=True))
    assert "Only an open study can be closed." in page
    assert Event.objects.filter(kind="closed").count() == 1


def test_the_seal_opens_with_the_password_after_closing(study: Study, ada: Client) -> None:
    ada.post(address("close"), SURE)
    ada.post(address("open_seal"), {"password": PASSWORD})
    assert state(study) == "unsealed"
    assert Event.objects.get(kind="unsealed").actor == "researcher:ada"


@pytest.mark.parametrize("password", ["", "wrong"])
def test_the_seal_stays_closed_without_the_right_password(study: Study, ada: Client, password: str) -> None:
    ada.post(address("close"), SURE)
    page = text(ada.post(address("open_seal"), {"password": password}, follow=True))
    assert "The study stays blinded" in page
    assert state(study) == "closed"
    refused = Event.objects.get(kind="seal refused")
    assert (refused.actor, refused.detail) == ("researcher:ada", {})
    assert "wrong password at unblinding" in page


def test_attempts_that_the_throttle_turns_away_do_not_fill_the_log(study: Study, ada: Client) -> None:
    ada.post(address("open_seal"), {"password": "before the study is closed"})
    ada.post(address("close"), SURE)
    for _ in range(12):
        ada.post(address("open_seal"), {"password": "wrong"})
    assert 0 < Event.objects.filter(kind="seal refused").count() <= 8


def test_the_seal_of_an_open_study_stays_closed(study: Study, ada: Client) -> None:
    page = text(ada.post(address("open_seal"), {"password": PASSWORD}, follow=True))
    assert "after it is closed" in page
    assert state(study) == "open"


def test_the_dataset_comes_as_a_zip_and_the_log_keeps_who_took_it(study: Study, ada: Client) -> None:
    rate_all(make_expert(study))
    response = ada.post(address("download"))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]
    names = archive.namelist()
    assert "dataset-small/data/study-small_task-rating_data.csv" in names
    assert "dataset-small/hashes.json" in names
    event = Event.objects.get(kind="dataset downloaded")
    hashes = json.loads(archive.read("dataset-small/hashes.json"))
    kept = {name: hashes[name] for name in ("dataset_sha256", "tables_sha256")}
    assert (event.actor, event.detail) == ("researcher:ada", {"sealed": True, "form": "zip", **kept})


def test_withdrawn_expert_is_marked_and_loses_the_slot(study: Study, ada: Client) -> None:
    make_expert(study, "w07")
    ada.post(reverse("desk:withdraw", args=["small", "w07"]), SURE)
    assert Expert.objects.get().slot is None
    assert "withdrawn" in text(ada.get(reverse("desk:board", args=["small"])))
    assert ada.post(reverse("desk:withdraw", args=["small", "nobody"])).status_code == 404
    assert client_of("bob").post(reverse("desk:withdraw", args=["small", "w07"])).status_code == 404


def test_looking_writes_nothing(study: Study, ada: Client) -> None:
    before = list(Event.objects.values_list("hash", flat=True))
    for name in PAGES:
        ada.get(address(name))
    assert list(Event.objects.values_list("hash", flat=True)) == before


def test_no_page_of_the_desk_or_the_admin_says_which_clip_is_whose(study: Study, ada: Client) -> None:
    rate_all(make_expert(study))
    root = client_of("root", superuser=True)
    pages = [text(ada.get(address(name))) for name in PAGES]
    pages += [text(root.get(reverse(f"admin:study_{name}_changelist"))) for name in ("study", "expert", "event")]
    pages.append(text(root.get(reverse("admin:study_study_change", args=[study.pk]))))
    secrets = ["midi-gan", "song 1"]
    for clip in study.clips.all():
        secrets += [clip.clip_id, clip.pack_entry["clip_id"], clip.pack_entry["audio_sha256"]]
    assert not [secret for secret in secrets for page in pages if secret in page]


def test_the_admin_is_for_looking_and_for_superusers_only(study: Study, ada: Client) -> None:
    address = reverse("admin:study_study_change", args=[study.pk])
    assert ada.get(address).status_code == 302
    root = client_of("root", superuser=True)
    assert root.get(address).status_code == 200
    assert root.post(address, {"slug": "changed"}).status_code == 403
    assert root.get(reverse("admin:study_study_add")).status_code == 403
    assert root.post(reverse("admin:study_study_delete", args=[study.pk])).status_code == 403
    assert root.get(reverse("admin:index")).status_code == 200


def test_logging_in_and_out(study: Study) -> None:
    client = Client(headers={"accept-language": "en"})
    wrong = client.post(reverse("desk:login"), {"username": "ada", "password": "wrong"})
    assert 'role="alert"' in text(wrong)
    client.post(reverse("desk:login"), {"username": "ada", "password": PASSWORD})
    assert client.get(address("studies")).status_code == 200
    client.post(reverse("desk:logout"))
    assert client.get(address("studies")).status_code == 302


def test_a_login_lasts_a_week(study: Study) -> None:
    client_of("ada")
    researcher = Client()
    researcher.post(reverse("desk:login"), {"username": "ada", "password": PASSWORD})
    assert researcher.cookies["sessionid"]["max-age"] == 7 * 24 * 3600


def test_after_many_wrong_passwords_the_login_closes_in_the_readers_language(study: Study, settings: Settings) -> None:
    client = Client(headers={"accept-language": "zh-hans"})
    answers = [
        client.post(reverse("desk:login"), {"username": "ada", "password": "wrong"})
        for _ in range(settings.AXES_FAILURE_LIMIT)
    ]
    assert answers[-1].status_code == 429
    assert "尝试次数过多" in text(answers[-1])


def test_the_study_page_takes_no_more_queries_for_more_experts(tmp_path: Path, ada: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    study = make_study(tmp_path, slots=8, owner=User.objects.get(username="ada"))
    make_expert(study, "e00")
    with CaptureQueriesContext(connection) as few:
        ada.get(address("study"))
    for number in range(1, 8):
        make_expert(study, f"e{number:02d}")
    with CaptureQueriesContext(connection) as many:
        ada.get(address("study"))
    assert len(many) == len(few) <= 15
