"""Whether comparisons can say how strong systems are at all.

Strengths have a finite estimate only where no direction of the coefficients makes every answer at least as likely, for
ever (A. Albert & J. A. Anderson, Biometrika 71(1), 1984, 1-10). Without ties and a side this says that the systems are
strongly connected: for every way to divide them into two groups, somebody preferred a member of each to one of the
other (L. R. Ford, American Mathematical Monthly 64(8), 1957, 28-33). With them, strengths can run away together with
the cuts, where one system never loses and the rest are ties, or with the side. Standard errors mean nothing then.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog, minimize
from scipy.sparse.csgraph import connected_components

from analysis.statistics.comparison_model.laplace import Answers
from analysis.statistics.comparison_model.votes import Votes
from analysis.statistics.incidence import Floats, Integers
from analysis.statistics.ordinal_model.links import END, Link, categories

#: Standard deviation of the prior that keeps strengths finite, on the scale of the noise.
PRIOR = 2.0
#: Two systems run away together where their coordinates differ by less.
SAME = 1e-6


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
    free = null_space(_held(_conditions(votes)))[: len(votes.systems)]
    apart = np.abs(free[:, None] - free).max(axis=2, initial=0.0)
    _, bound = connected_components(apart < SAME, directed=False)
    return np.asarray(compared, dtype=np.intp), np.asarray(bound, dtype=np.intp)


def _conditions(votes: Votes) -> Floats:
    """Rows r of r . direction >= 0: no answer becomes less likely along a direction of strengths, side and cuts.

    The strength's difference must not pass the cut above an answer, nor that below it; distances of cuts can only grow.
    """
    size, count = len(votes.systems), votes.count
    rows = np.arange(len(votes.answer))
    eta = np.zeros((len(rows), size + votes.has_side))
    eta[rows, votes.system[:, 0]], eta[rows, votes.system[:, 1]] = 1.0, -1.0
    eta[:, size:] = 1.0
    upper = np.tril(np.ones(((count - 1) // 2,) * 2))
    cuts = np.concatenate([-upper[::-1], np.zeros((int(count % 2 == 0), len(upper))), upper])
    above, below = votes.levels < count - 1, votes.levels > 0
    return np.unique(
        np.vstack(
            [
                np.hstack([-eta[above], cuts[votes.levels[above]]]),
                np.hstack([eta[below], -cuts[votes.levels[below] - 1]]),
                np.hstack([np.zeros((len(upper), eta.shape[1])), np.eye(len(upper))]),
            ]
        ),
        axis=0,
    )


def _held(conditions: Floats) -> Floats:
    """The conditions that every direction meets with equality: together they span what has a finite estimate.

    One direction meets strictly whatever any direction does; linear programming finds it, each row cut at 1.
    """
    rows, columns = conditions.shape
    found = linprog(
        np.repeat([0.0, -1.0], [columns, rows]),
        A_ub=np.hstack([-conditions, np.eye(rows)]),
        b_ub=np.zeros(rows),
        bounds=[(None, None)] * columns + [(0.0, 1.0)] * rows,
        method="highs",
    )
    held: Floats = conditions[np.asarray(found.x)[columns:] < 0.5]
    return held


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
