"""How large a difference between two systems a planned study can find.

For R experts, each hearing n of the K clips of each of S systems, the mixed model's difference of two system means has
the variance 2 (v_es / R + v_c / K + v_e / (R n)), with the variances of expert by system, of clips within a system and
of the residual; an expert's own level cancels. K counts the clips that somebody hears, and less than that where they
are heard unequally often. Its Satterthwaite degrees of freedom come from the information that REML has of the variances
in such a design (`information`), and power from what REML then estimates (`chances`). Where clips are many and experts
few, v_es / R stays: no number of clips makes up for it. Where clips share prompts, what is a prompt's cancels too.

Source: J. Westfall, D. A. Kenny, C. M. Judd, "Statistical power and optimal design in experiments in which samples of
participants respond to samples of stimuli", Journal of Experimental Psychology: General 143 (2014) 2020-2045.
`tests/benchmarks/power.py` compares it with simulated studies.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from analysis.statistics.chances import chance
from analysis.statistics.information import Variances, known
from analysis.statistics.quadrature import normal_nodes
from formats.errors import InputError

GOAL = 0.8
#: With fewer degrees of freedom power is called approximate. Below it, only the first digits are reliable.
FEW_DF = 15
DF_TOLERANCE = 1e-6
#: A search ends here: nobody collects more.
MAX_EXPERTS = 1000
MAX_CLIPS = 1000
#: Up to here every number is tried.
EVERY = 100


@dataclass(frozen=True)
class Design:
    """A planned study and its two-sided test.

    Attributes
    ----------
    experts : int
        2 or more.
    clips : int
        Clips of each system, 2 or more.
    heard : int
        Clips of each system that each expert hears.
    systems : int, default 6
        2 or more.
    alpha : float, default 0.05
    kind : {"single", "prompts", "sets"}, default "single"
        Single clips, single clips of prompts that all systems share, or pages with a clip of each system, all of one
        prompt. ``clips`` are prompts in the latter two, of which an expert hears the same of each system.

    Raises
    ------
    InputError
        If a number is outside its range.
    """

    experts: int
    clips: int
    heard: int
    systems: int = 6
    alpha: float = 0.05
    kind: str = "single"

    def __post_init__(self) -> None:
        if self.experts < 2 or self.systems < 2 or self.clips < 2:
            raise InputError("a study needs at least 2 experts, 2 systems and 2 clips a system")
        if not 1 <= self.heard <= self.clips:
            raise InputError("each expert can hear between 1 and all %(clips)s clips of a system", clips=self.clips)
        if not 0 < self.alpha < 1:
            raise InputError("alpha must lie between 0 and 1")

    @property
    def used(self) -> int:
        """Clips of a system that somebody hears."""
        return min(self.clips, self.experts * self.heard)

    @property
    def matched(self) -> bool:
        """Whether the clips of all systems come from the same prompts."""
        return self.kind != "single"

    @property
    def trials(self) -> int:
        """Trials of each expert, repeats not counted."""
        return self.heard if self.kind == "sets" else self.systems * self.heard


#: Standard deviations of what is felt (expert, expert by system, clip, residual) before it is rounded to a rating. The
#: range spans two published listening tests: 16 raters and 90 generated jazz clips (clip .42, residual .85, expert by
#: system 0), and 19 raters of coded speech with 9 conditions, brought to 1-5 (.37, .59, .35).
FELT: Mapping[str, tuple[float, float, float, float]] = {
    "low": (0.40, 0.10, 0.20, 0.80),
    "middle": (0.40, 0.25, 0.35, 0.85),
    "high": (0.45, 0.35, 0.48, 0.95),
}
FELT_MEAN = 3.84


def assumed_variances() -> dict[str, Variances]:
    """Give assumed variances of ratings on a scale of 1 to 5, means near 3.8.

    Returns
    -------
    dict of str to Variances
        "low", "middle" and "high"; ``FELT`` gives their source.
    """
    return {name: round_variances(Variances(*(sd * sd for sd in sds)), FELT_MEAN, 1, 5) for name, sds in FELT.items()}


def round_variances(felt: Variances, mean: float, minimum: int, maximum: int) -> Variances:
    """Compute the variances of normal values rounded to whole ratings.

    Two ratings that share some components have the covariance of E[rating | what they share], by Gauss-Hermite
    quadrature; the residual is the rest of the variance.

    Parameters
    ----------
    felt : Variances
        Before rounding.
    mean : float
    minimum, maximum : int
        Of the scale.

    Returns
    -------
    Variances
    """
    total = sum(felt)
    cuts = np.arange(minimum, maximum) + 0.5
    nodes, weights = normal_nodes(60)

    def shared(part: float) -> float:
        centre = mean + math.sqrt(part) * nodes
        expected = stats.norm.sf((cuts[:, None] - centre) / math.sqrt(total - part)).sum(axis=0)
        return float(weights @ expected**2 - (weights @ expected) ** 2)

    expert = shared(felt.expert)
    expert_system = shared(felt.expert + felt.expert_system) - expert
    clip = shared(felt.clip)
    above = stats.norm.sf((cuts - mean) / math.sqrt(total))
    variance = float(above @ (2 * np.arange(len(cuts)) + 1) - above.sum() ** 2)
    return Variances(expert, expert_system, clip, variance - expert - expert_system - clip)


@lru_cache(maxsize=4096)
def _known(
    experts: int, used: int, heard: int, systems: int, variances: Variances, matched: bool
) -> tuple[float, float]:
    found = known(experts, used, heard, systems, variances, matched=matched)
    return math.sqrt(found.variance), found.freedom()


def _precision(design: Design, variances: Variances) -> tuple[float, float]:
    """Standard error of the difference of two system means, and its Satterthwaite degrees of freedom."""
    return _known(design.experts, design.used, design.heard, design.systems, variances, design.matched)


def standard_error(design: Design, variances: Variances) -> float:
    """Compute the standard error of a difference of two system means.

    sqrt(2 (v_es / R + v_c / K + v_e / (R n))), see the module's docstring.

    Parameters
    ----------
    design : Design
    variances : Variances

    Returns
    -------
    float
        In rating points.
    """
    return _precision(design, variances)[0]


def degrees_of_freedom(design: Design, variances: Variances) -> float:
    """Compute the Satterthwaite degrees of freedom of that difference.

    Parameters
    ----------
    design : Design
    variances : Variances

    Returns
    -------
    float
    """
    return _precision(design, variances)[1]


def is_approximate(design: Design, variances: Variances) -> bool:
    """Decide whether power may be off by more than 0.03, mostly too low.

    Parameters
    ----------
    design : Design
    variances : Variances

    Returns
    -------
    bool
    """
    return has_few(degrees_of_freedom(design, variances))


def has_few(df: float) -> bool:
    """Decide whether degrees of freedom are so few that power is approximate.

    Parameters
    ----------
    df : float

    Returns
    -------
    bool
        Whether they are below ``FEW_DF`` (15).
    """
    return df < FEW_DF - DF_TOLERANCE


def critical_t(design: Design, variances: Variances) -> float:
    """Compute the critical value of the two-sided t test.

    Parameters
    ----------
    design : Design
    variances : Variances

    Returns
    -------
    float
    """
    return float(stats.t.isf(design.alpha / 2, degrees_of_freedom(design, variances)))


def power(design: Design, variances: Variances, gap: float) -> float:
    """Compute the probability that a true difference is found.

    Found means significantly different from zero at the design's alpha (``chances.chance``).

    Parameters
    ----------
    design : Design
    variances : Variances
    gap : float
        The true difference, in rating points.

    Returns
    -------
    float
        From 0 to 1.
    """
    numbers = design.experts, design.used, design.heard, design.systems
    return chance(*numbers, variances, design.alpha, gap, matched=design.matched)


def half_width(design: Design, variances: Variances) -> float:
    """Compute half of the width of the difference's 1 - alpha interval.

    Parameters
    ----------
    design : Design
    variances : Variances

    Returns
    -------
    float
        In rating points.
    """
    return critical_t(design, variances) * standard_error(design, variances)


def smallest_gap(design: Design, variances: Variances, goal: float = GOAL) -> float:
    """Compute the true difference that is found with a given power.

    Parameters
    ----------
    design : Design
    variances : Variances
    goal : float, default 0.8
        Power.

    Returns
    -------
    float
        In rating points.
    """
    far = half_width(design, variances)
    while power(design, variances, far) < goal:
        far *= 2
    return float(optimize.brentq(lambda gap: power(design, variances, gap) - goal, 0.0, far))


def chance_between_equals(design: Design, variances: Variances, gap: float) -> float:
    """Compute how likely the means of two equal systems differ by a gap or more.

    2 P(Z > gap / standard error).

    Parameters
    ----------
    design : Design
    variances : Variances
    gap : float
        In rating points, in either direction.

    Returns
    -------
    float
        From 0 to 1.
    """
    return float(2 * stats.norm.sf(gap / standard_error(design, variances)))


def size_when_found(design: Design, variances: Variances, gap: float) -> float:
    """Compute the mean absolute difference among the studies that find it.

    It exceeds the true difference where power is low (A. Gelman & J. Carlin, "Beyond power calculations", Perspectives
    on Psychological Science 9 (2014) 641-651); here for a normal estimate beyond the critical half-width.

    Parameters
    ----------
    design : Design
    variances : Variances
    gap : float
        The true difference, in rating points.

    Returns
    -------
    float
        In rating points.
    """
    se, cut = standard_error(design, variances), half_width(design, variances)
    above, below = (cut - gap) / se, (-cut - gap) / se
    found = stats.norm.sf(above) + stats.norm.cdf(below)
    size = gap * (stats.norm.sf(above) - stats.norm.cdf(below)) + se * (stats.norm.pdf(above) + stats.norm.pdf(below))
    return float(size / found)


def with_clips(design: Design, clips: int, *, all_heard: bool = False) -> Design:
    """Change the number of clips of a design.

    Parameters
    ----------
    design : Design
    clips : int
        Of each system.
    all_heard : bool, default False
        Whether each expert hears all of them, or at most as many as before.

    Returns
    -------
    Design
    """
    return replace(design, clips=clips, heard=clips if all_heard else min(clips, design.heard))


def most_power(design: Design, variances: Variances, gap: float) -> float:
    """Compute the power that the experts can reach with very many clips.

    With ``MAX_CLIPS`` clips of each system, all of them heard.

    Parameters
    ----------
    design : Design
    variances : Variances
    gap : float
        The true difference, in rating points.

    Returns
    -------
    float
        From 0 to 1.
    """
    return power(with_clips(design, MAX_CLIPS, all_heard=True), variances, gap)


def clips_needed(
    design: Design, variances: Variances, gap: float, *, all_heard: bool, goal: float = GOAL, least: int = 2
) -> int | None:
    """Find the smallest number of clips of each system for a given power.

    Parameters
    ----------
    design : Design
    variances : Variances
    gap : float
        The true difference, in rating points.
    all_heard : bool
        Whether each expert hears all of them, or the design's ``heard``.
    goal : float, default 0.8
        Power.
    least : int, default 2
        The smallest number that may be found.

    Returns
    -------
    int or None
        None if no number up to ``MAX_CLIPS`` reaches it.
    """
    numbers = range(least, MAX_CLIPS + 1)
    return _fewest(lambda clips: with_clips(design, clips, all_heard=all_heard), numbers, variances, gap, goal)


def experts_needed(
    design: Design, variances: Variances, gap: float, goal: float = GOAL, *, least: int = 2
) -> int | None:
    """Find the smallest number of experts for a given power.

    Parameters
    ----------
    design : Design
    variances : Variances
    gap : float
        The true difference, in rating points.
    goal : float, default 0.8
        Power.
    least : int, default 2
        The smallest number that may be found.

    Returns
    -------
    int or None
        None if no number up to ``MAX_EXPERTS`` reaches it.
    """
    numbers = range(least, MAX_EXPERTS + 1)
    return _fewest(lambda experts: replace(design, experts=experts), numbers, variances, gap, goal)


def _fewest(of: Callable[[int], Design], numbers: range, variances: Variances, gap: float, goal: float) -> int | None:
    """The fewest of `numbers` of which the design has power `goal`.

    More of them may mean less power: degrees of freedom can fall while the standard error does. What surely grows is a
    bound on power, so that those below it need not be tried. Of the rest each is, one after the other; beyond EVERY,
    where one more hardly changes anything, in steps of two in a hundred, and then each of the last step.
    """

    def is_found(number: int) -> bool:
        return power(of(number), variances, gap) >= goal

    most = numbers[-1]
    first = bisect_left(range(most + 1), goal, lo=numbers[0], key=lambda n: _most_power(of(n), variances, gap))
    last = first
    while last <= most and not is_found(last):
        last += max(1, last // 50) if last >= EVERY else 1
    before = max(first, last - max(1, last // 50)) if last > EVERY else last
    return next((number for number in range(before, min(last, most) + 1) if is_found(number)), None)


def _most_power(design: Design, variances: Variances, gap: float) -> float:
    """A bound on powers from .5: all clips heard equally often, and the variances known."""
    by_rating = variances.residual / (design.experts * design.heard)
    variance = 2 * (variances.expert_system / design.experts + variances.clip / design.used + by_rating)
    return float(stats.ncx2.sf(stats.chi2.isf(design.alpha, 1), 1, gap * gap / variance))
