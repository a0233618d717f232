"""Every statistic of a report, computed once: frames by the name of their table, and sentences in every language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report import metric_sentences, prompts, reasons
from analysis.report.reasons import MOST_PAIRS
from analysis.report.style import system_label, system_order
from analysis.statistics import (
    effect_sizes,
    mixed_model,
    objective_subjective,
    ordinal_model,
    participants,
    reliability,
    screening,
    sensitivity,
)
from analysis.statistics.mixed_model import Fit
from analysis.statistics.mixed_model.model import PLANNED
from analysis.statistics.ordinal_model import OrdinalFit
from formats.messages import LANGUAGES, SOURCE, in_language

LINKS = ("probit", "logit")
TRUSTED = "probit"
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

    @property
    def is_fitted(self) -> bool:
        """Whether any scale has a mixed model."""
        return any(fit.method != "none" for fit in self.fits.values())


def compute(ratings: Ratings, *, replicates: int, seed: int) -> Findings:
    """All statistics of some ratings; those that the ratings cannot carry are named in `missing`."""
    scales = ratings.rated_scales
    order = system_order(ratings.counted["system"].unique(), ratings.real_system)
    fits = {scale: _fitted(ratings, scale, order) for scale in scales}
    ordinal = {scale: [_checked(ratings, fit, link, order) for link in LINKS] for scale, fit in fits.items()}
    screened = screening.screening(ratings.frame, scales)
    frames = {
        "system_means": _stacked([fit.means for fit in fits.values()]),
        "contrasts": _stacked([fit.contrasts for fit in fits.values()]),
        "equivalence": _equivalence(ratings, fits),
        "omnibus": _tested(_stacked([fit.omnibus for fit in fits.values()]), "p"),
        "variance_components": _tested(_stacked([fit.variance_components for fit in fits.values()]), "variance"),
        "ordinal_model": _stacked([fit.table for checks in ordinal.values() for fit in checks]),
        "rating_spread": effect_sizes.rating_spread(ratings, scales),
        "effects": _stacked(
            [
                effect_sizes.effects(fits[scale], check, ratings.alpha)
                for scale, checks in ordinal.items()
                for check in checks
                if check.link == TRUSTED
            ]
        ),
        "precision": effect_sizes.precision(ratings, fits),
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
            for note in ordinal_model.say_disagreements(
                fits[scale], check, alpha=ratings.alpha, called=_called(ratings, scale), labels=_labels(ratings, order)
            )
        ]
    notes += filter(None, [prompts.shared_prompts(ratings)])
    return Findings(
        fits=fits,
        frames={name: frame for name, frame in frames.items() if len(frame)},
        missing={name: reasons.missing_table(name, ratings, fits) for name, frame in frames.items() if not len(frame)},
        fit_notes=tuple({note[SOURCE]: note for note in notes}.values()),
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
    fitted = mixed_model.fit(
        ratings.counted,
        scale,
        systems=order,
        contrasts=planned,
        alpha=ratings.alpha,
        called=_called(ratings, scale),
        labels=_labels(ratings, {*order, *(system for pair in planned for system in pair)}),
    )
    return mixed_model.guarded(fitted, ratings.alpha)


def _checked(ratings: Ratings, fitted: Fit, link: str, order: Sequence[str]) -> OrdinalFit:
    """The ordinal check of a scale, without tests where the linear model has none."""
    scale, called = fitted.scale, _called(ratings, fitted.scale)
    found = ordinal_model.fit(ratings.counted, scale, link, linear=fitted, systems=order, called=called)
    return ordinal_model.guarded(found, fitted)


def _called(ratings: Ratings, scale: str) -> Text:
    """What the study calls a scale, in every language."""
    label = next((entry.label for entry in ratings.scales if entry.key == scale), {})
    return {lang: in_language(label, lang) or scale for lang in LANGUAGES}


def _labels(ratings: Ratings, systems: Iterable[str]) -> dict[str, Text]:
    return {system: name_of(ratings, system) for system in systems}


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
    found = _stacked([mixed_model.equivalence(table, gap, alpha=ratings.alpha) for table in tested])
    return found[found["p"].notna()].reset_index(drop=True) if len(found) else found


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
    notes: list[Text] = [
        metric_sentences.predictors(clips, scale, alpha, _called(ratings, scale))
        for scale in scales
        if clips["p"].notna().any()
    ]
    if len(systems):
        notes += [metric_sentences.rankings(systems, scale, _called(ratings, scale)) for scale in scales]
        notes += list(filter(None, [metric_sentences.systems_sentence(systems)]))
    return {"clip_correlations": clips, "system_correlations": systems}, tuple(notes)


def name_of(ratings: Ratings, system: object) -> Text:
    """What the study calls a system, in every language."""
    return {lang: system_label(str(system), lang, ratings.system_labels) for lang in LANGUAGES}
