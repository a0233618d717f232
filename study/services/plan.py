"""The frozen plan, and amendments to it: each a new version with its reason, kept in the log and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from formats.errors import Message
from formats.files import json_sha256
from formats.text import is_text, many_lines
from study.errors import Refused
from study.models import Event, Study
from study.services.locking import lock_study
from study.services.log import log_event

AMENDED = "plan amended"
MAX_REASON = 2000


@dataclass(frozen=True)
class Version:
    """One version of the plan of analysis. Version 1 is the one frozen with the study; it has no reason."""

    number: int
    sha256: str
    analysis: dict[str, Any]
    at: datetime | None
    actor: str = ""
    reason: str = ""
    changed: tuple[str, ...] = ()


def versions(study: Study) -> list[Version]:
    """All versions of the plan, the frozen one first, in one query."""
    found = [Version(1, study.plan_sha256, study.plan["analysis"], study.opened_at)]
    for event in study.events.filter(kind=AMENDED).order_by("number"):
        found.append(_version(event, found[-1].analysis))
    return found


def _version(event: Event, before: dict[str, Any]) -> Version:
    detail, analysis = event.detail, event.detail["analysis"]
    # A version of before a key existed says the same as one in which the key is empty or false.
    changed = tuple(key for key in {**before, **analysis} if (before.get(key) or None) != (analysis.get(key) or None))
    number, reason = detail["version"], detail["reason"]
    return Version(number, detail["sha256"], analysis, event.at, event.actor, reason, changed)


@transaction.atomic
def amend_plan(study: Study, *, analysis: dict[str, Any], reason: str, actor: str) -> None:
    """Adds a version of the plan of analysis. What it covers is the amended plan and the hash of the one before."""
    state = lock_study(study.pk).state
    if state not in {Study.State.OPEN, Study.State.CLOSED}:
        raise Refused(
            409, "state", _("An analysis plan can be amended after the study opens and before it is unblinded.")
        )
    written = many_lines(reason).strip() if is_text(reason) else ""
    if not written or len(reason) > MAX_REASON:
        raise Refused(400, "reason", _("Enter a reason of one or two sentences."))
    *_before, last = versions(study)
    if analysis == last.analysis:
        raise Refused(400, "same", _("The amendment does not change the present version."))
    content = {"version": last.number + 1, "amends": last.sha256, "reason": written, "analysis": analysis}
    log_event(study, actor=actor, kind=AMENDED, detail={**content, "sha256": json_sha256(content)})


def broken_plan(study: Study) -> str:
    """What of the plan is not as it was frozen or amended, in words; empty where all is."""
    if json_sha256(study.plan) != study.plan_sha256:
        return Message("the plan is not the one that was frozen: its SHA-256 differs")
    before = study.plan_sha256
    for event in study.events.order_by("number"):
        detail = event.detail
        if event.kind == "opened" and detail["plan_sha256"] != before:
            return Message("event %(number)s opened the study with another plan", number=event.number)
        if event.kind == AMENDED:
            content = {key: value for key, value in detail.items() if key != "sha256"}
            if detail["amends"] != before or detail["sha256"] != json_sha256(content):
                return Message("event %(number)s amends another plan than the one before it", number=event.number)
            before = detail["sha256"]
    return ""
