"""Tables 3 to 5 beyond the model's own: spread of ratings, effects in shared units, and how precise the study is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import pilot, power
from analysis.errors import InputError
from analysis.look import system_order
from analysis.mixed_model import Fit, effect_sizes
from analysis.ordinal_model import OrdinalFit
from analysis.ordinal_model.agreement import compare
from analysis.ratings import Ratings

SPREAD = ("scale", "system", "n_ratings", "sd", "median", "top_two")
EFFECTS = ("scale", "system_a", "system_b", "difference", "d", "superiority", "link", "estimate", "p_ordinal", "kind")
PRECISION = ("scale", "statistic", "value")


def rating_spread(ratings: Ratings, scales: Sequence[str]) -> pd.DataFrame:
    """Of every system on every scale (SPREAD): sd and median of single ratings, and the share of the two highest
    steps; that share is empty where the scale has other values than whole steps."""
    rows = []
    for scale in (entry for entry in ratings.scales if entry.key in scales):
        frame = ratings.counted[ratings.counted["scale"] == scale.key]
        whole = bool((frame["rating"] % 1 == 0).all()) and scale.maximum - scale.minimum >= 2
        for system in system_order(frame["system"].unique(), ratings.real_system):
            given = frame.loc[frame["system"] == system, "rating"]
            top = float((given >= scale.maximum - 1).mean()) if whole else np.nan
            rows.append((scale.key, system, len(given), given.std(ddof=1), given.median(), top))
    return pd.DataFrame(rows, columns=list(SPREAD))


def effects(fitted: Fit, ordinal: OrdinalFit, alpha: float) -> pd.DataFrame:
    """Every contrast in units that other studies share, beside the ordinal model's (EFFECTS).

    `kind` is "agree" where both models agree in sign and significance, "" where one has no test, else as `compare`.
    """
    if fitted.contrasts["p"].isna().all():
        return pd.DataFrame(columns=list(EFFECTS))
    table = compare(fitted, ordinal, alpha=alpha).merge(effect_sizes(fitted), on=["scale", "system_a", "system_b"])
    tested = table[["p_linear", "p_ordinal"]].notna().all(axis=1)
    table["kind"] = table["kind"].where((table["kind"] != "") | ~tested, "agree")
    kept: pd.DataFrame = table[list(EFFECTS)]
    return kept


def precision(ratings: Ratings, fits: Mapping[str, Fit]) -> pd.DataFrame:
    """How precise the study is on each scale (PRECISION).

    share_*: a component's share of the variance of a single rating. g_coefficient: share of the variance of the
    systems' observed means that would come back with other experts and clips (generalisability of the means).
    half_width: of the interval of a difference of two systems. smallest_gap: the true gap found in four such studies
    of five. The last two take the design as balanced.
    """
    rows: list[tuple[str, str, float]] = []
    for scale, fit in fits.items():
        variances = fit.variance_components.set_index("component")["variance"].fillna(0.0)
        if not variances.sum() > 0:
            continue
        rows += [(scale, f"share_{name}", float(value / variances.sum())) for name, value in variances.items()]
        rows.append((scale, "g_coefficient", _generalisability(fit)))
        rows += [(scale, name, value) for name, value in _reach(ratings, fit).items()]
    return pd.DataFrame(rows, columns=list(PRECISION))


def _generalisability(fit: Fit) -> float:
    """1 - (mean squared standard error of a difference / 2) / variance of the observed means, not below 0."""
    if len(fit.means) < 2 or fit.contrasts["se"].isna().any():
        return np.nan
    observed = float(fit.means["mean"].var(ddof=1))
    error = float((fit.contrasts["se"] ** 2).mean() / 2)
    return max(0.0, 1 - error / observed) if observed > 0 else np.nan


def _reach(ratings: Ratings, fit: Fit) -> dict[str, float]:
    try:
        known = pilot.from_fitted(ratings, fit.scale, fit.variance_components)
    except InputError:
        return {}
    half = power.half_width(known.design, known.variances)
    return {"half_width": half, "smallest_gap": power.smallest_gap(known.design, known.variances)}
