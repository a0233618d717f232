"""The event log: append-only, each row carrying the hash of the row before it in its study."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785
from django.db import transaction

from study import clock
from study.models import Event, Study


def content_hash(event: Event) -> str:
    """SHA-256 of an event's content as RFC 8785 JSON."""
    return hashlib.sha256(rfc8785.dumps(event.content())).hexdigest()


@transaction.atomic
def log_event(study: Study, *, actor: str, kind: str, detail: dict[str, Any] | None = None) -> Event:
    """Appends an event to a study's log. `detail` must hold no personal data: the log can never be edited."""
    Study.objects.select_for_update().only("pk").get(pk=study.pk)  # one writer to a log at a time
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
    """Number of the first event that is not as it was logged, or None where the log's chain holds."""
    previous = ""
    for expected, event in enumerate(study.events.order_by("number").iterator(chunk_size=500), start=1):
        if (event.number, event.previous_hash, event.hash) != (expected, previous, content_hash(event)):
            return expected
        previous = event.hash
    return None
