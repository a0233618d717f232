"""How much clips repeat the training songs, compared with held-out songs.

Melodies are compared as Yin et al. do it (Measuring when a music generation algorithm copies too much, SN Computer
Science 2022), against a baseline of human music; but by the exact runs of notes they share, whatever the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from generation.corpus import Corpus
from generation.melody import REST, STEPS, STEPS_PER_BAR, Tokens, check_tokens
from generation.metrics.clips import Values, known_mean
from generation.metrics.events import Integers, events

#: The length of the runs of which the share is counted, and the length from which a shared run is called long.
FEW, LONG = 5, 10
#: Clips compared with all training segments at a time: what fits a processor's cache.
BLOCK = 16


class Memorisation(NamedTuple):
    """What each of n clips shares with the training songs.

    An element of a melody is the interval from a note to the next, with the length of the first; rests do not count.

    Attributes
    ----------
    longest_shared : float64 array of shape (n,)
        Number of elements of the longest run that a training song contains too, in any key; NaN for clips of fewer than
        two notes.
    shared_5grams : float64 array of shape (n,)
        Share, 0 to 1, of the clip's runs of five elements that a training song contains too; NaN for clips of fewer
        than six notes.
    nearest_distance : float64 array of shape (n,)
        Share, 0 to 1, of the 80 steps at which the nearest training segment differs.
    duplicate : float64 array of shape (n,)
        1 where the clip equals an earlier one of the set, else 0.

    Notes
    -----
    Without training songs the first three are NaN.
    """

    longest_shared: Values
    shared_5grams: Values
    nearest_distance: Values
    duplicate: Values

    def figures(self) -> dict[str, float]:
        """Summarise the set; clips without a value are left out.

        Returns
        -------
        dict of str to float
            Means of the four arrays (``longest_shared_mean``, ``shared_5grams_mean``, ``nearest_distance_mean``,
            ``duplicate_share``), ``longest_shared_p95`` (95th percentile) and ``longest_shared_10_or_more`` (share of
            clips, 0 to 1). NaN where no clip has a value.
        """
        longest = self.longest_shared[~np.isnan(self.longest_shared)]
        return {
            "longest_shared_mean": known_mean(longest),
            "longest_shared_p95": float(np.percentile(longest, 95)) if len(longest) else np.nan,
            "longest_shared_10_or_more": known_mean(longest >= LONG),
            "shared_5grams_mean": known_mean(self.shared_5grams),
            "nearest_distance_mean": known_mean(self.nearest_distance),
            "duplicate_share": known_mean(self.duplicate),
        }


def memorisation(tokens: Tokens, corpus: Corpus) -> Memorisation:
    """Measure what clips share with the training songs of a corpus.

    The human baseline is the same for held-out songs: ``memorisation(held_out(corpus), corpus)``.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)
    corpus : Corpus

    Returns
    -------
    Memorisation

    Raises
    ------
    ValueError
        If the tokens are not legal.
    """
    check_tokens(tokens)
    longest, share = shared_runs(tokens, training_songs(corpus))
    return Memorisation(longest, share, nearest_distance(tokens, corpus.of("train")), duplicates(tokens))


def held_out(corpus: Corpus) -> Tokens:
    """Select all segments of songs that training does not see.

    Parameters
    ----------
    corpus : Corpus

    Returns
    -------
    int8 array of shape (m, 80)
        Every segment whose split is not ``train``.
    """
    chosen: Tokens = corpus.tokens[np.array([split != "train" for split in corpus.split], dtype=bool)]
    return chosen


def training_songs(corpus: Corpus) -> list[Tokens]:
    """Join the overlapping segments of the training songs again.

    Parameters
    ----------
    corpus : Corpus

    Returns
    -------
    list of int8 arrays of shape (80 or more,)
        A song of which segments are missing in the corpus gives several arrays.
    """
    songs: list[list[Tokens]] = []
    previous: tuple[str, int] | None = None
    train = [row for row, split in enumerate(corpus.split) if split == "train"]
    for row in train:
        song, bar, tokens = corpus.songs[row], int(corpus.segments[row]), corpus.tokens[row]
        if previous == (song, bar - 1):
            songs[-1].append(tokens[-STEPS_PER_BAR:])
        else:
            songs.append([tokens])
        previous = (song, bar)
    return [np.concatenate(pieces) for pieces in songs]


def shared_runs(tokens: Tokens, songs: Sequence[Tokens]) -> tuple[Values, Values]:
    """Find the runs of notes that clips share with songs, in any key.

    Runs grow by one element at a time. Only runs that occur in clips and in songs grow further, so the search ends
    soon.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)
    songs : sequence of int8 arrays of shape (steps,)
        Songs of any length.

    Returns
    -------
    longest_shared, shared_5grams : float64 arrays of shape (n,)
        As in ``Memorisation``; NaN for every clip if there are no songs.
    """
    longest, share = np.full((2, len(tokens)), np.nan)
    if not songs:
        return longest, share
    text = _text(tokens, songs)
    longest[text.elements > 0] = 0
    runs = np.maximum(text.elements - FEW + 1, 0)
    share[runs > 0] = 0
    alive, names, n = *_shared(np.arange(len(text.codes)), text.codes, text), 1
    while len(alive):
        clip = text.piece[alive[alive < text.border]]
        longest[clip] = n
        if n == FEW:
            share += np.bincount(clip, minlength=len(tokens)) / np.maximum(runs, 1)
        grow = text.room[alive] > n
        alive, names = alive[grow], names[grow] * text.alphabet + text.codes[alive[grow] + n]
        alive, names, n = *_shared(alive, names, text), n + 1
    return longest, share


class _Text(NamedTuple):
    """The elements of the clips, then those of the songs, as numbers below ``alphabet``.

    ``border`` is the place of the first element of a song, ``elements`` the number of each clip's elements, ``room``
    the number of elements from a place to the end of its piece.
    """

    codes: Integers
    alphabet: int
    piece: Integers
    room: Integers
    border: int
    elements: Integers


def _text(tokens: Tokens, songs: Sequence[Tokens]) -> _Text:
    steps = max([STEPS, *(len(song) for song in songs)])
    rows = np.full((len(tokens) + len(songs), steps), REST, dtype=np.int8)
    for row, melody in zip(rows, [*tokens, *songs], strict=True):
        row[: len(melody)] = melody
    found = events(rows)
    piece, length = found.piece[found.followed], found.length[found.followed]
    kinds, codes = np.unique(found.interval * (steps + 1) + length, return_inverse=True)
    elements = np.bincount(piece, minlength=len(rows))
    room = np.cumsum(elements)[piece] - np.arange(len(piece))
    return _Text(codes, len(kinds), piece, room, int(elements[: len(tokens)].sum()), elements[: len(tokens)])


def _shared(alive: Integers, names: Integers, text: _Text) -> tuple[Integers, Integers]:
    """Of the runs that begin at the places ``alive``, those that stand in clips and in songs, newly numbered."""
    kinds, labels = np.unique(names, return_inverse=True)
    ours = alive < text.border
    clips = np.bincount(labels[ours], minlength=len(kinds)) > 0
    songs = np.bincount(labels[~ours], minlength=len(kinds)) > 0
    both = (clips & songs)[labels]
    return alive[both], labels[both]


def nearest_distance(tokens: Tokens, segments: Tokens) -> Values:
    """Compute the distance of each clip to the nearest of some segments.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)
    segments : int8 array of shape (m, 80)

    Returns
    -------
    float64 array of shape (n,)
        Share, 0 to 1, of the 80 steps that differ (Hamming distance); NaN if there are no segments.
    """
    if not len(segments):
        return np.full(len(tokens), np.nan)
    columns = np.ascontiguousarray(segments.T)
    nearest = np.empty(len(tokens))
    for start in range(0, len(tokens), BLOCK):
        rows = tokens[start : start + BLOCK]
        equal = np.zeros((len(rows), len(segments)), dtype=np.uint8)
        for step in range(STEPS):
            equal += rows[:, step, None] == columns[step]
        nearest[start : start + BLOCK] = 1 - equal.max(axis=1) / STEPS
    return nearest


def duplicates(tokens: Tokens) -> Values:
    """Mark the clips that equal an earlier one token for token.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        1 for a duplicate, else 0.
    """
    first = np.zeros(len(tokens), dtype=bool)
    first[np.unique(tokens, axis=0, return_index=True)[1]] = True
    return np.asarray(~first, dtype=np.float64)
