"""Measured clips of one source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClipSet:
    """The clips of one system, from one training run where it is a generator.

    ``arrays`` have a first axis of clips, NaN where a clip has no value; ``figures`` are of the set as a whole, by the
    number of its first clips that they are of. ``variant`` names an ablation, ``seed`` the training run. ``songs``
    says which song each clip comes from: clips of a song are alike, so they are resampled together.
    """

    system: str
    arrays: Mapping[str, Floats]
    figures: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    variant: str = ""
    seed: int = 0
    songs: npt.NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        lengths = {len(array) for array in self.arrays.values()}
        if self.songs is not None:
            lengths.add(len(self.songs))
        if len(lengths) > 1:
            raise ValueError(f"{self.name}: the arrays are of {sorted(lengths)} clips")

    @property
    def name(self) -> str:
        """System and variant in one word, as ``midi-gan:plain``."""
        return name_of(self.system, self.variant)

    @property
    def size(self) -> int:
        """How many clips there are."""
        return len(next(iter(self.arrays.values()), ()))

    def first(self, n: int) -> ClipSet:
        """Its first n clips."""
        arrays = {name: array[:n] for name, array in self.arrays.items()}
        songs = None if self.songs is None else self.songs[:n]
        return ClipSet(self.system, arrays, self.figures, self.variant, self.seed, songs)

    def array(self, name: str) -> Floats:
        """An array as rows of numbers (n, values); NaN for infinities, and for all if there is none of this name."""
        if name not in self.arrays or not self.size:
            return np.full((self.size, 1), np.nan)
        rows = np.asarray(self.arrays[name], dtype=np.float64).reshape(self.size, -1)
        return np.where(np.isfinite(rows), rows, np.nan)


def name_of(system: str, variant: str) -> str:
    """System and variant in one word."""
    return f"{system}:{variant}" if variant else system


def by_system(sets: Sequence[ClipSet]) -> dict[tuple[str, str], list[ClipSet]]:
    """The sets of each system and variant, one a training run, in the order given."""
    found: dict[tuple[str, str], list[ClipSet]] = {}
    for one in sets:
        found.setdefault((one.system, one.variant), []).append(one)
    return found
