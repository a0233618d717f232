"""What the figures say and how they are captioned, in English and simplified Chinese."""

from __future__ import annotations

from formats.errors import N_
from formats.messages import Words

WORDS = Words(
    {
        "axis_share": N_("Share of ratings, %"),
        "lowest": N_("lowest rating"),
        "highest": N_("highest rating"),
        "axis_difference": N_("Difference in rating points, with simultaneous {level}% CI"),
        "holds": N_("significant (adjusted p < α)"),
        "open": N_("not significant"),
        "gap_band": N_("smaller than the SESOI, {gap:g}"),
        "figure9_pairs": N_("Rank correlation of each pair of experts, same order"),
        "figure9_panel": N_("Rank correlation with the others' mean\n(hollow: below {limit})"),
        "axis_trial": N_("Trial"),
        "axis_change": N_("Rating minus the others' mean"),
        "axis_clip_mean": N_("{scale}: mean rating of the clip"),
        "figure10_note": N_(
            "ρ: rank correlation within systems, with simultaneous 95% CI. Large markers: system means."
        ),
        "exploratory": N_("Exploratory: not part of the frozen analysis plan."),
        "figure11_experts": N_("Experts, from the lowest to the highest ratings"),
        "figure11_no_experts": N_(
            "Experts: the variance between them is estimated as zero, so all are at the average."
        ),
        "figure11_no_clips": N_("Clips: the variance within systems is estimated as zero, so all are at their mean."),
        "figure11_untold_experts": N_("Experts are not shown: their variance cannot be separated in this design."),
        "figure11_untold_clips": N_(
            "Clips are not shown: the variance within systems cannot be separated in this design."
        ),
        "figure11_clips": N_("Clips, within each system from the lowest to the highest"),
        "figure11_axis": N_("Deviation in points, with {level}% prediction interval"),
    }
)
