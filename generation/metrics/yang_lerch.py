"""The nine features of Yang & Lerch (2020).

L.-C. Yang & A. Lerch, "On the evaluation of generative models in music", Neural Computing and Applications 32 (2020).

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
    """Compute the nine features of Yang & Lerch (2020) for each clip.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    dict of str to float64 array
        - ``pitch_count`` (n,): different pitches;
        - ``pitch_class_histogram`` (n, 12): share of the sounding time of each pitch class; NaN without notes;
        - ``pitch_class_transitions`` (n, 12, 12): number of times a note of one class is followed by one of another;
        - ``pitch_range`` (n,): semitones between the lowest and the highest pitch; NaN without notes;
        - ``pitch_shift`` (n,): mean size in semitones of the step from one note to the next;
        - ``note_count`` (n,): notes;
        - ``inter_onset_interval`` (n,): mean time in seconds from one onset to the next;
        - ``note_length_histogram`` (n, 12): share of notes of each length in ``LENGTHS``; NaN without notes;
        - ``note_length_transitions`` (n, 12, 12): number of times a note of one length is followed by one of another.

        Transitions, ``pitch_shift`` and ``inter_onset_interval`` are NaN for clips of fewer than two notes.

    Raises
    ------
    ValueError
        If the tokens are not legal.

    Notes
    -----
    A length that is not in ``LENGTHS`` counts as the nearest: five sixteenths count as a triplet half note.
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
    """Compute the share of the sounding time of each pitch class.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n, 12)
        C first; each row sums to 1, or is NaN for a clip without notes.
    """
    rows = sounding(tokens).astype(np.int64)
    clip, step = np.nonzero(rows >= 0)
    return _shares(_table(clip, (rows[clip, step] + LOWEST) % OCTAVE, len(tokens)))


def pitch_range(tokens: Tokens) -> Values:
    """Compute the semitones between the lowest and the highest pitch.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        NaN for a clip without notes.
    """
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
