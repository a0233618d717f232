"""Reliability of a panel.

Agreement on clips, agreement with repeats, and correlations between scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.statistics import agreement
from analysis.statistics.agreement import NOTHING, Floats, Interval
from analysis.statistics.correlation import (
    Ranked,
    Resample,
    cell_correlation,
    cell_mean,
    centred_ranks,
    clip_means,
    clips_of,
    fisher,
    rank_correlations,
    resample,
    sizes_of,
    tables,
)
from analysis.statistics.guards import panel_shortage

COLUMNS = ("scale", "statistic", "value", "ci_low", "ci_high", "n")
GROUP_COLUMNS = ("scale", "group", "statistic", "value", "ci_low", "ci_high", "n")
SCALE_COLUMNS = ("scale_a", "scale_b", "level", "value", "ci_low", "ci_high", "n")
KEY = ["expert_id", "system", "clip_id"]
MIN_PAIRS = 10
#: Ends of an interval that are no further apart differ by rounding alone.
NO_WIDTH = 1e-9


def reliability(frame: pd.DataFrame, scales: Sequence[str], *, replicates: int = 2000, seed: int = 1) -> pd.DataFrame:
    """Compute agreement on clips and with repeats, for each scale.

    Parameters
    ----------
    frame : DataFrame
        Ratings with their repeats (column ``is_repeat``).
    scales : sequence of str
    replicates, seed : int
        Of the bootstrap of alpha.

    Returns
    -------
    DataFrame
        ``COLUMNS``, with the statistics

        - ``icc_2_1``: the clips' share of the variance of one rating (absolute agreement, experts random); n ratings;
        - ``icc_2_k``: the same of a clip's mean over as many experts as rated it (harmonic mean over clips); n ratings;
        - ``alpha_ordinal``: Krippendorff's alpha; n ratings;
        - ``retest_rank_correlation``, ``retest_same``, ``retest_sd``: of the first and the repeated rating of one clip
          by one expert: Spearman's rho over the panel, the share of equal ratings, and the standard deviation of one
          rating about the mean of the two, in rating points; n pairs. Only with repeats.

        Intervals are NaN for fewer than 6 experts or 3 clips of a system (see ``guards``), and for fewer than 10 pairs.

    Notes
    -----
    Intervals count experts and clips as a sample: McGraw and Wong's for the ICC, two-way bootstrap for alpha, two-way
    clustering for repeats. Clips of all systems are taken together, so that differences between systems count as
    agreement.
    """
    first = frame[~frame["is_repeat"]]
    clips = clips_of(first)
    rows: list[tuple[object, ...]] = []
    for scale, table in zip(scales, tables(first, scales, clips), strict=True):
        n = int((~np.isnan(table)).sum())
        found = {**_agreement(table, clips), "alpha_ordinal": _alpha(table, clips, replicates, seed)}
        rows += [(scale, name, *interval, n) for name, interval in found.items()]
        rows += _retest(frame, scale, clips)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _agreement(table: Floats, clips: pd.MultiIndex) -> dict[str, Interval]:
    squares = agreement.mean_squares(table)
    single = agreement.icc(squares) if squares else NOTHING
    mean = agreement.step_up(single, agreement.raters_per_clip(table))
    return {"icc_2_1": _if_enough(table, clips, single), "icc_2_k": _if_enough(table, clips, mean)}


def _if_enough(table: Floats, clips: pd.MultiIndex, found: Interval) -> Interval:
    """The interval only where experts and clips are enough to stand for others."""
    present = ~np.isnan(table)
    short = panel_shortage(int(present.any(axis=1).sum()), sizes_of(clips[np.flatnonzero(present.any(axis=0))]))
    return Interval(found.value, np.nan, np.nan) if short else found


def _alpha(table: Floats, clips: pd.MultiIndex, replicates: int, seed: int) -> Interval:
    """Alpha with its interval; none where every replicate is equal, as with experts who agree entirely."""
    found = agreement.alpha_interval(table, replicates=replicates, seed=seed)
    return _if_enough(
        table, clips, found if found.high - found.low > NO_WIDTH else Interval(found.value, np.nan, np.nan)
    )


def _retest(frame: pd.DataFrame, scale: str, clips: pd.MultiIndex) -> list[tuple[object, ...]]:
    first, again = _twice(frame, scale, clips)
    both = ~np.isnan(first)
    rated = clips_of(frame[(frame["scale"] == scale) & ~frame["is_repeat"]])
    short = panel_shortage(int(both.any(axis=1).sum()), sizes_of(rated))
    n = int(both.sum())
    if not n:
        return []
    correlation = cell_correlation(_ranked(first, both), _ranked(again, both))
    found = {
        "retest_rank_correlation": Interval(correlation.value, correlation.low, correlation.high),
        "retest_same": _share(_mean_interval(np.where(both, first == again, np.nan))),
        "retest_sd": _root(_mean_interval((first - again) ** 2 / 2)),
    }
    if short or n < MIN_PAIRS:
        found = {name: Interval(interval.value, np.nan, np.nan) for name, interval in found.items()}
    return [(scale, name, *interval, n) for name, interval in found.items()]


def _mean_interval(cells: Floats) -> Interval:
    mean, se, df = cell_mean(cells)
    reach = float(stats.t.isf(0.025, df)) * se if se > 0 and df > 0 else np.nan
    return Interval(mean, mean - reach, mean + reach)


def _share(found: Interval) -> Interval:
    return Interval(*(float(np.clip(bound, 0.0, 1.0)) for bound in found))


def _root(variance: Interval) -> Interval:
    return Interval(*(float(np.sqrt(max(bound, 0.0))) for bound in variance))


def _twice(frame: pd.DataFrame, scale: str, clips: pd.MultiIndex) -> Floats:
    """First and repeated ratings (2, experts, clips), NaN where there are not both; of repeats the first."""
    frame = frame[frame["scale"] == scale]
    repeats = frame[frame["is_repeat"]].drop_duplicates(KEY)
    pairs = frame[~frame["is_repeat"]].merge(repeats, on=KEY, suffixes=("", "_again"))
    if pairs.empty:
        return np.full((2, 1, len(clips)), np.nan)
    columns = [pairs.assign(rating=pairs[name]) for name in ("rating", "rating_again")]
    return np.concatenate([tables(column, [scale], clips) for column in columns])


def _ranked(table: Floats, present: npt.NDArray[np.bool_]) -> Floats:
    ranks = np.full(table.shape, np.nan)
    ranks[present] = centred_ranks(table[present][None], [int(present.sum())])[0]
    return ranks


def agreement_by_group(
    frame: pd.DataFrame, scales: Sequence[str], *, replicates: int = 2000, seed: int = 1
) -> pd.DataFrame:
    """Compute ICC(2,1) and alpha within each group of experts.

    A small group agrees more or less by chance, so compare the intervals of two groups.

    Parameters
    ----------
    frame : DataFrame
        Ratings with ``is_repeat`` and, where there are groups, ``group``.
    scales : sequence of str
    replicates, seed : int
        Of the bootstrap of alpha.

    Returns
    -------
    DataFrame
        ``GROUP_COLUMNS``; no rows without a column ``group``.
    """
    first = frame[~frame["is_repeat"]]
    rows: list[tuple[object, ...]] = []
    groups = sorted(set(first["group"]) - {""}) if "group" in first else []
    for scale in scales:
        for group in groups:
            part = first[(first["group"] == group) & (first["scale"] == scale)]
            if part.empty:
                continue
            clips = clips_of(part)
            table = tables(part, [scale], clips)[0]
            icc, alpha = _agreement(table, clips)["icc_2_1"], _alpha(table, clips, replicates, seed)
            found = {"icc_2_1": icc, "alpha_ordinal": alpha}
            rows += [(scale, group, name, *interval, len(part)) for name, interval in found.items()]
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))


def scale_correlations(
    frame: pd.DataFrame, scales: Sequence[str], *, replicates: int = 1000, seed: int = 1
) -> pd.DataFrame:
    """Correlate every two scales, at the level of ratings and of clips.

    Parameters
    ----------
    frame : DataFrame
        Ratings with ``is_repeat``.
    scales : sequence of str
    replicates, seed : int

    Returns
    -------
    DataFrame
        ``SCALE_COLUMNS``, with the levels

        - ``rating``: Pearson correlation of the residuals of single ratings from each expert's and each clip's level on
          the scale; n ratings. This is the halo effect: one impression that affects several ratings at once.
        - ``clip``: Spearman correlation of the clips' mean ratings within systems; n clips. Clips may truly be good in
          two ways, and it contains the halo as well, as the same experts gave both ratings.
    """
    if len(scales) < 2:
        return pd.DataFrame([], columns=list(SCALE_COLUMNS))
    first = frame[~frame["is_repeat"]]
    clips = clips_of(first)
    layers = tables(first, scales, clips)
    draws = resample(layers.shape[1], sizes_of(clips), replicates=replicates, seed=seed)
    residuals = [agreement.additive_residuals(layer) for layer in layers]
    means = [Ranked(clip_means(layer, draws), draws.sizes) for layer in layers]
    rows = []
    for one, other in combinations(range(len(scales)), 2):
        both = int((~np.isnan(layers[one] + layers[other])).sum())
        rating = cell_correlation(residuals[one], residuals[other])
        rows.append((scales[one], scales[other], "rating", *_allowed(rating[:3], draws), both))
        clip = fisher(rank_correlations(means[one], means[other]), len(clips) - len(draws.sizes) - 1)
        rows.append((scales[one], scales[other], "clip", *_allowed(clip[:3], draws), len(clips)))
    return pd.DataFrame(rows, columns=list(SCALE_COLUMNS))


def _allowed(found: tuple[float, float, float], draws: Resample) -> tuple[float, float, float]:
    short = panel_shortage(draws.experts.shape[1], draws.sizes)
    return (found[0], np.nan, np.nan) if short else found
