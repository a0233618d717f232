"""Texts come back from every form of the dataset as they are stored, whichever characters people write."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pandas
import pyreadstat
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from formats.errors import InputError
from formats.text import many_lines, one_line
from study import clock, dataset, services
from study.dataset import file_formats
from study.models import Background, Clip, Remark, Study
from tests.factories import begin, context_of, edit_file, make_expert, make_study, rate_all, study_toml, trials_of
from tests.study.test_dataset import unseal

pytestmark = pytest.mark.django_db

#: What ends a line for one program or another, what spreadsheets pass over or run, and what workbooks escape.
PIECES = ["\r", "\n", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\t", "\x07", "\x1c", "\x7f", "\x9b", "\ufffe"]
PIECES += ["=", "+", "-", "@", "＝", "＠", "'", '"', ",", ";", " ", "\xa0", "\u200b", "\ufeff", "_x000D_", "_x0041_"]
PIECES += ["1", "a", "歌", "𝄞", "NA", "<b>", "#N/A", "{=1}", "http://a.b"]
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
TEXTS = st.lists(st.sampled_from(PIECES) | LETTERS, max_size=30).map("".join)
#: As docs/datasets.md has it: where apostrophes were put, and one of them is to be taken away.
UNDO = re.compile(
    r"(?m)(?<![^;\t\n])'(?='*(?:[^\S\t\n]|[\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff])*[=+\-@＝＋－＠])"
    r"|^'(?='* *\t)"
)


@dataclass
class Stored:
    """A study whose rows hold any text, as those of an older site may, and where it was exported."""

    study: Study
    folder: Path

    def put(self, comment: str, answer: str, words: str) -> None:
        Remark.objects.update(comment=comment)
        Background.objects.update(answers={"device": "speakers", "instrument": answer})
        edit_file(self.study, lambda file: file.update(scales=[worded(row, words) for row in file["scales"]]))
        self.study.save(update_fields=["file"])

    def made(self, form: str) -> bytes:
        target = io.BytesIO()
        file_formats.write(self.study, form, target, "en")
        return target.getvalue()


def worded(scale: dict[str, Any], words: str) -> dict[str, Any]:
    texts = dict.fromkeys(scale["label"], words)
    return {**scale, **dict.fromkeys(("label", "definition", "low", "high"), texts)}


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    text = study_toml(practice=0).replace('key = "years"\nkind = "number"', 'key = "instrument"\nkind = "text"')
    study = make_study(tmp_path, text=text)
    expert = make_expert(study)
    services.save_background(expert, answers={"device": "speakers"})
    save_remark(study, "one")
    unseal(study)
    return Stored(study, tmp_path / "out")


def save_remark(study: Study, comment: str, **more: Any) -> Remark:
    expert = study.experts.get()
    trial = context_of(expert, trials_of(expert)[0])
    given = {"known": True, "revision": 1, "client_uuid": uuid4(), "given_at": clock.now(), **more}
    saved, _created = services.save_remark(trial, comment=comment, **given)
    return saved


def read_by_csv(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content, newline=""), strict=True))


def read_by_pandas(content: str) -> list[dict[str, str]]:
    table = pandas.read_csv(io.StringIO(content, newline=""), dtype=str, keep_default_na=False)
    return [{str(name): str(cell) for name, cell in row.items()} for row in table.to_dict("records")]


def of_workbook(content: bytes) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Each sheet's rows. openpyxl leaves to its users what Excel undoes by itself: `_x005F_` before an escape."""
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        header, *rows = sheet.iter_rows(values_only=True)
        cells = [["" if cell is None else unescape(str(cell)) for cell in row] for row in rows]
        yield f"{sheet.title}.csv", [dict(zip(map(str, header), row, strict=True)) for row in cells]


def tables(stored: Stored) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """(name, rows) of every table of every form but SPSS's, read by every reader."""
    dataset.export(stored.study, stored.folder)
    for path in stored.folder.glob("*.csv"):
        content = path.read_bytes().decode()
        yield path.name, read_by_csv(content)
        yield path.name, read_by_pandas(content)
    for form, encoding in (("zip", "utf-8"), ("excel-csv", "utf-8-sig")):
        archive = zipfile.ZipFile(io.BytesIO(stored.made(form)))
        for name in (name for name in archive.namelist() if name.endswith(".csv")):
            yield Path(name).name, read_by_csv(archive.read(name).decode(encoding))
            yield Path(name).name, read_by_pandas(archive.read(name).decode(encoding))
    yield from of_workbook(stored.made("xlsx"))


def undone(cell: str) -> str:
    return UNDO.sub("", cell)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(comment=TEXTS, answer=TEXTS, words=TEXTS)
@example(comment="a\r=1+1", answer="\x85@x", words="a\u2028b\v\f'=1")
@example(comment="- one\n- two\n", answer="x;=1\t=2", words="_x000D_\t\x07")
@example(comment="null", answer="_x0041_", words="NA")
@example(comment="''=1", answer="'\t-", words=" ' =\n \t")
def test_text_of_any_kind_returns_from_every_form(stored: Stored, comment: str, answer: str, words: str) -> None:
    stored.put(comment, answer, words)
    found = 0
    for name, rows in tables(stored):
        if name == "remarks.csv":
            assert [undone(row["comment"]) for row in rows] == [many_lines(comment)]
        elif name == "experts.csv":
            assert [undone(row["instrument"]) for row in rows] == [many_lines(answer)]
        elif name == "wordings.csv":
            texts = {undone(row[key]) for row in rows for key in ("label", "definition", "low", "high")}
            assert (len(rows), texts) == (4, {many_lines(words)})
        else:
            continue
        found += 1
    assert found == 3 * (2 + 2 * 2 + 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=TEXTS.filter(lambda text: one_line(text).strip()))
def test_words_of_any_kind_label_the_spss_file(stored: Stored, words: str) -> None:
    stored.put("", "", words)
    path = stored.folder.with_suffix(".sav")
    path.write_bytes(stored.made("sav"))
    _frame, meta = pyreadstat.read_sav(path)
    cut = {most: one_line(words).encode()[:most].decode(errors="ignore").rstrip(" ") for most in (255, 120)}
    assert str(meta.column_names_to_labels["valence"]).rstrip(" ") == cut[255]
    assert {label.rstrip(" ") for label in meta.variable_value_labels["valence"].values()} == {cut[120]}


@given(text=TEXTS)
def test_guarded_text_begins_no_cell_or_line_with_formula(text: str) -> None:
    guarded = dataset.escape_formula(many_lines(text))
    assert undone(guarded) == many_lines(text)
    for cell in re.split(r"[;\t\n]", guarded):
        shown = re.sub(r"[\s\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", "", cell)
        assert not shown.startswith((*"=+-@＝＋－＠",))


@given(text=TEXTS)
def test_stored_text_has_one_line_end_and_no_control(text: str) -> None:
    stored = many_lines(text)
    assert stored.splitlines() == stored.removesuffix("\n").split("\n")[: len(stored.splitlines())]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", stored)
    assert many_lines(stored) == stored
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize("end", ["\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_comment_is_stored_with_line_feeds_for_any_line_end(tmp_path: Path, end: str) -> None:
    study, uuid = make_study(tmp_path), uuid4()
    make_expert(study)
    saved = save_remark(study, f"one{end}two\x07", client_uuid=uuid)
    assert saved.comment == "one\ntwo "
    assert save_remark(study, f"one{end}two\x07", client_uuid=uuid).pk == saved.pk


def test_prompts_are_guarded_in_each_table_of_answers(tmp_path: Path) -> None:
    text = study_toml(scales=("overall",)).replace("[design]", '[trial]\nmatch = "prompt"\n[design]', 1)
    study = make_study(tmp_path, text=text)
    expert = make_expert(study)
    begin(expert)
    rate_all(expert)
    for clip in study.clips.filter(role=Clip.Role.STUDY):
        clip.pack_entry["prompt_id"] = f"={clip.prompt_id}"
        clip.save(update_fields=["pack_entry"])
    services.close_study(study, actor="command")
    services.open_seal(study, actor="command")
    dataset.export(study, tmp_path / "out")
    for path in (tmp_path / "out" / "data").iterdir():
        with path.open(encoding="utf-8", newline="") as stream:
            assert {row["prompt_id"][:9] for row in csv.DictReader(stream)} == {"'=prompt-"}


def test_background_answer_is_stored_in_one_line(tmp_path: Path) -> None:
    text = study_toml().replace('key = "years"\nkind = "number"', 'key = "instrument"\nkind = "text"')
    expert = make_expert(make_study(tmp_path, text=text))
    services.save_background(expert, answers={"device": "speakers", "instrument": "\u2028flute\rand\x85drum\x07"})
    assert expert.backgrounds.get().answers["instrument"] == "flute and drum"


def test_text_too_long_for_a_cell_is_refused_in_words(stored: Stored) -> None:
    stored.put("𝄞" * 16_383, "", "x")
    assert dict(of_workbook(stored.made("xlsx")))["remarks.csv"][0]["comment"] == "𝄞" * 16_383
    stored.put("𝄞" * 16_384, "", "x")
    with pytest.raises(InputError, match=r"longer than an Excel cell can contain .*CSV files instead"):
        stored.made("xlsx")


def test_number_of_a_pack_with_line_ends_splits_no_row(stored: Stored) -> None:
    stored.study.clips.update(metrics={"upc": "5.5\r", "a\rb": "one\rtwo"})
    dataset.export(stored.study, stored.folder)
    table = read_by_csv((stored.folder / "metrics.csv").read_bytes().decode())
    assert {(row["upc"], row["a b"]) for row in table} == {("5.5", "one\ntwo")}


def test_log_with_line_separators_in_a_reason_verifies(
    tmp_path: Path, stored: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a reason holds since before it was stored in this way stays in the log, whose hashes count."""
    services.log_event(stored.study, actor="ada", kind="noted", detail={"reason": "one\u2028two\x85three\rfour"})
    dataset.export(stored.study, stored.folder)
    call_command("verify_log", str(stored.folder / "events.jsonl"))
    assert "each as it was written" in capsys.readouterr().out
