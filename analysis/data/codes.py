"""Names of experts, systems and clips as people write them: which are surely the same, and which are asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from formats.errors import InputError
from formats.text import alike, folded

REAL = "real"
UNITS = {"expert_id": "expert", "system": "system", "clip_id": "clip"}


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
    others = f", and so may {more} more pair{'s' if more > 1 else ''}" if more else ""
    raise InputError(
        f"{path}: {column} {a} (line {first[a]}) and {b} (line {first[b]}) may be one {UNITS[column]} or two{others}. "
        "Write them alike if they are one; if they are two, rename one so that more than zeros and capitals differ."
    )


def _pairs(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(alike(name), name)
        if other != name:
            yield other, name
