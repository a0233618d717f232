"""What can be said: the answer to the primary question with its figure and contrasts in words; what cannot be said."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.blocks import Block, Bullets, Paragraph
from analysis.report.closing import under_codes
from analysis.report.columns import shown_interval
from analysis.report.conclusions import AGAINST_GAP, TAKEN, conclusions, verdicts
from analysis.report.document import SIMULATED, Contents
from analysis.report.figures.answer import answer_frame, draw_answer
from analysis.report.figures.contrasts import ENDS
from analysis.report.findings import Findings, called, name_of, stacked
from analysis.report.format_p import p_number
from analysis.report.methods import counts
from analysis.report.registry import Finding, Rows, Section
from analysis.report.tables import points
from formats.messages import LazyText, in_a_row, translate, translator


def _answer(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    found = contents.made
    yield Paragraph(
        translate(lang, "Report of a listening study: {experts_named}, {clips_named} of {systems_named}.").format(
            **counts(found.ratings, lang)
        )
    )
    if found.is_simulated:
        yield Paragraph(SIMULATED[lang], is_warning=True)
    yield from under_codes(found, lang)
    for text in verdicts(found.ratings, found, found.primary):
        yield Paragraph(text[lang], is_answer=True)


def _answer_caption(found: Findings) -> Text:
    """What is drawn, and nothing else."""
    frame, level = found.frame("answer_figure"), found.ratings.level
    means, clips = frame[frame["clip_id"] == ""], frame["clip_id"].fillna("") != ""
    sentences = (
        (LazyText("Mean rating of each system ({scale}).", scale=called(found.ratings, found.primary)), True),
        (LazyText("n: number of ratings."), True),
        (LazyText("Error bars show {level}% confidence intervals.", level=level), means["ci_low"].notna().any()),
        (LazyText("The grey band is the CI of the real music."), (means["system"] == found.ratings.real_system).any()),
        (LazyText("Light points are the means of single clips."), clips.any()),
        (
            LazyText(
                "Right: differences from the mixed model, with simultaneous {level}% confidence intervals.", level=level
            ),
            frame["difference"].notna().any(),
        ),
    )
    return LazyText.of(lambda lang: in_a_row(lang, (text[lang] for text, holds in sentences if holds)))


ANSWER_FIGURE = Finding[Findings](
    "answer_figure",
    LazyText("Figure of the primary scale"),
    _answer_caption,
    answer_frame,
    draw=draw_answer,
    under_codes=True,
)


def _concluded(found: Findings) -> pd.DataFrame:
    """The primary scale first."""
    order = sorted(found.fits, key=lambda scale: scale != found.primary)
    return stacked([conclusions(found.ratings, found, scale) for scale in order])


def _concluded_grid(found: Findings, lang: str) -> Rows:
    """The contrasts of the primary scale."""
    _, ratings, table = translator(lang), found.ratings, found.frame("conclusions")
    rows = []
    for row in table[table["scale"] == found.primary].to_dict("records"):
        a, b = (name_of(ratings, row[f"system_{end}"])[lang] for end in ("a", "b"))
        tested = row["conclusion"] != "untested"
        numbers = [shown_interval(row["difference"], row[ENDS[0]], row[ENDS[1]]), p_number(row["p_simultaneous"])]
        cells = [f"{a} − {b}", TAKEN[row["conclusion"]][lang].format(a=a, b=b), *(numbers if tested else ["", ""])]
        rows.append([*cells, *([AGAINST_GAP[row["against_gap"]].get(lang, "")] if ratings.gap else [])])
    header = [
        _("Contrast"),
        _("Conclusion"),
        _("Difference (simultaneous {level}% CI)", level=ratings.level),
        _("Adjusted p"),
    ]
    gap = [_("Against the SESOI, {gap}", gap=points(ratings.gap))] if ratings.gap else []
    return [*header, *gap], rows


CONCLUSIONS = Finding[Findings](
    "conclusions",
    LazyText("Conclusions"),
    lambda found: LazyText("Contrasts on {scale}", scale=called(found.ratings, found.primary)),
    _concluded,
    reasons.of(reasons.untested),
    notes=[LazyText("A difference that is not significant is not evidence that two systems are equal.")],
    grid=_concluded_grid,
    decimals=2,
    folded=False,
    under_codes=True,
)

SAID = Section("said", None, [ANSWER_FIGURE, CONCLUSIONS], before=_answer)


FEW_EXPERTS = 20


def _limits(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    found, _ = contents.made, translator(lang)
    ratings, frame = found.ratings, found.ratings.counted
    experts = frame.groupby("scale").agg({"expert_id": "nunique"})["expert_id"]
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    adjusted = _(" The model adjusts the means for missing combinations, as far as the ratings allow.")
    limits = (
        (
            _(
                "Do not conclude that two systems are equal. A non-significant difference is not evidence of no "
                "difference, and overlapping intervals are not a test. Use the equivalence test."
            ),
            True,
        ),
        (
            _(
                "Do not conclude from the largest difference alone: of many differences, the largest is large partly "
                "by chance. CIs of means hold one at a time; simultaneous CIs of differences hold jointly."
            ),
            any(fit.contrasts["p"].notna().sum() > 1 for fit in found.fits.values()),
        ),
        (_("Do not generalise to other listeners, other music, other scales or other ways of making clips."), True),
        (
            _("Not every expert rated every clip.") + (adjusted if found.is_fitted else ""),
            len(frame) < experts.sum() * clips,
        ),
        (
            _("Fewer than 20 experts took part, below the number that listening-test standards usually require."),
            frame["expert_id"].nunique() < FEW_EXPERTS,
        ),
        (
            _("The bounds of the scales are not in the file and are inferred from the ratings."),
            bool(ratings.bounds_inferred),
        ),
        (
            _("No analysis plan was frozen before data collection, so all results are exploratory."),
            ratings.plan_sha256 is None,
        ),
    )
    yield Bullets([text for text, holds in limits if holds])


CANNOT = Section[Findings]("cannot", LazyText("Limitations"), before=_limits)
