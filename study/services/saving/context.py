"""All that a save needs to know of an expert and one of their trials, loaded in a single query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, CharField, F, OuterRef, Q, QuerySet, Subquery

from study.models import Expert, Trial
from study.prepared import Given, Prepared


@dataclass(frozen=True)
class SaveContext:
    """What a save needs about an expert and one of their trials, read in one query."""

    device: int
    expert: Expert
    trial: Trial
    consented: bool
    #: When the link by which this browser came ends, and whether it was revoked before.
    link_ends: datetime
    revoked: bool
    #: The key of the trial before this one in the session; None for the first.
    before: int | None


#: Load only these columns: a save is on the hot path.
COLUMNS = (
    *("token", "phase", "number", "attention_check", "slot__number", "clip__duration_ms"),
    *(f"slot__expert__{name}" for name in ("code", "language", "slot", "withdrawn_at", "submitted_at")),
    *(f"slot__expert__study__{name}" for name in ("slug", "file", "state", "simulated", "opened_at", "closed_at")),
)

#: The trial before another one of its slot; before the first study trial, the last practice trial.
BEFORE = (
    Trial.objects.filter(
        Q(phase=OuterRef("phase"), number__lt=OuterRef("number")) | Q(phase__lt=OuterRef("phase")),
        slot=OuterRef("slot"),
    )
    .order_by("-phase", "-number")
    .values("pk")[:1]
)


def _context() -> QuerySet[Trial]:
    return (
        Trial.objects.filter(
            token=Given("token", CharField()), slot__expert__devices=Given("device", BigIntegerField())
        )
        .order_by()
        .select_related("clip", "slot__expert__study")
        .only(*COLUMNS)
        .annotate(
            consent=F("slot__expert__consents"),
            link_ends=F("slot__expert__devices__invitation__expires_at"),
            revoked_at=F("slot__expert__devices__invitation__revoked_at"),
            before=Subquery(BEFORE),
        )[:1]
    )


CONTEXT: Prepared[Any] = Prepared(_context)


def load_save_context(device: int, token: str) -> SaveContext | None:
    """Load what a save needs in a single query; None if the token is not of a trial of this device's expert."""
    trial = next(iter(CONTEXT(token=token, device=device)), None)
    if trial is None:
        return None
    expert = trial.slot.expert
    consented, revoked = trial.consent is not None, trial.revoked_at is not None
    return SaveContext(device, expert, trial, consented, trial.link_ends, revoked, trial.before)


#: What can change while a save is on its way. Every save asks it a second time, in its transaction: as
#: text, which costs a tenth of a query that is built each time.
CHANGING = """\
SELECT expert.slot_id, study.state, expert.withdrawn_at, expert.submitted_at, study.closed_at, link.expires_at,
    link.revoked_at
FROM study_device AS device
JOIN study_expert AS expert ON expert.id = device.expert_id
JOIN study_study AS study ON study.id = expert.study_id
JOIN study_invitation AS link ON link.id = device.invitation_id
WHERE device.id = %s
"""


def reload(before: SaveContext) -> SaveContext:
    """Load again, in one query, what can have changed since."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGING, [before.device])
        slot, state, *moments = cursor.fetchone()
    expert = before.expert
    expert.slot_id, expert.study.state = slot, state
    expert.withdrawn_at, expert.submitted_at, expert.study.closed_at, link_ends, revoked_at = map(_aware, moments)
    return replace(before, link_ends=link_ends or before.link_ends, revoked=revoked_at is not None)


def _aware(moment: datetime | None) -> datetime | None:
    """A moment as text queries give it: SQLite's is in UTC and does not say so."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
