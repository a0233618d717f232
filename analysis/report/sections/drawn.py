"""The systems' means and differences on every scale, drawn."""

from __future__ import annotations

from analysis.data.dataset import Text
from analysis.report import reasons
from analysis.report.figures.contrasts import contrasts_frame, draw_differences
from analysis.report.figures.means import draw_means, means_frame
from analysis.report.figures.parts import caption_of
from analysis.report.findings import Findings
from analysis.report.registry import Finding
from formats.errors import N_
from formats.messages import LazyText, in_a_row


def _means_caption(found: Findings) -> Text:
    """What is drawn, and nothing else."""
    ratings, means = found.ratings, found.means
    is_real = means["system"] == ratings.real_system
    sentences = (
        (LazyText("Mean rating of each system on each scale."), True),
        (LazyText("Markers show system means from the mixed model."), found.is_fitted),
        (LazyText("Light points are the means of single clips."), not ratings.is_sealed),
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


MEANS_FIGURE = Finding[Findings](
    "means_figure",
    LazyText("Figure of the means"),
    _means_caption,
    lambda found: means_frame(found.ratings, found.means),
    draw=lambda found, frame, lang: draw_means(found.ratings, frame, lang),
    under_codes=True,
)

DIFFERENCES_FIGURE = Finding[Findings](
    "differences_figure",
    LazyText("Figure of the differences"),
    caption_of(
        N_(
            "Differences between systems from the mixed model, with simultaneous {level}% confidence "
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
    draw=lambda found, frame, lang: draw_differences(found.ratings, frame, lang),
    under_codes=True,
)
