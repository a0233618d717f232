"""The estimate of a pickup where a file has no barlines."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.core.management import call_command

from generation.corpus import windows
from generation.intake.pickups import estimate_pickup
from generation.intake.reading import Metre
from generation.intake.songs import Song, assess_song
from generation.melody import Note
from tests.generation.songs import write_song

#: A bar of 4/4 as start, length and pitch in beats.
BAR = [(0.0, 1.5, 60), (1.5, 0.5, 62), (2.0, 1.0, 64), (3.0, 0.5, 62), (3.5, 0.5, 60)]


def tune(pickup: float, bars: int = 8) -> list[tuple[float, float, int]]:
    """Bars after a note that leads to them."""
    led = [(0.0, pickup, 55)] if pickup else []
    return led + [(pickup + 4 * bar + start, length, pitch) for bar in range(bars) for start, length, pitch in BAR]


@pytest.mark.parametrize("pickup", [0, 0.5, 1, 3])
def test_a_pickup_is_estimated_from_where_long_notes_begin(tmp_path: Path, pickup: float) -> None:
    path = write_song(tmp_path / "song.mid", tune(pickup), metre=(4, 4))
    found = assess_song(Song("song", path, ""))
    assert (found.pickup_steps, found.bars, found.pickup_estimate) == (0, "time zero", 4 * pickup)
    shifted = assess_song(Song("song", path, ""), estimate=True)
    assert (shifted.pickup_steps, shifted.bars) == (4 * pickup, "estimate" if pickup else "time zero")
    plain = assess_song(Song("plain", write_song(tmp_path / "plain.mid", tune(0), metre=(4, 4)), ""))
    assert windows(shifted)[0].tokens.tolist() == windows(plain)[0].tokens.tolist()


def test_equal_notes_suggest_no_pickup() -> None:
    assert estimate_pickup([Note(2 * step, 2, 60) for step in range(66)], Metre(4, 4)) == 0
    assert estimate_pickup([], Metre(4, 4)) == 0


def test_a_shorter_bar_is_looked_through_once() -> None:
    notes = [Note(4 + 8 * bar + start, length, 60) for bar in range(10) for start, length in ((0, 6), (6, 2))]
    assert estimate_pickup([Note(0, 4, 55), *notes], Metre(2, 4)) == 4


def test_the_report_offers_the_estimate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        notes = [(start, length, pitch + number) for start, length, pitch in tune(1)]
        write_song(tmp_path / "songs" / f"{number}.mid", notes, metre=(4, 4))
    arguments = ("prepare_corpus", "--source", str(tmp_path / "songs"), "--out", str(tmp_path / "corpus.npz"))
    call_command(*arguments)
    assert "suggest a pickup (column pickup_estimate; --pickup estimate): 12" in capsys.readouterr().out
    with (tmp_path / "corpus.report.csv").open(encoding="utf-8") as file:
        assert {row["pickup_estimate"] for row in csv.DictReader(file)} == {"4"}
    call_command(*arguments, "--pickup", "estimate")
    assert "with a pickup, cut from the first downbeat: 12" in capsys.readouterr().out
