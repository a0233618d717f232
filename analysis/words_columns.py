"""What was taken as a scale, what was not and why, in the languages of the report."""

from __future__ import annotations

from collections.abc import Mapping

from formats.errors import N_
from formats.messages import LazyText, Words

WORDS = Words(
    {
        "title": N_("Input table"),
        "column": N_("Column"),
        "used_as": N_("Used as"),
        "why": N_("Why"),
        "scale": N_("scale"),
        "unused": N_("not used"),
        "bounds": N_("{scale}: {low:g} to {high:g}"),
        "bounds_given": N_("Bounds given: {bounds}."),
        "bounds_inferred": N_(
            "Bounds inferred from the ratings: {bounds}. If they are wrong, give the right ones with --bounds."
        ),
        "override": N_("To take other columns as scales, name them with --scales."),
    }
)

REASONS = Words(
    {
        "known_name": N_("known name"),
        "renamed": N_("known column under another name"),
        "named": N_("named with --scales"),
        "not_named": N_("not named with --scales"),
        "ordered": N_("words, in the order given with --order"),
        "numbers": N_("numbers that repeat within a common range and differ within experts and clips"),
        "only_one": N_("the only numbers that can be ratings, although they do not differ within a clip"),
        "of_scale_column": N_("named in the column scale"),
        "beside_long": N_("neither the scale nor the rating of a long table"),
        "empty": N_("no content"),
        "words": N_("words"),
        "words_in_order": N_("words that may be ratings"),
        "nameless": N_("no name: row numbers that a program added"),
        "index": N_("row numbers"),
        "time": N_("a time, by its name"),
        "count": N_("a number of an item or a count, by its name"),
        "counts_trials": N_("every number once for each expert, like a trial number or a ranking"),
        "of_expert": N_("one value for each expert"),
        "of_clip": N_("one value for each clip"),
        "constant": N_("one value in all rows"),
        "beyond": N_("numbers beyond every common range of a scale"),
    }
)

FORGIVEN: Mapping[str, str] = {
    "empty_rows": N_("Empty rows skipped: {count} (the first is line {line})."),
    "spelling": N_("The system {written} was read as {used}."),
    "missing_codes": N_("Cells read as missing, as asked: {count} ({codes})."),
}


def say(key: str, **values: object) -> LazyText:
    """A sentence on what was forgiven, in every language."""
    return LazyText(FORGIVEN[key], **values)
