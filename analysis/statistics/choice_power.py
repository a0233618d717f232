"""Whether a planned study of choices can show that d' is above or near chance.

R experts each hear n of the K clips of each of G generators, and n_r of the K_r real clips. By the mixed probit of
`discrimination`, d' of a generator has the variance

    v_s / R + v_c (1 / K + 1 / K_r) + 1 / (w R n) + 1 / (w_r R n_r)

with the variances of sensitivity and of clips, and w the information of one answer, phi(x)^2 / (Phi(x) Phi(-x)), a mean
over what experts and clips vary by; an expert's criterion cancels. Satterthwaite's degrees of freedom are those of two
mean squares: of experts, whose d' of all generators together has the variance v_s + 1 / (w G n) + 1 / (w_r n_r), and of
clips, heard by R n / K experts each, within generators and within the real music. Power is that of `effect_power`.

Sources: L. T. DeCarlo, Psychological Methods 3 (1998) 186-205; F. E. Satterthwaite, Biometrics Bulletin 2 (1946)
110-114. `tests/benchmarks/power.py` compares it with simulated studies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from scipy import special

from analysis.statistics.effect_power import EffectDesign, information
from formats.errors import InputError


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
    varied = math.hypot(spread.criterion, spread.clip, spread.sensitivity if generated else 0.0)
    return information(d_prime / 2 if generated else -d_prime / 2, varied)


@dataclass(frozen=True)
class ChoiceDesign(EffectDesign[Spread]):
    """A planned study of choices; the effect is d' of one generator.

    Attributes
    ----------
    systems : int
        2 or more: the generators and the real music.
    clips, heard : int
        Clips of each generator, and how many of them each expert hears.
    real, real_heard : int
        The same of the real music.

    Raises
    ------
    InputError
        If a number is outside its range.
    """

    systems: int
    clips: int
    heard: int
    real: int
    real_heard: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.experts < 2 or self.systems < 2 or min(self.clips, self.real) < 2:
            raise InputError("a study needs at least 2 experts, 2 systems and 2 clips a system")
        if not (1 <= self.heard <= self.clips and 1 <= self.real_heard <= self.real):
            raise InputError("each expert can hear between 1 and all %(clips)s clips of a system", clips=self.clips)

    @property
    def trials(self) -> int:
        """Clips that each expert hears, repeats not counted."""
        return (self.systems - 1) * self.heard + self.real_heard

    def with_clips(self, clips: int) -> Self:
        """Return the design with other clips of each system, all heard; of the real music as many.

        Parameters
        ----------
        clips : int

        Returns
        -------
        ChoiceDesign
        """
        return replace(self, clips=clips, heard=clips, real=clips, real_heard=clips)

    def precision(self, spread: Spread, effect: float) -> tuple[float, float]:
        """Compute the standard error of d' of one generator and its degrees of freedom.

        Parameters
        ----------
        spread : Spread
        effect : float
            The true d'.

        Returns
        -------
        se, df : float
        """
        experts, generators = self.experts, self.systems - 1
        noise = 1 / answer_information(effect, spread, generated=True)
        noise_of_real = 1 / answer_information(effect, spread, generated=False)
        used, real = min(self.clips, experts * self.heard), min(self.real, experts * self.real_heard)
        by_clips = 1 / used + 1 / real
        answers = noise / (experts * self.heard) + noise_of_real / (experts * self.real_heard)
        variance = spread.sensitivity**2 / experts + spread.clip**2 * by_clips + answers
        of_experts = spread.sensitivity**2 + noise / (generators * self.heard) + noise_of_real / self.real_heard
        of_clips = spread.clip**2 + noise * used / (experts * self.heard)
        uncertainty = (of_experts / experts) ** 2 / (experts - 1)
        uncertainty += (of_clips * by_clips) ** 2 / (generators * (used - 1) + real - 1)
        return math.sqrt(variance), variance**2 / uncertainty
