"""Metrics of one clip, computed for batches of clips.

The grid is fixed: 20 beats, 5 bars. MusPy 0.5.0 (Dong et al., ISMIR 2020) has the same formulas, but takes the
length from the last note, adds an empty bar after a piece that ends on a barline and lets a note that ends on a
beat fill the next beat; docs/methods.md says how far its figures differ.

Tokens are legal, as melody.check_tokens has it. Steps are handled as bits of whole words: a training log measures
hundreds of samples every few steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generation.melody import BARS, PITCHES, REST, STEPS, STEPS_PER_BAR, STEPS_PER_BEAT, Tokens

Values = NDArray[np.float64]
BEATS = STEPS // STEPS_PER_BEAT
WORD = 64


def notes(tokens: Tokens) -> Values:
    """Count the notes of each clip.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
    """
    return np.asarray(np.count_nonzero(tokens < PITCHES, axis=1), dtype=np.float64)


def rests(tokens: Tokens) -> Values:
    """Count the rests of each clip: maximal runs of silent steps.

    Silence before the first note, between notes and after the last note counts.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
    """
    silent = tokens == REST
    starts = silent & ~np.pad(silent, ((0, 0), (1, 0)))[:, :-1]
    return np.asarray(np.count_nonzero(starts, axis=1), dtype=np.float64)


def with_rests(tokens: Tokens) -> Values:
    """Mark the clips that have a silent step.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        1 where the clip has a silent step, else 0. Its mean is the share of clips with rests.
    """
    return np.asarray((tokens == REST).any(axis=1), dtype=np.float64)


def upc(tokens: Tokens) -> Values:
    """Count the different MIDI pitches of each clip (UPC, used pitches).

    This is the UPC of Zhang (2025) by its size (8.4-9.35 per clip), and ``muspy.n_pitches_used``.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        0 for a clip without notes.
    """
    return _different(tokens)


def upc_bar(tokens: Tokens) -> Values:
    """Compute the mean number of different MIDI pitches that begin in a bar.

    This is UPC as Zhang (2025) words it. MuseGAN (Dong et al., AAAI 2018) counts pitch classes instead.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        Mean over the five bars; a bar in which no note begins counts 0.
    """
    bars = tokens.reshape(len(tokens) * BARS, STEPS_PER_BAR)
    return np.asarray(_different(bars).reshape(len(tokens), BARS).mean(axis=1), dtype=np.float64)


def gc(tokens: Tokens) -> Values:
    """Compute groove consistency: how alike the onsets of neighbouring bars are.

    GC = 1 - mean over i = 1..4 of d(G_i, G_i+1), where G_i holds the 16 onset bits of bar i and d is the share of
    bits that differ (Wu & Yang, ISMIR 2020; ``muspy.groove_consistency`` with ``measure_resolution=16``).

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        From 0 to 1; NaN if no note begins in the clip.
    """
    onsets = np.ascontiguousarray(tokens < PITCHES)
    bars = np.packbits(onsets).view(np.uint16).reshape(len(tokens), BARS)
    differences = (bars[:, :-1] ^ bars[:, 1:]).view(np.uint64)[:, 0]
    consistency = 1.0 - np.bitwise_count(differences) / ((BARS - 1) * STEPS_PER_BAR)
    consistency[(differences | bars[:, 0]) == 0] = np.nan
    return consistency


def ebr(tokens: Tokens) -> Values:
    """Compute the empty-beat rate: the share of beats in which nothing sounds.

    ``muspy.empty_beat_rate`` (Pypianoroll; Dong et al., ISMIR 2018), except that a note that ends on a beat does not
    fill the next one.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        Share of the 20 beats, from 0 to 1; 1 for a clip without notes.
    """
    return 1.0 - _beats_with(tokens != REST) / BEATS


def ebr_onset(tokens: Tokens) -> Values:
    """Compute the share of beats in which no note begins.

    This is the EBR of Zhang (2025) by its size (0.11-0.25): held notes fill nearly every beat of a sung melody.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        Share of the 20 beats, from 0 to 1; 1 for a clip without notes.
    """
    return 1.0 - _beats_with(tokens < PITCHES) / BEATS


def known_mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    """Average the values that are not NaN.

    Parameters
    ----------
    values : float64 or bool array

    Returns
    -------
    float
        NaN if every value is NaN or there is none.
    """
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _different(tokens: Tokens) -> Values:
    """How many different pitches each row has: a bit for each pitch, as many words as the batch's range needs."""
    count = np.zeros(len(tokens))
    lowest = int(tokens.min(initial=PITCHES))
    for first in range(lowest, PITCHES, WORD):
        # What lies below the first pitch of the word wraps round, and shifts beyond 63 leave no bit.
        bits = (tokens.astype(np.uint8) - np.uint8(first)).astype(np.uint64)
        np.left_shift(np.uint64(1), bits, out=bits)
        pitches = np.uint64((1 << min(WORD, PITCHES - first)) - 1)
        count += np.bitwise_count(np.bitwise_or.reduce(bits, axis=1) & pitches)
    return count


def _beats_with(steps: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """In how many of the 20 beats some step is true: four steps are one 32-bit word, and so are four beats."""
    beats = np.ascontiguousarray(steps).view(np.uint32) != 0
    four_beats = np.bitwise_count(beats.view(np.uint32))
    return np.asarray(four_beats @ np.ones(BEATS // 4, dtype=np.uint8))
