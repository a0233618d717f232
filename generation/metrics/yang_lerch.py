"""The nine features of Yang & Lerch (On the evaluation of generative models in music, Neural Computing 2020).

Definitions as in the authors' toolbox mgeval; where it departs from the paper's words, the words stand: every two
successive notes are a transition, also with a rest between them. Which sets of clips lie close together in these
features is for the analysis to say.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generation.melody import LOWEST, PITCHES, SECONDS_PER_STEP, STEPS, STEPS_PER_BAR, Tokens, check_tokens, sounding
from generation.metrics.clips import Values, notes, upc
from generation.metrics.events import Events, Integers, events

OCTAVE = 12
#: The paper's twelve note lengths in 96ths of a bar: whole to sixteenth, the dotted four from the half down, triplets.
LENGTHS = np.array([96, 48, 24, 12, 6, 72, 36, 18, 9, 32, 16, 8])
#: The nearest of them for a length in steps (the first of two that are equally near).
LENGTH_CLASS = np.abs(np.arange(STEPS + 1)[:, None] * (96 // STEPS_PER_BAR) - LENGTHS).argmin(axis=1)


def features(tokens: Tokens) -> dict[str, Values]:
    """The nine features of each of n clips, by name; scalars have shape (n,).

    - ``pitch_count``: different pitches;
    - ``pitch_class_histogram`` (n, 12): share of the sounding time that each pitch class has; NaN without notes;
    - ``pitch_class_transitions`` (n, 12, 12): how often a note of one class is followed by one of another;
    - ``pitch_range``: semitones between the lowest and the highest pitch; NaN without notes;
    - ``pitch_shift``: mean size in semitones of the step from one note to the next;
    - ``note_count``: notes;
    - ``inter_onset_interval``: mean time in seconds from one onset to the next;
    - ``note_length_histogram`` (n, 12): share of the notes that have each length of ``LENGTHS``; NaN without notes;
    - ``note_length_transitions`` (n, 12, 12): how often a note of one length is followed by one of another.

    What needs two notes is NaN for clips with fewer. Five sixteenths count as the triplet half note, the nearest.
    """
    check_tokens(tokens)
    found = events(tokens)
    length = LENGTH_CLASS[found.length]
    return {
        "pitch_count": upc(tokens),
        "pitch_class_histogram": pitch_class_histogram(tokens),
        "pitch_class_transitions": _transitions(found, found.pitch % OCTAVE),
        "pitch_range": pitch_range(tokens),
        "pitch_shift": _mean_of_pairs(found, np.abs(found.interval)),
        "note_count": notes(tokens),
        "inter_onset_interval": _mean_of_pairs(found, np.diff(found.start)[found.followed]) * SECONDS_PER_STEP,
        "note_length_histogram": _shares(_table(found.piece, length, len(tokens))),
        "note_length_transitions": _transitions(found, length),
    }


def pitch_class_histogram(tokens: Tokens) -> Values:
    """Share of the sounding time of each pitch class, shape (n, 12), C first; NaN without notes."""
    rows = sounding(tokens).astype(np.int64)
    clip, step = np.nonzero(rows >= 0)
    return _shares(_table(clip, (rows[clip, step] + LOWEST) % OCTAVE, len(tokens)))


def pitch_range(tokens: Tokens) -> Values:
    """Semitones between the lowest and the highest pitch, shape (n,); NaN without notes."""
    begins = tokens < PITCHES
    highest = np.where(begins, tokens, -1).max(axis=1, initial=-1).astype(np.float64)
    lowest = tokens.min(axis=1, initial=PITCHES)
    return np.where(highest < 0, np.nan, highest - lowest)


def _table(row: Integers, column: Integers, rows: int) -> Values:
    """How often each of twelve columns occurs in each row, shape (rows, 12)."""
    counts = np.bincount(row * OCTAVE + column, minlength=rows * OCTAVE)
    return np.asarray(counts.reshape(rows, OCTAVE), dtype=np.float64)


def _shares(counts: Values) -> Values:
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0))


def _transitions(found: Events, kind: Integers) -> Values:
    """How often a note of one of twelve kinds is followed by one of another, shape (pieces, 12, 12)."""
    here = found.followed
    row = found.piece[here] * OCTAVE + kind[here]
    counts = _table(row, kind[here + 1], found.pieces * OCTAVE).reshape(found.pieces, OCTAVE, OCTAVE)
    counts[found.count < 2] = np.nan
    return counts


def _mean_of_pairs(found: Events, values: NDArray[np.int64]) -> Values:
    """The mean over the successive notes of each piece, shape (pieces,); NaN for fewer than two notes."""
    total = np.bincount(found.piece[found.followed], weights=values, minlength=found.pieces)
    pairs = np.maximum(found.count - 1, 0)
    return np.asarray(np.divide(total, pairs, out=np.full(found.pieces, np.nan), where=pairs > 0))
