"""The methods text and the reporting checklist, in English and simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from formats.errors import N_
from formats.messages import Words

METHODS = Words(
    {
        "listening": N_("{experts_named} rated {clips_named} of {systems_named} on {scales}. {ratings_named}."),
        "repeats": N_("{repeated_named} left out of all means."),
        "missing": N_("{missing_named} left empty."),
        "design": N_(
            "By the frozen plan each expert hears {heard_per_expert} of {clips_per_system} clips of each system, in an "
            "order drawn beforehand and balanced over experts, {repeats} of them twice, after {practice_named}."
        ),
        "plan": N_(
            "The plan was frozen before the ratings were seen (SHA-256 {hash}). Primary scale: {primary}. Named "
            "contrasts: {contrasts}. Level of tests: {alpha:g}. Smallest gap of interest: {gap}. {exclusions} "
            "{dropouts} Everything outside the plan is exploratory and is marked so."
        ),
        "no_plan": N_("No plan was frozen before the ratings were seen: every result is exploratory."),
        "no_contrasts": N_("none, so all pairs of systems are compared"),
        "no_gap": N_("none"),
        "each_scale": N_("each scale"),
        "all_pairs": N_("differences"),
        "other_pairs": N_("other differences"),
        "model": N_("A linear mixed model was fitted by restricted maximum likelihood, {models}."),
        "model_on": N_("on {scales}: {formula}"),
        "residual": N_("The model assumes one residual variance for all systems."),
        "freedom": N_(
            "Its intervals and tests have Satterthwaite's degrees of freedom (Kuznetsova, Brockhoff & Christensen "
            "2017)."
        ),
        "random": N_(
            "Experts and clips are both random, so that results speak of other such experts and clips (Judd, Westfall "
            "& Kenny 2012)."
        ),
        "untold": N_(
            "On {untold} the design cannot tell all of these variances apart; the table of variances leaves those "
            "empty that are not in the model."
        ),
        "unfitted": N_(
            "On {unfitted} no model could be fitted; the means are those of the ratings, without intervals."
        ),
        "withheld": N_(
            "Where fewer than 6 experts rated a system or it has fewer than 3 clips, nothing of it has an interval or "
            "a test."
        ),
        "intervals": N_("Intervals are at {level} %."),
        "adjusted_planned": N_(
            "p values and intervals of the planned contrasts are adjusted for their number by Bonferroni's method "
            "(Dunn 1961)."
        ),
        "adjusted_pairs": N_(
            "p values and intervals of {pairs_adjusted} are adjusted for all pairs of a scale by Bonferroni's method "
            "(Dunn 1961)."
        ),
        "scales_apart": N_("Scales are not corrected for one another."),
        "omnibus": N_("An F test asks whether all systems are equal."),
        "equivalence": N_(
            "Two one-sided tests (Schuirmann 1987) ask whether a difference is smaller than the smallest gap of "
            "interest."
        ),
        "ordinal": N_(
            "Since ratings are ordered categories, cumulative probit and logit models with the same random effects "
            "were fitted as a check on {checked} (Laplace approximation; Christensen's clmm)."
        ),
        "ordinal_compared": N_(
            "Its differences have t tests with the linear model's degrees of freedom; where the probit model disagrees "
            "with the linear model in sign or significance, this report says so."
        ),
        "ordinal_ratio": N_(
            "Where standard errors of the ordinal model cannot be trusted, likelihood-ratio tests take the place of "
            "its t tests."
        ),
        "sensitivity": N_("The differences were computed again: {analyses}. None of this changes the analysis."),
        "screening": N_(
            "Each expert was compared with the mean of the others by rank correlation; below .20 an expert is flagged."
        ),
        "order": N_(
            "Ratings less the other experts' mean of the clip were tested for change with the order of hearing."
        ),
        "icc": N_(
            "Agreement of the experts is given as ICC(2,1) and ICC(2,k) (McGraw & Wong 1996), over clips of all "
            "systems."
        ),
        "alpha": N_("Krippendorff's ordinal alpha is over clips of all systems."),
        "retest": N_("Test-retest reliability is that of the panel, from repeated clips."),
        "groups": N_("Agreement was also computed within groups of experts."),
        "together": N_("Correlations of scales are between single ratings and between the means of clips."),
        "metrics": N_(
            "Metrics of the notes were compared with ratings by rank correlations of clips within systems, with a "
            "two-way bootstrap interval; p values and intervals are adjusted for all rows of a scale by Bonferroni's "
            "method."
        ),
        "systems": N_(
            "Between systems the correlations have as many points as systems, too few to carry a conclusion."
        ),
        "prompts": N_("The models take clips of different systems as unrelated: prompts that they share are not used."),
        "software": N_("Computed by Mukulen with {versions}; seed {seed}. Data: SHA-256 {dataset_hash}."),
        "simulated": N_("The ratings are SIMULATED: a program made them."),
    }
)

#: The other analyses of the table `sensitivity`, each named where it could be made.
OTHER_ANALYSES = Words(
    {
        "bootstrap": N_("by a two-way bootstrap of experts and clips (Owen 2007; {replicates} replicates)"),
        "screened": N_("without experts who agree with the others by less than .20 (leave-one-out rank correlation)"),
        "with_repeats": N_("with repeats"),
        "without_known": N_("without clips that the expert knew"),
        "without_late": N_("without late ratings"),
        "first_half": N_("in the first half of the session"),
        "second_half": N_("in the second half of the session"),
        "trial_adjusted": N_("adjusted for the trial"),
        "one_expert_out": N_("without each expert in turn"),
    }
)

REPORTED, OPEN = "here", "authors"
#: Pieces of answers.
ANSWERS = Words(
    {
        "item": N_("What is asked"),
        "answer": N_("Answer"),
        REPORTED: N_("told here"),
        OPEN: N_("for the authors to tell"),
        "yes": N_("yes, {name}"),
        "no": N_("none that the data know"),
        "sealed": N_("not told while the seal is closed"),
        "frozen": N_("Yes (SHA-256 {hash})."),
        "not_frozen": N_("No. Everything is exploratory."),
        "planned": N_("the planned contrasts"),
        "all_pairs": N_("all pairs"),
        "tested": N_("Tested against {gap}."),
        "no_gap": N_("Not tested: no plan names a smallest gap of interest."),
        "gap_untested": N_("Not tested: no difference has a test."),
        "agree": N_("The probit model agrees with the linear one on all {count} differences."),
        "differ": N_("The probit model disagrees with the linear one on {differ} of {count} differences; named above."),
        "agree_one": N_("The probit model agrees with the linear one on the only difference."),
        "differ_one": N_("The probit model disagrees with the linear one on the only difference; named above."),
        "no_check": N_("An ordinal model was fitted, but no difference has a test in both models."),
        "no_model": N_("Not checked: no ordinal model was fitted."),
        "flagged": N_("Flagged by low agreement on {primary}: {flagged}."),
        "screened": N_("The sensitivity table has results with and without."),
        "unit": N_("No: experts and clips are random in every interval and test."),
        "unit_untold": N_("No, but not all variances could be told apart; the table of variances says which."),
        "unit_none": N_("There is no interval and no test of a mean or difference."),
        "many": N_("By Bonferroni's method within {family} on each scale; scales apart."),
        "many_one": N_("No scale has more than one test; scales apart."),
        "many_none": N_("No difference is tested."),
        "unknown": N_("not known"),
    }
)

#: Each question, its answer where the ratings know it, and what the authors have to say where they do not.
CHECKLIST: Mapping[str, tuple[str, str]] = {
    "listeners": (
        N_("How many listeners, and of what kind?"),
        N_("{experts_named}{groups}. Say what makes them experts."),
    ),
    "recruited": (N_("How were they found, and were they paid?"), N_("Not in the data.")),
    "asked": (N_("What exactly were they asked?"), N_("{scales}; wording above.")),
    "asked_open": (
        N_("What exactly were they asked?"),
        N_("{scales}. The file has names only; give the wording and the bounds."),
    ),
    "heard_how": (N_("How was it played (device, room, level, training)?"), N_("Not in the data.")),
    "clips": (
        N_("How many clips of each system?"),
        N_("{per_system}; {clips} in all, {per_clip_named} a clip and scale."),
    ),
    "drawn": (
        N_("How were clips chosen? None by hand?"),
        N_("Not in the data; the pack's manifest has seeds and sources."),
    ),
    "drawn_open": (N_("How were clips chosen? None by hand?"), N_("Not in the data.")),
    "order": (
        N_("Were order and systems blind and balanced?"),
        N_("By the frozen session plans; certificate.json has figures."),
    ),
    "order_open": (N_("Were order and systems blind and balanced?"), N_("Not in the data.")),
    "real": (N_("Was real music among the clips, unmarked?"), N_("Real music: {real}.")),
    "frozen": (N_("Was the analysis fixed beforehand?"), "{frozen}"),
    "left_out": (N_("Who and what was left out?"), N_("No expert, by this report. {flags}Empty ratings: {missing}.")),
    "unit": (N_("Are ratings treated as independent?"), "{unit}"),
    "many": (N_("Are many comparisons corrected for?"), "{many}"),
    "no_difference": (N_("Is “no difference” tested, not inferred?"), "{equivalence}"),
    "ordinal": (N_("Do conclusions hang on equal steps of the scale?"), "{ordinal}"),
    "agreement": (N_("How far do experts agree?"), N_("On {primary}: {agreement}.")),
    "power": (
        N_("Was the study large enough?"),
        N_("On {primary} it finds gaps of {smallest} points four times in five, one difference alone."),
    ),
    "power_none": (
        N_("Was the study large enough?"),
        N_("On {primary} no difference that the scale allows is found four times in five."),
    ),
    "across": (
        N_("Are means compared with other studies?"),
        N_("They should not be: other experts and clips, other means."),
    ),
    "open_data": (
        N_("Can others check it?"),
        N_("Say where ratings, clips and code are. Data: SHA-256 {dataset_hash}."),
    ),
}
