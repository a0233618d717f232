"""Restricted maximum likelihood of the linear mixed model.

y ~ X + (1|expert) + (1|clip) + (1|expert:system).

Complete and balanced ratings have a closed form (`closed_form`), all others a search (`search`); both end in the four
variances with their asymptotic covariance, and `evaluate` says everything else at given variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import minimize

from analysis.statistics.mixed_model.cells import Cells, Integers
from analysis.statistics.mixed_model.equal_weights import eliminate
from analysis.statistics.mixed_model.random_effects import EFFECTS, Floats

COMPONENTS = (*EFFECTS, "residual")
#: A variance below this share of the residual's is set to nothing where the likelihood does not mind.
NEGLIGIBLE = 1e-3
#: No variance is taken as more than this multiple of the residual's: beyond it the experts as good as agree exactly.
LARGEST = 1e6
#: Relative step of the central differences of the gradient; its error is about the square.
STEP = 1e-4


@dataclass(frozen=True)
class Variances:
    """Estimated variance components, in the order of ``COMPONENTS``.

    A variance of zero is at its boundary (or left out) and has no covariance, as in lmerTest.

    Attributes
    ----------
    values : float64 array of shape (4,)
        In squared rating points.
    covariance : float64 array of shape (4, 4)
        Asymptotic.
    converged : bool
    """

    values: Floats
    covariance: Floats
    converged: bool = True

    @property
    def ratios(self) -> Floats:
        """The random effects' variances relative to the residual's, shape (3,)."""
        ratios: Floats = self.values[:3] / self.values[3]
        return ratios


@dataclass(frozen=True)
class Reml:
    """The model at given ratios of variances, relative to the residual variance.

    P is the projection with y' P y = squares; Z_k are the columns of component k (the identity for the residual).

    Attributes
    ----------
    deviance : float
        -2 times the REML log-likelihood, the residual variance profiled out.
    coefficients : float64 array of shape (p,)
    inverse : float64 array of shape (p, p)
        (X' V^-1 X)^-1.
    squares : float
        y' P y, the sum of squares of the generalised residual.
    traces : float64 array of shape (4,)
        tr(Z_k' P Z_k).
    shares : float64 array of shape (4,)
        |Z_k' P y|^2.
    spread : float64 array of shape (4, p, p)
        X' V^-1 Z_k Z_k' V^-1 X.
    residuals : tuple of float64 arrays of shape (R,), (C,), (K,) and (n,)
        Z_k' P y.
    informations : tuple of float64 arrays of shape (R,), (C,) and (K,)
        z' P z for each expert, clip and expert in a system.
    """

    deviance: float
    coefficients: Floats  # (p,)
    inverse: Floats  # (p, p): (X' V^-1 X)^-1
    squares: float  # y' P y
    traces: Floats  # (4,): tr(Z_k' P Z_k)
    shares: Floats  # (4,): |Z_k' P y|^2
    spread: Floats  # (4, p, p): X' V^-1 Z_k Z_k' V^-1 X
    residuals: tuple[Floats, ...]  # Z_k' P y: (R,), (C,), (K,), (n,)
    informations: tuple[Floats, ...]  # z' P z for each expert, clip, expert in a system


def evaluate(cells: Cells, ratios: Floats) -> Reml:
    """Compute the REML criterion and what its derivatives need.

    Bates et al. 2015 (deviance); S. R. Searle, G. Casella & C. E. McCulloch, Variance Components (1992), chapter 6 (P
    and the derivatives).

    Parameters
    ----------
    cells : Cells
    ratios : float64 array of shape (3,)
        Variances relative to the residual's, in the order of ``EFFECTS``.

    Returns
    -------
    Reml
    """
    effects = eliminate(cells, ratios)
    weighed = cells.layers - effects.solve(cells.layers)
    products = cells.layers @ weighed.T
    fixed, free = weighed[:-1], cells.free
    inverse = np.asarray(np.linalg.inv(products[:-1, :-1]), dtype=np.float64)
    coefficients = inverse @ products[:-1, -1]
    residual = weighed[-1] - coefficients @ fixed
    total = np.square(cells.ratings).sum()
    squares = max(float(products[-1, -1] - coefficients @ products[:-1, -1]), float(total) * 1e-14)
    sums = [*cells.sums(fixed), fixed]
    spread = np.array([of_units @ of_units.T for of_units in sums])
    residuals = (*(of_units[0] for of_units in cells.sums(residual[None])), residual)
    shares = np.array([np.square(of_units).sum() for of_units in residuals])
    informations = tuple(
        given - ((inverse @ of_units) * of_units).sum(axis=0)
        for given, of_units in zip(effects.informations(), sums, strict=False)
    )
    traces = np.array([*(part.sum() for part in informations), cells.free])
    traces[3] -= ratios @ traces[:3]
    logs = effects.log_determinant - np.linalg.slogdet(inverse)[1]
    deviance = float(logs + free * (1 + np.log(2 * np.pi * squares / free)))
    return Reml(deviance, coefficients, inverse, squares, traces, shares, spread, residuals, informations)


def slope(cells: Cells, values: Floats) -> Floats:
    """Differentiate -2 times the REML log-likelihood by the four variances.

    tr(P V_k) - y' P V_k P y.

    Parameters
    ----------
    cells : Cells
    values : float64 array of shape (4,)
        Variances in the order of ``COMPONENTS``; the residual's is above 0.

    Returns
    -------
    float64 array of shape (4,)
    """
    at = evaluate(cells, values[:3] / values[3])
    slopes: Floats = at.traces / values[3] - at.shares / values[3] ** 2
    return slopes


def search(cells: Cells, components: Sequence[bool], start: Floats | None = None) -> Variances:
    """Maximise the REML likelihood numerically.

    The search is over relative standard deviations, of either sign, so that none is caught at the boundary.

    Parameters
    ----------
    cells : Cells
    components : sequence of bool
        Which of ``EFFECTS`` the design can separate.
    start : float64 array of shape (3,), optional
        Variances relative to the residual's.

    Returns
    -------
    Variances
    """
    chosen = np.flatnonzero(components)
    first = np.full(3, 0.3) if start is None else np.maximum(np.sqrt(start), 0.03)
    place, arrived = _descend(cells, chosen, first[chosen])
    ratios = _at(chosen, place**2)
    for k in chosen[np.argsort(ratios[chosen])]:
        without = np.where(np.arange(3) == k, 0.0, ratios)
        if 0 < ratios[k] < NEGLIGIBLE and evaluate(cells, without).deviance <= evaluate(cells, ratios).deviance + 1e-7:
            ratios = without
    residual = evaluate(cells, ratios).squares / cells.free
    values = residual * np.append(ratios, 1.0)
    return Variances(values, asymptotic_covariance(cells, values), arrived)


def _descend(cells: Cells, chosen: Integers, first: Floats) -> tuple[Floats, bool]:
    """The lowest deviance over relative standard deviations, by quasi-Newton steps.

    Its first guess at the curvature, 4 sd^2 tr(Z'PZ)^2 / units, is what the expected one would be, were all units of
    an effect alike; it halves the number of steps.
    """

    def criterion(place: Floats) -> tuple[float, Floats]:
        at = evaluate(cells, _at(chosen, place**2))
        slopes = at.traces[:3] - cells.free * at.shares[:3] / at.squares
        return at.deviance, np.where(place**2 < LARGEST, 2 * place * slopes[chosen], 0.0)

    if not len(chosen):
        return first, True
    at = evaluate(cells, _at(chosen, first**2))
    units = np.array([part.size for part in at.informations])[chosen]
    guess = np.diag(units / (4 * first**2 * at.traces[chosen] ** 2))
    found = minimize(criterion, first, jac=True, method="BFGS", options={"gtol": 1e-3, "hess_inv0": guess})
    return found.x, bool(found.success or np.abs(found.jac).max() < 1e-2)


def _at(chosen: Integers, values: Floats) -> Floats:
    """Ratios of the chosen effects, not beyond LARGEST; nothing for the others."""
    ratios = np.zeros(3)
    ratios[chosen] = np.minimum(values, LARGEST)
    return ratios


def asymptotic_covariance(cells: Cells, values: Floats) -> Floats:
    """Compute the asymptotic covariance of the variances above zero.

    Twice the inverse Hessian of -2 REML log-likelihood, by central differences. Scaled by the variances before it is
    inverted; directions in which the likelihood does not curve are left out, as in lmerTest (Kuznetsova, Brockhoff &
    Christensen, J. Stat. Software 82(13), 2017).

    Parameters
    ----------
    cells : Cells
    values : float64 array of shape (4,)
        Variances, in the order of ``COMPONENTS``.

    Returns
    -------
    float64 array of shape (4, 4)
        Zero in the rows and columns of variances of zero.
    """
    active = np.flatnonzero(values > 0)
    steps = STEP * np.diag(values)[active]
    curve = np.array([(slope(cells, values + step) - slope(cells, values - step))[active] for step in steps])
    scaled = curve / (2 * STEP) * values[active]
    roots, vectors = np.linalg.eigh((scaled + scaled.T) / 2)
    kept = roots > 1e-8 * max(roots.max(), 0.0)
    inverse = 2 * (vectors[:, kept] / roots[kept]) @ vectors[:, kept].T
    covariance = np.zeros((4, 4))
    covariance[np.ix_(active, active)] = inverse * np.outer(values[active], values[active])
    return covariance


def is_balanced(cells: Cells) -> bool:
    """Decide whether ratings are complete and balanced, so that a formula exists.

    Parameters
    ----------
    cells : Cells

    Returns
    -------
    bool
        Whether every expert rated every clip, systems have equally many, there are two or more of everything and no
        covariate. All variances can then be separated.
    """
    clips = cells.nest.sum(axis=0)
    several = min(cells.experts, len(clips), int(clips.min())) > 1
    complete = len(cells.expert) == cells.experts * len(cells.nest)
    return bool(several and complete and np.ptp(clips) == 0 and len(cells.layers) == len(clips) + 1)


def closed_form(cells: Cells) -> Variances:
    """Compute REML estimates for complete balanced ratings from mean squares.

    The likelihood is a product over strata of gamma densities with expectations f (expert) >= f (expert:system) >= f
    (residual) <= f (clip). Where mean squares break that order, the variance between two strata is zero and the two are
    pooled; of the eight ways to pool, the most likely that keeps the order is the constrained maximum (Searle, Casella
    & McCulloch 1992, chapters 4 and 6).

    Parameters
    ----------
    cells : Cells
        Balanced (``is_balanced``).

    Returns
    -------
    Variances
    """
    systems = cells.nest.shape[1]
    experts, clips = cells.experts, len(cells.nest) // systems
    rest = systems * (experts - 1) * (clips - 1)
    freedom = np.array([experts - 1, systems * (clips - 1), (experts - 1) * (systems - 1), rest], dtype=np.float64)
    differences = np.array([[1, 0, -1, 0], [0, 1, 0, -1], [0, 0, 1, -1], [0, 0, 0, 1]])
    to_variances = differences / np.array([[systems * clips], [experts], [clips], [1]])
    sums = _sums_of_squares(cells, experts, systems, clips)
    ways = [_pooled(pooled, sums, freedom, to_variances) for pooled in product((False, True), repeat=3)]
    return min((way for way in ways if (way[1].values >= 0).all()), key=lambda way: way[0])[1]


def _pooled(pooled: Sequence[bool], sums: Floats, freedom: Floats, to_variances: Floats) -> tuple[float, Variances]:
    """The deviance, up to a constant, and the variances where those `pooled` (in the order of EFFECTS) are nothing."""
    block = _blocks(pooled)
    shares = block @ np.diag(1 / (block.T @ freedom)) @ block.T
    squares = np.maximum(shares @ sums, sums.sum() / freedom.sum() / LARGEST)
    values = to_variances @ squares
    values[:3][list(pooled)] = 0.0
    of_squares = 2 * shares * np.outer(squares, squares)
    deviance = float((freedom * np.log(squares) + sums / squares).sum())
    return deviance, Variances(values, to_variances @ of_squares @ to_variances.T)


def _sums_of_squares(cells: Cells, experts: int, systems: int, clips: int) -> Floats:
    """Of the strata of expert, clip, expert:system and residual."""
    y = cells.full(cells.ratings).reshape(experts, systems, clips)
    cell, clip = y.mean(axis=2, keepdims=True), y.mean(axis=0, keepdims=True)
    expert, system = y.mean(axis=(1, 2), keepdims=True), y.mean(axis=(0, 2), keepdims=True)
    parts = (expert - y.mean(), clip - system, cell - expert - system + y.mean(), y - cell - clip + system)
    return np.array([np.square(np.broadcast_to(part, y.shape)).sum() for part in parts])


def _blocks(pooled: Sequence[bool]) -> Floats:
    """(4, blocks): which strata are pooled where variances (expert, clip, expert:system) are nothing."""
    below = {0: 2, 1: 3, 2: 3}
    root = [0, 1, 2, 3]
    for k in (2, 0, 1):
        if pooled[k]:
            root[k] = root[below[k]]
    return np.array([[float(root[k] == r) for r in sorted(set(root))] for k in range(4)])
