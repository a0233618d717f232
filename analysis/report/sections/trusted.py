"""How far results can be trusted: the models' doubts, how experts agree, whether other analyses end alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from analysis.report import reasons
from analysis.report.blocks import Block, Bullets, Heading
from analysis.report.document import Contents
from analysis.report.figures import clips, experts
from analysis.report.figures.parts import caption_of
from analysis.report.findings import Findings, sensitivity_pairs, stacked, tested
from analysis.report.methods import label_of
from analysis.report.registry import Column, Finding, Question, Section, Sentence
from analysis.report.tables import fixed
from analysis.statistics import effect_sizes, reliability, screening, sensitivity
from analysis.statistics.mixed_model import Fit
from formats.errors import N_
from formats.messages import LazyText, in_a_row, listed, translate, translator
from formats.reference import post_screening

#: Fewer experts than this have no panel to agree with.
MIN_EXPERTS = 3


def _doubts(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    notes = contents.made.fit_notes
    if notes:
        yield Heading(translate(lang, "Model diagnostics"), 3)
        yield Bullets([text[lang] for text in notes])


def _missing(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    if contents.missing:
        yield Heading(translate(lang, "Not computed, and why"), 3)
        yield Bullets([text[lang] for text in contents.missing])


def value_of(found: Findings, table: str, statistic: str) -> str:
    """A statistic of the primary scale with two decimals; "" where there is none."""
    frame = found.frame(table)
    if frame.empty:
        return ""
    values = frame.loc[(frame["scale"] == found.primary) & (frame["statistic"] == statistic), "value"].dropna()
    return fixed(float(values.iloc[0]), 2).replace("-", "−") if len(values) else ""


# --- agreement of the experts, drawn


def _agreeing(found: Findings) -> pd.DataFrame:
    if found.frame("screening").empty or _few(found):
        return pd.DataFrame()
    return experts.agreement_frame(found.ratings, found.frame("screening"), found.primary)


def _few(found: Findings) -> bool:
    return bool(found.ratings.counted["expert_id"].nunique() < MIN_EXPERTS)


def _not_agreeing(found: Findings) -> list[str]:
    one = {found.primary: found.fits[found.primary]}
    return ["fewer_than_three"] if _few(found) else reasons.unrelated(found.ratings, one)


AGREEMENT_FIGURE = Finding[Findings](
    "agreement_figure",
    LazyText("Figure of the agreement of experts"),
    caption_of(
        N_(
            "Agreement of the experts ({scale}). Left: rank correlation of each pair of experts over the "
            "clips that both rated. Right: correlation of each expert with the mean of the others. Low agreement can "
            "mean carelessness or a different way of hearing; no expert was excluded for it."
        )
    ),
    _agreeing,
    _not_agreeing,
    draw=lambda found, frame, lang: experts.draw_agreement(found.ratings, frame, found.primary, lang),
)


# --- how far experts and clips depart from the average


def _not_departing(found: Findings) -> list[str]:
    fit = found.fits[found.primary]
    return [fit.why or next(filter(None, fit.shortages.values()), "") or _no_departures(fit)]


def _no_departures(fit: Fit) -> str:
    """Why neither experts nor clips depart from the average."""
    variances = fit.variance_components.set_index("component")["variance"]
    return "not_separable" if variances[["expert", "clip"]].isna().any() else "at_zero"


DEVIATIONS_FIGURE = Finding[Findings](
    "deviations_figure",
    LazyText("Figure of the deviations of experts and clips"),
    caption_of(
        N_(
            "Deviation of each expert, and of each clip within its system, from the average ({scale}): "
            "predicted random effects of the mixed model, shrunk towards zero if based on few ratings, with {level}% "
            "prediction intervals."
        )
    ),
    lambda found: clips.random_effect_predictions(found.fits[found.primary], found.ratings.alpha),
    _not_departing,
    draw=lambda found, frame, lang: clips.draw_deviations(found.ratings, frame, found.primary, lang),
)


# --- ratings in the course of a session


ORDER_FIGURE = Finding[Findings](
    "order_figure",
    LazyText("Figure of order effects"),
    caption_of(
        N_("Order effects: each rating minus the other experts' mean of the clip, averaged over experts, with 95% CI.")
    ),
    lambda found: screening.order_curve(found.ratings.frame, found.scales),
    reasons.of(reasons.unordered),
    draw=lambda found, frame, lang: experts.draw_order(found.ratings, frame, lang),
)


# --- how precise the study is


def _power(found: Findings) -> str:
    """Which answer says how large a difference such a study finds: a number, that none is large enough, or neither."""
    if value_of(found, "precision", "smallest_gap"):
        return "power"
    table = found.frame("precision")
    if table.empty:
        return ""
    rows = table[(table["scale"] == found.primary) & (table["statistic"] == "smallest_gap")]
    return "power_none" if (rows["note"] == "beyond_scale").any() else ""


PRECISION = Finding[Findings](
    "precision",
    LazyText("Precision"),
    LazyText("Precision"),
    lambda found: effect_sizes.precision(found.ratings, found.fits),
    reasons.of(reasons.unfitted),
    columns={
        "statistic": Column(
            LazyText("Statistic"),
            {
                "share_expert": LazyText("share of experts"),
                "share_prompt": LazyText("share of prompts"),
                "share_clip": LazyText("share of clips"),
                "share_expert:system": LazyText("share of experts by system"),
                "share_expert:prompt": LazyText("share of experts by prompt"),
                "share_residual": LazyText("share of the residual"),
                "g_coefficient": LazyText("generalisability of the means"),
                "half_width": LazyText("half-width of the CI of a difference"),
                "smallest_gap": LazyText("smallest difference detectable with 80% power"),
            },
        ),
        "note": Column(
            LazyText("Note"),
            {
                **reasons.WHY,
                "beyond_scale": LazyText("no difference on the scale is large enough"),
                "equal_means": LazyText("all means are equal"),
            },
        ),
    },
    notes=[
        LazyText(
            "Shares of the variance of a single rating; generalisability of the systems' means (the share of their "
            "variance that other experts and clips would reproduce); half-width of the CI of a difference, and the "
            "smallest true difference detectable with 80% power, in points, for a single difference and a balanced "
            "design."
        )
    ],
    questions=[
        Question(
            "power",
            LazyText("Statistical power"),
            LazyText(
                "On {primary}, differences of {smallest} points are detectable with 80% power, for a single difference."
            ),
            lambda found, lang: {"smallest": value_of(found, "precision", "smallest_gap")},
            lambda found: _power(found) == "power",
        ),
        Question(
            "power_none",
            LazyText("Statistical power"),
            LazyText("On {primary}, no difference within the scale is detectable with 80% power."),
            holds=lambda found: _power(found) == "power_none",
        ),
    ],
)


# --- how far experts agree


def _agreement(found: Findings) -> list[str]:
    """The statistics of agreement that there are."""
    named = {"ICC(2,1)": "icc_2_1", "Krippendorff α": "alpha_ordinal"}
    values = {name: value_of(found, "reliability", statistic) for name, statistic in named.items()}
    return [f"{name} {value}" for name, value in values.items() if value]


STATISTIC = Column(
    LazyText("Statistic"),
    {
        "icc_2_1": LazyText("agreement, one expert (ICC 2,1)"),
        "icc_2_k": LazyText("agreement, panel mean (ICC 2,k)"),
        "alpha_ordinal": LazyText("Krippendorff's alpha, ordinal"),
        "retest_rank_correlation": LazyText("hidden repeats, rank correlation"),
        "retest_same": LazyText("hidden repeats, share equal"),
        "retest_sd": LazyText("hidden repeats, SD in points"),
    },
)

RELIABILITY = Finding[Findings](
    "reliability",
    LazyText("Inter-rater reliability"),
    LazyText("Inter-rater and test–retest reliability"),
    lambda found: tested(reliability.reliability(found.ratings.frame, found.scales, seed=found.seed), "value"),
    reasons.of(reasons.unrelated),
    columns={"statistic": STATISTIC},
    notes=[
        LazyText(
            "Clips of all systems together, so a difference between systems counts as agreement. The panel's mean "
            "can be reliable even if single experts agree little."
        )
    ],
    under_codes=True,
    sentences=[
        Sentence(
            "agreement",
            "icc",
            LazyText(
                "Inter-rater reliability is ICC(2,1) and ICC(2,k) (McGraw & Wong 1996), over clips of all systems."
            ),
            lambda found: found.has("reliability", "value", statistic="icc_2_1"),
        ),
        Sentence(
            "agreement",
            "alpha",
            LazyText("Krippendorff's ordinal alpha is over clips of all systems."),
            lambda found: found.has("reliability", "value", statistic="alpha_ordinal"),
        ),
        Sentence(
            "agreement",
            "retest",
            LazyText("Test–retest reliability is that of the panel, from hidden repeats."),
            lambda found: found.has("reliability", "value", statistic="retest_same"),
        ),
    ],
    questions=[
        Question(
            "agreement",
            LazyText("Inter-rater reliability"),
            LazyText("On {primary}: {agreement}."),
            lambda found, lang: {"agreement": listed(lang, _agreement(found))},
            lambda found: bool(_agreement(found)),
        )
    ],
)


def _by_group(found: Findings) -> pd.DataFrame:
    if found.ratings.counted["expert_id"].nunique() == 1:
        return pd.DataFrame()
    return tested(reliability.agreement_by_group(found.ratings.frame, found.scales, seed=found.seed), "value")


AGREEMENT_BY_GROUP = Finding[Findings](
    "agreement_by_group",
    LazyText("Reliability by group"),
    LazyText("Reliability within each group"),
    _by_group,
    reasons.of(reasons.ungrouped),
    columns={"group": Column(LazyText("Group")), "statistic": STATISTIC},
    sentences=[
        Sentence(
            "agreement",
            "groups",
            LazyText("Reliability was also computed within groups of experts."),
            lambda found: found.has("agreement_by_group", "value"),
        )
    ],
)

SCALE_CORRELATIONS = Finding[Findings](
    "scale_correlations",
    LazyText("Correlations between scales"),
    LazyText("Correlations between scales"),
    lambda found: reliability.scale_correlations(found.ratings.frame, found.scales, seed=found.seed),
    lambda found: ["one_scale"] if len(found.fits) == 1 else [],
    columns={
        "scale_a": Column(LazyText("Scale")),
        "scale_b": Column(LazyText("Scale")),
        "level": Column(LazyText("Level"), {"rating": LazyText("single ratings"), "clip": LazyText("clips")}),
    },
    notes=[
        LazyText(
            "High correlations between single ratings can result from one impression that affects several "
            "ratings (halo effect)."
        )
    ],
    sentences=[
        Sentence(
            "agreement",
            "together",
            LazyText("Correlations of scales are between single ratings and between the means of clips."),
            lambda found: found.has("scale_correlations", "value"),
        )
    ],
)


# --- each expert and the others


def _flags(found: Findings, lang: str) -> str:
    """Whom screening flags on the primary scale, if it could be made, and whether results without them are given."""
    _, scale = translator(lang), found.primary
    if not found.has("screening", "agreement", scale=scale):
        return ""
    table = found.frame("screening")
    count = int((table["flagged"] & (table["scale"] == scale)).sum())
    said = [
        _(
            "Flagged for low agreement on {primary}: {flagged}.",
            primary=label_of(found.ratings, scale, lang),
            flagged=count,
        )
    ]
    if found.has("sensitivity", "difference", analysis="screened", scale=scale):
        said.append(_("The sensitivity analyses show results with and without them."))
    return in_a_row(lang, [*said, ""])


def _excluded(found: Findings, lang: str) -> str:
    """Whom the frozen plan excludes, as a sentence before others."""
    _, experts, attention = translator(lang), found.ratings.excluded, found.ratings.attention
    said = []
    if failed := attention.excluded if attention else ():
        said.append(
            _("Excluded by attention checks, as the frozen plan says: {experts}.", experts=listed(lang, failed))
        )
    if experts:
        said.append(_("Excluded by post-screening, as the frozen plan says: {experts}.", experts=listed(lang, experts)))
    return in_a_row(lang, [*(said or [_("This report excludes no expert.")]), ""])


SCREENING = Finding[Findings](
    "screening",
    LazyText("Expert agreement"),
    LazyText("Expert agreement"),
    lambda found: tested(found.screened, "agreement"),
    reasons.of(reasons.unrelated),
    columns={
        "expert_id": Column(LazyText("Expert")),
        "agreement": Column(LazyText("Agreement")),
        "flagged": Column(LazyText("Flagged")),
    },
    notes=[
        LazyText(
            "Rank correlation with the mean of the others; flagged below 0.20. A flag does not distinguish "
            "carelessness from a different way of hearing; no expert was excluded for it."
        )
    ],
    sentences=[
        Sentence(
            "experts",
            "screening",
            LazyText(
                "Each expert was compared with the mean of the others by rank correlation; experts below .20 are "
                "flagged."
            ),
            lambda found: found.has("screening", "agreement"),
        )
    ],
    questions=[
        Question(
            "left_out",
            LazyText("Exclusions"),
            LazyText("{excluded}{flags}Missing ratings: {missing}."),
            lambda found, lang: {"flags": _flags(found, lang), "excluded": _excluded(found, lang)},
        )
    ],
)


# --- whether experts found the hidden reference


def _post_screened(found: Findings) -> pd.DataFrame:
    screened = found.ratings.post_screened
    return pd.DataFrame() if screened is None else screened[screened["scale"].isin(found.scales)].reset_index(drop=True)


def _rule(found: Findings, lang: str) -> str:
    """The rule, and whom it flags on each scale."""
    reference, excluding = found.ratings.reference, found.ratings.plan.get("post_screening") is True
    return (
        in_a_row(lang, [*post_screening(lang, reference, excluding=excluding), *_missing_it(found, lang)])
        if reference
        else ""
    )


def _missing_it(found: Findings, lang: str) -> Iterator[str]:
    _, table = translator(lang), _post_screened(found)
    for scale in found.scales if len(table) else ():
        flagged = list(table.loc[table["flagged"] & (table["scale"] == scale), "expert_id"])
        name = label_of(found.ratings, scale, lang)
        yield _("Flagged on {scale}: {experts}.", scale=name, experts=listed(lang, flagged) or _("none"))


POST_SCREENING = Finding[Findings](
    "post_screening",
    LazyText("Post-screening"),
    LazyText("Post-screening of the experts by hidden reference and mid-range anchors"),
    _post_screened,
    why=None,
    columns={
        "expert_id": Column(LazyText("Expert")),
        "reference_below": Column(LazyText("Hidden reference below the limit")),
        "n_reference": Column(LazyText("of trials"), cell=lambda value, lang: str(value)),
        "mid_above": Column(LazyText("Mid-range anchor above it")),
        "n_mid": Column(LazyText("of trials"), cell=lambda value, lang: str(value)),
        "flagged": Column(LazyText("Flagged")),
    },
    notes=lambda found: [LazyText.of(lambda lang: _rule(found, lang))],
    sentences=[
        Sentence(
            "experts",
            "post_screening",
            LazyText.same("{rule}"),
            lambda found: bool(len(found.frame("post_screening"))),
            lambda found, lang: {"rule": _rule(found, lang)},
        )
    ],
)


# --- whether ratings change in the course of a session


def _order_effects(found: Findings) -> pd.DataFrame:
    ratings = found.ratings
    return tested(screening.order_effects(ratings.frame, found.scales, ratings.real_system), "estimate")


ORDER_EFFECTS = Finding[Findings](
    "order_effects",
    LazyText("Order effects"),
    LazyText("Order effects within sessions"),
    _order_effects,
    reasons.of(reasons.unordered),
    columns={
        "term": Column(
            LazyText("Term"),
            {
                "ten_trials": LazyText("change per ten trials"),
                "second_half": LazyText("second half"),
                "after_real": LazyText("after real music"),
            },
        )
    },
    notes=[LazyText("In rating points; each rating is compared with the other experts' mean of the clip.")],
    sentences=[
        Sentence(
            "experts",
            "order",
            LazyText("Order effects were tested on ratings minus the other experts' mean of the clip."),
            lambda found: found.has("order_effects", "estimate"),
        )
    ],
)


# --- the differences by other analyses


def _sensitivity(found: Findings) -> pd.DataFrame:
    frame, alpha = found.ratings.frame, found.ratings.alpha
    parts = []
    for scale, fit in found.fits.items():
        pairs = sensitivity_pairs(found.ratings, fit)
        if not pairs:
            continue
        without = None
        if scale == found.primary:
            without = sensitivity.leave_one_expert_out(frame, scale, pairs, main=fit, alpha=alpha)
        flagged = screening.flagged_on(found.screened, scale)
        draws = {"replicates": found.replicates, "seed": found.seed}
        parts.append(
            sensitivity.sensitivity(
                frame,
                scale,
                pairs,
                main=fit,
                flagged=flagged,
                left_out=without,
                everyone=found.ratings.everyone,
                alpha=alpha,
                **draws,
            )
        )
    return tested(stacked(parts), "difference")


#: The rows of the table, each named in the methods text where it could be made.
OTHER_ANALYSES = {
    "bootstrap": N_("by a two-way bootstrap of experts and clips (Owen 2007; {replicates} replicates)"),
    "screened": N_("without experts whose correlation with the others is below .20 (leave-one-out rank correlation)"),
    "with_excluded": N_("with the experts whom the plan excludes"),
    "with_repeats": N_("with hidden repeats"),
    "without_known": N_("without clips known to the expert before the study"),
    "without_late": N_("without late ratings"),
    "first_half": N_("in the first half of the session"),
    "second_half": N_("in the second half of the session"),
    "trial_adjusted": N_("adjusted for trial number"),
    "one_expert_out": N_("without each expert in turn"),
}


def other_analyses(found: Findings) -> list[str]:
    """The rows of the table that could be made, without the analysis itself."""
    return [name for name in OTHER_ANALYSES if found.has("sensitivity", "difference", analysis=name)]


def _analyses(found: Findings, lang: str) -> Mapping[str, str]:
    draws = f"{found.replicates:,}"
    named = [translate(lang, OTHER_ANALYSES[name], replicates=draws) for name in other_analyses(found)]
    return {"analyses": listed(lang, named)}


SENSITIVITY = Finding[Findings](
    "sensitivity",
    LazyText("Sensitivity analyses"),
    LazyText("Sensitivity analyses"),
    _sensitivity,
    reasons.of(reasons.unresampled),
    columns={
        "analysis": Column(
            LazyText("Analysis"),
            {
                "main": LazyText("main analysis"),
                "bootstrap": LazyText("two-way bootstrap"),
                "screened": LazyText("without flagged experts"),
                "with_excluded": LazyText("with excluded experts"),
                "with_repeats": LazyText("with hidden repeats"),
                "without_known": LazyText("without clips known before"),
                "without_late": LazyText("without late ratings"),
                "first_half": LazyText("first half"),
                "second_half": LazyText("second half"),
                "trial_adjusted": LazyText("adjusted for trial number"),
                "one_expert_out": LazyText("leave one expert out, largest p"),
            },
        ),
        "note": Column(
            LazyText("Note"),
            {
                **reasons.WHY,
                "no_column": LazyText("the file has no such column"),
                "nothing_differs": LazyText("nothing to exclude: same as the main analysis"),
                "too_many": LazyText("too many experts"),
            },
        ),
    },
    notes=[LazyText("p is not adjusted here.")],
    sentences=[
        Sentence(
            "sensitivity",
            "sensitivity",
            LazyText("Sensitivity analyses of the differences: {analyses}. They do not change the main analysis."),
            lambda found: bool(other_analyses(found)),
            _analyses,
        )
    ],
)

SECTION = Section(
    "trusted",
    LazyText("Reliability and robustness"),
    [
        *(
            AGREEMENT_FIGURE,
            DEVIATIONS_FIGURE,
            ORDER_FIGURE,
            PRECISION,
            RELIABILITY,
            AGREEMENT_BY_GROUP,
            SCALE_CORRELATIONS,
        ),
        *(SCREENING, POST_SCREENING, ORDER_EFFECTS, SENSITIVITY),
    ],
    before=_doubts,
    after=_missing,
)
