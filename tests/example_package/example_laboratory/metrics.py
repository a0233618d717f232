"""How chromatic melodies are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FIRST_THAT_IS_NO_PITCH = 88


def semitones(tokens: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
    """Share of steps from note to note that are one semitone; NaN with fewer than two notes. Tokens (n, 80)."""
    steps = (np.abs(np.diff(row[row < FIRST_THAT_IS_NO_PITCH].astype(int))) for row in tokens)
    return np.array([np.mean(sizes == 1) if len(sizes) else np.nan for sizes in steps], dtype=np.float64)
