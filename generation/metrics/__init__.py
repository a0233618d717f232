"""Objective metrics of clips, of sets of clips, and of a set against songs.

Every function takes tokens int8 (n, 80) and says when it has no value; then it gives NaN, never 0.
"""

from __future__ import annotations

from generation.metrics.clip_files import ClipAssessment, GridClip, assess_clip, own_clip
from generation.metrics.clips import Values, ebr, ebr_onset, gc, known_mean, notes, rests, upc, upc_bar, with_rests
from generation.metrics.form import (
    bar_similarity,
    downbeats,
    leaps,
    long_on_bar,
    out_of_range,
    repeats,
    strong_beats,
    strong_weak,
)
from generation.metrics.likelihood import (
    Reference,
    clip_nll,
    clip_perplexity,
    log_perplexity_ratio,
    perplexity,
    reverse_perplexity,
)
from generation.metrics.memorisation import Memorisation, held_out, memorisation
from generation.metrics.ngrams import ORDERS, ngram_jsd
from generation.metrics.sets import SetMeasures, measure_set, save_arrays
from generation.metrics.table import (
    COLUMNS,
    METRICS,
    Measured,
    measure,
    measure_folder,
    other_metrics,
    table,
)
from generation.metrics.yang_lerch import features

__all__ = [
    "COLUMNS",
    "METRICS",
    "ORDERS",
    "ClipAssessment",
    "GridClip",
    "Measured",
    "Memorisation",
    "Reference",
    "SetMeasures",
    "Values",
    "assess_clip",
    "bar_similarity",
    "clip_nll",
    "clip_perplexity",
    "downbeats",
    "ebr",
    "ebr_onset",
    "features",
    "gc",
    "held_out",
    "known_mean",
    "leaps",
    "log_perplexity_ratio",
    "long_on_bar",
    "measure",
    "measure_folder",
    "measure_set",
    "memorisation",
    "ngram_jsd",
    "notes",
    "other_metrics",
    "out_of_range",
    "own_clip",
    "perplexity",
    "repeats",
    "rests",
    "reverse_perplexity",
    "save_arrays",
    "strong_beats",
    "strong_weak",
    "table",
    "upc",
    "upc_bar",
    "with_rests",
]
