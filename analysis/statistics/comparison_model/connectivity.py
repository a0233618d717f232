"""Whether comparisons can say how strong systems are at all.

Strengths have a finite estimate only where the systems are strongly connected: for every way to divide them into two
groups, somebody preferred a member of each to one of the other. L. R. Ford, American Mathematical Monthly 64(8) (1957)
28-33. Where one group wins throughout, its estimates run away and standard errors mean nothing.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.csgraph import connected_components

from analysis.statistics.comparison_model.laplace import Answers
from analysis.statistics.comparison_model.votes import Votes
from analysis.statistics.incidence import Floats, Integers
from analysis.statistics.ordinal_model.links import END, Link, categories

#: Standard deviation of the prior that keeps strengths finite, on the scale of the noise.
PRIOR = 2.0


def groups(votes: Votes) -> tuple[Integers, Integers]:
    """Find the groups of systems that comparisons join.

    Parameters
    ----------
    votes : Votes

    Returns
    -------
    compared : int array of shape (S,)
        The group of each system among those that any comparisons join.
    bound : int array of shape (S,)
        The group of each system within which strengths have finite estimates.
    """
    _, compared = connected_components(votes.holds + votes.holds.T, directed=False)
    _, bound = connected_components(votes.holds, directed=True, connection="strong")
    return np.asarray(compared, dtype=np.intp), np.asarray(bound, dtype=np.intp)


def sweeps(votes: Votes, bound: Integers) -> list[tuple[list[str], list[str], int]]:
    """List which groups won every comparison with another group.

    Parameters
    ----------
    votes : Votes
    bound : int array of shape (S,)
        As from ``groups``.

    Returns
    -------
    list of (list of str, list of str, int)
        The winners, the losers, and the number of comparisons between them.
    """
    found = []
    names = np.array(votes.systems)
    played = votes.wins + votes.wins.T + votes.ties
    for a in np.unique(bound):
        for b in np.unique(bound):
            block = np.ix_(bound == a, bound == b)
            if a != b and played[block].sum() and not votes.holds[block].any():
                found.append((names[bound == b].tolist(), names[bound == a].tolist(), int(played[block].sum())))
    return found


def with_prior(votes: Votes, link: Link, noise: float) -> Floats:
    """Estimate strengths that can be drawn where they have no bound.

    Independent votes, strengths about their mean normal with a standard deviation of ``PRIOR`` times that of the noise.

    Parameters
    ----------
    votes : Votes
    link : Link
    noise : float
        Standard deviation of the noise.

    Returns
    -------
    float64 array of shape (S,)
        Sum 0.
    """
    size, first, second = len(votes.systems), *votes.system.T
    answers = Answers(votes.levels, votes.count, votes.design(), np.zeros((len(votes.answer), 0)), link)
    side, precision = float(votes.has_side), (PRIOR * noise) ** -2

    def descent(place: Floats) -> tuple[float, Floats]:
        strengths, logs = place[:size], place[size + 1 :]
        ends = np.concatenate([[-END], answers.cuts(logs), [END]])
        eta = side * place[size] + strengths[first] - strengths[second]
        found = categories(link, ends[votes.levels] - eta, ends[votes.levels + 1] - eta)
        by_strength = np.bincount(first, found.score, size) - np.bincount(second, found.score, size)
        by_cut = answers.slope_of_cuts(logs, answers.sum_by_cut(found.by_high[0], found.by_low[0]))
        height = found.log_probability.sum() - 0.5 * precision * (strengths**2).sum()
        by_side = np.array([side * found.score.sum()])
        return -float(height), -np.concatenate([by_strength - precision * strengths, by_side, by_cut])

    start = np.concatenate([np.zeros(size + 1), np.full(answers.distances, np.log(0.5 * noise))])
    found = minimize(descent, start, jac=True, method="L-BFGS-B")
    strengths: Floats = found.x[:size] - found.x[:size].mean()
    return strengths
