"""Whether a planned study of choices can show that d' is above or near chance.

R experts each hear n of the K clips of each of G generators, and n_r of the K_r real clips. By the mixed probit of
`discrimination`, d' of a generator has the variance

    v_s / R + v_c (1 / K + 1 / K_r) + 1 / (w R n) + 1 / (w_r R n_r)

with the variances of sensitivity and of clips, and w the information of one answer, phi(x)^2 / (Phi(x) Phi(-x)), a mean
over what experts and clips vary by; an expert's criterion cancels. Satterthwaite's degrees of freedom are those of two
mean squares: of experts, whose d' of all generators together has the variance v_s + 1 / (w G n) + 1 / (w_r n_r), and of
clips, heard by R n / K experts each, within generators and within the real music. Power is that of a t test
whose standard error is estimated; equivalence to chance are two one-sided tests (Schuirmann 1987), whose interval has
the level 1 - 2 alpha.

Sources: L. T. DeCarlo, Psychological Methods 3 (1998) 186-205; F. E. Satterthwaite, Biometrics Bulletin 2 (1946)
110-114. `tests/benchmarks/power.py` compares it with simulated studies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import optimize, special, stats

from analysis.statistics.discrimination import MARGIN
from analysis.statistics.incidence import Floats
from analysis.statistics.power import GOAL, MAX_CLIPS, MAX_EXPERTS
from formats.errors import InputError

#: Of the Gauss-Hermite rule.
NODES = 40
#: Where the distribution of a standard error is read.
QUANTILES = (np.arange(200) + 0.5) / 200


class Spread(NamedTuple):
    """Standard deviations on the scale of the noise.

    Attributes
    ----------
    criterion, sensitivity, clip : float
    """

    criterion: float
    sensitivity: float
    clip: float


#: Assumptions where there is no pilot. No published test of generated music reports them.
ASSUMED: Mapping[str, Spread] = {
    "low": Spread(0.2, 0.2, 0.2),
    "middle": Spread(0.35, 0.35, 0.3),
    "high": Spread(0.5, 0.5, 0.5),
}


@dataclass(frozen=True)
class ChoiceDesign:
    """A planned study of choices between real and generated music.

    Attributes
    ----------
    experts : int
        2 or more.
    systems : int
        2 or more: the generators and the real music.
    clips, heard : int
        Clips of each generator, and how many of them each expert hears.
    real, real_heard : int
        The same of the real music.
    alpha : float, default 0.05
    margin : float, default ``MARGIN``
        d' within it counts as chance.

    Raises
    ------
    InputError
        If a number is outside its range.
    """

    experts: int
    systems: int
    clips: int
    heard: int
    real: int
    real_heard: int
    alpha: float = 0.05
    margin: float = MARGIN

    def __post_init__(self) -> None:
        if self.experts < 2 or self.systems < 2 or min(self.clips, self.real) < 2:
            raise InputError("a study needs at least 2 experts, 2 systems and 2 clips a system")
        if not (1 <= self.heard <= self.clips and 1 <= self.real_heard <= self.real):
            raise InputError("each expert can hear between 1 and all %(clips)s clips of a system", clips=self.clips)
        if not 0 < self.alpha < 1:
            raise InputError("alpha must lie between 0 and 1")
        if not 0 < self.margin < math.inf:
            raise InputError("the margin of d' must be above 0")

    @property
    def trials(self) -> int:
        """Clips that each expert hears, repeats not counted."""
        return (self.systems - 1) * self.heard + self.real_heard


def share_right(d_prime: float) -> float:
    """Compute how often an unbiased expert is right.

    Phi(d' / 2), with as many real as generated clips.

    Parameters
    ----------
    d_prime : float

    Returns
    -------
    float
        From 0.5 at 0.
    """
    return float(special.ndtr(d_prime / 2))


def answer_information(d_prime: float, spread: Spread, *, generated: bool) -> float:
    """Compute the information that one answer has about its probit.

    Parameters
    ----------
    d_prime : float
        Experts stand midway: their criterion is d' / 2 on average.
    spread : Spread
    generated : bool

    Returns
    -------
    float
        At most 2 / pi.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(NODES)
    varied = math.hypot(spread.criterion, spread.clip, spread.sensitivity if generated else 0.0)
    at = (d_prime / 2 if generated else -d_prime / 2) + varied * points
    log_information = -(at**2) - math.log(2 * math.pi) - special.log_ndtr(at) - special.log_ndtr(-at)
    return float(np.exp(log_information) @ (weights / weights.sum()))


def precision(design: ChoiceDesign, spread: Spread, d_prime: float) -> tuple[float, float]:
    """Compute the standard error of d' of one generator and its degrees of freedom.

    Parameters
    ----------
    design : ChoiceDesign
    spread : Spread
    d_prime : float
        The true one.

    Returns
    -------
    se, df : float
    """
    experts, generators = design.experts, design.systems - 1
    noise = 1 / answer_information(d_prime, spread, generated=True)
    noise_of_real = 1 / answer_information(d_prime, spread, generated=False)
    used, real = min(design.clips, experts * design.heard), min(design.real, experts * design.real_heard)
    by_clips = 1 / used + 1 / real
    answers = noise / (experts * design.heard) + noise_of_real / (experts * design.real_heard)
    variance = spread.sensitivity**2 / experts + spread.clip**2 * by_clips + answers
    of_experts = spread.sensitivity**2 + noise / (generators * design.heard) + noise_of_real / design.real_heard
    of_clips = spread.clip**2 + noise * used / (experts * design.heard)
    uncertainty = (of_experts / experts) ** 2 / (experts - 1)
    uncertainty += (of_clips * by_clips) ** 2 / (generators * (used - 1) + real - 1)
    return math.sqrt(variance), variance**2 / uncertainty


def power(design: ChoiceDesign, spread: Spread, d_prime: float) -> float:
    """Compute the probability that d' is found to differ from 0.

    Parameters
    ----------
    design : ChoiceDesign
    spread : Spread
    d_prime : float
        The true one.

    Returns
    -------
    float
        From 0 to 1.
    """
    se, df = precision(design, spread, d_prime)
    reach = stats.t.isf(design.alpha / 2, df) * _estimated(se, df)
    return float(np.mean(special.ndtr((d_prime - reach) / se) + special.ndtr((-d_prime - reach) / se)))


def equivalence_power(design: ChoiceDesign, spread: Spread, d_prime: float = 0.0) -> float:
    """Compute the probability that d' is shown to lie within the margin.

    Parameters
    ----------
    design : ChoiceDesign
    spread : Spread
    d_prime : float, default 0
        The true one.

    Returns
    -------
    float
        From 0 to 1.
    """
    se, df = precision(design, spread, d_prime)
    reach = design.margin - stats.t.isf(design.alpha, df) * _estimated(se, df)
    inside = special.ndtr((reach - d_prime) / se) - special.ndtr((-reach - d_prime) / se)
    return float(np.maximum(inside, 0.0).mean())


def _estimated(se: float, df: float) -> Floats:
    """Quantiles of the estimated standard error, which is se times the root of chi-squared / df."""
    return np.asarray(se * np.sqrt(stats.chi2.ppf(QUANTILES, df) / df))


def smallest_d_prime(design: ChoiceDesign, spread: Spread, goal: float = GOAL) -> float:
    """Compute the true d' that is found with a given power.

    Parameters
    ----------
    design : ChoiceDesign
    spread : Spread
    goal : float, default 0.8
        Power.

    Returns
    -------
    float
        NaN if none up to 4 is: so far from chance an answer says little.
    """
    if power(design, spread, 4.0) < goal:
        return math.nan
    return float(optimize.brentq(lambda d_prime: power(design, spread, d_prime) - goal, 0.0, 4.0))


def experts_needed(design: ChoiceDesign, reaches: Callable[[ChoiceDesign], bool], least: int = 2) -> int | None:
    """Find the smallest number of experts for an aim.

    Parameters
    ----------
    design : ChoiceDesign
    reaches : callable
        Whether a design does; more experts never reach less.
    least : int, default 2

    Returns
    -------
    int or None
        None if no number up to ``MAX_EXPERTS`` does.
    """
    return _fewest(lambda n: reaches(replace(design, experts=n)), least, MAX_EXPERTS)


def clips_needed(design: ChoiceDesign, reaches: Callable[[ChoiceDesign], bool], least: int = 2) -> int | None:
    """Find the smallest number of clips of each system, all heard, for an aim.

    Parameters
    ----------
    design : ChoiceDesign
    reaches : callable
        Whether a design does; more clips never reach less.
    least : int, default 2
        Of the real music there are as many clips.

    Returns
    -------
    int or None
        None if no number up to ``MAX_CLIPS`` does.
    """
    return _fewest(
        lambda n: reaches(replace(design, clips=n, heard=n, real=n, real_heard=n)),
        least,
        MAX_CLIPS,
    )


def _fewest(reaches: Callable[[int], bool], low: int, high: int) -> int | None:
    if not reaches(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle + 1, high)
    return low
