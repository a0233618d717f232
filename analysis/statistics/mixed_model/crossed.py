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

from analysis.statistics.incidence import Floats, Incidence, Integers, invert
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
    spread : float64 array of shape (q,)
        Diagonal of the inverse of Z'Z + 1 in the same units.
    of_flat : float64 array of shape (p, p)
        The part of that inverse which belongs to the coefficients.
    squares : float
        Penalised sum of squares.
    """

    deviance: float
    slope: Floats
    mode: Floats
    spread: Floats
    of_flat: Floats
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

    The largest effect of which each response has one unit is eliminated: its own products are a diagonal.

    Attributes
    ----------
    design : Incidence
    response : float64 array of shape (n,)
    kept, gone : int arrays
        Columns of Z that are not, and that are eliminated.
    products : float64 array of shape (kept, kept)
        Z'Z of the kept columns.
    mixed : float64 array of shape (gone, kept)
        Z'Z between both.
    own : float64 array of shape (gone,)
        The diagonal of Z'Z of the eliminated columns.
    sums : float64 array of shape (q,)
        Z'response.
    """

    design: Incidence
    response: Floats
    kept: Integers
    gone: Integers
    products: Floats
    mixed: Floats
    own: Floats
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
        entries = (design.group[design.columns] >= 0) * (design.group[design.columns] + 1)
        single = [(entries == number + 1).sum(axis=1).max(initial=0) < 2 for number in range(len(design.effects))]
        sizes = [len(columns) * alone for columns, alone in zip(design.of_group, single, strict=True)]
        largest = int(np.argmax(sizes)) if any(sizes) else -2
        gone = np.flatnonzero(design.group == largest)
        kept = np.flatnonzero(design.group != largest)
        z = design.matrix
        of_gone, of_kept = z[:, gone], z[:, kept]
        return cls(
            design,
            response,
            kept,
            gone,
            products=(of_kept.T @ of_kept).toarray(),
            mixed=(of_gone.T @ of_kept).toarray(),
            own=np.asarray(of_gone.multiply(of_gone).sum(axis=0), dtype=np.float64).ravel(),
            sums=z.T @ response,
        )

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
        kept, gone = self.kept, self.gone
        own = scales[gone] ** 2 * self.own + 1
        mixed = scales[gone, None] * self.mixed * scales[kept]
        curve = scales[kept, None] * self.products * scales[kept]
        curve[np.diag_indices_from(curve)] += design.group[kept] >= 0
        answers = mixed / own[:, None]
        inverse, logs = invert(curve - mixed.T @ answers)
        sums, mode, spread = scales * self.sums, np.empty(len(scales)), np.empty(len(scales))
        mode[kept] = inverse @ (sums[kept] - answers.T @ sums[gone])
        mode[gone] = (sums[gone] - mixed @ mode[kept]) / own
        spread[kept] = np.diagonal(inverse)
        spread[gone] = 1 / own + ((answers @ inverse) * answers).sum(axis=1)
        squares = float(self.response @ self.response - mode @ sums)
        by_effect = 2 * (1 - spread) - 2 * mode**2 * self.free / squares
        slope = np.array([by_effect[columns].sum() for columns in design.of_group])
        deviance = logs + np.log(own).sum() + self.free * (1 + np.log(2 * np.pi * squares / self.free))
        flat = np.searchsorted(kept, design.flat)
        return Profile(float(deviance), slope, mode, spread, inverse[np.ix_(flat, flat)], squares)


def fit(design: Incidence, response: Floats, relative: Floats | None = None) -> CrossedFit:
    """Fit the model by REML.

    Parameters
    ----------
    design : Incidence
    response : float64 array of shape (n,)
    relative : float64 array of shape (effects,), optional
        The most likely standard deviations over that of the noise, where they are known without a search.

    Returns
    -------
    CrossedFit

    Raises
    ------
    LinAlgError
        If coefficients are not separable.
    """
    responses = Responses.of(design, response)
    relative, arrived = (relative, True) if relative is not None else _search(responses)
    at = responses.profile(relative)
    residual = at.squares / responses.free
    scales = design.scaling(relative)
    return CrossedFit(
        estimate=_estimate(responses, relative, at, residual),
        variances=residual * relative**2,
        residual=residual,
        log_likelihood=-at.deviance / 2,
        predicted=scales * at.mode,
        errors=scales * np.sqrt(np.maximum(at.spread, 0.0) * residual),
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
    active = np.flatnonzero(relative > 0)
    covariance = residual * at.of_flat
    size = len(active) + 1
    derivatives, curve = np.empty((size, *covariance.shape)), np.empty((size, size))
    for row, effect in enumerate(active):
        step = np.exp(STEP * (np.arange(len(relative)) == effect))
        ahead, behind = responses.profile(relative * step), responses.profile(relative / step)
        derivatives[row] = residual * (ahead.of_flat - behind.of_flat) / (2 * STEP)
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
    each = 2 * (1 - at.spread) - 2 * at.mode**2 / residual
    return np.array([each[columns].sum() for columns in design.of_group])
