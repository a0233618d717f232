"""Means over a normal distribution."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@cache
def normal_nodes(count: int) -> tuple[Floats, Floats]:
    """List points and weights for a mean over a standard normal.

    Gauss-Hermite quadrature.

    Parameters
    ----------
    count : int

    Returns
    -------
    points, weights : ndarray
        The weights have the sum 1.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(count)
    return points, weights / weights.sum()
