"""An estimate of the pickup where a file has no barlines and its time zero need not be a downbeat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generation.intake.reading import Metre
from generation.melody import STEPS_PER_BAR, STEPS_PER_BEAT, Note

#: Pickups are looked for by half beats.
STEP = STEPS_PER_BEAT // 2
#: Weight of the places of a bar of four beats; of other places 0.
STRONG, HALF, BEAT = 1.0, 0.5, 0.2
#: Longer notes count no more, in steps: half a bar.
MAX_LENGTH = 8
#: What speaks for no pickup before any note is looked at; chosen with the half beat on the songs of docs/methods.md.
PRIOR = 0.1


def estimate_pickup(notes: Sequence[Note], metre: Metre) -> int:
    """Estimate the steps before the first downbeat from where notes begin and how long they are.

    Of all shifts of the barlines it is the one for which the sum of three terms is largest: the metrical weight of the
    places where notes begin, its mean over notes and its mean over their time, and 0.1 for no shift.

    Parameters
    ----------
    notes : sequence of Note
        One at a time, from time zero.
    metre : Metre
        A duple one; bars of more than four beats are taken as several.

    Returns
    -------
    int
    """
    bar = min(STEPS_PER_BAR, round(metre.beats * STEPS_PER_BEAT))
    if not notes or bar < STEPS_PER_BEAT:
        return 0
    weights = np.zeros(bar)
    weights[::STEPS_PER_BEAT] = BEAT
    weights[bar // 2] = HALF
    weights[0] = STRONG
    starts = np.array([note.start for note in notes])
    lengths = np.minimum([note.length for note in notes], MAX_LENGTH)
    shifts = np.arange(0, bar, STEP)
    found = weights[(starts[None, :] - shifts[:, None]) % bar]
    scores = found.mean(axis=1) + (found * lengths).sum(axis=1) / lengths.sum() + PRIOR * (shifts == 0)
    return int(shifts[np.argmax(np.round(scores, 9))])
