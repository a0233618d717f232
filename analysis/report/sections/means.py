"""What experts answered: the systems' means, and every difference between two systems."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.checklist import question
from analysis.report.columns import shown, system_called
from analysis.report.figures.parts import caption_of
from analysis.report.figures.spread import figure7b, spread_frame
from analysis.report.findings import Findings, stacked, tested
from analysis.report.formulas import scales_by_formula
from analysis.report.methods import facts, scales_named, sentence
from analysis.report.registry import Finding, Rows, Section
from analysis.report.style import system_order
from analysis.report.tables import fixed, say, span
from analysis.statistics import effect_sizes, mixed_model
from analysis.statistics.bootstrap import COLUMNS
from analysis.statistics.mixed_model.model import ALL_PAIRS, PLANNED
from analysis.words import WORDS
from analysis.words_methods import ANSWERS, METHODS
from analysis.words_tables import CAPTIONS, NOTES
from formats.messages import LazyText, clauses, in_language

#: Columns of the table `effects` that the ordinal model fills.
OF_ORDINAL = ["link", "estimate", "p_ordinal", "test", "kind"]


# --- means


def _means_caption(found: Findings) -> Text:
    key = "means_caption" if found.means["ci_low"].notna().any() else "means_caption_alone"
    return say(key, level=found.ratings.level)


def _means_notes(found: Findings) -> list[Text]:
    notes: list[Text] = [say("method_line", method=_method(found))]
    outside = found.ratings.exploratory_scales
    exploratory = [say("table_exploratory", scales=", ".join(outside))] if outside else []
    return [*notes, *exploratory, *empty_interval_notes(found.means)]


def _method(found: Findings) -> Text:
    """How the means were computed, and their df and intervals where there are any."""
    formulas, means = list(scales_by_formula(found.fits)), found.means
    if not formulas:
        return say("plain_method")
    parts = [say("model_method", formulas=LazyText.of(lambda lang: WORDS[lang]["or"].join(formulas)))]
    parts += [say("freedom_method")] if means["df"].notna().any() else []
    parts += [say("interval_method", level=found.ratings.level)] if means["ci_low"].notna().any() else []
    return LazyText.of(lambda lang: "".join(part[lang] for part in parts))


def empty_interval_notes(means: pd.DataFrame) -> list[Text]:
    """One sentence for each reason why intervals are empty, with the systems and scales concerned."""
    notes: list[Text] = []
    for reason, rows in means[means["reason"] != ""].groupby("reason"):
        cells = [f"{system} ({', '.join(part['scale'])})" for system, part in rows.groupby("system", sort=False)]
        notes.append(say(f"reason_{reason}", cells="; ".join(cells)))
    return notes


def _means_grid(found: Findings, lang: str) -> Rows:
    """A row a system, a column a scale."""
    ratings = found.ratings
    rows_of = {(row["scale"], row["system"]): row for row in found.means.to_dict("records")}
    rows = []
    for system in system_order(ratings.systems, ratings.real_system):
        cells = [rows_of.get((scale.key, system)) for scale in ratings.scales]
        rows.append([system_called(ratings, system, lang), *("" if row is None else _mean_cell(row) for row in cells)])
    return [WORDS[lang]["system"], *(in_language(scale.label, lang) for scale in ratings.scales)], rows


def _mean_cell(row: Mapping[object, float]) -> str:
    interval = "" if pd.isna(row["ci_low"]) else f" ({span(fixed(row['ci_low'], 2), fixed(row['ci_high'], 2))})"
    return fixed(row["mean"], 2).replace("-", "−") + interval


def _models(found: Findings, lang: str) -> str:
    """Each formula with the scales that have it."""
    models = [
        METHODS[lang]["model_on"].format(scales=scales_named(found, scales, lang), formula=formula)
        for formula, scales in scales_by_formula(found.fits).items()
    ]
    return clauses(lang, models)


def _has_freedom(found: Findings) -> bool:
    return found.has("system_means", "df") or found.has("contrasts", "df")


def _unit(found: Findings) -> str:
    if not found.has_intervals:
        return "unit_none"
    return "unit_untold" if found.untold else "unit"


SYSTEM_MEANS = Finding[Findings](
    "system_means",
    reasons.title("system_means"),
    _means_caption,
    lambda found: found.means[list(COLUMNS)],
    notes=_means_notes,
    grid=_means_grid,
    decimals=2,
    folded=False,
    under_codes=True,
    sentences=[
        sentence("model", "model", lambda found: found.is_fitted, lambda found, lang: {"models": _models(found, lang)}),
        sentence("model", "residual", lambda found: any(len(found.fits[scale].means) > 1 for scale in found.fitted)),
        sentence("model", "freedom", _has_freedom),
        sentence("model", "random", lambda found: found.has_intervals and not found.untold),
        sentence(
            *("model", "untold"),
            lambda found: bool(found.untold),
            lambda found, lang: {"untold": scales_named(found, found.untold, lang)},
        ),
        sentence(
            *("model", "unfitted"),
            lambda found: bool(found.unfitted),
            lambda found, lang: {"unfitted": scales_named(found, found.unfitted, lang)},
        ),
        sentence("model", "withheld", lambda found: any(any(fit.shortages.values()) for fit in found.fits.values())),
        sentence("model", "intervals", lambda found: found.has_intervals),
    ],
    questions=[question("unit", lambda found, lang: {"unit": ANSWERS[lang][_unit(found)]})],
)


# --- how often each rating was given


FIGURE_7B = Finding[Findings](
    "figure7b",
    reasons.title("figure7b"),
    caption_of("figure7b"),
    lambda found: spread_frame(found.ratings),
    lambda found: ["no_steps"],
    draw=lambda found, frame, lang: figure7b(found.ratings, frame, lang),
)


# --- differences between systems


def adjusted(found: Findings, family: str) -> bool:
    """Whether differences of a family were tested whose p is adjusted for more than one test."""
    frame = found.frame("contrasts")
    tests = frame[frame["p"].notna()] if len(frame) else frame
    for _, rows in tests.groupby("scale") if len(tests) else ():
        of_family = rows[rows["family"] == family]
        if len(of_family) and len(of_family if family == PLANNED else rows) > 1:
            return True
    return False


def _many(found: Findings, lang: str) -> str:
    words, planned = ANSWERS[lang], adjusted(found, PLANNED)
    if planned or adjusted(found, ALL_PAIRS):
        return words["many"].format(family=words["planned" if planned else "all_pairs"])
    return words["many_one" if found.has("contrasts", "p") else "many_none"]


def _pairs_adjusted(found: Findings, lang: str) -> Mapping[str, str]:
    return {"pairs_adjusted": METHODS[lang]["other_pairs" if adjusted(found, PLANNED) else "all_pairs"]}


def _contrasts_key(found: Findings) -> str:
    return "contrasts" if found.has("contrasts", "p") else "contrasts_alone"


CONTRASTS = Finding[Findings](
    "contrasts",
    reasons.title("contrasts"),
    lambda found: CAPTIONS[_contrasts_key(found)],
    lambda found: stacked([fit.contrasts for fit in found.fits.values()]),
    reasons.of(reasons.untested),
    notes=lambda found: [NOTES[_contrasts_key(found)]],
    under_codes=True,
    sentences=[
        sentence("model", "adjusted_planned", lambda found: adjusted(found, PLANNED)),
        sentence("model", "adjusted_pairs", lambda found: adjusted(found, ALL_PAIRS), _pairs_adjusted),
        sentence("model", "scales_apart", lambda found: found.has("contrasts", "p") and len(found.fits) > 1),
    ],
    questions=[question("many", lambda found, lang: {"many": _many(found, lang)})],
)


def _equivalence(found: Findings) -> pd.DataFrame:
    gap, alpha = found.ratings.gap, found.ratings.alpha
    tables = [fit.contrasts for fit in found.fits.values() if fit.contrasts["p"].notna().any()]
    if gap is None or not tables:
        return pd.DataFrame()
    table = stacked([mixed_model.equivalence(contrasts, gap, alpha=alpha) for contrasts in tables])
    return table[table["p"].notna()].reset_index(drop=True)


def _equivalence_answer(found: Findings, lang: str) -> str:
    words = ANSWERS[lang]
    if found.ratings.gap is None:
        return words["no_gap"]
    if not found.has("equivalence", "p"):
        return words["gap_untested"]
    return words["tested"].format(gap=facts(found.ratings, lang)["gap"])


EQUIVALENCE = Finding[Findings](
    "equivalence",
    reasons.title("equivalence"),
    CAPTIONS["equivalence"],
    _equivalence,
    lambda found: reasons.untested(found.ratings, found.fits) if found.ratings.gap else ["no_gap"],
    notes=[NOTES["equivalence"]],
    under_codes=True,
    sentences=[sentence("equivalence", "equivalence", lambda found: found.has("equivalence", "p"))],
    questions=[question("no_difference", lambda found, lang: {"equivalence": _equivalence_answer(found, lang)})],
)


def _effects_key(found: Findings) -> str:
    return "effects_alone" if (found.frame("effects")["link"] == "").all() else "effects"


def _effects_grid(found: Findings, lang: str) -> Rows:
    hidden = OF_ORDINAL if _effects_key(found) == "effects_alone" else []
    return shown(found.frame("effects").drop(columns=hidden), found.ratings, lang)


EFFECTS = Finding[Findings](
    "effects",
    reasons.title("effects"),
    lambda found: CAPTIONS[_effects_key(found)],
    lambda found: stacked([effect_sizes.effects(fit, check, found.ratings.alpha) for fit, check in found.trusted]),
    reasons.of(reasons.untested),
    notes=lambda found: [NOTES[_effects_key(found)]],
    grid=_effects_grid,
    under_codes=True,
)


# --- all systems at once


OMNIBUS = Finding[Findings](
    "omnibus",
    reasons.title("omnibus"),
    CAPTIONS["omnibus"],
    lambda found: tested(stacked([fit.omnibus for fit in found.fits.values()]), "p"),
    reasons.of(reasons.untested),
    under_codes=True,
    sentences=[sentence("model", "omnibus", lambda found: found.has("omnibus", "p"))],
)

SECTION = Section("means", say("means"), [SYSTEM_MEANS, FIGURE_7B, CONTRASTS, EQUIVALENCE, EFFECTS, OMNIBUS])
