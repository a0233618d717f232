from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from formats.errors import InputError
from study import services
from study.models import Study
from study.services.demo_access import invite_guest, researcher_password
from tests.factories import make_study

pytestmark = pytest.mark.django_db


def accept(secret: str) -> str:
    return services.accept_invitation(services.find_invitation(secret)).expert.code


def test_a_guest_who_has_not_come_gets_the_next_link_and_then_a_new_one_is_made(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=2)
    first, second = invite_guest(study, "en"), invite_guest(study, "en")
    assert first != second
    assert accept(second) == "guest-1"
    assert accept(invite_guest(study, "en")) == "guest-2"


def test_when_all_slots_are_taken_a_guest_under_way_is_let_in_again(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=2)
    assert [accept(invite_guest(study, "en")) for _ in range(3)] == ["guest-1", "guest-2", "guest-1"]


def test_when_everybody_is_done_the_way_to_start_afresh_is_told(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=2)
    for _ in range(2):
        accept(invite_guest(study, "en"))
    study.experts.update(submitted_at=study.created_at)
    with pytest.raises(InputError, match="make a new study"):
        invite_guest(study, "en")


def test_the_researcher_owns_the_study_and_can_log_in_with_the_newest_password(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    old, new = researcher_password(study), researcher_password(study)
    request = RequestFactory().post("/desk/login/")
    assert authenticate(request, username="researcher", password=old) is None
    user = authenticate(request, username="researcher", password=new)
    assert user is not None
    assert not user.is_staff
    assert Study.objects.get().owner == user


def test_a_study_of_somebody_else_stays_theirs(tmp_path: Path) -> None:
    study = make_study(tmp_path, owner=User.objects.create_user("alice"))
    assert researcher_password(study) is None
    assert not User.objects.filter(username="researcher").exists()


def test_the_command_prints_a_link_for_each_language_and_the_login(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = make_study(tmp_path)
    call_command("demo_login", study.slug, site="http://127.0.0.1:9")
    printed = capsys.readouterr().out
    links = re.findall(r"http://127\.0\.0\.1:9/i/(\S+)/", printed)
    assert [accept(link) for link in links] == [f"guest-{n}" for n in range(1, len(study.file.languages) + 1)]
    assert "researcher /" in printed


def test_the_command_names_an_unknown_study() -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("demo_login", "nowhere")
