"""The end of a study: closing it, and opening its seal."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from study import clock
from study.errors import Refused
from study.models import Study
from study.services.locking import lock_study
from study.services.log import log_event


@transaction.atomic
def close_study(study: Study, *, actor: str) -> None:
    """No answer given from now on is taken; one given before and still on its way is, and is marked late."""
    now = lock_study(study.pk)
    if now.state != Study.State.OPEN:
        raise Refused(409, "state", _("Only an open study can be closed."))
    study.state, study.closed_at = Study.State.CLOSED, clock.now()
    study.save(update_fields=["state", "closed_at"])
    log_event(study, actor=actor, kind="closed")


@transaction.atomic
def open_seal(study: Study, *, actor: str) -> None:
    """Shows from now on which system made which clip. Only after closing; one logged act, never undone."""
    now = lock_study(study.pk)
    if now.state != Study.State.CLOSED:
        raise Refused(409, "state", _("A study can be unblinded once, after it is closed."))
    study.state, study.unsealed_at = Study.State.UNSEALED, clock.now()
    study.save(update_fields=["state", "unsealed_at"])
    log_event(study, actor=actor, kind="unsealed")
