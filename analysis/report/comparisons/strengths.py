"""What can be said: sentences on each question, strengths, differences and ranks."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Bullets, Paragraph
from analysis.report.closing import warnings
from analysis.report.comparisons import figures
from analysis.report.comparisons.findings import ComparisonFindings, grid, interval, named, number, worded
from analysis.report.comparisons.study import counts
from analysis.report.document import Contents
from analysis.report.format_p import p_number, p_text
from analysis.report.registry import Finding, Question, Rows, Section, Sentence
from analysis.statistics.comparison_model import ComparisonFit
from analysis.statistics.guards import MIN_EXPERTS, MIN_PROMPTS
from analysis.statistics.ordinal_model.ratio import RATIO
from formats.errors import N_
from formats.messages import CountedText, LazyText, clauses, translate, translator

TEST_NAMES = {"t": N_("t test"), RATIO: N_("likelihood ratio"), "": ""}

NOTHING_ONE = N_(
    "{question}: the difference between the systems is not significant. This is not evidence that they are equal."
)
NOTHING = N_(
    "{question}: none of {count} differences is significant, p adjusted for {count} differences. This is not "
    "evidence that the systems are equal."
)


def verdicts(found: ComparisonFindings, key: str) -> list[Text]:
    """Of a question which pairs differ, and whether all systems are equal."""
    fit = found.fits[key]
    said = [_on_pairs(found, key, fit)]
    if fit.omnibus["p"].notna().any() and len(fit.systems) > 2:
        said.append(_on_equality(found, key, fit))
    return said


def _on_pairs(found: ComparisonFindings, key: str, fit: ComparisonFit) -> Text:
    question, table = found.question(key), fit.contrasts[fit.contrasts["p"].notna()]
    if table.empty:
        return LazyText(
            "{question}: no difference was tested. The notes on the models give the reason.", question=question
        )
    held = table[table["p_holm"] < found.data.alpha]
    better = [
        (a, b) if t > 0 else (b, a) for a, b, t in zip(held["system_a"], held["system_b"], held["t"], strict=True)
    ]
    if not better:
        count = len(table)
        return LazyText(NOTHING_ONE if count == 1 else NOTHING, question=question, count=count)
    pairs = LazyText.of(
        lambda lang: clauses(lang, (f"{found.system(a)[lang]} > {found.system(b)[lang]}" for a, b in better))
    )
    return CountedText(
        "{question}: {count} of {tested} pairs differs, p adjusted for {tested} differences: {pairs}.",
        "{question}: {count} of {tested} pairs differ, p adjusted for {tested} differences: {pairs}.",
        len(better),
        question=question,
        tested=len(table),
        pairs=pairs,
    )


def _on_equality(found: ComparisonFindings, key: str, fit: ComparisonFit) -> Text:
    row = fit.omnibus.iloc[0]
    return LazyText(
        "{question}: test that all systems are equal: F({num:g}, {den:.0f}) = {f:.2f}, {p}.",
        question=found.question(key),
        num=float(row["num_df"]),
        den=float(row["den_df"]),
        f=float(row["f"]),
        p=p_text(float(row["p"])),
    )


def _answer(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    found = contents.made
    yield Paragraph(
        translate(lang, "Report of comparisons: {experts_named}, {clips_named} of {systems_named}.").format(
            **counts(found.data, lang)
        )
    )
    yield from warnings(contents, lang)
    for text in verdicts(found, found.primary):
        yield Paragraph(text[lang], is_answer=True)


def _others(contents: Contents[ComparisonFindings], lang: str) -> Iterator[Block]:
    found = contents.made
    others = [text[lang] for key in found.fits if key != found.primary for text in verdicts(found, key)]
    if others:
        yield Bullets(others)


def _concluded(found: ComparisonFindings) -> pd.DataFrame:
    """The tested pairs of each question, the first one's first: which system is preferred, "" where neither is."""
    table = found.tested("contrasts", "p")
    if table.empty:
        return table
    higher = table["system_a"].where(table["t"] > 0, table["system_b"])
    table = table.assign(preferred=higher.where(table["p_holm"] < found.data.alpha, ""))
    return table[["question", "system_a", "system_b", "preferred", "difference", *SIMULTANEOUS, "p_holm"]]


def _concluded_grid(found: ComparisonFindings, lang: str) -> Rows:
    """The pairs of the first question."""
    _, table = translator(lang), found.frame("conclusions")
    rows = []
    for row in table[table["question"] == found.primary].to_dict("records"):
        preferred = found.system(row["preferred"])[lang] if row["preferred"] else ""
        taken = _("{system} is preferred", system=preferred) if preferred else _("no significant difference")
        pair = " − ".join(found.system(row[f"system_{end}"])[lang] for end in ("a", "b"))
        rows.append([pair, taken, *(cell(found, row, lang) for cell in CONCLUDED_CELLS)])
    header = [_("Contrast"), _("Conclusion"), _("Difference"), _("Simultaneous CI"), _("Adjusted p")]
    return header, rows


SIMULTANEOUS = ["ci_low_simultaneous", "ci_high_simultaneous"]
CONCLUDED_CELLS = (number("difference"), interval(*SIMULTANEOUS), lambda found, row, lang: p_number(row["p_holm"]))
CONCLUSIONS = Finding[ComparisonFindings](
    "conclusions",
    LazyText("Conclusions"),
    lambda found: LazyText("Contrasts on {scale}", scale=found.question(found.primary)),
    _concluded,
    None,
    notes=[LazyText("A difference that is not significant is not evidence that two systems are equal.")],
    grid=_concluded_grid,
    folded=False,
    under_codes=True,
)


STRENGTHS_FIGURE = Finding[ComparisonFindings](
    "strengths_figure",
    LazyText("Figure of the strengths"),
    lambda found: LazyText(
        "Strength of each system with its {level}% confidence interval. Strengths are on the scale of the "
        "noise of a single comparison and sum to 0. Hollow markers: no interval.",
        level=found.data.level,
    ),
    lambda found: found.tested("strengths", "strength")[["question", "system", "strength", "ci_low", "ci_high"]],
    draw=figures.strengths,
    under_codes=True,
)

RANKS_FIGURE = Finding[ComparisonFindings](
    "ranks_figure",
    LazyText("Figure of the ranks"),
    LazyText(
        "Ranks that the tests leave open. A system can have any rank on its bar: it is placed below another "
        "only where their difference is significant after adjustment for all pairs."
    ),
    lambda found: found.stacked("ranks") if found.has_tests else found.stacked("ranks").iloc[:0],
    draw=figures.ranks,
    under_codes=True,
)

STRENGTHS = Finding[ComparisonFindings](
    "strengths",
    LazyText("Strengths of systems"),
    LazyText("Strengths of systems"),
    lambda found: found.stacked("strengths"),
    notes=lambda found: [
        LazyText(
            "Strengths are on the scale of the noise (standard deviation 1 for probit) and sum to 0: compare them "
            "within this study only. CI: {level}% confidence interval.",
            level=found.data.level,
        )
    ],
    grid=grid(
        "strengths",
        [
            (LazyText("System"), named("system")),
            (LazyText("Strength"), number("strength")),
            (LazyText("CI"), interval("ci_low", "ci_high")),
            (LazyText("Comparisons"), number("votes")),
            (LazyText("Preferred"), number("wins")),
            (LazyText("No difference"), number("ties")),
            (LazyText("Not preferred"), number("losses")),
            (LazyText("Clips"), number("clips")),
        ],
    ),
    folded=False,
    sentences=[
        Sentence(
            "model",
            "model",
            LazyText(
                "Preferences were analysed by a cumulative probit model (Thurstone's law of comparative judgement) "
                "with symmetric thresholds, an advantage of the first clip, and crossed random effects: each expert's "
                "own strength of each system, and each clip's own strength (Laplace approximation; strengths "
                "integrated out with the random effects, as in REML)."
            ),
            lambda found: found.has_tests,
        ),
        Sentence(
            "model",
            "few",
            LazyText("With fewer than {least_experts} experts or {least_prompts} prompts nothing is tested."),
            lambda found: any(fit.shortage for fit in found.fits.values()),
            lambda found, lang: {"least_experts": MIN_EXPERTS, "least_prompts": MIN_PROMPTS},
        ),
    ],
    questions=[
        Question(
            "unit",
            LazyText("Comparisons treated as independent"),
            LazyText("No: experts and clips are random effects."),
            holds=lambda found: found.has_tests,
        )
    ],
    under_codes=True,
)

CONTRASTS = Finding[ComparisonFindings](
    "contrasts",
    LazyText("Differences between systems"),
    LazyText("Differences between systems"),
    lambda found: found.tested("contrasts", "p"),
    notes=lambda found: [
        LazyText(
            "Difference = A − B in strength; t tests with Satterthwaite's df. p is adjusted by Holm's method for all "
            "pairs of a question; the first CI is for a single difference, the simultaneous one for all pairs at once "
            "(largest |t|), both at {level}%. Where a system won or lost every comparison, a difference has no finite "
            "estimate and is tested by the likelihood ratio.",
            level=found.data.level,
        )
    ],
    grid=grid(
        "contrasts",
        [
            (LazyText("A"), named("system_a")),
            (LazyText("B"), named("system_b")),
            (LazyText("Difference"), number("difference")),
            (LazyText("SE"), number("se")),
            (LazyText("df"), number("df", 0)),
            (LazyText("CI"), interval("ci_low", "ci_high")),
            (LazyText("Simultaneous CI"), interval("ci_low_simultaneous", "ci_high_simultaneous")),
            (LazyText("Adjusted p"), lambda found, row, lang: p_number(row["p_holm"])),
            (LazyText("Test"), worded(TEST_NAMES, "test")),
        ],
    ),
    sentences=[
        Sentence(
            "model",
            "tests",
            LazyText(
                "Differences have t tests with Satterthwaite's degrees of freedom; p values are adjusted by Holm's "
                "method for all pairs of a question, and simultaneous confidence intervals use the distribution of the "
                "largest |t|."
            ),
            lambda found: found.has_tests,
        ),
        Sentence(
            "model",
            "ratio",
            LazyText(
                "Where a system won or lost every comparison with others, differences are tested by the likelihood "
                "ratio, as their estimates are not finite."
            ),
            lambda found: RATIO in set(found.frame("contrasts").get("test", ())),
        ),
    ],
    questions=[
        Question(
            "many",
            LazyText("Adjustment for multiple comparisons"),
            LazyText("Holm's method over all pairs of a question; none across questions."),
            holds=lambda found: found.has_tests,
        )
    ],
    under_codes=True,
)

RANKS = Finding[ComparisonFindings](
    "ranks",
    LazyText("Ranks"),
    LazyText("Ranks that the tests leave open"),
    lambda found: found.stacked("ranks") if found.has_tests else found.stacked("ranks").iloc[:0],
    grid=grid(
        "ranks",
        [
            (LazyText("System"), named("system")),
            (LazyText("Strength"), number("strength")),
            (LazyText("Best rank"), number("rank_best")),
            (LazyText("Worst rank"), number("rank_worst")),
        ],
    ),
    sentences=[
        Sentence(
            "ranks",
            "ranks",
            LazyText(
                "Ranks are given as intervals: a system ranks below another only where their difference is significant "
                "after adjustment (Al Mohamad, Goeman & van Zwet 2022)."
            ),
            lambda found: found.has_tests,
        )
    ],
    under_codes=True,
)

OMNIBUS = Finding[ComparisonFindings](
    "omnibus",
    LazyText("Test that all systems are equal"),
    LazyText("Test that all systems are equal"),
    lambda found: found.tested("omnibus", "p"),
    None,
    grid=grid(
        "omnibus",
        [
            (LazyText("F"), number("f")),
            (LazyText("Numerator df"), number("num_df", 0)),
            (LazyText("Denominator df"), number("den_df", 0)),
            (LazyText("p"), lambda found, row, lang: p_number(row["p"])),
        ],
    ),
    under_codes=True,
)

SAID = Section("said", None, [STRENGTHS_FIGURE, CONCLUSIONS], before=_answer)
SECTION = Section(
    "strengths",
    LazyText("Strengths and differences"),
    [STRENGTHS, CONTRASTS, OMNIBUS, RANKS_FIGURE, RANKS],
    before=_others,
)
