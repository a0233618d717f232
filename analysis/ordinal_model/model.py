"""From ratings to the tables of the ordinal model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from analysis import mixed_model
from analysis.mixed_model.layout import Layout, lay_out, separable
from analysis.mixed_model.notes import Name, Text
from analysis.mixed_model.random_effects import EFFECTS, Floats
from analysis.ordinal_model.laplace import Maximum, Problem, maximise
from analysis.ordinal_model.links import LINKS
from analysis.ordinal_model.words import say

TABLE = ("scale", "link", "term", "kind", "estimate", "se", "z", "p", "df")
CONTRASTS = ("scale", "link", "system_a", "system_b", "estimate", "se", "z", "p", "df")
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
    (CONTRASTS): all pairs, system_a less system_b on the latent scale. `z` is the estimate over its standard error;
    `p` is two-sided, by Student's t with `df`, those of the linear model's same difference (thresholds: of its mean of
    the first system). Both are empty where nothing was fitted, and `notes` says why in every language.
    """

    scale: str
    link: str
    table: pd.DataFrame
    contrasts: pd.DataFrame
    notes: tuple[Text, ...]


def fit(
    frame: pd.DataFrame,
    scale: str,
    link: str = "probit",
    *,
    linear: mixed_model.Fit | None = None,
    systems: Sequence[str] = (),
    called: Name = "",
) -> OrdinalFit:
    """Fit the model to the ratings of one scale; `frame`, `systems` and `called` as for `mixed_model.fit`.

    `linear`: the mixed model of the same ratings, whose degrees of freedom the tests take; fitted here if not given.
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
    tested = Freedom.of(linear or mixed_model.fit(frame, scale, systems=systems))
    rows = _threshold_rows(values, layout, found, tested) + _system_rows(layout, found, tested) + _variance_rows(found)
    table = _table([(scale, link, *row) for row in rows])
    return OrdinalFit(scale, link, table, _contrasts(layout, link, found, tested), notes)


def _why_not(layout: Layout, values: Floats, called: Name) -> Text | None:
    if len(values) < 2:
        return say("one_level", scale=called)
    if len(values) > MOST_LEVELS:
        return say("many_levels", scale=called, count=len(values), most=MOST_LEVELS)
    return say("too_few", scale=called) if layout.cells.free < len(values) else None


def _table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(TABLE))
    return table.astype(dict.fromkeys(TABLE[4:], np.float64))


@dataclass(frozen=True)
class Freedom:
    """The linear model's degrees of freedom of each system's mean, and of each pair's difference."""

    means: Mapping[str, float]
    pairs: Mapping[frozenset[str], float]

    @classmethod
    def of(cls, linear: mixed_model.Fit) -> Freedom:
        means, contrasts = linear.means, linear.contrasts
        pairs = map(frozenset, zip(contrasts["system_a"], contrasts["system_b"], strict=True))
        return cls(dict(zip(means["system"], means["df"], strict=True)), dict(zip(pairs, contrasts["df"], strict=True)))


def _tested(estimate: float, variance: float, df: float) -> tuple[float, float, float, float, float]:
    """Estimate, standard error, their ratio z, its p by Student's t, and df.

    The standard error stands on variances that are themselves estimated, from as many experts and clips as in the
    linear model: with the normal distribution small studies cry wolf (`tests.bench_stats`).
    """
    se = float(np.sqrt(variance))
    z = estimate / se
    return estimate, se, z, float(2 * stats.t.sf(abs(z), df)), df


def _threshold_rows(values: Floats, layout: Layout, found: Maximum, freedom: Freedom) -> list[tuple[object, ...]]:
    names = [f"{low:g}|{high:g}" for low, high in zip(values, values[1:], strict=False)]
    variances, df = np.diagonal(found.covariance), freedom.means[layout.systems[0]]
    return [
        (name, "threshold", *_tested(value, variance, df))
        for name, value, variance in zip(names, found.thresholds, variances, strict=False)
    ]


def _system_rows(layout: Layout, found: Maximum, freedom: Freedom) -> list[tuple[object, ...]]:
    first, *others = layout.systems
    variances = np.diagonal(found.covariance)[len(found.thresholds) :]
    return [
        (name, "system", *_tested(value, variance, freedom.pairs[frozenset((first, name))]))
        for name, value, variance in zip(others, found.coefficients, variances, strict=True)
    ]


def _variance_rows(found: Maximum) -> list[tuple[object, ...]]:
    none = (np.nan,) * 4
    rows = [(name, "variance", value, *none) for name, value in zip(EFFECTS, found.variances, strict=True)]
    return [*rows, ("log_likelihood", "fit", found.log_likelihood, *none)]


def _contrasts(layout: Layout, link: str, found: Maximum, freedom: Freedom) -> pd.DataFrame:
    cuts = len(found.thresholds)
    values = np.append(0.0, found.coefficients)
    covariance = np.zeros((len(values), len(values)))
    covariance[1:, 1:] = found.covariance[cuts:, cuts:]
    rows = []
    for a, b in combinations(range(len(values)), 2):
        variance = covariance[a, a] + covariance[b, b] - 2 * covariance[a, b]
        pair = (layout.systems[a], layout.systems[b])
        tested = _tested(values[a] - values[b], variance, freedom.pairs[frozenset(pair)])
        rows.append((layout.scale, link, *pair, *tested))
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
