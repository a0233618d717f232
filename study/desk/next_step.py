"""What is to be done next in a study: the first thing that its page shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from study.models import Study


@dataclass(frozen=True)
class Known:
    """What the next step depends on, beside the study's state and the user's rights."""

    is_busy: bool
    is_checked: bool
    experts: int
    submitted: int
    slots: int
    #: Whether there is a report of the study as it is: before unblinding under codes, after it with names.
    has_report: bool


def next_step(study: Study, rights: Collection[str], known: Known) -> str:
    """The name of the step, for desk/parts/next.html."""
    if study.state == Study.State.DRAFT:
        return _of_draft(study, rights, known)
    if study.state == Study.State.OPEN:
        if not known.experts and "invite" in rights:
            return "invite"
        return "close" if "run" in rights and known.submitted >= known.slots else "follow"
    if "read" not in rights:
        return "over"
    if not known.has_report:
        return "report" if "run" in rights else "over"
    return "unblind" if study.sealed and "run" in rights else "read"


def _of_draft(study: Study, rights: Collection[str], known: Known) -> str:
    if "run" not in rights:
        return "draft"
    if known.is_busy:
        return "wait"
    return "open" if known.is_checked or study.simulated else "check"
