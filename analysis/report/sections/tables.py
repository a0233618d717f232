"""Further tables, and how the report was made: data, plan, seed, versions, files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.blocks import Block, Facts
from analysis.report.document import Contents
from analysis.report.findings import Findings, stacked, tested
from analysis.report.methods import scales_named
from analysis.report.registry import Finding, Question, Section, Sentence
from analysis.report.sections.means import empty_interval_notes
from analysis.report.tables import say
from analysis.statistics import effect_sizes
from analysis.statistics.bootstrap import COLUMNS
from analysis.words import WORDS
from analysis.words_methods import ANSWERS
from formats.messages import LazyText

# --- the means by resampling alone


def _bootstrapped(found: Findings) -> pd.DataFrame:
    return tested(found.bootstrapped[list(COLUMNS)], "se")


def _not_bootstrapped(found: Findings) -> list[str]:
    equal = "all_equal" if found.bootstrapped["mean"].nunique() == 1 else "no_variance"
    return list(found.bootstrapped["reason"].replace("all_equal", equal))


def _bootstrap_notes(found: Findings) -> list[Text]:
    method = say("bootstrap_method", level=found.ratings.level, replicates=found.replicates, seed=found.seed)
    return [say("method_line", method=method), *empty_interval_notes(found.bootstrapped)]


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


RATING_SPREAD = Finding[Findings](
    "rating_spread",
    LazyText("Distribution of ratings"),
    LazyText("Distribution of single ratings"),
    lambda found: effect_sizes.rating_spread(found.ratings, found.scales),
    notes=[LazyText("Top two: share of ratings on the two highest scale points. Without hidden repeats.")],
)

VARIANCE_COMPONENTS = Finding[Findings](
    "variance_components",
    LazyText("Variance components"),
    LazyText("Variance components"),
    lambda found: tested(stacked([fit.variance_components for fit in found.fits.values()]), "variance"),
    reasons.of(reasons.unfitted),
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
    words, count = ANSWERS[lang], _compared(found)
    if found.frame("ordinal_model").empty:
        return words["no_model"]
    if not count:
        return words["no_check"]
    differ = count - int((found.frame("effects")["kind"] == "agree").sum())
    return words[("differ" if differ else "agree") + "_one" * (count == 1)].format(count=count, differ=differ)


ORDINAL_MODEL = Finding[Findings](
    "ordinal_model",
    LazyText("Ordinal model"),
    LazyText("Ordinal model"),
    lambda found: stacked([check.table for checks in found.ordinal.values() for check in checks]),
    lambda found: ["notes"],
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
            lambda found: not found.frame("ordinal_model").empty,
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

TABLES = Section("tables", say("all_tables"), [BOOTSTRAP, RATING_SPREAD, VARIANCE_COMPONENTS, ORDINAL_MODEL])


def _made(contents: Contents[Any], lang: str) -> Iterator[Block]:
    words = WORDS[lang]
    facts: dict[str, object] = {words[key]: value or words["none"] for key, value in contents.stamp.items()}
    yield Facts({**facts, words["files"]: ", ".join(contents.files)} if contents.files else facts)


MADE: Section[Any] = Section("made", say("made"), before=_made)
