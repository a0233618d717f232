from __future__ import annotations

import csv
import io
import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from config.commands import WithResult
from formats import results
from formats.errors import InputError, Message
from formats.files import json_sha256, read_text
from formats.messages import terminal_language, translator
from study import services
from study.dataset import escape_formula
from study.management.cli import command_errors
from study.models import Event
from study.sequences import FILE as SEQUENCES
from study.sequences import Heard, broken_proof, broken_sessions
from study.text_files import study_of


class Command(WithResult):
    help = (
        "Checks the integrity of a study's event log from the first event to the last: no event was changed, each "
        "contains the hash of the one before, and the study plan is the one that was frozen and amended in the log. "
        "The events.jsonl of a dataset is checked in the same way. The session plans are compared with the "
        "commitment in the study plan and with the trials that were played; in a dataset, once they are published "
        "(sequences.json). With --known HASH, also checks that the log still contains that event, so that nothing "
        "before it was removed or rewritten."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("log", metavar="SLUG|EVENTS.jsonl", help="a study's short name, or the log in a dataset")
        parser.add_argument("--known", metavar="HASH", help="hash of an event that must be in the log")

    def handle(self, *args: Any, **options: Any) -> None:
        name, known = options["log"], options["known"]
        with command_errors():
            events = _of_file(Path(name)) if name.endswith(".jsonl") else _of_study(name)
            broken = services.broken_among(events)
            if broken:
                raise InputError(
                    "%(name)s: event %(broken)s was changed, or the event before it is missing.",
                    name=name,
                    broken=broken,
                )
            if name.endswith(".jsonl") and (fault := _broken_sessions(Path(name), events)):
                raise InputError("%(name)s: %(fault)s.", name=name, fault=fault)
            if known and known not in {event.hash for event in events}:
                raise InputError(
                    "%(name)s: no event has the hash %(known)s. The log was cut off or rewritten.",
                    name=name,
                    known=known,
                )
        _ = translator(terminal_language())
        whole = _("{name}: {count} events, each as it was written. Hash of the newest: {head}")
        head = events[-1].hash if events else None
        line = whole.format(name=name, count=len(events), head=head or _("none"))
        self.tell(options, results.Log(log=name, events=len(events), head=head), line)


def _of_study(slug: str) -> list[Event]:
    study = study_of(slug)
    if fault := services.broken_plan(study):
        raise InputError("%(slug)s: %(fault)s.", slug=slug, fault=fault)
    if fault := broken_sessions(study):
        raise InputError("%(slug)s: %(fault)s.", slug=slug, fault=fault)
    return list(study.events.order_by("number"))


def _broken_sessions(log: Path, events: list[Event]) -> str:
    """Compare a dataset's session plans with the commitment and the ratings."""
    shown = log.parent / SEQUENCES
    if not shown.exists():  # sealed, or made before session plans were published
        return ""
    names = ("rating", "choice", "choice_description-trial", "comparison")
    tables = [path for task in names for path in (log.parent / "data").glob(f"*_task-{task}_data.csv")]
    played = (
        (row["expert_id"], int(row["trial"]), _heard(row), int(row["place"]) if "place" in row else None)
        for table in sorted(tables)
        for row in csv.DictReader(io.StringIO(read_text(table), newline=""))
        if row.keys() & {"clip_id", "clip_a"}  # choices of whole sets name no clip
    )
    try:
        plan, sequences = (json.loads(read_text(path)) for path in (log.parent / "plan.json", shown))
        if json_sha256(plan) not in {event.detail.get("plan_sha256") for event in events if event.kind == "created"}:
            return Message("the plan beside it is not the one that was frozen: its SHA-256 differs")
        # Tables guard codes against spreadsheets, and what was guarded cannot be read back.
        guarded = {escape_formula(code): slot for code, slot in sequences["slots"].items()}
        return broken_proof(plan, {**sequences, "slots": guarded}, played)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            "%(shown)s: these are no session plans of a dataset; take the dataset again.", shown=shown
        ) from error


def _heard(row: dict[str, str]) -> Heard:
    """The clips of a row of ratings, or of comparisons, with their systems."""
    ends = ("",) if "clip_id" in row else ("_a", "_b")
    return tuple((row["clip_id" if not end else f"clip{end}"], row[f"system{end}"]) for end in ends)


def _of_file(path: Path) -> list[Event]:
    """The events of a dataset's log, as unsaved rows."""
    events = []
    for line, text in enumerate(io.StringIO(read_text(path)), start=1):
        try:
            row = json.loads(text)
            events.append(Event(**{**row, "at": datetime.fromisoformat(row["at"])}))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                "%(path)s, line %(line)s: this is no event of a log; take the dataset again.", path=path, line=line
            ) from error
    return events
