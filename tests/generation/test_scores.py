"""Songs from MusicXML, ABC and **kern, with their bars."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from formats.errors import InputError
from generation import melody
from generation.corpus import windows
from generation.intake.reading import Metre, RawNote
from generation.intake.scores import read_score
from generation.intake.songs import Song, SongAssessment, assess_song
from tests.generation.songs import walk, write_song

#: An eighth before the first barline, then six bars and a tied note, with a grace note and a chord symbol.
ABC = """X:1
T:A tune
M:4/4
L:1/8
K:C
G|"C"c2 e2 g2 e2|d2 {e}f2 a2 f2|c2 e2 g2 e2|d2 f2 a2 f2|c2 e2 g2 e2|c8-|c7|]
"""
KERN = "**kern\n*M4/4\n*k[]\n8G\n=1\n" + "".join(
    f"4{a}\n4{b}\n4{c}\n4{b}\n={bar}\n" for bar, (a, b, c) in enumerate([("c", "e", "g"), ("d", "f", "a")] * 3, start=2)
)
XML_NOTE = "<note><pitch><step>{}</step><octave>4</octave></pitch><duration>{}</duration></note>"
XML_HEAD = (
    '<?xml version="1.0"?><score-partwise version="3.1"><part-list><score-part id="P1"><part-name>Voice</part-name>'
    '</score-part></part-list><part id="P1"><measure number="0" implicit="yes"><attributes><divisions>2</divisions>'
    "<key><fifths>0</fifths></key><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
)
MUSICXML = (
    XML_HEAD
    + XML_NOTE.format("G", 1)
    + "</measure>"
    + "".join(
        f'<measure number="{bar}">{"".join(XML_NOTE.format(step, 2) for step in ("DFAF", "CEGE")[bar % 2])}</measure>'
        for bar in range(1, 7)
    )
    + "</part></score-partwise>"
)
SCORES = {"song.abc": ABC, "song.krn": KERN + "*-\n", "song.musicxml": MUSICXML}


def song(path: Path, text: str | None = None, option: str | None = None) -> SongAssessment:
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return assess_song(Song(path.stem, path, ""), option)


@pytest.mark.parametrize("name", SCORES)
def test_scores_are_cut_from_their_first_barline(tmp_path: Path, name: str) -> None:
    found = song(tmp_path / name, SCORES[name])
    assert (found.reason, found.pickup_steps, found.bars, found.metre) == ("", 2, "barlines", "4/4")
    assert found.notes[0].start == -2
    first = windows(found)[0].tokens
    octave = 12 if name == "song.abc" else 0
    assert first[:8:4].tolist() == [60 + octave - melody.LOWEST, 64 + octave - melody.LOWEST]
    assert (first[::4] < melody.REST).sum() >= 19


def test_an_abc_tune_is_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text(ABC, encoding="utf-8")
    found = read_score(tmp_path / "a.abc")
    assert found.metres == [Metre(4, 4)]
    assert found.notes[:2] == [RawNote(0, 0.5, 67), RawNote(0.5, 1, 72)]
    assert found.notes[-1] == RawNote(20.5, 7.5, 72)
    assert len(found.notes) == 1 + 20 + 1


def test_a_kern_file_of_two_parts_needs_a_choice(tmp_path: Path) -> None:
    lines = "".join(f"4{low}\t4{high}\n" for low, high in zip("CDEF" * 6, "cdef" * 6, strict=True))
    text = "**kern\t**kern\n*M4/4\t*M4/4\n" + lines + "*-\t*-\n"
    assert song(tmp_path / "two.krn", text).reason == "polyphonic"
    assert song(tmp_path / "two.krn", option="skyline").reason == ""
    assert song(tmp_path / "two.krn", option="track").notes[0].pitch == 60


def test_what_is_no_song_is_named(tmp_path: Path) -> None:
    assert song(tmp_path / "two.abc", ABC + "\n" + ABC.replace("X:1", "X:2")).reason == "several tunes"
    assert song(tmp_path / "torn.musicxml", "<score-partwise>").reason == "unreadable"
    with pytest.raises(InputError, match=r"torn\.musicxml is not a readable score"):
        read_score(tmp_path / "torn.musicxml")


def test_without_music21_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "music21.converter", None)
    assert song(tmp_path / "a.abc", ABC).reason == "a score, and music21 is not installed"
    with pytest.raises(InputError, match="pip install -r requirements-scores.txt"):
        read_score(tmp_path / "a.abc")


def test_scores_and_midi_files_become_one_corpus(tmp_path: Path) -> None:
    for number in range(12):
        write_song(tmp_path / "songs" / f"{number}.mid", walk(60, seed=number))
    write_song(tmp_path / "songs" / "same.mid", walk(60, seed=99))
    (tmp_path / "songs" / "same.abc").write_text(ABC, encoding="utf-8")
    call_command("prepare_corpus", source=str(tmp_path / "songs"), out=tmp_path / "corpus.npz")
    with (tmp_path / "corpus.report.csv").open(encoding="utf-8") as file:
        report = {row["song"]: row for row in csv.DictReader(file)}
    assert (report["same.abc"]["bars"], report["same.abc"]["used"]) == ("barlines", "1")
    assert (report["same.mid"]["bars"], report["0"]["bars"]) == ("time zero", "time zero")
