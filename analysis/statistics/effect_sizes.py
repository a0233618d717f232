"""Spread of ratings, standardised effects and precision (tables 3 to 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.data.ratings import Ratings
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


def rating_spread(ratings: Ratings, scales: Sequence[str], systems: Sequence[str]) -> pd.DataFrame:
    """Describe the distribution of single ratings of each system on each scale.

    Parameters
    ----------
    ratings : Ratings
    scales : sequence of str
        Keys of the scales.
    systems : sequence of str
        In the order of the rows.

    Returns
    -------
    DataFrame
        ``SPREAD``: count, standard deviation, median and ``top_two``, the share of the two highest steps. That share is
        NaN where the ratings are not whole steps or the scale has fewer than three.
    """
    rows = []
    for scale in (entry for entry in ratings.scales if entry.key in scales):
        frame = ratings.counted[ratings.counted["scale"] == scale.key]
        whole = bool((frame["rating"] % 1 == 0).all()) and scale.maximum - scale.minimum >= 2
        for system in systems:
            given = frame.loc[frame["system"] == system, "rating"]
            if given.empty:
                continue
            top = float((given >= scale.maximum - 1).mean()) if whole else np.nan
            rows.append((scale.key, system, len(given), given.std(ddof=1), given.median(), top))
    return pd.DataFrame(rows, columns=list(SPREAD))


def effects(fitted: Fit, ordinal: OrdinalFit, alpha: float) -> pd.DataFrame:
    """Express each contrast in standardised units, with the ordinal model's.

    Parameters
    ----------
    fitted : Fit
        Linear mixed model.
    ordinal : OrdinalFit
    alpha : float
        Level of the tests that are compared.

    Returns
    -------
    DataFrame
        ``EFFECTS``, contrasts with a test only. ``kind`` is "agree" where both models agree in sign and significance,
        "" where one has no test, else as in ``compare``.
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
    """Describe how precise the study is on each scale.

    Parameters
    ----------
    ratings : Ratings
    fits : mapping of str to Fit
        By scale, fitted and guarded; those with a reason in ``why`` are left out.

    Returns
    -------
    DataFrame
        ``PRECISION``, with the statistics

        - ``share_*``: a component's share, 0 to 1, of the variance of a single rating;
        - ``g_coefficient``: share, 0 to 1, of the variance of the systems' observed means that would recur with other
          experts and clips (generalisability);
        - ``half_width``: of the interval of a difference of two systems, in rating points;
        - ``smallest_gap``: the true difference found in four such studies of five, in rating points.

        The last two take the design as balanced. ``note`` says why a value is NaN: not_separable (a variance that it
        needs), few_experts, few_clips, one_system, equal_means, too_few, beyond_scale (no difference on the scale is so
        large).
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
    """Turn the study into a pilot of a further one.

    Parameters
    ----------
    ratings : Ratings
    fit : Fit

    Returns
    -------
    Pilot or str
        A string is the reason why it cannot be one.
    """
    why = _not_generalised(fit)
    if why:
        return why
    try:
        return pilot.from_fitted(ratings, fit.scale, fit.variance_components)
    except InputError:
        return "one_system" if len(fit.means) < 2 else "too_few"


def gap_on_scale(ratings: Ratings, known: pilot.Pilot) -> float:
    """Compute the smallest difference that such a study finds in four of five.

    Parameters
    ----------
    ratings : Ratings
    known : Pilot

    Returns
    -------
    float
        In rating points; NaN if it exceeds the scale's range.
    """
    gap = power.smallest_gap(known.design, known.variances)
    return gap if gap <= span(ratings, known.scale) else np.nan


def span(ratings: Ratings, key: str) -> float:
    """Compute the largest difference that a scale allows.

    Parameters
    ----------
    ratings : Ratings
    key : str
        Key of the scale.

    Returns
    -------
    float
        In rating points.
    """
    return next(scale.maximum - scale.minimum for scale in ratings.scales if scale.key == key)
