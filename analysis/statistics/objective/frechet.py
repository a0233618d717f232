"""Fréchet distance between two sets of clips, in a model's hidden states.

Source: M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium" (NeurIPS
2017); on music after A. Gui et al., "Adapting Fréchet audio distance for generative music evaluation" (ICASSP 2024).
A hundred clips are too few for the covariance of 128 numbers: it is taken in the directions in which the real clips
vary most, and shrunk. What is left of the error makes small sets look further away, so a distance means something only
beside that of real music from real music, at the same number of clips.
"""

from __future__ import annotations

import numpy as np

from analysis.statistics.objective.clip_sets import Floats

MIN_CLIPS = 50
#: In so many directions the distance is taken; on essen-china they hold 99 % of the real clips' variance.
DIRECTIONS = 32


def frechet(clips: Floats, real: Floats) -> float:
    """Compute the squared Fréchet distance between two sets of states.

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), with means m and shrunk covariances S in the ``DIRECTIONS`` (32) in
    which the real clips vary most (Heusel et al., NeurIPS 2017; Gui et al., ICASSP 2024).

    Parameters
    ----------
    clips, real : float64 arrays of shape (n, d) and (m, d)
        Rows with NaN are left out.

    Returns
    -------
    float
        In the squared unit of the states; 0 for equal sets. NaN for fewer than 50 rows in either set.
    """
    clips, real = (rows[~np.isnan(rows).any(axis=1)] for rows in (clips, real))
    if min(len(clips), len(real)) < MIN_CLIPS:
        return np.nan
    middle = real.mean(axis=0)
    directions = np.linalg.eigh(np.cov(real.T))[1][:, -DIRECTIONS:]
    ours, theirs = ((rows - middle) @ directions for rows in (clips, real))
    gap = ours.mean(axis=0) - theirs.mean(axis=0)
    ours, theirs = shrunk_covariance(ours), shrunk_covariance(theirs)
    # tr (S1 S2)^(1/2) by the eigenvalues of the symmetric R S2 R, where R R = S1.
    values, vectors = np.linalg.eigh(ours)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    mixed = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ theirs @ root), 0)).sum()
    return max(0.0, float(gap @ gap + np.trace(ours) + np.trace(theirs) - 2 * mixed))


def shrunk_covariance(rows: Floats) -> Floats:
    """Estimate a covariance matrix, shrunk towards equal variances.

    O. Ledoit & M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
    Multivariate Analysis 88 (2004) 365-411.

    Parameters
    ----------
    rows : float64 array of shape (n, d)

    Returns
    -------
    float64 array of shape (d, d)
    """
    n, d = rows.shape
    centred = rows - rows.mean(axis=0)
    sample = centred.T @ centred / n
    equal = np.eye(d) * np.trace(sample) / d
    spread = ((sample - equal) ** 2).sum()
    error = ((((centred**2).sum(axis=1)) ** 2).sum() / n - (sample**2).sum()) / n
    share = min(1.0, error / spread) if spread > 0 else 0.0
    return np.asarray(share * equal + (1 - share) * sample, dtype=np.float64)
