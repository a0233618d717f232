"""Metrics of one clip that hear metre and form, computed for batches of clips.

Counts of pitches and of empty beats are blind to both: a melody whose notes begin anywhere, or that never comes back
to anything, can have those of a song.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generation.corpus import Corpus
from generation.melody import BARS, HOLD, LOWEST, PITCHES, STEPS, STEPS_PER_BAR, STEPS_PER_BEAT, Tokens
from generation.metrics.clips import Values
from generation.metrics.events import Events, Integers, events

OCTAVE = 12
#: Steps from which on a note is long: a dotted quarter.
LONG = 6
#: Elements of a repeated run. An element is a note that another follows: the interval to it, and its own length.
RUN = 4


def beat_onsets(tokens: Tokens) -> tuple[Values, Values]:
    """Count the onsets on strong and on weak beats.

    Onsets by place in the bar tell the metre of Western music (Palmer & Krumhansl, JEP: Human Perception and
    Performance 16, 1990).

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    strong, weak : float64 arrays of shape (n,)
        Notes that begin on beats 1 and 3 of a bar, and on beats 2 and 4.
    """
    beats = (tokens[:, ::STEPS_PER_BEAT] < PITCHES).astype(np.float64)
    return beats[:, ::2].sum(axis=1), beats[:, 1::2].sum(axis=1)


def strong_beats(tokens: Tokens) -> Values:
    """Compute the share of onsets on beats that fall on strong beats.

    S / (S + W) with the two counts of ``beat_onsets``.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        From 0 to 1; NaN if no note begins on a beat.
    """
    strong, weak = beat_onsets(tokens)
    return _share(strong, strong + weak)


def strong_weak(tokens: Tokens) -> float:
    """Compute the onsets on strong beats over those on weak ones, in a whole set.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float
        NaN if no note begins on a weak beat.
    """
    strong, weak = (float(count.sum()) for count in beat_onsets(tokens))
    return strong / weak if weak else np.nan


def downbeats(tokens: Tokens) -> Values:
    """Compute the share of bars in which a note begins on the first step.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        Share of the five bars, from 0 to 1.
    """
    return np.asarray((tokens[:, ::STEPS_PER_BAR] < PITCHES).mean(axis=1), dtype=np.float64)


def long_on_bar(tokens: Tokens) -> Values:
    """Compute the share of long notes that end on a barline.

    The definition is ours: folk songs close phrases by long notes that fill their bar.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        Of the notes of six steps or more, the share that ends at a multiple of 16 steps; the clip's end is one. NaN if
        there is no such note.
    """
    found = events(tokens)
    long = found.length >= LONG
    on_bar = long & ((found.start + found.length) % STEPS_PER_BAR == 0)
    return _share(_count(found, on_bar), _count(found, long))


def leaps(tokens: Tokens) -> Values:
    """Compute the share of intervals between notes that exceed an octave.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        From 0 to 1; NaN for fewer than two notes.
    """
    found = events(tokens)
    piece = found.piece[found.followed]
    wide = np.bincount(piece[np.abs(found.interval) > OCTAVE], minlength=found.pieces)
    return _share(wide, np.bincount(piece, minlength=found.pieces))


def repeats(tokens: Tokens, in_place: bool = False) -> Values:
    """Mark the clips that repeat four successive elements in another bar.

    An element is a note that another follows, as the interval to it in semitones and its own length; so a transposed
    repeat counts, and rests between notes do not. The two runs begin in different bars and share no element. The
    definition is ours, a narrow case of the repeated patterns of Meredith et al. (JNMR 31, 2002).

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)
    in_place : bool, default False
        Whether both runs must also begin at the same sixteenth of the bar.

    Returns
    -------
    float64 array of shape (n,)
        1 where there are two such runs, else 0.
    """
    found = events(tokens)
    element = (found.interval + PITCHES) * (STEPS + 1) + found.length[found.followed]
    piece, start = found.piece[found.followed], found.start[found.followed]
    runs = max(len(element) - RUN + 1, 0)
    whole = piece[:runs] == piece[len(piece) - runs :]
    place = np.flatnonzero(whole)
    # Four elements of 14 bits each, after the steps of the bar if these must agree too.
    code = start[:runs] % STEPS_PER_BAR if in_place else np.zeros(runs, dtype=np.int64)
    for offset in range(RUN):
        code = (code << 14) | element[offset : offset + runs]
    # Stable, so that equal runs of a clip stand in order of time: if any two of them are far enough apart, the first
    # and the last are.
    by_code = place[np.lexsort((code[place], piece[place]))]
    key, clip = code[by_code], piece[by_code]
    begins = np.flatnonzero(np.concatenate([[True], (key[1:] != key[:-1]) | (clip[1:] != clip[:-1])])[: len(key)])
    first, last = by_code[begins], by_code[np.append(begins[1:], len(key))[: len(begins)] - 1]
    apart = (last - first >= RUN) & (start[first] // STEPS_PER_BAR != start[last] // STEPS_PER_BAR)
    there = np.zeros(len(tokens))
    there[piece[first[apart]]] = 1.0
    return there


def bar_similarity(tokens: Tokens) -> Values:
    """Compute how alike the bars of a clip are, step by step.

    Two bars are alike at a step if the same pitch or silence sounds there and a note begins in both or in neither: the
    mean of the self-similarity matrix of the bars (Foote, ACM Multimedia 1999) without its diagonal.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        Share of the 16 steps, from 0 to 1, mean over the ten pairs of bars.
    """
    steps = np.where(tokens == HOLD, 0, np.arange(tokens.shape[1]))
    heard = np.take_along_axis(tokens, np.maximum.accumulate(steps, axis=1), axis=1).astype(np.uint8)
    bars = (heard | np.where(tokens < PITCHES, np.uint8(128), np.uint8(0))).reshape(len(tokens), BARS, STEPS_PER_BAR)
    alike = np.zeros(len(tokens))
    for lag in range(1, BARS):
        alike += np.count_nonzero(bars[:, lag:] == bars[:, :-lag], axis=(1, 2))
    return alike / (BARS * (BARS - 1) // 2 * STEPS_PER_BAR)


def out_of_range(tokens: Tokens, corpus: Corpus) -> Values:
    """Compute the share of notes outside the range of the training songs.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)
    corpus : Corpus
        Its training songs set the lowest and the highest pitch.

    Returns
    -------
    float64 array of shape (n,)
        From 0 to 1; NaN for a clip without notes, and everywhere if the training songs have none.
    """
    songs = corpus.of("train")
    pitches = songs[songs < PITCHES]
    if not len(pitches):
        return np.full(len(tokens), np.nan)
    found = events(tokens)
    row = found.pitch - LOWEST
    return _share(_count(found, (row < pitches.min()) | (row > pitches.max())), found.count)


def _count(found: Events, chosen: NDArray[np.bool_]) -> Integers:
    """How many of the chosen notes each piece has."""
    return np.bincount(found.piece[chosen], minlength=found.pieces)


def _share(part: Values | Integers, whole: Values | Integers) -> Values:
    """Part by whole; NaN where the whole is nothing."""
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
