"""Ratings of one scale as tables of experts and clips, and which variances their design can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.statistics.bootstrap import cross
from analysis.statistics.mixed_model.cells import Cells
from analysis.statistics.mixed_model.random_effects import EFFECTS, Floats


@dataclass(frozen=True)
class Layout:
    """The cells of a scale with the names of their rows and columns; clips stand system by system."""

    scale: str
    systems: tuple[str, ...]
    experts: tuple[str, ...]
    clips: tuple[str, ...]
    covariates: tuple[str, ...]
    cells: Cells

    @property
    def ratings(self) -> Floats:
        """(R, C): the ratings, 0 where there is none."""
        return self.cells.full(self.cells.ratings)

    @property
    def clips_of_system(self) -> Floats:
        counts: Floats = self.cells.nest.sum(axis=0)
        return counts


def lay_out(frame: pd.DataFrame, scale: str, systems: Sequence[str] = (), covariates: Sequence[str] = ()) -> Layout:
    """Ratings of `scale` (expert_id, system, clip_id, scale, rating; one a cell) in the order of `systems`.

    Systems without a rating are left out. `covariates` are columns of numbers, centred here. Raises ValueError for a
    rating given twice, a covariate with gaps, and where there is no rating.
    """
    frame = frame[(frame["scale"] == scale) & frame["rating"].notna()]
    if frame.empty:
        raise ValueError(f"there is no rating on the scale {scale!r}")
    rated = set(frame["system"].unique())
    systems = [system for system in systems if system in rated] or sorted(rated)
    frame = frame[frame["system"].isin(systems)]
    crossed = cross(frame, [scale], systems)
    expert, clip = np.nonzero(~np.isnan(crossed.values[0]))
    if len(expert) < len(frame):
        raise ValueError(f"an expert rates a clip twice on the scale {scale!r}; leave repeats out first")
    nest = np.repeat(np.eye(len(systems)), crossed.clips_of_system, axis=0)
    layers = [nest[clip].T]
    layers += [_covariate(frame, name, scale, systems)[None, expert, clip] for name in covariates]
    fixed = np.concatenate(layers)
    if covariates and np.linalg.matrix_rank(fixed @ fixed.T) < len(fixed):
        raise ValueError(f"{', '.join(covariates)} cannot be told from the systems on the scale {scale!r}")
    ratings = crossed.values[0, expert, clip]
    return Layout(
        scale=scale,
        systems=tuple(systems),
        experts=crossed.experts,
        clips=crossed.clips,
        covariates=tuple(covariates),
        cells=Cells(np.concatenate([fixed, ratings[None]]), expert, clip, nest, len(crossed.experts)),
    )


def _covariate(frame: pd.DataFrame, name: str, scale: str, systems: Sequence[str]) -> Floats:
    if frame[name].isna().any():
        raise ValueError(f"{name} is not known for every rating on the scale {scale!r}")
    values = frame[name].astype(np.float64)
    table: Floats = cross(frame.assign(rating=values - values.mean()), [scale], systems).values[0]
    return table


def separable(cells: Cells) -> tuple[bool, ...]:
    """Which of EFFECTS can be told from each other, from the fixed part and from the residual, in that order.

    Experts: two or more in some system, for experts who share none differ as their systems do, and some expert with
    several ratings. Clips: two or more in a system, and two or more experts on some clip. Experts within systems: some
    expert with several ratings of a system, and with several systems.
    """
    per_expert, per_clip, per_cell = cells.counts
    systems = cells.nest.shape[1]
    several = bool((np.bincount(cells.system_of_cell, minlength=systems) > 1).any())
    clip = bool((cells.nest.sum(axis=0) > 1).any() and (per_clip > 1).any())
    in_several = bool((np.bincount(cells.expert_of_cell) > 1).any())
    interaction = bool(several and (per_cell > 1).any() and in_several)
    found = {"expert": several and bool((per_expert > 1).any()), "clip": clip, "expert:system": interaction}
    return tuple(found[name] for name in EFFECTS)
