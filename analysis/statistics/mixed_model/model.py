"""From ratings to the tables of the mixed model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS, shortage
from analysis.statistics.mixed_model import inference, prompts, reml
from analysis.statistics.mixed_model.inference import Estimate, holm
from analysis.statistics.mixed_model.layout import Layout, lay_out, separable
from analysis.statistics.mixed_model.random_effects import EFFECTS, Floats
from analysis.statistics.notes import Note, note

MEANS = ("scale", "system", "mean", "se", "df", "ci_low", "ci_high", "n_ratings", "n_experts", "n_clips")
TESTED = ("se", "df", "t", "p")
SIMULTANEOUS = ("p_simultaneous", "ci_low_simultaneous", "ci_high_simultaneous")
CONTRASTS = (
    *("scale", "system_a", "system_b", "difference"),
    *(*TESTED, "p_holm", "ci_low", "ci_high", "family"),
    *SIMULTANEOUS,
)
COMPONENTS = ("scale", "component", "variance", "sd")
OMNIBUS = ("scale", "f", "num_df", "den_df", "p")
PREDICTED = ("scale", "component", "unit", "effect", "se")
COVARIATES = ("scale", "covariate", "slope", *TESTED, "ci_low", "ci_high")

PLANNED, ALL_PAIRS = "planned", "all pairs"
Pair = tuple[str, str]


@dataclass(frozen=True)
class Fit:
    """The linear mixed model of one scale.

    Attributes
    ----------
    scale : str
    means, contrasts, variance_components, omnibus, covariates : DataFrame
        Columns ``MEANS``, ``CONTRASTS``, ``COMPONENTS``, ``OMNIBUS``, ``COVARIATES``; a component is NaN where the
        design cannot separate it.
    predicted : DataFrame
        ``PREDICTED``: best linear unbiased predictions of experts and clips with their standard errors, in rating
        points.
    notes : tuple of Note
        Why values are NaN.
    method : {"closed form", "REML", "none"}
    log_likelihood : float
    ratios : tuple of float or None
        Variances relative to the residual's, from which a similar fit can start.
    why : str
        Why nothing was estimated: "all_equal", "too_few" or "no_variance" (the ratings of each system are all equal),
        or "".
    """

    scale: str
    means: pd.DataFrame
    contrasts: pd.DataFrame
    variance_components: pd.DataFrame
    omnibus: pd.DataFrame
    covariates: pd.DataFrame
    predicted: pd.DataFrame
    notes: tuple[Note, ...]
    method: str
    log_likelihood: float
    ratios: tuple[float, ...] | None
    why: str = ""

    @property
    def shortages(self) -> dict[str, str]:
        """For each system why nothing is concluded of it (see ``guards``), or ""."""
        rows = zip(self.means["system"], self.means["n_experts"], self.means["n_clips"], strict=True)
        return {str(system): shortage(int(experts), int(clips)) for system, experts, clips in rows}


def fit(
    frame: pd.DataFrame,
    scale: str,
    *,
    systems: Sequence[str] = (),
    contrasts: Sequence[Pair] = (),
    covariates: Sequence[str] = (),
    apart: Sequence[str] = (),
    alpha: float = 0.05,
    start: Sequence[float] | None = None,
) -> Fit:
    """Fit the linear mixed model to the ratings of one scale.

    rating ~ system + covariates + (1|expert) + (1|clip) + (1|expert:system), by REML. Where clips of several systems
    were made from one prompt, + (1|prompt) + (1|expert:prompt) (``prompts``).

    Parameters
    ----------
    frame : DataFrame
        Columns ``expert_id``, ``system``, ``clip_id``, ``scale``, ``rating``, and perhaps ``prompt_id``; no repeats.
    scale : str
    systems : sequence of str, optional
        Their order, and which; sorted if not given.
    contrasts : sequence of (str, str), optional
        Pairs that a plan names. Corrections are within them, and for every other pair over all pairs.
    covariates : sequence of str, optional
        Numeric columns, such as the trial's number, held constant at their mean.
    apart : sequence of str, optional
        Systems that are not under test, such as anchors. They have means; contrasts only where those are planned, and
        the omnibus test is without them.
    alpha : float, default 0.05
    start : sequence of float, optional
        ``Fit.ratios`` of a similar fit.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        As ``lay_out``.
    """
    layout = lay_out(frame, scale, systems, covariates)
    planned = [pair for pair in contrasts if set(pair) <= set(layout.systems)]
    lost = [pair for pair in contrasts if pair not in planned]
    prompt = prompts.match(layout, frame[frame["scale"] == scale])
    if prompt is None or _too_little(layout):
        return _without_prompts(layout, planned, lost, alpha, apart, start)
    if prompts.size(layout.cells, prompt) <= prompts.MAX_EFFECTS:
        return _with_prompts(layout, prompt, planned, lost, alpha, apart)
    found = _without_prompts(layout, planned, lost, alpha, apart, start)
    return replace(found, notes=(*found.notes, note("prompts_too_large", scale, most=prompts.MAX_EFFECTS)))


def _without_prompts(
    layout: Layout,
    planned: Sequence[Pair],
    lost: Sequence[Pair],
    alpha: float,
    apart: Sequence[str],
    start: Sequence[float] | None,
) -> Fit:
    """The model of experts, clips and what experts think of systems."""
    chosen, why = separable(layout.cells), _too_little(layout)
    variances, method = None, "none"
    if why is None:
        balanced = reml.is_balanced(layout.cells)
        method = "closed form" if balanced else "REML"
        first = None if start is None else np.array(start)
        variances = reml.closed_form(layout.cells) if balanced else reml.search(layout.cells, chosen, first)
    at, estimate = _estimate(layout, variances)
    return Fit(
        scale=layout.scale,
        means=_means(layout, estimate, alpha),
        contrasts=_contrasts(layout, estimate, planned, alpha, apart),
        variance_components=_components(layout, variances, chosen),
        omnibus=_omnibus(layout, estimate, apart),
        covariates=_covariates(layout, estimate, alpha),
        predicted=_predicted(layout, variances, at),
        notes=_notes(layout, variances, chosen, why, lost),
        method=method,
        log_likelihood=np.nan if at is None else -at.deviance / 2,
        ratios=None if variances is None else tuple(variances.ratios),
        why=why or "",
    )


def _with_prompts(
    layout: Layout,
    prompt: npt.NDArray[np.intp],
    planned: Sequence[Pair],
    lost: Sequence[Pair],
    alpha: float,
    apart: Sequence[str],
) -> Fit:
    """The model in which clips of one prompt, and an expert's ratings of them, have something in common."""
    found, design = prompts.fit(layout.cells, prompt)
    estimate, variances = found.fit.estimate, dict(zip(found.effects, found.fit.variances, strict=True))
    values = np.array([*(variances.get(name, np.nan) for name in prompts.EFFECTS), found.fit.residual])
    components = pd.DataFrame({"scale": layout.scale, "component": [*prompts.EFFECTS, "residual"]})
    tables = []
    for name, units in (("expert", layout.experts), ("clip", layout.clips)):
        if name in found.effects:
            effect, se = found.predicted(name, design)
            tables.append(pd.DataFrame({"component": name, "unit": list(units), "effect": effect, "se": se}))
    predicted = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame([], columns=list(PREDICTED[1:]))
    predicted.insert(0, "scale", layout.scale)
    notes = [note("prompts", layout.scale, count=int(prompt.max()) + 1)]
    absent = [name for name in prompts.EFFECTS if name not in found.effects]
    zero = [name for name, value in variances.items() if value == 0]
    notes += [note("not_separable", layout.scale, components=absent)] if absent else []
    notes += [note("at_zero", layout.scale, components=zero)] if zero else []
    notes += [] if found.fit.converged else [note("not_converged", layout.scale)]
    return Fit(
        scale=layout.scale,
        means=_means(layout, estimate, alpha),
        contrasts=_contrasts(layout, estimate, planned, alpha, apart),
        variance_components=components.assign(variance=values, sd=np.sqrt(values)),
        omnibus=_omnibus(layout, estimate, apart),
        covariates=_covariates(layout, estimate, alpha),
        predicted=predicted,
        notes=(*_notes(layout, None, (), None, lost), *notes),
        method=found.method,
        log_likelihood=found.fit.log_likelihood,
        ratios=None,
    )


def _too_little(layout: Layout) -> str | None:
    cells = layout.cells
    if np.ptp(cells.ratings) == 0:
        return "all_equal"
    if cells.free < 1:
        return "too_few"
    return "no_variance" if cells.is_flat else None


def guard(fitted: Fit, alpha: float) -> Fit:
    """Remove errors, intervals and tests that too few experts or clips support.

    See ``guards``. A contrast needs both of its systems; the omnibus test and the errors of predictions need all of
    them.

    Parameters
    ----------
    fitted : Fit
    alpha : float
        Of the intervals that remain.

    Returns
    -------
    Fit
        NaN in place of what is removed.
    """
    short = {system for system, why in fitted.shortages.items() if why}
    if not short:
        return fitted
    means, contrasts, omnibus = fitted.means.copy(), fitted.contrasts.copy(), fitted.omnibus.copy()
    means.loc[means["system"].isin(short), ["se", "df", "ci_low", "ci_high"]] = np.nan
    withheld = contrasts["system_a"].isin(short) | contrasts["system_b"].isin(short)
    contrasts.loc[withheld, [*TESTED, "ci_low", "ci_high"]] = np.nan
    omnibus[["f", "den_df", "p"]] = np.nan
    return replace(
        fitted,
        means=means,
        contrasts=_corrected(contrasts, alpha),
        omnibus=omnibus,
        predicted=fitted.predicted.assign(se=np.nan),
    )


def _estimate(layout: Layout, variances: reml.Variances | None) -> tuple[reml.Reml | None, Estimate]:
    cells, size = layout.cells, len(layout.cells.layers) - 1
    if variances is None:
        means = np.bincount(cells.system, cells.ratings) / np.bincount(cells.system)
        coefficients = np.append(means, np.full(size - len(means), np.nan))
        unknown = np.full((5, size, size), np.nan)
        return None, Estimate(coefficients, unknown[0], unknown[1:], np.full((4, 4), np.nan))
    at = reml.evaluate(cells, variances.ratios)
    derivatives = at.inverse @ at.spread @ at.inverse
    covariance = at.inverse * variances.values[3]
    return at, Estimate(at.coefficients, covariance, derivatives, variances.covariance)


def _combinations(layout: Layout, pairs: Sequence[Pair]) -> Floats:
    place = {system: n for n, system in enumerate(layout.systems)}
    weights = np.zeros((len(pairs), len(layout.systems) + len(layout.covariates)))
    for row, (a, b) in enumerate(pairs):
        weights[row, place[a]], weights[row, place[b]] = 1.0, -1.0
    return weights


def _means(layout: Layout, estimate: Estimate, alpha: float) -> pd.DataFrame:
    cells, count = layout.cells, len(layout.systems)
    found = inference.t_tests(estimate, np.eye(count + len(layout.covariates))[:count], alpha)
    columns = (found.value, found.se, found.df, found.low, found.high)
    table = pd.DataFrame({"scale": layout.scale, "system": list(layout.systems)})
    table = table.assign(**dict(zip(MEANS[2:7], columns, strict=True)))
    return table.assign(
        n_ratings=np.bincount(cells.system),
        n_experts=np.bincount(cells.system_of_cell),
        n_clips=layout.clips_of_system.astype(int),
    )


def _contrasts(
    layout: Layout, estimate: Estimate, planned: Sequence[Pair], alpha: float, apart: Sequence[str]
) -> pd.DataFrame:
    """All pairs of systems under test, and those planned; these stand as the plan has them, corrected among them."""
    as_planned = {frozenset(pair): pair for pair in planned}
    every = (
        pair for pair in combinations(layout.systems, 2) if frozenset(pair) in as_planned or not {*apart} & {*pair}
    )
    pairs = [as_planned.get(frozenset(pair), pair) for pair in every]
    found = inference.t_tests(estimate, _combinations(layout, pairs), alpha)
    is_planned = np.array([frozenset(pair) in as_planned for pair in pairs], dtype=bool)
    columns = {
        "scale": layout.scale,
        "system_a": [a for a, _ in pairs],
        "system_b": [b for _, b in pairs],
        "difference": found.value,
        **{name: getattr(found, name) for name in TESTED},
        "ci_low": found.low,
        "ci_high": found.high,
        "family": np.where(is_planned, PLANNED, ALL_PAIRS),
    }
    return _corrected(pd.DataFrame(columns), alpha)


def _corrected(contrasts: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """The contrasts (CONTRASTS) with p corrected for the number of tests of their family, and intervals that agree
    with `p_simultaneous`: those hold all true differences of a family at once, each at alpha over its tests."""
    p, se, df = (contrasts[name].to_numpy(np.float64) for name in ("p", "se", "df"))
    is_planned = (contrasts["family"] == PLANNED).to_numpy()
    tests = np.where(is_planned, np.count_nonzero(~np.isnan(p[is_planned])), np.count_nonzero(~np.isnan(p)))
    reach = stats.t.isf(alpha / 2 / np.maximum(tests, 1), df) * se
    table = contrasts.assign(
        p_holm=by_family(holm, p, is_planned),
        p_simultaneous=by_family(inference.bonferroni, p, is_planned),
        ci_low_simultaneous=contrasts["difference"] - reach,
        ci_high_simultaneous=contrasts["difference"] + reach,
    )
    return table[list(CONTRASTS)]


def by_family(correct: Callable[[Floats], Floats], p: Floats, is_planned: npt.NDArray[np.bool_]) -> Floats:
    """Correct p over all tests, and those of planned contrasts among themselves.

    Parameters
    ----------
    correct : callable
        Maps p values of shape (n,) to corrected ones.
    p : float64 array of shape (n,)
    is_planned : bool array of shape (n,)

    Returns
    -------
    float64 array of shape (n,)
    """
    adjusted = correct(p)
    adjusted[is_planned] = correct(p[is_planned])
    return adjusted


def _omnibus(layout: Layout, estimate: Estimate, apart: Sequence[str]) -> pd.DataFrame:
    """F test of all systems under test being equal."""
    first, *others = [system for system in layout.systems if system not in apart] or layout.systems
    count = len(others)
    f, denominator, p = np.nan, np.nan, np.nan
    if count and not np.isnan(estimate.covariance).any():
        pairs = [(system, first) for system in others]
        f, denominator, p = inference.f_test(estimate, _combinations(layout, pairs))
    return pd.DataFrame([(layout.scale, f, count, denominator, p)], columns=list(OMNIBUS))


def _components(layout: Layout, variances: reml.Variances | None, chosen: Sequence[bool]) -> pd.DataFrame:
    values = np.full(4, np.nan) if variances is None else np.where([*chosen, True], variances.values, np.nan)
    table = pd.DataFrame({"scale": layout.scale, "component": [EFFECTS[0], *EFFECTS[1:], "residual"]})
    return table.assign(variance=values, sd=np.sqrt(values))


def _covariates(layout: Layout, estimate: Estimate, alpha: float) -> pd.DataFrame:
    count = len(layout.systems)
    weights = np.eye(count + len(layout.covariates))[count:]
    found = inference.t_tests(estimate, weights, alpha)
    columns = (found.value, found.se, found.df, found.t, found.p, found.low, found.high)
    table = pd.DataFrame(dict(zip(COVARIATES[2:], columns, strict=True)))
    table.insert(0, "scale", layout.scale)
    table.insert(1, "covariate", list(layout.covariates))
    return table


def _predicted(layout: Layout, variances: reml.Variances | None, at: reml.Reml | None) -> pd.DataFrame:
    """Best linear unbiased predictions of experts and clips: ratio Z'Py; prediction variance ratio - ratio^2 Z'PZ.

    Source: Searle, Casella & McCulloch, Variance Components (1992), chapter 7.
    """
    if variances is None or at is None:
        return pd.DataFrame([], columns=list(PREDICTED))
    parts = []
    for name, units in (("expert", layout.experts), ("clip", layout.clips)):
        ratio = variances.ratios[EFFECTS.index(name)]
        effect = ratio * at.residuals[EFFECTS.index(name)]
        error = ratio - ratio**2 * at.informations[EFFECTS.index(name)]
        se = np.sqrt(np.maximum(error, 0.0) * variances.values[3])
        parts.append(pd.DataFrame({"component": name, "unit": list(units), "effect": effect, "se": se}))
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "scale", layout.scale)
    return table


def _notes(
    layout: Layout,
    variances: reml.Variances | None,
    chosen: Sequence[bool],
    why: str | None,
    lost: Sequence[Pair],
) -> tuple[Note, ...]:
    scale, experts, clips = layout.scale, len(layout.experts), layout.clips_of_system
    found = [note(why, scale)] if why else []
    if experts == 1:
        found.append(note("one_expert", scale))
    elif experts < MIN_EXPERTS:
        found.append(note("few_experts", scale, count=experts))
    if (clips == 1).all():
        found.append(note("one_clip", scale))
    elif (clips < MIN_CLIPS).any():
        few = [name for name, n in zip(layout.systems, clips, strict=True) if n < MIN_CLIPS]
        found.append(note("few_clips", scale, systems=few))
    if len(layout.systems) == 1:
        found.append(note("one_system", scale))
    found += [note("unknown_system", scale, a=a, b=b) for a, b in lost]
    flat = _flat_systems(layout) if variances is not None else []
    found += [note("flat_systems", scale, systems=flat)] if flat and len(layout.systems) > 1 else []
    return (*found, *_notes_on_variances(scale, variances, chosen))


def _flat_systems(layout: Layout) -> list[str]:
    """The systems with several ratings, all equal."""
    ratings = pd.Series(layout.cells.ratings).groupby(layout.cells.system)
    spans = ratings.agg(["size", "min", "max"])
    flat = spans[(spans["size"] > 1) & (spans["min"] == spans["max"])]
    return [layout.systems[place] for place in flat.index]


def _notes_on_variances(scale: str, variances: reml.Variances | None, chosen: Sequence[bool]) -> list[Note]:
    if variances is None:
        return []
    found: list[Note] = []
    if variances.ratios.max() > reml.LARGEST / 10:
        found.append(note("exact", scale))
    absent = [name for name, there in zip(EFFECTS, chosen, strict=True) if not there]
    zero = [n for n, there, value in zip(EFFECTS, chosen, variances.values, strict=False) if there and value == 0]
    found += [note("not_separable", scale, components=absent)] if absent else []
    found += [note("at_zero", scale, components=zero)] if zero else []
    return found if variances.converged else [*found, note("not_converged", scale)]


def equivalence(contrasts: pd.DataFrame, gap: float, *, alpha: float = 0.05) -> pd.DataFrame:
    """Test whether differences are smaller than the smallest one of interest.

    Two one-sided t tests (``inference.equivalence_p``), corrected as the contrasts are.

    Parameters
    ----------
    contrasts : DataFrame
        Of a ``Fit``.
    gap : float
        The smallest difference of interest, in rating points.
    alpha : float, default 0.05

    Returns
    -------
    DataFrame
        scale, system_a, system_b, gap, ci_low, ci_high (of level 1 - 2 alpha, the interval that is within the gap when
        p < alpha), p, p_holm, verdict, and p_simultaneous with its interval, which is within the gap when
        p_simultaneous is below alpha. ``verdict`` is "different", "equivalent", "different but small" (both),
        "undecided" or, without a test, ""; it follows p_simultaneous.

    Raises
    ------
    ValueError
        If the gap is not above 0.
    """
    if not gap > 0:
        raise ValueError(f"the smallest gap of interest is {gap:g}; it must be above 0")
    difference, se, df = (contrasts[name].to_numpy(np.float64) for name in ("difference", "se", "df"))
    p = inference.equivalence_p(difference, se, df, gap)
    is_planned = (contrasts["family"] == PLANNED).to_numpy()
    tests = np.where(is_planned, np.count_nonzero(~np.isnan(p[is_planned])), np.count_nonzero(~np.isnan(p)))
    reach, together = (stats.t.isf(alpha / number, df) * se for number in (1, np.maximum(tests, 1)))
    adjusted = by_family(inference.bonferroni, p, is_planned)
    different, equivalent = contrasts["p_simultaneous"].to_numpy() < alpha, adjusted < alpha
    words = np.array([["undecided", "equivalent"], ["different", "different but small"]])
    verdict = np.where(np.isnan(p), "", words[different.astype(int), equivalent.astype(int)])
    table = contrasts[["scale", "system_a", "system_b"]].assign(
        gap=gap, ci_low=difference - reach, ci_high=difference + reach, p=p, p_holm=by_family(holm, p, is_planned)
    )
    return table.assign(
        verdict=verdict,
        p_simultaneous=adjusted,
        ci_low_simultaneous=difference - together,
        ci_high_simultaneous=difference + together,
    )


def effect_sizes(fitted: Fit) -> pd.DataFrame:
    """Express each contrast in units that other studies share.

    With difference D between two systems and the variances of the model: d = D / sqrt(v_expert + v_clip + v_es + v_e),
    and superiority = Phi(D / sqrt(2 (v_clip + v_es + v_e))).

    Parameters
    ----------
    fitted : Fit

    Returns
    -------
    DataFrame
        scale, system_a, system_b, d, superiority. ``superiority`` is the probability that an expert rates a new clip of
        system_a above a new one of system_b, ratings taken as normal and continuous. NaN where the design cannot
        separate a variance that they need.
    """
    variance = fitted.variance_components.set_index("component")["variance"]
    d = fitted.contrasts["difference"] / np.sqrt(variance.sum(skipna=False))
    within = variance[["clip", "expert:system", "residual"]].sum(skipna=False)
    superiority = stats.norm.cdf(fitted.contrasts["difference"] / np.sqrt(2 * within))
    return fitted.contrasts[["scale", "system_a", "system_b"]].assign(d=d, superiority=superiority)
