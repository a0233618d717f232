"""How far two sets of clips differ in their token n-grams."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from generation.melody import VOCABULARY, Tokens

#: The orders that are reported.
ORDERS = (1, 2, 3, 4)


def ngram_jsd(tokens: Tokens, real: Tokens, n: int) -> float:
    """Compute the Jensen-Shannon divergence between the n-grams of two sets.

    JSD(p, q) = (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2 and logarithms to base 2, where p and q are the
    relative frequencies of all n successive tokens within a clip (Gulrajani et al., NeurIPS 2017, ``gan_language.py``).

    Parameters
    ----------
    tokens, real : int8 arrays of shape (clips, 80)
    n : int
        Length of the n-grams, from 1 to 9.

    Returns
    -------
    float
        In bits, from 0 to 1; NaN if either set is empty.

    Notes
    -----
    The estimate is biased upwards in small sets, more so for larger n. Compare sets of one size, and give the
    divergence between two sets of real songs beside it.
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
