"""What can be said: a sentence a planned contrast, or one a scale, with figures; and what cannot be said."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.blocks import Block, Bullets, Heading, Paragraph
from analysis.report.conclusions import verdicts
from analysis.report.document import Contents
from analysis.report.figures.contrasts import contrasts_frame, figure8
from analysis.report.figures.means import figure7
from analysis.report.figures.parts import caption_of
from analysis.report.findings import Findings
from analysis.report.registry import Finding, Section
from formats.errors import N_
from formats.messages import LazyText, in_a_row, translate, translator


def _verdicts(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    ratings = contents.made.ratings
    sentences = [text[lang] for text in verdicts(ratings, contents.made)]
    if ratings.is_sealed and ratings.plan_sha256:
        sentences.append(
            translate(lang, "Blinded: the planned contrasts cannot be identified, so all pairs are compared.")
        )
    yield Bullets(sentences)


def _interval(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    if contents.made.frame("system_means")["ci_low"].notna().any():
        yield Heading(translate(lang, "Meaning of the confidence interval"), 3)
        yield Paragraph(
            translate(
                lang,
                "Other experts of the same kind, or other clips of the same systems, would give other means. If "
                "the study were repeated many times, about {level} of 100 such intervals would contain the mean "
                "over all such experts and clips. Experts and clips are both treated as samples, so many ratings "
                "by few people, or of few clips, do not make the interval narrow.",
                level=contents.made.ratings.level,
            )
        )


def _caption7(found: Findings) -> Text:
    """What is drawn, and nothing else."""
    ratings, means = found.ratings, found.means
    is_real = means["system"] == ratings.real_system
    sentences = (
        (LazyText("Figure 7. Mean rating of each system on each scale."), True),
        (LazyText("Markers show system means from the mixed model."), found.is_fitted),
        (
            LazyText("Error bars show {level}% confidence intervals.", level=ratings.level),
            means.loc[~is_real, "ci_low"].notna().any(),
        ),
        (LazyText("The dark line is the mean of the real music."), is_real.any()),
        (LazyText("The grey band is its CI."), means.loc[is_real, "ci_low"].notna().any()),
        (LazyText("Each axis shows the full range of the scale."), True),
        (
            LazyText(
                "Blinded: clips were assigned to the letters at random, so differences do not describe the systems."
            ),
            ratings.is_sealed,
        ),
    )
    return LazyText.of(lambda lang: in_a_row(lang, (text[lang] for text, holds in sentences if holds)))


FIGURE_7 = Finding[Findings](
    "figure7",
    LazyText("Figure 7"),
    _caption7,
    lambda found: found.means[["scale", "system", "mean", "ci_low", "ci_high"]],
    draw=lambda found, frame, lang: figure7(found.ratings, found.means, lang),
    under_codes=True,
)

FIGURE_8 = Finding[Findings](
    "figure8",
    LazyText("Figure 8"),
    caption_of(
        N_(
            "Figure 8. Differences between systems from the mixed model, with simultaneous {level}% confidence "
            "intervals: in at least {level}% of studies, all intervals of a family contain the true differences "
            "(Bonferroni). Filled markers: the interval excludes zero and the adjusted p is below α. Hollow markers: "
            "the interval includes zero, which does not show that the difference is zero. The figure shows the "
            "planned contrasts; without a plan, differences from the real music, or all pairs. p and intervals are "
            "adjusted for all planned contrasts of the scale, or for all pairs. The grey band, if any, is the "
            "smallest effect size of interest (SESOI)."
        )
    ),
    lambda found: contrasts_frame(found.ratings, found),
    reasons.of(reasons.unresampled),
    draw=lambda found, frame, lang: figure8(found.ratings, frame, lang),
    under_codes=True,
)

SAID = Section("said", LazyText("Main findings"), [FIGURE_7, FIGURE_8], before=_verdicts, after=_interval)


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
