"""The tables of `findings`, and their form on the page: headings and words in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report.findings import Findings
from analysis.report.format_p import p_number
from analysis.report.style import system_label
from analysis.report.tables import P_VALUES, Table, empty_interval_notes, fixed, readable
from analysis.statistics.bootstrap import COLUMNS
from analysis.words import WORDS
from analysis.words_cells import heading, word
from analysis.words_findings import say_missing
from analysis.words_tables import CAPTIONS, NOTES
from formats.messages import in_language

#: The order of the tables on the page and in the folder.
ORDER = tuple(name for name in CAPTIONS if name != "system_means_bootstrap" and not name.endswith("_alone"))
#: Columns of the table `effects` that the ordinal model fills.
OF_ORDINAL = ("link", "estimate", "p_ordinal", "test", "kind")
SYSTEMS, SCALES = frozenset({"system", "system_a", "system_b"}), frozenset({"scale", "scale_a", "scale_b"})
WORDED = frozenset(
    {
        "component",
        "statistic",
        "level",
        "analysis",
        "note",
        "form",
        "family",
        "verdict",
        "kind",
        "term",
        "test",
        "n_experts",
    }
)
COUNTED = frozenset({"n", "n_ratings", "n_experts", "n_clips", "n_systems", "num_df"})


def model_means(found: Findings, bootstrapped: pd.DataFrame) -> pd.DataFrame:
    """The mixed model's means, with no interval where so few experts or clips, or equal ratings, allow none."""
    reasons = bootstrapped[["scale", "system", "reason"]].assign(
        reason=bootstrapped["reason"].where(bootstrapped["reason"] != "sparse", "")
    )
    means = found.frames["system_means"].merge(reasons, on=["scale", "system"], how="left")
    means["reason"] = means["reason"].fillna("")
    means.loc[means["reason"] != "", ["se", "df", "ci_low", "ci_high"]] = np.nan
    return means


def without_resampling(found: Findings, bootstrapped: pd.DataFrame) -> Findings:
    """The findings, with the reason where no mean could be resampled."""
    if bootstrapped["se"].notna().any():
        return found
    equal = "all_equal" if bootstrapped["mean"].nunique() == 1 else "no_variance"
    why = say_missing("system_means_bootstrap", bootstrapped["reason"].replace("all_equal", equal))
    return replace(found, missing={**found.missing, "system_means_bootstrap": why})


def bootstrap_tables(ratings: Ratings, means: pd.DataFrame, method: Text) -> list[Table]:
    """Table `system_means_bootstrap`: the means by resampling alone, beside those of the model; none without any."""
    if means["se"].isna().all():
        return []
    line = {lang: WORDS[lang]["method_line"].format(method=text) for lang, text in method.items()}
    notes = (line, *empty_interval_notes(means))
    name = "system_means_bootstrap"
    return [Table(name, means[list(COLUMNS)], CAPTIONS[name], notes, ratings.is_simulated)]


def finding_tables(ratings: Ratings, found: Findings) -> list[Table]:
    """Every further table that could be had, in ORDER."""
    tables = []
    for name in ORDER:
        if name in found.frames:
            frame = found.frames[name]
            key = worded(name, frame)
            notes = (NOTES[key],) if key in NOTES else ()
            tables.append(Table(name, frame, CAPTIONS[key], notes, ratings.is_simulated, decimals=3))
    return tables


def worded(name: str, frame: pd.DataFrame) -> str:
    """Under which key a table's caption and note are: those of tests and of the ordinal model only where there is
    one."""
    without = {"contrasts": frame["p"].isna().all() if "p" in frame else True}
    without["effects"] = bool((frame["link"] == "").all()) if "link" in frame else True
    return f"{name}_alone" if without.get(name) else name


def shown(table: Table, ratings: Ratings, lang: str) -> tuple[list[str], list[list[str]]]:
    """Heading and rows for reading: the two ends of an interval in one cell, names and words in the language.

    Holm's p is not shown beside intervals that agree with another one."""
    names = [str(name) for name in table.frame.columns]
    hidden = {"ci_high", "ci_high_simultaneous", *(["p_holm"] if "p_simultaneous" in names else [])}
    hidden |= set(OF_ORDINAL if worded(table.name, table.frame) == "effects_alone" else ())
    columns = [name for name in names if name not in hidden]
    header = [heading(name.replace("ci_low", "interval"), lang) for name in columns]
    rows = [[_cell(row, name, ratings, lang) for name in columns] for row in table.frame.to_dict("records")]
    return header, rows


def _cell(row: Mapping[Any, Any], name: str, ratings: Ratings, lang: str) -> str:
    value = row[name]
    if isinstance(value, float) and math.isnan(value):
        return ""
    if name.startswith("ci_low"):
        return f"{fixed(row[name], 2)} – {fixed(row[name.replace('low', 'high')], 2)}".replace("-", "−")
    if name in SYSTEMS:
        return system_label(str(value), lang, ratings.system_labels)
    if name in SCALES:
        return next((in_language(scale.label, lang) for scale in ratings.scales if scale.key == value), str(value))
    if name in ("group", "characteristic", "answer"):
        return _about_expert(row, name, ratings, lang)
    if name in P_VALUES and isinstance(value, float):
        return p_number(value)
    if name in COUNTED and isinstance(value, float):
        return f"{value:.0f}"
    if (name in WORDED and isinstance(value, str)) or isinstance(value, bool | np.bool_):
        return word(str(value), lang)
    return readable(value, 2).replace("-", "−") if isinstance(value, float) else str(value)


def _about_expert(row: Mapping[Any, Any], name: str, ratings: Ratings, lang: str) -> str:
    """A group, a background question or an answer as the study words it, else the word for its key."""
    asked, text = row.get("characteristic"), str(row[name])
    question = ratings.questions.get(str(asked))
    if name == "group" or (name == "answer" and asked == "group"):
        own = ratings.group_labels.get(text)
    elif question:
        own = question.label if name == "characteristic" else question.choices.get(text)
    else:
        own = None
    return (in_language(own, lang) if own else "") or word(text, lang)
