"""Who took part (Table 7): how many experts gave which answer about themselves, with no small number told."""

from __future__ import annotations

import pandas as pd

from analysis.ratings import Ratings

COLUMNS = ("characteristic", "answer", "n_experts")
#: Fewer people than this could be known by their answers to anyone who knows the circle they come from.
FEWEST_TOLD = 5
FEW = "few"
UNSAID, NUMBERS = "not said", "numbers"
#: Columns of experts.csv that say nothing about a person.
NOT_TOLD = frozenset({"expert_id", "submitted"})


def participants(ratings: Ratings) -> pd.DataFrame:
    """Experts by group and by each background answer (COLUMNS), as text.

    n_experts is "few" where fewer than 5 share a background answer; groups are part of the design and are counted. A
    question answered in numbers has one row with the lowest, middle and highest of five or more.
    """
    rows = []
    if "group" in ratings.frame:
        first = ratings.frame.drop_duplicates("expert_id")
        counts = first.loc[first["group"] != "", "group"].value_counts().sort_index()
        rows += [("group", str(group), str(count)) for group, count in counts.items()]
    experts = ratings.experts
    for name in experts.columns if experts is not None else ():
        if name not in NOT_TOLD and name != "group" and (experts[name] != "").any():  # type: ignore[index]
            rows += _answers(str(name), experts[name])  # type: ignore[index]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _answers(name: str, column: pd.Series) -> list[tuple[str, str, str]]:
    given = column[column != ""]
    unsaid = len(column) - len(given)
    numbers = pd.to_numeric(given, errors="coerce")
    if numbers.notna().all():
        few = len(numbers) < FEWEST_TOLD
        low, middle, high = (numbers.quantile(share) for share in (0, 0.5, 1))
        rows = [(name, FEW if few else f"{low:g} – {middle:g} – {high:g}", FEW if few else str(len(numbers)))]
    else:
        rows = [(name, str(answer), _told(int(n))) for answer, n in given.value_counts().sort_index().items()]
    return [*rows, (name, UNSAID, _told(unsaid))] if unsaid else rows


def _told(count: int) -> str:
    return FEW if count < FEWEST_TOLD else str(count)
