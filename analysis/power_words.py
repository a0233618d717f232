"""What `plan_study` and the power curve say, in English and simplified Chinese. Both have the same keys and places."""

from __future__ import annotations

from formats.errors import N_
from formats.messages import Words

WORDS = Words(
    {
        "simulated": N_(
            "SIMULATED: a program generated the pilot's ratings. This page does not describe any real study."
        ),
        "title": N_("STATISTICAL POWER OF THIS STUDY"),
        "study": N_(
            "{n} experts; {systems} systems with {clips} clips each, of which each expert hears {heard} ({trials} "
            "trials in total). The question is whether a two-sided test at α = {alpha:g} detects a true difference "
            "of {gap} between two systems."
        ),
        "answer": N_("RESULT"),
        "can": N_(
            "Yes. Power to detect a true difference of {gap:g} is {low:.0%} to {high:.0%}, depending on rating "
            "variability."
        ),
        "depends": N_(
            "Only with low rating variability. Power to detect a true difference of {gap:g} is {low:.0%} to "
            "{high:.0%}, depending on rating variability ({goal:.0%} is the usual target). A pilot study would show "
            "which applies."
        ),
        "cannot": N_(
            "No. Power to detect a true difference of {gap:g} is only {low:.0%} to {high:.0%}, depending on rating "
            "variability ({goal:.0%} is the usual target). A non-significant result would not show that there is no "
            "difference."
        ),
        "can_one": N_("Yes. Power to detect a true difference of {gap:g} is {low:.0%}."),
        "cannot_one": N_(
            "No. Power to detect a true difference of {gap:g} is only {low:.0%} ({goal:.0%} is the usual target). A "
            "non-significant result would not show that there is no difference."
        ),
        "too_few": N_(
            "No. With fewer than 6 experts or 3 clips per system, no claim about experts or systems in general is "
            "possible; the report will not make one. A test of the difference of {gap:g} would have power of "
            "{low:.0%} to {high:.0%}, depending on rating variability."
        ),
        "too_few_one": N_(
            "No. With fewer than 6 experts or 3 clips per system, no claim about experts or systems in general is "
            "possible; the report will not make one. A test of the difference of {gap:g} would have power of "
            "{low:.0%}."
        ),
        "finds": N_(
            "With {scenario} variability, the smallest difference detectable with 80% power is {smallest:.2f}. The "
            "means of two truly equal systems would differ by {gap:g} or more in {equal:.0%} of such studies."
        ),
        "more_clips": N_(
            " To detect this difference, {clips} clips per system are sufficient if every expert hears all of them "
            "({trials} trials)."
        ),
        "never": N_(
            " No number of clips compensates for so few experts: with {clips} clips per system, {n} experts would "
            "still detect the difference in only {most:.0%} of studies."
        ),
        "more_experts": N_(" With {clips} clips per system, {experts} experts are needed."),
        "no_experts": N_(" With {clips} clips per system no number of experts is sufficient."),
        "more_of_both": N_(
            " With so few clips no number of experts is sufficient either: increase both experts and clips."
        ),
        "exaggerates": N_(
            " In such studies with a significant result, the means differ by {shown:.2f} on average, {times:.1f} "
            "times the true difference."
        ),
        "pilot_range": N_(
            "The pilot's variances are uncertain: power is between {low:.0%} and {high:.0%} in 80% of the cases that "
            "agree with the pilot."
        ),
        "unheard": N_(
            "Only {used} of the {clips} clips per system are heard by any expert ({n} experts, {heard} each); the "
            "others do not count."
        ),
        "approximate": N_(
            "Approximate: the standard error of a difference has about {df:.1f} degrees of freedom. With fewer than "
            "{few}, power in simulated studies was higher than on this page, by up to .08."
        ),
        "figures": N_("FIGURES by rating variability (never: not with 1000 either, or not tested)"),
        "scenario_low": N_("low"),
        "scenario_middle": N_("middle"),
        "scenario_high": N_("high"),
        "scenario_pilot": N_("the pilot's"),
        "fact_power": N_("power to detect a difference of {gap:g}"),
        "fact_half_width": N_("half-width of the {percent:g}% CI of a difference"),
        "fact_smallest": N_("smallest difference detectable with power {goal:g}"),
        "fact_equal": N_("probability that two equal systems differ by {gap:g}"),
        "fact_shown": N_("mean estimate where {gap:g} is significant"),
        "fact_clips_all": N_("clips per system for {goal:g}, each expert hears all"),
        "fact_clips_heard": N_("clips per system for {goal:g}, each expert hears {heard}"),
        "fact_experts": N_("experts for {goal:g}, {clips} clips per system"),
        "fact_most": N_("power with 1000 clips per system, {n} experts"),
        "fact_df": N_("degrees of freedom of a difference"),
        "none": N_("never"),
        "grid": N_("POWER TO DETECT {gap:g}: experts (rows) by clips per system (columns)"),
        "grid_note": N_("each expert hears at most {heard} clips per system; {scenario} variability; α = {alpha:g}"),
        "approximately": N_("~: approximate, with fewer than {few} degrees of freedom"),
        "how": N_("SOURCES"),
        "assumed": N_(
            "No pilot was given. Three sets of standard deviations (rating points, scale 1 to 5, means near 3.8) "
            "cover the results of two published listening tests. Neither used Daur music or such experts: run a "
            "pilot study and give it with --pilot."
        ),
        "assumed_pilot": N_("Standard deviations in rating points, estimated from {source}."),
        "component_expert": N_("expert (mean level; cancels in a difference)"),
        "component_expert_system": N_("expert by system (preference)"),
        "component_clip": N_("clip within a system"),
        "component_residual": N_("residual"),
        "formula": N_(
            "SE of a difference = sqrt(2 (expert:system / experts + clip / clips + residual / (experts x heard))), "
            "in variances; clips that no expert hears do not count, and clips with unequal numbers of presentations "
            "count slightly less. Satterthwaite degrees of freedom from the information that REML has about the "
            "variances in such a design; power over {draws} draws of the estimated variances; ratings analysed by a "
            "mixed model with random effects of experts and clips."
        ),
        "one_comparison": N_(
            "One planned contrast. With m planned contrasts, use --contrasts m: the report tests each at α / m "
            "(Bonferroni)."
        ),
        "curve_clips": N_("Clips per system"),
        "curve_gap": N_("True difference, rating points"),
        "curve_power": N_("Power"),
        "curve_clips_title": N_("Difference {gap:g}; {n} experts, each hears at most {heard}"),
        "curve_gap_title": N_("{n} experts, {clips} clips per system"),
        "curve_plan": N_("planned study"),
        "curve_scenario_low": N_("low variability"),
        "curve_scenario_middle": N_("medium variability"),
        "curve_scenario_high": N_("high variability"),
        "curve_scenario_pilot": N_("as in the pilot"),
        "curve_scenario_study": N_("variability as in this study"),
        "curve_this": N_("a study of this size"),
    }
)
