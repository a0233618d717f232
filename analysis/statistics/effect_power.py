"""Power of a t test of one effect on the scale of the noise.

The effect is d' or a difference in strength. A design says how precisely its effect is estimated: standard error and
Satterthwaite's degrees of freedom. The standard error of a study is itself an estimate, the true one times sqrt(chi-
squared / df), so power is a mean over its distribution. Equivalence are two one-sided tests (Schuirmann 1987), whose
interval has the level 1 - 2 alpha.

Source: D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Self, TypeVar

import numpy as np
from scipy import optimize, special, stats

from analysis.statistics.incidence import Floats
from analysis.statistics.power import GOAL, MAX_CLIPS, MAX_EXPERTS
from analysis.statistics.quadrature import normal_nodes
from formats.errors import InputError

#: Standard deviations of what varies, a NamedTuple of floats.
SpreadType = TypeVar("SpreadType")
#: Effects beyond it are not looked for: so far from 0 an answer says little.
MAX_EFFECT = 4.0
#: Of the Gauss-Hermite rule.
NODES = 40
#: Where the distribution of a standard error is read.
QUANTILES = (np.arange(200) + 0.5) / 200


@dataclass(frozen=True)
class EffectDesign(ABC, Generic[SpreadType]):
    """A planned study of one kind of effect.

    Attributes
    ----------
    experts : int
        2 or more.
    alpha : float, default 0.05
    margin : float, default 0.5
        An effect within it counts as none.

    Raises
    ------
    InputError
        If a number is outside its range.
    """

    experts: int
    alpha: float = field(default=0.05, kw_only=True)
    margin: float = field(default=0.5, kw_only=True)

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise InputError("alpha must lie between 0 and 1")
        if not 0 < self.margin < math.inf:
            raise InputError("the margin must be above 0")

    @abstractmethod
    def precision(self, spread: SpreadType, effect: float) -> tuple[float, float]:
        """Compute the standard error of the effect and its degrees of freedom.

        Parameters
        ----------
        spread : NamedTuple of float
        effect : float
            The true one.

        Returns
        -------
        se, df : float
        """

    @abstractmethod
    def with_clips(self, clips: int) -> Self:
        """Return the design with other clips or prompts, all heard.

        Parameters
        ----------
        clips : int

        Returns
        -------
        EffectDesign
        """


@dataclass(frozen=True)
class PairwiseDesign(EffectDesign[SpreadType]):
    """A planned study in whose trials experts hear clips of two systems.

    Attributes
    ----------
    systems : int
        2 or more.
    prompts : int
        2 or more; each system has a clip of each.
    rounds : int
        Trials of each expert with each pair of systems.

    Raises
    ------
    InputError
        If a number is outside its range.
    """

    systems: int
    prompts: int
    rounds: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.experts, self.systems, self.prompts) < 2:
            raise InputError("a study of pairs of systems needs at least 2 experts, 2 systems and 2 prompts")
        if not 1 <= self.rounds <= self.prompts:
            raise InputError(
                "each expert can hear a pair of systems between 1 and %(prompts)s times", prompts=self.prompts
            )

    @property
    def trials(self) -> int:
        """Trials of each expert, repeats not counted."""
        return self.rounds * math.comb(self.systems, 2)

    def with_clips(self, clips: int) -> Self:
        """Return the design with other prompts, each pair heard once with each.

        Parameters
        ----------
        clips : int

        Returns
        -------
        PairwiseDesign
        """
        return replace(self, prompts=clips, rounds=clips)


def power(design: EffectDesign[SpreadType], spread: SpreadType, effect: float) -> float:
    """Compute the probability that the effect is found to differ from 0.

    Parameters
    ----------
    design : EffectDesign
    spread : NamedTuple of float
    effect : float
        The true one.

    Returns
    -------
    float
        From 0 to 1.
    """
    se, df = design.precision(spread, effect)
    reach = stats.t.isf(design.alpha / 2, df) * _estimated(se, df)
    return float(np.mean(special.ndtr((effect - reach) / se) + special.ndtr((-effect - reach) / se)))


def equivalence_power(design: EffectDesign[SpreadType], spread: SpreadType, effect: float = 0.0) -> float:
    """Compute the probability that the effect is shown to lie within the margin.

    Parameters
    ----------
    design : EffectDesign
    spread : NamedTuple of float
    effect : float, default 0
        The true one.

    Returns
    -------
    float
        From 0 to 1.
    """
    se, df = design.precision(spread, effect)
    reach = design.margin - stats.t.isf(design.alpha, df) * _estimated(se, df)
    inside = special.ndtr((reach - effect) / se) - special.ndtr((-reach - effect) / se)
    return float(np.maximum(inside, 0.0).mean())


def _estimated(se: float, df: float) -> Floats:
    """Quantiles of the estimated standard error."""
    return np.asarray(se * np.sqrt(stats.chi2.ppf(QUANTILES, df) / df))


def smallest_effect(design: EffectDesign[SpreadType], spread: SpreadType, goal: float = GOAL) -> float:
    """Compute the true effect that is found with a given power.

    Parameters
    ----------
    design : EffectDesign
    spread : NamedTuple of float
    goal : float, default 0.8
        Power.

    Returns
    -------
    float
        NaN if none up to ``MAX_EFFECT`` is.
    """
    if power(design, spread, MAX_EFFECT) < goal:
        return math.nan
    return float(optimize.brentq(lambda effect: power(design, spread, effect) - goal, 0.0, MAX_EFFECT))


def information(mean: float, sd: float, cuts: Sequence[float] = (0.0,)) -> float:
    """Compute the information that one answer has about its probit.

    The Fisher information of the cumulative probit (P. McCullagh, Journal of the Royal Statistical Society B 42 (1980)
    109-142), a mean over a normal distribution of the probit.

    Parameters
    ----------
    mean, sd : float
        Of the probit.
    cuts : sequence of float, default (0.0,)
        Where answers change, from the lowest up; one of them for a binary answer.

    Returns
    -------
    float
        At most 1, and 2 / pi for a binary answer.
    """
    points, weights = normal_nodes(NODES)
    ends = np.array([-np.inf, *cuts, np.inf])[:, None] - (mean + sd * points)
    density = np.exp(-(ends**2) / 2) / math.sqrt(2 * math.pi)
    # Beyond the middle an interval is measured from the other end, or its share would be a difference of two ones.
    low, high = np.where(ends[:-1] > 0, -ends[1:], ends[:-1]), np.where(ends[:-1] > 0, -ends[:-1], ends[1:])
    found = (np.diff(density, axis=0) ** 2 / (special.ndtr(high) - special.ndtr(low))).sum(axis=0)
    return float(found @ weights)


def experts_needed(
    design: EffectDesign[SpreadType], reaches: Callable[[EffectDesign[SpreadType]], bool], least: int = 2
) -> int | None:
    """Find the smallest number of experts for an aim.

    Parameters
    ----------
    design : EffectDesign
    reaches : callable
        Whether a design does; more experts never reach less.
    least : int, default 2

    Returns
    -------
    int or None
        None if no number up to ``MAX_EXPERTS`` does.
    """
    return _fewest(lambda n: reaches(replace(design, experts=n)), least, MAX_EXPERTS)


def clips_needed(
    design: EffectDesign[SpreadType], reaches: Callable[[EffectDesign[SpreadType]], bool], least: int = 2
) -> int | None:
    """Find the smallest number of clips or prompts, all heard, for an aim.

    Parameters
    ----------
    design : EffectDesign
    reaches : callable
        Whether a design does; more clips never reach less.
    least : int, default 2

    Returns
    -------
    int or None
        None if no number up to ``MAX_CLIPS`` does.
    """
    return _fewest(lambda n: reaches(design.with_clips(n)), least, MAX_CLIPS)


def _fewest(reaches: Callable[[int], bool], low: int, high: int) -> int | None:
    if not reaches(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle + 1, high)
    return low
