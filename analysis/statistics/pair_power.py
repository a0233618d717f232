"""Power of a planned study of pairs.

It is that of telling which of two systems is preferred, or of showing that they are nearly equal.

E experts each compare every pair of S systems in m rounds, with clips from P prompts. By the comparison model, whose
noise has the standard deviation 1 (probit), a difference in strength has the variance

    V = 2 (v_es / E + v_c / P + 1 / (m E S w))

with the variances of an expert's own strength for a system and of a clip, and w the information of one preference about
what it compares: the Fisher information of the cumulative probit, a mean over what experts and clips vary by.
Satterthwaite's degrees of freedom are those of two mean squares: (E - 1)(S - 1) of experts by systems, and
(P - 1)(S - 1) of clips. Power is that of `effect_power`.

Sources: L. L. Thurstone, Psychological Review 34 (1927) 273-286; P. McCullagh, Journal of the Royal Statistical Society
B 42 (1980) 109-142; F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114. `tests/benchmarks/trial_power.py`
compares it with simulated studies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from scipy import special

from analysis.statistics.effect_power import PairwiseDesign, information

#: Where answers change, by form of the question: a quarter of ties between equal clips, seven grades of like width.
CUTS: Mapping[str, tuple[float, ...]] = {
    "binary": (0.0,),
    "ties": (-0.32, 0.32),
    "graded": (-1.5, -0.9, -0.3, 0.3, 0.9, 1.5),
}


class Spread(NamedTuple):
    """Standard deviations on the scale of the noise.

    Attributes
    ----------
    expert_system, clip : float
    """

    expert_system: float
    clip: float


#: Assumptions where there is no pilot. No published test of generated music reports them.
ASSUMED: Mapping[str, Spread] = {"low": Spread(0.1, 0.1), "middle": Spread(0.25, 0.25), "high": Spread(0.4, 0.4)}


def share_preferred(difference: float) -> float:
    """Compute how often the better of two systems is preferred.

    Phi(difference), for a typical expert and typical clips, ties left out.

    Parameters
    ----------
    difference : float

    Returns
    -------
    float
        From 0.5 at 0.
    """
    return float(special.ndtr(difference))


def preference_information(difference: float, spread: Spread, form: str) -> float:
    """Compute the information of one preference about a difference.

    Parameters
    ----------
    difference : float
    spread : Spread
    form : str
        A key of ``CUTS``.

    Returns
    -------
    float
        At most 1; 2 / pi for a binary preference between equal clips.
    """
    return information(difference, math.sqrt(2) * math.hypot(*spread), CUTS[form])


@dataclass(frozen=True)
class PairDesign(PairwiseDesign[Spread]):
    """A planned study of pairs; the effect is a difference in strength.

    Attributes
    ----------
    form : {"binary", "ties", "graded"}
    """

    form: str

    def precision(self, spread: Spread, effect: float) -> tuple[float, float]:
        """Compute the standard error of a difference in strength and its degrees of freedom.

        Parameters
        ----------
        spread : Spread
        effect : float
            The true difference.

        Returns
        -------
        se, df : float
        """
        used = min(self.prompts, self.experts * self.rounds * (self.systems - 1))
        of_experts, of_clips = spread.expert_system**2 / self.experts, spread.clip**2 / used
        known = preference_information(effect, spread, self.form)
        noise = 1 / (self.experts * self.rounds * self.systems * known)
        half = of_experts + of_clips + noise
        uncertainty = (of_experts + noise) ** 2 / (self.experts - 1) + (of_clips + noise) ** 2 / (used - 1)
        return math.sqrt(2 * half), half**2 * (self.systems - 1) / uncertainty
