"""The differences that the frozen plan names: a family of their own, apart from all exploratory ones."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Bullets
from analysis.report.comparisons.findings import ComparisonFindings, Row, grid, interval, named, number
from analysis.report.document import Contents
from analysis.report.format_p import p_number, p_text
from analysis.report.registry import Finding, Question, Section, Sentence
from analysis.statistics.mixed_model.inference import equivalence_p, holm
from formats.errors import N_
from formats.messages import LazyText

DIFFERS = N_("Planned: {better} is preferred to {worse}, {p} (adjusted for {count} planned differences).")
DIFFERS_LITTLE = N_(
    "Planned: {better} is preferred to {worse}, {p} (adjusted for {count} planned differences), but the difference in "
    "strength lies within ±{gap} (equivalence test, {p_within})."
)
WITHIN = N_(
    "Planned: {better} and {worse} are equivalent: the difference in strength lies within ±{gap} (equivalence test, "
    "{p_within}, adjusted for {count} planned differences)."
)
OPEN = N_(
    "Planned: the difference between {better} and {worse} is not significant, {p} (adjusted for {count} planned "
    "differences). This is not evidence that they are equal."
)


def planned(found: ComparisonFindings) -> pd.DataFrame:
    """The planned differences as the plan writes them, a − b, with p adjusted among them.

    Where the plan names a smallest difference of interest, they are tested for equivalence too.
    """
    rows = []
    for question, fit in found.fits.items():
        for a, b in found.data.planned(question):
            for one, other, sign in ((a, b, 1), (b, a, -1)):
                here = fit.contrasts[(fit.contrasts["system_a"] == one) & (fit.contrasts["system_b"] == other)]
                rows += [_turned(row, sign) for row in here.to_dict("records") if not pd.isna(row["p"])]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    table["p_holm"] = holm(table["p"].to_numpy())
    if found.data.gap is not None:
        difference, se, df = (table[name].to_numpy() for name in ("difference", "se", "df"))
        table["p_equivalence"] = holm(equivalence_p(difference, se, df, found.data.gap))
    return table


def _turned(row: Row, sign: int) -> Row:
    """A difference the other way round."""
    if sign > 0:
        return row
    turned = {name: -value if isinstance(value, float) else value for name, value in row.items()}
    ends = {"ci_low": "ci_high", "ci_low_simultaneous": "ci_high_simultaneous"}
    swapped = {name: turned[other] for low, high in ends.items() for name, other in ((low, high), (high, low))}
    kept = {name: row[name] for name in ("se", "df", "p", "p_holm")}
    return {**turned, **swapped, **kept, "system_a": row["system_b"], "system_b": row["system_a"]}


def verdicts(found: ComparisonFindings) -> list[Text]:
    """What the planned differences say."""
    table = found.frame("planned_contrasts")
    said: list[Text] = []
    for row in table.to_dict("records"):
        first, second = ("system_a", "system_b") if row["t"] > 0 else ("system_b", "system_a")
        within = row.get("p_equivalence", 1.0)
        said.append(
            LazyText(
                _message(row["p_holm"] < found.data.alpha, within < found.data.alpha),
                better=found.system(row[first]),
                worse=found.system(row[second]),
                p=p_text(float(row["p_holm"])),
                count=len(table),
                gap=f"{found.data.gap:g}" if found.data.gap else "",
                p_within=p_text(float(within)),
            )
        )
    return said


def _message(differs: bool, is_within: bool) -> str:
    if differs:
        return DIFFERS_LITTLE if is_within else DIFFERS
    return WITHIN if is_within else OPEN


def _said(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    if said := verdicts(contents.made):
        yield Bullets([text[lang] for text in said])


def _within(found: ComparisonFindings, row: Row, lang: str) -> str:
    p = row.get("p_equivalence")
    return "" if p is None or pd.isna(p) else p_number(p)


def _is_planned(found: ComparisonFindings) -> bool:
    return len(found.frame("planned_contrasts")) > 0


def _is_compared_with_gap(found: ComparisonFindings) -> bool:
    return "p_equivalence" in found.frame("planned_contrasts")


def _on_equivalence(found: ComparisonFindings) -> list[Text]:
    if not _is_compared_with_gap(found):
        return []
    return [
        LazyText(
            "Equivalence p: two one-sided tests that the difference lies within ±{gap}, the plan's smallest effect "
            "size of interest, adjusted by Holm's method too.",
            gap=f"{found.data.gap:g}",
        )
    ]


PLANNED = Finding[ComparisonFindings](
    "planned_contrasts",
    LazyText("Planned differences"),
    LazyText("Planned differences"),
    planned,
    None,
    notes=lambda found: [
        LazyText(
            "Difference = A − B in strength, as the frozen plan names them; p is adjusted by Holm's method for the "
            "planned differences alone. All other differences are exploratory. CI: {level}% confidence interval of a "
            "single difference.",
            level=found.data.level,
        ),
        *_on_equivalence(found),
    ],
    grid=grid(
        "planned_contrasts",
        [
            (LazyText("A"), named("system_a")),
            (LazyText("B"), named("system_b")),
            (LazyText("Difference"), number("difference")),
            (LazyText("SE"), number("se")),
            (LazyText("df"), number("df", 0)),
            (LazyText("CI"), interval("ci_low", "ci_high")),
            (LazyText("Adjusted p"), lambda found, row, lang: p_number(row["p_holm"])),
            (LazyText("Equivalence p"), _within),
        ],
    ),
    folded=False,
    sentences=[
        Sentence(
            "model",
            "planned",
            LazyText(
                "p values of the {count} planned differences were adjusted by Holm's method among themselves; all "
                "other differences are exploratory."
            ),
            _is_planned,
            lambda found, lang: {"count": len(found.frame("planned_contrasts"))},
        ),
        Sentence(
            "model",
            "equivalence",
            LazyText(
                "Planned differences were tested for equivalence within ±{gap} in strength (two one-sided tests, "
                "Schuirmann 1987)."
            ),
            _is_compared_with_gap,
            lambda found, lang: {"gap": f"{found.data.gap:g}"},
        ),
    ],
    questions=[
        Question(
            "planned",
            LazyText("Preregistration"),
            LazyText("{count} planned differences in the frozen plan; all others are exploratory."),
            lambda found, lang: {"count": len(found.frame("planned_contrasts"))},
            _is_planned,
        )
    ],
)
SECTION = Section("planned", LazyText("Planned differences"), [PLANNED], before=_said)
