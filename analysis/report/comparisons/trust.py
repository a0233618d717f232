"""Whether the results can be trusted: the linear check, one scale for all pairs, sides, experts and variances."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Bullets
from analysis.report.comparisons.findings import ComparisonFindings, Row, grid, interval, named, number, percent, worded
from analysis.report.comparisons.notes import COMPONENTS
from analysis.report.document import Contents
from analysis.report.format_p import p_number, p_text
from analysis.report.registry import Finding, Question, Section, Sentence
from formats.errors import N_
from formats.messages import CountedText, LazyText

AGREEMENT = {
    "": N_("yes"),
    "sign": N_("opposite signs"),
    "linear_only": N_("significant in the linear model only"),
    "comparison_only": N_("significant in the comparison model only"),
}


#: Whether one scale of strengths describes all pairs.
ONE_SCALE = {
    True: N_("{question}: one scale of strengths describes all pairs (χ²({df}) = {chi2:.1f}, {p})."),
    False: N_(
        "{question}: some pairs differ from what one scale of strengths says (χ²({df}) = {chi2:.1f}, {p}); see the "
        "table of pairs. Describe them; do not leave them out."
    ),
}


def _p(found: ComparisonFindings, row: Row, lang: str) -> str:
    return "" if pd.isna(row["p"]) else p_number(row["p"])


# --- the linear check


def disagreements(found: ComparisonFindings) -> list[Text]:
    """For each question on how many pairs both models agree, and each pair on which they do not."""
    said: list[Text] = []
    for key, fit in found.fits.items():
        table = fit.linear[fit.linear["p"].notna() & fit.contrasts["p"].notna().to_numpy()]
        if table.empty:
            continue
        apart = table[table["kind"] != ""]
        said.append(
            CountedText(
                "{question}: the linear model agrees on {agree} of {count} difference.",
                "{question}: the linear model agrees on {agree} of {count} differences.",
                len(table),
                question=found.question(key),
                agree=len(table) - len(apart),
            )
        )
        kinds = {kind: LazyText(message) for kind, message in AGREEMENT.items()}
        said += [
            LazyText(
                "{question}: {a} − {b}: {kind}. Treat this difference with caution.",
                question=found.question(key),
                a=found.system(row["system_a"]),
                b=found.system(row["system_b"]),
                kind=kinds[row["kind"]],
            )
            for row in apart.to_dict("records")
        ]
    return said


def _one_scale(found: ComparisonFindings) -> list[Text]:
    said: list[Text] = []
    for key, fit in found.fits.items():
        (row,) = fit.one_scale.to_dict("records")
        if pd.isna(row["p"]):
            continue
        said.append(
            LazyText(
                ONE_SCALE[row["p"] >= found.data.alpha],
                question=found.question(key),
                df=int(row["df"]),
                chi2=float(row["chi2"]),
                p=p_text(float(row["p"])),
            )
        )
    return said


def _notes(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    found = contents.made
    said = [*found.notes, *disagreements(found), *_one_scale(found)]
    if said:
        yield Bullets([text[lang] for text in said])


LINEAR = Finding[ComparisonFindings](
    "linear_check",
    LazyText("Linear model of the answers"),
    LazyText("Linear model of the answers, as a check"),
    lambda found: found.tested("linear", "p"),
    notes=[
        LazyText(
            "A linear mixed model of the signed answers with the same random effects (REML, Satterthwaite's df), in "
            "grades of the answer. Agrees: in sign and in significance with the comparison model, p adjusted in both."
        )
    ],
    grid=grid(
        "linear_check",
        [
            (LazyText("A"), named("system_a")),
            (LazyText("B"), named("system_b")),
            (LazyText("Difference"), number("difference")),
            (LazyText("SE"), number("se")),
            (LazyText("df"), number("df", 0)),
            (LazyText("Adjusted p"), lambda found, row, lang: p_number(row["p_holm"])),
            (LazyText("Agrees"), worded(AGREEMENT, "kind")),
        ],
    ),
    sentences=[
        Sentence(
            "check",
            "linear",
            LazyText("A linear mixed model of the signed answers with the same random effects was fitted as a check."),
            lambda found: len(found.frame("linear_check")) > 0,
        )
    ],
    under_codes=True,
)

PAIRS = Finding[ComparisonFindings](
    "pair_fit",
    LazyText("Pairs beside the scale of strengths"),
    LazyText("Pairs beside the scale of strengths"),
    lambda found: found.tested("pairs", "z"),
    notes=[
        LazyText(
            "Direct: the difference by the comparisons of the pair alone. By strengths: by one scale for all pairs. z: "
            "what is between them over its standard error; the test of all pairs together is above."
        )
    ],
    grid=grid(
        "pair_fit",
        [
            (LazyText("A"), named("system_a")),
            (LazyText("B"), named("system_b")),
            (LazyText("Direct"), number("direct")),
            (LazyText("By strengths"), number("by_strengths")),
            (LazyText("z"), number("z")),
        ],
    ),
    sentences=[
        Sentence(
            "check",
            "one_scale",
            LazyText(
                "Whether one scale of strengths describes all pairs was tested against a difference of its own for "
                "each pair (Wald's χ² in the same model)."
            ),
            lambda found: len(found.frame("pair_fit")) > 0,
        )
    ],
    questions=[
        Question(
            "transitive",
            LazyText("Transitivity of preferences"),
            LazyText("Tested; see the notes."),
            holds=lambda found: len(found.frame("pair_fit")) > 0,
        )
    ],
    under_codes=True,
)

SIDES = Finding[ComparisonFindings](
    "sides",
    LazyText("Sides"),
    LazyText("Preference by position"),
    lambda found: found.stacked("sides"),
    notes=[
        LazyText(
            "Observed: shares of all comparisons. Advantage: of the clip that comes first, on the scale of strengths. "
            "Probability: of the first clip between equal systems."
        )
    ],
    grid=grid(
        "sides",
        [
            (LazyText("First preferred"), percent("first")),
            (LazyText("No difference"), percent("tie")),
            (LazyText("Second preferred"), percent("second")),
            (LazyText("Advantage"), number("side")),
            (LazyText("CI"), interval("ci_low", "ci_high")),
            (LazyText("p"), _p),
            (LazyText("Probability"), percent("chance_first")),
        ],
    ),
    folded=False,
    questions=[
        Question(
            "sides",
            LazyText("Position of the clips"),
            LazyText("{first_share} of preferences are for the first clip; its advantage is in the model."),
            lambda found, lang: {"first_share": _first_share(found)},
            holds=lambda found: bool((found.data.counted["value"] != 0).any()),
        )
    ],
    under_codes=True,
)


def _first_share(found: ComparisonFindings) -> str:
    values = found.data.counted["value"]
    return f"{100 * (values < 0).sum() / (values != 0).sum():.0f}%"


EXPERTS = Finding[ComparisonFindings](
    "expert_consistency",
    LazyText("Consistency of experts"),
    LazyText("Consistency of experts"),
    lambda found: found.stacked("experts_table"),
    notes=[
        LazyText(
            "Circular triads: the expert prefers A to B, B to C and C to A, by the majority of their comparisons of a "
            "pair; only triads with three decided pairs count. At random a quarter is circular. With five systems or "
            "fewer, no circular triad proves little (last column: its probability at random). This table is no reason "
            "to exclude an expert."
        )
    ],
    grid=grid(
        "expert_consistency",
        [
            (LazyText("Expert"), lambda found, row, lang: str(row["expert_id"])),
            (LazyText("Comparisons"), number("votes")),
            (LazyText("First preferred"), percent("first")),
            (LazyText("No difference"), number("ties")),
            (LazyText("Triads"), number("triads")),
            (LazyText("Circular"), number("circular")),
            (LazyText("Consistency (ζ)"), number("consistency")),
            (LazyText("None by chance"), number("p_random", 3)),
        ],
    ),
    sentences=[
        Sentence(
            "check",
            "triads",
            LazyText("Circular triads were counted for each expert (Kendall & Babington Smith 1940)."),
            lambda found: bool((found.stacked("experts_table")["triads"] > 0).any()),
        )
    ],
)

COMPONENTS_TABLE = Finding[ComparisonFindings](
    "variance_components",
    LazyText("Variance components"),
    LazyText("Variance components"),
    lambda found: found.tested("variance_components", "variance"),
    notes=[LazyText("Standard deviations on the scale of the noise of a single comparison.")],
    grid=grid(
        "variance_components",
        [
            (LazyText("Component"), worded(COMPONENTS, "component")),
            (LazyText("SD"), number("sd")),
            (LazyText("Variance"), number("variance", 3)),
        ],
    ),
    under_codes=True,
)

SECTION = Section(
    "trust", LazyText("Model diagnostics"), [SIDES, LINEAR, PAIRS, EXPERTS, COMPONENTS_TABLE], before=_notes
)
