"""Overlap of distances between clips and real music with those within real music.

Source: L.-C. Yang, A. Lerch, "On the evaluation of generative models in music", Neural Computing and Applications 32
(2020) 4773-4784. Of each feature, the distances of every real clip to every other (within the real set, leave one
out) stand against the distances of every real clip to every generated one; a Gaussian kernel makes densities of both.
Their toolbox mgeval takes the two densities of its divergence on two different grids; here both measures are taken on
one grid that holds both densities whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.distance import cdist, pdist

from analysis.statistics.guards import MIN_CLIPS
from analysis.statistics.objective.clip_sets import ClipSet, Floats

#: The nine features, in the order of a table.
FEATURES = (
    *("pitch_count", "pitch_class_histogram", "pitch_class_transitions", "pitch_range", "pitch_shift"),
    *("note_count", "inter_onset_interval", "note_length_histogram", "note_length_transitions"),
)
#: Of a larger set so many clips are taken, spread over it: a million distances tell no more than four.
MAX_CLIPS = 2_000
POINTS = 2_048
#: How far a kernel reaches, in standard deviations.
REACH = 5
#: Probability added to every point of the grid before a divergence is taken: without it a gap would make it infinite.
EPS = 1e-9


class Overlap(NamedTuple):
    """How two distributions of distances overlap.

    Attributes
    ----------
    oa : float
        Area under both densities, from 0 to 1.
    kld : float
        Kullback-Leibler divergence in nats.
    reason : str
        Why they are NaN, or "".
    """

    oa: float
    kld: float
    reason: str


def overlap(clips: ClipSet, real: ClipSet | None, feature: str) -> Overlap:
    """Compute overlapped area and divergence of one feature (Yang & Lerch 2020).

    The distributions are of the distances within the real set and of those from real clips to generated ones; the
    divergence is KL(within || between).

    Parameters
    ----------
    clips : ClipSet
    real : ClipSet or None
    feature : str
        One of ``FEATURES``.

    Returns
    -------
    Overlap
        NaN with a reason: no_clips, no_real, no_values, few_clips (fewer than three with a value), no_spread (all the
        distances of one kind are equal, so they have no density); for the real set real_no_values, real_few_clips.
    """
    if not clips.size or real is None or not real.size:
        return Overlap(np.nan, np.nan, "no_real" if clips.size else "no_clips")
    ours, theirs = (_known(one.array(feature)) for one in (clips, real))
    for rows, whose in ((ours, ""), (theirs, "real_")):
        if len(rows) < MIN_CLIPS:
            return Overlap(np.nan, np.nan, whose + ("few_clips" if len(rows) else "no_values"))
    within, between = pdist(theirs), cdist(theirs, ours).ravel()
    if min(np.ptp(within), np.ptp(between)) == 0:
        return Overlap(np.nan, np.nan, "no_spread")
    p, q = densities(within, between)
    return Overlap(float(np.minimum(p, q).sum()), _divergence(p, q), "")


def densities(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Estimate the densities of two samples on a common grid.

    Both have the wider of the two Gaussian kernels that Scott's rule gives, n^(-1/5) standard deviations each (as
    scipy.stats.gaussian_kde), and at least the grid's step: with kernels of their own, the number of clips alone would
    separate the densities of whole-number features. Values are shared between the two nearest points of the grid, then
    smoothed.

    Parameters
    ----------
    a, b : float64 arrays of shape (n,) and (m,)

    Returns
    -------
    p, q : float64 arrays of shape (POINTS,)
        Probabilities of the grid's points.
    """
    width = max(values.std(ddof=1) * len(values) ** -0.2 for values in (a, b))
    low, high = (edge([edge(a), edge(b)]) for edge in (np.min, np.max))
    grid = np.linspace(low - REACH * width, high + REACH * width, POINTS)
    p, q = (_smoothed(values, grid, max(width / (grid[1] - grid[0]), 1.0)) for values in (a, b))
    return p, q


def _smoothed(values: Floats, grid: Floats, width: float) -> Floats:
    place = (values - grid[0]) / (grid[1] - grid[0])
    left = np.minimum(place.astype(np.intp), POINTS - 2)
    share = place - left
    counts = np.bincount(left, 1 - share, POINTS) + np.bincount(left + 1, share, POINTS)
    smooth = gaussian_filter1d(counts, width, mode="constant", truncate=REACH)
    return np.asarray(smooth / smooth.sum(), dtype=np.float64)


def _divergence(p: Floats, q: Floats) -> float:
    p, q = ((values + EPS) / (values + EPS).sum() for values in (p, q))
    return float(p @ np.log(p / q))


def _known(rows: Floats) -> Floats:
    """The clips that have the feature; of many, some spread over them."""
    rows = rows[~np.isnan(rows).any(axis=1)]
    return rows[np.linspace(0, len(rows) - 1, MAX_CLIPS).round().astype(np.intp)] if len(rows) > MAX_CLIPS else rows
