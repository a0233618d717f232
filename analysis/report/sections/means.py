"""What experts answered: the systems' means, and every difference between two systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.blocks import Block, Bullets, Heading, Paragraph
from analysis.report.columns import shown, system_called
from analysis.report.conclusions import verdicts
from analysis.report.document import Contents
from analysis.report.figures.parts import caption_of
from analysis.report.figures.spread import draw_distribution, spread_frame
from analysis.report.findings import Findings, stacked, tested
from analysis.report.formulas import scales_by_formula
from analysis.report.methods import facts, scales_named
from analysis.report.registry import Column, Finding, Question, Rows, Section, Sentence
from analysis.report.sections.drawn import DIFFERENCES_FIGURE, MEANS_FIGURE
from analysis.report.tables import fixed, span
from analysis.statistics import effect_sizes, mixed_model
from analysis.statistics.bootstrap import COLUMNS
from analysis.statistics.mixed_model.model import ALL_PAIRS, PLANNED
from formats.errors import N_
from formats.messages import LazyText, clauses, in_language, translate

#: Columns of the table `effects` that the ordinal model fills.
OF_ORDINAL = ["link", "estimate", "p_ordinal", "test", "kind"]


# --- means


def _means_caption(found: Findings) -> Text:
    if found.means["ci_low"].notna().any():
        level = found.ratings.level
        return LazyText("Mean rating of each system on each scale, with {level}% confidence interval", level=level)
    return LazyText("Mean rating of each system on each scale")


def _means_notes(found: Findings) -> list[Text]:
    notes: list[Text] = [LazyText("Method: {method}.", method=_method(found))]
    outside = found.ratings.exploratory_scales
    if outside:
        notes.append(LazyText("Exploratory, not in a frozen analysis plan: {scales}.", scales=", ".join(outside)))
    return [*notes, *empty_interval_notes(found.means)]


def _method(found: Findings) -> Text:
    """How the means were computed, and their df and intervals where there are any."""
    formulas, means = list(scales_by_formula(found.fits)), found.means
    if not formulas:
        return LazyText("means of the ratings; no model could be fitted")
    parts = [
        LazyText(
            "mixed model, {formulas}, restricted maximum likelihood",
            formulas=LazyText.of(lambda lang: translate(lang, " or ").join(formulas)),
        )
    ]
    if means["df"].notna().any():
        parts.append(LazyText(", Satterthwaite's df (Kuznetsova, Brockhoff & Christensen 2017)"))
    if means["ci_low"].notna().any():
        parts.append(LazyText("; the CI is the {level}% t interval", level=found.ratings.level))
    return LazyText.of(lambda lang: "".join(part[lang] for part in parts))


#: Why intervals are empty: the reason's code, and what is said of the systems and scales that have it.
NO_INTERVAL = {
    "few_experts": N_("No interval, fewer than 6 experts: {cells}."),
    "few_clips": N_("No interval, fewer than 3 clips: {cells}."),
    "all_equal": N_("No interval, all ratings of the system are equal: {cells}."),
    "sparse": N_("No interval, too few ratings for so many experts and clips: {cells}."),
}


def empty_interval_notes(means: pd.DataFrame) -> list[Text]:
    """One sentence for each reason why intervals are empty, with the systems and scales concerned."""
    notes: list[Text] = []
    for reason, rows in means[means["reason"] != ""].groupby("reason"):
        cells = [f"{system} ({', '.join(part['scale'])})" for system, part in rows.groupby("system", sort=False)]
        notes.append(LazyText(NO_INTERVAL[str(reason)], cells="; ".join(cells)))
    return notes


def _means_grid(found: Findings, lang: str) -> Rows:
    """A row a system under test, a column a scale."""
    return _grid_of(found, [system for system in found.order if system not in found.ratings.anchors], lang)


def _grid_of(found: Findings, systems: Sequence[str], lang: str) -> Rows:
    ratings = found.ratings
    rows_of = {(row["scale"], row["system"]): row for row in found.means.to_dict("records")}
    rows = []
    for system in systems:
        cells = [rows_of.get((scale.key, system)) for scale in ratings.scales]
        rows.append([system_called(ratings, system, lang), *("" if row is None else _mean_cell(row) for row in cells)])
    return [translate(lang, "System"), *(in_language(scale.label, lang) for scale in ratings.scales)], rows


def _mean_cell(row: Mapping[object, float]) -> str:
    interval = "" if pd.isna(row["ci_low"]) else f" ({span(fixed(row['ci_low'], 2), fixed(row['ci_high'], 2))})"
    return fixed(row["mean"], 2).replace("-", "−") + interval


def _models(found: Findings, lang: str) -> str:
    """Each formula with the scales that have it."""
    models = [
        translate(lang, "on {scales}: {formula}", scales=scales_named(found, scales, lang), formula=formula)
        for formula, scales in scales_by_formula(found.fits).items()
    ]
    return clauses(lang, models)


def _has_freedom(found: Findings) -> bool:
    return found.has("system_means", "df") or found.has("contrasts", "df")


def _unit(found: Findings) -> Text:
    if not found.has_intervals:
        return LazyText("There is no confidence interval and no test of a mean or difference.")
    if found.untold:
        return LazyText("No, but not all variances could be separated; see the table of variance components.")
    return LazyText("No: experts and clips are random in every interval and test.")


SYSTEM_MEANS = Finding[Findings](
    "system_means",
    LazyText("Means"),
    _means_caption,
    lambda found: _means_of(found, are_anchors=False),
    notes=_means_notes,
    grid=_means_grid,
    decimals=2,
    folded=False,
    under_codes=True,
    sentences=[
        Sentence(
            "model",
            "model",
            LazyText("A linear mixed model was fitted by restricted maximum likelihood, {models}."),
            lambda found: found.is_fitted,
            lambda found, lang: {"models": _models(found, lang)},
        ),
        Sentence(
            "model",
            "residual",
            LazyText("The model assumes one residual variance for all systems."),
            lambda found: any(len(found.fits[scale].means) > 1 for scale in found.fitted),
        ),
        Sentence(
            "model",
            "freedom",
            LazyText(
                "Its confidence intervals and tests use Satterthwaite's degrees of freedom (Kuznetsova, Brockhoff & "
                "Christensen 2017)."
            ),
            _has_freedom,
        ),
        Sentence(
            "model",
            "random",
            LazyText(
                "Experts and clips are both random effects, so that results generalise to other such experts and "
                "clips (Judd, Westfall & Kenny 2012)."
            ),
            lambda found: found.has_intervals and not found.untold,
        ),
        Sentence(
            "model",
            "untold",
            LazyText(
                "On {untold} the design cannot separate all of these variances; variances that are not in the model "
                "are empty in the table."
            ),
            lambda found: bool(found.untold),
            lambda found, lang: {"untold": scales_named(found, found.untold, lang)},
        ),
        Sentence(
            "model",
            "unfitted",
            LazyText(
                "On {unfitted} no model could be fitted; the means are those of the ratings, without confidence "
                "intervals."
            ),
            lambda found: bool(found.unfitted),
            lambda found, lang: {"unfitted": scales_named(found, found.unfitted, lang)},
        ),
        Sentence(
            "model",
            "withheld",
            LazyText(
                "Systems that fewer than 6 experts rated, or with fewer than 3 clips, have no confidence interval "
                "and no test."
            ),
            lambda found: any(any(fit.shortages.values()) for fit in found.fits.values()),
        ),
        Sentence(
            "model", "intervals", LazyText("Confidence intervals are at {level}%."), lambda found: found.has_intervals
        ),
    ],
    questions=[
        Question(
            "unit",
            LazyText("Ratings treated as independent"),
            LazyText.same("{unit}"),
            lambda found, lang: {"unit": _unit(found)[lang]},
        )
    ],
)


# --- means of anchors


def _means_of(found: Findings, *, are_anchors: bool) -> pd.DataFrame:
    """The means of anchors, or of all others."""
    return found.means.loc[found.means["system"].isin(found.ratings.anchors) == are_anchors, list(COLUMNS)]


ANCHOR_MEANS = Finding[Findings](
    "anchor_means",
    LazyText("Means of the anchors"),
    LazyText("Mean rating of each anchor on each scale"),
    lambda found: _means_of(found, are_anchors=True),
    why=None,
    notes=[
        LazyText(
            "Anchors show how the scale was used. They are not under test: the omnibus test and the differences "
            "between systems, with their adjustment, exclude them. Planned contrasts are the exception."
        )
    ],
    grid=lambda found, lang: _grid_of(
        found, [system for system in found.order if system in found.ratings.anchors], lang
    ),
    decimals=2,
    folded=False,
    sentences=[
        Sentence(
            "model",
            "anchors",
            LazyText("Anchors are in the model but not under test: all tests exclude them, except planned contrasts."),
            lambda found: found.has("anchor_means", "mean"),
        )
    ],
)


# --- how often each rating was given


DISTRIBUTION_FIGURE = Finding[Findings](
    "distribution_figure",
    LazyText("Figure of the distribution of ratings"),
    caption_of(
        N_(
            "Distribution of ratings by system. Ratings below the midpoint of the scale are on the left, "
            "ratings above it on the right; the middle rating is split between both sides. Without hidden repeats."
        )
    ),
    lambda found: spread_frame(found.ratings),
    lambda found: ["no_steps"],
    draw=lambda found, frame, lang: draw_distribution(found.ratings, frame, lang),
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
    planned = adjusted(found, PLANNED)
    if planned or adjusted(found, ALL_PAIRS):
        return translate(
            lang,
            "Yes: Bonferroni's method within {family} on each scale; no adjustment across scales.",
            family=LazyText("the planned contrasts") if planned else LazyText("all pairs"),
        )
    if found.has("contrasts", "p"):
        return translate(lang, "No scale has more than one test; no adjustment across scales.")
    return translate(lang, "No difference is tested.")


def _pairs_adjusted(found: Findings, lang: str) -> Mapping[str, str]:
    planned = adjusted(found, PLANNED)
    return {"pairs_adjusted": translate(lang, "other differences") if planned else translate(lang, "differences")}


TESTED = LazyText(
    "Difference = A − B in rating points, from the mixed model; tests with Satterthwaite's df. p and CI are for a "
    "single difference. The adjusted p and the simultaneous CI (columns …_simultaneous) use Bonferroni's method, "
    "within the planned contrasts, and for other pairs over all pairs of the scale: an interval excludes zero "
    "exactly when its p is below α. The report's statements use these. The files also contain the Holm-adjusted p "
    "(p_holm), for which there are no such intervals."
)
UNTESTED = LazyText(
    "Difference = A − B in rating points. There are no tests and no confidence intervals; see the model diagnostics "
    "for the reason."
)


CONTRASTS = Finding[Findings](
    "contrasts",
    LazyText("Differences between systems"),
    LazyText("Differences between systems"),
    lambda found: stacked([fit.contrasts for fit in found.fits.values()]),
    reasons.of(reasons.untested),
    notes=lambda found: [TESTED if found.has("contrasts", "p") else UNTESTED],
    under_codes=True,
    sentences=[
        Sentence(
            "model",
            "adjusted_planned",
            LazyText(
                "p values and confidence intervals of the planned contrasts are adjusted for their number by "
                "Bonferroni's method (Dunn 1961)."
            ),
            lambda found: adjusted(found, PLANNED),
        ),
        Sentence(
            "model",
            "adjusted_pairs",
            LazyText(
                "p values and confidence intervals of {pairs_adjusted} are adjusted for all pairs of a scale by "
                "Bonferroni's method (Dunn 1961)."
            ),
            lambda found: adjusted(found, ALL_PAIRS),
            _pairs_adjusted,
        ),
        Sentence(
            "model",
            "scales_apart",
            LazyText("There is no adjustment across scales."),
            lambda found: found.has("contrasts", "p") and len(found.fits) > 1,
        ),
    ],
    questions=[
        Question(
            "many",
            LazyText("Adjustment for multiple comparisons"),
            LazyText.same("{many}"),
            lambda found, lang: {"many": _many(found, lang)},
        )
    ],
)


def _equivalence(found: Findings) -> pd.DataFrame:
    gap, alpha = found.ratings.gap, found.ratings.alpha
    tables = [fit.contrasts for fit in found.fits.values() if fit.contrasts["p"].notna().any()]
    if gap is None or not tables:
        return pd.DataFrame()
    table = stacked([mixed_model.equivalence(contrasts, gap, alpha=alpha) for contrasts in tables])
    return table[table["p"].notna()].reset_index(drop=True)


def _equivalence_answer(found: Findings, lang: str) -> str:
    if found.ratings.gap is None:
        return translate(lang, "Not tested: no analysis plan sets a smallest effect size of interest.")
    if not found.has("equivalence", "p"):
        return translate(lang, "Not tested: no difference has a test.")
    return translate(lang, "Equivalence test against {gap}.", gap=facts(found.ratings, lang)["gap"])


EQUIVALENCE = Finding[Findings](
    "equivalence",
    LazyText("Equivalence tests"),
    LazyText("Equivalence tests (TOST)"),
    _equivalence,
    lambda found: reasons.untested(found.ratings, found.fits) if found.ratings.gap else ["no_gap"],
    columns={
        "gap": Column(LazyText("SESOI")),
        "verdict": Column(
            LazyText("Conclusion"),
            {
                "different": LazyText("different"),
                "equivalent": LazyText("equivalent"),
                "different but small": LazyText("different but small"),
                "undecided": LazyText("undecided"),
            },
        ),
    },
    notes=[
        LazyText(
            "Equivalence tests (two one-sided tests, Schuirmann 1987). An interval is within ±SESOI exactly when its "
            "p is below α; the adjusted p and the simultaneous CI use Bonferroni's method, and the conclusion is "
            "based on them."
        )
    ],
    under_codes=True,
    sentences=[
        Sentence(
            "equivalence",
            "equivalence",
            LazyText(
                "Equivalence tests (two one-sided tests, Schuirmann 1987) test whether a difference is smaller than "
                "the SESOI."
            ),
            lambda found: found.has("equivalence", "p"),
        )
    ],
    questions=[
        Question(
            "no_difference",
            LazyText("Equivalence tested, not inferred"),
            LazyText.same("{equivalence}"),
            lambda found, lang: {"equivalence": _equivalence_answer(found, lang)},
        )
    ],
)


#: Caption and note with and without the ordinal model.
BOTH_MODELS = (
    LazyText("Effect sizes and ordinal model"),
    LazyText(
        "d: the difference divided by the standard deviation of a single rating. Superiority: the probability that "
        "an expert rates a new clip of A above a new clip of B. Estimate: A − B in the ordinal model, in standard "
        "deviations of its noise. Both models: whether they agree in sign and in significance, with adjusted p in "
        "both."
    ),
)
ONE_MODEL = (
    LazyText("Effect sizes"),
    LazyText(
        "d: the difference divided by the standard deviation of a single rating. Superiority: the probability that "
        "an expert rates a new clip of A above a new clip of B."
    ),
)


EFFECTS_COLUMNS = {
    "superiority": Column(LazyText("Superiority")),
    "p_ordinal": Column(LazyText("p, ordinal")),
    "test": Column(LazyText("Test"), {"t": LazyText("t test"), "likelihood ratio": LazyText("likelihood ratio")}),
    "kind": Column(
        LazyText("Kind"),
        {
            "agree": LazyText("agree"),
            "sign": LazyText("differ in sign"),
            "linear_only": LazyText("linear model only"),
            "ordinal_only": LazyText("ordinal model only"),
        },
    ),
}


def _effects_words(found: Findings) -> tuple[Text, Text]:
    return ONE_MODEL if (found.frame("effects")["link"] == "").all() else BOTH_MODELS


def _effects_grid(found: Findings, lang: str) -> Rows:
    hidden = OF_ORDINAL if _effects_words(found) == ONE_MODEL else []
    return shown(found.frame("effects").drop(columns=hidden), found.ratings, lang, EFFECTS_COLUMNS)


EFFECTS = Finding[Findings](
    "effects",
    LazyText("Effect sizes"),
    lambda found: _effects_words(found)[0],
    lambda found: stacked([effect_sizes.effects(fit, check, found.ratings.alpha) for fit, check in found.trusted]),
    reasons.of(reasons.untested),
    notes=lambda found: [_effects_words(found)[1]],
    grid=_effects_grid,
    under_codes=True,
)


# --- all systems at once


OMNIBUS = Finding[Findings](
    "omnibus",
    LazyText("Omnibus test"),
    LazyText("Omnibus test of equal means"),
    lambda found: tested(stacked([fit.omnibus for fit in found.fits.values()]), "p"),
    reasons.of(reasons.untested),
    columns={
        "f": Column(LazyText("F")),
        "num_df": Column(LazyText("df 1")),
        "den_df": Column(LazyText("df 2")),
    },
    under_codes=True,
    sentences=[
        Sentence(
            "model",
            "omnibus",
            LazyText("An F test tests whether all systems are equal."),
            lambda found: found.has("omnibus", "p"),
        )
    ],
)


# --- the other scales, and what an interval means


def _others(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    """What is concluded on each scale but the primary one, which comes first in the report."""
    found = contents.made
    others = [text for scale in found.fits if scale != found.primary for text in verdicts(found.ratings, found, scale)]
    if others:
        yield Bullets([text[lang] for text in others])


def _interval(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    if contents.made.frame("system_means")["ci_low"].notna().any():
        yield Heading(translate(lang, "Meaning of the confidence interval"), 3)
        yield Paragraph(
            translate(
                lang,
                "Other experts of the same kind, or other clips of the same systems, would give other means. If "
                "the study were repeated many times, about {level} of 100 such intervals would contain the mean "
                "over all such experts and clips. Experts and clips are both treated as samples, so many ratings "
                "by few people, or of few clips, do not make the interval narrow.",
                level=contents.made.ratings.level,
            )
        )


SECTION = Section(
    "means",
    LazyText("Results"),
    [
        *(MEANS_FIGURE, SYSTEM_MEANS, ANCHOR_MEANS, DIFFERENCES_FIGURE, DISTRIBUTION_FIGURE),
        *(CONTRASTS, EQUIVALENCE, EFFECTS, OMNIBUS),
    ],
    before=_others,
    after=_interval,
)
