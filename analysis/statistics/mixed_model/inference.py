"""Tests and intervals with Satterthwaite's degrees of freedom.

Also corrections for the number of tests, and equivalence tests.

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
    """Coefficients of the fixed part with what their tests need.

    Attributes
    ----------
    coefficients : float64 array of shape (p,)
    covariance : float64 array of shape (p, p)
    derivatives : float64 array of shape (4, p, p)
        Of the covariance by the variance components.
    of_variances : float64 array of shape (4, 4)
        Asymptotic covariance of those components.
    """

    coefficients: Floats
    covariance: Floats
    derivatives: Floats
    of_variances: Floats

    def variances(self, weights: Floats) -> Floats:
        """Compute the variances of linear combinations.

        Parameters
        ----------
        weights : float64 array of shape (n, p)

        Returns
        -------
        float64 array of shape (n,)
        """
        return _forms(weights, self.covariance)

    def freedom(self, weights: Floats) -> Floats:
        """Compute Satterthwaite's degrees of freedom of linear combinations.

        2 var^2 / Var(var), with Var by the delta method.

        Parameters
        ----------
        weights : float64 array of shape (n, p)

        Returns
        -------
        float64 array of shape (n,)
            NaN where Var is not known.
        """
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
    """Tests of linear combinations of coefficients.

    Attributes
    ----------
    value, se, df, t, p, low, high : float64 arrays of shape (n,)
    """

    value: Floats
    se: Floats
    df: Floats
    t: Floats
    p: Floats
    low: Floats
    high: Floats


def t_tests(estimate: Estimate, weights: Floats, alpha: float) -> Tested:
    """Test linear combinations of coefficients against zero.

    Parameters
    ----------
    estimate : Estimate
    weights : float64 array of shape (n, p)
    alpha : float
        Intervals have level 1 - alpha.

    Returns
    -------
    Tested
        Two-sided t tests with Satterthwaite's degrees of freedom.
    """
    value = weights @ estimate.coefficients
    se, df = np.sqrt(estimate.variances(weights)), estimate.freedom(weights)
    reach = stats.t.ppf(1 - alpha / 2, df) * se
    t = value / se
    p = np.asarray(2 * stats.t.sf(np.abs(t), df))
    return Tested(value, se, df, t, p, value - reach, value + reach)


def f_test(estimate: Estimate, weights: Floats) -> tuple[float, float, float]:
    """Test that several linear combinations of coefficients are all zero.

    They are transformed into q independent t statistics, each with Satterthwaite's df; the denominator's df make F's
    expectation that of their mean square (Fai & Cornelius 1996, as in lmerTest).

    Parameters
    ----------
    estimate : Estimate
    weights : float64 array of shape (q, p)
        Linearly independent rows.

    Returns
    -------
    f, denominator_df, p : float
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
    """Adjust the p values of a family by Holm's step-down method.

    S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.

    Parameters
    ----------
    p : array_like of shape (n,)
        NaN is not counted as a test.

    Returns
    -------
    float64 array of shape (n,)
        In the order given; NaN where p is NaN.
    """
    values = np.array(p, dtype=np.float64)
    there = np.flatnonzero(~np.isnan(values))
    order = there[np.argsort(values[there], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return values


def bonferroni(p: npt.ArrayLike) -> Floats:
    """Multiply each p by the number of a family's tests, up to 1.

    It is below alpha exactly where the interval at alpha / (number of tests) excludes zero: all these intervals
    together contain every true value in at least 1 - alpha of studies, whatever the dependence (O. J. Dunn, Journal of
    the American Statistical Association 56 (1961) 52-64). Holm's p has no two-sided intervals of that kind
    (docs/methods.md).

    Parameters
    ----------
    p : array_like of shape (n,)
        NaN is not counted as a test.

    Returns
    -------
    float64 array of shape (n,)
        NaN where p is NaN.
    """
    values = np.array(p, dtype=np.float64)
    adjusted: Floats = np.minimum(values * np.count_nonzero(~np.isnan(values)), 1.0)
    return adjusted


def equivalence_p(difference: Floats, se: Floats, df: Floats, gap: float) -> Floats:
    """Compute p of two one-sided t tests that a difference is within a margin.

    D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680.

    Parameters
    ----------
    difference, se, df : float64 arrays of shape (n,)
    gap : float
        The margin is from -gap to gap.

    Returns
    -------
    float64 array of shape (n,)
        The larger of the two tests' p.
    """
    return np.asarray(stats.t.sf((gap - np.abs(difference)) / se, df))
