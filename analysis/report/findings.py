"""What is computed of some ratings, each statistic once: models, frames, and sentences in every language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report import columns, fit_notes, metric_sentences, prompts, reasons
from analysis.report.reasons import MAX_PAIRS
from analysis.report.registry import Finding, Made, Rows, Section
from analysis.report.style import system_label, system_order
from analysis.statistics import (
    bootstrap,
    effect_sizes,
    mixed_model,
    ordinal_model,
    screening,
)
from analysis.statistics.mixed_model import Fit
from analysis.statistics.mixed_model.model import PLANNED
from analysis.statistics.notes import Note
from analysis.statistics.ordinal_model import OrdinalFit
from analysis.statistics.pilot import Pilot
from formats.messages import LANGUAGES, SOURCE, in_language

LINKS = ("probit", "logit")
TRUSTED = "probit"
Pair = tuple[str, str]


class Findings(Made):
    """Ratings and all that is computed of them; a statistic is computed when it is first asked for.

    `fits`: the mixed model by scale. `means`: those of the models, with the reason where they have no interval.
    """

    def __init__(self, ratings: Ratings, sections: Sequence[Section[Any]], *, replicates: int, seed: int) -> None:
        super().__init__(sections)
        self.ratings, self.replicates, self.seed = ratings, replicates, seed
        self.is_simulated, self.is_sealed, self.title = ratings.is_simulated, ratings.is_sealed, ratings.title
        self.order = system_order(ratings.counted["system"].unique(), ratings.real_system, ratings.anchors)
        self.scales = ratings.rated_scales

    def rows(self, finding: Finding[Any], lang: str) -> Rows:
        """Heading and rows of a table for reading."""
        return columns.shown(self.frame(finding.name), self.ratings, lang, finding.columns)

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables by name, without those that could not be had."""
        tables = [name for name, finding in self.findings.items() if not finding.draw]
        return {name: self.frame(name) for name in tables if len(self.frame(name))}

    @property
    def missing(self) -> dict[str, Text]:
        """For each other table the reason, by name."""
        return {
            name: self.because(finding)
            for name, finding in self.findings.items()
            if finding.why and not (finding.draw or len(self.frame(name)) or self.hides(finding))
        }

    def because(self, finding: Finding[Any]) -> Text:
        """That a finding is missing, and why."""
        return reasons.because(finding.title, finding.why(self) if finding.why else ())

    def has(self, name: str, column: str, **picked: str) -> bool:
        """Whether a table has a value in a column, in the rows picked."""
        frame = self.frame(name)
        for key, value in picked.items():
            frame = frame[frame[key] == value] if len(frame) else frame
        return bool(len(frame) and frame[column].notna().any())

    @property
    def primary(self) -> str:
        """The scale that figures of one scale and the checklist speak of."""
        return primary_scale(self.ratings)

    @cached_property
    def fits(self) -> dict[str, Fit]:
        return {scale: _fitted(self.ratings, scale, self.order) for scale in self.scales}

    @cached_property
    def ordinal(self) -> dict[str, list[OrdinalFit]]:
        """The ordinal checks by scale, one a link."""
        return {
            scale: [_checked(self.ratings, fit, link, self.order) for link in LINKS] for scale, fit in self.fits.items()
        }

    @property
    def trusted(self) -> list[tuple[Fit, OrdinalFit]]:
        """Each mixed model and the ordinal one that it is compared with."""
        checks = [check for of_scale in self.ordinal.values() for check in of_scale]
        return [(self.fits[check.scale], check) for check in checks if check.link == TRUSTED]

    @cached_property
    def bootstrapped(self) -> pd.DataFrame:
        """The means by resampling alone."""
        keys = [scale.key for scale in self.ratings.scales]
        draws = {"replicates": self.replicates, "seed": self.seed}
        return bootstrap.system_means(self.ratings.counted, keys, self.order, alpha=self.ratings.alpha, **draws)

    @cached_property
    def means(self) -> pd.DataFrame:
        return model_means(stacked([fit.means for fit in self.fits.values()]), self.bootstrapped)

    @cached_property
    def screened(self) -> pd.DataFrame:
        return screening.screening(self.ratings.frame, self.scales)

    @cached_property
    def plannable(self) -> Pilot | str:
        """What a further study could build on, or the key of the reason why it cannot."""
        return effect_sizes.plannable(self.ratings, self.fits[self.primary])

    @property
    def is_fitted(self) -> bool:
        """Whether any scale has a mixed model."""
        return bool(self.fitted)

    @property
    def fitted(self) -> list[str]:
        """The scales that have a mixed model."""
        return [scale for scale, fit in self.fits.items() if fit.method != "none"]

    @property
    def unfitted(self) -> list[str]:
        return [scale for scale in self.fits if scale not in self.fitted]

    @property
    def untold(self) -> list[str]:
        """The fitted scales whose design cannot tell all variances apart."""
        frame = self.frame("variance_components")
        return [scale for scale in self.fitted if frame.loc[frame["scale"] == scale, "variance"].isna().any()]

    @property
    def has_prompts(self) -> bool:
        """Whether any mixed model has random effects of prompts."""
        return self._notes_have("prompts")

    @property
    def lacks_prompts(self) -> bool:
        """Whether prompts that systems share are too many for any mixed model."""
        return self._notes_have("prompts_too_large")

    def _notes_have(self, code: str) -> bool:
        return any(note.code == code for fit in self.fits.values() for note in fit.notes)

    @property
    def has_intervals(self) -> bool:
        """Whether any mean or difference has an interval."""
        return self.has("system_means", "ci_low") or self.has("contrasts", "ci_low")

    @cached_property
    def fit_notes(self) -> tuple[Text, ...]:
        """What the models say of themselves: edges, few experts, doubts where the ordinal model disagrees."""
        ratings = self.ratings
        notes = [note for fit in self.fits.values() for note in fit.notes]
        for scale, fit in self.fits.items():
            notes += [note for check in self.ordinal[scale] for note in check.notes]
            notes += [
                note
                for check in self.ordinal[scale]
                if check.link == TRUSTED and not check.contrasts.empty
                for note in ordinal_model.notes_on_agreement(fit, check, alpha=ratings.alpha)
            ]
        return _in_words(ratings, notes)

    @cached_property
    def metric_notes(self) -> tuple[Text, ...]:
        """What metrics say about ratings, with the warning that belongs to it."""
        clips, systems = self.frame("clip_correlations"), self.frame("system_correlations")
        if clips.empty and systems.empty:
            return ()
        alpha = self.ratings.alpha
        names = {scale: called(self.ratings, scale) for scale in self.scales}
        notes: list[Text] = [
            metric_sentences.predictors(clips, scale, alpha, name)
            for scale, name in names.items()
            if clips["p"].notna().any()
        ]
        if len(systems):
            notes += [metric_sentences.rankings(systems, scale, name) for scale, name in names.items()]
            notes += list(filter(None, [metric_sentences.systems_sentence(systems)]))
        return tuple(notes)


def model_means(means: pd.DataFrame, bootstrapped: pd.DataFrame) -> pd.DataFrame:
    """The models' means, with no interval where so few experts or clips, or equal ratings, allow none."""
    reason = bootstrapped["reason"].where(bootstrapped["reason"] != "sparse", "")
    found = means.merge(
        bootstrapped[["scale", "system"]].assign(reason=reason), on=["scale", "system"], how="left"
    ).fillna({"reason": ""})
    found.loc[found["reason"] != "", ["se", "df", "ci_low", "ci_high"]] = float("nan")
    return found


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
        apart=ratings.anchors,
        alpha=ratings.alpha,
    )
    return mixed_model.guard(fitted, ratings.alpha)


def _checked(ratings: Ratings, fitted: Fit, link: str, order: Sequence[str]) -> OrdinalFit:
    """The ordinal check of a scale, without tests where the linear model has none."""
    found = ordinal_model.fit(ratings.counted, fitted.scale, link, linear=fitted, systems=order)
    return ordinal_model.guard(found, fitted)


def called(ratings: Ratings, scale: str) -> Text:
    """What the study calls a scale, in every language."""
    label = next((entry.label for entry in ratings.scales if entry.key == scale), {})
    return {lang: in_language(label, lang) or scale for lang in LANGUAGES}


def _in_words(ratings: Ratings, notes: Iterable[Note]) -> tuple[Text, ...]:
    """The notes of the models and what is said of prompts, each once."""
    planned = (str(system) for pair in ratings.plan.get("contrasts", []) for system in pair)
    systems = {system: name_of(ratings, system) for system in {*ratings.counted["system"].unique(), *planned}}
    scales = {scale: called(ratings, scale) for scale in ratings.rated_scales}
    said = [*(fit_notes.in_words(note, scales, systems) for note in notes), prompts.shared_prompts(ratings)]
    return tuple({text[SOURCE]: text for text in said if text}.values())


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The frames below one another, without those that have no rows."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def tested(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The frame, or none of it where nothing at all could be estimated."""
    return frame if len(frame) and frame[column].notna().any() else frame.iloc[:0]


def sensitivity_pairs(ratings: Ratings, fit: Fit) -> list[Pair]:
    """The planned contrasts; without any, every system and the real music; without that, all pairs.

    None where those are more than MAX_PAIRS and no plan names them.
    """
    pairs = list(zip(fit.contrasts["system_a"], fit.contrasts["system_b"], strict=True))
    planned = fit.contrasts["family"] == PLANNED
    if planned.any():
        return [pair for pair, named in zip(pairs, planned, strict=True) if named]
    chosen = [pair for pair in pairs if ratings.real_system in pair] or pairs
    return chosen if len(chosen) <= MAX_PAIRS else []


def name_of(ratings: Ratings, system: object) -> Text:
    """What the study calls a system, in every language."""
    return {lang: system_label(str(system), lang, ratings.system_labels) for lang in LANGUAGES}
