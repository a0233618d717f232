"""How likely a system is to be preferred to another.

For a new expert and new clips the differences between strengths vary by 2 (variance of expert:system + of clip), which
draws every probability towards one half; a typical expert with typical clips has none of that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.statistics.incidence import Floats
from analysis.statistics.ordinal_model.links import Link
from analysis.statistics.quadrature import normal_nodes

#: Of the Gauss-Hermite rule; more change no digit that is shown.
NODES = 41


@dataclass(frozen=True)
class Chances:
    """Probabilities of preferring the first of two systems, neither, or the second.

    Attributes
    ----------
    link : Link
    low, high : float
        The cuts between which there is no preference; equal where ties were not possible.
    side : float
        The advantage of the clip that stands first.
    spread : float
        Standard deviation of a difference between strengths over experts and clips.
    """

    link: Link
    low: float
    high: float
    side: float
    spread: float

    def first(self, difference: Floats, *, new: bool = True) -> Floats:
        """Compute the probability that the first system is preferred.

        Parameters
        ----------
        difference : float64 array of any shape
            Its strength less the other's.
        new : bool, default True
            For a new expert and new clips; otherwise for typical ones.

        Returns
        -------
        float64 array of that shape
            The average over both orders of the clips.
        """
        orders = [self._above(self.high - sign * self.side, difference, new) for sign in (1, -1)]
        return (orders[0] + orders[1]) / 2

    def tie(self, difference: Floats, *, new: bool = True) -> Floats:
        """Compute the probability of no preference.

        Parameters
        ----------
        difference : float64 array of any shape
        new : bool, default True

        Returns
        -------
        float64 array of that shape
        """
        if self.low == self.high:
            return np.zeros_like(difference)
        return np.maximum(0.0, 1 - self.first(difference, new=new) - self.first(-difference, new=new))

    def of_sides(self) -> tuple[float, float, float]:
        """Compute how equal systems fare by where they stand.

        Returns
        -------
        first, tie, second : float
        """
        equal = np.zeros(1)
        first = float(self._above(self.high - self.side, equal, True)[0])
        second = float(self._above(self.high + self.side, equal, True)[0])
        return first, max(0.0, 1 - first - second), second

    def _above(self, cut: float, difference: Floats, new: bool) -> Floats:
        if not new or not self.spread:
            return np.asarray(self.link.below(difference - cut))
        places, weights = normal_nodes(NODES)
        shifted = np.asarray(difference)[..., None] - cut + self.spread * places
        averaged: Floats = self.link.below(shifted) @ weights
        return averaged
