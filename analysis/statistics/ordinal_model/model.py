"""From ratings to the tables of the ordinal model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, repeat

import numpy as np
import pandas as pd

from analysis.statistics import mixed_model
from analysis.statistics.mixed_model.layout import Layout, lay_out, separable
from analysis.statistics.mixed_model.random_effects import EFFECTS, Floats
from analysis.statistics.notes import Note, note
from analysis.statistics.ordinal_model import ratio
from analysis.statistics.ordinal_model.laplace import Maximum, Problem, maximise
from analysis.statistics.ordinal_model.links import LINKS
from analysis.statistics.ordinal_model.ratio import Tested

TABLE = ("scale", "link", "term", "kind", "estimate", "se", "z", "p", "df")
CONTRASTS = ("scale", "link", "system_a", "system_b", "estimate", "se", "z", "p", "df", "test", "sign")
#: More levels than these are a continuous scale: the linear model is at home there, and this one gains nothing.
MAX_LEVELS = 11
#: Its tables have a place for every expert and clip; with more places than these it would take many minutes.
MAX_PLACES = 1_000_000


@dataclass(frozen=True)
class OrdinalFit:
    """The ordinal model of one scale under one link.

    Attributes
    ----------
    scale, link : str
    table : DataFrame
        ``TABLE``, with the kinds "threshold" (terms 1|2 ...), "system" (each against the first, which has no row),
        "variance" (expert, clip, expert:system; NaN where the design cannot separate it) and "fit" (log_likelihood).
    contrasts : DataFrame
        ``CONTRASTS``: all pairs, system_a less system_b on the latent scale. ``z`` is the estimate over its standard
        error. ``p`` is two-sided, by Student's t with ``df``, those of the linear model's same difference (thresholds:
        of its mean of the first system), or by the likelihood ratio where the standard error is not reliable
        (``ratio``). ``test`` says which. ``sign`` is that of the difference, also where the estimate has no bound and
        is NaN.
    notes : tuple of Note
        Why a table is empty, and doubts about it.
    """

    scale: str
    link: str
    table: pd.DataFrame
    contrasts: pd.DataFrame
    notes: tuple[Note, ...]


def fit(
    frame: pd.DataFrame,
    scale: str,
    link: str = "probit",
    *,
    linear: mixed_model.Fit | None = None,
    systems: Sequence[str] = (),
) -> OrdinalFit:
    """Fit the cumulative link mixed model to the ratings of one scale.

    Parameters
    ----------
    frame : DataFrame
        As for ``mixed_model.fit``.
    scale : str
    link : {"probit", "logit"}
    linear : Fit, optional
        The mixed model of the same ratings, of which the tests take the degrees of freedom; fitted here if not given.
        Pairs that it does not test, such as those with anchors, are not tested here.
    systems : sequence of str, optional
        As for ``mixed_model.fit``.

    Returns
    -------
    OrdinalFit
        Categories are the values that occur, in their order.

    Raises
    ------
    ValueError
        If the link is unknown, or as ``lay_out``.
    """
    if link not in LINKS:
        raise ValueError(f"the link {link!r} is neither of {', '.join(LINKS)}")
    layout = lay_out(frame, scale, systems)
    values = np.unique(layout.cells.ratings)
    why = _why_not(layout, values, scale)
    if why is not None:
        return OrdinalFit(scale, link, _table([]), pd.DataFrame([], columns=list(CONTRASTS)), (why,))
    levels = np.where(layout.cells.present > 0, np.searchsorted(values, layout.ratings), -1)
    nest = layout.cells.nest
    problem = Problem(levels, nest[:, 1:], nest, separable(layout.cells), LINKS[link])
    found = maximise(problem)
    freedom = Freedom.of(linear or mixed_model.fit(frame, scale, systems=systems))
    tests = ratio.tested_pairs(problem, found, freedom.of_places(layout.systems))
    rows = _threshold_rows(values, found, freedom.means[layout.systems[0]], link)
    rows += [(layout.systems[b], "system", *_cells(tests[0, b].reversed())) for b in range(1, len(layout.systems))]
    return OrdinalFit(
        scale,
        link,
        table=_table([(scale, link, *row) for row in [*rows, *_variance_rows(found, link)]]),
        contrasts=_contrasts((scale, link), layout.systems, tests, freedom),
        notes=_notes(scale, problem, found, tests.values()),
    )


def _contrasts(
    about: tuple[str, str], systems: Sequence[str], tests: Mapping[tuple[int, int], Tested], freedom: Freedom
) -> pd.DataFrame:
    rows = [
        (*about, systems[a], systems[b], *_cells(test), test.test, test.sign)
        for (a, b), test in tests.items()
        if frozenset((systems[a], systems[b])) in freedom.pairs
    ]
    return pd.DataFrame(rows, columns=list(CONTRASTS))


def guard(found: OrdinalFit, linear: mixed_model.Fit) -> OrdinalFit:
    """Remove errors and tests where the linear model of the same ratings has none.

    See ``guards``: of single pairs, and of the whole table where a system has too few experts or clips.

    Parameters
    ----------
    found : OrdinalFit
    linear : Fit
        Guarded.

    Returns
    -------
    OrdinalFit
        NaN in place of what is removed.
    """
    tested = linear.contrasts[linear.contrasts["p"].notna()]
    pairs = {frozenset(pair) for pair in zip(tested["system_a"], tested["system_b"], strict=True)}
    table, contrasts = found.table.copy(), found.contrasts.copy()
    if any(linear.shortages.values()) or linear.why:
        table[["se", "z", "p"]] = np.nan
    lost = [frozenset(pair) not in pairs for pair in zip(contrasts["system_a"], contrasts["system_b"], strict=True)]
    contrasts.loc[lost, ["se", "z", "p"]], contrasts.loc[lost, "test"] = np.nan, ""
    return replace(found, table=table, contrasts=contrasts)


def _why_not(layout: Layout, values: Floats, scale: str) -> Note | None:
    if len(values) < 2:
        return note("one_level", scale)
    if layout.cells.is_flat:
        return note("ordinal_no_variance", scale)
    if len(values) > MAX_LEVELS:
        return note("many_levels", scale, count=len(values), most=MAX_LEVELS)
    if len(layout.experts) * len(layout.clips) > MAX_PLACES:
        return note("too_large", scale, experts=len(layout.experts), clips=len(layout.clips), most=MAX_PLACES)
    return note("ordinal_too_few", scale) if layout.cells.free < len(values) else None


def _table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(TABLE))
    return table.astype(dict.fromkeys(TABLE[4:], np.float64))


@dataclass(frozen=True)
class Freedom:
    """The linear model's degrees of freedom.

    Attributes
    ----------
    means : mapping of str to float
        Of each system's mean.
    pairs : mapping of frozenset of str to float
        Of each pair's difference.
    """

    means: Mapping[str, float]
    pairs: Mapping[frozenset[str], float]

    @classmethod
    def of(cls, linear: mixed_model.Fit) -> Freedom:
        """Collect the degrees of freedom of a linear model.

        Parameters
        ----------
        linear : Fit

        Returns
        -------
        Freedom
        """
        means, contrasts = linear.means, linear.contrasts
        pairs = map(frozenset, zip(contrasts["system_a"], contrasts["system_b"], strict=True))
        return cls(dict(zip(means["system"], means["df"], strict=True)), dict(zip(pairs, contrasts["df"], strict=True)))

    def of_places(self, systems: Sequence[str]) -> dict[tuple[int, int], float]:
        """List the pairs' degrees of freedom by the indices of their systems.

        NaN where the linear model has no test.

        Parameters
        ----------
        systems : sequence of str

        Returns
        -------
        dict of (int, int) to float
        """
        places = combinations(range(len(systems)), 2)
        return {(a, b): self.pairs.get(frozenset((systems[a], systems[b])), np.nan) for a, b in places}


def _threshold_rows(values: Floats, found: Maximum, df: float, link: str) -> list[tuple[object, ...]]:
    names = [f"{low:g}|{high:g}" for low, high in zip(values, values[1:], strict=False)]
    variances = np.diagonal(found.covariance)
    tests = map(ratio.by_error, found.thresholds, variances, repeat(df), repeat(ratio.NOISE_SD[link]))
    if ratio.is_unbound(found, ratio.NOISE_SD[link]):
        tests = map(ratio.without_test, tests)
    return [(name, "threshold", *_cells(test)) for name, test in zip(names, tests, strict=False)]


def _variance_rows(found: Maximum, link: str) -> list[tuple[object, ...]]:
    """The variances, empty where one has no bound, and the likelihood."""
    none, largest = (np.nan,) * 4, (ratio.RUNAWAY * ratio.NOISE_SD[link]) ** 2
    values = np.where(found.variances > largest, np.nan, found.variances)
    rows = [(name, "variance", value, *none) for name, value in zip(EFFECTS, values, strict=True)]
    return [*rows, ("log_likelihood", "fit", found.log_likelihood, *none)]


def _cells(test: Tested) -> tuple[float, ...]:
    return test.estimate, test.se, test.z, test.p, test.df


def _notes(scale: str, problem: Problem, found: Maximum, tests: Iterable[Tested]) -> tuple[Note, ...]:
    link, tests = problem.link.name, list(tests)
    noise = ratio.NOISE_SD[link]
    if ratio.is_unbound(found, noise):
        return (note("variance_unbound", scale, link=link),)
    notes: list[Note] = []
    count = {kind: sum(test.test == kind and not np.isnan(test.df) for test in tests) for kind in ratio.KINDS}
    places = np.concatenate([found.thresholds, found.coefficients])
    limit = ratio.RUNAWAY * noise
    far = np.abs(places).max() > limit or np.ptp(np.append(0.0, found.coefficients)) > limit
    if far or any(np.isnan(test.estimate) for test in tests if test.test == ratio.RATIO):
        notes.append(note("runaway" if ratio.are_apart(problem) else "no_bound", scale, link=link))
    elif not found.converged or np.isnan(found.covariance).any():
        notes.append(note("ordinal_not_converged", scale, link=link))
    if count[ratio.RATIO]:
        notes.append(note("by_ratio", scale, link=link, count=count[ratio.RATIO]))
    if count[ratio.NONE]:
        notes.append(note("no_test", scale, link=link, count=count[ratio.NONE]))
    return tuple(notes)
