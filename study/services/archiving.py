"""Archiving: a study leaves the list of studies, and can come back; nothing in it changes."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from study import clock
from study.errors import Refused
from study.models import Study
from study.services.locking import lock_study
from study.services.log import log_event


@transaction.atomic
def archive_study(study: Study, *, is_hidden: bool, actor: str) -> None:
    """Hides a study that is not open, or shows it again; a second press does nothing."""
    if lock_study(study.pk).state == Study.State.OPEN:
        raise Refused(409, "state", _("An open study cannot be archived. Close it first."))
    if (Study.objects.values_list("archived_at", flat=True).get(pk=study.pk) is not None) == is_hidden:
        return
    study.archived_at = clock.now() if is_hidden else None
    study.save(update_fields=["archived_at"])
    log_event(study, actor=actor, kind="archived" if is_hidden else "restored from archive")
