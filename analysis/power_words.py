"""What `plan_study` and the power curve say, in English and simplified Chinese. Both have the same keys and places."""

from __future__ import annotations

from formats.errors import N_
from formats.messages import Words

WORDS = Words(
    {
        "simulated": N_("SIMULATED: a program made the pilot's ratings. This page says nothing about any real study."),
        "title": N_("WHAT THIS STUDY CAN FIND"),
        "study": N_(
            "{n} experts; {systems} systems with {clips} clips each, of which each expert hears {heard} ({trials} "
            "trials in all). The question is whether a true gap of {gap} between two systems will be "
            "told from zero in a two-sided test at {alpha:g}."
        ),
        "answer": N_("THE ANSWER"),
        "can": N_(
            "Yes. A true gap of {gap:g} is found in {low:.0%} to {high:.0%} of such studies, depending on how much "
            "ratings scatter."
        ),
        "depends": N_(
            "Only if ratings scatter little. A true gap of {gap:g} is found in {low:.0%} to {high:.0%} of such "
            "studies, depending on how much ratings scatter; {goal:.0%} is the usual demand. A pilot would tell which "
            "it is."
        ),
        "cannot": N_(
            "No. A true gap of {gap:g} is found in only {low:.0%} to {high:.0%} of such studies, depending on how much "
            "ratings scatter; {goal:.0%} is the usual demand. A study like this cannot settle the question, and if it "
            "finds no difference that does not mean there is none."
        ),
        "can_one": N_("Yes. A true gap of {gap:g} is found in {low:.0%} of such studies."),
        "cannot_one": N_(
            "No. A true gap of {gap:g} is found in only {low:.0%} of such studies; {goal:.0%} is the usual demand. A "
            "study like this cannot settle the question, and if it finds no difference that does not mean there is "
            "none."
        ),
        "too_few": N_(
            "No. Fewer than 6 experts or 3 clips a system carry no claim about experts or systems at large; the report "
            "will refuse one. If it tested the gap of {gap:g} all the same, it would find it in {low:.0%} to "
            "{high:.0%} of such studies, depending on how much ratings scatter."
        ),
        "too_few_one": N_(
            "No. Fewer than 6 experts or 3 clips a system carry no claim about experts or systems at large; the report "
            "will refuse one. If it tested the gap of {gap:g} all the same, it would find it in {low:.0%} of such "
            "studies."
        ),
        "finds": N_(
            "With {scenario} scatter, the smallest gap found four times in five is {smallest:.2f}. Two systems that "
            "are truly equal would show means {gap:g} or more apart in {equal:.0%} of such studies."
        ),
        "more_clips": N_(
            " To find the gap, {clips} clips a system would do, if every expert hears all ({trials} trials)."
        ),
        "never": N_(
            " No number of clips makes up for so few experts: with {clips} clips a system {n} experts would still find "
            "the gap in {most:.0%} of studies only."
        ),
        "more_experts": N_(" With {clips} clips a system it takes {experts} experts."),
        "no_experts": N_(" With {clips} clips a system no number of experts is enough."),
        "more_of_both": N_(
            " With so few clips no number of experts is enough either: experts and clips must both be more."
        ),
        "exaggerates": N_(
            " Where such a study does announce a difference, the means lie {shown:.2f} apart on average, {times:.1f} "
            "times the true gap."
        ),
        "pilot_range": N_(
            "The pilot's variances are themselves uncertain: the chance lies between {low:.0%} and {high:.0%} in four "
            "of five cases that would agree with the pilot."
        ),
        "unheard": N_(
            "Only {used} of the {clips} clips a system are heard by anybody ({n} experts, {heard} each); the others "
            "count for nothing."
        ),
        "approximate": N_(
            "Approximate: how far a gap scatters is known with about {df:.1f} degrees of freedom. With fewer than "
            "{few}, simulated studies found the gap more often than the page says, by up to .08."
        ),
        "figures": N_("THE FIGURES, by how much ratings scatter (never: not with 1000 either, or not tested)"),
        "scenario_low": N_("low"),
        "scenario_middle": N_("middle"),
        "scenario_high": N_("high"),
        "scenario_pilot": N_("the pilot's"),
        "fact_power": N_("chance to find a gap of {gap:g} (power)"),
        "fact_half_width": N_("half-width of a difference's {percent:g} % interval"),
        "fact_smallest": N_("smallest gap found with chance {goal:g}"),
        "fact_equal": N_("chance that two equal systems show a gap of {gap:g}"),
        "fact_shown": N_("mean gap shown where {gap:g} is found"),
        "fact_clips_all": N_("clips a system for {goal:g}, each expert hearing all"),
        "fact_clips_heard": N_("clips a system for {goal:g}, each expert hearing {heard}"),
        "fact_experts": N_("experts for {goal:g}, {clips} clips a system"),
        "fact_most": N_("chance with 1000 clips a system, {n} experts"),
        "fact_df": N_("degrees of freedom of a difference"),
        "none": N_("never"),
        "grid": N_("CHANCE TO FIND {gap:g}: experts (rows) against clips a system (columns)"),
        "grid_note": N_("each expert hears at most {heard} clips a system; {scenario} scatter; alpha {alpha:g}"),
        "approximately": N_("~: approximate, with fewer than {few} degrees of freedom"),
        "how": N_("WHERE THIS COMES FROM"),
        "assumed": N_(
            "No pilot was given, so three sets of standard deviations (rating points, scale 1 to 5, means near 3.8) "
            "span what two published listening tests found. Neither was on Daur music or with such experts: run a "
            "pilot and give it with --pilot."
        ),
        "assumed_pilot": N_("Standard deviations in rating points, estimated from {source}."),
        "component_expert": N_("expert (own level; drops out of a gap)"),
        "component_expert_system": N_("expert by system (own taste)"),
        "component_clip": N_("clip within a system"),
        "component_residual": N_("residual"),
        "formula": N_(
            "SE of a gap = sqrt(2 (expert:system / experts + clip / clips + residual / (experts x heard))), in "
            "variances; clips that nobody hears do not count, and clips heard unequally often count a little less. "
            "Satterthwaite degrees of freedom from what REML can know of the variances in such a design; power over "
            "{draws} draws of what it will estimate; ratings analysed by a mixed model in which experts and clips are "
            "both a sample."
        ),
        "one_comparison": N_(
            "One comparison, named beforehand. With m named comparisons give --contrasts m: the report tests each at "
            "alpha / m (Bonferroni)."
        ),
        "curve_clips": N_("Clips a system"),
        "curve_gap": N_("True gap, rating points"),
        "curve_power": N_("Chance to find the gap"),
        "curve_clips_title": N_("Gap {gap:g}; {n} experts, each hears at most {heard}"),
        "curve_gap_title": N_("{n} experts, {clips} clips a system"),
        "curve_plan": N_("planned study"),
        "curve_scenario_low": N_("low scatter"),
        "curve_scenario_middle": N_("middle scatter"),
        "curve_scenario_high": N_("high scatter"),
        "curve_scenario_pilot": N_("as in the pilot"),
        "curve_scenario_study": N_("as ratings scatter in this study"),
        "curve_this": N_("a study of this size"),
    }
)
