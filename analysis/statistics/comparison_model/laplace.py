"""The Laplace likelihood of ordered answers under any sparse design.

P(answer <= j) = F(cut_j - eta), eta = X beta + Z b, b normal. Cuts are symmetric about 0. Coefficients that are columns
of Z without a prior are integrated out together with the random effects, as REML does in a linear model: then
estimated variances are not too small. Cuts, standard deviations and coefficients in X are what is searched for.

Sources: gradients through the mode as in Kristensen, Nielsen, Berg, Skaug & Bell, "TMB", J. Stat. Software 70(5), 2016,
with which it agrees (they are exact); symmetric cuts: Agresti, Applied Statistics 41 (1992) 287-297; degrees of
freedom: Satterthwaite, Biometrics Bulletin 2 (1946) 110-114.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize

from analysis.statistics.incidence import Floats, Incidence, Integers, invert
from analysis.statistics.ordinal_model.links import END, Link, categories, score_and_curvature

NEWTON_STEPS = 60
#: A Newton step below this leaves an error of about its square.
NEWTON_ENOUGH = 1e-6
#: Bounds of standard deviations. One at the lower bound or not far above it is taken as zero.
SMALLEST, LARGEST = 0.01, 10.0
#: Coefficients that are searched for, and logarithms of distances, are kept within this.
FURTHEST = 30.0
NEGLIGIBLE = 0.02
#: Steps of the central differences, on the logarithms of standard deviations and of the cuts' distances.
STEP = 1e-3
FIRST_SD = 0.35


@dataclass(frozen=True)
class Answers:
    """Ordered answers with what they depend on.

    Attributes
    ----------
    levels : int array of shape (n,)
        Categories from 0.
    count : int
        Number of categories.
    design : Incidence
        What is integrated out.
    outer : float64 array of shape (n, p)
        X: the coefficients that are searched for; of shape (n, 0) where all are integrated out.
    link : Link
    """

    levels: Integers
    count: int
    design: Incidence
    outer: Floats
    link: Link

    @property
    def distances(self) -> int:
        """Number of free distances between cuts."""
        return (self.count - 1) // 2

    @property
    def searched(self) -> int:
        """Number of distances, coefficients in X and standard deviations."""
        return self.distances + int(self.outer.shape[1]) + len(self.design.effects)

    def cuts(self, logs: Floats) -> Floats:
        """Place the cuts.

        Parameters
        ----------
        logs : float64 array of shape (distances,)
            Logarithms of the distances, from the middle outwards.

        Returns
        -------
        float64 array of shape (count - 1,)
            Increasing and symmetric about 0.
        """
        upper: Floats = np.cumsum(np.exp(logs))
        middle = np.zeros(int(self.count % 2 == 0))
        return np.concatenate([-upper[::-1], middle, upper])

    def sum_by_cut(self, by_high: Floats, by_low: Floats) -> Floats:
        """Sum over the answers what belongs to the cuts at both ends of their categories.

        Parameters
        ----------
        by_high, by_low : float64 arrays of shape (n,)
            Of the cut above and of the cut below each answer.

        Returns
        -------
        float64 array of shape (count - 1,)
        """
        above: Floats = np.bincount(self.levels, by_high, self.count).astype(np.float64)
        below: Floats = np.bincount(self.levels, by_low, self.count).astype(np.float64)
        return above[:-1] + below[1:]

    def slope_of_cuts(self, logs: Floats, slopes: Floats) -> Floats:
        """Compute derivatives by the logarithms of the cuts' distances.

        Parameters
        ----------
        logs : float64 array of shape (distances,)
        slopes : float64 array of shape (count - 1,)

        Returns
        -------
        float64 array of shape (distances,)
        """
        free = self.distances
        by_upper = slopes[len(slopes) - free :] - slopes[:free][::-1]
        slopes_of_logs: Floats = np.cumsum(by_upper[::-1])[::-1] * np.exp(logs)
        return slopes_of_logs


@dataclass(frozen=True)
class Place:
    """The likelihood at one place of the search.

    Attributes
    ----------
    value : float
        Laplace log-likelihood.
    slope : float64 array of shape (searched,)
    mode : float64 array of shape (q,)
        Of the columns of Z, random effects over their standard deviations.
    inverse : float64 array of shape (q, q)
        Inverse curvature at the mode, in the same units.
    """

    value: float
    slope: Floats
    mode: Floats
    inverse: Floats


def evaluate(answers: Answers, place: Floats, start: Floats) -> Place:
    """Compute the likelihood, its gradient and the mode.

    Parameters
    ----------
    answers : Answers
    place : float64 array of shape (searched,)
        Logarithms of the cuts' distances, coefficients in X, logarithms of standard deviations.
    start : float64 array of shape (q,)
        Where the search for the mode begins.

    Returns
    -------
    Place

    Raises
    ------
    LinAlgError
        If the curvature is not positive definite.
    """
    design, free, fixed = answers.design, answers.distances, answers.distances + answers.outer.shape[1]
    logs, sds = place[:free], np.exp(place[fixed:])
    scales, prior = design.scaling(sds), (design.group >= 0).astype(np.float64)
    ends = np.concatenate([[-END], answers.cuts(logs), [END]])
    low, high = ends[answers.levels], ends[answers.levels + 1]
    shift = answers.outer @ place[free:fixed]
    mode = _mode(answers, start, scales, prior, low - shift, high - shift)
    eta = shift + design.matrix @ (scales * mode)
    found = categories(answers.link, low - eta, high - eta)
    curve = scales[:, None] * design.cross_product(found.curvature) * scales
    curve[np.diag_indices_from(curve)] += prior
    inverse, log_determinant = invert(curve)
    flat = len(design.flat)
    value = found.log_probability.sum() - 0.5 * (prior * mode**2).sum() - 0.5 * log_determinant
    leverage = design.leverages(scales[:, None] * inverse * scales)
    pull = 0.5 * leverage * found.turn
    reply = inverse @ (scales * (design.matrix.T @ pull))
    answer = design.matrix @ (scales * reply)
    rest = pull - found.curvature * answer
    by_high, by_low = (
        first - 0.5 * leverage * third - answer * second for first, second, third in (found.by_high, found.by_low)
    )
    slopes = answers.sum_by_cut(by_high, by_low)
    parts = [answers.slope_of_cuts(logs, slopes), answers.outer.T @ (found.score - rest)]
    parts.append(_slope_of_sds(design, scales, mode, inverse, reply, rest))
    return Place(float(value + 0.5 * flat * np.log(2 * np.pi)), np.concatenate(parts), mode, inverse)


def _slope_of_sds(
    design: Incidence, scales: Floats, mode: Floats, inverse: Floats, reply: Floats, rest: Floats
) -> Floats:
    """Derivatives by the logarithms of the standard deviations: of the height at the mode, of the determinant with
    the curvature held, and of the determinant through the curvature."""
    back = scales * mode * (design.matrix.T @ rest)
    each = mode**2 - (1 - np.diagonal(inverse)) - back - reply * mode
    return np.array([each[columns].sum() for columns in design.of_group])


def _mode(answers: Answers, start: Floats, scales: Floats, prior: Floats, low: Floats, high: Floats) -> Floats:
    """Newton's method with step halving for the mode of log-likelihood - b'b / 2."""
    design, mode = answers.design, start
    part = design.matrix @ (scales * mode)
    logs, score, curvature = score_and_curvature(answers.link, low - part, high - part)
    height = logs.sum() - 0.5 * (prior * mode**2).sum()
    for _ in range(NEWTON_STEPS):
        curve = scales[:, None] * design.cross_product(curvature) * scales
        curve[np.diag_indices_from(curve)] += prior
        slope = scales * (design.matrix.T @ score) - prior * mode
        factor, failed = lapack.dpotrf(curve, lower=True)
        if failed:
            raise np.linalg.LinAlgError("the curvature is not positive definite")
        step, _ = lapack.dpotrs(factor, slope, lower=True)
        share = 2.0
        while share > 1e-4:
            share /= 2
            tried = mode + share * step
            part = design.matrix @ (scales * tried)
            logs, score, curvature = score_and_curvature(answers.link, low - part, high - part)
            reached = logs.sum() - 0.5 * (prior * tried**2).sum()
            if reached >= height - 1e-9 * abs(height):
                break
        mode, height = tried, reached
        if np.abs(scales * step).max() < NEWTON_ENOUGH:
            break
    return mode


@dataclass(frozen=True)
class Maximum:
    """The maximum of the likelihood with what inference needs.

    Attributes
    ----------
    answers : Answers
    place : float64 array of shape (searched,)
    at : Place
    curvature : float64 array of shape (searched, searched)
        Minus the Hessian of the log-likelihood.
    derivatives : float64 array of shape (searched, flat, flat)
        Of the covariance of the integrated coefficients by what is searched for.
    converged : bool
    """

    answers: Answers
    place: Floats
    at: Place
    curvature: Floats
    derivatives: Floats
    converged: bool

    @property
    def sds(self) -> Floats:
        """The random effects' standard deviations; 0 where negligible."""
        sds = np.exp(self.place[self.answers.searched - len(self.answers.design.effects) :])
        return np.where(sds < NEGLIGIBLE, 0.0, sds)

    @property
    def cuts(self) -> Floats:
        """The cuts, shape (count - 1,)."""
        return self.answers.cuts(self.place[: self.answers.distances])

    @property
    def coefficients(self) -> Floats:
        """The integrated coefficients, shape (flat,)."""
        return self.at.mode[self.answers.design.flat]

    @property
    def covariance(self) -> Floats:
        """Of the integrated coefficients, given all else, shape (flat, flat)."""
        flat = self.answers.design.flat
        return self.at.inverse[np.ix_(flat, flat)]

    @cached_property
    def of_searched(self) -> Floats:
        """Covariance of what is searched for; 0 for standard deviations taken as zero."""
        count = self.answers.searched
        active = np.ones(count, dtype=bool)
        active[count - len(self.answers.design.effects) :] = self.sds > 0
        covariance = np.zeros((count, count))
        kept = np.flatnonzero(active)
        roots, vectors = np.linalg.eigh(self.curvature[np.ix_(kept, kept)])
        sound = roots > 1e-8 * max(roots.max(initial=0.0), 1e-300)
        covariance[np.ix_(kept, kept)] = (vectors[:, sound] / roots[sound]) @ vectors[:, sound].T
        return covariance


def climb(answers: Answers, start: Floats | None = None) -> tuple[Floats, Place, bool]:
    """Search for the maximum of the Laplace likelihood, without what inference needs.

    Quasi-Newton within bounds on the standard deviations.

    Parameters
    ----------
    answers : Answers
    start : float64 array of shape (searched,), optional
        Where the search begins.

    Returns
    -------
    place : float64 array of shape (searched,)
    at : Place
    converged : bool

    Raises
    ------
    LinAlgError
        If the curvature is not positive definite.
    """
    mode = np.zeros(len(answers.design.group))
    unit = 2 / len(answers.levels) ** 0.5  # about a standard error: the first step is as long as the gradient in it

    def descent(steps: Floats) -> tuple[float, Floats]:
        nonlocal mode
        at = evaluate(answers, steps * unit, mode)
        mode = at.mode
        return -at.value, -at.slope * unit

    place, arrived = _start(answers) if start is None else start, True
    if answers.searched:
        effects = len(answers.design.effects)
        bounds = [(-FURTHEST, FURTHEST)] * (answers.searched - effects)
        bounds += [(float(np.log(SMALLEST)), float(np.log(LARGEST)))] * effects
        found = minimize(
            descent,
            place / unit,
            jac=True,
            method="L-BFGS-B",
            bounds=[(low / unit, high / unit) for low, high in bounds],
            options={"gtol": 1e-3, "ftol": 1e-10},
        )
        place, arrived = found.x * unit, bool(found.success or np.abs(found.jac).max() < 0.1)
    return place, evaluate(answers, place, mode), arrived


def maximise(answers: Answers, start: Floats | None = None) -> Maximum:
    """Maximise the Laplace likelihood.

    By ``climb``, then one Newton step with the Hessian that inference needs.

    Parameters
    ----------
    answers : Answers
    start : float64 array of shape (searched,), optional
        Where the search begins.

    Returns
    -------
    Maximum

    Raises
    ------
    LinAlgError
        If the curvature is not positive definite.
    """
    place, at, arrived = climb(answers, start)
    curvature, derivatives = _differences(answers, place, at)
    return _newton_step(Maximum(answers, place, at, curvature, derivatives, arrived))


def _newton_step(maximum: Maximum) -> Maximum:
    """What the search leaves short is made up by the Hessian, where the step is small and leads upwards."""
    step = maximum.of_searched @ maximum.at.slope
    if not len(step) or np.abs(step).max() > 0.1:
        return maximum
    at = evaluate(maximum.answers, maximum.place + step, maximum.at.mode)
    if at.value < maximum.at.value:
        return maximum
    return Maximum(maximum.answers, maximum.place + step, at, maximum.curvature, maximum.derivatives, maximum.converged)


def _differences(answers: Answers, place: Floats, at: Place) -> tuple[Floats, Floats]:
    """By central differences: minus the Hessian, and the derivatives of the coefficients' covariance."""
    flat = np.ix_(answers.design.flat, answers.design.flat)
    slopes, covariances = [], []
    for step in STEP * np.eye(answers.searched):
        ahead, behind = (evaluate(answers, place + sign * step, at.mode) for sign in (1, -1))
        slopes.append((behind.slope - ahead.slope) / (2 * STEP))
        covariances.append((ahead.inverse[flat] - behind.inverse[flat]) / (2 * STEP))
    size = len(answers.design.flat)
    curve = np.array(slopes).reshape(answers.searched, answers.searched)
    return (curve + curve.T) / 2, np.array(covariances).reshape(answers.searched, size, size)


def _start(answers: Answers) -> Floats:
    """Cuts of the pooled answers without their sign, no coefficient, and standard deviations of a third."""
    counts = np.bincount(answers.levels, minlength=answers.count).astype(np.float64)
    folded = counts + counts[::-1] + 1e-3
    upper = answers.link.quantile((np.cumsum(folded) / folded.sum())[: answers.count - 1])
    upper = upper[len(upper) - answers.distances :]
    logs = np.log(np.maximum(np.diff(np.append(0.0, upper)), 0.05))
    sds = np.full(len(answers.design.effects), np.log(FIRST_SD))
    return np.concatenate([logs, np.zeros(answers.outer.shape[1]), sds])
