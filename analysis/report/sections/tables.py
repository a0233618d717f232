"""Further tables: means by resampling, where ratings vary, the ordinal model."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.findings import Findings, stacked, tested
from analysis.report.methods import scales_named
from analysis.report.registry import Column, Finding, Question, Section, Sentence
from analysis.report.sections.means import empty_interval_notes
from analysis.statistics import effect_sizes
from analysis.statistics.bootstrap import COLUMNS
from formats.messages import LazyText, translator

# --- the means by resampling alone


def _bootstrapped(found: Findings) -> pd.DataFrame:
    return tested(found.bootstrapped[list(COLUMNS)], "se")


def _not_bootstrapped(found: Findings) -> list[str]:
    equal = "all_equal" if found.bootstrapped["mean"].nunique() == 1 else "no_variance"
    return list(found.bootstrapped["reason"].replace("all_equal", equal))


def _bootstrap_notes(found: Findings) -> list[Text]:
    method = LazyText(
        "two-way bootstrap (experts and clips resampled with replacement, {replicates:,} replicates, seed "
        "{seed}; Owen 2007); se is the bootstrap standard error, the CI is the {level}% percentile "
        "interval; the method has no df",
        level=found.ratings.level,
        replicates=found.replicates,
        seed=found.seed,
    )
    return [LazyText("Method: {method}.", method=method), *empty_interval_notes(found.bootstrapped)]


BOOTSTRAP = Finding[Findings](
    "system_means_bootstrap",
    LazyText("Means by the two-way bootstrap"),
    LazyText("Means by the two-way bootstrap (no model)"),
    _bootstrapped,
    _not_bootstrapped,
    notes=_bootstrap_notes,
    decimals=2,
)


# --- single ratings, and where they vary


#: Variances by what they are of.
COMPONENTS: Mapping[str, Text] = {
    "expert": LazyText("experts"),
    "clip": LazyText("clips"),
    "expert:system": LazyText("experts by system"),
    "prompt": LazyText("prompts"),
    "expert:prompt": LazyText("experts by prompt"),
    "residual": LazyText("residual"),
}

RATING_SPREAD = Finding[Findings](
    "rating_spread",
    LazyText("Distribution of ratings"),
    LazyText("Distribution of single ratings"),
    lambda found: effect_sizes.rating_spread(found.ratings, found.scales, found.order),
    columns={"median": Column(LazyText("Median")), "top_two": Column(LazyText("Top two"))},
    notes=[LazyText("Top two: share of ratings on the two highest scale points. Without hidden repeats.")],
)

VARIANCE_COMPONENTS = Finding[Findings](
    "variance_components",
    LazyText("Variance components"),
    LazyText("Variance components"),
    lambda found: tested(stacked([fit.variance_components for fit in found.fits.values()]), "variance"),
    reasons.of(reasons.unfitted),
    columns={"component": Column(LazyText("Component"), COMPONENTS), "variance": Column(LazyText("Variance"))},
    notes=[LazyText("An empty cell is a variance that the design cannot separate from the rest.")],
    under_codes=True,
)


# --- a check that does not take the steps of a scale as equal


def _checked(found: Findings, lang: str) -> dict[str, str]:
    """The scales that have an ordinal model."""
    frame = found.frame("ordinal_model")
    return {"checked": scales_named(found, list(dict.fromkeys(frame["scale"])), lang)}


def _compared(found: Findings) -> int:
    """How many differences have a test in both the linear and the ordinal model."""
    effects = found.frame("effects")
    return int((effects["kind"] != "").sum()) if len(effects) else 0


def _ordinal_answer(found: Findings, lang: str) -> str:
    _, count = translator(lang), _compared(found)
    if found.frame("ordinal_model").empty:
        return _("Not checked: no ordinal model was fitted.")
    if not count:
        return _("An ordinal model was fitted, but no difference has a test in both models.")
    differ = count - int((found.frame("effects")["kind"] == "agree").sum())
    if count == 1 and differ:
        return _("The probit model disagrees with the linear one on the only difference; named above.")
    if count == 1:
        return _("The probit model agrees with the linear one on the only difference.")
    if differ:
        named = _("The probit model disagrees with the linear one on {differ} of {count} differences; named above.")
        return named.format(count=count, differ=differ)
    return _("The probit model agrees with the linear one on all {count} differences.", count=count)


ORDINAL_MODEL = Finding[Findings](
    "ordinal_model",
    LazyText("Ordinal model"),
    LazyText("Ordinal model"),
    lambda found: stacked([check.table for checks in found.ordinal.values() for check in checks]),
    lambda found: ["notes"],
    columns={
        "term": Column(LazyText("Term"), {**COMPONENTS, "log_likelihood": LazyText("log_likelihood")}),
        "kind": Column(
            LazyText("Kind"),
            {
                "threshold": LazyText("threshold"),
                "system": LazyText("system"),
                "variance": LazyText("variance"),
                "fit": LazyText("fit"),
            },
        ),
    },
    notes=[
        LazyText(
            "Cumulative link mixed model; systems relative to the first one. z: estimate divided by standard error; "
            "p from t with the mixed model's df. A check that does not assume equal scale steps; the mixed model is "
            "the main analysis."
        )
    ],
    under_codes=True,
    sentences=[
        Sentence(
            "ordinal",
            "ordinal",
            LazyText(
                "Because ratings are ordered categories, cumulative probit and logit models with the same random "
                "effects were fitted as a check on {checked} (Laplace approximation; Christensen's clmm)."
            ),
            lambda found: not found.frame("ordinal_model").empty and not found.has_prompts,
            _checked,
        ),
        Sentence(
            "ordinal",
            "ordinal_no_prompts",
            LazyText(
                "Because ratings are ordered categories, cumulative probit and logit models with the same random "
                "effects, except those of prompts, were fitted as a check on {checked} (Laplace approximation; "
                "Christensen's clmm)."
            ),
            lambda found: not found.frame("ordinal_model").empty and found.has_prompts,
            _checked,
        ),
        Sentence(
            "ordinal",
            "ordinal_compared",
            LazyText(
                "Its differences have t tests with the linear model's degrees of freedom; this report names each "
                "difference on which the probit and the linear model disagree in sign or significance."
            ),
            lambda found: _compared(found) > 0,
        ),
        Sentence(
            "ordinal",
            "ordinal_ratio",
            LazyText(
                "If standard errors of the ordinal model are not reliable, likelihood-ratio tests replace its t tests."
            ),
            lambda found: found.has("effects", "test", test="likelihood ratio"),
        ),
    ],
    questions=[
        Question(
            "ordinal",
            LazyText("Dependence of conclusions on equal scale steps"),
            LazyText.same("{ordinal}"),
            lambda found, lang: {"ordinal": _ordinal_answer(found, lang)},
        )
    ],
)

TABLES = Section("tables", LazyText("All tables"), [BOOTSTRAP, RATING_SPREAD, VARIANCE_COMPONENTS, ORDINAL_MODEL])
