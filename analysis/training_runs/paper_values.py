"""What Zhang 2025 prints in Tables 1 and 2, as far as it is known here; nothing is filled in by guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Complexity(NamedTuple):
    """A row of Table 1: parameters, epochs to convergence, seconds of training, seconds per epoch ("unit time")."""

    parameters: float
    convergence_epoch: float
    seconds: float
    seconds_per_epoch: float

    @property
    def product(self) -> float:
        """What the seconds of training would have to be."""
        return self.convergence_epoch * self.seconds_per_epoch


TABLE_1: Mapping[str, Complexity] = {
    "midi-gan": Complexity(2.13e6, 300, 6_054, 21.5),
    "sr-cnn-vaegan": Complexity(12.11e6, 350, 64_542, 215.2),
    "music-vae": Complexity(4.62e6, 653, 25_154, 42.3),
}
#: Table 2 by system and metric.
TABLE_2: Mapping[str, Mapping[str, float]] = {
    "midi-gan": {"gc": 0.81},
    "sr-cnn-vaegan": {"gc": 0.84},
    "music-vae": {"gc": 0.83},
    "transformer": {"gc": 0.87},
}
#: The smallest and largest value of a metric over the five systems of Table 2.
RANGES: Mapping[str, tuple[float, float]] = {
    "upc": (8.4, 9.35),
    "gc": (0.65, 0.87),
    "ebr": (0.11, 0.25),
    "ppl": (1.70, 2.26),
}
