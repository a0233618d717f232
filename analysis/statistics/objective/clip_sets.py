"""Measured clips of one source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClipSet:
    """The measured clips of one system, of one training run if it is a generator.

    Attributes
    ----------
    system : str
    arrays : mapping of str to float64 array
        Metrics with a first axis of clips; NaN where a clip has no value.
    figures : mapping of int to mapping of str to float
        Values of the set as a whole, by the number of its first clips that they are of.
    variant : str
        Name of an ablation, or "".
    seed : int
        Of the training run.
    songs : str array of shape (clips,), optional
        The song of each clip. Clips of a song are similar, so they are resampled together.

    Raises
    ------
    ValueError
        If the arrays differ in their number of clips.
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
        """Number of clips."""
        return len(next(iter(self.arrays.values()), ()))

    def first(self, n: int) -> ClipSet:
        """Select the first clips.

        Parameters
        ----------
        n : int

        Returns
        -------
        ClipSet
        """
        arrays = {name: array[:n] for name, array in self.arrays.items()}
        songs = None if self.songs is None else self.songs[:n]
        return ClipSet(self.system, arrays, self.figures, self.variant, self.seed, songs)

    def array(self, name: str) -> Floats:
        """Get an array as rows of finite numbers.

        Parameters
        ----------
        name : str

        Returns
        -------
        float64 array of shape (clips, values)
            NaN for infinities; a column of NaN if there is no array of this name.
        """
        if name not in self.arrays or not self.size:
            return np.full((self.size, 1), np.nan)
        rows = np.asarray(self.arrays[name], dtype=np.float64).reshape(self.size, -1)
        return np.where(np.isfinite(rows), rows, np.nan)


def name_of(system: str, variant: str) -> str:
    """Join system and variant in one word.

    Parameters
    ----------
    system, variant : str

    Returns
    -------
    str
        ``system:variant``, or the system alone without a variant.
    """
    return f"{system}:{variant}" if variant else system


def by_system(sets: Sequence[ClipSet]) -> dict[tuple[str, str], list[ClipSet]]:
    """Group sets by system and variant.

    Parameters
    ----------
    sets : sequence of ClipSet

    Returns
    -------
    dict of (str, str) to list of ClipSet
        One set per training run, in the order given.
    """
    found: dict[tuple[str, str], list[ClipSet]] = {}
    for one in sets:
        found.setdefault((one.system, one.variant), []).append(one)
    return found
