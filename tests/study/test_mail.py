"""E-mail to experts against real mail servers: what is sent, to whom, and what is written down of each answer."""

from __future__ import annotations

import email
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from study import clock, services
from study.mail import outbox, sending
from study.models import Device, Event, Expert, ExpertAddress, Invitation, Mail, Study
from study.services.erasure import digest
from study.services.invitations import Invitee
from tests.factories import begin, hear, make_study, rate, rate_all, study_toml, trials_of
from tests.study.test_desk import client_of, text
from tests.study.test_erasure import everything

pytestmark = pytest.mark.django_db
SITE = "https://study.example.org"
WORDING = outbox.Wording("ada@lab.example.org")


class Server:
    """A mail server that keeps what it took, and answers to a recipient as the test says."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.recipients: list[str] = []
        self.answer: Callable[[str], str] = lambda address: "250 OK"
        self.drops = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.drops:
            assert server.transport is not None
            server.transport.close()
            return "250 OK"
        assert isinstance(envelope.content, bytes)
        self.taken.append(email.message_from_bytes(envelope.content, policy=default))
        self.recipients += envelope.rcpt_tos
        return "250 OK"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def listening(server: Server, port: int) -> Iterator[None]:
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def port(settings: Settings) -> int:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.MAIL_FROM = "studies@example.org"
    return int(settings.EMAIL_PORT)


@pytest.fixture
def server(port: int) -> Iterator[Server]:
    made = Server()
    with listening(made, port):
        yield made


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, slots=5)


def invite(study: Study, *codes: str, language: str = "en") -> None:
    people = [Invitee(code, "all", language, "", f"{code}@example.org") for code in codes]
    outbox.invite_by_mail(study, people, WORDING, actor="researcher:ada")


def send(most: int = 200) -> list[tuple[str, str]]:
    return [(outcome.mail.expert.code, outcome.state) for outcome in sending.send_due(SITE, most)]


def body_of(message: Message) -> str:
    return str(message.get_content())  # type: ignore[attr-defined]


def link_in(message: Message) -> str:
    [line] = [line for line in body_of(message).splitlines() if line.startswith(SITE)]
    return line.removeprefix(SITE)


def later(**by: float) -> Any:
    moment = clock.now() + timedelta(**by)
    return clock.use(lambda: moment)


def test_an_invitation_has_one_recipient_a_link_that_works_and_honest_headers(server: Server, study: Study) -> None:
    invite(study, "e1", "e2")
    assert not Invitation.objects.exists()
    assert send() == [("e1", "accepted"), ("e2", "accepted")]
    assert server.recipients == ["e1@example.org", "e2@example.org"]
    first, second = server.taken
    assert str(first["Subject"]) == "Invitation: A small study"
    assert str(first["From"]) == "A small study <studies@example.org>"
    assert str(first["Reply-To"]) == "ada@lab.example.org"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == f"<{Mail.objects.get(expert__code='e1').token}@example.org>"
    assert first["Date"]
    assert link_in(first) != link_in(second)
    client = Client()
    assert client.get(link_in(first)).status_code == 200
    assert client.post(link_in(first)).status_code == 302
    assert Device.objects.get().expert.code == "e1"
    mail = Mail.objects.get(expert__code="e1")
    assert (mail.state, mail.host, mail.attempts) == ("accepted", "127.0.0.1", 1)
    assert send() == []
    assert "example.org" not in str(list(Event.objects.values_list("detail", flat=True)))


def test_a_message_is_in_the_language_of_its_expert(server: Server, study: Study) -> None:
    invite(study, "e1", language="zh-hans")
    send()
    [message] = server.taken
    assert str(message["Subject"]).endswith("A small study（中）")
    assert "您的个人链接" in body_of(message)


def test_a_message_is_in_the_studys_time_zone(server: Server, tmp_path: Path) -> None:
    invite(make_study(tmp_path, text=f'time_zone = "Asia/Shanghai"\n{study_toml()}'), "e1")
    send()
    assert re.search(r"until \d{4}-\d\d-\d\d \d\d:\d\d \(Asia/Shanghai\)\.", body_of(server.taken[0]))


def test_a_final_refusal_is_written_down_without_the_address_and_stops_nobody_else(
    server: Server, study: Study
) -> None:
    server.answer = lambda address: f"550 <{address}> unknown" if address.startswith("e2") else "250 OK"
    invite(study, "e1", "e2", "e3")
    assert send() == [("e1", "accepted"), ("e2", "refused"), ("e3", "accepted")]
    mail = Mail.objects.get(expert__code="e2")
    assert (mail.state, mail.answer) == ("refused", "550 <(address)> unknown")
    assert not Invitation.objects.filter(expert__code="e2").exists()
    with later(days=30):
        assert send() == []


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("Wei@Example.org", "550 5.1.1 <wei@example.org>: unknown user"),
        ("wei@müller.example", "550 5.1.1 <{}>: unknown user"),
        ("wei@example.org", "550 5.1.1 wei@mx.example.org, sent to <wei@example.org>: unknown user"),
    ],
)
def test_refusal_with_another_spelling_of_address_keeps_none(
    server: Server, study: Study, address: str, answer: str
) -> None:
    server.answer = answer.format
    people = [Invitee("e1", "all", "en", "", address)]
    outbox.invite_by_mail(study, people, WORDING, actor="researcher:ada")
    assert send() == [("e1", "refused")]
    kept = Mail.objects.get().answer
    assert kept.startswith("550 5.1.1 ")
    assert kept.endswith(": unknown user")
    assert "wei" not in kept.lower()


def test_a_passing_refusal_is_tried_again_at_growing_intervals_and_then_taken(server: Server, study: Study) -> None:
    server.answer = lambda address: "450 try later"
    invite(study, "e1")
    assert send() == [("e1", "later")]
    assert send() == []
    with later(minutes=16):
        assert send() == [("e1", "later")]
        mail = Mail.objects.get()
        assert (mail.attempts, mail.answer) == (2, "450 try later")
    server.answer = lambda address: "250 OK"
    with later(hours=2):
        assert send() == [("e1", "accepted")]
    assert len(server.taken) == 1


def test_a_server_that_never_takes_it_is_given_up_after_five_attempts(server: Server, study: Study) -> None:
    server.answer = lambda address: "450 try later"
    invite(study, "e1")
    states = []
    for day in range(8):
        with later(days=2 * day):
            states += send()
    assert [state for _code, state in states] == ["later"] * 4 + ["refused"]


def test_a_line_that_drops_in_the_middle_costs_one_message_a_second_attempt(server: Server, study: Study) -> None:
    invite(study, "e1", "e2", "e3")
    outcomes = sending.send_due(SITE, 200)
    assert next(outcomes).state == "accepted"
    server.drops = True
    assert next(outcomes).state == "later"
    server.drops = False
    assert next(outcomes).state == "accepted"  # over a new line
    with later(minutes=16):
        assert send() == [("e2", "accepted")]
    assert Invitation.objects.filter(expert__code="e2").count() == 2  # the first message may have come after all
    assert {str(message["Message-ID"]).partition("@")[0][1:] for message in server.taken} == set(
        Mail.objects.values_list("token", flat=True)
    )


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_the_timeout(
    port: int, study: Study, settings: Settings
) -> None:
    assert settings.EMAIL_TIMEOUT == 10
    settings.EMAIL_TIMEOUT = 1
    invite(study, "e1")
    with socket.create_server(("127.0.0.1", port)):
        assert send() == [("e1", "later")]
    assert Mail.objects.get().answer


def test_a_server_that_is_down_is_tried_again(port: int, study: Study) -> None:
    invite(study, "e1")
    assert send() == [("e1", "later")]
    assert "refused" in Mail.objects.get().answer
    server = Server()
    with listening(server, port), later(minutes=16):
        assert send() == [("e1", "accepted")]


def test_a_message_in_one_process_hand_is_not_taken_by_another(server: Server, study: Study) -> None:
    invite(study, "e1", "e2")
    first = sending.take_due()
    assert first is not None
    assert send() == [("e2", "accepted")]
    assert send() == []
    with later(minutes=6):  # the process is gone
        assert send() == [("e1", "accepted")]


def test_a_link_in_a_reminder_leaves_the_one_in_the_first_message(server: Server, study: Study) -> None:
    invite(study, "e1")
    send()
    with later(days=4):
        assert [one.expert.code for one in outbox.to_remind(study)] == ["e1"]
        assert outbox.remind(study, ["e1"], WORDING, actor="test") == 1
        assert send() == [("e1", "accepted")]
        first, second = server.taken
        assert str(second["Subject"]) == "Reminder: A small study"
        assert "You have not started yet." in body_of(second)
        assert link_in(first) != link_in(second)
        for message in (first, second):
            assert Client().post(link_in(message)).status_code == 302


def test_reminders_go_to_those_alone_who_have_something_to_do(server: Server, study: Study) -> None:
    invite(study, "done", "busy", "gone", "stopped", "waits")
    send()
    for code in ("done", "busy"):
        [secret] = [link_in(message).split("/")[-2] for message in server.taken if code in str(message["To"])]
        begin(services.accept_invitation(services.find_invitation(secret)).expert)
    with later(days=4):
        done, busy = (Expert.objects.select_related("study", "slot").get(code=code) for code in ("done", "busy"))
        Device.objects.update(accepted_at=clock.now() - timedelta(hours=1))
        rate_all(done)
        services.submit(done)
        hear(busy, trials_of(busy)[0])
        rate(busy, trials_of(busy)[0], "valence")
        services.withdraw(study.experts.get(code="gone"), actor="test")
        outbox.stop_mail(study.experts.get(code="stopped"), actor="test")
        assert [one.expert.code for one in outbox.to_remind(study)] == ["waits"]
        assert outbox.remind(study, ["done", "busy", "gone", "stopped", "waits"], WORDING, actor="test") == 1
        assert outbox.to_remind(study) == []
        send()
    with later(days=6):
        assert [one.expert.code for one in outbox.to_remind(study)] == ["busy"]
    with later(days=8):
        assert [(one.expert.code, one.number) for one in outbox.to_remind(study)] == [("busy", 1), ("waits", 2)]
        outbox.remind(study, ["waits"], WORDING, actor="test")
        send()
    with later(days=20):
        assert [one.expert.code for one in outbox.to_remind(study)] == ["busy"]
        services.close_study(study, actor="test")
        assert outbox.to_remind(study) == []


def test_what_waits_is_cancelled_where_it_is_no_longer_wanted(server: Server, study: Study) -> None:
    invite(study, "gone", "stopped", "erased")
    services.withdraw(study.experts.get(code="gone"), actor="test")
    outbox.stop_mail(study.experts.get(code="stopped"), actor="test")
    services.erase(study.experts.get(code="erased"), actor="test")
    assert send() == []
    assert set(Mail.objects.values_list("state", flat=True)) == {"cancelled"}
    assert server.taken == []


def test_invitations_to_a_draft_wait_until_it_opens(server: Server, tmp_path: Path) -> None:
    study = make_study(tmp_path, draft=True)
    invite(study, "e1")
    assert send() == []
    services.record_blinding(study, actor="test", detail={})
    services.open_study(study, actor="test")
    assert send() == [("e1", "accepted")]


def test_erasure_leaves_no_address(server: Server, study: Study) -> None:
    server.answer = lambda address: f"550 no {address}"
    invite(study, "e1")
    send()
    assert "e1@example.org" in everything()
    services.erase(study.experts.get(code="e1"), actor="test")
    assert "e1@example.org" not in everything()
    assert len(Event.objects.get(kind="erased").detail["digests"]) == 1
    assert Mail.objects.get().answer == "550 no (address)"


def test_erasure_leaves_no_words_of_a_message(server: Server, study: Study) -> None:
    people = [Invitee("e1", "all", "en", "", "e1@example.org")]
    words = outbox.Wording("ada@lab.example.org", "Dear Odongua, would you take part?")
    outbox.invite_by_mail(study, people, words, actor="researcher:ada")
    send()
    assert "Odongua" in everything()
    receipt = services.erase(study.experts.get(code="e1"), actor="test")
    assert "Odongua" not in everything()
    assert digest(receipt, {"mail": words.note}) in Event.objects.get(kind="erased").detail["digests"]


def test_the_command_says_of_each_message_what_became_of_it(
    server: Server, study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer = lambda address: "550 no" if address.startswith("e2") else "250 OK"
    invite(study, "e1", "e2")
    call_command("send_mail", site=SITE, pause=0)
    assert capsys.readouterr().out == "e1: accepted by 127.0.0.1.\ne2: refused (550 no).\n"


def test_the_command_without_a_server_says_what_to_set(study: Study, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    with pytest.raises(CommandError, match="EMAIL_HOST"):
        call_command("send_mail", site=SITE)


def test_the_desk_puts_invitations_and_chosen_reminders_into_the_outbox(server: Server, tmp_path: Path) -> None:
    ada = client_of("ada")
    User.objects.filter(username="ada").update(email="ada@lab.example.org")
    study = make_study(tmp_path, owner=User.objects.get(username="ada"), slots=5)
    address = reverse("desk:invite", args=["small"])
    assert 'value="ada@lab.example.org"' in text(ada.get(address))
    table = "code,group,language,email\ne1,all,en,e1@example.org\ne2,all,en,"
    given = {
        "form": "table",
        "mail": "yes",
        "ends": "2099-01-01",
        "reply_to": "ada@lab.example.org",
        "note": "Dear all",
    }
    page = text(ada.post(address, {**given, "pasted": table}))
    assert "No e-mail address is given for e2." in page
    assert not Expert.objects.exists()
    assert "is not an e-mail address" in text(ada.post(address, {**given, "pasted": table + "nobody"}))
    page = text(ada.post(address, {**given, "pasted": table + "e2@example.org"}, follow=True))
    assert "2 invitations are in the outbox." in page
    assert server.taken == []  # no page sends
    send()
    assert "Dear all" in body_of(server.taken[0])
    page = text(ada.get(reverse("desk:mail", args=["small"])))
    assert "accepted by 127.0.0.1, <time" in page
    assert "deliver" not in page
    assert "Nobody needs a reminder now." in page
    with later(days=4):
        page = text(ada.get(reverse("desk:mail", args=["small"])))
        assert 'name="expert" value="e1"' in page
        asked = {"expert": ["e2"], "reply_to": "ada@lab.example.org", "note": ""}
        page = text(ada.post(reverse("desk:remind", args=["small"]), asked, follow=True))
        assert "1 reminder is in the outbox." in page
        assert send() == [("e2", "accepted")]
    ada.post(reverse("desk:stop_mail", args=["small", "e1"]))
    assert ExpertAddress.objects.get(expert__code="e1").stopped_at is not None
    assert "no more e-mail" in text(ada.get(reverse("desk:expert", args=["small", "e1"])))
    assert [event.kind for event in study.events.filter(kind__startswith="mail").order_by("number")] == [
        *["mail queued"] * 2,
        *["mail accepted"] * 2,
        *["mail queued", "mail accepted", "mail stopped"],
    ]


def test_a_site_without_a_mail_server_says_so_and_takes_nothing(tmp_path: Path) -> None:
    ada = client_of("ada")
    make_study(tmp_path, owner=User.objects.get(username="ada"))
    assert "Invite by e-mail" not in text(ada.get(reverse("desk:invite", args=["small"])))
    page = text(ada.post(reverse("desk:remind", args=["small"]), {"expert": "e1"}, follow=True))
    assert "This site is not set up to send e-mail." in page
    assert not Mail.objects.exists()
