"""The notes of a batch as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from generation.melody import HOLD, LOWEST, PITCHES, Tokens

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Events:
    """The notes of some pieces, in order of piece and time.

    Attributes
    ----------
    pieces : int
        Number of pieces.
    piece, start, length, pitch : int64 arrays of shape (number of notes,)
        Index of the note's piece; onset and length in steps of a sixteenth; MIDI pitch.
    """

    pieces: int
    piece: Integers
    start: Integers
    length: Integers
    pitch: Integers

    @cached_property
    def count(self) -> Integers:
        """Number of notes of each piece, shape (pieces,)."""
        return np.bincount(self.piece, minlength=self.pieces)

    @cached_property
    def followed(self) -> Integers:
        """Indices of the notes that another note of the same piece follows."""
        return np.flatnonzero(self.piece[:-1] == self.piece[1:])

    @property
    def interval(self) -> Integers:
        """Semitones from each note in ``followed`` up to the next note."""
        return np.asarray(np.diff(self.pitch)[self.followed])


def events(tokens: Tokens) -> Events:
    """Extract the notes of a batch of melodies.

    Parameters
    ----------
    tokens : int8 array of shape (n, steps)
        Legal tokens (``melody.check_tokens``); each row is a piece.

    Returns
    -------
    Events
    """
    steps = tokens.shape[1]
    flat = tokens.reshape(-1)
    changes = np.flatnonzero(flat != HOLD)
    lengths = np.diff(changes, append=len(flat))
    is_note = flat[changes] < PITCHES
    places = changes[is_note]
    return Events(
        pieces=len(tokens),
        piece=places // steps,
        start=places % steps,
        length=lengths[is_note],
        pitch=flat[places].astype(np.int64) + LOWEST,
    )
