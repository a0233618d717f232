"""What becomes of a link after it was issued, and of the place of an expert who drops out."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from study import clock
from study.errors import FieldErrors, Refused
from study.models import MAX_CODE, Expert
from study.services.invitations import Invitee, checked, has_slot, issue, refuse_closed
from study.services.locking import lock_expert
from study.services.log import log_event


@transaction.atomic
def revoke_link(expert: Expert, *, actor: str) -> None:
    """Stop the expert's link on every device; ratings and slot stay for a new link."""
    expert = lock_expert(expert)
    revoked = expert.invitations.filter(revoked_at=None).update(revoked_at=clock.now())
    if not revoked:
        raise Refused(409, "link", _("%(code)s has no active link to revoke.") % {"code": expert.code})
    log_event(expert.study, actor=actor, kind="link revoked", detail={"expert": expert.code})


@transaction.atomic
def end_link_at(expert: Expert, ends: datetime, *, actor: str) -> None:
    """Lets the expert's link end at a moment ahead, sooner or later than it would have."""
    expert = lock_expert(expert)
    if ends <= clock.now():
        raise Refused(400, "date", _("The expiry date of a link must be in the future."))
    if not expert.invitations.filter(revoked_at=None).update(expires_at=ends):
        raise Refused(
            409, "link", _("%(code)s has no active link whose expiry date could be changed.") % {"code": expert.code}
        )
    detail = {"expert": expert.code, "ends": ends.isoformat()}
    log_event(expert.study, actor=actor, kind="link's end changed", detail=detail)


@transaction.atomic
def replace(expert: Expert, substitute: Invitee, *, actor: str, expires_at: datetime | None = None) -> str:
    """Passes the place of one who dropped out on, whole, to a new expert. Returns the secret of the new one's link.

    Ratings of the drop-out stay in the dataset under the old code; the old link stops working. Raises
    `InputError` where the substitute does not fit, `Refused` where there is nothing to pass on.
    """
    expert = lock_expert(expert)
    refuse_closed(expert.study)
    if expert.submitted_at or not has_slot(expert):
        raise Refused(
            409,
            "replace",
            _("%(code)s cannot be replaced: the ratings are submitted, or there is no slot to take over.")
            % {"code": expert.code},
        )
    if expert.study.experts.filter(code=substitute.code.strip()).exists():
        message = _("The expert code %(code)s is already used. Choose another one.")
        raise FieldErrors([("code", message % {"code": substitute.code})])
    study, slot, expert.slot = expert.study, expert.slot, None
    expert.save(update_fields=["slot"])
    expert.invitations.filter(revoked_at=None).update(revoked_at=clock.now())
    substitute = checked(study, substitute, instead_of=expert)
    secret = issue(study, substitute, actor, expires_at)
    successor = study.experts.get(code=substitute.code)
    successor.slot = slot
    successor.save(update_fields=["slot"])
    Expert.objects.filter(pk=expert.pk).update(replaced_by=successor)
    detail = {"expert": expert.code, "by": successor.code}
    log_event(study, actor=actor, kind="replaced", detail=detail)
    return secret


def next_code(expert: Expert) -> str:
    """A code for a replacement: the old code with the next free number behind it."""
    stem = re.sub(r"-\d+$", "", expert.code)[: MAX_CODE - 4]
    taken = set(expert.study.experts.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for number in range(2, len(taken) + 3) if (code := f"{stem}-{number}") not in taken)
