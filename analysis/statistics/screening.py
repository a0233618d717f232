"""Agreement of each expert with the panel, and drift within a session.

They change nothing by themselves: `sensitivity` shows what leaving flagged experts out would do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics.correlation import Floats, clips_of, sizes_of, tables
from analysis.statistics.guards import panel_shortage

SCREENING = ("scale", "expert_id", "agreement", "n", "flagged")
CURVE = ("scale", "trial", "change", "ci_low", "ci_high", "n_experts")
ORDER = ("scale", "term", "estimate", "se", "df", "ci_low", "ci_high", "p", "n_experts")

#: An expert whose ratings go with the others' mean by less than this is flagged. In simulations of 26 experts and 60
#: trials it caught 92-96 % of those who answer at random and 1.2-1.4 % of honest ones; a limit of 0 caught 44-49 %.
LITTLE_AGREEMENT = 0.20
YES = frozenset({"1", "1.0", "true", "yes"})
TERMS = ("ten_trials", "second_half", "after_real")


def is_yes(column: pd.Series) -> pd.Series:
    """Convert a column of flags, truth values or text, to truth values.

    Parameters
    ----------
    column : Series

    Returns
    -------
    Series of bool
    """
    return column.astype(str).str.strip().str.lower().isin(YES)


def is_second_half(frame: pd.DataFrame) -> pd.Series:
    """Mark the ratings in the second half of their expert's trials.

    Parameters
    ----------
    frame : DataFrame
        Columns ``expert_id`` and ``trial``.

    Returns
    -------
    Series of bool
        Whether the trial number exceeds the expert's median.
    """
    return frame["trial"] > frame.groupby("expert_id")["trial"].transform("median")


def screening(frame: pd.DataFrame, scales: Sequence[str]) -> pd.DataFrame:
    """Compute each expert's agreement with the other experts.

    Spearman's rho with the mean of the others, from which each expert's own level is subtracted first. Repeats are
    ignored.

    Parameters
    ----------
    frame : DataFrame
    scales : sequence of str

    Returns
    -------
    DataFrame
        ``SCREENING``; ``n`` is the number of clips compared. ``flagged``: agreement is below ``LITTLE_AGREEMENT`` or
        all ratings are equal, with three clips or more.

    Notes
    -----
    A flag does not show whether an expert rated carelessly or hears differently from the others. With 20 clips instead
    of 60 honest experts are flagged often.
    """
    first = frame[~frame["is_repeat"]]
    experts = sorted(first["expert_id"].unique())
    rows = []
    for scale, table in zip(scales, tables(first, scales, clips_of(first)), strict=True):
        others = others_mean(_without_level(table))
        for n, expert in enumerate(experts):
            shared = ~np.isnan(table[n]) & ~np.isnan(others[n])
            count, value = int(shared.sum()), _spearman(table[n, shared], others[n, shared])
            rows.append((scale, expert, value, count, count > 2 and not value >= LITTLE_AGREEMENT))
    return pd.DataFrame(rows, columns=list(SCREENING))


def flagged_on(screened: pd.DataFrame, scale: str) -> list[str]:
    """List the experts flagged on a scale.

    Parameters
    ----------
    screened : DataFrame
        From ``screening``.
    scale : str

    Returns
    -------
    list of str
    """
    return screened.loc[screened["flagged"] & (screened["scale"] == scale), "expert_id"].tolist()


def _without_level(table: Floats) -> Floats:
    counts = np.maximum((~np.isnan(table)).sum(axis=1), 1)
    found: Floats = table - (np.nansum(table, axis=1) / counts)[:, None]
    return found


def others_mean(table: Floats) -> Floats:
    """Compute for each cell the mean of the other experts' ratings of the clip.

    Parameters
    ----------
    table : float64 array of shape (experts, clips)

    Returns
    -------
    float64 array of shape (experts, clips)
        NaN where no other expert rated the clip.
    """
    present = ~np.isnan(table)
    count = present.sum(axis=0) - present
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (np.nansum(table, axis=0) - np.where(present, table, 0.0)) / count
    return np.where(count > 0, means, np.nan)


def _spearman(x: Floats, y: Floats) -> float:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    return float(stats.spearmanr(x, y).statistic)


def order_effects(frame: pd.DataFrame, scales: Sequence[str], real: str | None = None) -> pd.DataFrame:
    """Test whether ratings depend on when a clip is heard.

    The other experts' mean of the clip is subtracted from each rating. An effect is computed from the rest for each
    expert, and a t test over experts tests whether it is zero on average (experts may tire differently).

    Parameters
    ----------
    frame : DataFrame
        Ratings with ``trial`` and ``is_repeat``.
    scales : sequence of str
    real : str, optional
        The system of real music.

    Returns
    -------
    DataFrame
        ``ORDER``, in rating points; no rows without trial numbers. Terms:

        - ``ten_trials``: change in ten trials (least-squares slope);
        - ``second_half``: second half of the trials less the first;
        - ``after_real``: clips heard directly after real music less the others, without real music itself; only with
          ``real``.

        Only the mean is given for too few experts or clips (see ``guards``).
    """
    if "trial" not in frame or frame["trial"].isna().any():
        return pd.DataFrame([], columns=list(ORDER))
    rows = []
    for scale in (scale for scale in scales if (frame["scale"] == scale).any()):
        cells = _cells(frame[frame["scale"] == scale])
        for term in TERMS if real else TERMS[:-1]:
            effects = _effects(cells, term, real)
            effects = effects[~np.isnan(effects)]
            short = panel_shortage(len(effects), sizes_of(clips_of(cells)))
            rows.append((scale, term, *_t_test(effects, is_short=bool(short)), len(effects)))
    return pd.DataFrame(rows, columns=list(ORDER))


def order_curve(frame: pd.DataFrame, scales: Sequence[str], bins: int = 12) -> pd.DataFrame:
    """Compute the course of ratings over the trials (figure 12).

    The other experts' mean of the clip is subtracted from each rating. An expert's ratings in a run of trials are
    averaged first; the interval is Student's t over experts.

    Parameters
    ----------
    frame : DataFrame
        Ratings with ``trial`` and ``is_repeat``.
    scales : sequence of str
    bins : int, default 12
        Maximum number of runs of trials.

    Returns
    -------
    DataFrame
        ``CURVE``, in rating points; no rows without trial numbers, nor of a scale with too few experts or clips (see
        ``guards``).
    """
    if "trial" not in frame or frame["trial"].isna().any():
        return pd.DataFrame([], columns=list(CURVE))
    parts = []
    for scale in scales:
        rated = frame[frame["scale"] == scale]
        if panel_shortage(rated["expert_id"].nunique(), sizes_of(clips_of(rated))):
            continue
        cells = _cells(rated)
        width = math.ceil((cells["trial"].max() - cells["trial"].min() + 1) / bins)
        run = (cells["trial"] - cells["trial"].min()) // width
        of_expert = cells.groupby([run.rename("run"), "expert_id"])[["rest", "trial"]].mean()
        found = of_expert.groupby("run").agg(
            trial=("trial", "mean"), change=("rest", "mean"), sd=("rest", "std"), n_experts=("rest", "size")
        )
        reach = stats.t.isf(0.025, found["n_experts"] - 1) * found["sd"] / np.sqrt(found["n_experts"])
        found = found.assign(scale=scale, ci_low=found["change"] - reach, ci_high=found["change"] + reach)
        parts.append(found[list(CURVE)])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame([], columns=list(CURVE))


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """First ratings with `rest` (rating less the others' mean), `previous` (system heard before) and `is_late`."""
    frame = frame.sort_values(["expert_id", "trial"])
    frame = frame.assign(previous=frame.groupby("expert_id")["system"].shift())
    first = frame[~frame["is_repeat"]]
    clips = clips_of(first)
    experts = sorted(first["expert_id"].unique())
    others = others_mean(tables(first, [str(first["scale"].iloc[0])], clips)[0])
    row = pd.Index(experts).get_indexer(first["expert_id"])
    column = clips.get_indexer(pd.MultiIndex.from_frame(first[["system", "clip_id"]]))
    first = first.assign(rest=first["rating"] - others[row, column], is_late=is_second_half(first))
    return first[first["rest"].notna()]


def _effects(cells: pd.DataFrame, term: str, real: str | None) -> Floats:
    """One effect per expert, NaN where it cannot be estimated."""
    if term == "ten_trials":
        trial = cells["trial"] - cells.groupby("expert_id")["trial"].transform("mean")
        sums = pd.DataFrame({"up": trial * cells["rest"], "spread": trial**2}).groupby(cells["expert_id"]).sum()
        return (10 * sums["up"] / sums["spread"].where(sums["spread"] > 0)).to_numpy(np.float64)
    if term == "after_real":
        cells = cells[cells["system"] != real]
    is_in = cells["is_late"] if term == "second_half" else cells["previous"] == real
    means = cells.groupby(["expert_id", is_in.rename("is_in")])["rest"].mean().unstack().reindex(columns=[True, False])
    return (means[True] - means[False]).to_numpy(np.float64)


def _t_test(effects: Floats, *, is_short: bool) -> tuple[float, ...]:
    """Mean, standard error, df, interval and p of a one-sample t test; NaN beside the mean where nothing is concluded
    or all effects are equal."""
    mean = float(effects.mean()) if len(effects) else math.nan
    if is_short or np.ptp(effects) == 0:
        return (mean, *[math.nan] * 5)
    se, df = float(effects.std(ddof=1)) / math.sqrt(len(effects)), len(effects) - 1
    reach = float(stats.t.isf(0.025, df)) * se
    return mean, se, float(df), mean - reach, mean + reach, float(2 * stats.t.sf(abs(mean) / se, df))
