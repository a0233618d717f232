"""The same dataset as a zip, as CSV for Excel, as a workbook and as an SPSS file."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from uuid import uuid4

import openpyxl
import pyreadstat
import pytest
from django.core.management import CommandError, call_command

from study import clock, dataset, services
from study.dataset import file_formats
from study.models import Study
from tests.factories import context_of, make_expert, make_study, study_toml, trials_of
from tests.study.test_dataset import LONG, WIDE, files_of, rated_study, rows, unseal

pytestmark = pytest.mark.django_db

#: A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def made(study: Study, form: str, language: str = "en") -> bytes:
    target = io.BytesIO()
    file_formats.write(study, form, target, language)
    return target.getvalue()


def test_the_zip_holds_the_folder_to_the_byte_and_is_the_same_each_time(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    dataset.export(study, tmp_path / "dataset-small")
    archive = made(study, "zip")
    zipfile.ZipFile(io.BytesIO(archive)).extractall(tmp_path / "unpacked")
    packed = {path.relative_to(tmp_path / "unpacked"): text for path, text in files_of(tmp_path / "unpacked").items()}
    folder = {path.relative_to(tmp_path): text for path, text in files_of(tmp_path / "dataset-small").items()}
    assert packed == folder
    assert made(study, "zip") == archive


def test_excels_csv_has_a_byte_order_mark_and_the_same_cells(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    dataset.export(study, tmp_path / "out")
    archive = zipfile.ZipFile(io.BytesIO(made(study, "excel-csv")))
    assert Path(LONG).name in archive.namelist()
    for name in archive.namelist():
        content = archive.read(name)
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\n") == content.count(b"\r\n")
        (path,) = (tmp_path / "out").rglob(name)
        assert list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))) == rows(path)


def test_the_workbook_has_a_sheet_a_table_with_numbers_as_numbers_and_no_formula(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    expert = study.experts.get(code="e02")
    services.save_remark(
        context_of(expert, trials_of(expert)[0]),
        known=True,
        comment='=HYPERLINK("x")',
        revision=1,
        client_uuid=uuid4(),
        given_at=clock.now(),
    )
    unseal(study)
    book = openpyxl.load_workbook(io.BytesIO(made(study, "xlsx")))
    assert book.sheetnames == [
        *("ratings", "ratings-wide", "remarks", "experts", "wordings", "clips", "metrics", "codebook"),
    ]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    header, first, *_ = book["ratings"].iter_rows(values_only=True)
    assert dict(zip(header, first, strict=True))["rating"] == 3
    header, first = book["remarks"].iter_rows(values_only=True)
    assert dict(zip(header, first, strict=True))["comment"] == '\'=HYPERLINK("x")'


@pytest.mark.parametrize(
    ("language", "label", "end"), [("en", "valence", "least"), ("zh-hans", "valence（中）", "least（中）")]
)
def test_the_spss_file_has_labels_of_variables_and_values(tmp_path: Path, language: str, label: str, end: str) -> None:
    study = rated_study(tmp_path)
    dataset.export(study, tmp_path / "out")
    (tmp_path / "ratings.sav").write_bytes(made(study, "sav", language))
    frame, meta = pyreadstat.read_sav(tmp_path / "ratings.sav")
    table = rows(tmp_path / "out" / WIDE)
    assert list(frame.columns) == list(table[0])
    assert [str(value) for value in frame["expert_id"]] == [row["expert_id"] for row in table]
    assert list(frame["valence"].astype(int).astype(str)) == [row["valence"] for row in table]
    assert frame["overall"].isna().tolist() == [row["overall"] == "" for row in table]
    assert meta.column_names_to_labels["valence"] == label
    assert meta.variable_value_labels["valence"][1.0] == end
    assert meta.variable_measure["valence"] == "ordinal"
    assert list(meta.variable_value_labels["group"].values()) == [{"en": "all", "zh-hans": "all（中）"}[language]]


def test_an_empty_study_a_long_text_and_a_word_of_spss_do_no_harm(tmp_path: Path) -> None:
    text = study_toml(scales=("all", "overall")).replace("What it means", "很" * 400).replace("least", "很" * 200)
    study = make_study(tmp_path, text=text)
    (tmp_path / "empty.sav").write_bytes(made(study, "sav", "zh-hans"))
    frame, meta = pyreadstat.read_sav(tmp_path / "empty.sav")
    assert (len(frame), "all_" in meta.column_names) == (0, True)
    assert len(made(study, "xlsx")) > 0


def test_word_of_spss_gets_a_name_that_no_other_scale_has(tmp_path: Path) -> None:
    study = make_study(tmp_path, scales=("to", "to_", "overall"))
    (tmp_path / "ratings.sav").write_bytes(made(study, "sav"))
    frame, meta = pyreadstat.read_sav(tmp_path / "ratings.sav")
    assert list(frame.columns)[-3:] == ["to__", "to_", "overall"]
    assert set(meta.column_names_to_labels) == set(frame.columns)


def test_no_text_in_any_table_can_be_taken_for_a_formula_and_no_number_is_touched(tmp_path: Path) -> None:
    text = study_toml().replace('key = "years"\nkind = "number"', 'key = "instrument"\nkind = "text"')
    text = text.replace('"What it means"', '"-what it means"')
    study = make_study(tmp_path, text=text)
    services.save_background(make_expert(study), answers={"device": "speakers", "instrument": "@SUM(1)"})
    clip = study.clips.filter(role="study").first()
    assert clip is not None
    clip.metrics = {"upc": "-5.5", "=cmd": "=1+1"}
    clip.pack_entry = {**clip.pack_entry, "lufs": -23.5, "true_peak_dbtp": "=1+1"}
    clip.save()
    unseal(study)
    dataset.export(study, tmp_path / "out")
    cells = [cell for path in (tmp_path / "out").rglob("*.csv") for row in csv.reader(path.open()) for cell in row]
    risky = {cell for cell in cells if cell.lstrip(" ").startswith(FORMULA)}
    assert risky == {"-5.5", "-23.0", "-23.5", "-3.0"}
    assert {"'@SUM(1)", "'-what it means", "'=1+1", "'=cmd"} <= set(cells)


def test_the_command_writes_each_form_and_no_file_that_is_there_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = rated_study(tmp_path)
    call_command("export_dataset", study.slug, out=tmp_path / "new" / "small.zip", form="zip")
    assert "dataset-small/hashes.json" in zipfile.ZipFile(tmp_path / "new" / "small.zip").namelist()
    printed = capsys.readouterr()
    assert f"Dataset in {tmp_path / 'new' / 'small.zip'}." in printed.out
    assert "Group all has 2 experts, fewer than 5" in printed.err
    before = files_of(tmp_path / "new")
    with pytest.raises(CommandError, match=r"small\.zip exists already; name a new file"):
        call_command("export_dataset", study.slug, out=tmp_path / "new" / "small.zip", form="sav")
    assert files_of(tmp_path / "new") == before
