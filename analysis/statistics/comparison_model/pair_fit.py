"""Whether one scale of strengths describes all pairs.

Beside the strengths every pair may have a difference of its own; these are (S - 1)(S - 2) / 2 more coefficients where
all pairs were compared. They are tested together by Wald's chi-squared in the same crossed model. A large one is to be
described ("s2 is preferred to s4 more often than its strength says"), not a reason to leave out a pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.sparse.csgraph import breadth_first_tree

from analysis.statistics.comparison_model.laplace import Answers, maximise
from analysis.statistics.comparison_model.votes import Votes
from analysis.statistics.incidence import Floats, Integers
from analysis.statistics.ordinal_model.links import Link

COLUMNS = ("question", "system_a", "system_b", "direct", "by_strengths", "residual", "z")


@dataclass(frozen=True)
class PairFit:
    """The test of one scale, and how far each pair is from it.

    Attributes
    ----------
    chi2, p : float
        NaN where there is nothing to test.
    df : int
        Number of free differences of pairs.
    pairs : DataFrame
        ``COLUMNS``: the difference that only the pair's own comparisons give, that of the strengths fitted to all of
        them, their difference and this over its standard error.
    why : str
        Why there is no test: "no_cycles", "one_sided" (all answers of a pair are the same), "not_estimable" or "".
    """

    chi2: float
    df: int
    p: float
    pairs: pd.DataFrame
    why: str


def fit(votes: Votes, link: Link, start: Floats) -> PairFit:
    """Fit a difference of its own to each pair that was compared.

    Parameters
    ----------
    votes : Votes
    link : Link
    start : float64 array
        ``Maximum.place`` of the model of strengths alone.

    Returns
    -------
    PairFit
    """
    played = votes.wins + votes.wins.T + votes.ties
    pairs = np.argwhere(np.triu(played) > 0)
    free = len(pairs) - len(votes.systems) + 1
    if free < 1:
        return _none("no_cycles", max(free, 0))
    if any(not (votes.holds[a, b] and votes.holds[b, a]) for a, b in pairs):
        return _none("one_sided", free)
    tree = breadth_first_tree(played, 0, directed=False).toarray()
    in_tree = tree + tree.T
    further = np.array([pair for pair in pairs if not in_tree[tuple(pair)]])
    answers = Answers(
        votes.levels, votes.count, votes.design(_entries(votes, further)), np.zeros((len(votes.answer), 0)), link
    )
    try:
        found = maximise(answers, start)
    except np.linalg.LinAlgError:
        return _none("not_estimable", free)
    return _compared(votes, pairs, further, found.coefficients, found.covariance)


def _none(why: str, df: int) -> PairFit:
    return PairFit(np.nan, df, np.nan, pd.DataFrame(columns=list(COLUMNS)), why)


def _entries(votes: Votes, further: Integers) -> tuple[str, Integers, Floats, int]:
    """A coefficient for each of the pairs: 1 where its first system stands first, -1 where it stands second."""
    number = np.zeros((len(votes.systems), len(votes.systems)), dtype=np.intp)
    sign = np.zeros(number.shape)
    for place, (a, b) in enumerate(further):
        number[a, b] = number[b, a] = place
        sign[a, b], sign[b, a] = 1.0, -1.0
    a, b = votes.system.T
    return "", number[a, b][:, None], sign[a, b][:, None], len(further)


def _compared(votes: Votes, pairs: Integers, further: Integers, coefficients: Floats, covariance: Floats) -> PairFit:
    """The pairs' own differences, and the strengths that fit them best by generalised least squares."""
    strengths = len(votes.systems) - 1
    own = np.zeros((len(pairs), len(coefficients)))
    by_pair = {tuple(pair): strengths + place for place, pair in enumerate(further.tolist())}
    for row, (a, b) in enumerate(pairs.tolist()):
        if a:
            own[row, a - 1] = 1.0
        own[row, b - 1] = -1.0
        if (a, b) in by_pair:
            own[row, by_pair[a, b]] = 1.0
    direct, spread = own @ coefficients, own @ covariance @ own.T
    model = own[:, :strengths]
    weights = np.linalg.inv(spread)
    of_strengths = np.linalg.inv(model.T @ weights @ model)
    fitted = model @ (of_strengths @ (model.T @ weights @ direct))
    rest = direct - fitted
    of_rest = np.maximum(np.diagonal(spread - model @ of_strengths @ model.T), 0.0)
    chi2, df = float(rest @ weights @ rest), len(pairs) - strengths
    names = np.array(votes.systems)
    safe = np.sqrt(np.where(of_rest > 1e-12, of_rest, np.nan))
    table = pd.DataFrame(
        {
            "question": votes.question,
            "system_a": names[pairs[:, 0]],
            "system_b": names[pairs[:, 1]],
            "direct": direct,
            "by_strengths": fitted,
            "residual": rest,
            "z": rest / safe,
        }
    )
    return PairFit(chi2, df, float(stats.chi2.sf(chi2, df)), table, "")
