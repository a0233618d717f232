"""Correlations over experts and clips that are both a sample.

Two-way resampling, intervals on Fisher's z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.statistics.bootstrap import draw_counts

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

LEVEL = 0.95
#: Beyond it Fisher's z would have no end.
LARGEST = 1 - 1e-9
#: Up to so many points all orders are counted, as in a table of exact critical values; beyond, the t approximation.
MAX_EXACT = 8


class Correlation(NamedTuple):
    """A correlation with its 95% interval and two-sided p; NaN where there is none.

    Attributes
    ----------
    value, low, high, p : float
    """

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Resample:
    """The sample itself and B - 1 two-way bootstrap replicates of it.

    Attributes
    ----------
    experts : float64 array of shape (B, experts)
        How often each expert was drawn; 1 in the first row.
    clips : int array of shape (B, clips)
        Which clip was drawn in place of each clip, from the same system; the clips themselves in the first row.
    sizes : tuple of int
        Number of clips of each system, in order.
    """

    experts: Floats
    clips: Integers
    sizes: tuple[int, ...]


def resample(experts: int, sizes: Sequence[int], *, replicates: int, seed: int) -> Resample:
    """Draw experts, and clips within systems, with replacement.

    Parameters
    ----------
    experts : int
    sizes : sequence of int
        Number of clips of each system.
    replicates : int
    seed : int
        Of PCG64.

    Returns
    -------
    Resample
        B = replicates + 1.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    starts = np.cumsum([0, *sizes[:-1]])
    drawn = [start + rng.integers(0, size, (replicates, size)) for start, size in zip(starts, sizes, strict=True)]
    counts = np.vstack([np.ones((1, experts), np.intp), draw_counts(experts, replicates, rng)])
    clips = np.vstack([np.arange(sum(sizes))[None], np.hstack(drawn)])
    return Resample(counts.astype(np.float64), clips, tuple(sizes))


def tables(frame: pd.DataFrame, scales: Sequence[str], clips: pd.MultiIndex) -> Floats:
    """Arrange a frame of ratings as a table for each scale.

    Parameters
    ----------
    frame : DataFrame
        Columns ``expert_id``, ``system``, ``clip_id``, ``scale``, ``rating``.
    scales : sequence of str
    clips : MultiIndex
        (system, clip_id) of each column.

    Returns
    -------
    float64 array of shape (scales, experts, clips)
        NaN where there is no rating; experts are sorted by id.
    """
    row, experts = pd.factorize(frame["expert_id"], sort=True)
    column = clips.get_indexer(pd.MultiIndex.from_frame(frame[["system", "clip_id"]]))
    layer = pd.Index(scales).get_indexer(pd.Index(frame["scale"]))
    kept = (layer >= 0) & (column >= 0)
    layers = np.full((len(scales), len(experts), len(clips)), np.nan)
    layers[layer[kept], row[kept], column[kept]] = frame["rating"].to_numpy(np.float64)[kept]
    return layers


def clips_of(frame: pd.DataFrame) -> pd.MultiIndex:
    """List the clips of a frame, ordered by system.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    MultiIndex
        (system, clip_id).
    """
    return pd.MultiIndex.from_frame(frame[["system", "clip_id"]].drop_duplicates().sort_values(["system", "clip_id"]))


def sizes_of(clips: pd.MultiIndex) -> tuple[int, ...]:
    """Count the clips of each system, in order.

    Parameters
    ----------
    clips : MultiIndex
        As ``clips_of`` returns them.

    Returns
    -------
    tuple of int
    """
    return tuple(int(n) for n in clips.get_level_values("system").value_counts(sort=False))


def clip_means(table: Floats, draws: Resample) -> Floats:
    """Compute the mean rating of each drawn clip by the drawn experts.

    Each expert's mean over the table is subtracted first.

    Parameters
    ----------
    table : float64 array of shape (experts, clips)
    draws : Resample

    Returns
    -------
    float64 array of shape (B, clips)
        NaN for a clip that no drawn expert rated.
    """
    present = ~np.isnan(table)
    seen = present.astype(np.float64)
    level = np.where(present, table, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    sums = draws.experts @ np.where(present, table - level[:, None], 0.0)
    with np.errstate(invalid="ignore"):
        means = sums / (draws.experts @ seen)
    return np.take_along_axis(means, draws.clips, axis=1)


@dataclass(frozen=True)
class Ranked:
    """Values of clips with their ranks within systems, which are taken once.

    Attributes
    ----------
    values : float64 array of shape (B, clips)
        NaN for a clip to be ignored.
    sizes : sequence of int
        Number of clips of each system.
    """

    values: Floats
    sizes: Sequence[int]

    @cached_property
    def gone(self) -> npt.NDArray[np.bool_]:
        """Whether a clip is to be ignored, shape (B, clips)."""
        return np.isnan(self.values)

    @cached_property
    def ranks(self) -> Floats:
        """The centred ranks of all values, shape (B, clips)."""
        return centred_ranks(self.values, self.sizes)

    def without(self, gone: npt.NDArray[np.bool_]) -> Floats:
        """Rank the values without some more clips.

        Parameters
        ----------
        gone : bool array of shape (B, clips)
            At least those that are NaN.

        Returns
        -------
        float64 array of shape (B, clips)
        """
        if np.array_equal(gone, self.gone):
            return self.ranks
        return centred_ranks(np.where(gone, np.nan, self.values), self.sizes)


def rank_correlations(x: Ranked, y: Ranked) -> Floats:
    """Compute Spearman correlations within systems, pooled over them.

    Ranks are taken among the clips of each system and centred there, so that no difference between systems enters.

    Parameters
    ----------
    x, y : Ranked
        Of the same clips. A clip with NaN in either is ignored.

    Returns
    -------
    float64 array of shape (B,)
        NaN where x or y does not vary within systems.
    """
    gone = x.gone | y.gone
    return _cosines(x.without(gone), y.without(gone))


def _cosines(a: Floats, b: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (a * b).sum(axis=-1) / np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return np.clip(found, -1, 1)


def centred_ranks(values: Floats, sizes: Sequence[int]) -> Floats:
    """Rank values within each system and subtract the mean rank.

    Parameters
    ----------
    values : float64 array of shape (B, clips)
    sizes : sequence of int
        Number of clips of each system.

    Returns
    -------
    float64 array of shape (B, clips)
        Mid-ranks; 0 where the value is NaN.
    """
    parts = []
    for part in np.split(values, np.cumsum(sizes)[:-1], axis=1):
        ranks = stats.rankdata(part, axis=1, nan_policy="omit")
        count = np.maximum((~np.isnan(ranks)).sum(axis=1, keepdims=True), 1)
        parts.append(np.nan_to_num(ranks - np.nansum(ranks, axis=1, keepdims=True) / count))
    return np.hstack(parts)


def cell_correlation(x: Floats, y: Floats) -> Correlation:
    """Compute the Pearson correlation of two tables over their common cells.

    Interval and test are on Fisher's z, with a standard error that counts experts and clips as a sample
    (``two_way_error``) and t with min(experts, clips) - 1 degrees of freedom.

    Parameters
    ----------
    x, y : float64 arrays of shape (experts, clips)

    Returns
    -------
    Correlation
        NaN for fewer than three common cells or where a table does not vary; no interval if the value is 1 or -1.
    """
    a, b = _standardised(x, y)
    n = int((~np.isnan(a)).sum())
    value = float(np.nansum(a * b) / n) if n > 2 else math.nan
    if not abs(value) < 1:
        return Correlation(value, math.nan, math.nan, math.nan)
    se = two_way_error((a * b - value * (a * a + b * b) / 2) / n) / (1 - value**2)
    return _on_z(value, se, min(_counts(a)) - 1)


def _standardised(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Both tables where both have a value, less their means and over their (population) standard deviations."""
    both = ~(np.isnan(x) | np.isnan(y))
    found = []
    for table in (x, y):
        values = np.where(both, table, np.nan)
        centre = values[both].mean() if both.any() else math.nan
        spread = values[both].std() if both.any() else math.nan
        found.append((values - centre) / (spread if spread > 0 else math.nan))
    return found[0], found[1]


def _counts(table: Floats) -> tuple[int, int]:
    present = ~np.isnan(table)
    return int(present.any(axis=1).sum()), int(present.any(axis=0).sum())


def cell_mean(table: Floats) -> tuple[float, float, float]:
    """Average the cells of a table, with a standard error for experts and clips.

    Parameters
    ----------
    table : float64 array of shape (experts, clips)

    Returns
    -------
    mean, se, df : float
        df = min(experts, clips) - 1. NaN for an empty table; se is NaN for fewer than two experts or clips.
    """
    n = int((~np.isnan(table)).sum())
    mean = float(np.nanmean(table)) if n else math.nan
    return mean, two_way_error((table - mean) / n) if n else math.nan, min(_counts(table)) - 1


def two_way_error(influence: Floats) -> float:
    """Compute the standard error of a sum over cells, clustered by both factors.

    The variance is that of the experts' sums plus that of the clips' sums less that of the cells, which is in both, and
    at least the larger of the first two (A. C. Cameron, J. B. Gelbach & D. L. Miller, "Robust inference with multiway
    clustering", Journal of Business & Economic Statistics 29 (2011) 238-249).

    Parameters
    ----------
    influence : float64 array of shape (experts, clips)
        The cells' contributions; NaN where there is none.

    Returns
    -------
    float
        NaN for fewer than two experts or clips.
    """
    experts, clips = _counts(influence)
    if min(experts, clips) < 2:
        return math.nan
    by_expert = float((np.nansum(influence, axis=1) ** 2).sum()) * experts / (experts - 1)
    by_clip = float((np.nansum(influence, axis=0) ** 2).sum()) * clips / (clips - 1)
    cells = float(np.nansum(influence**2))
    return math.sqrt(max(by_expert + by_clip - cells, by_expert, by_clip))


def fisher(found: Floats, df: float) -> Correlation:
    """Compute the interval and test of a correlation from bootstrap replicates.

    On Fisher's z, with the replicates' standard deviation and t. The interval is centred on the correlation itself:
    resampling adds noise to means that are already noisy, which draws the replicates towards zero and would shift a
    percentile interval.

    Parameters
    ----------
    found : float64 array of shape (B,)
        The correlation of the sample, then those of the replicates.
    df : float

    Returns
    -------
    Correlation
        No interval if df < 1, if more than 1% of the replicates are NaN, or if they do not vary.
    """
    value, draws = float(found[0]), found[1:][~np.isnan(found[1:])]
    if math.isnan(value) or df < 1 or len(draws) < 0.99 * (len(found) - 1) or len(draws) < 2:
        return Correlation(value, math.nan, math.nan, math.nan)
    spread = float(np.arctanh(np.clip(draws, -LARGEST, LARGEST)).std(ddof=1))
    return _on_z(value, spread, df)


def _on_z(value: float, se: float, df: float) -> Correlation:
    if not se > 0 or df < 1:
        return Correlation(value, math.nan, math.nan, math.nan)
    z, reach = math.atanh(max(-LARGEST, min(LARGEST, value))), float(stats.t.isf((1 - LEVEL) / 2, df)) * se
    return Correlation(value, math.tanh(z - reach), math.tanh(z + reach), float(2 * stats.t.sf(abs(z) / se, df)))


def exact_spearman(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Compute Spearman's rho of a few points with its exact p.

    Parameters
    ----------
    x, y : sequences of float
        Of equal length.

    Returns
    -------
    rho, p : float
        p is two-sided, over all orders of y; by the t approximation for more than ``MAX_EXACT`` points. NaN for fewer
        than three points or where x or y does not vary.
    """
    a, b = (stats.rankdata(values) - (len(x) + 1) / 2 for values in (x, y))
    if len(x) < 3 or not a.any() or not b.any():
        return math.nan, math.nan
    rho = float(_cosines(a, b))
    if len(x) > MAX_EXACT:
        return rho, float(stats.spearmanr(x, y).pvalue)
    orders = np.array(list(permutations(b)))
    return rho, float(np.mean(np.abs(_cosines(a, orders)) >= abs(rho) - 1e-9))
