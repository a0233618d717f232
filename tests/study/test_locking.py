"""Every act locks the study's row before it writes or locks anything else, so that no two wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, connections, transaction

from formats.errors import InputError
from study import clock, services
from study.models import Expert, Invitation, Member, Study
from study.services.invitations import Invitee, issue
from tests.factories import begin, make_expert, make_study, rate_all
from tests.study.meanwhile import meanwhile
from tests.study.test_save_races import locked_for_others

pytestmark = pytest.mark.django_db(transaction=True)
#: How a statement that writes or locks begins, whatever it is about.
FIRST = ("INSERT", "UPDATE", "DELETE")

Act = Callable[[Study, Expert], object]
ACTS: dict[str, Act] = {
    "invite": lambda study, _: services.invite(study, [Invitee("e02", "all", "en")], actor="test"),
    "invite again": lambda study, _: services.invite(study, [Invitee("e01", "all", "zh-hans", "Name")], actor="test"),
    "issue": lambda study, _: issue(study, Invitee("e01", "all", "zh-hans"), "test", None),
    "replace": lambda _, expert: services.replace(expert, Invitee("e03", "all", "en"), actor="test"),
    "revoke": lambda _, expert: services.revoke_link(expert, actor="test"),
    "end link": lambda _, expert: services.end_link_at(expert, clock.now() + timedelta(days=1), actor="test"),
    "accept": lambda _, expert: services.accept_invitation(Invitation.objects.get(expert=expert)),
    "consent": lambda _, expert: services.give_consent(expert, version="1", language="zh-hans"),
    "background": lambda _, expert: services.save_background(expert, answers={"device": "speakers"}),
    "sound": lambda _, expert: services.save_sound_check(expert.devices.get(), level=10, answers=[]),
    "submit": lambda _, expert: services.submit(expert),
    "withdraw": lambda _, expert: services.withdraw(expert, actor="test"),
    "erase": lambda _, expert: services.erase(expert, actor="test"),
    "add member": lambda study, _: services.add_member(study, username="bea", role="assistant", actor="test"),
    "change member": lambda study, _: services.add_member(study, username="cho", role="auditor", actor="test"),
    "remove member": lambda study, _: services.remove_member(study, username="cho", actor="test"),
    "preview": lambda study, _: services.open_preview(study, actor="test", language="en"),
    "close": lambda study, _: services.close_study(study, actor="test"),
}


@pytest.fixture
def expert(tmp_path: Path) -> Expert:
    """Everything is rated; Cho is the study's assistant and Bea could be."""
    expert = make_expert(make_study(tmp_path, slots=3))
    begin(expert)
    rate_all(expert)
    cho = User.objects.create_user("cho")
    User.objects.create_user("bea")
    Member.objects.create(study=expert.study, user=cho, role="assistant", added_at=clock.now())
    return expert


@pytest.mark.parametrize("act", list(ACTS))
def test_act_locks_the_study_before_it_writes(expert: Expert, act: str) -> None:
    seen: list[bool] = []
    with meanwhile(lambda: seen.append(locked_for_others("UPDATE")), at=FIRST):
        ACTS[act](expert.study, expert)
    assert seen == [True]


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="on SQLite only one transaction writes at a time")
@pytest.mark.parametrize("pair", [("replace", "issue"), ("issue", "replace"), ("add member", "change member")])
def test_two_acts_at_once_wait_and_do_not_deadlock(expert: Expert, pair: tuple[str, str]) -> None:
    """The first is about to write when the second begins in another connection."""
    failed: list[Exception] = []

    def other() -> None:
        try:
            ACTS[pair[1]](Study.objects.get(pk=expert.study_id), Expert.objects.get(pk=expert.pk))
        except OperationalError as error:
            failed.append(error)
        finally:
            connections.close_all()

    second = threading.Thread(target=other)

    def begin_second() -> None:
        second.start()
        second.join(timeout=1)
        assert second.is_alive(), "it waits for the first"

    with meanwhile(begin_second, at=FIRST):
        ACTS[pair[0]](expert.study, expert)
    second.join(timeout=30)
    assert not second.is_alive()
    assert failed == []


def test_replacement_that_waits_while_the_study_closes_is_refused(expert: Expert) -> None:
    stale = Expert.objects.select_related("study", "slot").get(pk=expert.pk)
    services.close_study(expert.study, actor="test")
    before: Any = list(Expert.objects.values_list("code", flat=True))
    with pytest.raises(InputError), transaction.atomic():
        services.replace(stale, Invitee("e03", "all", "en"), actor="test")
    assert list(Expert.objects.values_list("code", flat=True)) == before
    assert connection.in_atomic_block is False
