"""Power of a planned ABX study.

It is that of showing that experts tell two systems apart, or that they do no better than by guessing.

E experts each answer n trials of every pair of S systems, with clips from P prompts. By the mixed probit of `abx`, the
probit b of a pair's proportion right has the variance

    V = v_s / E + v_c / P + 1 / (w E n)

with the variances of how well an expert, and how easily a pair of clips, is distinguished, and w the information of one
answer, phi(x)^2 / (Phi(x) Phi(-x)), a mean over what experts and clips vary by. The effect is 2 b, with which a
proportion of Phi(effect / 2) is right; 0 is guessing. Satterthwaite's degrees of freedom are those of two mean squares:
of experts, whose answers about all pairs say how they differ, and of the pairs of clips, heard by E n / P experts each.
Power is that of `effect_power`.

Sources: N. A. Macmillan & C. D. Creelman, Detection Theory, 2nd ed., 2005, chapter 9; F. E. Satterthwaite, Biometrics
Bulletin 2 (1946) 110-114. `tests/benchmarks/trial_power.py` compares it with simulated studies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from analysis.statistics.effect_power import PairwiseDesign, information


class Spread(NamedTuple):
    """Standard deviations on the scale of the noise.

    Attributes
    ----------
    sensitivity, clip : float
    """

    sensitivity: float
    clip: float


#: Assumptions where there is no pilot. No published test of generated music reports them.
ASSUMED: Mapping[str, Spread] = {"low": Spread(0.1, 0.1), "middle": Spread(0.2, 0.2), "high": Spread(0.4, 0.4)}


@dataclass(frozen=True)
class AbxDesign(PairwiseDesign[Spread]):
    """A planned ABX study; the effect is twice the probit of the proportion right."""

    def precision(self, spread: Spread, effect: float) -> tuple[float, float]:
        """Compute the standard error of the effect of one pair and its degrees of freedom.

        Parameters
        ----------
        spread : Spread
        effect : float
            The true one.

        Returns
        -------
        se, df : float
        """
        pairs, experts = math.comb(self.systems, 2), self.experts
        noise = 1 / information(effect / 2, math.hypot(*spread))
        used = min(self.prompts, experts * self.rounds)
        variance = spread.sensitivity**2 / experts + spread.clip**2 / used + noise / (experts * self.rounds)
        of_experts = spread.sensitivity**2 + noise / (pairs * self.rounds)
        of_clips = spread.clip**2 + noise * used / (experts * self.rounds)
        uncertainty = (of_experts / experts) ** 2 / (experts - 1)
        uncertainty += (of_clips / used) ** 2 / (pairs * (used - 1))
        return 2 * math.sqrt(variance), variance**2 / uncertainty
