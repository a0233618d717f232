"""Intervals of all differences at once, and what they say of ranks.

Sources: max-t: F. Bretz, T. Hothorn & P. Westfall, Multiple Comparisons Using R (2010), chapter 3; ranks from all
pairs: D. Al Mohamad, J. Goeman & E. W. van Zwet, Biometrics 78 (2022) 1132-1143.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.statistics.incidence import Floats

DRAWS, SEED = 20_000, 1


def critical_t(covariance: Floats, df: float, alpha: float) -> float:
    """Compute the critical value of the largest of several dependent t statistics.

    Parameters
    ----------
    covariance : float64 array of shape (k, k)
        Of the estimates.
    df : float
        Degrees of freedom; the smallest of the estimates' is safe.
    alpha : float

    Returns
    -------
    float
        What is passed in alpha of studies, from ``DRAWS`` draws of a multivariate t, always the same ones. NaN where
        an estimate has no variance.
    """
    variance = np.diagonal(covariance)
    if np.isnan(df) or np.isnan(variance).any() or (variance <= 0).any():
        return float("nan")
    rng = np.random.default_rng(SEED)
    sd = np.sqrt(variance)
    roots, vectors = np.linalg.eigh(covariance / np.outer(sd, sd))
    kept = roots > 1e-10 * roots.max()
    normal = rng.normal(size=(DRAWS, int(kept.sum()))) @ (vectors[:, kept] * np.sqrt(roots[kept])).T
    spread = np.sqrt(rng.chisquare(df, DRAWS) / df)
    largest = np.abs(normal).max(axis=1) / spread
    return float(np.quantile(largest, 1 - alpha))


def ranks(better: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Compute the best and worst ranks that decisions on all pairs leave open.

    Parameters
    ----------
    better : bool array of shape (S, S)
        Whether the row's system was found better than the column's, all decisions holding together.

    Returns
    -------
    best, worst : int arrays of shape (S,)
        1 is the best of all.
    """
    return 1 + better.sum(axis=0), len(better) - better.sum(axis=1)
