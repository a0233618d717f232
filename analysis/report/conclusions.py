"""What a report says of each scale in plain sentences: which differences hold, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report import reasons
from analysis.report.figures.contrasts import ENDS
from analysis.report.findings import Findings, called, name_of, sensitivity_pairs
from analysis.report.format_p import p_text
from analysis.report.reasons import WHY
from analysis.report.tables import fixed, points
from analysis.statistics.mixed_model.model import PLANNED
from formats.errors import N_
from formats.messages import CountedText, LazyText, clauses, in_a_row, listed, translate, translator

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


#: Of more pairs that differ only the first are named.
MAX_NAMED = 12
#: What is concluded of a contrast, and how its interval stands to the smallest effect size of interest.
TAKEN = {
    "higher": LazyText("higher for {a}"),
    "lower": LazyText("higher for {b}"),
    "open": LazyText("no significant difference"),
    "untested": LazyText("not tested"),
}
AGAINST_GAP = {
    "smaller": LazyText("significantly smaller"),
    "beyond": LazyText("whole interval beyond it"),
    "open": LazyText("undecided"),
    "": {},
}
CONCLUSION_COLUMNS = (
    "scale",
    "system_a",
    "system_b",
    "conclusion",
    "difference",
    *ENDS,
    "p_simultaneous",
    "against_gap",
)


def verdicts(ratings: Ratings, found: Findings, scale: str) -> list[Text]:
    """Plain sentences on a scale: which contrasts hold, and how they stand to the smallest gap."""
    fit, label = found.fits[scale], called(ratings, scale)
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
    if len(told) == 1:
        return [_on_contrast(ratings, found, row, label) for row in told.to_dict("records")]
    if len(told):
        return [_on_planned(ratings, conclusions(ratings, found, scale), label)]
    untested = table.loc[table["p"].isna(), ["system_a", "system_b"]]
    short = {fit.shortages[system] for system in untested.to_numpy().ravel()} - {""}
    texts = [_on_pairs(ratings, table, label)]
    if short:
        lost = {"scale": label, "count": len(untested), "why": WHY[min(short)]}
        texts.append(LazyText("{scale}: {count} further pairs were not tested: {why}.", **lost))
    return texts


def conclusions(ratings: Ratings, found: Findings, scale: str) -> pd.DataFrame:
    """What is concluded of each contrast of a scale that the report speaks of (CONCLUSION_COLUMNS): the planned ones,
    else those with the real music, else all pairs."""
    fit = found.fits[scale]
    pairs = sensitivity_pairs(ratings, fit)
    rows = []
    for row in fit.contrasts.to_dict("records"):
        if (row["system_a"], row["system_b"]) in pairs:
            held = "higher" if row["difference"] > 0 else "lower"
            taken = held if row["p_simultaneous"] < ratings.alpha else "untested" if np.isnan(row["p"]) else "open"
            against = "" if taken == "untested" else _against_gap(ratings, found, row)
            rows.append({**row, "scale": scale, "conclusion": taken, "against_gap": against})
    return pd.DataFrame(rows, columns=list(CONCLUSION_COLUMNS))


def _on_planned(ratings: Ratings, table: pd.DataFrame, label: Text) -> Text:
    """Which of several planned contrasts hold, which do not, and which are smaller than the smallest gap."""
    held, tested = table[table["conclusion"].isin(("higher", "lower"))], int((table["conclusion"] != "untested").sum())
    about = {"scale": label, "count": len(held), "tested": tested}
    parts: list[Text] = [
        LazyText(
            "{scale}: none of {tested} planned contrasts is significant, p adjusted for {tested} differences.", **about
        )
        if held.empty
        else CountedText(
            "{scale}: {count} of {tested} planned contrasts is significant, p adjusted for {tested} differences: "
            "{held}.",
            "{scale}: {count} of {tested} planned contrasts are significant, p adjusted for {tested} differences: "
            "{held}.",
            len(held),
            **{key: value for key, value in about.items() if key != "count"},
            held=_grouped(ratings, held),
        )
    ]
    for rows, text in (
        (
            table[table["conclusion"] == "open"],
            N_("Not significant, which is not evidence of no difference: {pairs}."),
        ),
        (table[table["against_gap"] == "smaller"], N_("Significantly smaller than the SESOI, {gap}: {pairs}.")),
        (table[table["conclusion"] == "untested"], N_("Not tested: {pairs}.")),
    ):
        if len(rows):
            parts.append(LazyText(text, pairs=_pairs(ratings, rows), gap=points(ratings.gap or 0)))
    return LazyText.of(lambda lang: in_a_row(lang, (part[lang] for part in parts)))


def _grouped(ratings: Ratings, held: pd.DataFrame) -> LazyText:
    """The higher system of each pair with those that it is rated higher than, and by how much."""
    lower: dict[str, list[tuple[str, float]]] = {}
    for row in held.to_dict("records"):
        ends = (row["system_a"], row["system_b"])
        high, low = ends if row["difference"] > 0 else ends[::-1]
        lower.setdefault(high, []).append((low, abs(row["difference"])))

    def words(lang: str) -> str:
        _ = translator(lang)
        parts = []
        for high, others in lower.items():
            by = [_("{name} (+{points})", name=name_of(ratings, low)[lang], points=_points(by)) for low, by in others]
            parts.append(_("higher for {a} than for {others}", a=name_of(ratings, high)[lang], others=listed(lang, by)))
        return clauses(lang, parts)

    return LazyText.of(words)


def _pairs(ratings: Ratings, rows: pd.DataFrame) -> LazyText:
    ends = list(zip(rows["system_a"], rows["system_b"], strict=True))
    return LazyText.of(
        lambda lang: clauses(lang, (f"{name_of(ratings, a)[lang]} − {name_of(ratings, b)[lang]}" for a, b in ends))
    )


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


#: How a difference stands to the smallest gap of interest, in a sentence.
SIZES = {
    "smaller": N_("The equivalence test is significant: the difference is smaller than the SESOI, {gap}."),
    "beyond": N_("The whole interval is beyond the SESOI, {gap}."),
    "open": N_("The study cannot show whether the difference is smaller than the SESOI, {gap}."),
}


def _size(ratings: Ratings, found: Findings, row: Mapping[Any, Any]) -> Text:
    against = _against_gap(ratings, found, row)
    return LazyText(SIZES[against], gap=points(ratings.gap or 0)) if against else {}


def _against_gap(ratings: Ratings, found: Findings, row: Mapping[Any, Any]) -> str:
    """How a tested difference stands to the smallest gap of interest (AGAINST_GAP); "" without one."""
    gap = ratings.gap
    if gap is None:
        return ""
    table = found.frame("equivalence")
    same = (table[["scale", "system_a", "system_b"]] == [row[name] for name in ("scale", "system_a", "system_b")]).all(
        axis=1
    )
    if table[same]["p_simultaneous"].iloc[0] < ratings.alpha:
        return "smaller"
    return "beyond" if row["ci_low_simultaneous"] > gap or row["ci_high_simultaneous"] < -gap else "open"


def _on_pairs(ratings: Ratings, table: pd.DataFrame, label: Text) -> Text:
    held = table[table["p_simultaneous"] < ratings.alpha]
    names = [
        (a, b) if difference > 0 else (b, a)
        for a, b, difference in zip(held["system_a"], held["system_b"], held["difference"], strict=True)
    ]
    more = max(0, len(names) - MAX_NAMED)

    def words(lang: str) -> str:
        named = [f"{name_of(ratings, a)[lang]} > {name_of(ratings, b)[lang]}" for a, b in names[:MAX_NAMED]]
        return clauses(lang, [*named, *([translate(lang, N_("{count} more"), count=more)] if more else [])])

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
        pairs=LazyText.of(words),
    )
