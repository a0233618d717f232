"""What a pilot says about how much ratings scatter, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import power
from analysis.errors import InputError
from analysis.power import Design, Variances
from analysis.ratings import Ratings
from analysis.threads import one_blas_thread

DRAWS = 2000
#: Four of five sets of variances that the pilot leaves possible give a power within these quantiles.
RANGE = (0.1, 0.9)


@dataclass(frozen=True)
class Pilot:
    """Variances estimated on one scale of a pilot of that design (clips and heard are means over systems)."""

    name: str
    scale: str
    design: Design
    variances: Variances
    is_simulated: bool = False


def from_ratings(ratings: Ratings, scale: str = "") -> Pilot:
    """Fit the mixed model to one scale of a pilot: the one named, the plan's primary one, or the first.

    Raises InputError for a scale that the pilot lacks and for a pilot too small to have variances.
    """
    from analysis import mixed_model

    keys = [entry.key for entry in ratings.scales]
    if scale and scale not in keys:
        raise InputError(f"{ratings.source}: there is no scale {scale!r}; it has {', '.join(keys)}.")
    primary = ratings.plan.get("primary_scale")
    key = scale or (primary if primary in keys else keys[0])
    with one_blas_thread():
        components = mixed_model.fit(ratings.counted, key).variance_components
    return from_fitted(ratings, key, components)


def from_fitted(ratings: Ratings, key: str, components: pd.DataFrame) -> Pilot:
    """The same where the model was fitted before: `components` are its `variance_components`."""
    design = _design(ratings.counted[ratings.counted["scale"] == key], ratings)
    variances = from_components(components)
    if not variances.residual > 0:
        raise InputError(f"{ratings.source}: its ratings do not scatter on {key}; give a pilot that tells how they do.")
    if set(not_told(components)) & {"clip", "expert:system"}:
        raise InputError(
            f"{ratings.source}: its design cannot tell all variances apart on {key}; give a pilot in which several "
            "experts rate several clips of each system."
        )
    return Pilot(ratings.source.name, key, design, variances, ratings.is_simulated)


def _design(frame: pd.DataFrame, ratings: Ratings) -> Design:
    systems, experts = frame["system"].nunique(), frame["expert_id"].nunique()
    clips = len(frame[["system", "clip_id"]].drop_duplicates()) / systems
    heard = len(frame) / (systems * experts)
    try:
        return Design(experts, round(clips), max(1, min(round(heard), round(clips))), systems)
    except ValueError as error:
        raise InputError(f"{ratings.source} is too small for a pilot: {error}.") from error


def not_told(components: pd.DataFrame) -> list[str]:
    """The variance components of one scale that its design cannot tell from the rest."""
    return [str(name) for name in components.loc[components["variance"].isna(), "component"]]


def from_components(components: pd.DataFrame) -> Variances:
    """Variances from `mixed_model.Fit.variance_components` of one scale."""
    found = dict(zip(components["component"], components["variance"].fillna(0.0), strict=True))
    return Variances(*(float(found.get(name, 0.0)) for name in ("expert", "expert:system", "clip", "residual")))


def possible_variances(pilot: Pilot, seed: int = 1, draws: int = DRAWS) -> list[Variances]:
    """Sets of variances that the pilot leaves possible.

    A mean square is about its expectation times chi-squared / df, so each expectation is drawn as the observed mean
    square times df / chi-squared (a fiducial distribution); a component below zero becomes zero.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    squares, dfs = power.expected_squares(pilot.design, pilot.variances), power.square_df(pilot.design)
    by_expert, by_clip, rest = (
        abs(square) * df / rng.chisquare(df, draws) for square, df in zip(squares, dfs, strict=True)
    )
    expert_system = np.maximum(0.0, by_expert - rest) / pilot.design.heard
    clip = np.maximum(0.0, by_clip - rest) * pilot.design.clips / (pilot.design.experts * pilot.design.heard)
    rows = zip(expert_system, clip, rest, strict=True)
    return [Variances(pilot.variances.expert, *map(float, row)) for row in rows]


def power_range(design: Design, possible: Sequence[Variances], gap: float) -> tuple[float, float]:
    """Where power lies (RANGE) for the variances that a pilot leaves possible."""
    low, high = np.quantile([power.power(design, variances, gap) for variances in possible], RANGE)
    return float(low), float(high)
