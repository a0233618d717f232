"""Whatever somebody hands in, it is read or refused in one plain sentence: never a traceback, a 500 or half a file.

Each reader gets a sound file and thousands of damaged ones. FUZZ says how many (the suite: 25; `make fuzz`: 10,000).
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import soundfile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import analysis.data.imports
import analysis.data.ratings
from analysis.data.given import Given
from formats import study_file
from formats.errors import InputError
from formats.files import read_table
from formats.pack import read_manifest, read_pack
from generation import audio
from generation.intake import reading, voices
from generation.pack import recordings
from study import backup
from study.models import Expert, Listening, Rating, Remark, Trial
from study.models import Study as StudyRow
from study.services.invitations import read_experts
from tests.analysis.test_imports import SAMPLES, TOOLS
from tests.factories import hear, make_pack, study_toml
from tests.generation.songs import walk, write_song
from tests.study.test_room_saves import put, rating_body

CASES = int(os.environ.get("FUZZ", "25"))
many = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=CASES < 1000,
    suppress_health_check=list(HealthCheck),
)
#: What a hand or a program may leave in a file in place of what belongs there.
NASTY = [
    b"",
    b"\0",
    b"-1",
    b"0",
    b"1e999",
    b"NaN",
    b"null",
    b"true",
    b'"',
    b"'",
    b",",
    b"\n",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
]
NASTY += [
    b"[" * 3000,
    b"{" * 3000,
    b"9" * 5000,
    "五".encode(),
    b"../../x",
    b"=1+1",
    b"\xed\xa0\x80",
    b"\r",
    b"a" * 70000,
]

#: In which spreadsheets save a table.
ENCODINGS = ["utf-8", "utf-16", "gb18030"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@st.composite
def damaged(draw: st.DrawFn, sound: bytes) -> bytes:
    """A file after one to four accidents: bytes changed, cut out, put in, doubled, or the end missing."""
    data = bytearray(sound)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["change", "nasty", "double", "cut", "bit"]))
        if kind == "change":
            data[start:end] = draw(st.binary(max_size=40))
        elif kind == "nasty":
            data[start:end] = draw(st.sampled_from(NASTY))
        elif kind == "double":
            data[start:start] = data[start:end] * draw(st.integers(1, 20))
        elif kind == "cut":
            del data[start:]
        elif start < len(data):
            data[start] ^= 1 << draw(st.integers(0, 7))
    return bytes(data)


def read_or_refused(read: Callable[[], object], folder: Path) -> None:
    """Reads; a refusal must be a sentence, and leave nothing beside what was there."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    sentence = "nothing to refuse"
    try:
        read()
    except InputError as refusal:
        sentence = str(refusal)
    assert len(sentence) > 15
    assert "Traceback" not in sentence
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def fuzz_file(path: Path, read: Callable[[Path], object]) -> None:
    """Damages the file again and again and has it read."""
    sound = path.read_bytes()
    read(path)

    @many
    @given(damaged(sound))
    def check(data: bytes) -> None:
        path.write_bytes(data)
        read_or_refused(lambda: read(path), path.parent)

    check()


def ratings_csv(path: Path, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["expert_id", "system", "clip_id", "scale", "rating"])
        for expert in ("敖登", "w2", "w3"):
            for clip, system in (("a1", "real"), ("b1", "midi-gan"), ("b2", "midi-gan")):
                writer.writerow([expert, system, clip, "overall", 1 + len(clip + expert) % 5])


def wave(path: Path, format: str) -> None:
    times = np.arange(12 * 8000) / 8000
    file = io.BytesIO()
    soundfile.write(file, 0.2 * np.sin(600 * times), 8000, format=format)
    path.write_bytes(file.getvalue())


def test_a_study_file_that_is_damaged_is_read_or_refused(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(study_toml(), encoding="utf-8")
    fuzz_file(tmp_path / "study.toml", study_file.read)


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_list_of_experts_that_is_damaged_is_read_or_refused(tmp_path: Path, study: StudyRow, encoding: str) -> None:
    text = "code,group,language,name\nw01,all,zh-hans,敖登\nw02,all,en,Ada\n"
    (tmp_path / "experts.csv").write_text(text, encoding=encoding)
    fuzz_file(tmp_path / "experts.csv", lambda path: read_experts(study, read_table(path)[0]))
    assert not study.experts.exists()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_table_of_ratings_that_is_damaged_is_read_or_refused(tmp_path: Path, encoding: str) -> None:
    ratings_csv(tmp_path / "ratings.csv", encoding)
    fuzz_file(tmp_path / "ratings.csv", analysis.data.ratings.read)


@pytest.mark.parametrize("name", TOOLS)
def test_damaged_file_of_another_tool_is_read_or_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes((SAMPLES / name).read_bytes())
    fuzz_file(path, lambda file: analysis.data.imports.read(file, Given(tool=TOOLS[name])))


@pytest.mark.parametrize("ending", ["xlsx", "sav"])
def test_workbook_or_spss_file_that_is_damaged_is_read_or_refused(tmp_path: Path, ending: str) -> None:
    ratings_csv(tmp_path / "ratings.csv", "utf-8")
    frame, path = pd.read_csv(tmp_path / "ratings.csv"), tmp_path / f"ratings.{ending}"
    if ending == "xlsx":
        frame.to_excel(path, index=False)
    else:
        pyreadstat.write_sav(frame, str(path))
    fuzz_file(path, analysis.data.ratings.read)


@pytest.mark.parametrize("read", [read_pack, read_manifest], ids=["study", "generation"])
def test_a_packs_manifest_that_is_damaged_is_read_or_refused(tmp_path: Path, read: Callable[[Path], object]) -> None:
    pack = make_pack(tmp_path / "pack", clips=1)
    fuzz_file(pack / "manifest.json", lambda path: read(path.parent))


@pytest.mark.parametrize("read", [reading.read_midi, voices.read_parts, recordings.read_notes, recordings.read_samples])
def test_a_midi_file_that_is_damaged_is_read_or_refused(tmp_path: Path, read: Callable[[Path], object]) -> None:
    write_song(tmp_path / "song.mid", walk(24))
    fuzz_file(tmp_path / "song.mid", read)


@pytest.mark.parametrize("format", ["WAV", "FLAC", "MP3", "OGG", "AIFF", "CAF"])
def test_a_recording_that_is_damaged_is_read_or_refused(tmp_path: Path, format: str) -> None:
    wave(tmp_path / f"clip.{format.lower()}", format)
    fuzz_file(tmp_path / f"clip.{format.lower()}", recordings.read_samples)


def test_a_clip_that_is_measured_is_read_or_refused(tmp_path: Path) -> None:
    wave(tmp_path / "clip.mp3", "MP3")
    fuzz_file(tmp_path / "clip.mp3", audio.measure_file)


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_is_damaged_is_refused(tmp_path: Path, study: StudyRow) -> None:
    backup.write_backup(tmp_path / "backup.zip")

    def verify(path: Path) -> None:
        with backup.verified(path):
            pass

    fuzz_file(tmp_path / "backup.zip", verify)


def rows_saved() -> int:
    return sum(model._default_manager.count() for model in (Rating, Remark, Listening))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["ratings/overall", "remark", "listening"])
def test_what_a_page_saves_is_stored_or_refused_in_words(
    client: Client, alice: Expert, trial: Trial, kind: str
) -> None:
    hear(alice, trial)
    address = f"/room/t/{trial.token}/{kind}"
    sound = rating_body(known=True, comment="a tune", intervals=[[0, 500]], events=[], language="en")

    @many
    @given(
        damaged(json.dumps(sound).encode())
        | st.dictionaries(st.sampled_from(sorted(sound)), JSON).map(lambda some: json.dumps(sound | some).encode())
        | JSON.map(lambda value: json.dumps(value).encode())
    )
    def check(data: bytes) -> None:
        before = rows_saved()
        reply: Any = put(client, address, data.decode("latin-1"), alice)
        assert rows_saved() - before in ((0, 1) if reply.status_code == 200 else (0,))
        assert reply.status_code == 200 or len(reply.json()["message"]) > 5
        assert reply.status_code < 500

    check()
    for rating in Rating.objects.all():
        assert (rating.scale, rating.trial_id, 1 <= rating.value <= 5) == ("overall", trial.pk, True)
