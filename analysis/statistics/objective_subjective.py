"""Correlation of metrics of the notes with ratings.

Within systems there are many clips: a rank correlation with an interval over experts and clips. Between systems there
are as many points as systems, and five points cannot support a correlation: with five, only a perfect order has p < .05
(.0167; Spearman, exact), and one of several metrics shows it by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics.correlation import (
    LARGEST,
    LEVEL,
    Correlation,
    Floats,
    Ranked,
    clip_means,
    exact_spearman,
    fisher,
    rank_correlations,
    resample,
    sizes_of,
    tables,
)
from analysis.statistics.guards import panel_shortage
from analysis.statistics.mixed_model.inference import bonferroni, holm
from analysis.statistics.mixed_model.model import SIMULTANEOUS

FOUND = ("scale", "metric", "form", "rho", "ci_low", "ci_high", "p", "n_clips", "n_systems", "note")
COLUMNS = (*FOUND[:7], "p_holm", *FOUND[7:], *SIMULTANEOUS)
SYSTEM_COLUMNS = ("scale", "metric", "form", "rho", "p", "same_best", "n_systems")
#: As it is, and how far from the real music's mean; generated music is often called good for being close to it.
VALUE, DISTANCE = "value", "distance"
MIN_CLIPS = 10
#: Columns of metrics.csv that say which clip it is and how it was read.
NOT_METRICS = frozenset({"clip_id", "system", "padded_steps", "cut_steps"})


def metric_columns(metrics: pd.DataFrame) -> tuple[str, ...]:
    """List the numeric columns of a table of clips, except ``NOT_METRICS``.

    Parameters
    ----------
    metrics : DataFrame

    Returns
    -------
    tuple of str
    """
    names = (str(name) for name in metrics.columns if name not in NOT_METRICS)
    return tuple(name for name in names if pd.api.types.is_numeric_dtype(metrics[name]))


def clip_correlations(
    frame: pd.DataFrame,
    metrics: pd.DataFrame,
    scales: Sequence[str],
    *,
    real: str | None = None,
    replicates: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """Correlate each metric with the clips' mean ratings within systems.

    Spearman, with ranks taken within each system and pooled, so that no difference between systems enters. The interval
    is on Fisher's z, with two-way resampling and t with clips - systems - 1 degrees of freedom.

    Parameters
    ----------
    frame : DataFrame
        Ratings without repeats.
    metrics : DataFrame
        ``clip_id``, ``system`` and numeric columns; one row per clip.
    scales : sequence of str
    real : str, optional
        The system of real music. With it each metric also has the form "distance": the absolute difference from that
        system's mean.
    replicates, seed : int

    Returns
    -------
    DataFrame
        ``COLUMNS``. ``note`` says why a row has no interval: constant (within every system), hardly_varies, few_clips,
        few_experts (see ``guards``), fewer_than_ten (clips); else "". ``p_simultaneous`` and its interval hold for all
        rows of a scale at once (Bonferroni); the report's conclusions follow them.
    """
    clips = _common_clips(frame, metrics)
    if not len(clips):
        return pd.DataFrame([], columns=list(COLUMNS))
    layers = tables(frame.merge(clips.to_frame(index=False), on=["system", "clip_id"]), scales, clips)
    draws = resample(layers.shape[1], sizes_of(clips), replicates=replicates, seed=seed)
    forms = [
        (name, form, Ranked(values[draws.clips], draws.sizes)) for name, form, values in _forms(metrics, clips, real)
    ]
    parts = []
    for scale, layer in zip(scales, layers, strict=True):
        means = Ranked(clip_means(layer, draws), draws.sizes)
        rows = [(scale, name, form, *_row(drawn, means, layer)) for name, form, drawn in forms]
        table = pd.DataFrame(rows, columns=list(FOUND))
        parts.append(_corrected(table)[list(COLUMNS)])
    return pd.concat(parts, ignore_index=True)


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a scale with p corrected for their number, and intervals that agree with `p_simultaneous`."""
    df = table["n_clips"] - table["n_systems"] - 1
    z, tests = np.arctanh(table["rho"].clip(-LARGEST, LARGEST)), max(1, int(table["p"].notna().sum()))
    tail = (1 - LEVEL) / 2
    se = (np.arctanh(table["ci_high"]) - z) / stats.t.isf(tail, df)
    reach = stats.t.isf(tail / tests, df) * se
    return table.assign(
        p_holm=holm(table["p"]),
        p_simultaneous=bonferroni(table["p"]),
        ci_low_simultaneous=np.tanh(z - reach),
        ci_high_simultaneous=np.tanh(z + reach),
    )


def _common_clips(frame: pd.DataFrame, metrics: pd.DataFrame) -> pd.MultiIndex:
    key = ["system", "clip_id"]
    both = frame[key].drop_duplicates().merge(metrics[key].drop_duplicates(), on=key)
    return pd.MultiIndex.from_frame(both.sort_values(key))


def _forms(metrics: pd.DataFrame, clips: pd.MultiIndex, real: str | None) -> Iterator[tuple[str, str, Floats]]:
    """Each metric in each form, as values (clips,)."""
    of_clip = metrics.drop_duplicates(["system", "clip_id"]).set_index(["system", "clip_id"]).reindex(clips)
    is_real = clips.get_level_values("system") == real
    for name in metric_columns(metrics):
        values = of_clip[name].to_numpy(np.float64)
        yield name, VALUE, values
        if is_real.any() and not np.isnan(values[is_real]).all():
            distance = np.abs(values - np.nanmean(values[is_real]))
            if not np.array_equal(distance, values, equal_nan=True):  # the same where real music has none of it
                yield name, DISTANCE, distance


def _row(drawn: Ranked, means: Ranked, layer: Floats) -> tuple[object, ...]:
    """rho, interval, p, n_clips, n_systems, note. The first of what was drawn is the data themselves."""
    there = ~(drawn.gone[0] | means.gone[0])
    system = np.repeat(np.arange(len(means.sizes)), means.sizes)
    n, systems = int(there.sum()), len(set(system[there]))
    found = fisher(rank_correlations(drawn, means), n - systems - 1)
    sizes = [int((there & (system == place)).sum()) for place in range(len(means.sizes))]
    note = _note(found, n, panel_shortage(int((~np.isnan(layer)).any(axis=1).sum()), filter(None, sizes)))
    if note:
        found = Correlation(found.value, np.nan, np.nan, np.nan)
    return (*found, n, systems, note)


def _note(found: Correlation, clips: int, short: str) -> str:
    if np.isnan(found.value):
        return "constant"
    if short:
        return short
    if clips < MIN_CLIPS:
        return "fewer_than_ten"
    return "hardly_varies" if np.isnan(found.p) else ""


def system_correlations(
    frame: pd.DataFrame, metrics: pd.DataFrame, scales: Sequence[str], *, real: str | None = None
) -> pd.DataFrame:
    """Correlate the systems' mean metrics with their mean ratings.

    Spearman with exact p, without the real system.

    Parameters
    ----------
    frame, metrics, scales
        As for ``clip_correlations``.
    real : str, optional
        The system of real music.

    Returns
    -------
    DataFrame
        ``SYSTEM_COLUMNS``, forms as in ``clip_correlations``. ``same_best``: whether the system closest to real music
        (distance) or with the largest value is the one that was rated best. So few points carry little: to be shown
        only with a warning.
    """
    names = list(metric_columns(metrics))
    of_metric = metrics.groupby("system")[names].mean()
    systems = sorted((set(of_metric.index) & set(frame["system"])) - {real})
    rows = []
    for scale in scales:
        rated = frame[frame["scale"] == scale].groupby("system")["rating"].mean().reindex(systems)
        for name in names:
            values = of_metric[name].reindex(systems)
            found = {VALUE: values}
            if real is not None and real in of_metric.index:
                found[DISTANCE] = (values - of_metric[name].to_dict()[real]).abs()
            rows += [(scale, name, form, *_points(points, rated, form)) for form, points in found.items()]
    return pd.DataFrame(rows, columns=list(SYSTEM_COLUMNS))


def _points(points: pd.Series, rated: pd.Series, form: str) -> tuple[float, float, bool, int]:
    """rho, exact p, whether the best systems are the same, and how many systems there are."""
    there = points.notna() & rated.notna()
    x, y = points[there].to_numpy(np.float64), rated[there].to_numpy(np.float64)
    rho, p = exact_spearman(x.tolist(), y.tolist())
    if np.isnan(rho):
        return rho, p, False, len(x)
    best = np.argmin(x) if form == DISTANCE else np.argmax(x)
    return rho, p, bool(best == np.argmax(y)), len(x)
