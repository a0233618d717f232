"""Signs that clips of several systems were made from one prompt, and whether the models make use of it."""

from __future__ import annotations

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from formats.messages import LazyText

#: A column that the models use, and another that may say the same.
USED, PERHAPS = "prompt_id", "prompt"


def are_matched(ratings: Ratings) -> bool:
    """Whether the models use prompts: several are known, and one has clips of two systems."""
    frame = ratings.counted
    if USED not in frame:
        return False
    known = frame.loc[frame[USED].notna() & (frame[USED] != ""), [USED, "system"]].drop_duplicates()
    counts = known[USED].value_counts()
    return len(counts) > 1 and bool((counts > 1).any())


def shared_prompts(ratings: Ratings) -> Text:
    """That prompts are not used, with what points to them; {} where nothing does, or where they are.

    Clips of several systems that have one clip_id, and a column of prompts.
    """
    if are_matched(ratings):
        return {}
    clips = ratings.counted[["system", "clip_id"]].drop_duplicates()
    shared = int((clips["clip_id"].value_counts() > 1).sum())
    names = [str(name) for name in (*ratings.frame.columns, *(column.name for column in ratings.columns))]
    if USED in names:
        return LazyText(
            "The file has a column {column}, but no prompt has clips of two systems. Prompts are not used: the models "
            "take clips of different systems as unrelated.",
            column=USED,
        )
    column = next((name for name in names if name.strip().lower() == PERHAPS), "")
    if column:
        return LazyText(
            "The file has a column {column}. Prompts are not used: the models take clips of different systems "
            "as unrelated. Call it prompt_id if it says from what each clip was made.",
            column=column,
        )
    if not shared:
        return {}
    return LazyText(
        "{count} clip ids occur in several systems. If such clips were made from one prompt, that is not "
        "used: the models take clips of different systems as unrelated. A column prompt_id says which were.",
        count=shared,
    )
