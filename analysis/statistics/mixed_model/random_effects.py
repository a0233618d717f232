"""Normal random effects of experts, clips and experts within systems.

For any table of weights.

A table has one row an expert and one column a clip; a clip belongs to one system. The random part of cell (r, c) is
a[r, s(c)] + u[c], where a = expert + expert:system and u = clip. Given precisions w (0 where there is no rating), the
posterior of a and u is found by eliminating a, whose precision is block diagonal by expert, and solving what is left
for the clips: cells x clips operations, whatever is missing. Both models of the ratings stand on it: w is 1 in the
linear model, and the curvature of the log-likelihood in the ordinal one.

Algebra: Sherman-Morrison within an expert, Schur complement for the clips (as the blocked Cholesky factor of Bates,
Maechler, Bolker & Walker, "Fitting linear mixed-effects models using lme4", J. Stat. Software 67(1), 2015, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: The random effects, in the order of every array of variances.
EFFECTS = ("expert", "clip", "expert:system")


@dataclass(frozen=True)
class RandomEffects:
    """The posterior of the random effects, for a table of weights.

    Given the clips, the covariance of one expert's a over the S systems is cell diag(slope) + shared slope slope'.

    Attributes
    ----------
    weights : float64 array of shape (R, C)
        Precisions; 0 where there is no rating.
    nest : float64 array of shape (C, S)
        1 where the clip belongs to the system.
    by_system : float64 array of shape (R, S)
        Weights summed over a system's clips.
    cell : float
        Prior variance of experts within systems.
    slope : float64 array of shape (R, S)
        1 / (1 + cell * by_system).
    shared : float64 array of shape (R,)
        What an expert's systems share.
    scaled : float64 array of shape (R, C)
        Weights times the slope of the clip's system.
    information : float64 array of shape (C, C)
        About the clips, with a integrated out.
    clip_covariance : float64 array of shape (C, C)
        Posterior covariance of u.
    log_determinant : float
        log |I + (prior covariance) (precision of the ratings)|.
    """

    weights: Floats
    nest: Floats  # (C, S): 1 where the clip belongs to the system
    by_system: Floats  # (R, S): weights summed over a system's clips
    cell: float  # the prior variance of experts within systems
    slope: Floats  # (R, S)
    shared: Floats  # (R,)
    scaled: Floats  # (R, C): weights times the slope of the clip's system
    information: Floats  # (C, C): what the ratings say of the clips once a is integrated out
    clip_covariance: Floats  # (C, C): posterior covariance of u
    log_determinant: float  # log |I + (prior covariance) (precision of the ratings)|

    def solve(self, scores: Floats) -> Floats:
        """Compute the posterior means of the random part a[r, s(c)] + u[c].

        Parameters
        ----------
        scores : float64 array of shape (..., R, C)
            Weights times working responses.

        Returns
        -------
        float64 array of shape (..., R, C)
        """
        sums = scores @ self.nest
        taken = (np.swapaxes(self.scaled, 0, 1) @ self._per_slope(sums)) * self.nest
        clips = (scores.sum(axis=-2) - taken.sum(axis=-1)) @ self.clip_covariance
        sums = sums - self.weights @ (clips[..., :, None] * self.nest)
        means: Floats = self._spread(self.slope * self._per_slope(sums)) + clips[..., None, :]
        return means

    def _per_slope(self, sums: Floats) -> Floats:
        """Posterior means of a given the clips, for scores summed by system (..., R, S), over the slope."""
        total = (sums * self.slope).sum(axis=-1, keepdims=True)
        means: Floats = self.cell * sums + self.shared[:, None] * total
        return means

    def _spread(self, by_system: Floats) -> Floats:
        return by_system @ self.nest.T

    @cached_property
    def _by_clips(self) -> tuple[Floats, Floats]:
        """`scaled` times the clips' covariance, and times that of clips of one system only: (R, C) both.

        With k a row of `scaled`, the mean of a[r, s] answers to u by -k * (cell [c in s] + shared slope[r, s]), and
        the scores of a[r, s] see u by k * ([c in s] - f[r, s]), f = by_system shared slope. Everything asked of the
        clips' covariance is thus made of these two products.
        """
        same = self.clip_covariance * (self.nest @ self.nest.T)
        return self.scaled @ self.clip_covariance, self.scaled @ same

    @cached_property
    def _squares(self) -> tuple[Floats, Floats]:
        """(R, S): k' C k with k kept to the clips of a system on one side, and on both."""
        whole, same = self._by_clips
        return (self.scaled * whole) @ self.nest, (self.scaled * same) @ self.nest

    def leverages(self) -> Floats:
        """Compute the posterior variances of the random part a[r, s(c)] + u[c].

        Returns
        -------
        float64 array of shape (R, C)
        """
        whole, same = self._by_clips
        one_side, both = self._squares
        reach = self.shared[:, None] * self.slope
        squares = self.cell * (self.cell * both + 2 * reach * one_side) + reach**2 * one_side.sum(axis=1)[:, None]
        variance = self.cell * self.slope + reach * self.slope + squares
        crossed = self.cell * same + self._spread(reach) * whole
        variances: Floats = self._spread(variance) + np.diagonal(self.clip_covariance) - 2 * crossed
        return variances

    def informations(self) -> tuple[Floats, Floats, Floats]:
        """Compute z' V^-1 z for each unit of the three effects.

        z marks the ratings of one expert, clip or expert in a system; V is the covariance of working responses.

        Returns
        -------
        experts, clips, cells : float64 arrays of shape (R,), (C,) and (R * S,)
        """
        one_side, both = self._squares
        total = one_side.sum(axis=1)
        reach = self.by_system * self.shared[:, None] * self.slope
        own = self.cell * self.slope + self.shared[:, None] * self.slope**2
        cells = self.by_system * (1 - self.by_system * own)
        cells -= both - 2 * reach * one_side + reach**2 * total[:, None]
        slopes = (self.by_system * self.slope).sum(axis=1)
        experts = slopes - self.shared * slopes**2 - (1 - reach.sum(axis=1)) ** 2 * total
        explained = ((self.information @ self.clip_covariance) * self.information).sum(axis=1)
        return experts, np.diagonal(self.information) - explained, cells.ravel()


def eliminate(weights: Floats, nest: Floats, variances: Floats) -> RandomEffects:
    """Compute the posterior of the random effects.

    Parameters
    ----------
    weights : float64 array of shape (R, C)
        Precisions; 0 where there is no rating.
    nest : float64 array of shape (C, S)
        1 where the clip belongs to the system.
    variances : float64 array of shape (3,)
        Prior variances in the order of ``EFFECTS``.

    Returns
    -------
    RandomEffects

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite.
    """
    expert, clip, cell = variances
    by_system = weights @ nest
    slope = 1 / (1 + cell * by_system)
    precision = (by_system * slope).sum(axis=1)
    shared = expert / (1 + expert * precision)
    scaled = weights * (slope @ nest.T)
    within = cell * (weights.T @ scaled) * (nest @ nest.T)
    information = np.diag(weights.sum(axis=0)) - within - scaled.T @ (shared[:, None] * scaled)
    joint = np.eye(len(nest)) + clip * information
    logs = np.log(np.diagonal(np.linalg.cholesky(joint)))
    return RandomEffects(
        weights=weights,
        nest=nest,
        by_system=by_system,
        cell=float(cell),
        slope=slope,
        shared=shared,
        scaled=scaled,
        information=information,
        clip_covariance=clip * np.linalg.inv(joint),
        log_determinant=float(2 * logs.sum() - np.log(slope).sum() + np.log1p(expert * precision).sum()),
    )
