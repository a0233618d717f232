"""What the ordinal check says of itself and of the linear model, in the languages of the report."""

from __future__ import annotations

from collections.abc import Mapping

from formats.errors import N_
from formats.messages import LazyText

SENTENCES: Mapping[str, str] = {
    "one_level": N_("{scale}: all ratings are equal; there is no ordinal check."),
    "many_levels": N_(
        "{scale}: the ratings take {count} different values. There is no ordinal check of more than {most}."
    ),
    "too_large": N_(
        "{scale}: {experts:,} experts × {clips:,} clips are more than {most:,}; the ordinal check is left out, "
        "because it would take too long."
    ),
    "too_few": N_("{scale}: too few ratings for so many levels; there is no ordinal check."),
    "runaway": N_(
        "{scale}: the ratings of a system or level hardly overlap with the others. An estimate of the ordinal "
        "model ({link}) has no bound then, and it and its standard error are left empty."
    ),
    "no_bound": N_(
        "{scale}: an estimate of the ordinal model ({link}) has no bound; it and its standard error are left empty."
    ),
    "variance_unbound": N_(
        "{scale}: a variance in the ordinal model ({link}) has no bound, as where experts agree so closely that "
        "nearly no noise is left. Its estimates and tests are left empty, and nothing is checked."
    ),
    "no_test": N_(
        "{scale}: the ordinal model ({link}) has no test of {count} differences: their standard errors cannot be "
        "trusted, and no likelihood ratio takes their place."
    ),
    "no_test_one": N_(
        "{scale}: the ordinal model ({link}) has no test of 1 difference: its standard error cannot be trusted, "
        "and no likelihood ratio takes its place."
    ),
    "by_ratio_one": N_(
        "{scale}: the standard error of 1 difference in the ordinal model ({link}) cannot be trusted; it is tested "
        "by the likelihood ratio."
    ),
    "by_ratio": N_(
        "{scale}: the standard errors of {count} differences in the ordinal model ({link}) cannot be trusted; they "
        "are tested by the likelihood ratio."
    ),
    "no_variance": N_("{scale}: the ratings of each system are all equal; there is no ordinal check."),
    "not_converged": N_("{scale}: the ordinal model ({link}) did not converge; interpret its numbers with caution."),
    "agree": N_(
        "{scale}: the ordinal model ({link}) agrees with the linear one on all {count} differences, in sign and in "
        "significance."
    ),
    "agree_one": N_(
        "{scale}: the ordinal model ({link}) agrees with the linear one on the only difference, in sign and in "
        "significance."
    ),
    "unchecked": N_("{scale}: the ordinal model ({link}) gives no test; nothing was checked."),
    "sign": N_(
        "{scale}: {a} and {b} change places: the linear model puts the {higher_linear} higher, the ordinal model "
        "({link}) the {higher_ordinal}. {weight}"
    ),
    "sign_small": N_("Neither finds the difference significant."),
    "sign_grave": N_("At least one finds the difference significant: nothing should be concluded from it."),
    "linear_only": N_(
        "{scale}: the difference between {a} and {b} is significant in the linear model ({p_linear}) but not in "
        "the ordinal one ({link}, {p_ordinal}). Treat this difference with caution."
    ),
    "ordinal_only": N_(
        "{scale}: the difference between {a} and {b} is significant in the ordinal model ({link}, {p_ordinal}) but "
        "not in the linear one ({p_linear}). The linear model is the analysis; treat this difference with caution."
    ),
    "first": N_("first"),
    "second": N_("second"),
}


def plural(key: str, count: int) -> str:
    """The sentence of one thing, or of several."""
    return f"{key}_one" if count == 1 else key


def say(key: str, **values: object) -> LazyText:
    """A sentence in every language; a value that is itself a sentence is read in each language too."""
    return LazyText(SENTENCES[key], **values)
