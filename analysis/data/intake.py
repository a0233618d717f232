"""What the report and the command tell about how a user's own table was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.data.columns import Column
from analysis.data.dataset import Scale, Text
from analysis.data.ratings import Ratings
from formats.messages import LazyText, clauses, counter, translate, translator
from formats.text import UTF_8

SCALE = "scale"
#: Why a column was taken as something, or was not.
REASONS: Mapping[str, Text] = {
    "known_name": LazyText("known name"),
    "renamed": LazyText("known column under another name"),
    "named": LazyText("named with --scales"),
    "not_named": LazyText("not named with --scales"),
    "ordered": LazyText("words, in the order given with --order"),
    "numbers": LazyText("numbers that repeat within a common range and differ within experts and clips"),
    "only_one": LazyText("the only numbers that can be ratings, although they do not differ within a clip"),
    "of_scale_column": LazyText("named in the column scale"),
    "beside_long": LazyText("neither the scale nor the rating of a long table"),
    "empty": LazyText("no content"),
    "words": LazyText("words"),
    "words_in_order": LazyText("words that may be ratings"),
    "nameless": LazyText("no name: row numbers that a program added"),
    "index": LazyText("row numbers"),
    "time": LazyText("a time, by its name"),
    "count": LazyText("a number of an item or a count, by its name"),
    "counts_trials": LazyText("every number once for each expert, like a trial number or a ranking"),
    "of_expert": LazyText("one value for each expert"),
    "of_clip": LazyText("one value for each clip"),
    "constant": LazyText("one value in all rows"),
    "fractions": LazyText("fractions that hardly repeat, beside scales of whole numbers, like a time or a measurement"),
    "beyond": LazyText("numbers beyond every common range of a scale"),
}


def columns_grid(ratings: Ratings, lang: str) -> tuple[list[str], list[list[str]]]:
    """The header and rows of a table: each column, what it was used as, and why."""
    _ = translator(lang)
    rows = [[column.name, _use(column, lang), REASONS[column.reason][lang]] for column in ratings.columns]
    return [_("Column"), _("Used as"), _("Why")], rows


def _use(column: Column, lang: str) -> str:
    if column.used_as == SCALE and column.reason not in ("known_name", "renamed"):
        return translate(lang, "scale")
    return column.used_as or translate(lang, "not used")


def columns_notes(ratings: Ratings, lang: str) -> list[str]:
    """Where the bounds come from, what was forgiven, and how to decide otherwise."""
    notes = [text[lang] for text in ratings.forgiven]
    inferred = [scale for scale in ratings.scales if scale.key in ratings.bounds_inferred]
    given = [scale for scale in ratings.scales if scale.key not in ratings.bounds_inferred]
    if given:
        notes.append(translate(lang, "Bounds given: {bounds}.", bounds=_bounds(given, lang)))
    if inferred:
        notes.append(
            translate(
                lang,
                "Bounds inferred from the ratings: {bounds}. If they are wrong, give the right ones with --bounds.",
                bounds=_bounds(inferred, lang),
            )
        )
        notes += _zeros(ratings, [scale.key for scale in inferred if scale.minimum == 0], lang)
    return [*notes, translate(lang, "To take other columns as scales, name them with --scales.")]


def _zeros(ratings: Ratings, scales: Sequence[str], lang: str) -> Iterator[str]:
    """A caution for each scale whose rarest rating is 0: some programs write it for an answer that is missing."""
    for scale in scales:
        counts = ratings.counted.loc[ratings.counted["scale"] == scale, "rating"].value_counts()
        if len(counts) > 2 and counts.get(0, 0) and counts[0] == counts.min():
            yield translate(
                lang,
                "{scale}: 0 is read as a rating ({zeros} of {ratings}). If it means “no answer”, add --missing 0.",
                scale=scale,
                zeros=counts[0],
                ratings=counts.sum(),
            )


def _bounds(scales: Sequence[Scale], lang: str) -> str:
    named = (
        translate(lang, "{scale}: {low:g} to {high:g}", scale=scale.key, low=scale.minimum, high=scale.maximum)
        for scale in scales
    )
    return clauses(lang, named)


def told(ratings: Ratings, lang: str) -> list[str]:
    """The same as lines to print; nothing for a DATASET, which says all of it itself."""
    if not ratings.columns:
        return []
    known = ("known_name", "of_scale_column")
    shown = replace(ratings, columns=tuple(column for column in ratings.columns if column.reason not in known))
    lines = [f"{name}: {use} ({why})." for name, use, why in columns_grid(shown, lang)[1]]
    read = [translate(lang, "Read as {encoding}.", encoding=ratings.encoding)] if ratings.encoding != UTF_8 else []
    return [*lines, *read, *columns_notes(ratings, lang)]


def value_counts(ratings: Ratings, lang: str) -> list[str]:
    """For each scale its different ratings with their counts, and the systems with their clips."""
    frame = ratings.counted
    lines = []
    for scale, values in frame.groupby("scale", sort=False)["rating"]:
        counts = values.value_counts().sort_index()
        lines.append(f"{scale}: " + ", ".join(f"{value:g} ({count})" for value, count in counts.items()))
    clips = frame.groupby("system")["clip_id"].nunique()
    ngettext = counter(lang)
    lines += [f"{system}: " + ngettext("{count:,} clip", "{count:,} clips", count) for system, count in clips.items()]
    return lines


def size_told(ratings: Ratings, lang: str) -> str:
    """What is being worked on."""
    frame = ratings.counted
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    experts = frame["expert_id"].nunique()
    ngettext = counter(lang)
    parts = (
        ngettext("{count:,} rating", "{count:,} ratings", len(frame)),
        ngettext("{count:,} expert", "{count:,} experts", experts),
        ngettext("{count:,} clip", "{count:,} clips", clips),
    )
    ratings_named, experts_named, clips_named = parts
    return translate(
        lang,
        "Working on {ratings} by {experts} of {clips} ...",
        ratings=ratings_named,
        experts=experts_named,
        clips=clips_named,
    )


def as_json(ratings: Ratings) -> dict[str, Any]:
    """The same for report.json: the scales with their bounds and where these come from, and the columns."""
    of_table = "given" if ratings.columns else "dataset"
    scales = {
        scale.key: {
            "minimum": scale.minimum,
            "maximum": scale.maximum,
            "bounds": "inferred" if scale.key in ratings.bounds_inferred else of_table,
        }
        for scale in ratings.scales
    }
    columns = [{"name": c.name, "used_as": c.used_as, "reason": c.reason} for c in ratings.columns]
    return {"scales": scales, **({"columns": columns} if columns else {})}
