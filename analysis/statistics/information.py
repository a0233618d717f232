"""What a planned study reveals about a difference of two systems.

The variance of the difference, and the degrees of freedom of that variance.

R experts each hear n of the K clips of each of S systems, the same pattern of experts and clips in every system. S
orthogonal contrasts of the systems (their mean, and S - 1 differences) then turn the mixed model into S independent
ones of one form: mean + expert + clip + residual over the R n cells of that pattern, where the variance of an expert is
v_es in a difference and S v_e + v_es in the mean. The expected information about the variances is the sum over the S.

In such a model the cells are a sum of orthogonal spaces: the mean; planes, each spanned by one contrast of experts and
one of clips, at an angle; lines of experts or of clips alone; the residual. The pattern enters by these angles. Their
squared cosines sum to K / n - 1, and where experts share equally many clips they are equal, as is taken here. Where all
hear all, this is the analysis of variance; where clips are heard once, they are part of the residual; where cells are
fewer than experts and clips, some planes shrink to lines.

Where the clips of all systems are of shared prompts (`matched`), prompts, and an expert's ratings of one prompt, have
variances of their own. They are in the mean alone, which then says nothing of clips and residual.

Source: S. R. Searle, G. Casella & C. E. McCulloch, Variance Components (1992), chapter 6: the information of REML about
variances i and j is tr(P V_i P V_j) / 2; A. T. James & G. N. Wilkinson, "Factorization of the residual operator and
canonical decomposition of nonorthogonal factors in the analysis of variance", Biometrika 58 (1971) 279-294. The tests
hold it against matrices of sessions that were dealt, and against simulated studies.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analysis.statistics.mixed_model.random_effects import Floats


class Variances(NamedTuple):
    """Variance components of single ratings, in squared rating points.

    Attributes
    ----------
    expert, expert_system, clip, residual : float
    """

    expert: float
    expert_system: float
    clip: float
    residual: float

    def sds(self) -> tuple[float, ...]:
        """Compute the standard deviations, in rating points.

        Returns
        -------
        tuple of float
        """
        return tuple(math.sqrt(part) for part in self)


class Known(NamedTuple):
    """What REML knows of a difference of two systems in a planned study.

    Attributes
    ----------
    variance : float
        Of the difference, in squared rating points.
    slopes : float64 array of shape (4,)
        Its derivatives by the ``Variances``.
    information : float64 array of shape (4, 4)
        Expected information about the ``Variances``.
    """

    variance: float
    slopes: Floats
    information: Floats

    def freedom(self) -> float:
        """Compute Satterthwaite's degrees of freedom of the difference.

        2 variance^2 / Var(variance), with Var(variance) by the delta method.

        Returns
        -------
        float
        """
        return 2 * self.variance**2 / float(self.slopes @ inverse(self.information) @ self.slopes)


def known(experts: int, clips: int, heard: int, systems: int, variances: Variances, *, matched: bool = False) -> Known:
    """Compute what REML knows of a difference of two systems in a planned study.

    Clips are assigned to experts as evenly as possible. The formulas are in the module's docstring.

    Parameters
    ----------
    experts : int
    clips : int
        Clips of each system that somebody hears.
    heard : int
        Clips of each system that each expert hears.
    systems : int
    variances : Variances
    matched : bool, default False
        Whether all systems have clips of the same prompts, and an expert hears the same prompts of each.

    Returns
    -------
    Known
    """
    told = _heard_evenly(experts * heard, clips, variances)
    expert, expert_system, clip, residual = variances
    to_difference, to_mean = np.eye(4)[1:], np.eye(4)[1:]
    to_mean[0, 0] = systems
    if matched:
        to_mean[:, 1:] = 0.0
    in_difference = _one_contrast(experts, told, heard, np.array([expert_system, clip, residual]))
    in_mean = _one_contrast(experts, told, heard, np.array([systems * expert + expert_system, clip, residual]))
    information = (systems - 1) * to_difference.T @ in_difference @ to_difference + to_mean.T @ in_mean @ to_mean
    slopes = np.array([0.0, 2 / experts, 2 / told, 2 / (experts * heard)])
    return Known(float(slopes @ variances), slopes, information)


def _heard_evenly(ratings: int, clips: int, variances: Variances) -> float:
    """How many clips, each heard equally often, would tell as much of a system's mean: at most all that are heard.

    Some are heard once more than others. Each is weighed as by generalised least squares, without regard to who hears
    it: `r` ratings of a clip tell of the mean with the precision r / (residual + r clip).
    """
    clips = min(clips, ratings)
    often, more = divmod(ratings, clips)
    times, counts = np.array([often, often + 1]), np.array([clips - more, more])
    weights = counts * times / (variances.residual + times * variances.clip)
    return float(ratings * weights.sum() / (weights @ times))


def _one_contrast(experts: int, clips: float, heard: int, variances: Floats) -> Floats:
    """The information (3, 3) about the variances of expert, clip and residual in one contrast of the systems."""
    ratings = experts * heard
    sizes = np.array([heard, ratings / clips, 1.0])
    planes, rest = min(experts, clips) - 1, ratings - experts - clips + 1
    joined = min(max(0.0, -rest), planes)  # lines rather than planes: there a contrast of experts is one of clips
    cosine = (clips / heard - 1 - joined) / (planes - joined) if planes > joined else 0.0
    cosine = min(max(cosine, 0.0), 1.0)
    of_clips = np.array([math.sqrt(cosine), math.sqrt(1 - cosine)])
    plane = np.array([np.diag([1.0, 0.0]), np.outer(of_clips, of_clips), np.eye(2)])
    alone = [1.0, 0.0, 1.0] if experts > clips else [0.0, 1.0, 1.0]
    spaces = (
        (planes - joined, plane),
        (joined, _line(1.0, 1.0, 1.0)),
        (abs(experts - clips), _line(*alone)),
        (max(rest, 0.0), _line(0.0, 0.0, 1.0)),
    )
    information = sum(many * _in_space(units, sizes * variances) for many, units in spaces)
    found: Floats = information * np.outer(sizes, sizes)
    return found


def _line(expert: float, clip: float, residual: float) -> Floats:
    return np.array([expert, clip, residual])[:, None, None]


def _in_space(units: Floats, sizes: Floats) -> Floats:
    """tr(V^-1 U_i V^-1 U_j) / 2 (3, 3) in a space of d dimensions, with U (3, d, d) and V their sum times `sizes`."""
    ways = np.linalg.solve(np.tensordot(sizes, units, 1), units)
    found: Floats = np.einsum("iab,jba->ij", ways, ways) / 2
    return found


def inverse(information: Floats) -> Floats:
    """Invert an information matrix, without directions of which nothing is known.

    Those are the differences of variances that the design cannot separate. Eigenvalues below 1e-8 of the largest, at
    unit diagonal, are left out.

    Parameters
    ----------
    information : float64 array of shape (n, n)

    Returns
    -------
    float64 array of shape (n, n)
    """
    scale = 1 / np.sqrt(np.maximum(np.diagonal(information), 1e-300))
    roots, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    kept = roots > 1e-8 * roots.max()
    found: Floats = (vectors[:, kept] / roots[kept]) @ vectors[:, kept].T * np.outer(scale, scale)
    return found
