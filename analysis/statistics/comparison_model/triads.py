"""How consistent each expert is: circular triads.

A triad of systems is circular where an expert prefers a to b, b to c and c to a. M. G. Kendall & B. Babington Smith,
Biometrika 31 (1940) 324-345. With five systems or fewer even a perfect order proves little.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.statistics.comparison_model.votes import Votes
from analysis.statistics.incidence import Floats

COLUMNS = ("question", "expert_id", "votes", "first", "ties", "triads", "circular", "consistency", "p_random")


def by_expert(votes: Votes) -> pd.DataFrame:
    """Count each expert's circular triads, ties, and preferences of the first clip.

    Parameters
    ----------
    votes : Votes

    Returns
    -------
    DataFrame
        ``COLUMNS``. A pair is decided by the majority of the expert's votes; ``triads`` have all three pairs decided.
        ``consistency`` is Kendall's zeta, 1 without circular triads, where all pairs are decided. ``p_random``: how
        likely answers at random would be as free of circular triads as perfect ones; NaN unless there are none.
        ``first``: share of the first clip among preferences.
    """
    rows = []
    size = len(votes.systems)
    for number, name in enumerate(votes.experts):
        own = votes.expert == number
        answer, (a, b) = votes.answer[own], votes.system[own].T
        balance = np.zeros((size, size))
        np.add.at(balance, (a, b), np.sign(answer))
        balance = np.sign(balance - balance.T)
        triads, circular = _count(balance)
        preferred = answer[answer != 0]
        share = float((preferred > 0).mean()) if len(preferred) else math.nan
        complete = size > 2 and triads == math.comb(size, 3)
        zeta = 1 - circular / _most(size) if complete else math.nan
        chance = math.factorial(size) / 2.0 ** math.comb(size, 2) if complete and not circular else math.nan
        ties = int((answer == 0).sum())
        rows.append((votes.question, name, len(answer), share, ties, triads, circular, zeta, chance))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _count(balance: Floats) -> tuple[int, int]:
    """Of the triads with three decided pairs, how many there are and how many are circular."""
    if len(balance) < 3:
        return 0, 0
    a, b, c = np.array(list(combinations(range(len(balance)), 3))).T
    sides = np.array([balance[a, b], balance[b, c], balance[c, a]])
    decided = (sides != 0).all(axis=0)
    circular = decided & (np.abs(sides.sum(axis=0)) == 3)
    return int(decided.sum()), int(circular.sum())


def _most(size: int) -> int:
    """The largest possible number of circular triads."""
    return (size**3 - size) // 24 if size % 2 else (size**3 - 4 * size) // 24
