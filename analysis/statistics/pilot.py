"""What a pilot says about how much ratings scatter, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.data.ratings import Ratings
from analysis.statistics import information, power
from analysis.statistics.information import Variances
from analysis.statistics.mixed_model.random_effects import Floats
from analysis.statistics.power import Design
from analysis.statistics.threads import one_blas_thread
from formats.errors import InputError

DRAWS = 500
#: Four of five sets of variances that the pilot leaves possible give a power within these quantiles.
RANGE = (0.1, 0.9)
#: Clips are told from the residual where that is known with so many degrees of freedom.
MIN_DF = 4.0


@dataclass(frozen=True)
class Pilot:
    """Variances estimated on one scale of a pilot study.

    Attributes
    ----------
    name : str
        Of the file or folder.
    scale : str
    design : Design
        ``clips`` and ``heard`` are means over systems.
    variances : Variances
    is_simulated : bool
    bounds : (float, float)
        Minimum and maximum of the scale.
    """

    name: str
    scale: str
    design: Design
    variances: Variances
    is_simulated: bool = False
    bounds: tuple[float, float] = (-math.inf, math.inf)


def from_ratings(ratings: Ratings, scale: str = "", *, matched: bool = False) -> Pilot:
    """Fit the mixed model to one scale of a pilot.

    Parameters
    ----------
    ratings : Ratings
    scale : str, optional
        Key; otherwise the plan's primary scale, or else the first.
    matched : bool, default False
        Whether the planned study matches clips by prompt, as the pilot must then do.

    Returns
    -------
    Pilot

    Raises
    ------
    InputError
        If the pilot lacks the scale, or is too small to estimate variances.
    """
    from analysis.statistics import mixed_model

    keys = [entry.key for entry in ratings.scales]
    if scale and scale not in keys:
        raise InputError(
            "%(source)s: there is no scale %(scale)r; it has %(keys)s.",
            source=ratings.source,
            scale=scale,
            keys=", ".join(keys),
        )
    primary = ratings.plan.get("primary_scale")
    key = scale or (primary if primary in keys else keys[0])
    with one_blas_thread():
        components = mixed_model.fit(ratings.counted, key).variance_components
    if matched and "prompt" not in set(components["component"]):
        raise InputError(
            "%(source)s: its clips of several systems share no prompts. Give a pilot with prompt_id, or leave out "
            "--sets and --prompts.",
            source=ratings.source,
        )
    return from_fitted(ratings, key, components, matched=matched)


def from_fitted(ratings: Ratings, key: str, components: pd.DataFrame, *, matched: bool = False) -> Pilot:
    """Make a pilot of a model that was fitted before.

    Parameters
    ----------
    ratings : Ratings
    key : str
        Of the scale.
    components : DataFrame
        ``Fit.variance_components`` of that scale.
    matched : bool, default False
        As for ``from_components``.

    Returns
    -------
    Pilot

    Raises
    ------
    InputError
        If the pilot is too small, its ratings do not vary, or its design cannot separate the variances of clips or of
        expert by system.
    """
    design = _design(ratings.counted[ratings.counted["scale"] == key], ratings)
    variances = from_components(components, matched=matched)
    if not variances.residual > 0:
        raise InputError(
            "%(source)s: its ratings do not scatter on %(key)s; give a pilot that tells how they do.",
            source=ratings.source,
            key=key,
        )
    if set(inseparable_components(components)) & {"clip", "expert:system"}:
        raise InputError(
            "%(source)s: its design cannot tell all variances apart on %(key)s; give a pilot in "
            "which several experts rate several clips of each system.",
            source=ratings.source,
            key=key,
        )
    bounds = next((entry.minimum, entry.maximum) for entry in ratings.scales if entry.key == key)
    return Pilot(
        ratings.source.name,
        key,
        replace(design, kind="prompts" if matched else "single"),
        variances,
        ratings.is_simulated,
        bounds,
    )


def _design(frame: pd.DataFrame, ratings: Ratings) -> Design:
    systems, experts = frame["system"].nunique(), frame["expert_id"].nunique()
    clips = len(frame[["system", "clip_id"]].drop_duplicates()) / systems
    heard = len(frame) / (systems * experts)
    try:
        return Design(experts, round(clips), max(1, min(round(heard), round(clips))), systems)
    except InputError as error:
        raise InputError(
            "%(source)s is too small for a pilot: %(error)s.", source=ratings.source, error=error
        ) from error


def inseparable_components(components: pd.DataFrame) -> list[str]:
    """List the variance components that the design cannot separate.

    Parameters
    ----------
    components : DataFrame
        ``Fit.variance_components`` of one scale.

    Returns
    -------
    list of str
    """
    return [str(name) for name in components.loc[components["variance"].isna(), "component"]]


def from_components(components: pd.DataFrame, *, matched: bool = False) -> Variances:
    """Convert a table of variance components.

    Parameters
    ----------
    components : DataFrame
        ``Fit.variance_components`` of one scale.
    matched : bool, default False
        Whether the planned study matches clips by prompt. If not, what prompts vary by is of its clips, and what an
        expert's ratings of one prompt have in common is of its single ratings.

    Returns
    -------
    Variances
        0 for a component that is missing or was not separated.
    """
    found = dict(zip(components["component"], components["variance"].fillna(0.0), strict=True))
    if not matched:
        for name, part in (("clip", "prompt"), ("residual", "expert:prompt")):
            found[name] = found.get(name, 0.0) + found.get(part, 0.0)
    return Variances(*(float(found.get(name, 0.0)) for name in ("expert", "expert:system", "clip", "residual")))


def possible_variances(pilot: Pilot, seed: int = 1, draws: int = DRAWS) -> list[Variances]:
    """Draw sets of variances that are compatible with a pilot.

    A mean square is distributed as its expectation times chi-squared / df, so each expectation is drawn as the observed
    mean square times df / chi-squared (a fiducial distribution). A component below zero becomes zero. The mean squares
    are what REML knows independently: each part of a rating (`_parts`) less its regression on those before it.

    Parameters
    ----------
    pilot : Pilot
    seed : int
        Of PCG64.
    draws : int

    Returns
    -------
    list of Variances
        ``expert`` is the pilot's own in each.
    """
    design, values = pilot.design, np.array(pilot.variances[1:])
    numbers = design.experts, design.used, design.heard, design.systems
    known = information.known(*numbers, pilot.variances, matched=design.matched)
    covariance = information.inverse(known.information)[1:, 1:]
    parts = _parts(design, values, covariance)
    totals, spread = parts @ values, parts @ covariance @ parts.T
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = np.zeros((draws, len(parts)))
    for k, (total, own) in enumerate(zip(totals, np.diagonal(spread), strict=True)):
        by_others = np.linalg.solve(spread[:k, :k], spread[:k, k])
        square = total - by_others @ totals[:k]
        df = 2 * square**2 / (own - by_others @ spread[:k, k])
        drawn[:, k] = square * df / rng.chisquare(df, draws) + drawn[:, :k] @ by_others
    shares = parts * values
    shares = np.where(totals[:, None] > 0, shares / np.where(totals > 0, totals, 1.0)[:, None], parts)
    rows = np.maximum(0.0, drawn) @ shares
    return [Variances(pilot.variances.expert, *map(float, row)) for row in rows]


def _parts(design: Design, values: Floats, covariance: Floats) -> Floats:
    """(parts, 3): which of expert by system, clip and residual are drawn together, the residual first.

    Each by itself, but with the residual what the design cannot tell from it, or only with fewer than MIN_DF: clips
    that hardly anybody shares; experts by system where each expert hears one clip of a system.
    """
    known = design.used < design.experts * design.heard and 2 * values[2] ** 2 / covariance[2, 2] >= MIN_DF
    alone = [place for place, apart in ((1, known), (0, design.heard > 1)) if apart]
    rest = np.ones(3)
    rest[alone] = 0.0
    return np.array([rest, *np.eye(3)[alone]])


def power_range(design: Design, possible: Sequence[Variances], gap: float) -> tuple[float, float]:
    """Compute the range of power for the variances compatible with a pilot.

    Parameters
    ----------
    design : Design
    possible : sequence of Variances
        From ``possible_variances``.
    gap : float
        The true difference, in rating points.

    Returns
    -------
    low, high : float
        Quantiles ``RANGE`` (10% and 90%) of power.
    """
    low, high = np.quantile([power.power(design, variances, gap) for variances in possible], RANGE)
    return float(low), float(high)
