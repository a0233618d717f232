"""From ratings to the tables of the ordinal model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.mixed_model.layout import Layout, lay_out, separable
from analysis.mixed_model.notes import Name, Text
from analysis.mixed_model.random_effects import EFFECTS, Floats
from analysis.ordinal_model.laplace import Maximum, Problem, maximise
from analysis.ordinal_model.links import LINKS
from analysis.ordinal_model.words import say

TABLE = ("scale", "link", "term", "kind", "estimate", "se", "z", "p")
CONTRASTS = ("scale", "link", "system_a", "system_b", "estimate", "se", "z", "p")
#: More levels than these are a continuous scale: the linear model is at home there, and this one gains nothing.
MOST_LEVELS = 11
#: Beyond this many standard deviations of the noise a coefficient is on its way to infinity.
RUNAWAY = 8.0
NOISE_SD = {"probit": 1.0, "logit": np.pi / np.sqrt(3)}


@dataclass(frozen=True)
class OrdinalFit:
    """The model of one scale under one link.

    `table` (TABLE): kind "threshold" (term 1|2 ...), "system" (each against the first; no row for that), "variance"
    (expert, clip, expert:system; empty where the design cannot tell it) and "fit" (log_likelihood). `contrasts`
    (CONTRASTS): all pairs, system_a less system_b on the latent scale. Both are empty where nothing was fitted, and
    `notes` says why in every language.
    """

    scale: str
    link: str
    table: pd.DataFrame
    contrasts: pd.DataFrame
    notes: tuple[Text, ...]


def fit(
    frame: pd.DataFrame, scale: str, link: str = "probit", *, systems: Sequence[str] = (), called: Name = ""
) -> OrdinalFit:
    """Fit the model to the ratings of one scale; `frame`, `systems` and `called` as for `mixed_model.fit`.

    Levels are the values that occur, in their order. Raises ValueError for an unknown link, and where the ratings
    cannot be laid out.
    """
    if link not in LINKS:
        raise ValueError(f"the link {link!r} is neither of {', '.join(LINKS)}")
    layout = lay_out(frame, scale, systems)
    there = layout.cells.present > 0
    values = np.unique(layout.ratings[there])
    why = _why_not(layout, values, called or scale)
    if why is not None:
        return OrdinalFit(scale, link, _table([]), pd.DataFrame([], columns=list(CONTRASTS)), (why,))
    levels = np.where(there, np.searchsorted(values, layout.ratings), -1)
    nest = layout.cells.nest
    found = maximise(Problem(levels, nest[:, 1:], nest, separable(layout.cells), LINKS[link]))
    notes = _notes(called or scale, link, found)
    rows = _threshold_rows(values, found) + _system_rows(layout, found) + _variance_rows(found)
    table = _table([(scale, link, *row) for row in rows])
    return OrdinalFit(scale, link, table, _contrasts(layout, link, found), notes)


def _why_not(layout: Layout, values: Floats, called: Name) -> Text | None:
    if len(values) < 2:
        return say("one_level", scale=called)
    if len(values) > MOST_LEVELS:
        return say("many_levels", scale=called, count=len(values), most=MOST_LEVELS)
    return say("too_few", scale=called) if layout.cells.free < len(values) else None


def _table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(TABLE))
    return table.astype(dict.fromkeys(TABLE[4:], np.float64))


def _tested(estimate: float, variance: float) -> tuple[float, float, float, float]:
    """Estimate, standard error, Wald's z and its p."""
    se = float(np.sqrt(variance))
    z = estimate / se
    return estimate, se, z, float(2 * stats.norm.sf(abs(z)))


def _threshold_rows(values: Floats, found: Maximum) -> list[tuple[object, ...]]:
    names = [f"{low:g}|{high:g}" for low, high in zip(values, values[1:], strict=False)]
    variances = np.diagonal(found.covariance)
    return [
        (name, "threshold", *_tested(value, variance))
        for name, value, variance in zip(names, found.thresholds, variances, strict=False)
    ]


def _system_rows(layout: Layout, found: Maximum) -> list[tuple[object, ...]]:
    variances = np.diagonal(found.covariance)[len(found.thresholds) :]
    return [
        (name, "system", *_tested(value, variance))
        for name, value, variance in zip(layout.systems[1:], found.coefficients, variances, strict=True)
    ]


def _variance_rows(found: Maximum) -> list[tuple[object, ...]]:
    none = (np.nan,) * 3
    rows = [(name, "variance", value, *none) for name, value in zip(EFFECTS, found.variances, strict=True)]
    return [*rows, ("log_likelihood", "fit", found.log_likelihood, *none)]


def _contrasts(layout: Layout, link: str, found: Maximum) -> pd.DataFrame:
    cuts = len(found.thresholds)
    values = np.append(0.0, found.coefficients)
    covariance = np.zeros((len(values), len(values)))
    covariance[1:, 1:] = found.covariance[cuts:, cuts:]
    rows = []
    for a, b in combinations(range(len(values)), 2):
        variance = covariance[a, a] + covariance[b, b] - 2 * covariance[a, b]
        names = (layout.scale, link, layout.systems[a], layout.systems[b])
        rows.append((*names, *_tested(values[a] - values[b], variance)))
    return pd.DataFrame(rows, columns=list(CONTRASTS))


def _notes(called: Name, link: str, found: Maximum) -> tuple[Text, ...]:
    notes = []
    limit = RUNAWAY * NOISE_SD[link]
    places = np.concatenate([found.thresholds, found.coefficients, np.sqrt(np.nan_to_num(found.variances))])
    if np.abs(places).max() > limit or np.ptp(np.append(0.0, found.coefficients)) > limit:
        notes.append(say("runaway", scale=called, link=link))
    elif not found.converged or np.isnan(found.covariance).any():
        notes.append(say("not_converged", scale=called, link=link))
    return tuple(notes)
