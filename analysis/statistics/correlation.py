"""Correlations over experts and clips that are both a sample: two-way resampling, intervals on Fisher's z."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
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
    """A correlation with its 95 % interval and two-sided p; NaN where there is none."""

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Resample:
    """Two-way draws of B - 1 replicates behind the sample itself, which is the first of each array.

    `experts` (B, experts): how often each was drawn; `clips` (B, clips): which were drawn, in the place of which, each
    from its own system. `sizes`: clips of each system, system by system.
    """

    experts: Floats
    clips: Integers
    sizes: tuple[int, ...]


def resample(experts: int, sizes: Sequence[int], *, replicates: int, seed: int) -> Resample:
    """Draw experts, and clips within systems, with replacement; PCG64 from the seed."""
    rng = np.random.Generator(np.random.PCG64(seed))
    starts = np.cumsum([0, *sizes[:-1]])
    drawn = [start + rng.integers(0, size, (replicates, size)) for start, size in zip(starts, sizes, strict=True)]
    counts = np.vstack([np.ones((1, experts), np.intp), draw_counts(experts, replicates, rng)])
    clips = np.vstack([np.arange(sum(sizes))[None], np.hstack(drawn)])
    return Resample(counts.astype(np.float64), clips, tuple(sizes))


def tables(frame: pd.DataFrame, scales: Sequence[str], clips: pd.MultiIndex) -> Floats:
    """Ratings (scales, experts, clips), NaN where there is none; `clips` are (system, clip_id), experts sorted."""
    row, experts = pd.factorize(frame["expert_id"], sort=True)
    column = clips.get_indexer(pd.MultiIndex.from_frame(frame[["system", "clip_id"]]))
    layer = pd.Index(scales).get_indexer(pd.Index(frame["scale"]))
    kept = (layer >= 0) & (column >= 0)
    layers = np.full((len(scales), len(experts), len(clips)), np.nan)
    layers[layer[kept], row[kept], column[kept]] = frame["rating"].to_numpy(np.float64)[kept]
    return layers


def clips_of(frame: pd.DataFrame) -> pd.MultiIndex:
    """The clips of a frame as (system, clip_id), system by system."""
    return pd.MultiIndex.from_frame(frame[["system", "clip_id"]].drop_duplicates().sort_values(["system", "clip_id"]))


def sizes_of(clips: pd.MultiIndex) -> tuple[int, ...]:
    """How many clips each system has, in order."""
    return tuple(int(n) for n in clips.get_level_values("system").value_counts(sort=False))


def clip_means(table: Floats, draws: Resample) -> Floats:
    """Mean ratings (B, clips) of the clips drawn by the experts drawn, each expert's own level taken off first."""
    present = ~np.isnan(table)
    seen = present.astype(np.float64)
    level = np.where(present, table, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    sums = draws.experts @ np.where(present, table - level[:, None], 0.0)
    with np.errstate(invalid="ignore"):
        means = sums / (draws.experts @ seen)
    return np.take_along_axis(means, draws.clips, axis=1)


def rank_correlations(x: Floats, y: Floats, sizes: Sequence[int]) -> Floats:
    """Spearman correlations (B,) of x and y (B, clips) within systems, pooled over them.

    Ranks are taken in each system among its clips and centred there, so that no difference between systems enters. A
    clip without x or y is passed over. NaN where nothing varies.
    """
    gone = np.isnan(x) | np.isnan(y)
    if gone.any():
        x, y = np.where(gone, np.nan, x), np.where(gone, np.nan, y)
    a, b = centred_ranks(x, sizes), centred_ranks(y, sizes)
    return _cosines(a, b)


def _cosines(a: Floats, b: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (a * b).sum(axis=-1) / np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return np.clip(found, -1, 1)


def centred_ranks(values: Floats, sizes: Sequence[int]) -> Floats:
    """Mid-ranks of (B, clips) within each system less their mean there; 0 for NaN."""
    parts = []
    for part in np.split(values, np.cumsum(sizes)[:-1], axis=1):
        ranks = stats.rankdata(part, axis=1, nan_policy="omit")
        count = np.maximum((~np.isnan(ranks)).sum(axis=1, keepdims=True), 1)
        parts.append(np.nan_to_num(ranks - np.nansum(ranks, axis=1, keepdims=True) / count))
    return np.hstack(parts)


def cell_correlation(x: Floats, y: Floats) -> Correlation:
    """Pearson correlation over the cells of two tables (experts, clips) that both have; interval and test on z."""
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
    """Mean over the cells that have a value, with its standard error and degrees of freedom."""
    n = int((~np.isnan(table)).sum())
    mean = float(np.nanmean(table)) if n else math.nan
    return mean, two_way_error((table - mean) / n) if n else math.nan, min(_counts(table)) - 1


def two_way_error(influence: Floats) -> float:
    """Standard error of a sum over cells (experts, clips), NaN where there is none, when both are a sample.

    The variance is that of the experts' sums and that of the clips' sums less that of the cells, which is in both; no
    less than the larger of the first two. Source: A. C. Cameron, J. B. Gelbach, D. L. Miller, "Robust inference with
    multiway clustering", Journal of Business & Economic Statistics 29 (2011) 238-249.
    """
    experts, clips = _counts(influence)
    if min(experts, clips) < 2:
        return math.nan
    by_expert = float((np.nansum(influence, axis=1) ** 2).sum()) * experts / (experts - 1)
    by_clip = float((np.nansum(influence, axis=0) ** 2).sum()) * clips / (clips - 1)
    cells = float(np.nansum(influence**2))
    return math.sqrt(max(by_expert + by_clip - cells, by_expert, by_clip))


def fisher(found: Floats, df: float) -> Correlation:
    """The first correlation with an interval and a test from the spread of the others, on Fisher's z.

    The interval is centred on the correlation itself: resampling adds noise to means that are already noisy, which
    draws the replicates towards zero and would shift a percentile interval.
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
    """Spearman's rho of a few points and its two-sided p over all orders of y (beyond MAX_EXACT points, by t)."""
    a, b = (stats.rankdata(values) - (len(x) + 1) / 2 for values in (x, y))
    if len(x) < 3 or not a.any() or not b.any():
        return math.nan, math.nan
    rho = float(_cosines(a, b))
    if len(x) > MAX_EXACT:
        return rho, float(stats.spearmanr(x, y).pvalue)
    orders = np.array(list(permutations(b)))
    return rho, float(np.mean(np.abs(_cosines(a, orders)) >= abs(rho) - 1e-9))
