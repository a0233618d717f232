"""Means of clip metrics and their differences from real music.

With bootstrap intervals.

Clips are a sample of what a system makes, so they are resampled with replacement; clips of one song together, for
they are alike. Several training runs of a system are averaged, each with equal weight; the interval is of these runs'
clips, and says nothing of how another training would have ended: for that there is the spread between the runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from analysis.statistics.bootstrap import CHUNK, LEVEL, draw_counts
from analysis.statistics.guards import MIN_CLIPS
from analysis.statistics.objective.clip_sets import ClipSet, Floats

#: Metrics of one clip, in the order of a table. Perplexities are averaged as logarithms.
METRICS = (
    *("upc", "upc_bar", "gc", "ebr", "ebr_onset", "with_rests", "ppl", "strong_beats", "downbeats", "long_on_bar"),
    *("repeats", "bar_similarity", "leaps", "out_of_range", "rests", "notes", "pitch_range", "pitch_shift"),
    *("inter_onset_interval", "longest_shared", "shared_5grams", "nearest_distance"),
)
PPL = "ppl"
COLUMNS = (
    *("system", "variant", "clips", "metric", "mean", "sd", "ci_low", "ci_high"),
    *("difference", "difference_ci_low", "difference_ci_high", "n", "n_without", "n_seeds", "sd_seeds", "reason"),
)


def differences(
    sets: Sequence[ClipSet], real: ClipSet | None, *, replicates: int = 10_000, seed: int = 1
) -> list[dict[str, object]]:
    """Compute means of a system's metrics and their differences from real music.

    Parameters
    ----------
    sets : sequence of ClipSet
        Of one system, one per training run.
    real : ClipSet or None
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    list of dict
        A row with ``COLUMNS`` for each metric that a set has. ``mean`` is the mean over runs of the mean over clips,
        ``sd`` the spread between clips within a run, ``sd_seeds`` that between the runs' means; the interval is the
        bootstrap's 95% percentile interval. ``difference`` is the mean less that of real music. For ppl ``mean`` and
        its interval are exp of means of logarithms; ``difference`` and both spreads are in logarithms. ``n`` counts
        clips with a value, ``n_without`` those without. ``reason`` says why there is no interval or no mean: no_clips,
        no_values, few_clips (fewer than three clips or songs), all_equal, no_real, or the same of the real music
        (real_few_clips ...).
    """
    ours = _Sample(sets, replicates, seed)
    theirs = _Sample([real], replicates, seed) if real is not None and real.size else None
    measured = set().union(*(one.arrays for one in sets))
    return [_row(sets, metric, place, ours, theirs) for place, metric in enumerate(METRICS) if metric in measured]


class _Sample:
    """Values (n, metrics) of each set, and the bootstrap means (replicates, metrics) of their mean over sets."""

    def __init__(self, sets: Sequence[ClipSet], replicates: int, seed: int) -> None:
        self.values = [metric_values(one) for one in sets]
        self.groups = [one.songs for one in sets]
        draws = [_replicate_means(one, replicates, seed) for one in sets]
        self.draws: Floats = _mean(np.stack(draws))

    def mean(self, place: int) -> float:
        """Mean over sets of the mean over the clips that have a value."""
        return float(_mean(np.array([_mean(values[:, place]) for values in self.values])))

    def reason(self, place: int) -> str:
        """Why there is no interval, or ""."""
        columns = [values[:, place] for values in self.values]
        known = [column[~np.isnan(column)] for column in columns]
        together = np.concatenate(known)
        if not len(together):
            return "no_values" if sum(map(len, columns)) else "no_clips"
        if any(count < MIN_CLIPS for count in self._units(columns)):
            return "few_clips"
        return "all_equal" if np.ptp(together) == 0 else ""

    def _units(self, columns: Sequence[Floats]) -> Iterator[int]:
        """How many clips, or songs, with a value each set has; sets without any are passed over."""
        for column, songs in zip(columns, self.groups, strict=True):
            there = ~np.isnan(column)
            if there.any():
                yield int(there.sum()) if songs is None else len(np.unique(songs[there]))


def metric_values(one: ClipSet) -> Floats:
    """Collect the metrics of a set's clips, perplexities as logarithms.

    Parameters
    ----------
    one : ClipSet

    Returns
    -------
    float64 array of shape (clips, metrics)
        In the order of ``METRICS``; NaN where there is no value.
    """
    values = np.hstack([one.array(metric) for metric in METRICS])
    ppl = METRICS.index(PPL)
    values[:, ppl] = np.log(values[:, ppl])
    return np.asarray(values, dtype=np.float64)


def _replicate_means(one: ClipSet, replicates: int, seed: int) -> Floats:
    """Bootstrap means (replicates, metrics) of one set, from random numbers that belong to it alone."""
    values = metric_values(one)
    if not one.size:
        return np.full((replicates, len(METRICS)), np.nan)
    unit = np.unique(one.songs, return_inverse=True)[1] if one.songs is not None else np.arange(one.size)
    units = int(unit.max()) + 1
    present = ~np.isnan(values)
    sums, counts = np.zeros((2, units, len(METRICS)))
    np.add.at(sums, unit, np.where(present, values, 0))
    np.add.at(counts, unit, present)
    name = hashlib.sha256(f"{one.name} {one.seed} {one.size}".encode()).digest()
    rng = np.random.Generator(np.random.PCG64([seed, *name]))
    parts = []
    for start in range(0, replicates, CHUNK):
        weights = draw_counts(units, min(CHUNK, replicates - start), rng).astype(np.float64)
        with np.errstate(invalid="ignore"):
            parts.append((weights @ sums) / (weights @ counts))
    return np.concatenate(parts)


def _mean(values: Floats) -> Floats:
    """Mean over the first axis of what is there; NaN where nothing is."""
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    total = np.where(there, values, 0).sum(axis=0)
    mean: Floats = np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)
    return mean


def _row(sets: Sequence[ClipSet], metric: str, place: int, ours: _Sample, theirs: _Sample | None) -> dict[str, object]:
    columns = [values[:, place] for values in ours.values]
    known = [column[~np.isnan(column)] for column in columns]
    means = np.array([column.mean() for column in known if len(column)])
    spreads = np.array([column.var(ddof=1) for column in known if len(column) > 1])
    reason, mean = ours.reason(place), ours.mean(place)
    interval = _interval(ours.draws[:, place], reason)
    row: dict[str, object] = {
        "system": sets[0].system,
        "variant": sets[0].variant,
        "clips": max(one.size for one in sets),
        "metric": metric,
        "mean": mean,
        "sd": np.sqrt(spreads.mean()) if len(spreads) else np.nan,
        "ci_low": interval[0],
        "ci_high": interval[1],
        **_difference(mean, ours.draws[:, place], reason, theirs, place),
        "n": sum(map(len, known)),
        "n_without": sum(map(len, columns)) - sum(map(len, known)),
        "n_seeds": len(sets),
        "sd_seeds": means.std(ddof=1) if len(means) > 1 else np.nan,
    }
    if metric == PPL:
        row |= {name: np.exp(row[name]) for name in ("mean", "ci_low", "ci_high")}  # type: ignore[call-overload]
    return row


def _interval(draws: Floats, reason: str) -> tuple[float, float]:
    known = draws[~np.isnan(draws)]
    if reason or not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _difference(mean: float, draws: Floats, reason: str, theirs: _Sample | None, place: int) -> dict[str, object]:
    """The columns of the difference, and the row's reason."""
    if theirs is None:
        found, missing, interval = np.nan, reason or "no_real", (np.nan, np.nan)
    else:
        of_real = theirs.reason(place)
        found, missing = mean - theirs.mean(place), reason or (f"real_{of_real}" if of_real else "")
        interval = _interval(draws - theirs.draws[:, place], missing)
    return {
        "difference": found,
        "difference_ci_low": interval[0],
        "difference_ci_high": interval[1],
        "reason": missing,
    }
