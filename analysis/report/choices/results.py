"""What can be said of choices: how well experts tell each system from the reference, and what they answered."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Bullets
from analysis.report.choices import figures
from analysis.report.choices.findings import ALL, PLANNED, ChoiceFindings, Row, grid, interval, number, percent
from analysis.report.choices.notes import COMPONENTS
from analysis.report.document import Contents
from analysis.report.format_p import p_number, p_text
from analysis.report.registry import Finding, Question, Section, Sentence
from analysis.report.tables import fixed
from formats.errors import N_
from formats.messages import LazyText, translate, translator

FAMILIES = {PLANNED: N_("planned"), ALL: N_("exploratory"), "": ""}
APART = N_("{question}: experts tell {system} from {reference}: d' = {d} ({ci}), {p}.")
MISTAKEN = N_(
    "{question}: experts take {system} for {reference} more often than {reference} itself: d' = {d} ({ci}), {p}."
)
WITHIN = N_(
    "{question}: experts tell {system} from {reference} no better than chance: d' = {d} lies within ±{margin:g} "
    "(equivalence test, {p_within})."
)
OPEN = N_(
    "{question}: it is not shown that experts tell {system} from {reference}, nor that they cannot: d' = {d} "
    "({ci}), {p}."
)
BOTH = N_("{question}: experts tell {system} from {reference}, but hardly: d' = {d} ({ci}), {p}, within ±{margin:g}.")

#: A system without a finite d', tested by the likelihood ratio.
ALL_RIGHT = N_(
    "{question}: experts tell {system} from {reference}: all {answers} answers are right (likelihood ratio test, {p})."
)
ALL_WRONG = N_(
    "{question}: experts take {system} for {reference} more often than {reference} itself: all {answers} answers are "
    "wrong (likelihood ratio test, {p})."
)
OPEN_RIGHT = N_(
    "{question}: it is not shown that experts tell {system} from {reference}, nor that they cannot: all {answers} "
    "answers are right (likelihood ratio test, {p})."
)
OPEN_WRONG = N_(
    "{question}: it is not shown that experts tell {system} from {reference}, nor that they cannot: all {answers} "
    "answers are wrong (likelihood ratio test, {p})."
)
SEPARATED = {"all_right": (ALL_RIGHT, OPEN_RIGHT), "all_wrong": (ALL_WRONG, OPEN_WRONG)}


def verdicts(found: ChoiceFindings) -> list[Text]:
    """For each question and system whether experts can tell it from the reference."""
    rows = found.tested.to_dict("records") if found.has_tests else []
    return [
        _verdict_of_separated(found, row) if row["why"] else _verdict(found, row)
        for row in rows
        if row["system"] and not (row["why"] and pd.isna(row["p_holm"]))
    ]


def _verdict_of_separated(found: ChoiceFindings, row: Row) -> Text:
    shown, not_shown = SEPARATED[row["why"]]
    message = shown if row["p_holm"] < found.data.alpha else not_shown
    return LazyText(
        message,
        question=found.question(row["question"]),
        system=found.system(row["system"]),
        reference=found.system(row["reference"]),
        answers=row["answers"],
        p=p_text(float(row["p_holm"])),
    )


def _verdict(found: ChoiceFindings, row: Row) -> Text:
    alpha, d = found.data.alpha, float(row["d_prime"])
    differs, within = row["p_holm"] < alpha, row["p_equivalence"] < alpha
    message = (BOTH if within else APART if d > 0 else MISTAKEN) if differs else WITHIN if within else OPEN
    low, high = (fixed(row[end], 2).replace("-", "−") for end in ("ci_low", "ci_high"))
    return LazyText(
        message,
        question=found.question(row["question"]),
        system=found.system(row["system"]),
        reference=found.system(row["reference"]),
        d=fixed(d, 2).replace("-", "−"),
        ci=LazyText("{level}% CI {low} to {high}", level=found.data.level, low=low, high=high),
        p=p_text(float(row["p_holm"])),
        p_within=p_text(float(row["p_equivalence"])),
        margin=found.margin(str(row["question"])),
    )


def _said(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    said = [text[lang] for text in verdicts(contents.made)]
    if said:
        yield Bullets(said)


def _notes(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    if contents.made.notes:
        yield Bullets([text[lang] for text in contents.made.notes])


def _system(found: ChoiceFindings, row: Row, lang: str) -> str:
    if row["system"]:
        return found.system(row["system"])[lang]
    table = found.tested
    is_short = (table.loc[table["question"] == row["question"], "why"] != "").any()
    return translate(lang, "Mean of the systems with d'") if is_short else translate(lang, "Mean of all systems")


def _d_prime(found: ChoiceFindings, row: Row, lang: str) -> str:
    if row["why"]:
        return translate(lang, "none ({hits} / {answers} right)", hits=row["hits"], answers=row["answers"])
    return number("d_prime")(found, row, lang)


def _p(found: ChoiceFindings, row: Row, lang: str) -> str:
    return "" if pd.isna(row["p_holm"]) else p_number(row["p_holm"])


def _p_within(found: ChoiceFindings, row: Row, lang: str) -> str:
    return "" if pd.isna(row["p_equivalence"]) else p_number(row["p_equivalence"])


CAPTION = N_(
    "How well experts tell the clips of each system from those of the reference: d' with its {level}% confidence "
    "interval. The band is what counts as chance. Hollow markers: no interval."
)
CAPTION_WITH_ARROWS = N_(
    "How well experts tell the clips of each system from those of the reference: d' with its {level}% confidence "
    "interval. The band is what counts as chance. Hollow markers: no interval. Arrows: all answers right (to the "
    "right) or all wrong (to the left), so that there is no finite d'."
)
FIGURE_1 = Finding[ChoiceFindings](
    "figure1",
    LazyText("Figure of telling systems apart"),
    lambda found: LazyText(CAPTION_WITH_ARROWS if has_separated(found) else CAPTION, level=found.data.level),
    lambda found: (
        found.tested[found.tested["system"] != ""][["question", "system", "d_prime", "ci_low", "ci_high", "why"]]
        if found.has_tests
        else pd.DataFrame()
    ),
    draw=figures.sensitivity,
    under_codes=True,
)
FIGURE_2 = Finding[ChoiceFindings](
    "figure2",
    LazyText("Figure of the answers"),
    LazyText("Answers to the clips of each system."),
    lambda found: found.shares.drop(columns="correct"),
    draw=figures.shares,
    under_codes=True,
)

SEPARATED_NOTE = LazyText(
    "A system whose answers are all right, or all wrong, has no finite d'. The others are estimated without it, and "
    "its p is that of the likelihood ratio test of d' = 0."
)


def has_separated(found: ChoiceFindings) -> bool:
    """Whether a system has no d' as its answers are all right or all wrong."""
    return bool(len(found.tested) and (found.tested["why"] != "").any())


DISCRIMINATION = Finding[ChoiceFindings](
    "discrimination",
    LazyText("Telling systems apart"),
    LazyText("How well experts tell each system from the reference"),
    lambda found: found.tested,
    notes=lambda found: [
        LazyText(
            "Hits: answers that are right for the system, of those to its clips. d': the system's distance from the "
            "reference on the scale of the noise, 0 where nobody can tell them; t tests with Satterthwaite's df, p "
            "adjusted by Holm's method. Equivalence p: two one-sided tests that d' lies within the margin. Criterion: "
            "above 0 where experts incline to the answer that is right for the reference. CI: {level}% confidence "
            "interval.",
            level=found.data.level,
        ),
        *([SEPARATED_NOTE] if has_separated(found) else []),
    ],
    grid=grid(
        "discrimination",
        [
            (LazyText("System"), _system),
            (LazyText("Hits"), percent("hit_rate")),
            (LazyText("d'"), _d_prime),
            (LazyText("SE"), number("se")),
            (LazyText("df"), number("df", 0)),
            (LazyText("CI"), interval("ci_low", "ci_high")),
            (LazyText("Adjusted p"), _p),
            (LazyText("Equivalence p"), _p_within),
            (LazyText("Criterion"), number("criterion")),
            (LazyText("Status"), lambda found, row, lang: translator(lang)(FAMILIES[row["family"]])),
        ],
    ),
    folded=False,
    sentences=[
        Sentence(
            "model",
            "model",
            LazyText(
                "Answers were analysed by a mixed probit (signal detection; DeCarlo 1998) with crossed random effects: "
                "each expert's criterion and sensitivity, and each clip (Laplace approximation; coefficients "
                "integrated out with the random effects, as in REML). d' of a system is its coefficient against the "
                "reference; t tests use Satterthwaite's degrees of freedom."
            ),
            lambda found: found.has_tests,
        ),
        Sentence(
            "model",
            "prompts",
            LazyText("Clips of one prompt share a random effect."),
            lambda found: found.has_tests and "prompt" in set(found.stacked("variance_components")["component"]),
        ),
        Sentence(
            "model",
            "separated",
            LazyText(
                "Systems whose answers were all right, or all wrong, have no finite d'; the others were estimated "
                "without them, and they were tested against d' = 0 by the likelihood ratio, compared with F on 1 "
                "and K − 2 df (K: clips of the system and of the reference)."
            ),
            lambda found: found.has_tests and has_separated(found),
        ),
        Sentence(
            "model",
            "equivalence",
            LazyText("Equivalence to chance was tested by two one-sided tests of d' within ±{margin}."),
            lambda found: found.has_tests,
            lambda found, lang: {"margin": _margins(found)},
        ),
        Sentence(
            "model",
            "planned",
            LazyText("p values of the planned contrasts were adjusted by Holm's method; all others are exploratory."),
            lambda found: found.has_tests and PLANNED in set(found.tested["family"]),
        ),
        Sentence(
            "model",
            "unplanned",
            LazyText("p values were adjusted by Holm's method for all systems of a question."),
            lambda found: found.has_tests and PLANNED not in set(found.tested["family"]),
        ),
    ],
    questions=[
        Question(
            "unit",
            LazyText("Answers treated as independent"),
            LazyText("No: experts and clips are random effects."),
            holds=lambda found: found.has_tests,
        ),
        Question(
            "chance",
            LazyText("Claim of no difference"),
            LazyText("Equivalence test, margin ±{margin} in d'."),
            lambda found, lang: {"margin": _margins(found)},
            lambda found: found.has_tests,
        ),
    ],
    under_codes=True,
)


def _margins(found: ChoiceFindings) -> str:
    return ", ".join(dict.fromkeys(f"{found.margin(key):g}" for key in found.judged))


SHARES = Finding[ChoiceFindings](
    "shares",
    LazyText("Answers to each system"),
    LazyText("Answers to the clips of each system"),
    lambda found: found.shares,
    grid=grid(
        "shares",
        [
            (LazyText("System"), _system),
            (LazyText("Answer"), lambda found, row, lang: found.answer(row["question"], row["choice"])[lang]),
            (LazyText("Answers"), number("answers")),
            (LazyText("Share"), percent("share")),
            (
                LazyText("Right"),
                lambda found, row, lang: "" if pd.isna(row["correct"]) else "✓" if row["correct"] else "–",
            ),
        ],
    ),
    under_codes=True,
)

EXPERTS = Finding[ChoiceFindings](
    "discrimination_experts",
    LazyText("Telling systems apart, by expert"),
    LazyText("How well each expert tells the systems from the reference"),
    lambda found: found.stacked("experts"),
    notes=[
        LazyText(
            "All systems together. Hits and false alarms: answers that are right for the other systems, to their clips "
            "and to those of the reference. d' by the log-linear rule; Fisher's exact test, one-sided, p adjusted by "
            "Holm's method for all experts. Of few answers these are rough: use them to look at the panel, not to "
            "exclude."
        )
    ],
    grid=grid(
        "discrimination_experts",
        [
            (LazyText("Expert"), lambda found, row, lang: str(row["expert_id"])),
            (LazyText("Hits"), lambda found, row, lang: f"{row['hits']} / {row['generated']}"),
            (LazyText("False alarms"), lambda found, row, lang: f"{row['false_alarms']} / {row['real']}"),
            (LazyText("d'"), number("d_prime")),
            (LazyText("Criterion"), number("criterion")),
            (LazyText("Adjusted p"), _p),
        ],
    ),
)

VARIANCES = Finding[ChoiceFindings](
    "variance_components",
    LazyText("Variance components"),
    LazyText("Variance components"),
    lambda found: found.stacked("variance_components"),
    grid=grid(
        "variance_components",
        [
            (LazyText("Component"), lambda found, row, lang: translator(lang)(COMPONENTS[row["component"]])),
            (LazyText("Variance"), number("variance", 3)),
            (LazyText("SD"), number("sd", 3)),
        ],
    ),
    under_codes=True,
)

SAID = Section("said", LazyText("Results"), [FIGURE_1], before=_said, after=_notes)
SECTION = Section("discrimination", LazyText("Telling systems apart"), [DISCRIMINATION, EXPERTS, VARIANCES])
ANSWERS = Section("answers", LazyText("Answers"), [FIGURE_2, SHARES])
