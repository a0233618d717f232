from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from generation import melody
from generation.melody import HOLD, REST, STEPS, Note

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
