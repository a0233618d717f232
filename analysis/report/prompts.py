"""Signs that clips of several systems were made from one prompt, of which the models make no use."""

from __future__ import annotations

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from formats.messages import LazyText

#: Columns that say from what a clip was made.
PROMPT_COLUMNS = ("prompt", "prompt_id")


def shared_prompts(ratings: Ratings) -> Text:
    """That prompts are not used, with what points to them; {} where nothing does.

    Clips of several systems that have one clip_id, and a column of prompts.
    """
    clips = ratings.counted[["system", "clip_id"]].drop_duplicates()
    shared = int((clips["clip_id"].value_counts() > 1).sum())
    names = (str(name) for name in (*ratings.frame.columns, *(column.name for column in ratings.columns)))
    column = next((name for name in names if name.strip().lower() in PROMPT_COLUMNS), "")
    if column:
        return LazyText(
            "The file has a column {column}. Prompts are not used: the models take clips of different systems "
            "as unrelated.",
            column=column,
        )
    if not shared:
        return {}
    return LazyText(
        "{count} clip ids occur in several systems. If such clips were made from one prompt, that is not "
        "used: the models take clips of different systems as unrelated.",
        count=shared,
    )
