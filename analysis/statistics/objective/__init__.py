"""Clips against real music: means, overlap of distributions, Fréchet distance.

Everything takes arrays that were measured elsewhere. A figure that cannot be had is NaN, with a reason beside it.
"""

from __future__ import annotations

from analysis.statistics.objective.clip_sets import ClipSet, Floats, by_system, name_of
from analysis.statistics.objective.difference import METRICS, differences
from analysis.statistics.objective.frechet import frechet, shrunk_covariance
from analysis.statistics.objective.overlap import FEATURES, Overlap, overlap
from analysis.statistics.objective.report import FIGURES, PAPER_CLIPS, STATES, Comparison, compare

__all__ = [
    "FEATURES",
    "FIGURES",
    "METRICS",
    "PAPER_CLIPS",
    "STATES",
    "ClipSet",
    "Comparison",
    "Floats",
    "Overlap",
    "by_system",
    "compare",
    "differences",
    "frechet",
    "name_of",
    "overlap",
    "shrunk_covariance",
]
