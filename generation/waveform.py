"""Waveforms: peaks only, in as many bars and levels for every sound."""

from __future__ import annotations

from string import ascii_lowercase, digits

import numpy as np
from numpy.typing import NDArray

#: How many bars a waveform has.
BARS = 80
#: The levels of a bar as the digits of base 36: with one character a bar, all waveforms have one length.
LEVELS = digits + ascii_lowercase


def peaks(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find the highest level of each of BARS equal parts of a sound.

    Parameters
    ----------
    samples : float64 array of shape (samples,) or (samples, channels)

    Returns
    -------
    float64 array of shape (BARS,)
        From 0 to 1, relative to the highest level of all; only zeros for silence.
    """
    levels = np.array([np.abs(part).max(initial=0.0) for part in np.array_split(samples, BARS)])
    highest = float(levels.max())
    return levels / highest if highest > 0 else levels


def waveform(samples: NDArray[np.float64]) -> str:
    """Write a sound's peaks as text, a character of LEVELS for each bar.

    Parameters
    ----------
    samples : float64 array of shape (samples,) or (samples, channels)

    Returns
    -------
    str
        BARS characters.
    """
    return "".join(LEVELS[round((len(LEVELS) - 1) * float(peak))] for peak in peaks(samples))
