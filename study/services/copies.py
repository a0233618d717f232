"""Copies of a study that hold nothing anyone said in it: simulated ones, and previews for a researcher to walk through.

What is answered in a copy belongs to the copy. No dataset is made of a preview, so nothing in it can ever count.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _

from study import clock
from study.errors import Refused
from study.models import (
    Background,
    Clip,
    Consent,
    Device,
    Event,
    Expert,
    Invitation,
    Listening,
    Rating,
    Remark,
    Slot,
    SoundCheck,
    Study,
    System,
    Trial,
)
from study.services.log import log_event

#: How long a preview stays open in the researcher's browser.
OPEN_FOR = timedelta(days=1)
#: What hangs on an expert and on a study, each before what it hangs on.
OF_EXPERT: list[type[models.Model]] = [Rating, Remark, Listening, SoundCheck, Background, Consent, Device, Invitation]
OF_STUDY: list[type[models.Model]] = [Slot, Clip, System, Event]


def delete_copy(study: Study) -> None:
    """Removes a simulated study or a preview with all its rows; a real study is never deleted."""
    if not (study.simulated or study.preview):
        raise ValueError(f"{study.slug} is no copy")
    for said in OF_EXPERT:
        said._default_manager.filter(expert__study=study).delete()
    Expert.objects.filter(study=study).delete()
    Trial.objects.filter(slot__study=study).delete()
    for own in OF_STUDY:
        own._default_manager.filter(study=study).delete()
    study.delete()


def delete_preview(study: Study) -> None:
    """Removes a study's preview, if there is one."""
    for preview in Study.objects.filter(slug=f"{study.slug}-preview", preview=True):
        delete_copy(preview)


@transaction.atomic
def open_preview(study: Study, *, actor: str, language: str) -> Device:
    """A fresh copy, SLUG-preview, of the study as its first slot will hear it, and a device that is already in it."""
    slug = f"{study.slug}-preview"
    if study.simulated or study.preview:
        raise Refused(409, "copy", _("Only a study itself can be previewed, not a copy of it."))
    Study.objects.select_for_update().only("pk").get(pk=study.pk)  # two presses make one copy after the other
    earlier = Study.objects.filter(slug=slug).first()
    if earlier and not earlier.preview:
        raise Refused(409, "copy", _("There is another study of the name %(slug)s.") % {"slug": slug})
    if earlier:
        delete_copy(earlier)
    slot = _copied_slot(study, slug)
    log_event(study, actor=actor, kind="previewed")
    return _researcher_in(slot, language)


def _copied_slot(study: Study, slug: str) -> Slot:
    """The copy's one slot, with new rows for whatever is heard in it."""
    now = clock.now()
    copy = Study.objects.create(
        slug=slug,
        owner=study.owner,
        file=study.file,
        file_sha256=study.file_sha256,
        seed=0,
        state=Study.State.OPEN,
        preview=True,
        created_at=now,
        opened_at=now,
    )
    first = study.slots.order_by("number")[0]
    slot = Slot.objects.create(study=copy, number=first.number, group=first.group, scale_order=first.scale_order)
    systems: dict[int, System] = {}
    clips: dict[int, Clip] = {}
    for trial in first.trials.select_related("clip__system"):
        if trial.clip_id not in clips:
            clips[trial.clip_id] = _copied_clip(trial.clip, copy, systems)
        Trial.objects.create(
            slot=slot,
            clip=clips[trial.clip_id],
            phase=trial.phase,
            number=trial.number,
            block=trial.block,
            position=trial.position,
            is_repeat=trial.is_repeat,
        )
    return slot


def _copied_clip(clip: Clip, copy: Study, systems: dict[int, System]) -> Clip:
    """The same audio under another id; where it comes from stays with the study."""
    if clip.system is not None and clip.system.pk not in systems:
        code = clip.system.code
        systems[clip.system.pk] = System.objects.create(study=copy, system_id=code, code=code)
    return Clip.objects.create(
        study=copy,
        system=systems[clip.system.pk] if clip.system else None,
        role=clip.role,
        clip_id=secrets.token_hex(8),
        audio=clip.audio,
        duration_ms=clip.duration_ms,
        pack_entry={},
    )


def _researcher_in(slot: Slot, language: str) -> Device:
    now = clock.now()
    expert = Expert.objects.create(
        study=slot.study, code="preview", group=slot.group, language=language, slot=slot, created_at=now
    )
    invitation = Invitation.objects.create(
        expert=expert, token_hash=secrets.token_hex(32), created_at=now, expires_at=now + OPEN_FOR
    )
    return Device.objects.create(expert=expert, invitation=invitation, accepted_at=now)
