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
from analysis.report.tables import say
from analysis.words import WORDS
from formats.errors import N_
from formats.messages import LazyText, in_a_row


def _verdicts(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    ratings = contents.made.ratings
    sentences = [text[lang] for text in verdicts(ratings, contents.made)]
    if ratings.is_sealed and ratings.plan_sha256:
        sentences.append(WORDS[lang]["seal_plan"])
    yield Bullets(sentences)


def _interval(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    if contents.made.frame("system_means")["ci_low"].notna().any():
        yield Heading(WORDS[lang]["interval"], 3)
        yield Paragraph(WORDS[lang]["interval_text"].format(level=contents.made.ratings.level))


def _caption7(found: Findings) -> Text:
    """What is drawn, and nothing else."""
    ratings, means = found.ratings, found.means
    is_real = means["system"] == ratings.real_system
    holds = {
        "figure7": True,
        "figure7_model": found.is_fitted,
        "figure7_line": bool(means.loc[~is_real, "ci_low"].notna().any()),
        "figure7_real": bool(is_real.any()),
        "figure7_band": bool(means.loc[is_real, "ci_low"].notna().any()),
        "figure7_axis": True,
        "figure7_sealed": ratings.is_sealed,
    }
    keys = [key for key, held in holds.items() if held]
    return LazyText.of(
        lambda lang: in_a_row(lang, (WORDS[lang][key].strip() for key in keys)).format(level=ratings.level)
    )


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

SAID = Section("said", say("said"), [FIGURE_7, FIGURE_8], before=_verdicts, after=_interval)


FEW_EXPERTS = 20


def _limits(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    found, words = contents.made, WORDS[lang]
    ratings, frame = found.ratings, found.ratings.counted
    experts = frame.groupby("scale").agg({"expert_id": "nunique"})["expert_id"]
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    holds = {
        "cannot_rank": True,
        "cannot_many": any(fit.contrasts["p"].notna().sum() > 1 for fit in found.fits.values()),
        "cannot_beyond": True,
        "cannot_incomplete": len(frame) < experts.sum() * clips,
        "cannot_few": frame["expert_id"].nunique() < FEW_EXPERTS,
        "cannot_range": bool(ratings.bounds_inferred),
        "no_plan": ratings.plan_sha256 is None,
    }
    adjusted = {"cannot_incomplete": words["cannot_adjusted"] if found.is_fitted else ""}
    yield Bullets([words[key] + adjusted.get(key, "") for key, held in holds.items() if held])


CANNOT = Section[Findings]("cannot", say("cannot"), before=_limits)
