"""The sentences of a report's statistics, in English and simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from formats.errors import N_
from formats.messages import CountedText, LazyText, translate

SENTENCES: Mapping[str, str] = {
    "contrast_higher": N_(
        "{scale}: {a} is rated higher than {b}, by {difference} points on average ({level}% CI {low} to {high}; "
        "{p}{many}). {size}"
    ),
    "contrast_lower": N_(
        "{scale}: {a} is rated lower than {b}, by {difference} points on average ({level}% CI {low} to {high}; "
        "{p}{many}). {size}"
    ),
    "contrast_open": N_(
        "{scale}: the difference between {a} and {b} is not significant (estimate {difference} points, {level}% CI "
        "{low} to {high}; {p}{many}). This is not evidence of no difference. {size}"
    ),
    "contrast_none": N_("{scale}: {a} and {b} were not tested: {why}."),
    "many": N_("; both adjusted for {count} differences"),
    "size_small": N_("The equivalence test is significant: the difference is smaller than the SESOI, {gap}."),
    "size_large": N_("The whole interval is beyond the SESOI, {gap}."),
    "size_open": N_("The study cannot show whether the difference is smaller than the SESOI, {gap}."),
    "pairs_nothing": N_(
        "{scale}: none of {count} differences is significant, p adjusted for {count} differences. This is not "
        "evidence that the systems are equal."
    ),
    "pairs_untested": N_("{scale}: {count} further pairs were not tested: {why}."),
    "verdict_none": N_("{scale}: no difference could be tested: {why}."),
    "prompts_ids": N_(
        "{count} clip ids occur in several systems. If such clips were made from one prompt, that is not used: the "
        "models take clips of different systems as unrelated."
    ),
    "prompts_column": N_(
        "The file has a column {column}. Prompts are not used: the models take clips of different systems as unrelated."
    ),
    "verdict_small": N_("{scale}: {why}. Nothing is concluded: no difference has an interval or a test."),
}


#: Why: each is said only where it holds.
REASONS: Mapping[str, str] = {
    "unknown": N_("the ratings do not allow it"),
    "few_experts": N_("fewer than 6 experts"),
    "few_clips": N_("fewer than 3 clips of a system"),
    "one_expert": N_("there is one expert"),
    "fewer_than_three": N_("fewer than 3 experts"),
    "one_system": N_("only one system was rated"),
    "all_equal": N_("all ratings are equal"),
    "no_variance": N_("the ratings of each system are all equal"),
    "too_few": N_("too few ratings"),
    "sparse": N_("too few ratings for so many experts and clips"),
    "not_separable": N_("a required variance cannot be separated in this design"),
    "beyond_scale": N_("no difference on the scale is detectable with 80% power"),
    "at_zero": N_("the variances between experts and between clips are estimated as zero"),
    "no_gap": N_("no analysis plan sets a smallest effect size of interest"),
    "many_pairs": N_("there are more than 66 pairs and no planned contrast"),
    "no_groups": N_("the file has no groups"),
    "one_scale": N_("only one scale was rated"),
    "no_trial": N_("the file does not contain the order of trials (column trial)"),
    "sealed": N_("the study is blinded"),
    "no_metrics": N_("there are no metrics of the clips"),
    "few_systems": N_("too few systems, or metrics that do not vary between them"),
    "no_background": N_("the file has no background of the experts"),
    "no_steps": N_("no scale has 2 to 11 whole steps"),
    "notes": N_("the notes give the reason for each scale"),
}


def reason(key: str) -> LazyText:
    """Why something could not be had."""
    return LazyText(REASONS[key])


def points(number: float) -> LazyText:
    """A difference with its unit: 0.5 points."""
    return CountedText("{number:g} point", "{number:g} points", 1 if number == 1 else 2, number=number)


def say(key: str, **values: object) -> LazyText:
    """A sentence in every language; a value with languages of its own is read in each."""
    return LazyText.of(lambda language: translate(language, SENTENCES[key], **values).strip())


#: What a report made under codes says of itself.
UNDER_CODES = LazyText(
    "The study is blinded: for this report each clip was assigned to a code at random. The report shows the form of "
    "the analysis. Its means and differences do not describe the systems. Results by clip and by expert are left out "
    "until unblinding."
)
