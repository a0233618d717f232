"""What the report and the command tell about how a user's own table was read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis.data.columns import Column
from analysis.data.ratings import Ratings
from analysis.words_columns import REASONS, WORDS
from formats.messages import SOURCE, clauses, counter
from formats.text import UTF_8

SCALE = "scale"


def columns_title(lang: str) -> str:
    """The heading of the table of columns."""
    return WORDS[lang]["title"]


def columns_grid(ratings: Ratings, lang: str) -> tuple[list[str], list[list[str]]]:
    """The header and rows of a table: each column, what it was used as, and why."""
    words = WORDS[lang]
    rows = [[column.name, _use(column, lang), REASONS[lang][column.reason]] for column in ratings.columns]
    return [words["column"], words["used_as"], words["why"]], rows


def _use(column: Column, lang: str) -> str:
    if column.used_as == SCALE and column.reason not in ("known_name", "renamed"):
        return WORDS[lang]["scale"]
    return column.used_as or WORDS[lang]["unused"]


def columns_notes(ratings: Ratings, lang: str) -> list[str]:
    """Where the bounds come from, what was forgiven, and how to decide otherwise."""
    words = WORDS[lang]
    notes = [text[lang] for text in ratings.forgiven]
    inferred = [scale for scale in ratings.scales if scale.key in ratings.bounds_inferred]
    given = [scale for scale in ratings.scales if scale.key not in ratings.bounds_inferred]
    for key, scales in (("bounds_given", given), ("bounds_inferred", inferred)):
        listed = [words["bounds"].format(scale=s.key, low=s.minimum, high=s.maximum) for s in scales]
        notes += [words[key].format(bounds=clauses(lang, listed))] if listed else []
    return [*notes, words["override"]]


def told(ratings: Ratings) -> list[str]:
    """The same as lines to print, in English; nothing for a DATASET, which says all of it itself."""
    if not ratings.columns:
        return []
    known = ("known_name", "of_scale_column")
    shown = replace(ratings, columns=tuple(column for column in ratings.columns if column.reason not in known))
    lines = [f"{name}: {use} ({why})." for name, use, why in columns_grid(shown, SOURCE)[1]]
    read = [f"Read as {ratings.encoding}."] if ratings.encoding != UTF_8 else []
    return [*lines, *read, *columns_notes(ratings, SOURCE)]


def value_counts(ratings: Ratings) -> list[str]:
    """For each scale its different ratings with their counts, and the systems with their clips, in English."""
    frame = ratings.counted
    lines = []
    for scale, values in frame.groupby("scale", sort=False)["rating"]:
        counts = values.value_counts().sort_index()
        lines.append(f"{scale}: " + ", ".join(f"{value:g} ({count})" for value, count in counts.items()))
    clips = frame.groupby("system")["clip_id"].nunique()
    ngettext = counter(SOURCE)
    lines += [f"{system}: " + ngettext("{count:,} clip", "{count:,} clips", count) for system, count in clips.items()]
    return lines


def size_told(ratings: Ratings) -> str:
    """What is being worked on, in English."""
    frame = ratings.counted
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    experts = frame["expert_id"].nunique()
    ngettext = counter(SOURCE)
    parts = (
        ngettext("{count:,} rating", "{count:,} ratings", len(frame)),
        ngettext("{count:,} expert", "{count:,} experts", experts),
        ngettext("{count:,} clip", "{count:,} clips", clips),
    )
    return "Working on {} by {} of {} ...".format(*parts)


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
