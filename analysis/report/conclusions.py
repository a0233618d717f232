"""What a report says of each scale in plain sentences: which differences hold, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report import reasons
from analysis.report.findings import Findings, name_of
from analysis.report.format_p import p_text
from analysis.report.reasons import WHY
from analysis.report.tables import fixed, points
from analysis.statistics.mixed_model.model import PLANNED
from formats.errors import N_
from formats.messages import CountedText, LazyText, clauses

SHORTAGES = frozenset({"few_experts", "few_clips"})
#: What is said of a planned contrast: that A is higher, lower, or that neither is shown.
HIGHER = N_(
    "{scale}: {a} is rated higher than {b}, by {difference} points on average ({level}% CI {low} to {high}; "
    "{p}{many}). {size}"
)
LOWER = N_(
    "{scale}: {a} is rated lower than {b}, by {difference} points on average ({level}% CI {low} to {high}; "
    "{p}{many}). {size}"
)
OPEN = N_(
    "{scale}: the difference between {a} and {b} is not significant (estimate {difference} points, {level}% CI "
    "{low} to {high}; {p}{many}). This is not evidence of no difference. {size}"
)


def verdicts(ratings: Ratings, found: Findings) -> tuple[Text, ...]:
    """For each scale plain sentences: which contrasts hold, and how they stand to the smallest gap."""
    texts: list[Text] = []
    for scale in ratings.scales:
        if scale.key in found.fits:
            texts += _verdicts_on(ratings, found, scale.key, scale.label)
    return tuple(texts)


def _verdicts_on(ratings: Ratings, found: Findings, scale: str, label: Text) -> list[Text]:
    fit = found.fits[scale]
    table, planned = fit.contrasts, fit.contrasts[fit.contrasts["family"] == PLANNED]
    if table["p"].isna().all():
        (why,) = reasons.untested(ratings, {scale: fit})
        because = WHY[why or "too_few"]
        if why in SHORTAGES:
            return [
                LazyText(
                    "{scale}: {why}. Nothing is concluded: no difference has an interval or a test.",
                    scale=label,
                    why=because,
                )
            ]
        return [LazyText("{scale}: no difference could be tested: {why}.", scale=label, why=because)]
    told = table if len(table) == 1 else planned
    if len(told):
        return [_on_contrast(ratings, found, row, label) for row in told.to_dict("records")]
    untested = table.loc[table["p"].isna(), ["system_a", "system_b"]]
    short = {fit.shortages[system] for system in untested.to_numpy().ravel()} - {""}
    texts = [_on_pairs(ratings, table, label)]
    if short:
        lost = {"scale": label, "count": len(untested), "why": WHY[min(short)]}
        texts.append(LazyText("{scale}: {count} further pairs were not tested: {why}.", **lost))
    return texts


def _on_contrast(ratings: Ratings, found: Findings, row: Mapping[Any, Any], label: Text) -> Text:
    alpha, names = ratings.alpha, {end: name_of(ratings, row[f"system_{end}"]) for end in ("a", "b")}
    fit = found.fits[row["scale"]]
    if np.isnan(row["p"]):
        short = next(filter(None, (fit.shortages[row[f"system_{end}"]] for end in ("a", "b"))), "too_few")
        return LazyText("{scale}: {a} and {b} were not tested: {why}.", scale=label, **names, why=WHY[short])
    holds = row["p_simultaneous"] < alpha
    held = HIGHER if row["difference"] > 0 else LOWER
    family = fit.contrasts[fit.contrasts["family"] == row["family"]]
    count = int(family["p"].notna().sum())
    text = LazyText(
        held if holds else OPEN,
        scale=label,
        **names,
        difference=_points(abs(row["difference"]) if holds else row["difference"]),
        low=_points(row["ci_low_simultaneous"]),
        high=_points(row["ci_high_simultaneous"]),
        level=ratings.level,
        p=p_text(row["p_simultaneous"]),
        many=LazyText("; both adjusted for {count} differences", count=count) if count > 1 else "",
        size=_size(ratings, found, row),
    )
    return LazyText.of(lambda lang: text[lang].strip())


def _points(value: float) -> str:
    return fixed(value, 2).replace("-", "−")


def _size(ratings: Ratings, found: Findings, row: Mapping[Any, Any]) -> Text:
    """How a difference stands to the smallest gap of interest."""
    gap = ratings.gap
    if gap is None:
        return {}
    table = found.frame("equivalence")
    same = (table[["scale", "system_a", "system_b"]] == [row[name] for name in ("scale", "system_a", "system_b")]).all(
        axis=1
    )
    if table[same]["p_simultaneous"].iloc[0] < ratings.alpha:
        return LazyText(
            "The equivalence test is significant: the difference is smaller than the SESOI, {gap}.", gap=points(gap)
        )
    beyond = row["ci_low_simultaneous"] > gap or row["ci_high_simultaneous"] < -gap
    if beyond:
        return LazyText("The whole interval is beyond the SESOI, {gap}.", gap=points(gap))
    return LazyText("The study cannot show whether the difference is smaller than the SESOI, {gap}.", gap=points(gap))


def _on_pairs(ratings: Ratings, table: pd.DataFrame, label: Text) -> Text:
    held = table[table["p_simultaneous"] < ratings.alpha]
    names = [
        (a, b) if difference > 0 else (b, a)
        for a, b, difference in zip(held["system_a"], held["system_b"], held["difference"], strict=True)
    ]
    pairs = LazyText.of(
        lambda lang: clauses(lang, (f"{name_of(ratings, a)[lang]} > {name_of(ratings, b)[lang]}" for a, b in names))
    )
    tested = int(table["p"].notna().sum())
    if not names:
        return LazyText(
            "{scale}: none of {count} differences is significant, p adjusted for {count} differences. This is "
            "not evidence that the systems are equal.",
            scale=label,
            count=tested,
        )
    return CountedText(
        "{scale}: {count} of {tested} pairs differs, p adjusted for {tested} differences: {pairs}.",
        "{scale}: {count} of {tested} pairs differ, p adjusted for {tested} differences: {pairs}.",
        len(names),
        scale=label,
        tested=tested,
        pairs=pairs,
    )
