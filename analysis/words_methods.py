"""The methods text and the reporting checklist, in English and simplified Chinese."""

from __future__ import annotations

from formats.errors import N_
from formats.messages import Words

METHODS = Words(
    {
        "no_contrasts": N_("none, so all pairs of systems are compared"),
        "no_gap": N_("none"),
        "each_scale": N_("each scale"),
        "all_pairs": N_("differences"),
        "other_pairs": N_("other differences"),
        "model_on": N_("on {scales}: {formula}"),
    }
)

#: The other analyses of the table `sensitivity`, each named where it could be made.
OTHER_ANALYSES = Words(
    {
        "bootstrap": N_("by a two-way bootstrap of experts and clips (Owen 2007; {replicates} replicates)"),
        "screened": N_(
            "without experts whose correlation with the others is below .20 (leave-one-out rank correlation)"
        ),
        "with_repeats": N_("with hidden repeats"),
        "without_known": N_("without clips known to the expert before the study"),
        "without_late": N_("without late ratings"),
        "first_half": N_("in the first half of the session"),
        "second_half": N_("in the second half of the session"),
        "trial_adjusted": N_("adjusted for trial number"),
        "one_expert_out": N_("without each expert in turn"),
    }
)

REPORTED, OPEN = "here", "authors"
#: Pieces of answers.
ANSWERS = Words(
    {
        "item": N_("Item"),
        "answer": N_("Answer"),
        REPORTED: N_("in this report"),
        OPEN: N_("for the authors to report"),
        "yes": N_("yes, {name}"),
        "no": N_("none in the data"),
        "sealed": N_("hidden until unblinding"),
        "frozen": N_("Yes (SHA-256 {hash})."),
        "not_frozen": N_("No. All results are exploratory."),
        "planned": N_("the planned contrasts"),
        "all_pairs": N_("all pairs"),
        "tested": N_("Equivalence test against {gap}."),
        "no_gap": N_("Not tested: no analysis plan sets a smallest effect size of interest."),
        "gap_untested": N_("Not tested: no difference has a test."),
        "agree": N_("The probit model agrees with the linear one on all {count} differences."),
        "differ": N_("The probit model disagrees with the linear one on {differ} of {count} differences; named above."),
        "agree_one": N_("The probit model agrees with the linear one on the only difference."),
        "differ_one": N_("The probit model disagrees with the linear one on the only difference; named above."),
        "no_check": N_("An ordinal model was fitted, but no difference has a test in both models."),
        "no_model": N_("Not checked: no ordinal model was fitted."),
        "flagged": N_("Flagged for low agreement on {primary}: {flagged}."),
        "screened": N_("The sensitivity analyses show results with and without them."),
        "unit": N_("No: experts and clips are random in every interval and test."),
        "unit_untold": N_("No, but not all variances could be separated; see the table of variance components."),
        "unit_none": N_("There is no confidence interval and no test of a mean or difference."),
        "many": N_("Yes: Bonferroni's method within {family} on each scale; no adjustment across scales."),
        "many_one": N_("No scale has more than one test; no adjustment across scales."),
        "many_none": N_("No difference is tested."),
        "unknown": N_("not known"),
    }
)
