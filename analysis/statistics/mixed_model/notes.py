"""What a fit says of itself in words, in the languages of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from formats.errors import N_
from formats.messages import LazyText, listed, translate

Text = Mapping[str, str]
#: What something is called: in every language, or one name for all.
Name = Text | str

NAMES: Mapping[str, str] = {
    "expert": N_("between experts"),
    "clip": N_("between clips of a system"),
    "expert:system": N_("between experts in what they think of a system"),
}

#: More systems than these are counted and not named.
MOST_NAMED = 12

SENTENCES: Mapping[str, str] = {
    "at_zero": N_(
        "{scale}: the estimated variance {names} is zero, the smallest value that a variance can have. That does "
        "not show that there is none."
    ),
    "not_separable": N_(
        "{scale}: the design cannot tell the variance {names} from the rest; it is left out of the model and empty "
        "in the table."
    ),
    "one_expert": N_("{scale}: one expert. The results hold for this expert alone; nothing can be said of others."),
    "few_experts": N_(
        "{scale}: {count} experts. That is too few to speak of experts at large; the report gives no interval and "
        "no test."
    ),
    "one_clip": N_(
        "{scale}: one clip of each system. The differences are between these clips; nothing can be said of the "
        "systems, and the report gives no interval and no test."
    ),
    "few_clips": N_(
        "{scale}: fewer than 3 clips of {systems}. That is too few to speak of what these systems make; the report "
        "gives no interval and no test of them."
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
    "not_converged": N_("{scale}: the search for the variances did not settle; interpret its numbers with caution."),
    "one_system": N_("{scale}: one system was rated; there is nothing to compare it with."),
    "unknown_system": N_("{scale}: the planned contrast {a} − {b} is left out: a system of it was not rated."),
}


def say(key: str, scale: Name, **values: object) -> LazyText:
    """A sentence in every language; `names`, if given, are components, `systems` what systems are called."""
    for name, called in (("names", lambda part: LazyText(NAMES[part])), ("systems", lambda system: system)):
        if isinstance(given := values.get(name), (list, tuple)):
            values[name] = some([called(part) for part in given])
    return LazyText(SENTENCES[key], scale=scale, **values)


def some(names: Sequence[Name]) -> LazyText:
    """Names in a row; beyond MOST_NAMED only how many more there are."""

    def words(lang: str) -> str:
        shown = listed(lang, (name if isinstance(name, str) else name[lang] for name in names[:MOST_NAMED]))
        more = len(names) - MOST_NAMED
        return translate(lang, N_("{names} and {count} more"), names=shown, count=more) if more > 0 else shown

    return LazyText.of(words)
