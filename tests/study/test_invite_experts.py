from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from formats.errors import InputError
from study import services
from study.models import Expert, ExpertName, Invitation
from study.simulation import simulate
from tests.factories import make_study

pytestmark = pytest.mark.django_db

TABLE = "code,group,language,name\nw01,women,zh-hans,敖登挂\nm01,men,en,\n"


def invite(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str], **options: str) -> dict[str, str]:
    path = tmp_path / "experts.csv"
    path.write_text(text, encoding="utf-8")
    call_command("invite_experts", "small", str(path), **options)
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
    return {row["code"]: row["link"] for row in rows}


def refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> str:
    before = Invitation.objects.count()
    with pytest.raises(CommandError) as error:
        invite(tmp_path, text, capsys)
    assert Invitation.objects.count() == before
    return str(error.value)


def test_each_expert_gets_a_link_that_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    links = invite(tmp_path, TABLE, capsys, site="https://study.example.org/")
    assert list(links) == ["w01", "m01"]
    prefix = "https://study.example.org/i/"
    assert all(link.startswith(prefix) for link in links.values())
    invitation = services.find_invitation(links["w01"].removeprefix(prefix).strip("/"))
    assert (invitation.expert.code, invitation.expert.group, invitation.expert.language) == ("w01", "women", "zh-hans")


def test_names_are_kept_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    invite(tmp_path, TABLE, capsys)
    assert ExpertName.objects.get().name == "敖登挂"


def test_a_second_run_gives_fresh_links_and_stops_the_older(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    first, second = invite(tmp_path, TABLE, capsys), invite(tmp_path, TABLE, capsys)
    assert Expert.objects.count() == 2
    assert not set(first.values()) & set(second.values())
    assert Invitation.objects.filter(revoked_at=None).count() == 2


def test_a_spreadsheets_byte_order_mark_does_no_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    assert list(invite(tmp_path, "\ufeff" + TABLE, capsys)) == ["w01", "m01"]


def test_a_table_in_gb18030_is_read_and_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    path = tmp_path / "experts.csv"
    path.write_bytes(TABLE.encode("gb18030"))
    call_command("invite_experts", "small", str(path))
    assert capsys.readouterr().err.strip() == f"{path} was read as GB18030. Check the names."
    assert ExpertName.objects.get().name == "敖登挂"
    path.write_bytes(TABLE.encode("gb18030").replace(b"w01", b"\xff01"))
    with pytest.raises(CommandError, match=r"is not UTF-8 text \(byte 25\). Save it as “CSV UTF-8”"):
        call_command("invite_experts", "small", str(path))


def test_table_in_windows_1252_is_refused_with_its_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    path = tmp_path / "experts.csv"
    path.write_bytes("code,group,language,name\nw01,women,en,Müller\n".encode("latin-1"))
    with pytest.raises(CommandError, match=r"is not UTF-8 text \(byte 39\), but probably Windows-1252\. Save it as"):
        call_command("invite_experts", "small", str(path))


@pytest.mark.parametrize(
    "text",
    [
        "Code;Group;Language\ne50;men;en\n",
        "code,group,language,,\ne50,men,en,,\n,,,,\n",
        "code,group,language\n e50 ,men,EN\n",
        "code,group,language\ne50,men,en\n,,\n,,\n",
        "code,group,language\ne50,men,en-GB\n\n",
    ],
    ids=["capitals", "empty columns", "blanks", "empty rows", "region"],
)
def test_table_as_spreadsheets_save_it_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    make_study(tmp_path, groups=("men", "women"))
    assert list(invite(tmp_path, text, capsys)) == ["e50"]
    assert Expert.objects.get().language == "en"


@pytest.mark.parametrize("tag", ["zh-CN", "zh_cn", "zh-Hans", "zh-SG"])
def test_language_tag_of_simplified_chinese_is_zh_hans(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tag: str
) -> None:
    make_study(tmp_path, groups=("men", "women"))
    invite(tmp_path, f"code,group,language\ne54,men,{tag}\n", capsys)
    assert Expert.objects.get().language == "zh-hans"


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_may_be_separated_as_spreadsheets_like_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], separator: str
) -> None:
    make_study(tmp_path, groups=("men", "women"))
    text = TABLE.replace(",", separator).replace("敖登挂", "Ada, of the Daur")
    assert list(invite(tmp_path, text, capsys)) == ["w01", "m01"]
    assert ExpertName.objects.get().name == "Ada, of the Daur"


def test_the_codes_of_simulated_experts_are_reserved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = make_study(tmp_path)
    [code, _] = simulate(study, 1, replace=False).experts.values_list("code", flat=True)
    assert "are reserved for simulated experts" in refused(tmp_path, f"code,group,language\n{code},all,en\n", capsys)


def test_every_fault_is_told_with_the_files_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    told = refused(tmp_path, "code,group,language\na,man,en\nb,man,en\n", capsys).splitlines()
    assert [fault.split(":")[0] for fault in told] == [f"{tmp_path / 'experts.csv'}, line {line}" for line in (2, 3)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code:group:language\n", "line 1: the column code is missing"),
        ("code,code,group,language\n", "line 1: the column code appears twice"),
        ('code,group,language,name\na,men,en,"x\nb,men,en,\n', "line 2: this row cannot be read"),
        ('code,group,language,name\na,men,en,x\nb,men,en,"x"y\n', "line 3: this row cannot be read"),
        (
            'code,group,language,name\na,men,en,"x\nb,men,en,"\n',
            "line 3: a cell contains a line break, a tab or a control",
        ),
        (
            'code,group,language,note\na,men,en,"x\nb,men,en,"\n',
            "line 3: a cell contains a line break, a tab or a control",
        ),
        ("code,group,language,name\na,men,en,x\u2028=1\n", "line 2: a cell contains a line break, a tab or a control"),
        ("code,group,language,name\na,men,en,x\x85y\n", "line 2: a cell contains a line break, a tab or a control"),
        ("code,group,language,name\na,men\x9b,en,x\n", "line 2: a cell contains a line break, a tab or a control"),
        (f"code,group,language,name\na,men,en,{'x' * 201}\n", "line 2: the name has 201 characters. Write at most 200"),
        (
            "code,group,language\nsimulated-001,men,en\n",
            "line 2: codes that begin with simulated- are reserved for simulated",
        ),
        ("code,group,language\n", "line 2: the table contains no expert"),
        ("code,group,language\na,men,en\nb,man,en\n", "line 3: there is no group 'man'. Use one of men, women."),
        ("code,group,language\na,men,fr\n", "line 2: the study has no language 'fr'. Use one of en, zh-hans."),
        ("code,group,language\na,men,en\na,men,en\n", "line 3: the code 'a' appears twice"),
        ("code,group,language\n007,men,en\n7,men,en\n", "line 3: the codes '007' and '7' may be the same expert"),
        ("code,group,language\nE5,men,en\ne05,men,en\n", "line 3: the codes 'E5' and 'e05' may be the same expert"),
        ("code,group,language\na b,men,en\n", "line 2: the code 'a b' is not valid"),
        ("code,group,language\na,men\n", "line 2: this row and the header row have different numbers of cells"),
        ("code,group,language\na,men,en,x,y\n", "line 2: this row and the header row have different numbers of cells"),
        ("code,group,language\na,men,en\nb,men,en\nc,men,en\n", "group men would have 3 experts"),
    ],
)
def test_a_bad_row_is_named_and_nobody_is_invited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    make_study(tmp_path, groups=("men", "women"), slots=2)
    assert said in refused(tmp_path, text, capsys)
    assert not Expert.objects.exists()


def test_an_expert_cannot_change_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    invite(tmp_path, TABLE, capsys)
    assert "w01 was invited in group women" in refused(tmp_path, "code,group,language\nw01,men,en\n", capsys)


def test_nobody_is_invited_to_a_closed_study_or_to_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = make_study(tmp_path, groups=("men", "women"))
    services.close_study(study, actor="command")
    assert "small is closed" in refused(tmp_path, TABLE, capsys)
    with pytest.raises(CommandError, match="There is no study 'large'; there are: small"):
        call_command("invite_experts", "large", str(tmp_path / "experts.csv"))


def test_the_last_day_of_the_links_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"))
    invite(tmp_path, TABLE, capsys, last_day="2999-01-31")
    assert {str(ends) for ends in Invitation.objects.values_list("expires_at", flat=True)} == {
        "2999-02-01 00:00:00+00:00"
    }
    for wrong, said in (("31.1.2999", "as YYYY-MM-DD"), ("2001-01-31", "must be in the future")):
        with pytest.raises(CommandError, match=said):
            invite(tmp_path, TABLE, capsys, last_day=wrong)


def test_all_faults_are_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(tmp_path, groups=("men", "women"), slots=1)
    table = "code,group,language\n-a,men,en\nb,men,fr\nc,women,en\nd,women,en\n"
    told = refused(tmp_path, table, capsys)
    for said in (
        "line 2: the code '-a'",
        "line 3: the study has no",
        "group men would have 2",
        "group women would have 2",
    ):
        assert said in told


HEAD = "code,group,language"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"{HEAD}\n" + "".join(f"e{n},women,en\n" for n in range(70_000)),
            "line 106: the table has more than 104 rows, but the study has 4 slots. Check that this is the right file.",
        ),
        (f"{HEAD}{''.join(f',c{n}' for n in range(130_000))}\n", "line 2: the table contains no expert"),
    ],
    ids=["rows", "columns"],
)
def test_a_table_of_a_megabyte_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """The desk takes files so large; each row and each column was compared with all before it, which took minutes."""
    study = make_study(tmp_path, groups=("men", "women"))
    with translation.override("en"), pytest.raises(InputError) as refusal:
        services.read_experts(study, text)
    assert said in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
