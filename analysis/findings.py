"""Every statistic of a report, computed once: frames by the name of their table, and sentences in every language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import (
    mixed_model,
    objective_subjective,
    ordinal_model,
    participants,
    reliability,
    screening,
    sensitivity,
    summaries,
)
from analysis.dataset import Text
from analysis.look import system_label, system_order
from analysis.mixed_model import Fit
from analysis.mixed_model.model import PLANNED
from analysis.p_text import p_text
from analysis.ratings import Ratings
from analysis.words_findings import say

LINKS = ("probit", "logit")
TRUSTED = "probit"
#: All pairs of twelve systems. More, where no plan names any, nobody would read.
MOST_PAIRS = 66
Pair = tuple[str, str]


@dataclass(frozen=True)
class Findings:
    """`frames`: the tables by name, without those that could not be had; `missing` says why, by name.

    `fits`: the mixed model by scale. `fit_notes`: what the models say of themselves (edges, few experts, doubts where
    the ordinal model disagrees). `metric_notes`: what metrics say about ratings, with the warning that belongs to it.
    """

    fits: Mapping[str, Fit]
    frames: Mapping[str, pd.DataFrame]
    missing: Mapping[str, Text]
    fit_notes: tuple[Text, ...]
    metric_notes: tuple[Text, ...] = ()


def compute(ratings: Ratings, *, replicates: int, seed: int) -> Findings:
    """All statistics of some ratings; those that the ratings cannot carry are named in `missing`."""
    scales = ratings.rated_scales
    order = system_order(ratings.counted["system"].unique(), ratings.real_system)
    fits = {scale: _fitted(ratings, scale, order) for scale in scales}
    ordinal = {
        scale: [ordinal_model.fit(ratings.counted, scale, link, systems=order) for link in LINKS] for scale in fits
    }
    screened = screening.screening(ratings.frame, scales)
    frames = {
        "system_means": _stacked([fit.means for fit in fits.values()]),
        "contrasts": _stacked([fit.contrasts for fit in fits.values()]),
        "equivalence": _equivalence(ratings, fits),
        "omnibus": _tested(_stacked([fit.omnibus for fit in fits.values()]), "p"),
        "variance_components": _tested(_stacked([fit.variance_components for fit in fits.values()]), "variance"),
        "ordinal_model": _stacked([fit.table for checks in ordinal.values() for fit in checks]),
        "rating_spread": summaries.rating_spread(ratings, scales),
        "effects": _stacked(
            [
                summaries.effects(fits[scale], check, ratings.alpha)
                for scale, checks in ordinal.items()
                for check in checks
                if check.link == TRUSTED
            ]
        ),
        "precision": summaries.precision(ratings, fits),
        "participants": participants.participants(ratings),
        **_on_experts(ratings, scales, seed),
        "screening": _tested(screened, "agreement"),
        "sensitivity": _sensitivity(ratings, fits, screened, replicates, seed),
    }
    metrics, sentences = _on_metrics(ratings, scales, seed)
    frames |= metrics
    notes = [note for fit in fits.values() for note in fit.notes]
    for scale, checks in ordinal.items():
        notes += [note for check in checks for note in check.notes]
        notes += [
            note
            for check in checks
            if check.link == TRUSTED and not check.contrasts.empty
            for note in ordinal_model.say_disagreements(fits[scale], check, alpha=ratings.alpha)
        ]
    return Findings(
        fits=fits,
        frames={name: frame for name, frame in frames.items() if len(frame)},
        missing={name: say(f"missing_{name}") for name, frame in frames.items() if not len(frame)},
        fit_notes=tuple({note["en"]: note for note in notes}.values()),
        metric_notes=sentences,
    )


def planned_pairs(ratings: Ratings, scale: str) -> list[Pair]:
    """The contrasts that a frozen plan names, for its own scales. Under the seal nobody can tell which they are."""
    if ratings.is_sealed or scale not in ratings.planned_scales:
        return []
    unique = {frozenset(pair): (str(pair[0]), str(pair[1])) for pair in ratings.plan.get("contrasts", [])}
    return list(unique.values())


def primary_scale(ratings: Ratings) -> str:
    """The plan's primary scale, or the first one."""
    scales = ratings.rated_scales
    return next((scale for scale in scales if ratings.status(scale) == "primary"), scales[0])


def _fitted(ratings: Ratings, scale: str, order: Sequence[str]) -> Fit:
    planned = planned_pairs(ratings, scale)
    return mixed_model.fit(ratings.counted, scale, systems=order, contrasts=planned, alpha=ratings.alpha)


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def _tested(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The frame, or none of it where nothing at all could be estimated."""
    return frame if len(frame) and frame[column].notna().any() else frame.iloc[:0]


def _equivalence(ratings: Ratings, fits: Mapping[str, Fit]) -> pd.DataFrame:
    gap = ratings.gap
    tested = [fit.contrasts for fit in fits.values() if fit.contrasts["p"].notna().any()]
    if gap is None:
        return pd.DataFrame()
    return _stacked([mixed_model.equivalence(table, gap, alpha=ratings.alpha) for table in tested])


def _on_experts(ratings: Ratings, scales: Sequence[str], seed: int) -> dict[str, pd.DataFrame]:
    frame, counted = ratings.frame, ratings.counted
    found = {
        "reliability": _tested(reliability.reliability(frame, scales, seed=seed), "value"),
        "agreement_by_group": _tested(reliability.agreement_by_group(frame, scales, seed=seed), "value"),
        "scale_correlations": reliability.scale_correlations(frame, scales, seed=seed),
        "order_effects": _tested(screening.order_effects(frame, scales, ratings.real_system), "estimate"),
    }
    if counted["expert_id"].nunique() == 1:
        found["agreement_by_group"] = found["agreement_by_group"].iloc[:0]
    return found


def sensitivity_pairs(ratings: Ratings, fit: Fit) -> list[Pair]:
    """The planned contrasts; without any, every system and the real music; without that, all pairs.

    None where those are more than MOST_PAIRS and no plan names them.
    """
    pairs = list(zip(fit.contrasts["system_a"], fit.contrasts["system_b"], strict=True))
    planned = fit.contrasts["family"] == PLANNED
    if planned.any():
        return [pair for pair, named in zip(pairs, planned, strict=True) if named]
    chosen = [pair for pair in pairs if ratings.real_system in pair] or pairs
    return chosen if len(chosen) <= MOST_PAIRS else []


def _sensitivity(
    ratings: Ratings, fits: Mapping[str, Fit], screened: pd.DataFrame, replicates: int, seed: int
) -> pd.DataFrame:
    parts, alpha, primary = [], ratings.alpha, primary_scale(ratings)
    for scale, fit in fits.items():
        pairs = sensitivity_pairs(ratings, fit)
        if not pairs:
            continue
        without = None
        if scale == primary:
            without = sensitivity.leave_one_expert_out(ratings.frame, scale, pairs, main=fit, alpha=alpha)
        parts.append(
            sensitivity.sensitivity(
                ratings.frame,
                scale,
                pairs,
                main=fit,
                flagged=screening.flagged_on(screened, scale),
                left_out=without,
                alpha=alpha,
                replicates=replicates,
                seed=seed,
            )
        )
    return _tested(_stacked(parts), "difference")


def _on_metrics(ratings: Ratings, scales: Sequence[str], seed: int) -> tuple[dict[str, pd.DataFrame], tuple[Text, ...]]:
    """The correlations of metrics and ratings, and what may be said of them; nothing where there are no metrics."""
    nothing = {name: pd.DataFrame() for name in ("clip_correlations", "system_correlations")}
    metrics = ratings.metrics
    if metrics is None or not objective_subjective.metric_columns(metrics):
        return nothing, ()
    real, counted = ratings.real_system, ratings.counted
    clips = objective_subjective.clip_correlations(counted, metrics, scales, real=real, seed=seed)
    systems = objective_subjective.system_correlations(counted, metrics, scales, real=real)
    systems = _tested(systems, "rho")
    alpha = ratings.alpha
    notes = [objective_subjective.predictors(clips, scale, alpha) for scale in scales if clips["p"].notna().any()]
    if len(systems):
        notes += [objective_subjective.rankings(systems, scale) for scale in scales]
        notes += list(filter(None, [objective_subjective.systems_sentence(systems)]))
    return {"clip_correlations": clips, "system_correlations": systems}, tuple(notes)


def verdicts(ratings: Ratings, found: Findings) -> tuple[Text, ...]:
    """For each scale plain sentences: which contrasts hold after Holm, and how they stand to the smallest gap."""
    texts: list[Text] = []
    for scale in ratings.scales:
        if scale.key in found.fits:
            texts += _verdicts_on(ratings, found, scale.key, scale.label)
    return tuple(texts)


def _verdicts_on(ratings: Ratings, found: Findings, scale: str, label: Text) -> list[Text]:
    table = found.fits[scale].contrasts
    planned = table[table["family"] == PLANNED]
    if table["p"].isna().all():
        return [say("verdict_none", scale=label)]
    if _is_small(found.fits[scale]):
        return [say("verdict_small", scale=label)]
    told = table if len(table) == 1 else planned
    if len(told):
        return [_on_contrast(ratings, found, row, label) for row in told.to_dict("records")]
    return [_on_pairs(ratings, table, label)]


def _is_small(fit: Fit) -> bool:
    fewest = fit.means[["n_experts", "n_clips"]].min()
    return bool(fewest["n_experts"] < 6 or fewest["n_clips"] < 3)


def _on_contrast(ratings: Ratings, found: Findings, row: Mapping[Any, Any], label: Text) -> Text:
    alpha = ratings.alpha
    if np.isnan(row["p"]):
        return say("contrast_none", scale=label, a=_name(ratings, row["system_a"]), b=_name(ratings, row["system_b"]))
    holds = row["p_holm"] < alpha
    key = ("contrast_higher" if row["difference"] > 0 else "contrast_lower") if holds else "contrast_open"
    return say(
        key,
        scale=label,
        a=_name(ratings, row["system_a"]),
        b=_name(ratings, row["system_b"]),
        difference=_points(abs(row["difference"]) if holds else row["difference"]),
        low=_points(row["ci_low"]),
        high=_points(row["ci_high"]),
        level=ratings.level,
        p=p_text(row["p_holm"]),
        size=_size(ratings, found, row),
    )


def _points(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _size(ratings: Ratings, found: Findings, row: Mapping[Any, Any]) -> Text:
    """How a difference stands to the smallest gap of interest."""
    gap = ratings.gap
    if gap is None:
        return {"en": "", "zh-hans": ""}
    table = found.frames["equivalence"]
    same = (table[["scale", "system_a", "system_b"]] == [row[name] for name in ("scale", "system_a", "system_b")]).all(
        axis=1
    )
    if table[same]["p_holm"].iloc[0] < ratings.alpha:
        return say("size_small", gap=f"{gap:g}")
    beyond = row["ci_low"] > gap or row["ci_high"] < -gap
    return say("size_large" if beyond else "size_open", gap=f"{gap:g}")


def _on_pairs(ratings: Ratings, table: pd.DataFrame, label: Text) -> Text:
    held = table[table["p_holm"] < ratings.alpha]
    names = [
        (a, b) if difference > 0 else (b, a)
        for a, b, difference in zip(held["system_a"], held["system_b"], held["difference"], strict=True)
    ]
    pairs = {
        lang: ("；" if lang == "zh-hans" else "; ").join(
            f"{_name(ratings, a)[lang]} > {_name(ratings, b)[lang]}" for a, b in names
        )
        for lang in ("en", "zh-hans")
    }
    key = "pairs_some" if names else "pairs_nothing"
    return say(key, scale=label, held=len(held), count=int(table["p"].notna().sum()), pairs=pairs)


def _name(ratings: Ratings, system: object) -> Text:
    return {lang: system_label(str(system), lang, ratings.system_labels) for lang in ("en", "zh-hans")}
