"""How far two sets of clips differ in their token n-grams."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from generation.melody import VOCABULARY, Tokens

#: The orders that are reported.
ORDERS = (1, 2, 3, 4)


def ngram_jsd(tokens: Tokens, real: Tokens, n: int) -> float:
    """Jensen-Shannon divergence in bits (0-1) of the n-grams of two sets of clips; n from 1 to 9.

    Every n successive tokens within a clip are one n-gram. As in Gulrajani et al. (NeurIPS 2017, ``gan_language.py``):
    half the Kullback-Leibler divergence of each relative frequency to the mean of both, logarithms to base 2. It is
    biased upwards in small sets, the more so the larger n is: compare sets of one size, and with that of real songs
    against real songs. NaN if either set is empty.
    """
    if not len(tokens) or not len(real):
        return math.nan
    ours, theirs = _codes(tokens, n), _codes(real, n)
    codes, place = np.unique(np.concatenate([ours, theirs]), return_inverse=True)
    p = np.bincount(place[: len(ours)], minlength=len(codes)) / len(ours)
    q = np.bincount(place[len(ours) :], minlength=len(codes)) / len(theirs)
    middle = (p + q) / 2
    return float((_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2)


def _codes(tokens: Tokens, n: int) -> NDArray[np.int64]:
    """Every n-gram of every clip as one number."""
    grams = np.lib.stride_tricks.sliding_window_view(tokens, n, axis=1)
    place = VOCABULARY ** np.arange(n, dtype=np.int64)
    return np.asarray(grams.astype(np.int64) @ place).reshape(-1)


def _relative_entropy(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    there = p > 0
    return float(p[there] @ np.log2(p[there] / q[there]))
