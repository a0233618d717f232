"""Further tables."""

from __future__ import annotations

import pandas as pd

from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.checklist import question
from analysis.report.findings import Findings, stacked, tested
from analysis.report.methods import scales_named, sentence
from analysis.report.registry import Finding, Section
from analysis.report.sections.means import empty_interval_notes
from analysis.report.tables import say
from analysis.statistics import effect_sizes
from analysis.statistics.bootstrap import COLUMNS
from analysis.words_methods import ANSWERS
from analysis.words_tables import CAPTIONS, NOTES

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
    reasons.title("system_means_bootstrap"),
    CAPTIONS["system_means_bootstrap"],
    _bootstrapped,
    _not_bootstrapped,
    notes=_bootstrap_notes,
    decimals=2,
)


# --- single ratings, and where they vary


RATING_SPREAD = Finding[Findings](
    "rating_spread",
    reasons.title("rating_spread"),
    CAPTIONS["rating_spread"],
    lambda found: effect_sizes.rating_spread(found.ratings, found.scales),
    notes=[NOTES["rating_spread"]],
)

VARIANCE_COMPONENTS = Finding[Findings](
    "variance_components",
    reasons.title("variance_components"),
    CAPTIONS["variance_components"],
    lambda found: tested(stacked([fit.variance_components for fit in found.fits.values()]), "variance"),
    reasons.of(reasons.unfitted),
    notes=[NOTES["variance_components"]],
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
    reasons.title("ordinal_model"),
    CAPTIONS["ordinal_model"],
    lambda found: stacked([check.table for checks in found.ordinal.values() for check in checks]),
    lambda found: ["notes"],
    notes=[NOTES["ordinal_model"]],
    under_codes=True,
    sentences=[
        sentence("ordinal", "ordinal", lambda found: not found.frame("ordinal_model").empty, _checked),
        sentence("ordinal", "ordinal_compared", lambda found: _compared(found) > 0),
        sentence("ordinal", "ordinal_ratio", lambda found: found.has("effects", "test", test="likelihood ratio")),
    ],
    questions=[question("ordinal", lambda found, lang: {"ordinal": _ordinal_answer(found, lang)})],
)

SECTION = Section("tables", say("all_tables"), [BOOTSTRAP, RATING_SPREAD, VARIANCE_COMPONENTS, ORDINAL_MODEL])
