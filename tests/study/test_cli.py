from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, connection, connections
from django.db.utils import load_backend

from study.management.cli import command_errors
from tests.factories import make_pack, make_study, study_toml

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("change", ["RENAME TO away", "DROP COLUMN plan"])
@pytest.mark.parametrize(
    "command",
    [
        "create_study {folder}/new.toml --pack {folder}/pack",
        "invite_experts small {folder}/experts.csv",
        "export_dataset small --out {folder}/out",
        "simulate_ratings small --seed 1",
    ],
)
def test_on_a_database_that_is_not_up_to_date_a_command_says_so_in_a_sentence(
    tmp_path: Path, command: str, change: str
) -> None:
    make_study(tmp_path)
    make_pack(tmp_path / "pack")
    (tmp_path / "new.toml").write_text(study_toml(), encoding="utf-8")
    (tmp_path / "experts.csv").write_text("code,group,language\ne01,all,en\n", encoding="utf-8")
    connection.check_constraints()  # PostgreSQL alters no table with checks still waiting
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE study_study {change}")
    with pytest.raises(CommandError, match=r"^The database can't be used \(.*study.*\): run `manage.py migrate`.*\.$"):
        call_command(*command.format(folder=tmp_path).split())
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_no_reason_to_migrate() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite can be told that its disk is full")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1")  # that is, no more than there are
        try:
            with pytest.raises(CommandError, match=r"\(database or disk is full\): make room"), command_errors():
                cursor.execute("CREATE TABLE large AS SELECT randomblob(1000000)")
        finally:
            cursor.execute(f"PRAGMA max_page_count = {2**32 - 2}")


def test_a_server_that_does_not_answer_is_no_reason_to_migrate() -> None:
    engine = "django.db.backends.postgresql"
    given = connections.configure_settings({"default": {"ENGINE": engine, "NAME": "n", "HOST": "127.0.0.1", "PORT": 1}})
    with pytest.raises(CommandError, match="Connection refused.*: see that it can be reached"), command_errors():
        load_backend(engine).DatabaseWrapper(given["default"], "default").ensure_connection()


def test_of_what_a_database_refuses_only_the_reason_is_shown() -> None:
    with pytest.raises(CommandError) as refused, command_errors():
        raise DataError("value too long for type character varying(255)\nDETAIL:  Ada")
    assert "(value too long for type character varying(255)): add --traceback" in str(refused.value)
    assert "Ada" not in str(refused.value)
