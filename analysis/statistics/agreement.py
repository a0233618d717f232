"""Agreement of experts: intraclass correlations and Krippendorff's alpha.

A table has a row an expert and a column a clip, NaN where the expert did not rate the clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from analysis.statistics.bootstrap import draw_counts
from analysis.statistics.sparse_tables import Table, table_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

LEVEL = 0.95
#: Numbers held at a time by the bootstrap of alpha: bounds its memory.
CHUNK = 4_000_000


class Interval(NamedTuple):
    """An estimate with its 95% confidence interval; NaN where there is none.

    Attributes
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float


NOTHING = Interval(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of the additive model expert + clip.

    Attributes
    ----------
    expert, clip, residual : float
        Mean squares, in squared rating points.
    n_experts, n_clips : int
    raters, heard : float
        Effective numbers of ratings of a clip and of an expert.
    residual_df : int
    """

    expert: float
    clip: float
    residual: float
    n_experts: int
    n_clips: int
    raters: float
    heard: float
    residual_df: int


def additive_residuals(table: Floats) -> Floats:
    """Compute the residuals of the additive model expert + clip.

    Expert and clip levels are fitted together by least squares.

    Parameters
    ----------
    table : float64 array of shape (experts, clips)
        Ratings; NaN where there is none.

    Returns
    -------
    float64 array of shape (experts, clips)
        NaN where there is no rating.
    """
    present = ~np.isnan(table)
    seen, ratings = present.astype(np.float64), np.where(present, table, 0.0)
    per_expert = np.maximum(seen.sum(axis=1), 1)
    share = seen / per_expert[:, None]
    normal = np.diag(seen.sum(axis=0)) - seen.T @ share
    clip = np.linalg.lstsq(normal, ratings.sum(axis=0) - share.T @ ratings.sum(axis=1), rcond=None)[0]
    expert = (ratings - seen * clip).sum(axis=1) / per_expert
    return np.where(present, table - clip - expert[:, None], np.nan)


def mean_squares(table: Floats) -> MeanSquares | None:
    """Compute the mean squares of experts, clips and residual.

    Their expectations are v + heard * v_expert, v + raters * v_clip and v. For a complete table they are those of the
    two-way analysis of variance. For an incomplete one each is what a factor explains beyond the other (Henderson's
    method III; Searle, Casella & McCulloch, Variance Components, 1992, section 5.6).

    Parameters
    ----------
    table : float64 array of shape (experts, clips)
        Ratings; NaN where there is none. Empty rows and columns are ignored.

    Returns
    -------
    MeanSquares or None
        None for fewer than two experts or clips, where parts of the table are not connected by common experts or clips,
        and where no degrees of freedom are left for the residual.
    """
    present = ~np.isnan(table)
    table = table[present.any(axis=1)][:, present.any(axis=0)]
    present = ~np.isnan(table)
    experts, clips = table.shape
    n = int(present.sum())
    df = n - experts - clips + 1
    if min(experts, clips) < 2 or df < 1 or not _is_joined(present):
        return None
    rest = float(np.nansum(additive_residuals(table) ** 2))
    by_clip = float(np.nansum((table - np.nanmean(table, axis=1, keepdims=True)) ** 2)) - rest
    by_expert = float(np.nansum((table - np.nanmean(table, axis=0)) ** 2)) - rest
    return MeanSquares(
        expert=by_expert / (experts - 1),
        clip=by_clip / (clips - 1),
        residual=rest / df,
        n_experts=experts,
        n_clips=clips,
        raters=(n - experts) / (clips - 1),
        heard=(n - clips) / (experts - 1),
        residual_df=df,
    )


def _is_joined(present: npt.NDArray[np.bool_]) -> bool:
    experts, clips = present.shape
    rows, columns = np.nonzero(present)
    size = experts + clips
    graph = csr_array((np.ones(len(rows)), (rows, experts + columns)), shape=(size, size))
    return bool(connected_components(graph, directed=False)[0] == 1)


def icc(squares: MeanSquares) -> Interval:
    """Compute ICC(2,1): the clips' share of the variance of a single rating.

    Absolute agreement, experts random. Value: Shrout & Fleiss, Psychological Bulletin 86 (1979) 420-428. Interval:
    McGraw & Wong, Psychological Methods 1 (1996) 30-46, case 2A. With an incomplete table their formulas take the
    effective numbers of ``MeanSquares``.

    Parameters
    ----------
    squares : MeanSquares

    Returns
    -------
    Interval
        NaN if the variance is not positive; only the limits are NaN if the value is 1.
    """
    ms_c, ms_e, ms_r = squares.clip, squares.residual, squares.expert
    n, k, across = squares.n_clips, squares.raters, squares.heard
    total = ms_c / k + ms_r / across + ms_e * (1 - 1 / k - 1 / across)
    if total <= 0:
        return NOTHING
    value = (ms_c - ms_e) / k / total
    if value >= 1:
        return Interval(1.0, np.nan, np.nan)
    a = k * value / (across * (1 - value))
    b = 1 + k * value * (across - 1) / (across * (1 - value))
    parts = (a * ms_r) ** 2 / (squares.n_experts - 1) + (b * ms_e) ** 2 / squares.residual_df
    df = (a * ms_r + b * ms_e) ** 2 / parts if parts > 0 else np.nan
    tail = (1 - LEVEL) / 2
    rest = (k * ms_r + (k * across - k - across) * ms_e) / across
    above, below = stats.f.isf(tail, n - 1, df), stats.f.isf(tail, df, n - 1)
    low = (ms_c - above * ms_e) / (above * rest + ms_c)
    high = (below * ms_c - ms_e) / (rest + below * ms_c)
    return Interval(value, float(low), float(high))


def step_up(single: Interval, raters: float) -> Interval:
    """Compute ICC(2,k): the reliability of the mean of several ratings.

    k * ICC / (1 + (k - 1) * ICC), the Spearman-Brown formula, for the value and both limits.

    Parameters
    ----------
    single : Interval
        ICC(2,1).
    raters : float
        k, the number of ratings in the mean.

    Returns
    -------
    Interval
        NaN where the denominator is not positive.
    """
    parts = (1 + (raters - 1) * x for x in single)
    return Interval(*(raters * x / part if part > 0 else np.nan for x, part in zip(single, parts, strict=True)))


def raters_per_clip(table: Floats) -> float:
    """Compute the harmonic mean of the number of ratings of a clip.

    Parameters
    ----------
    table : float64 array of shape (experts, clips)

    Returns
    -------
    float
        Over clips with at least one rating; NaN without ratings.
    """
    counts = (~np.isnan(table)).sum(axis=0)
    return float(stats.hmean(counts[counts > 0])) if counts.any() else np.nan


def alpha(table: Floats) -> float:
    """Compute Krippendorff's alpha with the ordinal difference.

    alpha = 1 - observed / expected disagreement (K. Krippendorff, Content Analysis, 2004, chapter 11). The ordinal
    difference of two values is the squared difference of their mid-ranks among all ratings of clips with two or more.

    Parameters
    ----------
    table : float64 array of shape (experts, clips)
        Ratings; NaN where there is none.

    Returns
    -------
    float
        NaN if the ratings do not vary or no clip has two of them.
    """
    experts, clips = table.shape
    return float(weighted_alphas(one_hot(table), np.ones((1, experts)), np.ones((1, clips)))[0])


def alpha_interval(table: Floats, *, replicates: int, seed: int) -> Interval:
    """Compute Krippendorff's alpha with a two-way bootstrap interval.

    Experts and clips are resampled. An expert drawn twice is not compared with themself: such pairs would agree
    perfectly.

    Parameters
    ----------
    table : float64 array of shape (experts, clips)
    replicates, seed : int

    Returns
    -------
    Interval
        Percentile interval (``percentiles``).
    """
    onehot = one_hot(table)
    experts, clips = table.shape
    rng = np.random.Generator(np.random.PCG64(seed))
    size = int(np.clip(CHUNK // (clips * onehot.values), 1, replicates))
    draws = []
    for start in range(0, replicates, size):
        count = min(size, replicates - start)
        draws.append(weighted_alphas(onehot, draw_counts(experts, count, rng), draw_counts(clips, count, rng)))
    return Interval(alpha(table), *percentiles(np.concatenate(draws)))


def percentiles(draws: Floats) -> tuple[float, float]:
    """Compute the 95% percentile interval of bootstrap draws.

    Parameters
    ----------
    draws : float64 array of shape (replicates,)

    Returns
    -------
    low, high : float
        NaN if more than 1% of the draws are NaN.
    """
    kept = draws[~np.isnan(draws)]
    if len(kept) < 0.99 * len(draws) or not len(kept):
        return np.nan, np.nan
    low, high = np.quantile(kept, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class OneHot:
    """Ratings in one-hot coding.

    Attributes
    ----------
    marks : array or sparse array of shape (experts, clips * values)
        1 where the expert gave the clip that value.
    given : array or sparse array of shape (experts, clips)
        1 where there is a rating.
    values : int
        Number of different ratings.
    """

    marks: Table
    given: Table
    values: int


def one_hot(table: Floats) -> OneHot:
    """Code ratings as ones and zeros, a column for each value of each clip.

    Parameters
    ----------
    table : float64 array of shape (experts, clips)
        Ratings; NaN where there is none.

    Returns
    -------
    OneHot
    """
    experts, clips = np.nonzero(~np.isnan(table))
    values, level = np.unique(table[experts, clips], return_inverse=True)
    ones, count = np.ones(len(experts)), max(len(values), 1)
    marks = table_of(ones, experts, clips * count + level, (table.shape[0], table.shape[1] * count))
    return OneHot(marks, table_of(ones, experts, clips, table.shape), count)


def weighted_alphas(onehot: OneHot, expert_weights: npt.ArrayLike, clip_weights: npt.ArrayLike) -> Floats:
    """Compute Krippendorff's alpha with weights of experts and clips.

    In a clip, the pairs of different experts weigh n^2 - sum(w^2), where n is the sum of the weights w of those who
    rated it; the clip counts with n, as in Krippendorff's table of coincidences.

    Parameters
    ----------
    onehot : OneHot
    expert_weights : array of shape (replicates, experts)
    clip_weights : array of shape (replicates, clips)

    Returns
    -------
    float64 array of shape (replicates,)
        NaN where the ratings do not vary or no clip has two of them.
    """
    weights, by_clip = np.asarray(expert_weights, np.float64), np.asarray(clip_weights, np.float64)
    counts = (weights @ onehot.marks).reshape(*by_clip.shape, onehot.values)
    n = counts.sum(axis=2)
    pairs = n**2 - weights**2 @ onehot.given
    n = np.where(pairs > 0, n, 0.0)
    counts = counts * (by_clip * (pairs > 0))[:, :, None]
    totals = counts.sum(axis=1)
    ranks = np.cumsum(totals, axis=1) - totals / 2
    within, squares = np.einsum("bcv,bv->bc", counts, ranks), np.einsum("bcv,bv->bc", counts, ranks**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        # counts hold the clip's own weight once, so that `within` squared holds it twice
        spread = n * squares - np.where(by_clip > 0, within**2 / by_clip, 0.0)
        observed = 2 * np.where(pairs > 0, n / pairs * spread, 0.0).sum(axis=1)
        everything = totals.sum(axis=1)
        mean = (totals * ranks).sum(axis=1)
        expected = 2 * (everything * (totals * ranks**2).sum(axis=1) - mean**2) / (everything - 1)
        found: Floats = np.where(expected > 0, 1 - observed / expected, np.nan)
    return found
