"""Who may do what at the desk: every address by every role, and how roles come and go."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from study import services
from study.desk import urls
from study.models import Event, Study
from tests.factories import make_expert, make_study
from tests.study.test_desk import PASSWORD, SURE, client_of, state, text

pytestmark = pytest.mark.django_db

#: Addresses of one study by the right that opens them; each is asked with the method that it takes.
WATCH = ["study", "plan", "plan_file", "log"]
READ = ["report"]
RUN = ["members"]
RUN_BY_POST = ["open", "close", "open_seal", "check_blinding", "discard", "amend", "make_report", "remove_member"]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    owner = User.objects.create_user("ada", password=PASSWORD)
    study = make_study(tmp_path, owner=owner)
    for name, role in (("ida", "assistant"), ("udo", "auditor")):
        User.objects.create_user(name, password=PASSWORD)
        services.add_member(study, username=name, role=role, actor="researcher:ada")
    return study


def unsealed(study: Study) -> Study:
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    return study


def answer_to(client: Client, name: str) -> int:
    address = reverse(f"desk:{name}", args=["small", "ida"] if name == "remove_member" else ["small"])
    return (client.post(address, {"password": PASSWORD}) if name in RUN_BY_POST else client.get(address)).status_code


def test_an_assistant_watches_and_does_nothing_that_is_the_owners(study: Study) -> None:
    ida = client_of("ida")
    assert {answer_to(ida, name) for name in WATCH} == {200}
    assert {answer_to(ida, name) for name in [*READ, *RUN, *RUN_BY_POST]} == {403}
    assert ida.post(reverse("desk:download", args=["small"])).status_code == 403
    assert state(study) == "open"
    assert study.members.count() == 2
    page = text(ida.get(reverse("desk:study", args=["small"])))
    assert "Close study" not in page
    assert "Team" not in page


def test_whether_there_is_a_study_costs_a_stranger_no_plan(study: Study) -> None:
    """A plan is long: the time to read it would reveal that the study exists."""
    with CaptureQueriesContext(connection) as queries:
        assert answer_to(client_of("stranger"), "study") == 404
    asked = [query["sql"] for query in queries if '"study_study"' in query["sql"]]
    assert asked
    assert not any('"plan"' in sql or '"file"' in sql for sql in asked)


def test_an_assistant_never_opens_the_seal_even_of_a_closed_study(study: Study) -> None:
    services.close_study(study, actor="test")
    ida = client_of("ida")
    assert answer_to(ida, "open_seal") == 403
    assert state(study) == "closed"
    assert 'name="password"' not in text(ida.get(reverse("desk:study", args=["small"])))


def test_an_assistant_invites_and_withdraws_experts(study: Study) -> None:
    make_expert(study, "w07")
    assert client_of("ida").post(reverse("desk:withdraw", args=["small", "w07"]), SURE).status_code == 302
    assert Event.objects.get(kind="withdrawn").actor == "researcher:ida"


def test_an_auditor_has_no_study_before_the_seal_is_open_and_reads_it_after(study: Study) -> None:
    udo = client_of("udo")
    assert {answer_to(udo, name) for name in [*WATCH, *READ, *RUN, *RUN_BY_POST]} == {404}
    assert "small" not in text(udo.get(reverse("desk:studies")))
    unsealed(study)
    assert {answer_to(udo, name) for name in [*WATCH, *READ]} == {200}
    assert {answer_to(udo, name) for name in [*RUN, *RUN_BY_POST]} == {403}
    assert "small" in text(udo.get(reverse("desk:studies")))
    assert udo.post(reverse("desk:withdraw", args=["small", "w07"])).status_code == 403


@pytest.mark.parametrize("name", [*WATCH, *READ, *RUN, *RUN_BY_POST])
def test_to_a_stranger_no_address_of_a_study_is_there(study: Study, name: str) -> None:
    assert answer_to(client_of("eve"), name) == 404
    assert answer_to(Client(), name) == 302


def test_no_address_of_the_desk_is_open_to_whoever_is_not_logged_in(study: Study) -> None:
    """Every one of them, also those that come later."""
    given: dict[str, object] = {
        "slug": "small",
        "code": "w07",
        "username": "ida",
        "token": "x",
        "name": "daur",
        "number": 1,
        "pk": 1,
    }
    for pattern in urls.urlpatterns:
        if pattern.name in {"login", "logout"}:
            continue
        wanted = {key: given.get(key, 1) for key in pattern.pattern.converters}
        address = reverse(f"desk:{pattern.name}", kwargs=wanted)
        for response in (Client().get(address), Client().post(address)):
            assert response.status_code in {302, 405}, address
            assert response.status_code == 405 or response.headers["Location"].startswith(reverse("desk:login"))


def test_the_owner_gives_and_takes_roles_and_the_log_has_it(study: Study) -> None:
    ada = client_of("ada")
    User.objects.create_user("bea")
    address = reverse("desk:members", args=["small"])
    ada.post(address, {"username": "bea", "role": "assistant"})
    ada.post(address, {"username": "bea", "role": "auditor"})
    assert study.members.get(user__username="bea").role == "auditor"
    assert "bea" in text(ada.get(address))
    ada.post(reverse("desk:remove_member", args=["small", "bea"]))
    assert not study.members.filter(user__username="bea").exists()
    kept = Event.objects.filter(detail__member="bea").order_by("number").values_list("kind", "actor")
    assert list(kept) == [("member added", "researcher:ada")] * 2 + [("member removed", "researcher:ada")]


@pytest.mark.parametrize(
    ("username", "role", "said"),
    [
        ("nobody", "assistant", "No user is named nobody"),
        ("ada", "auditor", "already has all permissions"),
        ("ida", "king", "Choose a role"),
    ],
)
def test_a_role_that_cannot_be_given_is_refused_in_words(study: Study, username: str, role: str, said: str) -> None:
    sent = {"username": username, "role": role}
    page = text(client_of("ada").post(reverse("desk:members", args=["small"]), sent, follow=True))
    assert said in page
    assert study.members.count() == 2


def test_whoever_is_removed_has_no_study_any_more(study: Study) -> None:
    ida = client_of("ida")
    services.remove_member(study, username="ida", actor="test")
    assert answer_to(ida, "study") == 404


@pytest.mark.parametrize(
    ("new", "said"), [("short", "too short"), ("password1234", "too common"), ("8461937205", "entirely numeric")]
)
def test_a_new_password_must_pass_djangos_checks(study: Study, new: str, said: str) -> None:
    sent = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert said in text(client_of("ada").post(reverse("desk:password"), sent))
    assert User.objects.get(username="ada").check_password(PASSWORD)


def test_a_good_new_password_is_taken_and_the_session_goes_on(study: Study) -> None:
    sent = {"old_password": PASSWORD, "new_password1": "a quite other one", "new_password2": "a quite other one"}
    ada = client_of("ada")
    ada.post(reverse("desk:password"), sent)
    assert User.objects.get(username="ada").check_password("a quite other one")
    assert ada.get(reverse("desk:studies")).status_code == 200


def test_whoever_guesses_the_old_password_is_locked_out_as_at_the_login(study: Study) -> None:
    ada, new = client_of("ada"), "a quite other one"
    for number in range(settings.AXES_FAILURE_LIMIT):
        sent = {"old_password": f"guess {number}", "new_password1": new, "new_password2": new}
        answer = ada.post(reverse("desk:password"), sent)
    assert answer.status_code == 429
    assert ada.post(reverse("desk:password"), {**sent, "old_password": PASSWORD}).status_code == 429
    assert User.objects.get(username="ada").check_password(PASSWORD)


def test_staff_who_are_no_superusers_are_kept_out_of_the_admin() -> None:
    user = User.objects.create_user("eve", password=PASSWORD, is_staff=True)
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.get(reverse("admin:auth_user_add")).status_code == 302
    assert client_of("root", superuser=True).get(reverse("admin:auth_user_add")).status_code == 200
