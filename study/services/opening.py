"""Opening a study: only one that was checked for blinding as it is now."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from formats.files import json_sha256
from study import clock
from study.errors import Refused
from study.models import Event, Study
from study.services.copies import delete_preview, delete_rows
from study.services.locking import lock_study
from study.services.log import log_event

#: The log's word for a check that found nothing.
CHECKED = "blinding checked"


def audio_sha256(study: Study) -> str:
    """SHA-256 of the list, sorted, of all clips' SHA-256: says which audio a study has, and not which clip is which."""
    digests = []
    for path in study.clips.values_list("audio", flat=True):
        with default_storage.open(path) as file:
            digests.append(hashlib.sha256(file.read()).hexdigest())
    return json_sha256(sorted(digests))


def record_blinding(study: Study, *, actor: str, detail: dict[str, Any]) -> Event:
    """Records that the study, its plan and its audio as they are now, passed the check."""
    detail = {"plan_sha256": study.plan_sha256, "audio_sha256": audio_sha256(study), **detail}
    return log_event(study, actor=actor, kind=CHECKED, detail=detail)


def last_blinding(study: Study) -> Event | None:
    """The newest check of the study's present plan, without a look at its audio."""
    newest = study.events.filter(kind=CHECKED).order_by("-number").first()
    return newest if newest and newest.detail["plan_sha256"] == study.plan_sha256 else None


def blinding_checked(study: Study) -> Event | None:
    """The newest check that the study has passed as it is now; None where there is none, or the audio can't be read."""
    newest = last_blinding(study)
    if newest is None:
        return None
    try:
        return newest if newest.detail["audio_sha256"] == audio_sha256(study) else None
    except OSError:
        return None


@transaction.atomic
def open_study(study: Study, *, actor: str) -> None:
    """From now on experts can rate and nothing in the study can be edited. A simulated copy, heard by nobody, may."""
    if lock_study(study.pk).state != Study.State.DRAFT:
        raise Refused(409, "state", _("Only a draft can be opened."))
    if not study.simulated and blinding_checked(study) is None:
        message = _(
            "Run the blinding check first: manage.py check_blinding %(slug)s. A study can open after it has passed."
        )
        raise Refused(409, "blinding", message % {"slug": study.slug})
    study.state, study.opened_at = Study.State.OPEN, clock.now()
    study.save(update_fields=["state", "opened_at"])
    log_event(study, actor=actor, kind="opened", detail={"plan_sha256": study.plan_sha256})


def discard_draft(study: Study) -> None:
    """Takes back a study that nobody was invited to: its preview, all its rows, and then its audio."""
    with transaction.atomic():
        state = lock_study(study.pk).state
        if state != Study.State.DRAFT or study.experts.exists():
            raise Refused(409, "state", _("Only a draft without invited experts can be deleted."))
        paths = [path for path in study.clips.values_list("audio", flat=True) if path]
        delete_preview(study)
        delete_rows(study)
    for path in paths:
        default_storage.delete(path)
