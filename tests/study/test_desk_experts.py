"""Inviting at the desk: forms, the sheet of links, and what becomes of a link and of a place."""

from __future__ import annotations

import base64
import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from formats.errors import InputError
from study import clock, services
from study.errors import Refused
from study.models import Device, Event, Expert, ExpertName, Invitation, Member, Study
from study.services.invitations import Invitee
from tests.factories import begin, enter, make_expert, make_link, make_study, rate_all, trials_of
from tests.study.test_desk import client_of, text

pytestmark = pytest.mark.django_db

TABLE = "code,group,language,name\nw01,women,zh-hans,敖登挂\nm01,men,en,\n"
ACTS = ("link", "replace", "revoke", "end", "withdraw", "erase")


@pytest.fixture
def study(tmp_path: Path, ada: Client) -> Study:
    return make_study(tmp_path, groups=("men", "women"), slots=2, owner=User.objects.get(username="ada"))


def day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def invite(client: Client, *, study: str = "small", **given: object) -> HttpResponseBase:
    return client.post(reverse("desk:invite", args=[study]), {"form": "table", "ends": day(30), **given})


def act(client: Client, act_name: str, expert: str, /, **given: str) -> HttpResponseBase:
    return client.post(reverse(f"desk:{act_name}", args=["small", expert]), given)


def links(response: HttpResponseBase) -> dict[str, str]:
    """The secrets on a sheet, by code, as its table has them."""
    content = base64.b64decode(re.findall(r'href="data:text/csv;base64,([^"]+)"', text(response))[0])
    assert content.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return {row["code"]: row["link"].rstrip("/").rpartition("/")[2] for row in rows}


def works(secret: str) -> bool:
    try:
        services.find_invitation(secret)
    except Refused:
        return False
    return True


def test_a_pasted_table_becomes_a_sheet_of_links_that_work(study: Study, ada: Client) -> None:
    page = invite(ada, pasted=TABLE)
    found = links(page)
    assert list(found) == ["w01", "m01"]
    assert all(map(works, found.values()))
    assert all(text(page).count(f"/i/{secret}/") == 1 for secret in found.values())
    assert "no-store" in page.headers["Cache-Control"]
    assert Event.objects.filter(kind="invited", actor="researcher:ada").count() == 2


def test_an_uploaded_table_from_a_spreadsheet_does_as_well(study: Study, ada: Client) -> None:
    content = ("\ufeff" + TABLE.replace(",", ";")).encode()
    assert list(links(invite(ada, file=SimpleUploadedFile("experts.csv", content)))) == ["w01", "m01"]
    assert ExpertName.objects.get().name == "敖登挂"


@pytest.mark.parametrize(("encoding", "said"), [("gb18030", "read as GB18030"), ("utf-16", "read as UTF-16")])
def test_a_table_as_a_chinese_spreadsheet_saves_it_is_read_and_its_encoding_is_said(
    study: Study, ada: Client, encoding: str, said: str
) -> None:
    page = invite(ada, file=SimpleUploadedFile("experts.csv", TABLE.encode(encoding)))
    assert list(links(page)) == ["w01", "m01"]
    assert ExpertName.objects.get().name == "敖登挂"
    assert f"The file was {said}. Check the names." in text(page)


def test_all_faults_of_a_table_are_named_at_once_and_nobody_is_invited(study: Study, ada: Client) -> None:
    page = invite(ada, pasted="code,group,language\na b,men,en\nb,man,fr\nc,men,en\nd,men,en\ne,men,en\n")
    assert page.status_code == 422
    for said in ("line 2: the code", "line 3: there is no group", "line 3: the study has no language", "5 experts"):
        assert said.replace("5 experts", "group men would have 4 experts") in text(page).replace("&#x27;", "'")
    assert "a b,men,en" in text(page)
    assert not Expert.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Amélie".encode("latin-1"), "is not UTF-8 text"),
        (b"PK\x03\x04 a workbook", "is not UTF-8 text"),
        (b"x" * ((1 << 20) + 1), "larger than 1 MB"),
        (b"", "column code"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(study: Study, ada: Client, content: bytes, said: str) -> None:
    assert said in text(invite(ada, file=SimpleUploadedFile("experts.csv", content)))


def test_two_lists_at_once_do_not_fill_a_group_beyond_its_places(study: Study) -> None:
    lists = [[Invitee(f"{name}{number}", "women", "en") for number in range(2)] for name in "ab"]
    services.invite(study, lists[0], actor="test")  # the other was read and found in order before this
    with pytest.raises(InputError, match="group women would have 4 experts, but it has 2 slots"):
        services.invite(study, lists[1], actor="test")
    assert study.experts.count() == 2


def test_faults_come_in_the_readers_language(study: Study, ada: Client) -> None:
    page = ada.post(
        reverse("desk:invite", args=["small"]),
        {"form": "table", "pasted": "code,group,language\nb,man,en\n", "ends": day(1)},
        headers={"accept-language": "zh-hans"},
    )
    assert "第 2 行：没有组别“man”" in text(page)


def test_one_expert_is_invited_by_the_form(study: Study, ada: Client) -> None:
    page = invite(ada, form="one", code=" w07 ", group="women", language="en", name="Ada")
    assert works(links(page)["w07"])
    assert "Ada" in text(page)
    again = invite(ada, form="one", code="w07", group="men", language="en", name="")
    assert "was invited in group women" in text(again)


@pytest.mark.parametrize(
    ("ends", "said"),
    [("2001-01-01", "must be in the future"), ("soon", "as YYYY-MM-DD"), ("9999-12-31", "as YYYY-MM-DD")],
)
def test_a_last_day_that_cannot_be_is_refused(study: Study, ada: Client, ends: str, said: str) -> None:
    assert said in text(invite(ada, pasted=TABLE, ends=ends))
    assert not Invitation.objects.exists()


def test_the_link_ends_with_the_day_that_was_chosen(study: Study, ada: Client) -> None:
    secret = links(invite(ada, pasted=TABLE, ends=day(3)))["w01"]
    ends = datetime.fromisoformat(day(4)).replace(tzinfo=UTC)
    assert Invitation.objects.first().expires_at == ends  # type: ignore[union-attr]
    with clock.use(lambda: ends - timedelta(seconds=1)):
        assert works(secret)
    with clock.use(lambda: ends):
        assert not works(secret)


def test_only_hashes_are_stored_so_no_later_page_has_a_link(study: Study, ada: Client) -> None:
    secrets = links(invite(ada, pasted=TABLE)).values()
    pages = [ada.get(reverse(f"desk:{name}", args=["small"])) for name in ("study", "board", "invite", "log")]
    pages.append(ada.get(reverse("desk:expert", args=["small", "w01"])))
    assert not [secret for secret in secrets for page in pages if secret in text(page)]
    stored = Invitation.objects.values_list("token_hash", flat=True)
    assert not set(stored) & set(secrets)


def test_each_card_has_a_qr_code_without_any_style_or_script(study: Study, ada: Client) -> None:
    page = text(invite(ada, pasted=TABLE))
    images = re.findall(r'<img src="data:image/svg\+xml[^,]*,([^"]+)" alt="([^"]+)"', page)
    assert len(images) == 2

    for data, _alt in images:
        picture = ElementTree.fromstring(unquote(data.replace("&#x27;", "'")))  # noqa: S314
        parts = list(picture.iter())
        assert {part.tag.rpartition("}")[2] for part in parts} <= {"svg", "path"}
        assert not [part for part in parts if {"style", "onload"} & part.attrib.keys()]
    assert "style=" not in page


def test_a_name_that_a_spreadsheet_would_run_is_defused_in_the_table_to_send(study: Study, ada: Client) -> None:
    page = invite(ada, form="one", code="w07", group="women", language="en", name="=cmd()")
    content = base64.b64decode(re.findall(r"base64,([^\"]+)\" download", text(page))[0]).decode("utf-8-sig")
    assert "w07,'=cmd(),women,en,http" in content


def test_new_links_for_all_who_have_not_finished_stop_the_older(study: Study, ada: Client) -> None:
    first = links(invite(ada, pasted=TABLE))
    Expert.objects.filter(code="m01").update(submitted_at=clock.now())
    second = links(invite(ada, form="again"))
    assert list(second) == ["w01"]
    assert (works(first["w01"]), works(second["w01"])) == (False, True)


def test_a_lost_link_is_issued_anew_for_one_expert(study: Study, ada: Client) -> None:
    first = links(invite(ada, pasted=TABLE))
    second = links(act(ada, "link", "w01", ends=day(5)))
    assert list(second) == ["w01"]
    assert (works(first["w01"]), works(second["w01"]), works(first["m01"])) == (False, True, True)


def test_a_revoked_link_stops_and_a_second_time_is_told(study: Study, ada: Client) -> None:
    secret = links(invite(ada, pasted=TABLE))["w01"]
    act(ada, "revoke", "w01")
    assert not works(secret)
    assert Event.objects.get(kind="link revoked").detail == {"expert": "w01"}
    act(ada, "revoke", "w01")
    assert "no active link to revoke" in text(ada.get(reverse("desk:expert", args=["small", "w01"])))
    assert Event.objects.filter(kind="link revoked").count() == 1


def test_a_link_can_be_made_to_end_sooner_or_later(study: Study, ada: Client) -> None:
    links(invite(ada, pasted=TABLE))
    act(ada, "end", "w01", ends=day(200))
    ends = Invitation.objects.get(expert__code="w01").expires_at
    assert ends == datetime.fromisoformat(day(201)).replace(tzinfo=UTC)
    assert Event.objects.get(kind="link's end changed").detail == {"expert": "w01", "ends": ends.isoformat()}
    for wrong in ("2001-01-01", "", "x"):
        act(ada, "end", "w01", ends=wrong)
    assert Invitation.objects.get(expert__code="w01").expires_at == ends


def test_a_drop_outs_place_passes_whole_to_a_new_expert_with_a_fresh_link(study: Study, ada: Client) -> None:
    leaver = make_expert(study, "w01", "women")
    begin(leaver)
    rate_all(leaver)
    old_slot, tokens = leaver.slot, [trial.token for trial in trials_of(leaver)]
    page = text(ada.get(reverse("desk:expert", args=["small", "w01"])))
    assert 'value="w01-2"' in page
    secret = links(act(ada, "replace", "w01", code="w01-2", language="zh-hans", name="", ends=day(9)))["w01-2"]
    device = services.accept_invitation(services.find_invitation(secret))
    successor = Expert.objects.select_related("study", "slot").get(pk=device.expert_id)
    assert (successor.slot, successor.group) == (old_slot, "women")
    assert [trial.token for trial in trials_of(successor)] == tokens
    leaver.refresh_from_db()
    assert (leaver.slot, leaver.replaced_by, leaver.withdrawn_at) == (None, successor, None)
    assert leaver.invitations.filter(revoked_at=None).count() == 0
    assert leaver.ratings.count() > 0
    detail = Event.objects.get(kind="replaced").detail
    assert detail == {"expert": "w01", "by": "w01-2"}


def test_replacing_takes_two_clicks(study: Study, ada: Client) -> None:
    make_expert(study, "w01", "women")
    board = text(ada.get(reverse("desk:board", args=["small"])))
    assert '<a href="/desk/studies/small/experts/w01/#replace">' in board
    page = text(ada.get("/desk/studies/small/experts/w01/"))
    form = page[page.index('action="/desk/studies/small/experts/w01/replace/"') :].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', form))
    language = re.findall(r'<option value="([^"]+)"[^>]* selected', form)
    assert list(links(act(ada, "replace", "w01", **{**fields, "language": language[0]}))) == ["w01-2"]


def test_a_full_group_can_still_replace_and_the_drop_out_can_be_invited_no_more(study: Study, ada: Client) -> None:
    for code in ("w01", "w02"):
        make_link(study, code, "women")
    assert "w03" in links(act(ada, "replace", "w01", code="w03", language="en", ends=day(9)))
    assert "was replaced by another expert" in text(act(ada, "link", "w01", ends=day(9)))
    assert "was replaced by another expert" in text(invite(ada, form="one", code="w01", group="women", language="en"))
    assert "cannot be replaced" in text(act(ada, "replace", "w01", code="w04", language="en"))


@pytest.mark.parametrize(
    ("code", "said"), [("w02", "expert code w02 is already used"), ("-x", "is not valid"), ("", "is not valid")]
)
def test_a_substitute_that_does_not_fit_changes_nothing(study: Study, ada: Client, code: str, said: str) -> None:
    leaver = make_expert(study, "w01", "women")
    make_link(study, "w02", "women")
    assert said in text(act(ada, "replace", "w01", code=code, language="en", ends=day(9)))
    leaver.refresh_from_db()
    assert (leaver.slot is not None, leaver.replaced_by) == (True, None)
    assert leaver.invitations.filter(revoked_at=None).count() == 1


def test_who_has_finished_cannot_be_replaced(study: Study, ada: Client) -> None:
    expert = make_expert(study, "w01", "women")
    rate_all(expert)
    services.submit(expert)
    assert "cannot be replaced" in text(act(ada, "replace", "w01", code="w03", language="en", ends=day(9)))


def test_after_the_end_nobody_is_invited_or_replaced(study: Study, ada: Client) -> None:
    make_link(study, "w01", "women")
    services.close_study(study, actor="test")
    assert "you can no longer invite experts" in text(invite(ada, pasted=TABLE))
    assert "you can no longer invite experts" in text(
        act(ada, "replace", "w01", code="w03", language="en", ends=day(9))
    )
    assert Expert.objects.count() == 1


def test_erasing_asks_once_more_and_shows_a_receipt_once(study: Study, ada: Client) -> None:
    make_link(study, "w01", "women")
    assert "Confirm the permanent deletion" in text(act(ada, "erase", "w01"))
    receipt = re.findall(r"<code>([0-9a-f]{64})</code>", text(act(ada, "erase", "w01", sure="yes")))
    assert len(receipt) == 1
    assert receipt[0] not in text(ada.get(reverse("desk:expert", args=["small", "w01"])))
    assert Event.objects.filter(kind="erased", actor="researcher:ada").count() == 1


@pytest.mark.parametrize("name", ["invite", "expert", *ACTS])
def test_only_those_may_who_have_the_right(study: Study, name: str) -> None:
    make_link(study, "w01", "women")
    address = reverse(f"desk:{name}", args=["small"] if name == "invite" else ["small", "w01"])
    before = Event.objects.count()

    def status(client: Client) -> int:
        return (client.post(address, {"sure": "yes"}) if name in ACTS else client.get(address)).status_code

    bob = client_of("bob")
    assert (status(bob), status(Client())) == (404, 302)
    Member.objects.create(study=study, user=User.objects.get(username="bob"), role=Member.Role.ASSISTANT)
    if name == "erase":
        assert status(bob) == 403
        assert Event.objects.count() == before
    else:
        assert status(bob) in {200, 302, 422}


@pytest.mark.parametrize("name", ACTS)
def test_acts_go_by_post_and_an_unknown_expert_is_not_there(study: Study, ada: Client, name: str) -> None:
    make_link(study, "w01", "women")
    assert ada.get(reverse(f"desk:{name}", args=["small", "w01"])).status_code == 405
    assert act(ada, name, "nobody").status_code == 404


def test_a_link_that_was_revoked_closes_the_room_on_a_device_that_was_in_it(study: Study, ada: Client) -> None:

    expert = make_expert(study, "w01", "women")
    begin(expert)
    phone = enter(Client(), expert)
    assert phone.get(f"/room/t/{trials_of(expert)[0].token}/").status_code == 200
    act(ada, "revoke", "w01")
    assert phone.get(f"/room/t/{trials_of(expert)[0].token}/").status_code == 403
    assert Device.objects.count() == 1


def field_of(page: str, field_id: str) -> str:
    """The tag of a form's field."""
    found = re.search(rf'<(?:input|select|textarea)[^>]* id="{field_id}"[^>]*>', page)
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"code": "a b"}, "one-code", "is not valid"),
        ({"name": "x" * 201}, "one-name", "at most 200"),
        ({"group": "nobody"}, "one-group", "there is no group"),
        ({"language": "fr"}, "one-language", "has no language"),
        ({"ends": "2001-01-01"}, "one-ends", "must be in the future"),
        ({"ends": "soon"}, "one-ends", "as YYYY-MM-DD"),
    ],
)
def test_invite_form_fault_is_named_beside_its_field(
    study: Study, ada: Client, wrong: dict[str, str], field: str, said: str
) -> None:
    typed = {"form": "one", "code": "w07", "group": "women", "language": "zh-hans", "name": "Ada", "ends": day(5)}
    page = text(invite(ada, **{**typed, **wrong}))
    assert said in page.partition(f'id="{field}_error"')[2].partition("</ul>")[0]
    tag = field_of(page, field)
    assert f'{field}_error"' in tag.partition("aria-describedby=")[2]
    assert 'aria-invalid="true"' in tag
    assert page.count('aria-invalid="true"') == 1


def test_replace_form_fault_keeps_what_was_typed(study: Study, ada: Client) -> None:
    for code in ("w01", "w02"):
        make_link(study, code, "women")
    page = text(act(ada, "replace", "w01", code="w02", language="zh-hans", name="Grace", ends=day(9)))
    for field, value in (("replace-code", "w02"), ("replace-name", "Grace"), ("replace-ends", day(9))):
        assert f'value="{value}"' in field_of(page, field)
    assert '<option value="zh-hans" selected' in page
    assert 'aria-describedby="replace-code_error"' in field_of(page, "replace-code")
    assert day(9) not in field_of(page, "link-ends")


def test_desk_forms_of_one_page_have_unique_ids(study: Study, ada: Client) -> None:
    make_link(study, "w01", "women")
    for name, parts in (("invite", []), ("expert", ["w01"])):
        ids = re.findall(r' id="([^"]+)"', text(ada.get(reverse(f"desk:{name}", args=["small", *parts]))))
        assert len(ids) == len(set(ids)) > 5
