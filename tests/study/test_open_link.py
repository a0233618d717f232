"""The open link: slots for those who come, never more than there are, and one's own again on coming back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client

from formats.errors import InputError
from formats.study_file import parse
from study import clock, queries, services
from study.errors import Refused
from study.models import Arrival, Expert, Study
from study.services import open_link
from study.services.erasure import digest
from study.services.invitations import Invitee
from tests.factories import begin, hear, make_study, rate_all, study_toml, trials_of
from tests.study.test_desk import client_of

pytestmark = pytest.mark.django_db

#: Connections that a server of PostgreSQL has for all.
AT_ONCE = 50
SECTION = (
    '[open_link]\nidentifier = "PROLIFIC_PID"\nhours = 5\ncompletion_code = "C0DE"\n'
    'completion_url = "https://app.example/done?cc=C0DE&pid={identifier}"\n'
    'screened_out_code = "FULL"\nscreened_out_url = "https://app.example/full/{identifier}"\n'
)
JOIN = "/join/small/?PROLIFIC_PID="


def with_link(folder: Path, section: str = SECTION, *, is_open: bool = True, slots: int = 2) -> Study:
    text = study_toml(practice=0, slots=slots, groups=("a", "b")) + section
    study = make_study(folder, text=text)
    if is_open:
        services.set_open_link(study, is_open=True, actor="test")
    return study


@pytest.fixture
def study(tmp_path: Path, in_english: None) -> Study:
    return with_link(tmp_path)


def come(study: Study, identifier: str, group: str = "") -> Expert:
    return services.arrive(study, identifier=identifier, group=group, language="en").expert


def later(**by: float) -> AbstractContextManager[None]:
    at = clock.now() + timedelta(**by)
    return clock.use(lambda: at)


def refusal_of(study: Study, identifier: str, group: str = "") -> str:
    with pytest.raises(Refused) as refused:
        come(study, identifier, group)
    return refused.value.code


def test_those_who_come_get_a_slot_and_find_it_again(study: Study, client: Client) -> None:
    assert client.get(f"{JOIN}one").status_code == 200
    assert not Expert.objects.exists()
    assert client.post(f"{JOIN}one")["Location"] == "/room/"
    assert client.get("/room/")["Location"] == "/room/consent/"
    expert = Expert.objects.get()
    assert (expert.code, expert.slot_id is not None, expert.arrival.identifier) == ("p001", True, "one")
    assert Client().post(f"{JOIN}one").status_code == 302
    assert (Expert.objects.count(), expert.devices.count()) == (1, 2)
    Client().post(f"{JOIN}two&group=b")
    assert study.experts.get(code="p002").group == "b"
    actors = study.events.filter(kind="invited").values_list("actor", "detail__expert")
    assert list(actors) == [("open link", "p001"), ("open link", "p002")]
    assert "one" not in str(list(study.events.values_list("detail", "actor")))


def test_code_of_a_newcomer_is_like_no_other(study: Study) -> None:
    services.invite(study, [Invitee("P1", "a", "en")], actor="test")
    assert [come(study, name).code for name in ("one", "two")] == ["p002", "p003"]


def test_who_may_not_come_reads_why(study: Study, client: Client) -> None:
    incomplete = client.post("/join/small/")
    assert (incomplete.status_code, "PROLIFIC_PID" in incomplete.text) == (400, True)
    assert client.post(f"{JOIN}x&group=c").status_code == 404
    assert client.get("/join/other/").status_code == 404
    mine = come(study, "one")
    services.set_open_link(study, is_open=False, actor="test")
    assert refusal_of(study, "two") == "open-link"
    assert come(study, "one") == mine
    services.withdraw(mine, actor="test")
    assert refusal_of(study, "one") == "withdrawn"
    services.close_study(study, actor="test")
    assert client.get(f"{JOIN}one").status_code == 410


def test_no_group_is_over_its_slots(study: Study) -> None:
    services.invite(study, [Invitee("e1", "a", "en")], actor="test")  # whose slot is kept
    groups = [come(study, f"n{number}").group for number in range(3)]
    assert sorted(groups) == ["a", "b", "b"]
    assert refusal_of(study, "n4") == "full"
    assert refusal_of(study, "n4", "a") == "full"


def test_slot_of_one_who_stopped_is_given_again_whole(study: Study) -> None:
    first, second = come(study, "one", "a"), come(study, "two", "a")
    begin(first)
    hear(first, trials_of(first)[0])
    begin(second)
    rate_all(second)
    slots = {first.slot_id, second.slot_id}
    assert refusal_of(study, "three", "a") == "full"
    with later(hours=5, minutes=1):
        third = come(study, "three", "a")
        assert refusal_of(study, "four", "a") == "full"  # the second has only to submit
        assert refusal_of(study, "one") == "replaced"
    first.refresh_from_db()
    assert (first.slot_id, first.replaced_by, third.slot_id in slots) == (None, third, True)
    assert study.events.filter(kind="replaced").get().actor == "open link"


def test_network_brings_as_many_as_a_class(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_link, "MAX_PER_HOUR", 2)
    clients = [Client(REMOTE_ADDR=address) for address in ("10.0.0.1", "10.0.0.2")]
    statuses = [clients[0].post(f"{JOIN}n{number}").status_code for number in (1, 2, 3, 1)]
    assert statuses == [302, 302, 429, 302]
    assert clients[1].post(f"{JOIN}n3").status_code == 302
    assert "10.0.0" not in str(list(Arrival.objects.values_list("client", flat=True)))
    with later(minutes=61):
        assert clients[0].post(f"{JOIN}n4").status_code == 302
    assert Arrival.objects.exclude(client="").count() == 1


def test_last_page_has_the_code_and_the_way_back(study: Study, client: Client) -> None:
    client.post(f"{JOIN}one%26cc%3DX")
    expert = Expert.objects.get()
    begin(expert)
    assert "C0DE" not in client.get("/room/thanks/", follow=True).text
    rate_all(expert)
    services.submit(expert)
    shown = client.get("/room/thanks/").text
    assert 'href="https://app.example/done?cc=C0DE&amp;pid=one%26cc%3DX"' in shown
    assert ">C0DE<" in shown


def test_who_gets_no_slot_gets_a_code_and_a_way_back(study: Study) -> None:
    for number in range(4):
        come(study, f"n{number}")
    full = Client().post(f"{JOIN}m/9").text
    assert (">FULL<" in full, 'href="https://app.example/full/m%2F9"' in full) == (True, True)
    services.close_study(study, actor="test")
    closed = {name: Client().get(f"{JOIN}{name}") for name in ("n1", "m")}
    assert {name: (page.status_code, "FULL" in page.text) for name, page in closed.items()} == {
        "n1": (410, False),  # who has a session gets no code for those who have none
        "m": (410, True),
    }


def test_link_without_identifier_knows_the_browser(tmp_path: Path, in_english: None, client: Client) -> None:
    with_link(tmp_path, "[open_link]\nhours = 5\n")
    for _ in range(2):
        assert client.post("/join/small/")["Location"] == "/room/"
    assert client.get("/join/small/")["Location"] == "/room/"
    Client().post("/join/small/")
    assert Expert.objects.count() == 2


def test_erasure_deletes_the_identifier(study: Study) -> None:
    expert = come(study, "one")
    receipt = services.erase(expert, actor="test")
    assert Arrival.objects.get().identifier is None
    digests = study.events.get(kind="erased").detail["digests"]
    assert digest(receipt, {"identifier": "one"}) in digests
    assert come(study, "one") != expert


def test_desk_opens_and_closes_the_link(study: Study) -> None:
    ada, address = client_of("ada"), "/desk/studies/small/open-link/"
    Study.objects.update(owner=User.objects.get(username="ada"))
    come(study, "one", "a")
    assert "http://testserver/join/small/?PROLIFIC_PID=" in ada.get(address).text
    for answer, is_open in (("no", False), ("no", False), ("yes", True)):
        ada.post(address, {"open": answer})
        study.refresh_from_db()
        assert (study.link_opened_at is not None) == is_open
    kinds = [kind for kind in study.events.values_list("kind", flat=True) if "open link" in kind]
    assert kinds == ["open link opened", "open link closed", "open link opened"]


def test_copies_have_no_open_link(study: Study) -> None:
    call_command("simulate_ratings", "small", seed=1)
    copy = Study.objects.get(simulated=True)
    assert Client().post("/join/small-simulated/?PROLIFIC_PID=x").status_code == 404
    with pytest.raises(Refused):
        services.set_open_link(copy, is_open=True, actor="test")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('[open_link]\nidentifier = "a b"', "open_link.identifier: 'a b' is not valid."),
        ("[open_link]\nhours = 0", "open_link.hours: 0 is not valid."),
        ('[open_link]\ncompletion_url = "http://x"', "open_link.completion_url: Write an address"),
        (
            '[open_link]\ncompletion_url = "https://{identifier}.x/"',
            "open_link.completion_url: Write an address",
        ),
        (
            '[open_link]\nidentifier = "ID"\ncompletion_url = "https://x/{ID}"',
            'open_link.completion_url: The address contains {ID}. Write "{identifier}"',
        ),
        (
            '[open_link]\nscreened_out_url = "https://x/{identifier}"',
            'open_link.screened_out_url: The address contains "{identifier}", but "identifier" is missing.',
        ),
        ('[open_link]\nurl = "x"', "open_link.url: There is no such key."),
    ],
)
def test_fault_in_the_section_is_named(section: str, said: str, in_english: None) -> None:
    with pytest.raises(InputError) as refused:
        parse(f"{study_toml()}{section}\n")
    assert said in str(refused.value)


@pytest.mark.django_db(transaction=True)
def test_two_hundred_come_at_once(tmp_path: Path) -> None:
    study = with_link(tmp_path, slots=20)
    together = threading.Barrier(AT_ONCE)

    def arrive(number: int) -> str:
        together.wait()
        while True:
            try:
                return come(study, f"n{number // 2}").group  # each of a hundred twice
            except OperationalError:  # SQLite kept it waiting too long: pressed once more
                continue
            except Refused as refused:
                return refused.code
            finally:
                connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(arrive, range(200)))
    taken = study.experts.exclude(slot=None)
    assert [taken.filter(group=group).count() for group in ("a", "b")] == [20, 20]
    assert taken.values("slot").distinct().count() == taken.values("arrival__identifier").distinct().count() == 40
    assert (answers.count("full"), study.experts.count()) == (120, 40)
    assert services.broken_event(study) is None
    assert queries.last_seen(study).keys() == set(taken.values_list("pk", flat=True))
