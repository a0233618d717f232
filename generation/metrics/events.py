"""The notes of a batch as flat arrays, for metrics that look at notes rather than steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from generation.melody import HOLD, LOWEST, PITCHES, Tokens

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Events:
    """All notes of some pieces in order of piece and time; each array has shape (number of notes,).

    ``piece`` is the piece's number, ``start`` and ``length`` are in steps, ``pitch`` is the MIDI pitch.
    """

    pieces: int
    piece: Integers
    start: Integers
    length: Integers
    pitch: Integers

    @cached_property
    def count(self) -> Integers:
        """Notes of each piece, shape (pieces,)."""
        return np.bincount(self.piece, minlength=self.pieces)

    @cached_property
    def followed(self) -> Integers:
        """The places of the notes that another note of the same piece follows."""
        return np.flatnonzero(self.piece[:-1] == self.piece[1:])

    @property
    def interval(self) -> Integers:
        """Semitones from each followed note up to the next."""
        return np.asarray(np.diff(self.pitch)[self.followed])


def events(tokens: Tokens) -> Events:
    """The notes of a batch of legal tokens (n, steps); each melody is a piece."""
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
