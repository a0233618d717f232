"""What a report of trials with an X (ABX) says: how often experts are right, for each pair of systems."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import ndtr

from analysis.data.dataset import Text
from analysis.report.blocks import Block, Bullets
from analysis.report.choices.figures import BAND, label_rows, name_panel
from analysis.report.choices.findings import ALL, PLANNED, ChoiceFindings, Row, grid, number, percent
from analysis.report.document import Contents
from analysis.report.figures.parts import INK, MAX_SHORT_NAME, finish, panels, short
from analysis.report.figures.parts import grid as lines
from analysis.report.format_p import p_number, p_text
from analysis.report.registry import Finding, Question, Section, Sentence
from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS
from formats.errors import N_
from formats.messages import LazyText, listed, translate, translator

FAMILIES = {PLANNED: N_("planned"), ALL: N_("exploratory")}
APART = N_("{question}: experts tell {pair} apart: {share} right ({ci}), {p}.")
BELOW = N_("{question}: experts are right about {pair} less often than by guessing: {share} right ({ci}), {p}.")
WITHIN = N_(
    "{question}: experts tell {pair} apart no better than by guessing: {share} right, between {margin} (equivalence "
    "test, {p_within})."
)
OPEN = N_(
    "{question}: it is not shown that experts tell {pair} apart, nor that they cannot: {share} right ({ci}), {p}."
)
BOTH = N_("{question}: experts tell {pair} apart, but hardly: {share} right ({ci}), {p}, between {margin}.")
#: Why a pair has no estimate.
WHY = {
    "all_right": N_("{question}: all answers about {pair} are right. There is no finite estimate, only counts."),
    "all_wrong": N_("{question}: all answers about {pair} are wrong. There is no finite estimate, only counts."),
    "not_estimable": N_("{question}: the answers about {pair} do not determine the model; there are counts only."),
}
COMPONENTS = {
    "sensitivity": N_("between experts in how well they tell the systems apart"),
    "clip": N_("between pairs of clips in how easily experts tell them apart"),
}


def _percent(value: float) -> str:
    return f"{100 * value:.0f}%"


def margin_of(found: ChoiceFindings, question: str) -> str:
    """Between which proportions experts count as guessing."""
    reach = 100 * (float(ndtr(found.margin(question) / 2)) - 0.5)
    return f"{50 - reach:.1f}% – {50 + reach:.1f}%"


def verdicts(found: ChoiceFindings) -> list[Text]:
    """For each question and pair whether experts tell its systems apart."""
    table = found.abx_pairs
    return [_verdict(found, row) for row in table[table["p"].notna()].to_dict("records")] if len(table) else []


def _verdict(found: ChoiceFindings, row: Row) -> Text:
    differs, within = row["p_holm"] < found.data.alpha, row["p_equivalence"] < found.data.alpha
    above = BOTH if within else APART if row["estimate"] > 0 else BELOW
    low, high = _percent(row["ci_low"]), _percent(row["ci_high"])
    return LazyText(
        above if differs else WITHIN if within else OPEN,
        question=found.question(row["question"]),
        pair=found.system(row["pair"]),
        share=_percent(row["proportion"]),
        ci=LazyText("{level}% CI {low} to {high}", level=found.data.level, low=low, high=high),
        p=p_text(float(row["p_holm"])),
        p_within=p_text(float(row["p_equivalence"])),
        margin=margin_of(found, str(row["question"])),
    )


def _said(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    said = [text[lang] for text in verdicts(contents.made)]
    if said:
        yield Bullets(said)


def _notes(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    said = list(_notes_of(contents.made, lang))
    if said:
        yield Bullets(said)


def _notes_of(found: ChoiceFindings, lang: str) -> Iterator[str]:
    _ = translator(lang)
    for key, fit in found.abx.items():
        name = found.question(key)[lang]
        for pair, why in fit.why.items():
            yield _(WHY[why], question=name, pair=found.system(pair)[lang])
        if fit.shortage:
            yield _(
                "{question}: results for other experts and clips need {experts} experts and {clips} pairs of clips or "
                "more; there are no confidence intervals or tests.",
                question=name,
                experts=MIN_EXPERTS,
                clips=MIN_CLIPS,
            )
        if not fit.converged:
            yield _("{question}: the model did not converge; interpret its numbers with caution.", question=name)


def _draw(found: ChoiceFindings, frame: pd.DataFrame, lang: str) -> Figure:
    """The proportion of right answers of each pair with its interval; the band is what counts as guessing."""
    questions = list(dict.fromkeys(frame["question"]))
    most = max(len(frame[frame["question"] == question]) for question in questions)
    figure, axes, _columns = panels(len(questions), 2, 3.2, 0.55 + 0.3 * most)
    for axis, question in zip(axes, questions, strict=True):
        here = frame[frame["question"] == question]
        reach = float(ndtr(found.margin(question) / 2)) - 0.5
        axis.axvspan(0.5 - reach, 0.5 + reach, color=BAND, zorder=0)
        axis.axvline(0.5, color=INK, linewidth=0.7, zorder=1)
        for level, row in enumerate(here.to_dict("records")):
            known = not pd.isna(row["ci_low"])
            if known:
                axis.hlines(level, row["ci_low"], row["ci_high"], color=INK, linewidth=1.3, zorder=3)
            at = row["share"] if pd.isna(row["proportion"]) else row["proportion"]
            face = INK if known else "white"
            axis.plot(at, level, "o", markersize=5, color=INK, markerfacecolor=face, zorder=4)
        axis.set_xlim(min(0.4, float(np.nanmin(frame[["share", "ci_low"]].to_numpy())) - 0.02), 1.02)
        label_rows(axis, [short(found.system(pair)[lang], 2 * MAX_SHORT_NAME) for pair in here["pair"]])
        lines(axis, "x")
        name_panel(axis, found, question, lang)
    figure.supxlabel(translate(lang, "Share of right answers (0.5: guessing)"), fontsize=8)
    return finish(figure, found)


FIGURE = Finding[ChoiceFindings](
    "figure1",
    LazyText("Figure of the right answers"),
    lambda found: LazyText(
        "How often experts say rightly which clip X is: the proportion for each pair of systems with its "
        "{level}% confidence interval. The band is what counts as guessing. Hollow markers: no interval.",
        level=found.data.level,
    ),
    lambda found: found.abx_pairs[["question", "pair", "share", "proportion", "ci_low", "ci_high"]],
    draw=_draw,
    under_codes=True,
)


def _first(found: ChoiceFindings) -> Text:
    rows = found.data.counted.groupby("question")["first"].mean()
    return LazyText.of(
        lambda lang: listed(lang, (f"{found.question(key)[lang]} {_percent(share)}" for key, share in rows.items()))
    )


ABX = Finding[ChoiceFindings](
    "abx",
    LazyText("Which clip X is"),
    LazyText("How often experts say rightly which clip X is"),
    lambda found: found.abx_pairs,
    notes=lambda found: [
        LazyText(
            "Right: of all answers. Proportion: of an average expert and pair of clips, by the mixed probit; CI: "
            "{level}% confidence interval. t tests against 1/2 with Satterthwaite's df, p adjusted by Holm's method. "
            "Equivalence p: two one-sided tests that the proportion counts as guessing. X is the first clip as often "
            "as the second. Share of answers that it is the first: {first}.",
            level=found.data.level,
            first=_first(found),
        )
    ],
    grid=grid(
        "abx",
        [
            (LazyText("Pair of systems"), lambda found, row, lang: found.system(row["pair"])[lang]),
            (LazyText("Right"), lambda found, row, lang: f"{row['right']} / {row['answers']}"),
            (LazyText("Proportion"), percent("proportion")),
            (
                LazyText("CI"),
                lambda found, row, lang: (
                    "" if pd.isna(row["ci_low"]) else f"{_percent(row['ci_low'])} – {_percent(row['ci_high'])}"
                ),
            ),
            (LazyText("df"), number("df", 0)),
            (LazyText("Adjusted p"), lambda found, row, lang: _p(row["p_holm"])),
            (LazyText("Equivalence p"), lambda found, row, lang: _p(row["p_equivalence"])),
            (LazyText("Status"), lambda found, row, lang: translator(lang)(FAMILIES[row["family"]])),
        ],
    ),
    folded=False,
    sentences=[
        Sentence(
            "model",
            "abx",
            LazyText(
                "Whether an answer is right was analysed by a mixed probit with a proportion for each pair of systems "
                "and crossed random effects of experts and of pairs of clips (Laplace approximation; coefficients "
                "integrated out with the random effects, as in REML). Proportions were tested against 1/2 by t tests "
                "with Satterthwaite's degrees of freedom, and for equivalence to guessing ({margin}) by two "
                "one-sided tests; p values were adjusted by Holm's method. No d' was computed: that of ABX depends on "
                "how experts compare the clips (Macmillan & Creelman 2005)."
            ),
            lambda found: bool(verdicts(found)),
            lambda found, lang: {"margin": _margins(found)},
        ),
    ],
    questions=[
        Question(
            "unit",
            LazyText("Answers treated as independent"),
            LazyText("No: experts and pairs of clips are random effects."),
            holds=lambda found: bool(verdicts(found)),
        ),
        Question(
            "chance",
            LazyText("Claim of no difference"),
            LazyText("Equivalence test: {margin} right counts as guessing."),
            lambda found, lang: {"margin": _margins(found)},
            lambda found: bool(verdicts(found)),
        ),
    ],
    under_codes=True,
)


def _p(value: float) -> str:
    return "" if pd.isna(value) else p_number(value)


def _margins(found: ChoiceFindings) -> str:
    return ", ".join(dict.fromkeys(margin_of(found, key) for key in found.abx))


VARIANCES = Finding[ChoiceFindings](
    "variance_components",
    LazyText("Variance components"),
    LazyText("Variance components"),
    lambda found: pd.concat(
        [fit.variance_components.assign(question=key) for key, fit in found.abx.items()], ignore_index=True
    ),
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


def _limits(contents: Contents[ChoiceFindings], lang: str) -> Iterator[Block]:
    _ = translator(lang)
    yield Bullets(
        [
            _("A test that is not significant is not evidence that experts cannot tell: see the equivalence test."),
            _("ABX shows whether a difference can be heard at all, not which system is better."),
        ]
    )


SAID = Section("said", LazyText("Results"), [FIGURE], before=_said, after=_notes)
SECTION = Section("abx", LazyText("Which clip X is"), [ABX, VARIANCES])
CANNOT = Section[ChoiceFindings]("cannot", LazyText("Limitations"), before=_limits)
