"""Files before a pack is made of them: what they are, and why some cannot be used."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from generation.pack.survey import HEIGHT, survey
from generation.waveform import BARS, waveform
from tests.generation.songs import walk, write_song
from tests.generation.test_pack_folder import hum, record


def test_files_are_listed_with_what_they_are(tmp_path: Path) -> None:
    record(tmp_path / "a" / "one.wav", np.stack([hum(3), hum(3, 440)], axis=1))
    record(tmp_path / "a" / "short.wav", hum(0.4))
    write_song(tmp_path / "b" / "tune.mid", walk(16))
    (tmp_path / ".DS_Store").write_bytes(b"")
    found = {each.file: each for each in survey(tmp_path)}
    assert list(found) == ["a/one.wav", "a/short.wav", "b/tune.mid"]
    one = found["a/one.wav"]
    assert (one.seconds, one.channels, one.reason) == (3.0, 2, None)
    assert one.lufs == pytest.approx(-15, abs=4)
    assert (len(one.waveform), max(one.waveform)) == (BARS, HEIGHT)
    assert str(found["a/short.wav"].reason).startswith("it lasts 0.40 s")
    assert found["b/tune.mid"].channels == 1


def test_waveform_follows_the_loudness_over_time(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", np.concatenate([0.1 * hum(2), hum(2)]))
    (found,) = survey(tmp_path)
    assert max(found.waveform[: BARS // 2 - 1]) < HEIGHT / 5
    assert min(found.waveform[BARS // 2 + 1 : -1]) > HEIGHT / 5


def test_waveform_in_characters_has_one_length_and_one_highest_bar() -> None:
    rising = np.linspace(0, 0.3, 1_000)
    drawn = waveform(np.stack([rising, -rising], axis=1))
    assert (len(drawn), drawn[0], drawn[-1], drawn) == (BARS, "0", "z", "".join(sorted(drawn)))
    assert waveform(np.zeros(1_000)) == BARS * "0"


def test_archives_are_unpacked_where_they_are(tmp_path: Path) -> None:
    record(tmp_path / "inside" / "x" / "1.wav", hum(1.2))
    folder = tmp_path / "folder"
    folder.mkdir()
    with zipfile.ZipFile(folder / "all.zip", "w") as packed:
        packed.write(tmp_path / "inside" / "x" / "1.wav", "clips/x/1.wav")
    call_command("survey_files", str(folder), "--out", str(tmp_path / "found.json"))
    (row,) = json.loads((tmp_path / "found.json").read_text())
    assert (row["file"], row["seconds"], row["reason"]) == ("x/1.wav", 1.2, None)
    assert not (folder / "all.zip").exists()
