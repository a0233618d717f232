"""From comparisons to the tables of the comparison model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics.comparison_model import connectivity, linear, pair_fit, triads
from analysis.statistics.comparison_model.chances import Chances
from analysis.statistics.comparison_model.laplace import Answers, Maximum, climb, maximise
from analysis.statistics.comparison_model.simultaneous import critical_t, ranks
from analysis.statistics.comparison_model.votes import EFFECTS, Votes, lay_out
from analysis.statistics.guards import prompt_shortage
from analysis.statistics.incidence import Floats, Integers, join
from analysis.statistics.mixed_model import inference
from analysis.statistics.mixed_model.inference import Estimate, holm
from analysis.statistics.notes import Note, note
from analysis.statistics.ordinal_model.links import LINKS
from analysis.statistics.ordinal_model.ratio import NOISE_SD, RATIO, T_TEST

STRENGTHS = (
    "question",
    "system",
    "strength",
    "se",
    "df",
    "ci_low",
    "ci_high",
    "votes",
    "wins",
    "ties",
    "losses",
    "clips",
)
TESTED = ("se", "df", "t", "p")
INTERVALS = ("ci_low", "ci_high", "ci_low_simultaneous", "ci_high_simultaneous")
CONTRASTS = ("question", "system_a", "system_b", "difference", *TESTED, "p_holm", *INTERVALS, "test")
LINEAR = ("question", "system_a", "system_b", "difference", *TESTED, "p_holm", "kind")
CHANCES = ("chance", "chance_low", "chance_high", "chance_tie", "chance_typical")
WINS = ("question", "system_a", "system_b", "votes", "wins", "ties", "losses", "share", *CHANCES)
RANKS = ("question", "system", "strength", "rank_best", "rank_worst")
COMPONENTS = ("question", "component", "variance", "sd")
OMNIBUS = ("question", "f", "num_df", "den_df", "p")
ONE_SCALE = ("question", "chi2", "df", "p")
SIDES = ("question", "side", *TESTED, "ci_low", "ci_high", "first", "tie", "second", "chance_first", "chance_second")
#: More degrees of freedom than these are as good as infinitely many.
MAX_DF = 1e6
MIN_SYSTEMS = 2


@dataclass(frozen=True)
class ComparisonFit:
    """The comparison model of one question.

    Attributes
    ----------
    question, link : str
    systems : tuple of str
    experts, prompts, votes : int
        How many there are.
    grades : tuple of float
        The different strengths of a preference.
    strengths, contrasts, wins, ranks, variance_components, omnibus, one_scale, pairs, sides, linear : DataFrame
        Columns ``STRENGTHS``, ``CONTRASTS``, ``WINS``, ``RANKS``, ``COMPONENTS``, ``OMNIBUS``, ``ONE_SCALE``,
        ``pair_fit.COLUMNS``, ``SIDES``, ``LINEAR``. Strengths sum to 0 on the scale of the noise.
    experts_table : DataFrame
        ``triads.COLUMNS``.
    log_likelihood : float
    notes : tuple of Note
    why : str
        Why nothing was estimated: "one_system", "all_tied", "not_connected", "not_estimable", or "".
    is_bounded : bool
        Whether all strengths have a finite estimate; otherwise they are drawn with a prior, without errors.
    shortage : str
        Why nothing is concluded (``guards``), or "".
    """

    question: str
    link: str
    systems: tuple[str, ...]
    experts: int
    prompts: int
    votes: int
    grades: tuple[float, ...]
    strengths: pd.DataFrame
    contrasts: pd.DataFrame
    wins: pd.DataFrame
    ranks: pd.DataFrame
    variance_components: pd.DataFrame
    omnibus: pd.DataFrame
    one_scale: pd.DataFrame
    pairs: pd.DataFrame
    sides: pd.DataFrame
    linear: pd.DataFrame
    experts_table: pd.DataFrame
    log_likelihood: float
    notes: tuple[Note, ...]
    why: str
    is_bounded: bool
    shortage: str


class Bounded(Estimate):
    """An estimate whose degrees of freedom are large where no variance is."""

    def freedom(self, weights: Floats) -> Floats:
        """Compute Satterthwaite's degrees of freedom, at most ``MAX_DF``.

        Parameters
        ----------
        weights : float64 array of shape (n, p)

        Returns
        -------
        float64 array of shape (n,)
        """
        found = super().freedom(weights)
        return np.minimum(np.where(np.isnan(found), MAX_DF, found), MAX_DF)


def fit(
    frame: pd.DataFrame, question: str, link: str = "probit", *, systems: Sequence[str] = (), alpha: float = 0.05
) -> ComparisonFit:
    """Fit the comparison model to the answers to one question.

    P(answer <= j) = F(cut_j - eta), eta = side + strength of the first - strength of the second + the same of the
    random effects of expert:system and clip; cuts are symmetric. Strengths and side are integrated out with the random
    effects; tests are t tests with Satterthwaite's degrees of freedom.

    Parameters
    ----------
    frame : DataFrame
        As for ``votes.lay_out``; no repeats.
    question : str
    link : {"probit", "logit"}
        Thurstone's or Bradley & Terry's model.
    systems : sequence of str, optional
        Their order, and which; sorted if not given.
    alpha : float, default 0.05

    Returns
    -------
    ComparisonFit

    Raises
    ------
    ValueError
        If the link is unknown, or as ``lay_out``.
    """
    if link not in LINKS:
        raise ValueError(f"the link {link!r} is neither of {', '.join(LINKS)}")
    votes = lay_out(frame, question, systems)
    compared, bound = connectivity.groups(votes)
    why = _why_not(votes, compared)
    maximum = None
    if not why and not np.ptp(bound):
        try:
            maximum = maximise(_answers(votes, link))
        except np.linalg.LinAlgError:
            why = "not_estimable"
    is_bounded = not np.ptp(bound)
    found = _of_maximum(votes, maximum, link, alpha) if maximum else _unbounded(votes, bound, link, alpha, why)
    return replace(
        found,
        notes=(*_notes(votes, compared, bound, why, maximum), *found.notes),
        why=why,
        is_bounded=is_bounded and not why,
        shortage=prompt_shortage(len(votes.experts), votes.prompts),
    )


def guard(found: ComparisonFit) -> ComparisonFit:
    """Remove what too few experts or prompts support: errors, tests, chances.

    See ``guards``.

    Parameters
    ----------
    found : ComparisonFit

    Returns
    -------
    ComparisonFit
        NaN in place of what is removed.
    """
    if not found.shortage:
        return found
    ranked = found.ranks.assign(rank_best=1, rank_worst=len(found.ranks))
    return replace(
        found,
        strengths=_emptied(found.strengths, ("se", "df", "ci_low", "ci_high")),
        contrasts=_emptied(found.contrasts, (*TESTED, "p_holm", *INTERVALS)).assign(test=""),
        wins=_emptied(found.wins, CHANCES),
        ranks=ranked,
        omnibus=_emptied(found.omnibus, ("f", "den_df", "p")),
        one_scale=_emptied(found.one_scale, ("chi2", "p")),
        pairs=_emptied(found.pairs, ("z",)),
        sides=_emptied(found.sides, (*TESTED, "ci_low", "ci_high", "chance_first", "chance_second")),
        linear=_emptied(found.linear, (*TESTED, "p_holm")).assign(kind=""),
    )


def _emptied(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return table.assign(**dict.fromkeys(columns, np.nan))


def _answers(votes: Votes, link: str) -> Answers:
    return Answers(votes.levels, votes.count, votes.design(), np.zeros((len(votes.answer), 0)), LINKS[link])


def _why_not(votes: Votes, compared: Integers) -> str:
    if len(votes.systems) < MIN_SYSTEMS:
        return "one_system"
    if not len(votes.grades):
        return "all_tied"
    return "not_connected" if np.ptp(compared) else ""


# --- where strengths have finite estimates


def _of_maximum(votes: Votes, maximum: Maximum, link: str, alpha: float) -> ComparisonFit:
    estimate = Bounded(maximum.coefficients, maximum.covariance, maximum.derivatives, maximum.of_searched)
    strengths = _strengths(votes, estimate, alpha)
    contrasts = _contrasts(votes, estimate, alpha)
    chances = _chances(votes, maximum)
    of_pairs = pair_fit.fit(votes, LINKS[link], maximum.place)
    found = _tables(votes, link, contrasts, strengths, of_pairs, alpha)
    return replace(
        found,
        wins=_wins(votes, contrasts, chances),
        variance_components=_components(votes, maximum),
        omnibus=_omnibus(votes, estimate),
        sides=_sides(votes, estimate, chances, alpha),
        log_likelihood=maximum.at.value,
    )


def _weights(votes: Votes, pairs: Sequence[tuple[int, int]], size: int) -> Floats:
    """Of each pair the combination of coefficients that is its difference; the first system has none."""
    weights = np.zeros((len(pairs), size))
    for row, (a, b) in enumerate(pairs):
        for system, sign in ((a, 1.0), (b, -1.0)):
            if system:
                weights[row, system - 1] = sign
    return weights


def _pairs(votes: Votes) -> list[tuple[int, int]]:
    return list(combinations(range(len(votes.systems)), 2))


def _strengths(votes: Votes, estimate: Estimate, alpha: float) -> pd.DataFrame:
    size = len(votes.systems)
    weights = np.zeros((size, len(estimate.coefficients)))
    weights[1:, : size - 1] = np.eye(size - 1)
    found = inference.t_tests(estimate, weights - weights.mean(axis=0), alpha)
    table = _record(votes)
    return table.assign(strength=found.value, se=found.se, df=found.df, ci_low=found.low, ci_high=found.high)


def _record(votes: Votes) -> pd.DataFrame:
    """How the systems fared, without any estimate (``STRENGTHS``)."""
    empty = dict.fromkeys(STRENGTHS[2:7], np.nan)
    table = pd.DataFrame({"question": votes.question, "system": list(votes.systems), **empty})
    wins, losses, ties = votes.wins.sum(axis=1), votes.wins.sum(axis=0), votes.ties.sum(axis=1)
    clips = [sum(system == name for system, _ in votes.clips) for name in votes.systems]
    counts = {"votes": wins + losses + ties, "wins": wins, "ties": ties, "losses": losses}
    return table.assign(**{name: column.astype(int) for name, column in counts.items()}, clips=clips)


def _contrasts(votes: Votes, estimate: Estimate, alpha: float) -> pd.DataFrame:
    pairs = _pairs(votes)
    weights = _weights(votes, pairs, len(estimate.coefficients))
    found = inference.t_tests(estimate, weights, alpha)
    reach = critical_t(weights @ estimate.covariance @ weights.T, float(found.df.min()), alpha) * found.se
    if len(pairs) == 1:
        reach = (found.high - found.low) / 2
    columns = {
        "difference": found.value,
        **{name: getattr(found, name) for name in TESTED},
        "p_holm": holm(found.p),
        "ci_low": found.low,
        "ci_high": found.high,
        "ci_low_simultaneous": found.value - reach,
        "ci_high_simultaneous": found.value + reach,
        "test": T_TEST,
    }
    return _named(votes, pairs).assign(**columns)


def _named(votes: Votes, pairs: Sequence[tuple[int, int]]) -> pd.DataFrame:
    names = {f"system_{x}": [votes.systems[pair[n]] for pair in pairs] for n, x in enumerate("ab")}
    return pd.DataFrame({"question": votes.question, **names})


def _chances(votes: Votes, maximum: Maximum) -> Chances:
    low, high = maximum.cuts[votes.middle]
    side = float(maximum.coefficients[-1]) if votes.has_side else 0.0
    return Chances(maximum.answers.link, low, high, side, float(np.sqrt(2 * (maximum.sds**2).sum())))


def _wins(votes: Votes, contrasts: pd.DataFrame, chances: Chances | None) -> pd.DataFrame:
    pairs = list(permutations(range(len(votes.systems)), 2))
    table = _named(votes, pairs)
    a, b = np.array(pairs).T
    counts = {"wins": votes.wins[a, b], "ties": votes.ties[a, b], "losses": votes.wins[b, a]}
    total = sum(counts.values())
    share = np.divide(counts["wins"], total, out=np.full(len(pairs), np.nan), where=total > 0)
    table = table.assign(
        votes=np.asarray(total, dtype=int), **{k: v.astype(int) for k, v in counts.items()}, share=share
    )
    if chances is None:
        return _emptied(table, CHANCES)
    of_pair = {}
    numbers = contrasts[["difference", "ci_low", "ci_high"]].to_numpy(np.float64)
    for pair, (difference, lower, upper) in zip(_pairs(votes), numbers.tolist(), strict=True):
        of_pair[pair], of_pair[pair[::-1]] = (difference, lower, upper), (-difference, -upper, -lower)
    value, low, high = np.array([of_pair[pair] for pair in pairs]).T
    return table.assign(
        chance=chances.first(value),
        chance_low=chances.first(low),
        chance_high=chances.first(high),
        chance_tie=chances.tie(value),
        chance_typical=chances.first(value, new=False),
    )


def _components(votes: Votes, maximum: Maximum) -> pd.DataFrame:
    sds = dict(zip(maximum.answers.design.effects, maximum.sds, strict=True))
    sd = np.array([sds.get(name, np.nan) for name in EFFECTS])
    return pd.DataFrame({"question": votes.question, "component": list(EFFECTS), "variance": sd**2, "sd": sd})


def _omnibus(votes: Votes, estimate: Estimate) -> pd.DataFrame:
    count = len(votes.systems) - 1
    weights = np.eye(count, len(estimate.coefficients))
    f, denominator, p = inference.f_test(estimate, weights)
    return pd.DataFrame([(votes.question, f, count, denominator, p)], columns=list(OMNIBUS))


def _sides(votes: Votes, estimate: Estimate, chances: Chances, alpha: float) -> pd.DataFrame:
    table = _observed_sides(votes)
    if not votes.has_side:
        return table
    found = inference.t_tests(estimate, np.eye(len(estimate.coefficients))[-1:], alpha)
    first, _, second = chances.of_sides()
    tested = {name: getattr(found, name) for name in TESTED}
    return table.assign(
        side=found.value, **tested, ci_low=found.low, ci_high=found.high, chance_first=first, chance_second=second
    )


def _observed_sides(votes: Votes) -> pd.DataFrame:
    shares = [float(np.mean(np.sign(votes.answer) == sign)) for sign in (1, 0, -1)]
    values = {**dict.fromkeys(SIDES[1:], np.nan), **dict(zip(("first", "tie", "second"), shares, strict=True))}
    return pd.DataFrame([{"question": votes.question, **values}], columns=list(SIDES))


# --- where they have not


def _unbounded(votes: Votes, bound: Integers, link: str, alpha: float, why: str) -> ComparisonFit:
    """Strengths drawn with a prior; tests within the groups that have finite estimates, and likelihood ratios between
    them, of which the standard errors would mean nothing."""
    strengths = _record(votes)
    contrasts = _named(votes, _pairs(votes)).assign(**dict.fromkeys(CONTRASTS[3:-1], np.nan), test="")
    components = pd.DataFrame(
        {"question": votes.question, "component": list(EFFECTS), "variance": np.nan, "sd": np.nan}
    )
    if not why:
        drawn = connectivity.with_prior(votes, LINKS[link], NOISE_SD[link])
        strengths = strengths.assign(strength=drawn)
        within = _within_groups(votes, bound, link, alpha)
        contrasts = _between_groups(votes, link, contrasts, within, drawn)
    of_pairs = pair_fit.PairFit(np.nan, 0, np.nan, pd.DataFrame(columns=list(pair_fit.COLUMNS)), why or "unbounded")
    found = _tables(votes, link, contrasts, strengths, of_pairs, alpha)
    return replace(found, variance_components=components)


def _within_groups(votes: Votes, bound: Integers, link: str, alpha: float) -> dict[tuple[str, str], pd.Series]:
    rows: dict[tuple[str, str], pd.Series] = {}
    for group in np.unique(bound):
        members = np.flatnonzero(bound == group).tolist()
        if len(members) < MIN_SYSTEMS:
            continue
        part = votes.among(members)
        if np.ptp(connectivity.groups(part)[1]):  # others hold the cuts or the side
            continue
        try:
            maximum = maximise(_answers(part, link))
        except np.linalg.LinAlgError:
            continue
        estimate = Bounded(maximum.coefficients, maximum.covariance, maximum.derivatives, maximum.of_searched)
        rows |= {
            (str(row["system_a"]), str(row["system_b"])): row for _, row in _contrasts(part, estimate, alpha).iterrows()
        }
    return rows


def _between_groups(
    votes: Votes,
    link: str,
    contrasts: pd.DataFrame,
    within: dict[tuple[str, str], pd.Series],
    drawn: Floats,
) -> pd.DataFrame:
    """All pairs: those within a group from its own model, where it has one, the others by the likelihood ratio."""
    full = votes.coefficients(side=votes.has_side)
    whole = climb(_maximum_likelihood(votes, full, link))
    freedom = _linear_freedom(votes)
    rows = []
    for place, (a, b) in enumerate(_pairs(votes)):
        row = contrasts.iloc[place].copy()
        names = (votes.systems[a], votes.systems[b])
        if names in within:
            row = within[names]
        else:
            merged = climb(_maximum_likelihood(votes, _merged(votes, a, b), link))
            ratio = max(0.0, 2 * (whole[1].value - merged[1].value))
            sign = np.sign(drawn[a] - drawn[b])
            row["t"], row["df"], row["test"] = sign * np.sqrt(ratio), freedom[place], RATIO
            row["p"] = 2 * stats.t.sf(np.sqrt(ratio), freedom[place])
        rows.append(row)
    table = pd.DataFrame(rows).reset_index(drop=True)[list(CONTRASTS)]
    numbers = {name: table[name].astype(np.float64) for name in CONTRASTS[3:-1]}
    table = table.assign(**numbers)
    return table.assign(p_holm=holm(table["p"]), ci_low_simultaneous=np.nan, ci_high_simultaneous=np.nan)


def _maximum_likelihood(votes: Votes, table: Floats, link: str) -> Answers:
    random = votes.random()
    design = (
        join(random) if random else join([("", np.zeros((len(table), 0), dtype=np.intp), np.zeros((len(table), 0)), 0)])
    )
    return Answers(votes.levels, votes.count, design, table, LINKS[link])


def _merged(votes: Votes, a: int, b: int) -> Floats:
    """The coefficients' design where two systems are equally strong, without a reference."""
    size = len(votes.systems)
    table = np.zeros((len(votes.answer), size))
    rows = np.arange(len(votes.answer))
    table[rows, votes.system[:, 0]], table[rows, votes.system[:, 1]] = 1.0, -1.0
    table[:, a] += table[:, b]
    kept = [system for system in range(size) if system != b][1:]
    side = [np.ones((len(table), 1))] if votes.has_side else []
    return np.hstack([table[:, kept], *side])


def _linear_freedom(votes: Votes) -> Floats:
    """The linear model's degrees of freedom for each pair; many where it has none."""
    pairs, found = _pairs(votes), linear.fit(votes)
    if found is None:
        return np.full(len(pairs), float(max(len(votes.experts) - 1, 1)))
    return found.freedom(_weights(votes, pairs, len(found.coefficients)))


# --- what both have


def _tables(
    votes: Votes,
    link: str,
    contrasts: pd.DataFrame,
    strengths: pd.DataFrame,
    of_pairs: pair_fit.PairFit,
    alpha: float,
) -> ComparisonFit:
    one_scale = pd.DataFrame([(votes.question, of_pairs.chi2, of_pairs.df, of_pairs.p)], columns=list(ONE_SCALE))
    omnibus = pd.DataFrame([(votes.question, np.nan, len(votes.systems) - 1, np.nan, np.nan)], columns=list(OMNIBUS))
    return ComparisonFit(
        question=votes.question,
        link=link,
        systems=votes.systems,
        experts=len(votes.experts),
        prompts=votes.prompts,
        votes=len(votes.answer),
        grades=tuple(votes.grades.tolist()),
        strengths=strengths[list(STRENGTHS)],
        contrasts=contrasts[list(CONTRASTS)],
        wins=_wins(votes, contrasts, None)[list(WINS)],
        ranks=_ranks(votes, contrasts, strengths, alpha),
        variance_components=pd.DataFrame(columns=list(COMPONENTS)),
        omnibus=omnibus,
        one_scale=one_scale,
        pairs=of_pairs.pairs,
        sides=_observed_sides(votes),
        linear=_linear(votes, contrasts, alpha),
        experts_table=triads.by_expert(votes),
        log_likelihood=float("nan"),
        notes=_notes_on_pairs(votes, of_pairs),
        why="",
        is_bounded=False,
        shortage="",
    )


def _ranks(votes: Votes, contrasts: pd.DataFrame, strengths: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Best and worst ranks by the decisions that hold after Holm."""
    better = np.zeros((len(votes.systems),) * 2, dtype=bool)
    tests = contrasts[["p_holm", "t"]].to_numpy(np.float64)
    for (a, b), (p, t) in zip(_pairs(votes), tests.tolist(), strict=True):
        if p < alpha:
            better[(a, b) if t > 0 else (b, a)] = True
    best, worst = ranks(better)
    return strengths[["question", "system", "strength"]].assign(rank_best=best, rank_worst=worst)


def _linear(votes: Votes, contrasts: pd.DataFrame, alpha: float) -> pd.DataFrame:
    pairs = _pairs(votes)
    table = _named(votes, pairs).assign(**dict.fromkeys(LINEAR[3:-1], np.nan), kind="")
    found = linear.fit(votes) if len(votes.systems) >= MIN_SYSTEMS else None
    if found is None:
        return table[list(LINEAR)]
    tests = inference.t_tests(found, _weights(votes, pairs, len(found.coefficients)), alpha)
    columns = {name: getattr(tests, name) for name in TESTED}
    table = table.assign(difference=tests.value, **columns, p_holm=holm(tests.p))
    return linear.compare(contrasts, table, alpha)[list(LINEAR)]


def _notes(votes: Votes, compared: Integers, bound: Integers, why: str, maximum: Maximum | None) -> tuple[Note, ...]:
    question, found = votes.question, []
    if why:
        groups = [[votes.systems[n] for n in np.flatnonzero(compared == group)] for group in np.unique(compared)]
        found.append(note(f"pairs_{why}", question, **({"groups": groups} if why == "not_connected" else {})))
    short = prompt_shortage(len(votes.experts), votes.prompts)
    if short:
        count = len(votes.experts) if short == "few_experts" else votes.prompts
        found.append(note(f"pairs_{short}", question, count=count))
    if not why:
        swept = connectivity.sweeps(votes, bound)
        found += [note("pairs_sweep", question, winners=one, losers=two, count=count) for one, two, count in swept]
        if np.ptp(bound) and not swept:
            found.append(note("pairs_unbounded", question))
    if len(votes.grades) and not votes.has_side:
        found.append(note("pairs_no_side", question))
    missing = [name for name, on in zip(EFFECTS, votes.effects, strict=True) if not on]
    if missing and not why:
        found.append(note("pairs_not_separable", question, components=missing))
    whole = votes.grades[-1] if len(votes.grades) else 0.0
    unused = [grade for grade in range(1, int(whole)) if grade not in votes.grades] if whole.is_integer() else []
    if unused:
        found.append(note("pairs_unused", question, grades=unused))
    if maximum is not None:
        zero = [name for name, sd in zip(maximum.answers.design.effects, maximum.sds, strict=True) if sd == 0]
        if zero:
            found.append(note("pairs_at_zero", question, components=zero))
        if not maximum.converged:
            found.append(note("pairs_not_converged", question))
    return tuple(found)


def _notes_on_pairs(votes: Votes, of_pairs: pair_fit.PairFit) -> tuple[Note, ...]:
    if of_pairs.why in ("one_sided", "not_estimable") and len(votes.systems) > MIN_SYSTEMS:
        return (note(f"pairs_fit_{of_pairs.why}", votes.question),)
    return ()
