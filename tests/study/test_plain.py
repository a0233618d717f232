from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

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
