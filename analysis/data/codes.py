"""Names of experts, systems and clips as people write them: which are surely the same, and which are asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from formats.errors import N_, InputError, Message
from formats.text import alike, folded

REAL = "real"
#: Of each column what is said where two of its names may be one.
ALIKE = {
    "expert_id": N_("%(names)s may be one expert or two"),
    "system": N_("%(names)s may be one system or two"),
    "clip_id": N_("%(names)s may be one clip or two"),
}


def one_spelling(systems: Sequence[str]) -> dict[str, str]:
    """For each system that is spelt in several ways, or is the real music in other letters, the name that is used.

    Spellings that differ by capitals and blanks alone are one system: the most frequent is used, `real` always.
    """
    counts = Counter(systems)
    best: dict[str, str] = {REAL: REAL}
    for name, _ in counts.most_common():
        best.setdefault(folded(name), name)
    return {name: best[folded(name)] for name in counts if name != best[folded(name)]}


def check_alike(frame: pd.DataFrame, path: Path) -> None:
    """Refuse names that may be one or two: 01 and 1, E5 and e5. Only their writer knows, so InputError asks."""
    _ask(frame, "expert_id", path)
    _ask(frame, "system", path)
    for _, of_system in frame.groupby("system", sort=False):
        _ask(of_system, "clip_id", path)


def _ask(frame: pd.DataFrame, column: str, path: Path) -> None:
    first = frame.sort_values("line").drop_duplicates(column).set_index(column)["line"]
    pairs = list(_pairs(first.index))
    if not pairs:
        return
    (a, b), more = pairs[0], len(pairs) - 1
    others: Message | str = ""
    if more:
        others = Message(", and so may %(count)s more pairs", count=more)
        others = Message(", and so may 1 more pair") if more == 1 else others
    names = Message(
        "%(column)s %(a)s (line %(one)s) and %(b)s (line %(other)s)",
        column=column,
        a=a,
        one=first[a],
        b=b,
        other=first[b],
    )
    raise InputError(
        "%(path)s: %(alike)s%(others)s. Write them alike if they are one; if they are two, rename one so that more "
        "than zeros and capitals differ.",
        path=path,
        alike=Message(ALIKE[column], names=names),
        others=others,
    )


def _pairs(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(alike(name), name)
        if other != name:
            yield other, name
