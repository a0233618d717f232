"""What readers call the metrics of the notes; one that a dataset adds is called by its column."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.data.dataset import Text
from formats.messages import LazyText

METRIC_NAMES: Mapping[str, Text] = {
    "upc": LazyText("Pitches per clip (UPC)"),
    "upc_bar": LazyText("Pitches per bar (UPC)"),
    "gc": LazyText("Groove consistency (GC)"),
    "ebr": LazyText("Empty beats (EBR)"),
    "ebr_onset": LazyText("Beats without onset"),
    "rests": LazyText("Number of rests"),
    "notes": LazyText("Number of notes"),
    "strong_beats": LazyText("Onsets on strong beats"),
    "downbeats": LazyText("Onsets on downbeats"),
    "long_on_bar": LazyText("Long notes ending a bar"),
    "repeats": LazyText("Motif repeated"),
    "bar_similarity": LazyText("Similarity of bars"),
    "leaps": LazyText("Leaps over an octave"),
    "ppl": LazyText("Perplexity"),
    "padded_steps": LazyText("Silence added at the end"),
    "cut_steps": LazyText("Steps cut off"),
    "out_of_range": LazyText("Notes out of range"),
    "longest_shared": LazyText("Longest run shared with songs"),
    "shared_5grams": LazyText("Five-note runs shared with songs"),
    "nearest_distance": LazyText("Distance to the nearest song"),
}


def metric_name(metric: str, lang: str) -> str:
    """The name of a metric in a language."""
    return METRIC_NAMES[metric][lang] if metric in METRIC_NAMES else metric
