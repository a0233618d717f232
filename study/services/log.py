"""The event log: append-only, each row carrying the hash of the row before it in its study."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from formats.files import json_sha256
from study import clock
from study.models import Event, Study
from study.services.locking import lock_study


def content_hash(event: Event) -> str:
    """SHA-256 of an event's content as RFC 8785 JSON."""
    return json_sha256(event.content())


@transaction.atomic
def log_event(study: Study, *, actor: str, kind: str, detail: dict[str, Any] | None = None) -> Event:
    """Appends an event to a study's log. `detail` must hold no personal data: the log can never be edited."""
    lock_study(study.pk)  # one writer to a log at a time
    last = study.events.order_by("-number").first()
    event = Event(
        study=study,
        number=last.number + 1 if last else 1,
        at=clock.now(),
        actor=actor,
        kind=kind,
        detail=detail or {},
        previous_hash=last.hash if last else "",
    )
    event.hash = content_hash(event)
    event.save(force_insert=True)
    return event


def broken_event(study: Study) -> int | None:
    """Number of the first event that is not as it was logged, or None where the whole log's chain holds."""
    return broken_among(study.events.order_by("number").iterator(chunk_size=500))


def broken_among(events: Iterable[Event], first: int = 1) -> int | None:
    """The same of a stretch of the log in order, which should begin with the event of that number."""
    previous = ""
    for expected, event in enumerate(events, start=first):
        linked = event.previous_hash == previous or expected == first > 1
        if event.number != expected or not linked or event.hash != content_hash(event):
            return expected
        previous = event.hash
    return None


def tail_of(study: Study, length: int) -> tuple[list[Event], int | None]:
    """The newest events, newest first, and the first of them that is not as it was logged."""
    newest = list(study.events.order_by("-number")[:length])
    first = newest[-1].number if len(newest) == length else 1
    return newest, broken_among(reversed(newest), first)
