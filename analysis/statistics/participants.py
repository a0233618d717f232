"""Numbers of experts by background answer (table 7).

Small numbers are withheld.
"""

from __future__ import annotations

import pandas as pd

from analysis.data.ratings import Ratings

COLUMNS = ("characteristic", "answer", "n_experts")
#: Fewer people than this could be known by their answers to anyone who knows the circle they come from.
MIN_SHARED = 5
FEW, WITHHELD = "few", "withheld"
UNSAID, OTHERS = "not said", "other answers"
#: Columns of experts.csv that say nothing about a person; the table of listening has the headphone check.
NOT_TOLD = frozenset({"expert_id", "submitted", "headphones_correct", "headphones_rounds"})
#: Columns whose answers are from a list, beside the questions that have choices.
LISTED = frozenset({"language"})


def participants(ratings: Ratings) -> pd.DataFrame:
    """Count experts by group and by each background answer.

    Small counts are withheld, as they could identify a person.

    Parameters
    ----------
    ratings : Ratings

    Returns
    -------
    DataFrame
        ``COLUMNS``, as text. ``n_experts`` is "few" where fewer than 5 share a background answer, and "withheld" for
        the next smallest number where a single "few" could be computed from the total. Groups are part of the design
        and are always counted. Of answers in an expert's own words those that fewer than 5 gave are "other answers". A
        question answered in numbers has one row with the quartiles of five or more, as the lowest and the highest would
        be persons.
    """
    rows = []
    if "group" in ratings.frame:
        first = ratings.frame.drop_duplicates("expert_id")
        counts = first.loc[first["group"] != "", "group"].value_counts().sort_index()
        rows += [("group", str(group), str(count)) for group, count in counts.items()]
    experts = ratings.experts
    for name in experts.columns if experts is not None else ():
        if name not in NOT_TOLD and name != "group" and (experts[name] != "").any():  # type: ignore[index]
            question = ratings.questions.get(str(name))
            listed = name in LISTED or bool(question and question.choices)
            rows += _answers(str(name), experts[name], listed=listed)  # type: ignore[index]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _answers(name: str, column: pd.Series, *, listed: bool) -> list[tuple[str, str, str]]:
    given = column[column != ""]
    numbers = pd.to_numeric(given, errors="coerce")
    if numbers.notna().all():
        quartiles = " – ".join(f"{numbers.quantile(share):g}" for share in (0.25, 0.5, 0.75))
        counts = {quartiles if len(numbers) >= MIN_SHARED else FEW: len(numbers)}
    else:
        told = given if listed else given.where(given.groupby(given).transform("size") >= MIN_SHARED, OTHERS)
        counts = {str(answer): int(n) for answer, n in told.value_counts().sort_index().items()}
    if len(given) < len(column):
        counts[UNSAID] = len(column) - len(given)
    return [(name, answer, told) for answer, told in zip(counts, _told(list(counts.values())), strict=True)]


def _told(counts: list[int]) -> list[str]:
    told = [FEW if count < MIN_SHARED else str(count) for count in counts]
    if told.count(FEW) == 1 and len(counts) > 1:
        others = [n for n, text in enumerate(told) if text != FEW]
        told[min(others, key=counts.__getitem__)] = WITHHELD
    return told
