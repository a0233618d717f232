"""Deletion of personal data: the data are gone and the event log stays verifiable."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.settings import sqlite_options
from study import clock, dataset, services
from study.errors import Refused
from study.models import Background, Event, Expert, ExpertName, Rating, Remark, Study
from study.services.erasure import digest
from study.services.invitations import Invitee
from tests.factories import begin, context_of, make_expert, make_study, rate_all, trials_of
from tests.study.test_dataset import files_of

pytestmark = pytest.mark.django_db

SECRETS = ("敖登挂", "headphones-of-mine", "my grandmother's lullaby", "a first thought")


def talkative(study: Study) -> Expert:
    """An expert with a name, a background and a comment that was changed once."""
    services.invite(study, [Invitee("e01", "all", "en", SECRETS[0])], actor="test")
    expert = make_expert(study, "e01")
    begin(expert)
    rate_all(expert)
    Background.objects.create(expert=expert, answers={"device": SECRETS[1]}, given_at=clock.now())
    for revision, comment in ((1, SECRETS[3]), (2, SECRETS[2])):
        services.save_remark(
            context_of(expert, trials_of(expert)[0]),
            known=True,
            comment=comment,
            revision=revision,
            client_uuid=uuid4(),
            given_at=clock.now(),
        )
    return expert


def everything() -> str:
    """Every value in every table of the database."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows += cursor.fetchall()
    return str(rows).encode().decode("unicode_escape", errors="ignore") + str(rows)


def test_name_background_and_comments_are_destroyed_everywhere(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = talkative(study)
    assert all(secret in everything() for secret in SECRETS)
    services.erase(expert, actor="test")
    assert not [secret for secret in SECRETS if secret in everything()]
    assert not ExpertName.objects.exists()
    assert set(Remark.objects.values_list("comment", flat=True)) == {""}
    assert list(Background.objects.filter(expert=expert).values_list("answers", flat=True)) == [{}, {}]


def test_the_log_holds_digests_that_only_the_receipt_opens_and_its_chain_still_verifies(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = talkative(study)
    receipt = services.erase(expert, actor="test")
    assert services.broken_event(study) is None
    kept = Event.objects.get(kind="erased").detail
    assert kept["expert"] == "e01"
    assert digest(receipt, {"name": SECRETS[0]}) in kept["digests"]
    assert digest(receipt, {"comment": SECRETS[2], "trial": 1, "revision": 2}) in kept["digests"]
    assert len(kept["digests"]) == 5
    assert digest("another", {"name": SECRETS[0]}) not in kept["digests"]
    assert receipt not in everything()


def test_erasure_withdraws_and_keeps_ratings_out_of_datasets(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = talkative(study)
    number = Rating.objects.count()
    services.erase(expert, actor="test")
    expert.refresh_from_db()
    assert (expert.withdrawn_at is not None, expert.erased_at is not None, expert.slot) == (True, True, None)
    assert Rating.objects.count() == number > 0
    dataset.export(study, tmp_path / "out")
    files = {path.name: text.decode() for path, text in files_of(tmp_path / "out").items()}
    assert not [(name, secret) for name, text in files.items() for secret in SECRETS if secret in text]
    assert [name for name, text in files.items() if re.search(r"\be01\b", text)] == ["events.jsonl"]


def test_erasing_twice_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    expert = talkative(make_study(tmp_path))
    services.erase(expert, actor="test")
    before = Event.objects.count()
    with pytest.raises(Refused, match=r".+"):
        services.erase(expert, actor="test")
    assert Event.objects.count() == before


def test_one_who_withdrew_before_can_still_be_erased(tmp_path: Path) -> None:
    expert = talkative(make_study(tmp_path))
    services.withdraw(expert, actor="test")
    services.erase(expert, actor="test")
    assert Event.objects.filter(kind="withdrawn").count() == 1


def test_the_command_asks_to_be_sure_and_prints_the_receipt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expert = talkative(make_study(tmp_path))
    with pytest.raises(CommandError, match="can't be undone; add --sure"):
        call_command("erase_expert", "small", "e01")
    with pytest.raises(CommandError, match="There is no expert 'e09' in small"):
        call_command("erase_expert", "small", "e09", "--sure")
    call_command("erase_expert", "small", "e01", "--sure")
    assert "e01 is erased. Receipt: " in capsys.readouterr().out
    with pytest.raises(CommandError, match="already deleted"):
        call_command("erase_expert", "small", "e01", "--sure")
    expert.refresh_from_db()
    assert expert.erased_at is not None


def test_sqlite_is_told_to_wipe_what_it_deletes(tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite keeps its rows in a file of ours")
    services.erase(talkative(make_study(tmp_path)), actor="test")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        assert cursor.fetchone() == (1,)


def test_no_journal_keeps_what_was_erased(tmp_path: Path) -> None:
    """With the settings of a server; those of the suite leave the disk alone."""
    file = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(file)) as site:
        site.executescript(str(sqlite_options((3, 40, 1))["init_command"]))
        site.execute("PRAGMA secure_delete=ON")
        site.execute("CREATE TABLE remark (text)")
        site.executemany("INSERT INTO remark VALUES (?)", [("told in confidence",)] * 2000)
        site.commit()
        site.execute("DELETE FROM remark")
        site.commit()
    assert all(b"told in confidence" not in left.read_bytes() for left in tmp_path.glob("site*"))


@pytest.mark.django_db(transaction=True)
def test_no_write_ahead_log_keeps_what_was_erased(tmp_path: Path) -> None:
    """On a copy of the database in a file, for one in memory has no such log."""
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite keeps its rows in a file of ours")
    file = tmp_path / "site.sqlite3"
    expert = talkative(make_study(tmp_path / "packs"))
    with closing(sqlite3.connect(file)) as site:
        connection.connection.backup(site)
    outside = connection.connection, connection.settings_dict["NAME"]
    connection.connection, connection.settings_dict["NAME"] = None, str(file)
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
        for name in ("?", SECRETS[0]):
            ExpertName.objects.filter(expert=expert).update(name=name)
        assert SECRETS[0].encode() in file.with_name("site.sqlite3-wal").read_bytes()
        services.erase(expert, actor="test")
        assert all(secret.encode() not in left.read_bytes() for left in tmp_path.glob("site*") for secret in SECRETS)
    finally:
        connection.connection.close()
        connection.connection, connection.settings_dict["NAME"] = outside
