from __future__ import annotations

from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from formats.errors import InputError
from generation import melody
from generation.melody import HOLD, REST, STEPS, Note
from tests.generation.songs import walk, write_song

any_tokens = hnp.arrays(np.int8, st.tuples(st.integers(0, 4), st.just(STEPS)), elements=st.integers(0, 89)).map(
    melody.legal
)


@given(any_tokens)
def test_tokens_survive_the_matrix(tokens: melody.Tokens) -> None:
    assert np.array_equal(melody.matrix_to_tokens(melody.tokens_to_matrix(tokens)), tokens)


@given(any_tokens)
def test_tokens_survive_a_list_of_notes(tokens: melody.Tokens) -> None:
    assert np.array_equal(melody.notes_to_tokens(melody.tokens_to_notes(tokens)), tokens)


@settings(max_examples=30, deadline=None)
@given(any_tokens)
def test_tokens_survive_midi(tokens: melody.Tokens) -> None:
    assert np.array_equal(melody.from_pretty_midi(melody.to_pretty_midi(tokens)), tokens)


@given(any_tokens)
def test_a_matrix_has_two_ones_at_an_onset_one_in_a_held_note_and_none_in_a_rest(tokens: melody.Tokens) -> None:
    ones = melody.tokens_to_matrix(tokens).sum(axis=1)
    silent = melody.sounding(tokens) < 0
    assert np.array_equal(ones == 2, tokens < REST)
    assert np.array_equal(ones == 0, silent)


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [(0, 0, "Two pitches"), (88, 4, "onset without a pitch"), (40, 4, "starts or changes")],
)
def test_a_matrix_that_is_no_melody_is_refused(row: int, column: int, message: str) -> None:
    tokens = np.full((1, STEPS), REST, dtype=np.int8)
    tokens[0, :2] = [39, HOLD]
    matrix = melody.tokens_to_matrix(tokens)
    matrix[0, row, column] = 1
    with pytest.raises(ValueError, match=message):
        melody.matrix_to_tokens(matrix)


def test_a_hold_that_holds_nothing_is_refused_and_can_be_made_a_rest() -> None:
    tokens = np.full((1, STEPS), HOLD, dtype=np.int8)
    with pytest.raises(ValueError, match="hold needs"):
        melody.check_tokens(tokens)
    assert (melody.legal(tokens) == REST).all()


def test_a_note_ends_where_the_next_begins_and_where_the_clip_ends() -> None:
    tokens = melody.notes_to_tokens([[Note(0, 8, 60), Note(4, 100, 62), Note(90, 2, 64)]])
    assert melody.tokens_to_notes(tokens) == [[Note(0, 4, 60), Note(4, 76, 62)]]


@pytest.mark.parametrize("tempo", [90.0, 100.0, 133.0])
def test_a_file_is_read_in_beats_whatever_its_tempo(tmp_path: Path, tempo: float) -> None:
    notes = walk(20)
    reading = melody.read_midi(write_song(tmp_path / "song.mid", notes, tempo=tempo))
    grid = melody.on_grid(reading.notes)
    assert [(note.start / 4, note.length / 4, note.pitch) for note in grid] == notes
    again = melody.from_pretty_midi([pretty_midi.PrettyMIDI(str(tmp_path / "song.mid"))])
    assert np.array_equal(again, melody.notes_to_tokens([grid]))


def test_metre_and_key_are_read(tmp_path: Path) -> None:
    reading = melody.read_midi(write_song(tmp_path / "song.mid", walk(4), metre=(3, 4), key="D major"))
    assert (reading.metres, reading.fifths, reading.beats) == ([(3, 4)], 2, 4.0)


def test_of_two_notes_on_one_step_the_longer_is_kept() -> None:
    grid = melody.on_grid([melody.RawNote(0.0, 0.1, 60), melody.RawNote(0.1, 0.9, 62)])
    assert grid == [Note(0, 4, 62)]


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "torn.mid"
    path.write_bytes(b"MThd\0\0\0\6")
    with pytest.raises(InputError, match=r"torn\.mid is not a readable MIDI file"):
        melody.read_midi(path)
