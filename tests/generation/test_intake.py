from __future__ import annotations

from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from formats.errors import InputError
from generation import melody
from generation.intake import reading
from generation.intake.reading import RawNote
from generation.melody import Note
from tests.generation.songs import walk, write_song


@pytest.mark.parametrize("tempo", [90.0, 100.0, 133.0])
def test_a_file_is_read_in_beats_whatever_its_tempo(tmp_path: Path, tempo: float) -> None:
    notes = walk(20)
    found = reading.read_midi(write_song(tmp_path / "song.mid", notes, tempo=tempo))
    grid = reading.on_grid(found.notes)
    assert [(note.start / 4, note.length / 4, note.pitch) for note in grid] == notes
    again = melody.from_pretty_midi([pretty_midi.PrettyMIDI(str(tmp_path / "song.mid"))])
    assert np.array_equal(again, melody.notes_to_tokens([grid]))


def test_metre_and_key_are_read(tmp_path: Path) -> None:
    found = reading.read_midi(write_song(tmp_path / "song.mid", walk(4), metre=(3, 4), key="D major"))
    assert (found.metres, found.fifths, found.beats) == ([(3, 4)], 2, 4.0)


def test_of_two_notes_on_one_step_the_longer_is_kept() -> None:
    grid = reading.on_grid([RawNote(0.0, 0.1, 60), RawNote(0.1, 0.9, 62)])
    assert grid == [Note(0, 4, 62)]


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "torn.mid"
    path.write_bytes(b"MThd\0\0\0\6")
    with pytest.raises(InputError, match=r"torn\.mid is not a readable MIDI file"):
        reading.read_midi(path)
