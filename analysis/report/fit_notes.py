"""What the models say of themselves, in words: one sentence for the code of each note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.data.dataset import Text
from analysis.report.format_p import p_text
from analysis.statistics.notes import Note
from formats.errors import N_
from formats.messages import NN_, CountedText, LazyText, listed, translate

#: What something is called: in every language, or one name for all.
Name = Text | str

COMPONENTS: Mapping[str, str] = {
    "expert": N_("between experts"),
    "clip": N_("between clips of a system"),
    "expert:system": N_("between experts in what they think of a system"),
    "prompt": N_("between prompts"),
    "expert:prompt": N_("between experts in what they think of a prompt"),
}
#: More systems than these are counted and not named.
MAX_NAMED = 12
#: The sentences on the mixed model, then those on the ordinal check.
SENTENCES: Mapping[str, str] = {
    "prompts": N_(
        "{scale}: the clips come from {count} prompts, some of them shared by systems. The model has random effects of "
        "prompts and of experts' opinions of them; the ordinal check and the bootstrap have not, and are more cautious "
        "about differences."
    ),
    "prompts_too_large": N_(
        "{scale}: with prompts the model would have more than {most:,} random effects; it takes clips of different "
        "systems as unrelated instead, which is more cautious."
    ),
    "one_expert": N_("{scale}: one expert. The results apply only to this expert, not to others."),
    "few_experts": N_(
        "{scale}: {count} experts. This is too few to generalise to other experts; the report gives no confidence "
        "interval and no test."
    ),
    "one_clip": N_(
        "{scale}: one clip of each system. The differences apply only to these clips, not to the systems; the report "
        "gives no confidence interval and no test."
    ),
    "few_clips": N_(
        "{scale}: fewer than 3 clips of {systems}. This is too few to generalise to these systems; the report gives "
        "no confidence interval and no test for them."
    ),
    "all_equal": N_("{scale}: all ratings are equal. There is nothing to test, and no interval."),
    "too_few": N_("{scale}: too few ratings to estimate any variance. There are means, but no tests and no intervals."),
    "no_variance": N_(
        "{scale}: the ratings of each system are all equal, so no variance can be estimated. There are means, but "
        "no tests and no intervals."
    ),
    "flat_systems": N_(
        "{scale}: the ratings of {systems} are all equal, but the model assumes one residual variance for all "
        "systems. Any standard error, interval or p of a difference with {systems} rests on how the ratings of "
        "other systems vary; treat it with caution."
    ),
    "exact": N_(
        "{scale}: the experts agree exactly, up to what the model adds or takes away for each expert and clip. "
        "Check how these ratings were recorded."
    ),
    "not_converged": N_("{scale}: the model did not converge; interpret its numbers with caution."),
    "one_system": N_("{scale}: one system was rated; there is nothing to compare it with."),
    "unknown_system": N_(
        "{scale}: the planned contrast {a} − {b} is not computed, because one of the systems was not rated."
    ),
    "one_level": N_("{scale}: all ratings are equal; there is no ordinal check."),
    "many_levels": N_(
        "{scale}: the ratings take {count} different values. There is no ordinal check of more than {most}."
    ),
    "too_large": N_(
        "{scale}: {experts:,} experts × {clips:,} clips are more than {most:,}; the ordinal check is left out, "
        "because it would take too long."
    ),
    "ordinal_too_few": N_("{scale}: too few ratings for so many levels; there is no ordinal check."),
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
    "ordinal_no_variance": N_("{scale}: the ratings of each system are all equal; there is no ordinal check."),
    "ordinal_not_converged": N_(
        "{scale}: the ordinal model ({link}) did not converge; interpret its numbers with caution."
    ),
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
        "{scale}: the order of {a} and {b} differs: the linear model estimates the {higher_linear} higher, the "
        "ordinal model ({link}) the {higher_ordinal}. {weight}"
    ),
    "linear_only": N_(
        "{scale}: the difference between {a} and {b} is significant in the linear model ({p_linear}) but not in "
        "the ordinal one ({link}, {p_ordinal}). Treat this difference with caution."
    ),
    "ordinal_only": N_(
        "{scale}: the difference between {a} and {b} is significant in the ordinal model ({link}, {p_ordinal}) but "
        "not in the linear one ({p_linear}). The linear model is the analysis; treat this difference with caution."
    ),
}
#: The same for notes that depend on a number: of one difference, of several.
COUNTED: Mapping[str, tuple[str, str]] = {
    "at_zero": NN_(
        "{scale}: the estimated variance {components} is zero, the smallest value that a variance can have. That does "
        "not show that there is none.",
        "{scale}: the estimated variances {components} are zero, the smallest value that a variance can have. That "
        "does not show that there are none.",
    ),
    "not_separable": NN_(
        "{scale}: the design cannot tell the variance {components} from the rest; it is left out of the model and "
        "empty in the table.",
        "{scale}: the design cannot tell the variances {components} from the rest; they are left out of the model and "
        "empty in the table.",
    ),
    "no_test": NN_(
        "{scale}: the ordinal model ({link}) has no test of {count} difference: its standard error cannot be trusted, "
        "and no likelihood ratio takes its place.",
        "{scale}: the ordinal model ({link}) has no test of {count} differences: their standard errors cannot be "
        "trusted, and no likelihood ratio takes their place.",
    ),
    "by_ratio": NN_(
        "{scale}: the standard error of {count} difference in the ordinal model ({link}) cannot be trusted; it is "
        "tested "
        "by the likelihood ratio.",
        "{scale}: the standard errors of {count} differences in the ordinal model ({link}) cannot be trusted; they "
        "are tested by the likelihood ratio.",
    ),
}
HIGHER = {True: N_("first"), False: N_("second")}
WEIGHT = {
    True: N_("At least one finds the difference significant: do not draw a conclusion from it."),
    False: N_("Neither finds the difference significant."),
}


def in_words(
    note: Note, scales: Mapping[str, Name] | None = None, systems: Mapping[str, Name] | None = None
) -> LazyText:
    """A note as a sentence. `scales` and `systems`: what they are called, else by their keys."""
    called = {key: _worded(key, value, systems or {}) for key, value in note.about.items()}
    called["scale"] = (scales or {}).get(note.scale, note.scale)
    if note.code in COUNTED:
        count = called.pop("count", None) or len(note.about["components"])
        return CountedText(*COUNTED[note.code], count, **called)
    return LazyText(SENTENCES[note.code], **called)


def _worded(key: str, value: Any, systems: Mapping[str, Name]) -> Any:
    if key in {"a", "b"}:
        return systems.get(value, value)
    if key == "systems":
        return _some([systems.get(system, system) for system in value])
    if key == "components":
        return _some([LazyText(COMPONENTS[component]) for component in value])
    if key.startswith("p_"):
        return p_text(value)
    if key.startswith("higher_"):
        return LazyText(HIGHER[value])
    return LazyText(WEIGHT[value]) if key == "weight" else value


def _some(names: Sequence[Name]) -> LazyText:
    """Names in a row; beyond MAX_NAMED only how many more there are."""

    def words(lang: str) -> str:
        shown = listed(lang, (name if isinstance(name, str) else name[lang] for name in names[:MAX_NAMED]))
        more = len(names) - MAX_NAMED
        return translate(lang, N_("{names} and {count} more"), names=shown, count=more) if more > 0 else shown

    return LazyText.of(words)
