"""Where an expert stands at one of her trials: the one read that every save begins with, so it is kept small."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from study.models import Expert, Trial


@dataclass(frozen=True)
class Standing:
    """An expert at one of her trials: all that a save must know of both, read in one query."""

    expert: Expert
    trial: Trial
    consented: bool
    #: When the link by which this browser came ends, and whether it was revoked before.
    link_ends: datetime
    revoked: bool
    #: When this device was accepted; she may have come on another one before.
    arrived: datetime


#: What a save reads of the rows around a trial: the fewer columns, the sooner it is done.
STANDING = (
    *("token", "phase", "number", "slot__number", "clip__duration_ms"),
    *(f"slot__expert__{name}" for name in ("code", "language", "slot", "withdrawn_at", "submitted_at")),
    *(f"slot__expert__study__{name}" for name in ("slug", "file", "state", "simulated", "closed_at")),
)


def standing(device: int, token: str) -> Standing | None:
    """Where the expert of a device stands at the trial of that token; None if it is no trial of hers."""
    rows = (
        Trial.objects.filter(token=token, slot__expert__devices=device)
        .order_by()
        .select_related("clip", "slot__expert__study")
        .only(*STANDING)
        .annotate(
            consent=F("slot__expert__consents"),
            arrived=F("slot__expert__devices__accepted_at"),
            link_ends=F("slot__expert__devices__invitation__expires_at"),
            revoked_at=F("slot__expert__devices__invitation__revoked_at"),
        )
    )
    trial = next(iter(rows[:1]), None)
    if trial is None:
        return None
    expert = trial.slot.expert
    return Standing(
        expert, trial, trial.consent is not None, trial.link_ends, trial.revoked_at is not None, trial.arrived
    )
