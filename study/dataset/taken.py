"""What the event log records of each export, and changes since the last one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from study.models import Study

#: The log's word for a dataset that somebody took.
TAKEN = "dataset downloaded"
#: Events after which the tables are other ones.
CHANGING = {
    "late answer kept": "an answer that came late was kept",
    "withdrawn": "an expert withdrew",
    "erased": "an expert was erased",
    "replaced": "a place passed on",
    "submitted": "an expert finished",
    "closed": "the study was closed",
    "unsealed": "the seal was opened",
}


def hashes_of(folder: Path) -> dict[str, str]:
    """The hashes of a dataset for the event log: of all files and of the tables."""
    hashes = json.loads((folder / "hashes.json").read_text(encoding="utf-8"))
    return {name: hashes[name] for name in ("dataset_sha256", "tables_sha256")}


def since_last(study: Study, tables_sha256: str) -> dict[str, Any] | None:
    """Changes since the last export; None without one, or without its hash."""
    last = study.events.filter(kind=TAKEN, detail__has_key="tables_sha256").order_by("-number").first()
    if last is None:
        return None
    later = study.events.filter(number__gt=last.number, kind__in=CHANGING).order_by("number")
    return {
        "dataset_sha256": last.detail["dataset_sha256"],
        "taken_at": last.at.isoformat(),
        "tables_changed": last.detail["tables_sha256"] != tables_sha256,
        "events": [{"number": number, "kind": kind} for number, kind in later.values_list("number", "kind")],
    }


def since_in_words(since: dict[str, Any] | None) -> list[str]:
    """The same for people who read the README."""
    if since is None:
        return []
    before = f"The dataset before this one was taken at {since['taken_at']}, SHA-256 {since['dataset_sha256']}."
    if not since["tables_changed"]:
        return [f"{before} Every table is the same; only the log and the files that name it differ."]
    counts = Counter(event["kind"] for event in since["events"])
    lines = [f"{before} Since then the tables have changed. Of this the log (events.jsonl) says:"]
    for kind, count in counts.items():
        numbers = ", ".join(str(event["number"]) for event in since["events"] if event["kind"] == kind)
        lines.append(f"- {CHANGING[kind]}: {count} (event {numbers})")
    return [*lines, "Answers that arrived in time are not in the log one by one; `received_at` says when each came."]
