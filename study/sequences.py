"""Commitment to the session plans, and its proof after unblinding.

What is sealed is `Seal.content`: {"nonce", "sessions", "systems": {code: system id}, "clips": {code: [clip_id, …]}}.
Where trials have a reference it has "references", too: {clip_id: clip_id of the reference of its prompt}; where they
have an X, "x": {clip_id of a copy that is heard as X: clip_id of the clip that it is}.
The plan holds its SHA-256. Studies made before have the sessions in the plan itself: theirs is cut where it is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from formats.errors import Message
from formats.files import json_sha256
from formats.study_file import LARGEST_SEED, StudyFile
from study.design import without_codes
from study.models import FurtherClip, Seal, Study, Trial

Content = dict[str, Any]
#: (clip_id, system) of a trial's clips by place.
Heard = tuple[tuple[str, str], ...]
#: (who, trial's number, clips, place): one row of what was played; the place where it is of one clip of several.
Played = tuple[str, int, Heard, int | None]
FILE = "sequences.json"


def commitment_to(content: Content) -> str:
    """SHA-256 of the sealed part as RFC 8785 JSON; its nonce prevents guessing."""
    return json_sha256(content)


def seed_of(file: StudyFile, nonce: str) -> int:
    """The seed of the session plans, derived from the secret nonce.

    A seed in the study file is mixed in; alone it tells nothing.
    """
    own = "" if file.design.seed is None else file.design.seed
    digest = hashlib.sha256(f"{nonce} {own}".encode()).digest()
    return int.from_bytes(digest[:8]) % (LARGEST_SEED + 1)


def sessions_of(study: Study) -> dict[str, Any]:
    """The session plans; of studies of earlier versions those in the plan."""
    sealed = Seal.objects.filter(study=study).first()
    return dict(sealed.content["sessions"] if sealed else study.plan["sessions"])


def plan_shown(study: Study) -> dict[str, Any]:
    """The frozen plan as it may be shown; blinded, without session plans."""
    if not is_cut(study):
        return dict(study.plan)
    design = {key: value for key, value in study.plan["design"].items() if key != "seed"}
    return {**study.plan, "sessions": "left out until the seal is opened", "design": design}


def is_cut(study: Study) -> bool:
    """Whether `plan_shown` differs from the frozen plan, and so its hash."""
    return study.sealed and "sessions" in study.plan


def certificate_shown(study: Study) -> dict[str, Any]:
    """The certificate as it may be shown; blinded, without seed and codes."""
    return without_codes(study.certificate) if study.sealed else study.certificate


def published(study: Study) -> Content:
    """Published after unblinding: the sealed part and each rating expert's slot."""
    sealed = Seal.objects.filter(study=study).first()
    rows = study.experts.filter(withdrawn_at=None, ratings__trial__phase=Trial.Phase.STUDY)
    slots = dict(rows.order_by("code").values_list("code", "ratings__trial__slot__number").distinct())
    if sealed:
        return {"sealed": sealed.content, "slots": slots}
    return {"sessions": study.plan["sessions"], "slots": slots}


def broken_proof(plan: Mapping[str, Any], shown: Mapping[str, Any], played: Iterable[Played]) -> str:
    """Mismatch of published session plans with commitment or ratings, or "".

    `shown` is as from `published`.
    """
    content = shown.get("sealed")
    if content is not None and commitment_to(content) != plan.get("commitment"):
        return Message("the session plans are not those that the plan commits to: the SHA-256 differs")
    sessions = content["sessions"] if content else shown["sessions"]
    if not content and sessions != plan.get("sessions"):
        return Message("the session plans are not those of the plan")
    slots = {row["slot"]: row["trials"] for row in sessions["slots"]}
    for name, number, heard, place in played:
        trials = slots.get(shown["slots"].get(name), [])
        planned = trials[number - 1] if 0 < number <= len(trials) else None
        if planned is None:
            return Message("%(name)s has a trial %(number)s that no session plan has", name=name, number=number)
        if content and _clips_of(content, planned)[slice(place and place - 1, place)] != heard:
            return Message("%(name)s heard another clip in trial %(number)s than was planned", name=name, number=number)
    return ""


def broken_sessions(study: Study) -> str:
    """The same of a study in the database, its trials against what is sealed."""
    sealed = Seal.objects.filter(study=study).first()
    if sealed is None:
        return ""
    rows = Trial.objects.filter(slot__study=study, phase=Trial.Phase.STUDY).order_by("slot__number", "number")
    asked = rows.exclude(attention_check="").values_list("slot__number", "number", "attention_check")
    if set(asked) != _checks_of(sealed.content):
        return Message("attention checks are asked in other trials than was planned")
    expected = _references_of(sealed.content)
    for slot, number, clip_id, reference in rows.values_list(
        "slot__number", "number", "clip__clip_id", "reference__clip_id"
    ):
        if not expected(slot, number, clip_id, reference):
            return Message(
                "trial %(number)s of slot %(slot)s has another reference than was planned", number=number, slot=slot
            )
    clip = "clip__clip_id", "clip__system__system_id"
    further: dict[int, list[tuple[str, str]]] = {}
    for pk, *heard in FurtherClip.objects.filter(trial__in=rows).order_by("place").values_list("trial", *clip):
        further.setdefault(pk, []).append((heard[0], heard[1]))
    played = [
        (f"slot {slot}", number, ((clip_id, system), *further.get(pk, ())), None)
        for pk, slot, number, clip_id, system in rows.values_list("pk", "slot__number", "number", *clip)
    ]
    slots = {f"slot {row['slot']}": row["slot"] for row in sealed.content["sessions"]["slots"]}
    if len(played) != sum(len(row["trials"]) for row in sealed.content["sessions"]["slots"]):
        return Message("the session plans have more or fewer trials than the study")
    return broken_proof(study.plan, {"sealed": sealed.content, "slots": slots}, played)


def _checks_of(content: Content) -> set[tuple[int, int, str]]:
    """Slot, trial and key of each attention check that was planned."""
    slots = content["sessions"]["slots"]
    return {(slot["slot"], one["trial"], one["check"]) for slot in slots for one in slot.get("checks", ())}


def _references_of(content: Content) -> Callable[[int, int, str, str | None], bool]:
    """Whether a trial, by slot and number, with a clip at place 1 has the reference, or the X, that was planned."""
    references, copies = content.get("references", {}), content.get("x")
    if copies is None:
        return lambda slot, number, clip_id, reference: reference == references.get(clip_id)
    planned = {
        (row["slot"], number): _clips_of(content, trial)[trial["x"] - 1][0]
        for row in content["sessions"]["slots"]
        for number, trial in enumerate(row["trials"], start=1)
    }
    return lambda slot, number, clip_id, reference: copies.get(reference) == planned.get((slot, number))


def places_of(planned: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The clips of a planned trial by place, each with its system and its number."""
    return list(planned["places"]) if "places" in planned else [planned]


def _clips_of(content: Content, planned: Mapping[str, Any]) -> Heard:
    """The study's ids of a planned trial's clips, with their systems."""
    clips, systems = content["clips"], content["systems"]
    return tuple((clips[one["system"]][one["clip"]], systems[one["system"]]) for one in places_of(planned))
