"""Power where the standard error is estimated and variances may be zero.

What REML will estimate in a planned study is drawn once, at `DRAWS` points that fill the unit cube evenly. Its
independent combinations of variances, from the residual on, are drawn as multiples of chi-squared, as mean squares are.
A negative variance is set to zero, and the others to their estimates under that condition: a projection in the metric
of the information. Each draw has its standard error and Satterthwaite's df, and the difference itself is normal. Power
by the noncentral t, which ignores that variances are not negative, is up to .05 too high in small studies.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from analysis.statistics.information import Variances, inverse, known
from analysis.statistics.mixed_model.random_effects import Floats

DRAWS = 256
#: Beyond so many degrees of freedom chi-squared's quantiles are Wilson and Hilferty's, within a thousandth.
MANY_DF = 40
#: Places among the Variances.
EXPERT_SYSTEM, CLIP, RESIDUAL = 1, 2, 3


#: Which draws (DRAWS,), the variances that are free in them, and what these are estimates of (4,).
Settled = tuple[npt.NDArray[np.bool_], list[int], Floats]


@lru_cache(maxsize=1)
def _even_points() -> Floats:
    return np.asarray(stats.qmc.Sobol(3, seed=1).random(DRAWS))


def independent(covariance: Floats) -> tuple[Floats, Floats]:
    """Find independent linear combinations of correlated estimates.

    Gram-Schmidt, from the last: each estimate less its regression on those after it.

    Parameters
    ----------
    covariance : float64 array of shape (n, n)

    Returns
    -------
    rows : float64 array of shape (n, n)
        A combination in each row.
    own : float64 array of shape (n,)
        Their variances.
    """
    n = len(covariance)
    rows, own = np.eye(n), np.diagonal(covariance).copy()
    for k in range(n - 2, -1, -1):
        later = slice(k + 1, n)
        rows[k, later] = -np.linalg.solve(covariance[later, later], covariance[later, k])
        own[k] += rows[k, later] @ covariance[later, k]
    return rows, own


def merge_inseparable(experts: int, clips: int, heard: int, variances: Variances) -> tuple[Variances, list[int]]:
    """Merge the variances that a design cannot separate from the residual.

    These are the variance of clips that no two experts share, and of expert by system where an expert hears one clip of
    a system.

    Parameters
    ----------
    experts, clips, heard : int
        As for ``information.known``; ``clips`` are those that somebody hears.
    variances : Variances

    Returns
    -------
    variances : Variances
        As the model estimates them: a merged one is 0.
    free : list of int
        Indices in ``Variances`` of those that are estimated.
    """
    expert, expert_system, clip, residual = variances
    if heard == 1:
        expert_system, residual = 0.0, residual + expert_system
    if clips == experts * heard:
        clip, residual = 0.0, residual + clip
    free = [*([EXPERT_SYSTEM] if heard > 1 else []), *([CLIP] if clips < experts * heard else []), RESIDUAL]
    return Variances(expert, expert_system, clip, residual), free


def simulate_errors(
    experts: int, clips: int, heard: int, systems: int, variances: Variances, *, matched: bool = False
) -> tuple[float, Floats, Floats]:
    """Simulate the standard errors that REML will estimate in a planned study.

    Parameters
    ----------
    experts, clips, heard, systems : int
        As for ``information.known``.
    variances : Variances
        The true ones.
    matched : bool, default False
        As for ``information.known``.

    Returns
    -------
    truth : float
        Standard error of a difference of two systems, in rating points.
    se, df : float64 arrays of shape (DRAWS,)
        Its estimates with their Satterthwaite degrees of freedom.
    """
    told, free = merge_inseparable(experts, clips, heard, variances)
    found = known(experts, clips, heard, systems, told, matched=matched)
    truth = np.array(told)
    estimates = _estimates(found.information, free, truth)
    settled: list[Settled] = [(np.ones(DRAWS, dtype=bool), free, truth)]
    for place in (CLIP, EXPERT_SYSTEM, CLIP):
        settled = [part for given in settled for part in _at_the_edge(found.information, given, estimates, place)]
    variance, df = np.empty(DRAWS), np.empty(DRAWS)
    for which, kept, centre in settled:
        if which.any():
            variance[which], df[which] = _precision(found.information, kept, centre, found.slopes, estimates[which])
    return float(np.sqrt(found.variance)), np.sqrt(variance), df


def _covariance(information: Floats, free: list[int]) -> Floats:
    """Of the estimates of the `free` variances, the experts' own being estimated as well."""
    chosen = [0, *free]
    return inverse(information[np.ix_(chosen, chosen)])[1:, 1:]


def _estimates(information: Floats, free: list[int], truth: Floats) -> Floats:
    rows, own = independent(_covariance(information, free))
    centres = rows @ truth[free]
    df = 2 * centres**2 / own
    points = _even_points()[:, : len(free)]
    squares = centres * np.column_stack([_mean_squares(*pair) for pair in zip(points.T, df, strict=True)])
    estimates = np.zeros((DRAWS, 4))
    estimates[:, free] = np.linalg.solve(rows, squares.T).T
    return estimates


def _mean_squares(points: Floats, df: float) -> Floats:
    """Quantiles of chi-squared / df."""
    if df < MANY_DF:
        return np.asarray(special.chdtri(df, 1 - points) / df)
    return np.asarray((1 - 2 / (9 * df) + special.ndtri(points) * np.sqrt(2 / (9 * df))) ** 3)


def _at_the_edge(information: Floats, given: Settled, estimates: Floats, place: int) -> list[Settled]:
    """Those draws in which the variance at `place` is not below nothing, and, moved, those in which it is."""
    which, free, centre = given
    if place not in free:
        return [given]
    below = which & (estimates[:, place] < 0)
    covariance = _covariance(information, free)
    at = free.index(place)
    step = covariance[at] / covariance[at, at]
    rows = estimates[below]
    rows[:, free] -= np.outer(rows[:, place], step)
    rows[:, place] = 0.0
    estimates[below] = rows
    moved = centre.copy()
    moved[free] -= centre[place] * step
    moved[place] = 0.0
    rest = [other for other in free if other != place]
    return [(which & ~below, free, centre), (below, rest, moved)]


def _precision(
    information: Floats, free: list[int], centre: Floats, slopes: Floats, estimates: Floats
) -> tuple[Floats, Floats]:
    """The variance of the difference at `estimates` (n, 4), and its Satterthwaite df by independent combinations."""
    rows, own = independent(_covariance(information, free))
    squares, weights = estimates[:, free] @ rows.T, np.linalg.solve(rows.T, slopes[free])
    df = 2 * (rows @ centre[free]) ** 2 / own
    variance = squares @ weights
    return variance, variance**2 / ((squares * weights) ** 2 / df).sum(axis=1)


def chance(
    experts: int,
    clips: int,
    heard: int,
    systems: int,
    variances: Variances,
    alpha: float,
    gap: float,
    *,
    matched: bool = False,
) -> float:
    """Compute the power of a two-sided test of a difference of two systems.

    Mean over the draws of ``simulate_errors`` of P(|estimate| > t(1 - alpha / 2, df) * se), where the estimate is
    normal about the true difference.

    Parameters
    ----------
    experts, clips, heard, systems : int
        As for ``information.known``.
    variances : Variances
    alpha : float
    gap : float
        The true difference, in rating points.
    matched : bool, default False
        As for ``information.known``.

    Returns
    -------
    float
        From 0 to 1.
    """
    true, reach = _reach(experts, clips, heard, systems, variances, alpha, matched)
    return float(np.mean(special.ndtr((gap - reach) / true) + special.ndtr((-gap - reach) / true)))


@lru_cache(maxsize=2048)
def _reach(
    experts: int, clips: int, heard: int, systems: int, variances: Variances, alpha: float, matched: bool
) -> tuple[float, Floats]:
    true, se, df = simulate_errors(experts, clips, heard, systems, variances, matched=matched)
    return true, stats.t.isf(alpha / 2, df) * se
