"""Tables 3 to 5 beyond the model's own: spread of ratings, effects in shared units, and how precise the study is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.data.ratings import Ratings
from analysis.report.style import system_order
from analysis.statistics import pilot, power
from analysis.statistics.mixed_model import Fit, effect_sizes
from analysis.statistics.ordinal_model import OrdinalFit
from analysis.statistics.ordinal_model.agreement import compare
from formats.errors import InputError

SPREAD = ("scale", "system", "n_ratings", "sd", "median", "top_two")
EFFECTS = (
    *("scale", "system_a", "system_b", "difference", "d", "superiority", "link"),
    *("estimate", "p_ordinal", "test", "kind"),
)
PRECISION = ("scale", "statistic", "value", "note")


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
    table = table[table["p_linear"].notna()]
    tested = table[["p_linear", "p_ordinal"]].notna().all(axis=1)
    table["kind"] = table["kind"].where((table["kind"] != "") | ~tested, "agree")
    kept: pd.DataFrame = table[list(EFFECTS)]
    return kept


def precision(ratings: Ratings, fits: Mapping[str, Fit]) -> pd.DataFrame:
    """How precise the study is on each scale (PRECISION), of models fitted and guarded.

    share_*: a component's share of the variance of a single rating. g_coefficient: share of the variance of the
    systems' observed means that would come back with other experts and clips (generalisability of the means).
    half_width: of the interval of a difference of two systems. smallest_gap: the true gap found in four such studies
    of five. The last two take the design as balanced. `note` says why a value is empty: not_separable (a variance that
    it needs), few_experts, few_clips, one_system, equal_means, beyond_scale (no gap on the scale is so large).
    """
    rows: list[tuple[str, str, float, str]] = []
    for scale, fit in fits.items():
        if fit.why:
            continue
        components = fit.variance_components.set_index("component")["variance"]
        untold = "not_separable" if components.isna().any() else ""
        shares = components / components.sum(skipna=False)
        rows += [(scale, f"share_{name}", float(value), untold) for name, value in shares.items()]
        rows += [(scale, *row) for row in _generalising(ratings, fit)]
    return pd.DataFrame(rows, columns=list(PRECISION))


def _generalising(ratings: Ratings, fit: Fit) -> list[tuple[str, float, str]]:
    """What is said of other experts and clips: statistic, value and why it is empty."""
    g, why_no_g = _generalisability(fit)
    known = plannable(ratings, fit)
    if isinstance(known, str):
        return [("g_coefficient", g, why_no_g), *((name, np.nan, known) for name in ("half_width", "smallest_gap"))]
    half, gap = power.half_width(known.design, known.variances), gap_on_scale(ratings, known)
    reach = [("half_width", half, ""), ("smallest_gap", gap, "beyond_scale" if np.isnan(gap) else "")]
    return [("g_coefficient", g, why_no_g), *reach]


def _generalisability(fit: Fit) -> tuple[float, str]:
    """1 - (mean squared standard error of a difference / 2) / variance of the observed means, not below 0; else why
    there is none."""
    why = _not_generalised(fit)
    observed = float(fit.means["mean"].var(ddof=1))
    if not why and not observed > 0:
        why = "one_system" if len(fit.means) < 2 else "equal_means"
    if why:
        return np.nan, why
    return max(0.0, 1 - float((fit.contrasts["se"] ** 2).mean() / 2) / observed), ""


def _not_generalised(fit: Fit) -> str:
    """Why the model says nothing of other experts and clips, or ""."""
    short = next(filter(None, fit.shortages.values()), "")
    untold = bool(fit.variance_components["variance"].isna().any())
    return fit.why or short or ("not_separable" if untold else "")


def plannable(ratings: Ratings, fit: Fit) -> pilot.Pilot | str:
    """The study as a pilot of a further one, or why it is none."""
    why = _not_generalised(fit)
    if why:
        return why
    try:
        return pilot.from_fitted(ratings, fit.scale, fit.variance_components)
    except InputError:
        return "one_system" if len(fit.means) < 2 else "too_few"


def gap_on_scale(ratings: Ratings, known: pilot.Pilot) -> float:
    """The smallest gap that such a study finds in four of five; NaN where the scale has none so large."""
    gap = power.smallest_gap(known.design, known.variances)
    return gap if gap <= span(ratings, known.scale) else np.nan


def span(ratings: Ratings, key: str) -> float:
    """The largest difference that a scale allows."""
    return next(scale.maximum - scale.minimum for scale in ratings.scales if scale.key == key)
