"""Probabilities of categories between thresholds, with their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.statistics.mixed_model.random_effects import Floats

#: Stands for infinity: no probability is left beyond it, and sums with it stay finite.
END = 1e4


@dataclass(frozen=True)
class Link:
    """A symmetric distribution of the latent noise.

    Attributes
    ----------
    name : str
    quantile, below : callable
        Quantile function and distribution function.
    density : callable
        Maps places to the density and its derivative.
    bend : callable
        Maps places and their density to the density's second derivative.
    """

    name: str
    quantile: Callable[[Floats], Floats]
    below: Callable[[Floats], Floats]
    density: Callable[[Floats], tuple[Floats, Floats]]
    bend: Callable[[Floats, Floats], Floats]


def _normal(x: Floats) -> tuple[Floats, Floats]:
    density = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    return density, -x * density


def _normal_bend(x: Floats, density: Floats) -> Floats:
    return (x * x - 1) * density


def _logistic(x: Floats) -> tuple[Floats, Floats]:
    tail = np.exp(-np.abs(x))
    density = tail / (1 + tail) ** 2
    return density, density * np.copysign((1 - tail) / (1 + tail), -x)


def _logistic_bend(x: Floats, density: Floats) -> Floats:
    return density * (1 - 6 * density)


LINKS: Mapping[str, Link] = {
    "probit": Link("probit", special.ndtri, special.ndtr, _normal, _normal_bend),
    "logit": Link("logit", special.logit, special.expit, _logistic, _logistic_bend),
}


@dataclass(frozen=True)
class Categories:
    """Log probabilities of categories, log P(low < mean + noise <= high).

    Attributes
    ----------
    log_probability : float64 array
    score, curvature : float64 arrays
        The first, and minus the second derivative by the mean.
    turn : float64 array
        The derivative of the curvature by the mean.
    by_high, by_low : tuples of three float64 arrays
        Derivatives of the log probability, the score and the curvature by the two thresholds.
    """

    log_probability: Floats
    score: Floats
    curvature: Floats
    turn: Floats
    by_high: tuple[Floats, Floats, Floats]
    by_low: tuple[Floats, Floats, Floats]


def score_and_curvature(link: Link, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """Compute log probability, score and curvature of categories.

    Parameters
    ----------
    link : Link
    low, high : float64 arrays of equal shape
        Thresholds less the mean; -``END`` and ``END`` stand for infinity.

    Returns
    -------
    log_probability, score, curvature : float64 arrays of that shape
        As in ``Categories``.
    """
    probability = _between(link, low, high)
    (f_low, d_low), (f_high, d_high) = link.density(low), link.density(high)
    score = (f_low - f_high) / probability
    return np.log(probability), score, np.maximum(score**2 - (d_high - d_low) / probability, 0.0)


def categories(link: Link, low: Floats, high: Floats) -> Categories:
    """Compute log probabilities of categories with all derivatives.

    Parameters
    ----------
    link : Link
    low, high : float64 arrays of equal shape
        Thresholds less the mean; -``END`` and ``END`` stand for infinity.

    Returns
    -------
    Categories
    """
    probability = _between(link, low, high)
    f_low, d_low, e_low = (part / probability for part in _derivatives(link, low))
    f_high, d_high, e_high = (part / probability for part in _derivatives(link, high))
    score, bend = f_low - f_high, d_high - d_low
    at_high, at_low = -d_high - score * f_high, d_low + score * f_low
    return Categories(
        log_probability=np.log(probability),
        score=score,
        curvature=np.maximum(score**2 - bend, 0.0),
        turn=-2 * score * (score**2 - bend) + (e_high - e_low) + bend * score,
        by_high=(f_high, at_high, 2 * score * at_high - e_high + bend * f_high),
        by_low=(-f_low, at_low, 2 * score * at_low + e_low - bend * f_low),
    )


def _derivatives(link: Link, x: Floats) -> tuple[Floats, Floats, Floats]:
    density, slope = link.density(x)
    return density, slope, link.bend(x, density)


def _between(link: Link, low: Floats, high: Floats) -> Floats:
    """Differences taken in the lower tail, where they keep their digits."""
    flip = low + high > 0
    upper = link.below(np.where(flip, -low, high))
    lower = link.below(np.where(flip, -high, low))
    probability: Floats = np.maximum(upper - lower, 1e-300)
    return probability
