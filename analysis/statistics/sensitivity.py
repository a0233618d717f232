"""Whether the differences remain under other defensible analyses.

Nothing here is applied silently.

Each row of `sensitivity` repeats the mixed model's difference of two systems on other ratings or in another manner;
the row "main" is the analysis itself. `leave_one_expert_out` says what hangs on a single expert. The analyses are

- ``main``: the analysis itself;
- ``bootstrap``: two-way, percentile interval, no p;
- ``screened``: without flagged experts;
- ``with_excluded``: with experts whom rules of the plan exclude, where they exclude anybody;
- ``with_repeats``: mean of first and repeated ratings;
- ``without_known``: without clips that the expert knew (column ``known``);
- ``without_late``: without answers that came late (column ``late``);
- ``first_half``, ``second_half``: of each expert's trials;
- ``trial_adjusted``: the trial's number as a covariate;
- ``one_expert_out``: of the fits without each expert in turn the one with the largest p.

The note of a row says why it is empty: no_column; nothing_differs (nobody is flagged, nothing was late: the main row
holds); too_few (ratings); few_experts, few_clips (see `guards`); all_equal, no_variance (nothing varies, or only
between systems); too_many (experts to leave out in turn); else "".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics import bootstrap, mixed_model
from analysis.statistics.guards import shortage
from analysis.statistics.screening import flagged_on, is_second_half, is_yes, screening

Pair = tuple[str, str]
Row = dict[str, Any]
Rows = list[Row]
#: Ratings to refit, or the note that stands in their place.
Sample = pd.DataFrame | str

KEY = ["expert_id", "system", "clip_id", "scale"]
ESTIMATE = ("difference", "se", "df", "ci_low", "ci_high", "p")
COUNTS = ("n_ratings", "n_experts", "n_clips")
COLUMNS = ("scale", "analysis", "system_a", "system_b", *ESTIMATE, *COUNTS, "note")
LEFT_OUT = ("scale", "left_out", "system_a", "system_b", *ESTIMATE, *COUNTS, "note", "change")

#: In a larger panel no single expert weighs much, and refitting without each would take long.
MAX_LEFT_OUT = 100


def sensitivity(
    frame: pd.DataFrame,
    scale: str,
    pairs: Sequence[Pair],
    *,
    main: mixed_model.Fit | None = None,
    flagged: Collection[str] | None = None,
    left_out: pd.DataFrame | None = None,
    everyone: pd.DataFrame | None = None,
    alpha: float = 0.05,
    replicates: int = 10_000,
    seed: int = 1,
) -> pd.DataFrame:
    """Repeat the differences of two systems under other defensible analyses.

    Parameters
    ----------
    frame : DataFrame
        Ratings with their repeats (column ``is_repeat``).
    scale : str
    pairs : sequence of (str, str)
        Systems a and b; the difference is a - b.
    main : Fit, optional
        The model of the first ratings with the pairs among its contrasts; fitted here if not given.
    flagged : collection of str, optional
        Experts whom ``screening`` flags; found here if not given.
    left_out : DataFrame, optional
        From ``leave_one_expert_out``.
    everyone : DataFrame, optional
        The ratings with those of experts whom rules of the plan exclude.
    alpha : float, default 0.05
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        ``COLUMNS``, in rating points; p is uncorrected. ``one_expert_out`` is there with ``left_out`` only,
        ``with_excluded`` with ``everyone``.
    """
    frame = frame[frame["scale"] == scale]
    first = frame[~frame["is_repeat"]]
    if main is None:
        main = _fitted(first, scale, pairs, alpha)
    if flagged is None:
        flagged = flagged_on(screening(first, [scale]), scale)
    rows = _rows("main", main, first, pairs)
    rows += _bootstrap(first, scale, pairs, alpha, replicates, seed)
    if everyone is not None:
        whole = everyone[(everyone["scale"] == scale) & ~everyone["is_repeat"]]
        rows += _refitted("with_excluded", whole, scale, pairs, alpha, main.ratios)
    for name, sample in _samples(frame, first, flagged):
        rows += _refitted(name, sample, scale, pairs, alpha, main.ratios)
    rows += _trial_adjusted(first, scale, pairs, alpha, main.ratios)
    if left_out is not None:
        rows += _weakest(left_out, scale, pairs, first)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _fitted(
    frame: pd.DataFrame,
    scale: str,
    pairs: Sequence[Pair],
    alpha: float,
    start: Sequence[float] | None = None,
    covariates: Sequence[str] = (),
) -> mixed_model.Fit:
    fitted = mixed_model.fit(frame, scale, contrasts=pairs, covariates=covariates, alpha=alpha, start=start)
    return mixed_model.guard(fitted, alpha)


def _rows(name: str, fitted: mixed_model.Fit, frame: pd.DataFrame, pairs: Sequence[Pair]) -> Rows:
    found = {(row["system_a"], row["system_b"]): row for row in fitted.contrasts.to_dict("records")}
    counts = _counts(frame, pairs)
    rows: Rows = []
    for pair in pairs:
        row = found.get(pair, {"p": np.nan})
        if not np.isnan(row["p"]):
            cells = {key: row[key] for key in ESTIMATE}
            rows.append({**_named(fitted.scale, name, pair), **cells, **counts[pair], "note": ""})
        else:
            rows += _empty(name, fitted.scale, [pair], _why(fitted, pair))
    return rows


def _why(fitted: mixed_model.Fit, pair: Pair) -> str:
    """Why a pair has no test."""
    shortages = fitted.shortages
    return next((shortages[system] for system in pair if shortages.get(system)), "") or fitted.why or "too_few"


def _named(scale: str, name: str, pair: Pair) -> Row:
    return {"scale": scale, "analysis": name, "system_a": pair[0], "system_b": pair[1]}


def _counts(frame: pd.DataFrame, pairs: Sequence[Pair]) -> dict[Pair, Row]:
    """How many ratings, experts and clips the two systems of each pair have together."""
    ratings, experts, clips = Counter[str](), defaultdict[str, set[str]](set), Counter[str]()
    for system, part in frame.groupby("system")[["expert_id", "clip_id"]]:
        ratings[str(system)], clips[str(system)] = len(part), part["clip_id"].nunique()
        experts[str(system)] = set(part["expert_id"])
    numbers = {(a, b): (ratings[a] + ratings[b], len(experts[a] | experts[b]), clips[a] + clips[b]) for a, b in pairs}
    return {pair: dict(zip(COUNTS, counts, strict=True)) for pair, counts in numbers.items()}


def _empty(name: str, scale: str, pairs: Sequence[Pair], note: str) -> Rows:
    nothing = dict.fromkeys((*ESTIMATE, *COUNTS), np.nan)
    return [{**_named(scale, name, pair), **nothing, "note": note} for pair in pairs]


def _bootstrap(
    frame: pd.DataFrame, scale: str, pairs: Sequence[Pair], alpha: float, replicates: int, seed: int
) -> Rows:
    systems = sorted(frame["system"].unique())
    draws = bootstrap.replicate_means(bootstrap.cross(frame, [scale], systems), replicates, seed)[:, 0]
    means = frame.groupby("system")["rating"].mean()
    every = _counts(frame, pairs)
    rows: Rows = []
    for a, b in pairs:
        counts = every[a, b]
        why = _why_not_resampled(frame, (a, b))
        if why:
            rows += _empty("bootstrap", scale, [(a, b)], why)
            continue
        gaps = draws[:, systems.index(a)] - draws[:, systems.index(b)]
        gaps = gaps[~np.isnan(gaps)]
        low, high = np.quantile(gaps, [alpha / 2, 1 - alpha / 2])
        cells = (means[a] - means[b], gaps.std(ddof=1), np.nan, low, high, np.nan)
        found = dict(zip(ESTIMATE, cells, strict=True))
        rows.append({**_named(scale, "bootstrap", (a, b)), **found, **counts, "note": ""})
    return rows


def _why_not_resampled(frame: pd.DataFrame, pair: Pair) -> str:
    """Why resampling says nothing of a pair, or ""."""
    rated = [frame[frame["system"] == system] for system in pair]
    short = [shortage(part["expert_id"].nunique(), part["clip_id"].nunique()) for part in rated]
    if any(part.empty for part in rated) or any(short):
        return "too_few" if any(part.empty for part in rated) else next(filter(None, short))
    if frame["rating"].nunique() == 1:
        return "all_equal"
    return "no_variance" if all(part["rating"].nunique() == 1 for part in rated) else ""


def _samples(frame: pd.DataFrame, first: pd.DataFrame, flagged: Collection[str]) -> Iterator[tuple[str, Sample]]:
    """Each other set of ratings by the name of its row, or the note that stands in its place."""
    yield "screened", _differing(first[~first["expert_id"].isin(flagged)], first)
    known = [*KEY, "prompt_id"] if "prompt_id" in frame else KEY  # the model needs the prompts of clips
    repeated: pd.DataFrame = frame.groupby(known, dropna=False)["rating"].mean().reset_index()
    yield "with_repeats", repeated if frame["is_repeat"].any() else "nothing_differs"
    for name in ("known", "late"):
        kept = first[~is_yes(first[name])] if name in first else None
        yield f"without_{name}", "no_column" if kept is None else _differing(kept, first)
    if "trial" not in first or first["trial"].isna().any():
        yield from (("first_half", "no_column"), ("second_half", "no_column"))
    else:
        late = is_second_half(first)
        yield from (("first_half", first[~late]), ("second_half", first[late]))


def _differing(kept: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame | str:
    return kept if len(kept) < len(first) else "nothing_differs"


def _refitted(
    name: str,
    sample: Sample,
    scale: str,
    pairs: Sequence[Pair],
    alpha: float,
    start: Sequence[float] | None,
) -> Rows:
    if isinstance(sample, str):
        return _empty(name, scale, pairs, sample)
    if sample.empty:
        return _empty(name, scale, pairs, "too_few")
    return _rows(name, _fitted(sample, scale, pairs, alpha, start), sample, pairs)


def _trial_adjusted(
    first: pd.DataFrame, scale: str, pairs: Sequence[Pair], alpha: float, start: Sequence[float] | None
) -> Rows:
    if "trial" not in first or first["trial"].isna().any():
        return _empty("trial_adjusted", scale, pairs, "no_column")
    try:
        fitted = _fitted(first, scale, pairs, alpha, start, covariates=["trial"])
    except ValueError:  # so few ratings that the trial cannot be told from systems
        return _empty("trial_adjusted", scale, pairs, "too_few")
    return _rows("trial_adjusted", fitted, first, pairs)


def _weakest(left_out: pd.DataFrame, scale: str, pairs: Sequence[Pair], first: pd.DataFrame) -> Rows:
    rows: Rows = []
    for pair in pairs:
        part = left_out[(left_out["system_a"] == pair[0]) & (left_out["system_b"] == pair[1])].dropna(subset=["p"])
        if part.empty:
            rows += _empty("one_expert_out", scale, [pair], _why_none_left_out(left_out, first))
        else:
            weakest: Row = dict(part.sort_values("p")[[*ESTIMATE, *COUNTS]].iloc[-1])
            rows.append({**_named(scale, "one_expert_out", pair), **weakest, "note": ""})
    return rows


def _why_none_left_out(left_out: pd.DataFrame, first: pd.DataFrame) -> str:
    if left_out.empty:
        return "too_many" if first["expert_id"].nunique() > MAX_LEFT_OUT else "few_experts"
    return str(left_out["note"].iloc[0]) or "too_few"


def leave_one_expert_out(
    frame: pd.DataFrame,
    scale: str,
    pairs: Sequence[Pair],
    *,
    main: mixed_model.Fit | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Estimate the differences without each expert in turn.

    Parameters
    ----------
    frame : DataFrame
        Ratings with their repeats (column ``is_repeat``).
    scale : str
    pairs : sequence of (str, str)
    main : Fit, optional
        The model of the whole panel, from which each fit starts; fitted here if not given.
    alpha : float, default 0.05

    Returns
    -------
    DataFrame
        ``LEFT_OUT``. ``change`` is "sign" or "significance" (uncorrected, at alpha) where it is not that of the whole
        panel, else "". No rows for fewer than three experts or more than ``MAX_LEFT_OUT``.
    """
    first = frame[(frame["scale"] == scale) & ~frame["is_repeat"]]
    experts = sorted(first["expert_id"].unique())
    if not 2 < len(experts) <= MAX_LEFT_OUT:
        return pd.DataFrame([], columns=list(LEFT_OUT))
    if main is None:
        main = _fitted(first, scale, pairs, alpha)
    whole = {(row["system_a"], row["system_b"]): row for row in _rows("main", main, first, pairs)}
    rows: Rows = []
    for expert in experts:
        others = first[first["expert_id"] != expert]
        for row in _refitted("", others, scale, pairs, alpha, main.ratios):
            change = _change(row, whole[row["system_a"], row["system_b"]], alpha)
            rows.append({**row, "left_out": expert, "change": change})
    return pd.DataFrame(rows, columns=list(LEFT_OUT))


def _change(row: Row, whole: Row, alpha: float) -> str:
    one, other = (np.array([r["difference"], r["p"]], dtype=np.float64) for r in (row, whole))
    if np.isnan(one).any() or np.isnan(other).any():
        return ""
    if one[0] * other[0] < 0:
        return "sign"
    return "significance" if (one[1] < alpha) != (other[1] < alpha) else ""
