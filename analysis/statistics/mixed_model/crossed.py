"""REML for a linear model with any crossed random effects, of a sparse design.

response = coefficients + random effects + noise. It does what ``reml`` does for experts and clips, for designs that
have more: prompts and pages of sets, or signed effects of the two clips that were compared.

Sources: D. Bates, M. Maechler, B. Bolker & S. Walker, J. Stat. Software 67(1), 2015 (the likelihood profiled over
coefficients and noise); A. Kuznetsova, P. B. Brockhoff & R. H. B. Christensen, J. Stat. Software 82(13), 2017
(Satterthwaite's degrees of freedom). Agrees with lme4 and lmerTest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from analysis.statistics.incidence import Floats, Incidence, invert
from analysis.statistics.mixed_model.inference import Estimate

#: Bounds of standard deviations relative to the noise. One below the second is taken as zero where nothing is lost.
SMALLEST, NEGLIGIBLE, LARGEST = 1e-3, 0.02, 1e3
#: Step of the central differences, on the logarithms of the relative standard deviations.
STEP = 1e-3


@dataclass(frozen=True)
class Profile:
    """The REML likelihood, profiled over coefficients and noise.

    Attributes
    ----------
    deviance : float
        -2 times the log-likelihood.
    slope : float64 array of shape (effects,)
        Of the deviance by the logarithms of the relative standard deviations.
    mode : float64 array of shape (q,)
        Coefficients, and random effects over their standard deviations relative to the noise.
    inverse : float64 array of shape (q, q)
        Inverse of Z'Z + 1 in the same units.
    squares : float
        Penalised sum of squares.
    """

    deviance: float
    slope: Floats
    mode: Floats
    inverse: Floats
    squares: float


@dataclass(frozen=True)
class CrossedFit:
    """A linear model with crossed random effects.

    Attributes
    ----------
    estimate : Estimate
        The coefficients; its variance components are the active standard deviations' logarithms and the noise's.
    variances : float64 array of shape (effects,)
        In the order of ``Incidence.effects``.
    residual : float
        The noise's variance.
    log_likelihood : float
        REML.
    predicted : float64 array of shape (q,)
        Coefficients and best linear unbiased predictions.
    errors : float64 array of shape (q,)
        Standard errors of those predictions.
    converged : bool
    """

    estimate: Estimate
    variances: Floats
    residual: float
    log_likelihood: float
    predicted: Floats
    errors: Floats
    converged: bool


@dataclass(frozen=True)
class Responses:
    """Responses with the products that every step of the search needs.

    Attributes
    ----------
    design : Incidence
    response : float64 array of shape (n,)
    products : float64 array of shape (q, q)
        Z'Z.
    sums : float64 array of shape (q,)
        Z'response.
    """

    design: Incidence
    response: Floats
    products: Floats
    sums: Floats

    @classmethod
    def of(cls, design: Incidence, response: Floats) -> Responses:
        """Compute the products.

        Parameters
        ----------
        design : Incidence
        response : float64 array of shape (n,)

        Returns
        -------
        Responses
        """
        return cls(design, response, design.cross_product(np.ones(len(response))), design.matrix.T @ response)

    @property
    def free(self) -> int:
        """Number of responses less the number of coefficients."""
        return len(self.response) - len(self.design.flat)

    def profile(self, relative: Floats) -> Profile:
        """Compute the likelihood at given relative standard deviations.

        Parameters
        ----------
        relative : float64 array of shape (effects,)
            Standard deviations over that of the noise.

        Returns
        -------
        Profile

        Raises
        ------
        LinAlgError
            If coefficients are not separable.
        """
        design, scales = self.design, self.design.scaling(relative)
        prior = (design.group >= 0).astype(np.float64)
        curve = scales[:, None] * self.products * scales
        curve[np.diag_indices_from(curve)] += prior
        inverse, logs = invert(curve)
        mode = inverse @ (scales * self.sums)
        squares = float(self.response @ self.response - mode @ (scales * self.sums))
        by_effect = 2 * (1 - np.diagonal(inverse)) - 2 * mode**2 * self.free / squares
        slope = np.array([by_effect[columns].sum() for columns in design.of_group])
        deviance = logs + self.free * (1 + np.log(2 * np.pi * squares / self.free))
        return Profile(float(deviance), slope, mode, inverse, squares)


def fit(design: Incidence, response: Floats) -> CrossedFit:
    """Fit the model by REML.

    Parameters
    ----------
    design : Incidence
    response : float64 array of shape (n,)

    Returns
    -------
    CrossedFit

    Raises
    ------
    LinAlgError
        If coefficients are not separable.
    """
    responses = Responses.of(design, response)
    relative, arrived = _search(responses)
    at = responses.profile(relative)
    residual = at.squares / responses.free
    scales = design.scaling(relative)
    flat = design.flat
    errors = scales * np.sqrt(np.maximum(np.diagonal(at.inverse), 0.0) * residual)
    return CrossedFit(
        estimate=_estimate(responses, relative, at, residual),
        variances=residual * relative**2,
        residual=residual,
        log_likelihood=-at.deviance / 2,
        predicted=scales * at.mode,
        errors=np.where(np.isin(np.arange(len(scales)), flat), np.sqrt(np.diagonal(at.inverse) * residual), errors),
        converged=arrived,
    )


def _search(responses: Responses) -> tuple[Floats, bool]:
    """The most likely relative standard deviations, those that may as well be nothing set to it."""
    effects = len(responses.design.effects)
    if not effects:
        return np.zeros(0), True

    def descent(logs: Floats) -> tuple[float, Floats]:
        at = responses.profile(np.exp(logs))
        return at.deviance, at.slope

    bounds = [(float(np.log(SMALLEST)), float(np.log(LARGEST)))] * effects
    first = np.full(effects, np.log(0.4))
    found = minimize(descent, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"gtol": 1e-5, "ftol": 1e-13})
    relative = np.exp(found.x)
    for k in np.argsort(relative):
        without = np.where(np.arange(effects) == k, 0.0, relative)
        now, then = (responses.profile(place).deviance for place in (relative, without))
        if relative[k] < NEGLIGIBLE and then <= now + 1e-3:
            relative = without
    return relative, bool(found.success or np.abs(found.jac).max() < 1e-2)


def _estimate(responses: Responses, relative: Floats, at: Profile, residual: float) -> Estimate:
    """The coefficients with the derivatives of their covariance by the logarithms of the active relative standard
    deviations and of the noise's, and the asymptotic covariance of these."""
    design, free = responses.design, responses.free
    flat = np.ix_(design.flat, design.flat)
    active = np.flatnonzero(relative > 0)
    covariance = residual * at.inverse[flat]
    size = len(active) + 1
    derivatives, curve = np.empty((size, *covariance.shape)), np.empty((size, size))
    for row, effect in enumerate(active):
        step = np.exp(STEP * (np.arange(len(relative)) == effect))
        ahead, behind = responses.profile(relative * step), responses.profile(relative / step)
        derivatives[row] = residual * (ahead.inverse[flat] - behind.inverse[flat]) / (2 * STEP)
        slopes = [_slope(design, place, residual)[active] for place in (ahead, behind)]
        curve[row, :-1] = (slopes[0] - slopes[1]) / (2 * STEP)
    derivatives[-1] = 2 * covariance
    by_noise = np.array([4 * (at.mode[columns] ** 2).sum() / residual for columns in design.of_group])
    curve[-1, :-1], curve[:-1, -1], curve[-1, -1] = by_noise[active], by_noise[active], 4 * free
    half = (curve + curve.T) / 4
    roots, vectors = np.linalg.eigh(half)
    kept = roots > 1e-8 * roots.max()
    of_variances = (vectors[:, kept] / roots[kept]) @ vectors[:, kept].T
    return Estimate(at.mode[design.flat], covariance, derivatives, of_variances)


def _slope(design: Incidence, at: Profile, residual: float) -> Floats:
    """Derivatives of the deviance with the noise held."""
    each = 2 * (1 - np.diagonal(at.inverse)) - 2 * at.mode**2 / residual
    return np.array([each[columns].sum() for columns in design.of_group])
