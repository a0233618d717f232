"""Ratings of one scale, arranged for the models."""

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
    """The cells of one scale with the names of their rows and columns.

    Attributes
    ----------
    scale : str
    systems, experts, clips, covariates : tuples of str
        Names in order; clips are ordered by system.
    cells : Cells
    """

    scale: str
    systems: tuple[str, ...]
    experts: tuple[str, ...]
    clips: tuple[str, ...]
    covariates: tuple[str, ...]
    cells: Cells

    @property
    def ratings(self) -> Floats:
        """The ratings, 0 where there is none, shape (R, C)."""
        return self.cells.full(self.cells.ratings)

    @property
    def clips_of_system(self) -> Floats:
        """Number of clips of each system, shape (S,)."""
        counts: Floats = self.cells.nest.sum(axis=0)
        return counts


def lay_out(frame: pd.DataFrame, scale: str, systems: Sequence[str] = (), covariates: Sequence[str] = ()) -> Layout:
    """Arrange the ratings of one scale for the models.

    Parameters
    ----------
    frame : DataFrame
        Columns ``expert_id``, ``system``, ``clip_id``, ``scale``, ``rating`` and the covariates.
    scale : str
    systems : sequence of str, optional
        Their order, and which; sorted if not given. Systems without a rating are left out.
    covariates : sequence of str, optional
        Numeric columns, centred here.

    Returns
    -------
    Layout

    Raises
    ------
    ValueError
        If there is no rating, an expert rated a clip twice, or a covariate has gaps or is a combination of the systems.
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
    """Decide which variances the design can separate from each other.

    An expert's variance needs two or more experts in some system, as experts who share none differ as their systems do,
    and some expert with several ratings. A clip's needs two or more clips in some system and two or more experts on
    some clip. That of experts within systems needs two or more experts in some system, and some expert with several
    ratings of a system and some with several systems.

    Parameters
    ----------
    cells : Cells

    Returns
    -------
    tuple of bool
        In the order of ``EFFECTS``.
    """
    per_expert, per_clip, per_cell = cells.counts
    systems = cells.nest.shape[1]
    several = bool((np.bincount(cells.system_of_cell, minlength=systems) > 1).any())
    clip = bool((cells.nest.sum(axis=0) > 1).any() and (per_clip > 1).any())
    in_several = bool((np.bincount(cells.expert_of_cell) > 1).any())
    interaction = bool(several and (per_cell > 1).any() and in_several)
    found = {"expert": several and bool((per_expert > 1).any()), "clip": clip, "expert:system": interaction}
    return tuple(found[name] for name in EFFECTS)
