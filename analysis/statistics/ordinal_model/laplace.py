"""Maximum likelihood of cumulative link mixed models.

By the Laplace approximation, with exact gradients.

P(rating <= j) = F(threshold_j - X beta - random part), F normal or logistic. The random effects are those of
`mixed_model.random_effects`; at given parameters their joint mode is found by Newton's method, and the integral over
them is taken as that of the normal density of the same height and curvature.

Source: R. H. B. Christensen, "ordinal - Regression Models for Ordinal Data" (R package; `clmm`), whose estimates these
are; gradients through the mode as in Kristensen, Nielsen, Berg, Skaug & Bell, "TMB", J. Stat. Software 70(5), 2016.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from analysis.statistics.mixed_model.random_effects import Floats, RandomEffects, eliminate
from analysis.statistics.ordinal_model.links import END, Categories, Link, categories, score_and_curvature

Integers = npt.NDArray[np.intp]

NEWTON_STEPS = 100
#: A Newton step below this leaves an error of about its square.
NEWTON_ENOUGH = 1e-6
#: A standard deviation below this is set to nothing where the likelihood does not mind.
NEGLIGIBLE = 0.02
#: No standard deviation is taken as more, on the scale of the noise: beyond it the units hardly overlap.
LARGEST = 30.0
STEP = 1e-4
#: A curvature below this share of the sharpest cannot be told from nothing by such differences.
FLAT = 1e-8


@dataclass(frozen=True)
class Problem:
    """The data of a cumulative link mixed model.

    Attributes
    ----------
    levels : int array of shape (R, C)
        Categories from 0; -1 where there is no rating.
    design : float64 array of shape (C, p)
        The clips' fixed part.
    nest : float64 array of shape (C, S)
        1 where the clip belongs to the system.
    effects : tuple of bool
        Which of (expert, clip, expert:system) the model has.
    link : Link
    """

    levels: Integers
    design: Floats
    nest: Floats
    effects: tuple[bool, ...]
    link: Link

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Whether there is a rating, shape (R, C)."""
        there: npt.NDArray[np.bool_] = self.levels >= 0
        return there

    @property
    def cuts(self) -> int:
        """Number of thresholds: one fewer than categories."""
        return int(self.levels.max())

    @property
    def fixed(self) -> int:
        """Number of thresholds and coefficients."""
        return self.cuts + int(self.design.shape[1])


@dataclass(frozen=True)
class Maximum:
    """The maximum of the likelihood.

    Attributes
    ----------
    thresholds : float64 array of shape (cuts,)
        Increasing.
    coefficients : float64 array of shape (p,)
    variances : float64 array of shape (3,)
        Of the three effects; NaN for one that is not in the model.
    covariance : float64 array of shape (cuts + p, cuts + p)
        Of thresholds and coefficients; NaN where the curvature gives none.
    log_likelihood : float
    converged : bool
    """

    thresholds: Floats
    coefficients: Floats
    variances: Floats
    covariance: Floats
    log_likelihood: float
    converged: bool


@dataclass
class Mode:
    """The joint mode of the random effects, where the next search starts.

    Attributes
    ----------
    part : float64 array of shape (R, C)
        The random part of each rating.
    scores : float64 array of shape (R, C)
        The scores of which it is a function.
    """

    part: Floats
    scores: Floats


def maximise(problem: Problem) -> Maximum:
    """Fit the model by maximum likelihood.

    Quasi-Newton over the first threshold, the logarithms of the steps between thresholds, the coefficients and the
    standard deviations. Standard errors are from the curvature of the log-likelihood at the maximum.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Maximum
    """
    mode = Mode(np.zeros(problem.levels.shape), np.zeros(problem.levels.shape))
    place, arrived = _climb(problem, mode, _start(problem))
    reduced = _without_negligible(problem, mode, place)
    if reduced.effects != problem.effects:
        kept = _sds(problem, place)[list(reduced.effects)]
        place, arrived = _climb(reduced, mode, np.append(place[: problem.fixed], kept))
    natural = _natural(reduced, place)
    value, _ = log_likelihood(reduced, mode, natural)
    variances = np.where(problem.effects, np.square(_sds(reduced, natural)), np.nan)
    covariance = _covariance(reduced, mode, natural)[: problem.fixed, : problem.fixed]
    thresholds, coefficients = natural[: problem.cuts], natural[problem.cuts : problem.fixed]
    return Maximum(thresholds, coefficients, variances, covariance, value, arrived)


def log_likelihood(problem: Problem, mode: Mode, natural: Floats) -> tuple[float, Floats]:
    """Compute the Laplace log-likelihood and its gradient.

    L = sum log P - b' G^-1 b / 2 - log |I + G Z'WZ| / 2 at the mode b, with G the prior covariance and W the
    curvatures.

    Parameters
    ----------
    problem : Problem
    mode : Mode
        Where the search for the mode starts; set to the new mode.
    natural : float64 array of shape (cuts + p + effects,)
        Thresholds, coefficients and the standard deviations of the effects that the model has.

    Returns
    -------
    value : float
    gradient : float64 array of the shape of natural

    Notes
    -----
    By the first two terms L does not change with b. By the third it does, as W changes with the mean: by `pull` =
    posterior variance of a rating's random part times dW/dmean. A parameter that changes the scores by ds moves the
    random part by Z (I + G Z'WZ)^-1 G Z' ds, a symmetric matrix; so `answer`, that matrix times pull, times ds is what
    the moving mode adds.
    """
    variances = np.square(_sds(problem, natural))
    mean = problem.design @ natural[problem.cuts : problem.fixed]
    low, high = _bounds(problem, natural[: problem.cuts], mean)
    _find_mode(problem, mode, low, high, variances)
    found = categories(problem.link, low - mode.part, high - mode.part)
    random = eliminate(found.curvature, problem.nest, variances)
    value = found.log_probability.sum() - 0.5 * (mode.scores * mode.part).sum() - 0.5 * random.log_determinant
    leverage = random.leverages()
    pull = leverage * found.turn
    answer = random.solve(pull)
    rest = pull - found.curvature * answer
    by_cut = _by_threshold(problem, found, leverage, answer)
    by_coefficient = (found.score - 0.5 * rest).sum(axis=0) @ problem.design
    by_variance = 0.5 * _by_variance(problem, random, found.score, rest)
    by_sd = 2 * np.sqrt(variances) * by_variance
    return float(value), np.concatenate([by_cut, by_coefficient, by_sd[list(problem.effects)]])


def _by_threshold(problem: Problem, found: Categories, leverage: Floats, answer: Floats) -> Floats:
    """Derivatives by the thresholds: each is the upper end of the category below it and the lower end of that above."""
    there, size = problem.present, problem.cuts + 1
    low, high = (
        np.bincount(problem.levels[there], (logs - 0.5 * (leverage * curvature + answer * score))[there], size)
        for logs, score, curvature in (found.by_low, found.by_high)
    )
    return np.asarray(low[1:] + high[:-1], dtype=np.float64)


def _by_variance(problem: Problem, random: RandomEffects, score: Floats, rest: Floats) -> Floats:
    """Twice the derivatives by the variances: |Z's|^2 - tr(Z' V^-1 Z) - (Z' rest)'(Z's) for each of the effects."""
    parts = zip(_sums(score, problem.nest), _sums(rest, problem.nest), random.informations(), strict=True)
    return np.array([(s * s - information - r * s).sum() for s, r, information in parts])


def _sums(table: Floats, nest: Floats) -> tuple[Floats, Floats, Floats]:
    return table.sum(axis=1), table.sum(axis=0), (table @ nest).ravel()


def _bounds(problem: Problem, thresholds: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Thresholds below and above each rating, less the fixed mean of its clip; both ends where there is none."""
    low = np.append(np.concatenate([[-END], thresholds]), -END)[problem.levels]
    high = np.append(np.concatenate([thresholds, [END]]), END)[problem.levels]
    mean = np.where(problem.present, mean, 0.0)
    return low - mean, high - mean


def _find_mode(problem: Problem, mode: Mode, low: Floats, high: Floats, variances: Floats) -> None:
    """Newton's method with step halving for the mode of log-likelihood - b' (prior covariance)^-1 b / 2.

    With b = (prior covariance) Z' scores, the penalty is scores * Z b, so no variance is ever divided by.
    """
    if not variances.any():
        mode.part, mode.scores = np.zeros_like(low), np.zeros_like(low)
        return
    _, score, curvature = score_and_curvature(problem.link, low - mode.part, high - mode.part)
    height = -np.inf  # the first step is taken whole: the mode before it belongs to other variances
    for _ in range(NEWTON_STEPS):
        random = eliminate(curvature, problem.nest, variances)
        working = curvature * mode.part + score
        to_part = random.solve(working) - mode.part
        to_scores = score - curvature * to_part - mode.scores
        share = 2.0
        while share > 1e-3:
            share /= 2
            part, scores = mode.part + share * to_part, mode.scores + share * to_scores
            logs, score, curvature = score_and_curvature(problem.link, low - part, high - part)
            reached = logs.sum() - 0.5 * (scores * part).sum()
            if reached >= height - 1e-9 * abs(height):
                break
        mode.part, mode.scores, height = part, scores, reached
        if np.abs(to_part).max() < NEWTON_ENOUGH:
            return


def _start(problem: Problem) -> Floats:
    """Thresholds of the pooled ratings, no coefficient, and standard deviations of a third."""
    counts = np.bincount(problem.levels[problem.present], minlength=problem.cuts + 1)
    thresholds = problem.link.quantile(np.cumsum(counts)[:-1] / counts.sum())
    rest = (np.zeros(problem.design.shape[1]), np.full(sum(problem.effects), 0.35))
    return np.concatenate([thresholds[:1], np.log(np.diff(thresholds)), *rest])


def _natural(problem: Problem, place: Floats) -> Floats:
    """Thresholds, coefficients and standard deviations from what the search runs over, which knows no bounds."""
    cuts, fixed = problem.cuts, problem.fixed
    thresholds = place[0] + np.append(0.0, np.cumsum(np.exp(place[1:cuts])))
    return np.concatenate([thresholds, place[cuts:fixed], np.minimum(np.abs(place[fixed:]), LARGEST)])


def _sds(problem: Problem, values: Floats) -> Floats:
    """The three effects' standard deviations, which end a list of parameters; 0 for those not in the model."""
    sds = np.zeros(3)
    sds[list(problem.effects)] = np.abs(values[problem.fixed :])
    return sds


def _climb(problem: Problem, mode: Mode, first: Floats) -> tuple[Floats, bool]:
    cuts, fixed = problem.cuts, problem.fixed

    def descent(place: Floats) -> tuple[float, Floats]:
        value, slope = log_likelihood(problem, mode, _natural(problem, place))
        above = np.cumsum(slope[:cuts][::-1])[::-1]
        slope[:cuts] = above * np.append(1.0, np.exp(place[1:cuts]))
        slope[fixed:] *= np.where(np.abs(place[fixed:]) < LARGEST, np.sign(place[fixed:]), 0.0)
        return -value, -slope

    found = minimize(descent, first, jac=True, method="BFGS", options={"gtol": 1e-3})
    return found.x, bool(found.success or np.abs(found.jac).max() < 0.1)


def _without_negligible(problem: Problem, mode: Mode, place: Floats) -> Problem:
    """The problem without those effects whose standard deviation may as well be nothing."""
    natural, sds = _natural(problem, place), _sds(problem, place)
    value, _ = log_likelihood(problem, mode, natural)
    for k in np.flatnonzero((sds < NEGLIGIBLE) & problem.effects):
        fewer = replace(problem, effects=tuple(on and j != k for j, on in enumerate(problem.effects)))
        without = np.append(natural[: problem.fixed], sds[list(fewer.effects)])
        if log_likelihood(fewer, mode, without)[0] >= value - 1e-4:
            problem = fewer
    return problem


def _covariance(problem: Problem, mode: Mode, natural: Floats) -> Floats:
    """Inverse of minus the Hessian of the log-likelihood, by central differences of its gradient; NaN where that is
    not positive definite beyond the error of the differences, as where a parameter runs away."""
    rows = []
    for step in STEP * np.eye(len(natural)):
        ahead, behind = (log_likelihood(problem, mode, natural + sign * step)[1] for sign in (1, -1))
        rows.append((behind - ahead) / (2 * STEP))
    curve = (np.array(rows) + np.array(rows).T) / 2
    roots = np.linalg.eigvalsh(curve)
    if roots[0] <= FLAT * roots[-1]:
        return np.full_like(curve, np.nan)
    return np.asarray(np.linalg.inv(curve), dtype=np.float64)
