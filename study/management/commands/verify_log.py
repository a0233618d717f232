from __future__ import annotations

import io
import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from study import services
from study.errors import InputError
from study.management.plain import plain_errors
from study.models import Event
from study.text_files import read_text, study_of


class Command(BaseCommand):
    help = (
        "Checks a study's event log from the first event to the last: that each is as it was written and carries the "
        "hash of the one before, and that the plan is the one that was frozen and amended in it. A dataset's "
        "events.jsonl is checked in the same way. Whoever noted the newest event's hash earlier gives it with --known: "
        "then nothing before it can have been cut off or written anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("log", metavar="SLUG|EVENTS.jsonl", help="a study's short name, or the log in a dataset")
        parser.add_argument("--known", metavar="HASH", help="hash of an event that must be in the log")

    def handle(self, *args: Any, **options: Any) -> None:
        name, known = options["log"], options["known"]
        with plain_errors():
            events = _of_file(Path(name)) if name.endswith(".jsonl") else _of_study(name)
            broken = services.broken_among(events)
            if broken:
                raise InputError(f"{name}: event {broken} is not as it was written, or the one before it is missing.")
            if known and known not in {event.hash for event in events}:
                raise InputError(f"{name}: no event has the hash {known}; the log was cut off or written anew.")
        head = events[-1].hash if events else "none"
        self.stdout.write(f"{name}: {len(events)} events, each as it was written. Hash of the newest: {head}")


def _of_study(slug: str) -> list[Event]:
    study = study_of(slug)
    if fault := services.broken_plan(study):
        raise InputError(f"{slug}: {fault}.")
    return list(study.events.order_by("number"))


def _of_file(path: Path) -> list[Event]:
    """The events of a dataset's log. They are compared with their hashes, and are no rows of this site's."""
    events = []
    for line, text in enumerate(io.StringIO(read_text(path)), start=1):
        try:
            row = json.loads(text)
            events.append(Event(**{**row, "at": datetime.fromisoformat(row["at"])}))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}, line {line}: this is no event of a log; take the dataset again.") from error
    return events
