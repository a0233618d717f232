"""Tests of differences in the ordinal model.

By the standard error, or by the likelihood ratio where that fails.

Where the ratings of a system or a level hardly overlap with the others, its coefficient has no finite maximum: the
search stops somewhere on a flat slope, and the standard error grows faster than the estimate, so that a difference that
nobody could miss has p near 1 (Hauck & Donner, Journal of the American Statistical Association 72 (1977) 851-853). The
likelihood ratio has no such fault. Its signed root is referred to Student's t with the linear model's degrees of
freedom, as the other tests are.

Where it is a variance that runs away (experts agree so closely that hardly any noise is left), the search stops on a
flat slope of its own, in the merged model as in the full one, and their ratio means nothing: there is no test then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.statistics.mixed_model.random_effects import Floats
from analysis.statistics.ordinal_model.laplace import Maximum, Problem, maximise

#: Beyond this many standard deviations of the noise a coefficient is on its way to infinity.
RUNAWAY = 8.0
#: Estimates and standard errors, in the same unit, beyond which the standard error is no longer trusted.
FAR, WIDE = 4.0, 2.0
#: A scale with more such differences has no tests of them: each takes as long as the model itself.
MAX_RATIOS = 30
#: A merged model may come out this much likelier than the full one by the search's own error, and no more.
SLACK = 1e-3
#: Ratings of two systems hardly overlap where no more pairs of them are equal or the other way round.
OVERLAP = 0.05
NOISE_SD = {"probit": 1.0, "logit": np.pi / np.sqrt(3)}
KINDS = T_TEST, RATIO, NONE = "t", "likelihood ratio", ""


@dataclass(frozen=True)
class Tested:
    """An estimate with its test.

    Attributes
    ----------
    estimate, se, z, p, df : float
        NaN where it has no bound or is not known.
    test : {"t", "likelihood ratio", ""}
    sign : float
        Of the difference.
    """

    estimate: float
    se: float
    z: float
    p: float
    df: float
    test: str
    sign: float

    def reversed(self) -> Tested:
        """Reverse the direction of the difference.

        Returns
        -------
        Tested
        """
        return Tested(-self.estimate, self.se, -self.z, self.p, self.df, self.test, -self.sign)


def is_trusted(estimate: float, se: float, noise: float) -> bool:
    """Decide whether the standard error of an estimate is reliable.

    Parameters
    ----------
    estimate, se : float
    noise : float
        Standard deviation of the latent noise.

    Returns
    -------
    bool
        Whether the estimate is within ``FAR`` and the error within ``WIDE`` standard deviations of the noise.
    """
    return bool(abs(estimate) <= FAR * noise and se <= WIDE * noise)


def has_bound(estimate: float, se: float, noise: float) -> bool:
    """Decide whether an estimate is finite, not just where its search stopped.

    Parameters
    ----------
    estimate, se : float
    noise : float
        Standard deviation of the latent noise.

    Returns
    -------
    bool
        Whether the estimate is within ``RUNAWAY`` and the error not beyond ``WIDE`` standard deviations of the noise.
    """
    return bool(abs(estimate) <= RUNAWAY * noise and not se > WIDE * noise)


def is_unbound(found: Maximum, noise: float) -> bool:
    """Decide whether a variance of the random effects diverged.

    Parameters
    ----------
    found : Maximum
    noise : float
        Standard deviation of the latent noise.

    Returns
    -------
    bool
    """
    return bool(np.sqrt(np.nan_to_num(found.variances)).max() > RUNAWAY * noise)


def are_apart(problem: Problem) -> bool:
    """Decide whether the ratings of some two systems hardly overlap.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    bool
        Whether at most ``OVERLAP`` (5%) of the pairs of ratings of two systems are equal or in the opposite order.
    """
    counts = np.array(
        [
            np.bincount(of_system[of_system >= 0], minlength=problem.cuts + 1)
            for of_system in (problem.levels[:, column > 0] for column in problem.nest.T)
        ],
        dtype=np.float64,
    )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    not_above = np.cumsum(shares, axis=1) @ shares.T  # of systems (a, b): the share of pairs with a not above b
    np.fill_diagonal(not_above, 1.0)
    return bool(not_above.min() <= OVERLAP)


def without_test(known: Tested) -> Tested:
    """Keep only sign and degrees of freedom of a difference.

    Parameters
    ----------
    known : Tested

    Returns
    -------
    Tested
    """
    return Tested(np.nan, np.nan, np.nan, np.nan, known.df, NONE, known.sign)


def by_error(estimate: float, variance: float, df: float, noise: float) -> Tested:
    """Test an estimate by its standard error.

    By Student's t: the standard error depends on variances that are themselves estimated, from as many experts and
    clips as in the linear model. With the normal distribution small studies have too many false positives
    (`tests.benchmarks.stats`).

    Parameters
    ----------
    estimate, variance : float
    df : float
        Degrees of freedom of the linear model.
    noise : float
        Standard deviation of the latent noise.

    Returns
    -------
    Tested
        Without a test where the standard error is not reliable.
    """
    se = float(np.sqrt(variance)) if variance > 0 else np.nan
    shown = estimate if has_bound(estimate, se, noise) else np.nan
    if not is_trusted(estimate, se, noise):
        return Tested(shown, np.nan, np.nan, np.nan, df, NONE, float(np.sign(estimate)))
    z = estimate / se
    p = float(2 * stats.t.sf(abs(z), df))
    return Tested(shown, se, z, p, df, NONE if np.isnan(p) else T_TEST, float(np.sign(estimate)))


def pairs(problem: Problem, found: Maximum) -> dict[tuple[int, int], tuple[float, float]]:
    """Compute the estimate and variance of every difference of systems.

    Parameters
    ----------
    problem : Problem
    found : Maximum

    Returns
    -------
    dict of (int, int) to (float, float)
        By the indices of the systems (a, b), a < b: a less b.
    """
    cuts = len(found.thresholds)
    values = np.append(0.0, found.coefficients)
    covariance = np.zeros((len(values), len(values)))
    covariance[1:, 1:] = found.covariance[cuts:, cuts:]
    spread: Floats = np.diagonal(covariance)[:, None] + np.diagonal(covariance) - 2 * covariance
    ends = ((a, b) for a in range(len(values)) for b in range(a + 1, len(values)))
    return {(a, b): (float(values[a] - values[b]), float(spread[a, b])) for a, b in ends}


def tested_pairs(
    problem: Problem, found: Maximum, freedom: dict[tuple[int, int], float]
) -> dict[tuple[int, int], Tested]:
    """Test every difference of systems.

    Parameters
    ----------
    problem : Problem
    found : Maximum
    freedom : dict of (int, int) to float
        Degrees of freedom by pair; NaN where it has no test.

    Returns
    -------
    dict of (int, int) to Tested
        By the standard error, or by the likelihood ratio where that is not reliable, for up to ``MAX_RATIOS`` pairs.
    """
    noise = NOISE_SD[problem.link.name]
    tests = {pair: by_error(*estimate, freedom[pair], noise) for pair, estimate in pairs(problem, found).items()}
    if is_unbound(found, noise):
        return {pair: without_test(test) for pair, test in tests.items()}
    failing = [pair for pair, test in tests.items() if not test.test and not np.isnan(test.df)]
    if len(failing) <= MAX_RATIOS:
        tests |= {pair: by_ratio(problem, found, pair, tests[pair]) for pair in failing}
    return tests


def by_ratio(problem: Problem, found: Maximum, pair: tuple[int, int], known: Tested) -> Tested:
    """Test by the likelihood ratio that two systems are equal.

    sqrt(2 (L - L_merged)) is referred to Student's t.

    Parameters
    ----------
    problem : Problem
    found : Maximum
    pair : (int, int)
    known : Tested
        The test by the standard error.

    Returns
    -------
    Tested
        Without a test where the merged model is more likely than the full one: the full model's search missed its
        maximum.
    """
    gain = found.log_likelihood - maximise(merge_systems(problem, *pair)).log_likelihood
    if gain < -SLACK:
        return without_test(known)
    p = float(2 * stats.t.sf(np.sqrt(2 * max(0.0, gain)), known.df))
    return Tested(known.estimate, np.nan, np.nan, p, known.df, RATIO, known.sign)


def merge_systems(problem: Problem, a: int, b: int) -> Problem:
    """Give two systems one coefficient; each keeps its own random effects.

    Parameters
    ----------
    problem : Problem
    a, b : int

    Returns
    -------
    Problem
    """
    groups = np.arange(problem.nest.shape[1])
    groups[b] = groups[a]
    kept = [group for group in np.unique(groups) if group != groups[0]]
    columns = [problem.nest[:, groups == group].sum(axis=1) for group in kept]
    design = np.stack(columns, axis=1) if columns else np.zeros((len(problem.nest), 0))
    return Problem(problem.levels, design, problem.nest, problem.effects, problem.link)
