"""How far the experts of a DATASET went, and what they listened to."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from analysis.data.dataset import Dataset
from analysis.data.rows import read_rows
from formats.errors import InputError

#: Kinds of events of the log: how far an expert went, and that the analysis plan is another than was frozen.
STAGES, AMENDED = ("invited", "withdrawn"), "plan amended"


def experts_of(dataset: Dataset, frame: pd.DataFrame) -> pd.DataFrame | None:
    """experts.csv as text, of those whose answers are in the frame; None where the dataset has none."""
    if not dataset.experts_file.is_file():
        return None
    rows = read_rows(dataset.experts_file)
    rows.require(("expert_id",))
    table = pd.DataFrame({name: rows.column(name) for name in rows.header})
    return table[table["expert_id"].isin(frame["expert_id"])].reset_index(drop=True)


def flow_of(dataset: Dataset, everyone: Collection[str], rules: Mapping[str, Collection[str]]) -> Mapping[str, int]:
    """How many experts reached each stage, from invited to analysed, by experts.csv and the log; {} without the table.

    `everyone`: who gave an answer; `rules`: whom each rule of the frozen plan excludes. Experts who withdrew are in the
    log alone. Raises InputError for a log that is none.
    """
    if not dataset.experts_file.is_file():
        return {}
    rows = read_rows(dataset.experts_file)
    rows.require(("expert_id", "submitted"))
    there = dict(zip(rows.column("expert_id"), rows.column("submitted"), strict=True))
    logged = _logged(dataset.log_file)
    begun = there.keys() & set(everyone)
    submitted = sum(1 for expert in begun if there[expert])
    invited = max(len(logged["invited"]), len(there) + len(logged["withdrawn"]))
    left_out = {stage: len(begun.intersection(experts)) for stage, experts in rules.items()}
    return {
        "invited": invited,
        "withdrawn": len(logged["withdrawn"]),
        "not_begun": invited - len(logged["withdrawn"]) - len(begun),
        "begun": len(begun),
        "dropped_out": len(begun) - submitted,
        **{stage: count for stage, count in left_out.items() if count},
        "analysed": len(begun) - sum(left_out.values()),
    }


def _logged(path: Path) -> dict[str, set[str]]:
    """The experts of the events that say how far somebody went."""
    found: dict[str, set[str]] = {stage: set() for stage in STAGES}
    for event in _events(path):
        if event["kind"] in STAGES:
            found[event["kind"]].add(event["expert"])
    return found


def amended_on(dataset: Dataset) -> tuple[str, ...]:
    """The days (UTC) on which the analysis plan was amended after it was frozen, by the log."""
    return tuple(event["at"][:10] for event in _events(dataset.log_file) if event["kind"] == AMENDED)


def _events(path: Path) -> Iterator[dict[str, str]]:
    """Kind, time and (of STAGES) expert of each event of a log. Raises InputError for a line that is no event."""
    # splitlines() would also cut at U+2028, which JSON has in strings.
    for number, line in enumerate(io.StringIO(path.read_text(encoding="utf-8") if path.is_file() else ""), 1):
        try:
            event = json.loads(line)
            expert = event["detail"]["expert"] if event["kind"] in STAGES else ""
            yield {"kind": str(event["kind"]), "at": str(event.get("at", "")), "expert": str(expert)}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError("%(file)s, line %(line)s is no event of a log.", file=path, line=number) from error


def listened_of(dataset: Dataset, frame: pd.DataFrame) -> pd.DataFrame | None:
    """expert_id, trial, place and plays by listening.csv, of the trials of the frame; None where nothing is known."""
    if not dataset.listening_file.is_file() or "trial" not in frame:
        return None
    rows = read_rows(dataset.listening_file, may_be_empty=True)
    rows.require(("expert_id", "trial", "place", "plays"))
    numbers = {name: pd.Series(rows.numbers(name), dtype=float) for name in ("trial", "place", "plays")}
    table = pd.DataFrame({"expert_id": rows.column("expert_id"), **numbers})
    trials = frame[["expert_id", "trial"]].assign(trial=pd.to_numeric(frame["trial"], errors="coerce"))
    kept = table.merge(trials.drop_duplicates(), on=["expert_id", "trial"])
    return kept if len(kept) else None
