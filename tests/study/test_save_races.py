"""A save that waits while the room ends: it comes before the end, or is judged by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from study import clock, queries, services
from study.errors import Refused
from study.models import Device, Expert, Invitation, Remark, SoundCheck
from study.services.invitations import Invitee
from study.services.saving.context import SaveContext
from tests.factories import begin, context_of, hear, make_expert, make_study, rate_all, reach, trials_of
from tests.study.meanwhile import meanwhile
from tests.study.test_saving import answer, refused, remark, report

Act = Callable[[Expert], object]


def unseal(expert: Expert) -> None:
    services.close_study(expert.study, actor="test")
    services.open_seal(expert.study, actor="test")


ACTS: dict[str, Act] = {
    "close": lambda expert: services.close_study(expert.study, actor="test"),
    "unseal": unseal,
    "submit": services.submit,
    "withdraw": lambda expert: services.withdraw(expert, actor="test"),
    "erase": lambda expert: services.erase(expert, actor="test"),
    "replace": lambda expert: services.replace(expert, Invitee("e02", "all", "en"), actor="test"),
    "revoke": lambda expert: services.revoke_link(expert, actor="test"),
}
REFUSED = {
    **{"unseal": "410 unsealed", "withdraw": "403 withdrawn", "erase": "403 withdrawn"},
    **{"replace": "403 link", "revoke": "403 link"},
}


def here(expert: Expert) -> SaveContext:
    return context_of(expert, trials_of(expert)[1])


def during(expert: Expert, ending: str) -> Any:
    """Lets something end while a save waits; the act reads the expert for itself."""
    return meanwhile(lambda: ACTS[ending](Expert.objects.select_related("study", "slot").get(pk=expert.pk)))


@pytest.mark.parametrize("ending", list(REFUSED))
@pytest.mark.parametrize("save", [answer, remark, report])
def test_save_that_waits_while_the_room_ends_is_refused(expert: Expert, save: Callable[..., Any], ending: str) -> None:
    at = here(expert)
    with during(expert, ending):
        assert refused(save, at, given_at=clock.now()) == REFUSED[ending]
    assert not Remark.objects.exclude(comment="").exists()


@pytest.mark.parametrize("ending", ["close", "submit"])
def test_save_that_waits_while_the_study_closes_is_late(expert: Expert, ending: str) -> None:
    rate_all(expert)
    at, before = here(expert), clock.now()
    with during(expert, ending):
        assert answer(at, revision=2).late
    assert remark(at, given_at=before).late
    logged = expert.study.events.filter(kind="late answer kept").order_by("number")
    assert [event.detail["what"] for event in logged] == ["rating", "remark"]
    assert services.broken_event(expert.study) is None


@pytest.mark.parametrize("ending", ["withdraw", "erase", "replace"])
@pytest.mark.parametrize("form", ["consent", "background", "sound", "submit", "accept"])
def test_form_that_waits_while_its_expert_leaves_is_refused(expert: Expert, form: str, ending: str) -> None:
    rate_all(expert)
    device, link = expert.devices.get(), Invitation.objects.select_related("expert__study").get()
    forms: dict[str, Callable[[], object]] = {
        "consent": lambda: services.give_consent(expert, version="1", language="zh-hans"),
        "background": lambda: services.save_background(expert, answers={"device": "speakers", "years": "30"}),
        "sound": lambda: services.save_sound_check(device, level=10, answers=[]),
        "submit": lambda: services.submit(expert),
        "accept": lambda: services.accept_invitation(link),
    }
    with during(expert, ending), pytest.raises(Refused):
        forms[form]()
    assert expert.consents.count() == expert.backgrounds.count() == SoundCheck.objects.count() == 1
    assert Device.objects.count() == 1
    assert not expert.backgrounds.filter(answers__years="30").exists()
    left = Expert.objects.get(pk=expert.pk)
    assert (left.submitted_at, left.slot) == (None, None)


def test_link_accepted_while_the_study_closes_is_refused(expert: Expert) -> None:
    link = Invitation.objects.select_related("expert__study").get()
    with during(expert, "close"), pytest.raises(Refused) as found:
        services.accept_invitation(link)
    assert (found.value.code, Device.objects.count()) == ("closed", 1)


def locked_for_others(wish: str) -> bool:
    """Whether another connection would have to wait for the study's row (in SQLite, for the right to write)."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            if other.vendor == "sqlite":
                cursor.execute("PRAGMA busy_timeout = 0")
                cursor.execute("BEGIN IMMEDIATE")
            else:
                cursor.execute(f"SELECT 1 FROM study_study FOR {wish} NOWAIT")
    except OperationalError:
        return True
    finally:
        other.close()
    return False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("save", [answer, remark, report])
def test_nobody_ends_the_room_between_last_look_and_insert(tmp_path: Path, save: Callable[..., Any]) -> None:
    """On PostgreSQL saves share the lock; SQLite's one writer keeps everyone out."""
    expert = make_expert(make_study(tmp_path))
    begin(expert)
    hear(expert, reach(expert, trials_of(expert)[1]))
    at, seen = here(expert), list[bool]()
    look = lambda: seen.extend(map(locked_for_others, ("UPDATE", "SHARE")))  # noqa: E731
    with meanwhile(look, at=('INSERT INTO "study_',)), CaptureQueriesContext(connection) as asked:
        save(at, given_at=clock.now())
    assert seen == [True, connection.vendor == "sqlite"]
    assert not locked_for_others("UPDATE")
    texts = [query["sql"] for query in asked]
    begun, looked, written = (
        next(number for number, text in enumerate(texts) if text.startswith(start) and part in text)
        for start, part in (("BEGIN", ""), ("SELECT", "study_device AS"), ("INSERT", "study_"))
    )
    assert begun < looked < written
    assert "IMMEDIATE" in texts[begun] or connection.vendor != "sqlite"
    assert queries.current_trial(expert) is not None
