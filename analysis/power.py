"""How large a difference between two systems a planned study can find.

For R experts, each hearing n of the K clips of each of S systems, the mixed model's difference of two system means has
the variance 2 (v_es / R + v_c / K + v_e / (R n)), with the variances of expert by system, of clips within a system and
of the residual; an expert's own level cancels. Its Satterthwaite degrees of freedom come from the three mean squares
of the balanced design, and power from the noncentral t. Where clips are many and experts few, v_es / R stays: no number
of clips makes up for it.

Source: J. Westfall, D. A. Kenny, C. M. Judd, "Statistical power and optimal design in experiments in which samples of
participants respond to samples of stimuli", Journal of Experimental Psychology: General 143 (2014) 2020-2045, with
exact degrees of freedom for S systems. `tests/bench_power.py` compares it with simulated studies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

GOAL = 0.8
#: A search ends here: nobody collects more.
MOST_EXPERTS = 1000
MOST_CLIPS = 1000


class Variances(NamedTuple):
    """Variance components of single ratings, in squared rating points."""

    expert: float
    expert_system: float
    clip: float
    residual: float

    def sds(self) -> tuple[float, ...]:
        """Standard deviations in rating points."""
        return tuple(math.sqrt(part) for part in self)


@dataclass(frozen=True)
class Design:
    """A study: `clips` a system, of which each expert hears `heard`; a two-sided test at `alpha`."""

    experts: int
    clips: int
    heard: int
    systems: int = 6
    alpha: float = 0.05

    def __post_init__(self) -> None:
        if self.experts < 2 or self.systems < 2 or self.clips < 2:
            raise ValueError("a study needs at least 2 experts, 2 systems and 2 clips a system")
        if not 1 <= self.heard <= self.clips:
            raise ValueError(f"each expert can hear between 1 and all {self.clips} clips of a system")
        if not 0 < self.alpha < 1:
            raise ValueError("alpha must lie between 0 and 1")

    @property
    def trials(self) -> int:
        """Clips that each expert hears, repeats not counted."""
        return self.systems * self.heard


#: Standard deviations of what is felt (expert, expert by system, clip, residual) before it is rounded to a rating. The
#: range spans two published listening tests: 16 raters and 90 generated jazz clips (clip .42, residual .85, expert by
#: system 0), and 19 raters of coded speech with 9 conditions, brought to 1-5 (.37, .59, .35).
FELT: Mapping[str, tuple[float, float, float, float]] = {
    "low": (0.40, 0.10, 0.20, 0.80),
    "middle": (0.40, 0.25, 0.35, 0.85),
    "high": (0.45, 0.35, 0.48, 0.95),
}
FELT_MEAN = 3.84


def bracket() -> dict[str, Variances]:
    """Variances of ratings on a scale of 1 to 5 with means near 3.8: low, middle and high."""
    return {name: rounded(Variances(*(sd * sd for sd in sds)), FELT_MEAN, 1, 5) for name, sds in FELT.items()}


def rounded(felt: Variances, mean: float, minimum: int, maximum: int) -> Variances:
    """The variances that ratings have when normal values are rounded to whole numbers from minimum to maximum.

    Two ratings that share some components have the covariance of E[rating | what they share], taken by Gauss-Hermite
    quadrature; the residual is the rest of the variance.
    """
    total = sum(felt)
    cuts = np.arange(minimum, maximum) + 0.5
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()

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


def standard_error(design: Design, variances: Variances) -> float:
    """Standard error of the difference of two system means, in rating points."""
    by_expert = variances.expert_system / design.experts
    by_clip = variances.clip / design.clips
    return math.sqrt(2 * (by_expert + by_clip + variances.residual / (design.experts * design.heard)))


def degrees_of_freedom(design: Design, variances: Variances) -> float:
    """Satterthwaite degrees of freedom of that difference: MS(expert:system) + MS(clip) - MS(residual)."""
    squares = expected_squares(design, variances)
    return sum(squares) ** 2 / sum(ms * ms / df for ms, df in zip(squares, square_df(design), strict=True))


def expected_squares(design: Design, variances: Variances) -> tuple[float, float, float]:
    """Expected mean squares of expert by system and of clip, and minus that of the residual."""
    raters = design.experts * design.heard / design.clips
    by_expert = variances.residual + design.heard * variances.expert_system
    return by_expert, variances.residual + raters * variances.clip, -variances.residual


def square_df(design: Design) -> tuple[float, float, float]:
    """Degrees of freedom of the mean squares of `expected_squares`."""
    rest = design.experts * design.heard - design.experts - design.clips + 1
    s = design.systems
    return (design.experts - 1) * (s - 1), s * (design.clips - 1), max(1, s * rest)


def critical_t(design: Design, variances: Variances) -> float:
    return float(stats.t.isf(design.alpha / 2, degrees_of_freedom(design, variances)))


def power(design: Design, variances: Variances, gap: float) -> float:
    """Chance that a true gap is found, that is, told from zero at the design's alpha."""
    df = degrees_of_freedom(design, variances)
    shift = gap / standard_error(design, variances)
    found = float(1 - stats.ncf.cdf(stats.f.isf(design.alpha, 1, df), 1, df, shift * shift))
    return 1.0 if math.isnan(found) else found  # beyond shifts of some hundreds scipy gives up


def half_width(design: Design, variances: Variances) -> float:
    """Half of the width of the difference's interval at 1 - alpha, in rating points."""
    return critical_t(design, variances) * standard_error(design, variances)


def smallest_gap(design: Design, variances: Variances, goal: float = GOAL) -> float:
    """The true gap that is found with power `goal`."""
    far = half_width(design, variances)
    while power(design, variances, far) < goal:
        far *= 2
    return float(optimize.brentq(lambda gap: power(design, variances, gap) - goal, 0.0, far))


def chance_between_equals(design: Design, variances: Variances, gap: float) -> float:
    """Chance that the means of two equal systems differ by `gap` or more, either way."""
    return float(2 * stats.norm.sf(gap / standard_error(design, variances)))


def size_when_found(design: Design, variances: Variances, gap: float) -> float:
    """Mean absolute difference in those studies that tell the gap from zero; larger than the gap where power is low.

    Source: A. Gelman, J. Carlin, "Beyond power calculations", Perspectives on Psychological Science 9 (2014) 641-651;
    here for a normal estimate beyond the critical half-width.
    """
    se, cut = standard_error(design, variances), half_width(design, variances)
    above, below = (cut - gap) / se, (-cut - gap) / se
    found = stats.norm.sf(above) + stats.norm.cdf(below)
    size = gap * (stats.norm.sf(above) - stats.norm.cdf(below)) + se * (stats.norm.pdf(above) + stats.norm.pdf(below))
    return float(size / found)


def most_power(design: Design, variances: Variances, gap: float) -> float:
    """Power with MOST_CLIPS clips a system, all of them heard: what these experts can reach."""
    return power(replace(design, clips=MOST_CLIPS, heard=MOST_CLIPS), variances, gap)


def clips_needed(
    design: Design, variances: Variances, gap: float, *, all_heard: bool, goal: float = GOAL
) -> int | None:
    """Fewest clips a system for power `goal`; each expert hears all of them, or the design's `heard`. None: never."""
    return _fewest(
        (replace(design, clips=n, heard=n if all_heard else min(n, design.heard)) for n in range(2, MOST_CLIPS + 1)),
        variances,
        gap,
        goal,
        "clips",
    )


def experts_needed(design: Design, variances: Variances, gap: float, goal: float = GOAL) -> int | None:
    """Fewest experts for power `goal` with the design's clips. None: never."""
    return _fewest((replace(design, experts=n) for n in range(2, MOST_EXPERTS + 1)), variances, gap, goal, "experts")


def _fewest(designs: Iterable[Design], variances: Variances, gap: float, goal: float, name: str) -> int | None:
    ordered = list(designs)
    low, high = 0, len(ordered)
    while low < high:  # power grows with every expert and clip
        middle = (low + high) // 2
        if power(ordered[middle], variances, gap) >= goal:
            high = middle
        else:
            low = middle + 1
    return int(getattr(ordered[low], name)) if low < len(ordered) else None
