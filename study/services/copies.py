"""Copies of a study that hold nothing anyone said in it: simulated ones, and previews for a researcher to walk through.

What is answered in a copy belongs to the copy. No dataset is made of a preview, so nothing in it can ever count.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import timedelta
from itertools import cycle
from string import ascii_uppercase
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from study import clock
from study.design import draw_checks
from study.errors import Refused
from study.models import (
    Background,
    Clip,
    Consent,
    Device,
    Event,
    Expert,
    FurtherClip,
    Invitation,
    Job,
    Listening,
    Mail,
    Rating,
    Remark,
    Seal,
    Slot,
    SoundCheck,
    Study,
    System,
    Trial,
)
from study.sequences import places_of
from study.services.locking import lock_study
from study.services.log import log_event
from study.services.study_creation import (
    SECRET,
    practice_trials,
    session_apart_for,
    write_trials,
)

#: How long a preview stays open in the researcher's browser.
OPEN_FOR = timedelta(days=1)
#: What hangs on an expert and on a study, each before what it hangs on.
OF_EXPERT: list[type[models.Model]] = [
    Mail,
    Rating,
    Remark,
    Listening,
    SoundCheck,
    Background,
    Consent,
    Device,
    Invitation,
]
OF_STUDY: list[type[models.Model]] = [Slot, Clip, System, Event]


def delete_copy(study: Study) -> None:
    """Removes a simulated study or a preview with all its rows; a real study is never deleted."""
    if not (study.simulated or study.preview):
        raise ValueError(f"{study.slug} is no copy")
    for said in OF_EXPERT:
        said._default_manager.filter(expert__study=study).delete()
    Expert.objects.filter(study=study).delete()
    delete_rows(study)


def delete_rows(study: Study) -> None:
    """Remove a study without experts with its plan, clips and log."""
    FurtherClip.objects.filter(trial__slot__study=study).delete()
    Trial.objects.filter(slot__study=study).delete()
    for own in OF_STUDY:
        own._default_manager.filter(study=study).delete()
    study.delete()


@transaction.atomic
def discard_copy(study: Study) -> None:
    """Takes back a copy with simulated ratings; refused while a task works on it."""
    lock_study(study.pk)
    if study.jobs.filter(state=Job.State.RUNNING).exists():
        raise Refused(409, "busy", _("A background task of this study is running. Please wait until it is done."))
    delete_copy(study)


def delete_preview(study: Study) -> None:
    """Removes a study's preview, if there is one."""
    for preview in Study.objects.filter(slug=f"{study.slug}-preview", preview=True):
        delete_copy(preview)


@transaction.atomic
def open_preview(study: Study, *, actor: str, language: str) -> Device:
    """A fresh copy, SLUG-preview, with an order and clips of its own, and a device that is already in it.

    Nothing heard in it says anything about a slot: it is drawn for the preview, under codes of its own.
    """
    slug = f"{study.slug}-preview"
    if study.simulated or study.preview:
        raise Refused(409, "copy", _("A copy of a study cannot be previewed. Preview the study itself."))
    lock_study(study.pk)  # two presses make one copy after the other
    earlier = Study.objects.filter(slug=slug).first()
    if earlier and not earlier.preview:
        raise Refused(409, "copy", _("The short name %(slug)s is used by another study.") % {"slug": slug})
    if earlier:
        delete_copy(earlier)
    slot = _own_slot(study, slug)
    detail = {"trials": slot.trials.count(), "order": "drawn for this preview"}
    log_event(study, actor=actor, kind="previewed", detail=detail)
    return _researcher_in(slot, language)


def _own_slot(study: Study, slug: str) -> Slot:
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
    scales = [scale.key for scale in study.file.numbered]
    group = study.file.groups[0].key
    order = SECRET.sample(scales, len(scales))
    slot = Slot.objects.create(study=copy, number=1, group=group, scale_order=order)
    clips = _own_clips(study, copy)
    practice = [clip for clip in clips if clip.role == Clip.Role.PRACTICE]
    copies = _copies_as_x(study, clips)
    rows = list(practice_trials(study.file, slot, practice, copies))
    references, unheard = _references(study, clips), {source: cycle(found) for source, found in copies.items()}
    own_order = _own_order(study, clips)
    drawn = draw_checks(len(own_order), study.file.checks_asked, [SECRET.randrange(2**53)])
    checks = {check["trial"]: check["check"] for check in drawn}
    for number, (trial, heard, x) in enumerate(own_order, start=1):
        reference = references.get(heard[0].audio)
        if x:  # a clip that no expert hears as X has no copy
            source = heard[x - 1]
            reference = next(unheard[source.clip_id]) if source.clip_id in unheard else source
        study_trial = Trial(slot=slot, phase=Trial.Phase.STUDY, number=number, reference=reference, **trial)
        study_trial.attention_check = checks.get(number, "")
        rows.append((study_trial, heard))
    write_trials(rows)
    return slot


def _references(study: Study, clips: list[Clip]) -> dict[str, Clip]:
    """The copy's reference for each of the study's clips, both by their audio."""
    own = {clip.audio: clip for clip in clips if clip.role == Clip.Role.REFERENCE}
    prompts = {clip.audio: clip.prompt_id for clip in study.clips.all()}
    by_prompt = {prompts[audio]: clip for audio, clip in own.items()}
    return {audio: by_prompt[prompt] for audio, prompt in prompts.items() if prompt in by_prompt}


def _copies_as_x(study: Study, clips: list[Clip]) -> dict[str, list[Clip]]:
    """{id of a clip of the copy: the copy's clips that are it again, as X}; found by their audio."""
    sealed = Seal.objects.filter(study=study).first()
    audio = dict(study.clips.values_list("clip_id", "audio"))
    own = {clip.audio: clip for clip in clips}
    found: dict[str, list[Clip]] = defaultdict(list)
    for again, source in sealed.content.get("x", {}).items() if sealed else ():
        found[own[audio[source]].clip_id].append(own[audio[again]])
    return found


def _own_clips(study: Study, copy: Study) -> list[Clip]:
    """The same audio under other ids and codes, in an order of its own; where it comes from stays with the study."""
    systems = list(study.systems.all())
    letters = SECRET.sample(ascii_uppercase[: len(systems)], len(systems))
    codes = dict(zip((system.pk for system in systems), letters, strict=True))
    own = {code: System.objects.create(study=copy, system_id=code, code=code) for code in sorted(codes.values())}
    clips = [
        Clip(
            study=copy,
            system=own[codes[clip.system_id]] if clip.system_id else None,
            role=clip.role,
            clip_id=secrets.token_hex(8),
            audio=clip.audio,
            duration_ms=clip.duration_ms,
            waveform=clip.waveform,
            pack_entry={},
        )
        for clip in study.clips.all()
    ]
    return list(Clip.objects.bulk_create(sorted(clips, key=lambda clip: clip.clip_id)))


def _own_order(study: Study, clips: list[Clip]) -> list[tuple[dict[str, Any], list[Clip], int]]:
    """Trials with their clips, chosen and ordered at random, as many as an expert hears, with hidden repeats.

    Last comes the place of the clip that X is, 0 without an X.
    """
    prompts = {clip.audio: clip.prompt_id for clip in study.clips.all()}
    places = {prompt: SECRET.random() for prompt in sorted(filter(None, prompts.values()))}
    drawn = SECRET.sample(clips, len(clips))
    if study.file.trial.match == "prompt":  # so that equal numbers are one prompt
        drawn.sort(key=lambda clip: places.get(prompts[clip.audio] or "", 0))
    by_system: dict[int, list[Clip]] = defaultdict(list)
    for clip in drawn:
        if clip.system_id:
            by_system[clip.system_id].append(clip)
    systems = SECRET.sample(list(by_system.values()), len(by_system))
    names, seed = [str(number) for number in range(len(systems))], SECRET.randrange(2**53)
    planned = session_apart_for(study.file, names, seed)
    return [
        (
            {"block": trial["block"], "position": trial["position"], "is_repeat": trial["repeat"]},
            [systems[place["system"]][place["clip"]] for place in places_of(trial)],
            trial.get("x", 0),
        )
        for trial in planned
    ]


def _researcher_in(slot: Slot, language: str) -> Device:
    now = clock.now()
    expert = Expert.objects.create(
        study=slot.study, code="preview", group=slot.group, language=language, slot=slot, created_at=now
    )
    invitation = Invitation.objects.create(
        expert=expert, token_hash=secrets.token_hex(32), created_at=now, expires_at=now + OPEN_FOR
    )
    return Device.objects.create(expert=expert, invitation=invitation, accepted_at=now)
