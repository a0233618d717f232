from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from django.core.management import CommandError, call_command

from formats.errors import InputError
from study import clock, dataset, services
from study.dataset import escape_formula, folder, tables
from study.models import Clip, Study
from tests.factories import (
    begin,
    context_of,
    hear,
    make_expert,
    make_study,
    rate,
    rate_all,
    reach,
    study_toml,
    trials_of,
)
from tests.study.test_services_answers import save_at

pytestmark = pytest.mark.django_db

LONG = "data/study-small_task-rating_data.csv"
WIDE = "data/study-small_task-rating_description-wide_data.csv"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def rated_study(tmp_path: Path, more: str = "") -> Study:
    """Two experts: one changed a rating once, the other stopped halfway. `more` is added to the study file."""
    study = make_study(tmp_path, text=study_toml(practice=1) + more, practice=1)
    first, second = make_expert(study, "e01"), make_expert(study, "e02")
    begin(first)
    rate_all(first, value=3)
    rate(first, trials_of(first)[0], "overall", 5, revision=2)
    services.submit(first)
    hear(second, reach(second, trials_of(second)[0]))
    rate(second, trials_of(second)[0], "valence", 1)
    return study


def unseal(study: Study) -> None:
    services.close_study(study, actor="command")
    services.open_seal(study, actor="command")


def test_an_expert_who_withdraws_while_the_dataset_is_written_stands_in_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = rated_study(tmp_path)
    expert, write_experts = study.experts.get(code="e02"), tables.write_experts

    def meanwhile(*given: Any) -> Any:
        if not expert.withdrawn_at:
            services.withdraw(expert, actor="test")
            expert.refresh_from_db()
        return write_experts(*given)

    monkeypatch.setattr(tables, "write_experts", meanwhile)
    dataset.export(study, tmp_path / "out")
    for name in (LONG, WIDE, "experts.csv"):
        assert {row["expert_id"] for row in rows(tmp_path / "out" / name)} == {"e01"}, name


def test_the_long_table_holds_the_answers_that_count(tmp_path: Path) -> None:
    dataset.export(rated_study(tmp_path), tmp_path / "out")
    table = rows(tmp_path / "out" / LONG)
    assert len(table) == 4 * 2 + 1
    assert [row["scale"] for row in table[:2]] == ["valence", "overall"]
    changed = table[1]
    assert (changed["rating"], changed["revision"], changed["late"]) == ("5", "2", "0")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", changed["rated_at"])
    assert [row["expert_id"] for row in table] == ["e01"] * 8 + ["e02"]
    assert [int(row["trial"]) for row in table[:8:2]] == [1, 2, 3, 4]


def test_the_wide_table_has_a_row_a_trial_with_blanks_for_what_is_missing(tmp_path: Path) -> None:
    dataset.export(rated_study(tmp_path), tmp_path / "out")
    table = rows(tmp_path / "out" / WIDE)
    assert len(table) == 5
    assert (table[0]["valence"], table[0]["overall"]) == ("3", "5")
    assert (table[4]["valence"], table[4]["overall"]) == ("1", "")


def test_practice_is_not_data(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    unseal(study)
    dataset.export(study, tmp_path / "out")
    practice = set(Clip.objects.filter(role="practice").values_list("clip_id", flat=True))
    assert not practice & {row["clip_id"] for row in rows(tmp_path / "out" / LONG)}


def test_late_answers_and_repeats_are_marked(tmp_path: Path) -> None:
    study = make_study(tmp_path, clips=4, heard=4, repeats=1, practice=0)
    expert = make_expert(study)
    rate_all(expert)
    before = clock.now()
    services.close_study(study, actor="command")
    rate(expert, trials_of(expert)[0], "overall", 4, revision=2, at=before - timedelta(seconds=1))
    dataset.export(study, tmp_path / "out")
    table = rows(tmp_path / "out" / LONG)
    assert [row["late"] for row in table].count("1") == 1
    assert [row["is_repeat"] for row in table] == ["0"] * 16 + ["1"] * 2


def test_the_highest_revision_given_before_submitting_counts(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = make_expert(study)
    begin(expert)
    rate_all(expert)
    first, second, third, _ = trials_of(expert)
    rate(expert, second, "overall", 4, revision=2, at=clock.now() + timedelta(minutes=5))  # a fast clock
    before, on_its_way = clock.now(), context_of(expert, third)
    services.submit(expert)
    rate(expert, first, "overall", 5, revision=2, at=before)
    save_at(on_its_way, revision=2, value=1, given_at=before)  # given before the submission, written a moment after it
    dataset.export(study, tmp_path / "out")
    counted = [row for row in rows(tmp_path / "out" / LONG) if row["scale"] == "overall"]
    assert [(row["rating"], row["revision"], row["late"]) for row in counted] == [
        ("5", "2", "1"),
        ("4", "2", "0"),
        ("1", "2", "1"),
        ("3", "1", "0"),
    ]
    assert [row["overall"] for row in rows(tmp_path / "out" / WIDE)] == ["5", "4", "1", "3"]


def test_withdrawn_experts_are_left_out_everywhere(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    services.withdraw(study.experts.get(code="e01"), actor="command")
    dataset.export(study, tmp_path / "out")
    assert {row["expert_id"] for row in rows(tmp_path / "out" / LONG)} == {"e02"}
    assert {row["expert_id"] for row in rows(tmp_path / "out" / WIDE)} == {"e02"}
    assert {row["expert_id"] for row in rows(tmp_path / "out" / "experts.csv")} == {"e02"}


def test_a_sealed_dataset_holds_nothing_that_joins_it_with_the_pack(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    dataset.export(study, tmp_path / "out")
    files = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert not {"clips.csv", "metrics.csv"} & {path.name for path in files}
    for clip in Clip.objects.all():
        entry = clip.pack_entry
        for secret in (entry["clip_id"], entry["audio_sha256"], entry["provenance"]["song"]):
            assert not any(secret in text for text in files.values())
        assert not any(clip.clip_id in text for text in files.values())
    assert not {"system", "clip_id"} & set(rows(tmp_path / "out" / LONG)[0])
    assert not {"system", "clip_id"} & set(rows(tmp_path / "out" / WIDE)[0])
    assert not (tmp_path / "out" / "sequences.json").exists()
    description = json.loads(files[tmp_path / "out" / "dataset_description.json"])["mukulen"]
    assert description["real_system"] is None
    assert description["systems"] == []


def test_after_unsealing_systems_have_names_and_clips_their_origin(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    unseal(study)
    dataset.export(study, tmp_path / "out")
    system_of = {row["clip_id"]: row["system"] for row in rows(tmp_path / "out" / "clips.csv")}
    assert sorted(system_of.values()) == ["midi-gan"] * 3 + ["real"] * 3
    for row in rows(tmp_path / "out" / LONG):
        assert row["system"] == system_of[row["clip_id"]]
    assert {row["clip_id"] for row in rows(tmp_path / "out" / "metrics.csv")} == set(system_of)
    description = json.loads((tmp_path / "out" / "dataset_description.json").read_text(encoding="utf-8"))["mukulen"]
    assert (description["real_system"], description["unsealed"]) == ("real", True)
    codes = {system["id"]: system["code"] for system in description["systems"]}
    assert codes == dict(study.systems.values_list("system_id", "code"))


def test_hashes_cover_every_file_and_the_whole(tmp_path: Path) -> None:
    digest = dataset.export(rated_study(tmp_path), tmp_path / "out")
    hashes = json.loads((tmp_path / "out" / "hashes.json").read_text())
    files = {
        path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    assert set(hashes["files"]) == set(files) - {"hashes.json"}
    for name, expected in hashes["files"].items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == expected
    assert hashes["dataset_sha256"] == digest == hashlib.sha256(rfc8785.dumps(hashes["files"])).hexdigest()


def test_the_exported_plan_has_the_frozen_hash(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    dataset.export(study, tmp_path / "out")
    assert hashlib.sha256((tmp_path / "out" / "plan.json").read_bytes()).hexdigest() == study.plan_sha256


def test_the_codebook_describes_every_column_of_every_table(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    unseal(study)
    dataset.export(study, tmp_path / "out")
    described = {(row["file"], row["column"]) for row in rows(tmp_path / "out" / "codebook.csv")}
    tables = [LONG, WIDE, "experts.csv", "clips.csv", "metrics.csv"]
    for name in tables:
        header = (tmp_path / "out" / name).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert {(name, column) for column in header} <= described
    page = (tmp_path / "out" / "codebook.md").read_text(encoding="utf-8")
    assert "What it means（中）" in page
    assert "1 = least; 5 = most" in page


def test_files_end_lines_with_lf_and_have_no_byte_order_mark(tmp_path: Path) -> None:
    dataset.export(rated_study(tmp_path), tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.csv"):
        content = path.read_bytes()
        assert b"\r" not in content
        assert not content.startswith(b"\xef\xbb\xbf")


def test_the_data_files_are_named_as_psych_ds_wants(tmp_path: Path) -> None:
    study = make_study(tmp_path, slug="a-study-2")
    dataset.export(study, tmp_path / "out")
    names = [path.name for path in (tmp_path / "out" / "data").iterdir()]
    assert all(re.fullmatch(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv", name) for name in names)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "＝1", "  =1", "\tx"])
def test_a_free_text_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert escape_formula(text) == "'" + text
    assert escape_formula("plain") == "plain"


def test_a_formula_in_a_background_answer_is_defused_in_the_table(tmp_path: Path) -> None:
    from tests.factories import study_toml

    text = study_toml().replace('key = "years"\nkind = "number"', 'key = "instrument"\nkind = "text"')
    study = make_study(tmp_path, text=text)
    expert = make_expert(study)
    services.save_background(expert, answers={"device": "speakers", "instrument": '=HYPERLINK("x")'})
    dataset.export(study, tmp_path / "out")
    assert rows(tmp_path / "out" / "experts.csv")[0]["instrument"] == '\'=HYPERLINK("x")'


def test_an_older_dataset_is_replaced_and_anything_else_is_left_alone(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    first = dataset.export(study, tmp_path / "out")
    assert dataset.export(study, tmp_path / "out") == first
    (tmp_path / "diary").mkdir()
    (tmp_path / "diary" / "page.txt").write_text("dear diary")
    with pytest.raises(InputError, match="exists and is no dataset"):
        dataset.export(study, tmp_path / "diary")
    assert (tmp_path / "diary" / "page.txt").read_text() == "dear diary"


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_file_of_somebody_elses_in_the_older_dataset_is_named_and_nothing_is_touched(tmp_path: Path) -> None:
    study, out = rated_study(tmp_path), tmp_path / "out"
    dataset.export(study, out)
    (out / "mynotes").mkdir()
    (out / "mynotes" / "n.txt").write_text("years of work")
    before = files_of(out)
    with pytest.raises(InputError, match=r"out/mynotes/n\.txt is no file of the dataset there"):
        dataset.export(study, out)
    assert files_of(out) == before


def test_a_dataset_without_its_list_of_files_is_not_replaced(tmp_path: Path) -> None:
    study, out = rated_study(tmp_path), tmp_path / "out"
    dataset.export(study, out)
    (out / "hashes.json").write_text("[]")
    before = files_of(out)
    with pytest.raises(InputError, match=".psychdsignore is no file of the dataset there"):
        dataset.export(study, out)
    assert files_of(out) == before


def test_the_dataset_of_another_study_is_not_replaced(tmp_path: Path) -> None:
    dataset.export(rated_study(tmp_path), tmp_path / "out")
    before = files_of(tmp_path / "out")
    with pytest.raises(InputError, match="out holds the dataset of the study small; name another folder"):
        dataset.export(make_study(tmp_path, slug="other"), tmp_path / "out")
    assert files_of(tmp_path / "out") == before


@pytest.mark.parametrize("content", ["5", "[]", '{"mukulen": 5}', "no json", '{"name": "a dataset of another tool"}'])
def test_a_description_of_anything_else_makes_no_dataset(tmp_path: Path, content: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "dataset_description.json").write_text(content)
    with pytest.raises(InputError, match="exists and is no dataset"):
        dataset.export(make_study(tmp_path), tmp_path / "out")


def test_a_failed_export_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = rated_study(tmp_path)

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(folder, "_write_hashes", full)
    before = set(tmp_path.iterdir())
    with pytest.raises(OSError, match="disk full"):
        dataset.export(study, tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


def test_the_command_names_a_study_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no study 'daur'; there are: none yet"):
        call_command("export_dataset", "daur", out=tmp_path / "out")


def test_exporting_takes_as_many_queries_for_many_answers_as_for_few(tmp_path: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    study = rated_study(tmp_path)
    with CaptureQueriesContext(connection) as few:
        dataset.export(study, tmp_path / "out")
    rate_all(study.experts.select_related("study", "slot").get(code="e02"))
    with CaptureQueriesContext(connection) as many:
        dataset.export(study, tmp_path / "out")
    assert len(many) <= len(few) + 1
