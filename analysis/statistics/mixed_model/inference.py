"""Tests and intervals with Satterthwaite's degrees of freedom, corrections for number, and equivalence tests.

Sources: A. Kuznetsova, P. B. Brockhoff & R. H. B. Christensen, "lmerTest package", J. Stat. Software 82(13), 2017; for
several degrees of freedom in the numerator A. H.-T. Fai & P. L. Cornelius, J. Stat. Comput. Simul. 54 (1996) 363-378.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from analysis.statistics.mixed_model.random_effects import Floats


@dataclass(frozen=True)
class Estimate:
    """Coefficients (p,), their covariance (p, p), its derivatives (4, p, p) by the variance components, and the
    asymptotic covariance (4, 4) of those components."""

    coefficients: Floats
    covariance: Floats
    derivatives: Floats
    of_variances: Floats

    def variances(self, weights: Floats) -> Floats:
        """(n,): of the combinations `weights` (n, p)."""
        return _forms(weights, self.covariance)

    def freedom(self, weights: Floats) -> Floats:
        """Satterthwaite's df (n,) of the combinations `weights` (n, p): 2 var^2 / Var(var), Var by the delta method."""
        gradients = np.stack([_forms(weights, derivative) for derivative in self.derivatives], axis=1)
        uncertainty = _forms(gradients, self.of_variances)
        known = uncertainty > 0
        df: Floats = 2 * self.variances(weights) ** 2 / np.where(known, uncertainty, np.nan)
        return df


def _forms(rows: Floats, matrix: Floats) -> Floats:
    """Each row's quadratic form."""
    forms: Floats = ((rows @ matrix) * rows).sum(axis=1)
    return forms


@dataclass(frozen=True)
class Tested:
    """Combinations of coefficients with what a table says of each; arrays of equal length."""

    value: Floats
    se: Floats
    df: Floats
    t: Floats
    p: Floats
    low: Floats
    high: Floats


def t_tests(estimate: Estimate, weights: Floats, alpha: float) -> Tested:
    """t tests of combinations `weights` (n, p) against nothing, with 1 - alpha intervals."""
    value = weights @ estimate.coefficients
    se, df = np.sqrt(estimate.variances(weights)), estimate.freedom(weights)
    reach = stats.t.ppf(1 - alpha / 2, df) * se
    t = value / se
    p = np.asarray(2 * stats.t.sf(np.abs(t), df))
    return Tested(value, se, df, t, p, value - reach, value + reach)


def f_test(estimate: Estimate, weights: Floats) -> tuple[float, float, float]:
    """F, its denominator's df and p of all combinations `weights` (q, p), linearly independent, being nothing.

    The combinations are turned into q independent t statistics, each with Satterthwaite's df; the denominator's df
    make F's expectation that of their mean square (Fai & Cornelius, as in lmerTest).
    """
    roots, turn = np.linalg.eigh(weights @ estimate.covariance @ weights.T)
    turned = turn.T @ weights
    f = float(np.mean((turned @ estimate.coefficients) ** 2 / roots))
    df = estimate.freedom(turned)
    denominator = _denominator(df)
    return f, denominator, float(stats.f.sf(f, len(df), denominator))


def _denominator(df: Floats) -> float:
    if np.isnan(df).any() or np.ptp(df) < 1e-8:
        return float(df.mean())
    if (df <= 2).any():
        return 2.0
    expected = float((df / (df - 2)).sum())
    return 2 * expected / (expected - len(df))


def holm(p: npt.ArrayLike) -> Floats:
    """Holm's step-down p of a family, in the order given; NaN stays, and counts for nothing.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    values = np.array(p, dtype=np.float64)
    there = np.flatnonzero(~np.isnan(values))
    order = there[np.argsort(values[there], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return values


def bonferroni(p: npt.ArrayLike) -> Floats:
    """Each p times the number of a family's tests, at most 1; NaN stays, and counts for nothing.

    It is below alpha exactly where the interval at alpha / (number of tests) excludes zero: all these intervals
    together hold every true value in at least 1 - alpha of studies, whatever the dependence. Holm's p has no two-sided
    intervals of that kind (docs/methods.md).

    Source: O. J. Dunn, Journal of the American Statistical Association 56 (1961) 52-64.
    """
    values = np.array(p, dtype=np.float64)
    adjusted: Floats = np.minimum(values * np.count_nonzero(~np.isnan(values)), 1.0)
    return adjusted


def equivalence_p(difference: Floats, se: Floats, df: Floats, gap: float) -> Floats:
    """p of two one-sided t tests that a difference lies within -gap to gap.

    Source: D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680.
    """
    return np.asarray(stats.t.sf((gap - np.abs(difference)) / se, df))
