"""The linear crossed model of signed scores, a check of the comparison model.

answer = side + strength of the first - strength of the second + the same of random effects + noise, by REML. It needs
no Laplace approximation; over simulated studies its false alarms are as rare (docs/benchmarks.md).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.statistics.comparison_model.votes import Votes
from analysis.statistics.mixed_model import crossed
from analysis.statistics.mixed_model.inference import Estimate


def fit(votes: Votes) -> Estimate | None:
    """Fit the linear model.

    Parameters
    ----------
    votes : Votes

    Returns
    -------
    Estimate or None
        Strengths of all systems but the first, relative to it, and the side if it is separable; None where noise or
        coefficients cannot be estimated.
    """
    if len(votes.answer) <= len(votes.systems) or np.ptp(votes.answer) == 0:
        return None
    try:
        return crossed.fit(votes.design(), votes.answer).estimate
    except np.linalg.LinAlgError:
        return None


def compare(contrasts: pd.DataFrame, linear: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Compare the conclusions of both models.

    Parameters
    ----------
    contrasts, linear : DataFrame
        ``model.CONTRASTS`` and ``model.LINEAR`` of the same pairs in the same order.
    alpha : float

    Returns
    -------
    DataFrame
        The linear one with ``kind``: "" (they agree, or there is no test), "sign" (the differences have opposite
        signs), "linear_only" or "comparison_only" (significant there alone, after Holm).
    """
    one, other = (table[["p_holm", "t"]].to_numpy(np.float64) for table in (contrasts, linear))
    here, there = one[:, 0] < alpha, other[:, 0] < alpha
    opposed = (one[:, 1] * other[:, 1] < 0) & (here | there)
    kinds = np.select([here & ~there, there & ~here], ["comparison_only", "linear_only"], "")
    untested = np.isnan(one[:, 0] + other[:, 0])
    return linear.assign(kind=np.where(untested, "", np.where(opposed, "sign", kinds)))
