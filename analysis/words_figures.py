"""What the figures say and how they are captioned, in English and simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from formats.errors import N_
from formats.messages import Words

WORDS = Words(
    {
        "axis_share": N_("Share of ratings, %"),
        "lowest": N_("lowest rating"),
        "highest": N_("highest rating"),
        "axis_difference": N_("Difference in rating points, with {level} % simultaneous interval"),
        "holds": N_("differs from zero (adjusted p below α)"),
        "open": N_("not shown to differ from zero"),
        "gap_band": N_("smaller than the smallest gap of interest, {gap:g}"),
        "figure9_pairs": N_("Rank correlation of every two experts, in the same order"),
        "figure9_panel": N_("Rank correlation with the others' mean\n(hollow: below {limit})"),
        "axis_trial": N_("Trial"),
        "axis_change": N_("Rating less the others' mean"),
        "axis_clip_mean": N_("{scale}: mean rating of the clip"),
        "figure10_note": N_(
            "ρ: rank correlation within systems, with 95 % simultaneous interval. Large marks: means of systems."
        ),
        "exploratory": N_("Exploratory: not part of the frozen plan."),
        "figure11_experts": N_("Experts, from the strictest to the mildest"),
        "figure11_no_experts": N_(
            "Experts: the variance between them is estimated as zero, so all are at the average."
        ),
        "figure11_no_clips": N_("Clips: the variance within systems is estimated as zero, so all are at their mean."),
        "figure11_untold_experts": N_("Experts are not drawn: the design cannot tell the variance between them."),
        "figure11_untold_clips": N_(
            "Clips are not drawn: the design cannot tell the variance between those of a system."
        ),
        "figure11_clips": N_("Clips, within each system from the lowest to the highest"),
        "figure11_axis": N_("Departure in points, with {level} % interval"),
    }
)

#: Caption of each figure. {level}: of the intervals; {scale}: the scale drawn, where it is one.
CAPTIONS: Mapping[str, str] = {
    "figure7b": N_(
        "Figure 7b. How often each rating was given to each system. Ratings below the middle of the scale lie to the "
        "left, above it to the right; half of the middle rating lies on each side. Repeats are left out."
    ),
    "figure8": N_(
        "Figure 8. Differences between systems by the mixed model, with {level} % simultaneous intervals: all of a "
        "family together hold the true differences in {level} % of studies or more (Bonferroni). The interval of a "
        "filled mark excludes zero, and its adjusted p is below α; that of a hollow mark includes zero, which does not "
        "show that the difference is zero. Drawn are the planned contrasts where a plan names them, else differences "
        "from the real music, else all pairs; p and intervals are adjusted for all planned contrasts of the scale, "
        "else for all its pairs. The grey band, if any, is the smallest gap of interest."
    ),
    "figure9": N_(
        "Figure 9. Agreement of the experts ({scale}). Left: rank correlation of every two experts over the clips that "
        "both rated. Right: of each expert with the mean of the others. Low agreement may be carelessness or another "
        "way of hearing; nobody was left out by it."
    ),
    "figure10": N_(
        "Figure 10. Metrics of the notes against the mean rating of each clip ({scale}). The correlation is within "
        "systems, so no difference between systems enters it. Between systems there are as many points as systems, and "
        "so few points cannot carry a correlation."
    ),
    "figure11": N_(
        "Figure 11. How far each expert, and each clip within its system, departs from the average ({scale}): "
        "predictions of the mixed model, shrunk towards zero where they rest on few ratings, with {level} % intervals "
        "of prediction."
    ),
    "figure12": N_(
        "Figure 12. Ratings in the course of a session: each rating less what the other experts gave the same clip, "
        "averaged over experts, with 95 % intervals."
    ),
    "figure13": N_(
        "Figure 13. What a further study of this kind could find ({scale}), with the variances of this one. It says "
        "nothing about the results above: power computed afterwards is no evidence for or against them."
    ),
}
