"""All systems against real music, as three tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.statistics.objective.clip_sets import ClipSet, by_system
from analysis.statistics.objective.difference import COLUMNS, differences
from analysis.statistics.objective.frechet import MIN_CLIPS, frechet
from analysis.statistics.objective.overlap import FEATURES, overlap

#: As many clips a system as in the paper.
PAPER_CLIPS = 100
STATES = "states"
#: Divergences of a set from the real music.
JSD = ("jsd_1", "jsd_2", "jsd_3", "jsd_4")
#: Figures of a set as a whole, in the order of a table.
FIGURES = (*JSD, "strong_weak", "duplicate_share", "longest_shared_p95", "longest_shared_10_or_more")
FEATURE_COLUMNS = ("system", "variant", "clips", "feature", "overlap_area", "kld", "n_seeds", "sd_seeds", "reason")
SET_COLUMNS = ("system", "variant", "clips", "measure", "value", "n_seeds", "sd_seeds", "reason")


@dataclass(frozen=True)
class Comparison:
    """The comparison of all systems with real music.

    Each system has a row for every metric, feature or measure at the paper's number of clips and at all it has.

    Attributes
    ----------
    means : DataFrame
        As from ``differences``.
    features : DataFrame
        ``FEATURE_COLUMNS``.
    sets : DataFrame
        ``SET_COLUMNS``.
    """

    means: pd.DataFrame
    features: pd.DataFrame
    sets: pd.DataFrame


def compare(
    sets: Sequence[ClipSet],
    real: ClipSet | None,
    *,
    replicates: int = 10_000,
    seed: int = 1,
    on_step: Callable[[], object] = lambda: None,
) -> Comparison:
    """Compare every system with the real music, which gets rows of its own.

    Parameters
    ----------
    sets : sequence of ClipSet
    real : ClipSet or None
    replicates, seed : int
        Of the bootstrap.
    on_step : callable, optional
        Called after each system.

    Returns
    -------
    Comparison
        Values are means over training runs.
    """
    means, features, measures = [], [], []
    if real is not None:
        means += [{**row, "reason": _own(row)} for row in differences([real], None, replicates=replicates, seed=seed)]
        measures += [row for row in _figures([real]) if row[3] not in JSD]
    for group in by_system(sets).values():
        for part in _sizes(group):
            means += differences(part, real, replicates=replicates, seed=seed)
            features += list(_features(part, real))
            measures += [_frechet(part, real), *_figures(part)]
        on_step()
    return Comparison(
        pd.DataFrame(means, columns=list(COLUMNS)),
        pd.DataFrame(features, columns=list(FEATURE_COLUMNS)),
        pd.DataFrame(measures, columns=list(SET_COLUMNS)),
    )


def _own(row: dict[str, object]) -> object:
    """Real music is not compared with itself, which is no reason for anything."""
    return "" if row["reason"] == "no_real" else row["reason"]


def _sizes(group: Sequence[ClipSet]) -> Iterator[list[ClipSet]]:
    """A system's sets, cut to the paper's number of clips where they have more, and whole."""
    if max(one.size for one in group) > PAPER_CLIPS:
        yield [one.first(PAPER_CLIPS) for one in group]
    yield list(group)


def _features(group: Sequence[ClipSet], real: ClipSet | None) -> Iterator[tuple[object, ...]]:
    for feature in FEATURES:
        found = [overlap(one, real, feature) for one in group]
        areas = [one.oa for one in found]
        reason = "" if not np.isnan(areas).all() else found[0].reason
        kld, seeds = _mean([one.kld for one in found]), len(group)
        yield (*_whose(group), feature, _mean(areas), kld, seeds, _spread(areas), reason)


def _frechet(group: Sequence[ClipSet], real: ClipSet | None) -> tuple[object, ...]:
    found = [frechet(one.array(STATES), real.array(STATES)) for one in group] if real is not None else [np.nan]
    reason = _why_no_frechet(group, real) if np.isnan(found).all() else ""
    return (*_whose(group), "frechet", _mean(found), len(group), _spread(found), reason)


def _why_no_frechet(group: Sequence[ClipSet], real: ClipSet | None) -> str:
    if real is None:
        return "no_real"
    return "few_for_frechet" if min(one.size for one in (*group, real)) < MIN_CLIPS else "no_states"


def _figures(group: Sequence[ClipSet]) -> Iterator[tuple[object, ...]]:
    for name in FIGURES:
        found = [one.figures.get(one.size, {}).get(name, np.nan) for one in group]
        reason = "no_values" if np.isnan(found).all() else ""
        yield (*_whose(group), name, _mean(found), len(group), _spread(found), reason)


def _whose(group: Sequence[ClipSet]) -> tuple[str, str, int]:
    return group[0].system, group[0].variant, max(one.size for one in group)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else np.nan


def _spread(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.std(known, ddof=1)) if len(known) > 1 else np.nan
