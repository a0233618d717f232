"""Attention checks of a DATASET: who passed how many, and whom the frozen plan excludes for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from analysis.data.dataset import Dataset
from analysis.data.rows import read_rows
from formats.errors import InputError


@dataclass(frozen=True)
class Attention:
    """How experts answered attention checks.

    `table` has one row an expert: expert_id, passed, answered and excluded (0 or 1). `per_session`: how many a session
    has. `limit`: so many failed ones exclude an expert by the frozen plan; None where it excludes nobody.
    """

    table: pd.DataFrame
    per_session: int
    limit: int | None

    @property
    def excluded(self) -> tuple[str, ...]:
        """The experts whom the frozen plan excludes."""
        return tuple(self.table.loc[self.table["excluded"] == 1, "expert_id"])

    @property
    def answered(self) -> int:
        """How many experts answered one or more."""
        return int((self.table["answered"] > 0).sum())

    @property
    def passed_all(self) -> int:
        """How many of them passed each one that they answered."""
        return int(((self.table["answered"] > 0) & (self.table["passed"] == self.table["answered"])).sum())


def attentive(dataset: Dataset, frame: pd.DataFrame) -> tuple[pd.DataFrame, Attention | None]:
    """The answers without those of experts whom the frozen plan excludes for failed checks; None without any checks.

    Raises InputError where that is everyone.
    """
    if not dataset.checks_per_session:
        return frame, None
    attention = _attention(dataset, set(frame["expert_id"]))
    kept = frame[~frame["expert_id"].isin(attention.excluded)]
    if len(frame) and kept.empty:
        raise InputError(
            "%(source)s: the rule on failed attention checks in the frozen analysis plan excludes every expert, so "
            "there is nothing to analyse. To see the answers as an exploratory analysis, copy their table from the "
            "folder data to another place and analyse that.",
            source=dataset.folder,
        )
    return kept, attention


def _attention(dataset: Dataset, experts: Collection[str]) -> Attention:
    rows = read_rows(dataset.checks_file, may_be_empty=True)
    rows.require(("expert_id", "passed"))
    answers = pd.DataFrame(
        {"expert_id": rows.column("expert_id"), "passed": pd.Series(rows.flags("passed"), dtype=bool)}
    )
    every = sorted({*experts, *answers["expert_id"]})
    by_expert = answers.groupby("expert_id")["passed"]
    table = pd.DataFrame({"expert_id": every})
    table["passed"] = table["expert_id"].map(by_expert.sum()).fillna(0).astype(int)
    table["answered"] = table["expert_id"].map(by_expert.count()).fillna(0).astype(int)
    limit = dataset.plan.get("failed_checks")
    limit = limit if type(limit) is int and limit > 0 else None
    failed = table["answered"] - table["passed"]
    table["excluded"] = 0 if limit is None else (failed >= limit).astype(int)
    return Attention(table, dataset.checks_per_session, limit)
