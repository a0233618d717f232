"""The methods text of a report: each sentence where what it tells was computed, and nowhere else.

`SENTENCES` joins every sentence with its condition, in the order of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import pandas as pd

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report.findings import Findings, Pair, planned_pairs, primary_scale
from analysis.report.formulas import scales_by_formula
from analysis.report.prompts import shared_prompts
from analysis.report.style import system_label
from analysis.report.tables import span
from analysis.statistics.mixed_model.model import ALL_PAIRS, PLANNED
from analysis.words_findings import points
from analysis.words_methods import METHODS, OTHER_ANALYSES
from formats.messages import LANGUAGES, SOURCE, clauses, counter, in_a_row, in_language, listed

DESIGN = ("heard_per_expert", "clips_per_system", "repeats", "practice")


@dataclass(frozen=True)
class Made:
    """What was computed of some ratings."""

    ratings: Ratings
    found: Findings

    def frame(self, name: str) -> pd.DataFrame:
        """A table, without rows where it could not be had."""
        return self.found.frames.get(name, pd.DataFrame())

    def has(self, name: str, column: str, **picked: str) -> bool:
        """Whether a table has a value in a column, in the rows picked."""
        frame = self.frame(name)
        for key, value in picked.items():
            frame = frame[frame[key] == value] if len(frame) else frame
        return bool(len(frame) and frame[column].notna().any())

    @cached_property
    def fitted(self) -> list[str]:
        """The scales that have a mixed model."""
        return [scale for scale, fit in self.found.fits.items() if fit.method != "none"]

    @cached_property
    def unfitted(self) -> list[str]:
        return [scale for scale in self.found.fits if scale not in self.fitted]

    @cached_property
    def untold(self) -> list[str]:
        """The fitted scales whose design cannot tell all variances apart."""
        frame = self.frame("variance_components")
        return [scale for scale in self.fitted if frame.loc[frame["scale"] == scale, "variance"].isna().any()]

    @cached_property
    def checked(self) -> list[str]:
        """The scales that have an ordinal model."""
        frame = self.frame("ordinal_model")
        return list(dict.fromkeys(frame["scale"])) if len(frame) else []

    @cached_property
    def other_analyses(self) -> list[str]:
        """The rows of the table `sensitivity` that could be made, without the analysis itself."""
        return [name for name in OTHER_ANALYSES[SOURCE] if self.has("sensitivity", "difference", analysis=name)]

    @property
    def has_freedom(self) -> bool:
        """Whether any mean or difference has degrees of freedom."""
        return self.has("system_means", "df") or self.has("contrasts", "df")

    @property
    def has_intervals(self) -> bool:
        """Whether any mean or difference has an interval."""
        return self.has("system_means", "ci_low") or self.has("contrasts", "ci_low")

    def adjusted(self, family: str) -> bool:
        """Whether differences of a family were tested whose p is adjusted for more than one test."""
        frame = self.frame("contrasts")
        tested = frame[frame["p"].notna()] if len(frame) else frame
        for _, rows in tested.groupby("scale") if len(tested) else ():
            of_family = rows[rows["family"] == family]
            if len(of_family) and len(of_family if family == PLANNED else rows) > 1:
                return True
        return False


Condition = Callable[[Made], bool]
#: Paragraph, sentence, and when it holds.
SENTENCES: Sequence[tuple[str, str, Condition]] = (
    ("simulated", "simulated", lambda made: made.ratings.is_simulated),
    ("listening", "listening", lambda made: True),
    ("listening", "repeats", lambda made: len(made.ratings.frame) > len(made.ratings.counted)),
    ("listening", "missing", lambda made: made.ratings.n_missing > 0),
    ("design", "design", lambda made: set(DESIGN) <= set(made.ratings.design)),
    ("plan", "plan", lambda made: bool(made.ratings.plan_sha256)),
    ("plan", "no_plan", lambda made: not made.ratings.plan_sha256),
    ("model", "model", lambda made: bool(made.fitted)),
    ("model", "residual", lambda made: any(len(made.found.fits[scale].means) > 1 for scale in made.fitted)),
    ("model", "freedom", lambda made: made.has_freedom),
    ("model", "random", lambda made: made.has_intervals and not made.untold),
    ("model", "untold", lambda made: bool(made.untold)),
    ("model", "unfitted", lambda made: bool(made.unfitted)),
    ("model", "withheld", lambda made: any(any(fit.shortages.values()) for fit in made.found.fits.values())),
    ("model", "intervals", lambda made: made.has_intervals),
    ("model", "adjusted_planned", lambda made: made.adjusted(PLANNED)),
    ("model", "adjusted_pairs", lambda made: made.adjusted(ALL_PAIRS)),
    ("model", "scales_apart", lambda made: made.has("contrasts", "p") and len(made.found.fits) > 1),
    ("model", "omnibus", lambda made: made.has("omnibus", "p")),
    ("equivalence", "equivalence", lambda made: made.has("equivalence", "p")),
    ("ordinal", "ordinal", lambda made: bool(made.checked)),
    ("ordinal", "ordinal_compared", lambda made: compared(made.found) > 0),
    ("ordinal", "ordinal_ratio", lambda made: made.has("effects", "test", test="likelihood ratio")),
    ("sensitivity", "sensitivity", lambda made: bool(made.other_analyses)),
    ("experts", "screening", lambda made: made.has("screening", "agreement")),
    ("experts", "order", lambda made: made.has("order_effects", "estimate")),
    ("agreement", "icc", lambda made: made.has("reliability", "value", statistic="icc_2_1")),
    ("agreement", "alpha", lambda made: made.has("reliability", "value", statistic="alpha_ordinal")),
    ("agreement", "retest", lambda made: made.has("reliability", "value", statistic="retest_same")),
    ("agreement", "groups", lambda made: made.has("agreement_by_group", "value")),
    ("agreement", "together", lambda made: made.has("scale_correlations", "value")),
    ("metrics", "metrics", lambda made: made.has("clip_correlations", "p")),
    ("metrics", "systems", lambda made: made.has("system_correlations", "rho")),
    ("prompts", "prompts", lambda made: bool(shared_prompts(made.ratings))),
    ("software", "software", lambda made: True),
)


def compared(found: Findings) -> int:
    """How many differences have a test in both the linear and the ordinal model."""
    effects = found.frames.get("effects", pd.DataFrame({"kind": []}))
    return int((effects["kind"] != "").sum())


def methods(ratings: Ratings, found: Findings, stamp: Mapping[str, str], replicates: int) -> list[Text]:
    """The paragraphs of the methods text, in every language; `stamp` as the report's own."""
    made = Made(ratings, found)
    values = {lang: {**facts(ratings, lang), **_named(made, lang, replicates), **stamp} for lang in LANGUAGES}
    paragraphs: list[Text] = []
    for _, parts in groupby(parts_of(made), key=lambda part: part[0]):
        keys = [key for _, key in parts]
        paragraphs.append({lang: _paragraph(keys, values[lang], lang) for lang in LANGUAGES})
    return paragraphs


def parts_of(made: Made) -> list[tuple[str, str]]:
    """Paragraph and key of the sentences that hold."""
    return [(paragraph, key) for paragraph, key, holds in SENTENCES if holds(made)]


def _paragraph(keys: Iterable[str], values: Mapping[str, object], lang: str) -> str:
    sentences = (METHODS[lang][key].format(**values).strip() for key in keys)
    return re.sub(" {2,}", " ", in_a_row(lang, sentences))


def _named(made: Made, lang: str, replicates: int) -> dict[str, str]:
    """Scales and analyses that sentences name."""
    analyses = [OTHER_ANALYSES[lang][name].format(replicates=f"{replicates:,}") for name in made.other_analyses]
    scales = {key: _scales(made, getattr(made, key), lang) for key in ("fitted", "unfitted", "untold", "checked")}
    return {
        **scales,
        "models": _models(made, lang),
        "analyses": listed(lang, analyses),
        "pairs_adjusted": _pairs_adjusted(made, lang),
    }


def _models(made: Made, lang: str) -> str:
    """Each formula with the scales that have it."""
    named = [
        METHODS[lang]["model_on"].format(scales=_scales(made, scales, lang), formula=formula)
        for formula, scales in scales_by_formula(made.found.fits).items()
    ]
    return clauses(lang, named)


def _scales(made: Made, keys: Sequence[str], lang: str) -> str:
    if len(keys) == len(made.found.fits) > 1:
        return METHODS[lang]["each_scale"]
    return listed(lang, (label_of(made.ratings, key, lang) for key in keys))


def _pairs_adjusted(made: Made, lang: str) -> str:
    return METHODS[lang]["other_pairs" if made.adjusted(PLANNED) else "all_pairs"]


def facts(ratings: Ratings, lang: str) -> dict[str, object]:
    """What sentences name, in a language."""
    words, scale = METHODS[lang], primary_scale(ratings)
    return {
        **{key: ratings.design.get(key, "") for key in DESIGN},
        **_counts(ratings, lang),
        "scales": scales_text(ratings, lang),
        "hash": ratings.plan_sha256,
        "primary": label_of(ratings, scale, lang),
        "contrasts": _pairs_text(ratings, planned_pairs(ratings, scale), lang) or words["no_contrasts"],
        "alpha": ratings.alpha,
        "level": ratings.level,
        "gap": points(ratings.gap)[lang] if ratings.gap else words["no_gap"],
        "exclusions": planned_text(ratings, "exclusions", lang),
        "dropouts": planned_text(ratings, "dropouts", lang),
    }


def _counts(ratings: Ratings, lang: str) -> dict[str, object]:
    """How many there are of everything, as numbers and with their nouns (..._named)."""
    frame, ngettext = ratings.counted, counter(lang)
    experts, systems = frame["expert_id"].nunique(), frame["system"].nunique()
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    counting, repeated, missing = len(frame), len(ratings.frame) - len(frame), ratings.n_missing
    practice = int(ratings.design.get("practice", 0))
    return {
        "clips": clips,
        "missing": f"{missing:,}",
        "experts_named": ngettext("{count:,} expert", "{count:,} experts", experts),
        "clips_named": ngettext("{count:,} clip", "{count:,} clips", clips),
        "systems_named": ngettext("{count:,} system", "{count:,} systems", systems),
        "ratings_named": ngettext("{count:,} rating counts", "{count:,} ratings count", counting),
        "repeated_named": ngettext(
            "{count:,} rating of repeated clips is", "{count:,} ratings of repeated clips are", repeated
        ),
        "missing_named": ngettext("{count:,} rating was", "{count:,} ratings were", missing),
        "practice_named": ngettext(
            "{count:,} practice clip not counted", "{count:,} practice clips not counted", practice
        ),
    }


def label_of(ratings: Ratings, key: str, lang: str) -> str:
    """What a scale is called."""
    return next((in_language(scale.label, lang) for scale in ratings.scales if scale.key == key), "") or key


def scales_text(ratings: Ratings, lang: str) -> str:
    """Every scale with its bounds, in a row."""
    names = [f"{label_of(ratings, s.key, lang)} ({span(f'{s.minimum:g}', f'{s.maximum:g}')})" for s in ratings.scales]
    return listed(lang, names)


def _pairs_text(ratings: Ratings, pairs: Sequence[Pair], lang: str) -> str:
    names = [" − ".join(system_label(system, lang, ratings.system_labels) for system in pair) for pair in pairs]
    return clauses(lang, names)


def planned_text(ratings: Ratings, key: str, lang: str) -> str:
    """A rule of the plan in its own words, in the language it has."""
    given = ratings.plan.get(key, "")
    return in_language(given, lang) if isinstance(given, Mapping) else str(given)
