"""Normal random effects of experts, clips and experts within systems, for any table of weights.

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
    """The posterior of the random effects under precisions `weights` (R experts, C clips) and prior `variances`.

    Given the clips, the covariance of one expert's a over the S systems is diag(own) + shared * slope slope'.
    """

    weights: Floats
    nest: Floats  # (C, S): 1 where the clip belongs to the system
    by_system: Floats  # (R, S): weights summed over a system's clips
    own: Floats  # (R, S)
    slope: Floats  # (R, S)
    shared: Floats  # (R,)
    information: Floats  # (C, C): what the ratings say of the clips once a is integrated out
    clip_covariance: Floats  # (C, C): posterior covariance of u
    log_determinant: float  # log |I + (prior covariance) (precision of the ratings)|

    def solve(self, scores: Floats) -> Floats:
        """Posterior means of a[r, s(c)] + u[c] for scores (..., R, C), that is w times working responses."""
        sums = scores @ self.nest
        scores_of_clips = (scores - self.weights * self._spread(self._given_clips(sums))).sum(axis=-2)
        clips = scores_of_clips @ self.clip_covariance
        sums = sums - (self.weights * clips[..., None, :]) @ self.nest
        means: Floats = self._spread(self._given_clips(sums)) + clips[..., None, :]
        return means

    def _given_clips(self, sums: Floats) -> Floats:
        total = (sums * self.slope).sum(axis=-1, keepdims=True)
        means: Floats = self.own * sums + self.shared[:, None] * self.slope * total
        return means

    def _spread(self, by_system: Floats) -> Floats:
        return by_system @ self.nest.T

    @cached_property
    def _onto_clips(self) -> Floats:
        """(R, S, C): how the posterior mean of a[r, s] answers to u[c], with its sign turned."""
        own = (self.weights * self._spread(self.own))[:, None, :] * self.nest.T
        slope_of_clip = self.weights * self._spread(self.slope)
        own += (self.shared[:, None] * self.slope)[:, :, None] * slope_of_clip[:, None, :]
        return own

    def leverages(self) -> Floats:
        """Posterior variance of a[r, s(c)] + u[c]: (R, C)."""
        onto = self._onto_clips
        covariance = onto @ self.clip_covariance
        variance = self.own + self.shared[:, None] * self.slope**2 + (covariance * onto).sum(axis=2)
        crossed = np.einsum("rsc,cs->rc", covariance, self.nest)
        variances: Floats = self._spread(variance) + np.diagonal(self.clip_covariance) - 2 * crossed
        return variances

    def informations(self) -> tuple[Floats, Floats, Floats]:
        """z' V^-1 z for each unit of the three EFFECTS: (R,), (C,), (R S,).

        z marks the ratings of one expert, clip or expert in a system; V is the covariance of working responses.
        """
        seen = self.weights[:, None, :] * self.nest.T - self.by_system[:, :, None] * self._onto_clips
        own = self.own + self.shared[:, None] * self.slope**2
        cells = self.by_system * (1 - self.by_system * own) - self._explained(seen)
        slopes = (self.by_system * self.slope).sum(axis=1)
        experts = slopes - self.shared * slopes**2 - self._explained(seen.sum(axis=1))
        clips = np.diagonal(self.information) - self._explained(self.information)
        return experts, clips, cells.ravel()

    def _explained(self, onto_clips: Floats) -> Floats:
        explained: Floats = ((onto_clips @ self.clip_covariance) * onto_clips).sum(axis=-1)
        return explained


def eliminate(weights: Floats, nest: Floats, variances: Floats) -> RandomEffects:
    """The posterior under precisions `weights` (R, C) and prior `variances` (3,), in the order of EFFECTS."""
    expert, clip, cell = variances
    by_system = weights @ nest
    slope = 1 / (1 + cell * by_system)
    own = cell * slope
    precision = (by_system * slope).sum(axis=1)
    shared = expert / (1 + expert * precision)
    scaled = weights * (slope @ nest.T)
    within = (weights.T @ (weights * (own @ nest.T))) * (nest @ nest.T)
    information = np.diag(weights.sum(axis=0)) - within - scaled.T @ (shared[:, None] * scaled)
    joint = np.eye(len(nest)) + clip * information
    logs = np.log(np.diagonal(np.linalg.cholesky(joint)))
    return RandomEffects(
        weights=weights,
        nest=nest,
        by_system=by_system,
        own=own,
        slope=slope,
        shared=shared,
        information=information,
        clip_covariance=clip * np.linalg.inv(joint),
        log_determinant=float(2 * logs.sum() - np.log(slope).sum() + np.log1p(expert * precision).sum()),
    )
