"""The representation: five bars of 4/4 on a sixteenth grid, one voice.

Three forms of the same melodies, all in batches, with lossless ways between them:

- *tokens*, int8 ``(n, 80)``: 0-87 is the onset of MIDI pitch 21-108, 88 a rest, 89 a hold;
- *matrix*, float32 ``(n, 89, 80)``: rows 0-87 say which pitch sounds, row 88 marks onsets, so that
  an onset is two ones in its column ("multi-hot", Zhang 2025) and a rest is an empty column;
- *MIDI*: one track at 120 beats a minute, one step of 0.125 s.

A hold continues a sounding note: at step 0 or after a rest it has no meaning and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pretty_midi
from numpy.typing import NDArray

STEPS = 80
STEPS_PER_BEAT = 4
STEPS_PER_BAR = 16
BARS = 5
SECONDS_PER_STEP = 0.125
TEMPO = 120.0
LOWEST, HIGHEST = 21, 108
PITCHES = HIGHEST - LOWEST + 1
REST = PITCHES
HOLD = PITCHES + 1
VOCABULARY = PITCHES + 2
ROWS = PITCHES + 1
ONSET_ROW = PITCHES
#: General MIDI "Ocarina", counted from 0: the study's one instrument (docs/methods.md).
PROGRAM = 79
VELOCITY = 100

Tokens = NDArray[np.int8]
Matrix = NDArray[np.float32]


class Note(NamedTuple):
    """A note on the grid: onset and length in steps, MIDI pitch."""

    start: int
    length: int
    pitch: int


def check_tokens(tokens: Tokens) -> None:
    """Raise ValueError unless the batch has shape (n, 80), known tokens and no hold without a note."""
    if tokens.ndim != 2 or tokens.shape[1] != STEPS:
        raise ValueError(f"Tokens have shape (n, {STEPS}), not {tokens.shape}.")
    if tokens.size and (tokens.min() < 0 or tokens.max() >= VOCABULARY):
        raise ValueError(f"Tokens lie in 0-{VOCABULARY - 1}.")
    if orphan_holds(tokens).any():
        raise ValueError("A hold needs a sounding note before it.")


def orphan_holds(tokens: Tokens) -> NDArray[np.bool_]:
    """Where a hold has no sounding note before it, shape (n, 80): at step 0, or in a run that starts after a rest."""
    orphan = np.zeros(tokens.shape, dtype=bool)
    silent = np.ones(len(tokens), dtype=bool)
    for step in range(tokens.shape[1]):
        hold = tokens[:, step] == HOLD
        orphan[:, step] = hold & silent
        silent = np.where(hold, silent, tokens[:, step] == REST)
    return orphan


def legal(tokens: Tokens) -> Tokens:
    """The same batch with every hold that holds nothing turned into a rest."""
    return np.where(orphan_holds(tokens), np.int8(REST), tokens).astype(np.int8)


def sounding(tokens: Tokens) -> NDArray[np.int16]:
    """The pitch row (0-87) that sounds at each step, -1 in silence, shape (n, 80)."""
    rows = np.full(tokens.shape, -1, dtype=np.int16)
    current = np.full(len(tokens), -1, dtype=np.int16)
    for step in range(tokens.shape[1]):
        column = tokens[:, step].astype(np.int16)
        current = np.where(column < PITCHES, column, np.where(column == REST, -1, current)).astype(np.int16)
        rows[:, step] = current
    return rows


def tokens_to_matrix(tokens: Tokens) -> Matrix:
    """Tokens (n, 80) to matrix (n, 89, 80)."""
    check_tokens(tokens)
    rows = sounding(tokens)
    matrix = np.zeros((len(tokens), ROWS, tokens.shape[1]), dtype=np.float32)
    melody, step = np.nonzero(rows >= 0)
    matrix[melody, rows[melody, step], step] = 1.0
    matrix[:, ONSET_ROW] = tokens < PITCHES
    return matrix


def matrix_to_tokens(matrix: Matrix) -> Tokens:
    """Matrix (n, 89, 80) to tokens (n, 80).

    Raises ValueError where the matrix is no melody: two pitches at once, an onset in silence, or a pitch
    that starts or changes without an onset.
    """
    if matrix.ndim != 3 or matrix.shape[1:] != (ROWS, STEPS):
        raise ValueError(f"Matrices have shape (n, {ROWS}, {STEPS}), not {matrix.shape}.")
    if not np.isin(matrix, (0, 1)).all():
        raise ValueError("A matrix holds only zeros and ones.")
    pitches, onset = matrix[:, :PITCHES], matrix[:, ONSET_ROW] == 1
    voices = pitches.sum(axis=1)
    if (voices > 1).any():
        raise ValueError("Two pitches sound at once.")
    if (onset & (voices == 0)).any():
        raise ValueError("An onset without a pitch.")
    rows = np.where(voices > 0, pitches.argmax(axis=1), -1)
    before = np.concatenate([np.full((len(rows), 1), -1), rows[:, :-1]], axis=1)
    if ((rows >= 0) & (rows != before) & ~onset).any():
        raise ValueError("A pitch starts or changes without an onset.")
    return np.where(rows < 0, REST, np.where(onset, rows, HOLD)).astype(np.int8)


def tokens_to_notes(tokens: Tokens) -> list[list[Note]]:
    """The notes of every melody of a batch, in order of time."""
    check_tokens(tokens)
    melodies = []
    for row in tokens.tolist():
        notes: list[Note] = []
        for step, token in enumerate(row):
            if token < PITCHES:
                notes.append(Note(step, 1, token + LOWEST))
            elif token == HOLD:
                notes[-1] = notes[-1]._replace(length=notes[-1].length + 1)
        melodies.append(notes)
    return melodies


def notes_to_tokens(melodies: Sequence[Sequence[Note]]) -> Tokens:
    """Notes to tokens (n, 80). Notes beyond step 80 are cut; a note ends where the next begins.

    Raises ValueError for a pitch outside 21-108, a length below one step or two onsets in one step.
    """
    tokens = np.full((len(melodies), STEPS), REST, dtype=np.int8)
    for row, notes in zip(tokens, melodies, strict=True):
        previous = -1
        for note in sorted(notes):
            if not LOWEST <= note.pitch <= HIGHEST:
                raise ValueError(f"MIDI pitch {note.pitch} is outside {LOWEST}-{HIGHEST}.")
            if note.length < 1 or note.start < 0:
                raise ValueError("A note starts at step 0 or later and lasts at least one step.")
            if note.start == previous:
                raise ValueError(f"Two notes start at step {note.start}.")
            previous = note.start
            if note.start >= STEPS:
                continue
            row[note.start :] = REST
            row[note.start] = note.pitch - LOWEST
            row[note.start + 1 : note.start + note.length] = HOLD
    return tokens


def to_pretty_midi(tokens: Tokens) -> list[pretty_midi.PrettyMIDI]:
    """One PrettyMIDI a melody: one track, 120 beats a minute, 4/4."""
    files = []
    for notes in tokens_to_notes(tokens):
        midi = pretty_midi.PrettyMIDI(initial_tempo=TEMPO)
        midi.time_signature_changes = [pretty_midi.TimeSignature(4, 4, 0)]
        track = pretty_midi.Instrument(program=PROGRAM)
        track.notes = [
            pretty_midi.Note(
                VELOCITY, note.pitch, note.start * SECONDS_PER_STEP, (note.start + note.length) * SECONDS_PER_STEP
            )
            for note in notes
        ]
        midi.instruments = [track]
        files.append(midi)
    return files


def from_pretty_midi(files: Sequence[pretty_midi.PrettyMIDI]) -> Tokens:
    """PrettyMIDI objects to tokens (n, 80), whatever their tempo: times are rounded on beats, never on seconds.

    Raises ValueError where a file has two notes in one step.
    """
    melodies = []
    for midi in files:
        quarter = midi.resolution
        melodies.append(
            [
                Note(start, max(1, end - start), int(note.pitch))
                for track in midi.instruments
                for note in track.notes
                for start in [round(midi.time_to_tick(note.start) / quarter * STEPS_PER_BEAT)]
                for end in [round(midi.time_to_tick(note.end) / quarter * STEPS_PER_BEAT)]
            ]
        )
    return notes_to_tokens(melodies)
