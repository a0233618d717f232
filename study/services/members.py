"""Who works on a study beside its owner: assistants and auditors, added and removed by name."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from study import clock
from study.errors import Refused
from study.models import Member, Study
from study.services.locking import lock_study
from study.services.log import log_event


@transaction.atomic
def add_member(study: Study, *, username: str, role: str, actor: str) -> None:
    """Assign a role in a study to a user, in place of an earlier one."""
    if role not in Member.Role.values:
        raise Refused(400, "role", _("Choose a role."))
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        message = _("No user is named %(name)s. Ask the site administrator to create an account.")
        raise Refused(400, "nobody", message % {"name": username})
    if study.owner_id == user.pk:
        raise Refused(409, "owner", _("The owner of a study already has all permissions."))
    lock_study(study.pk)
    Member.objects.update_or_create(study=study, user=user, defaults={"role": role, "added_at": clock.now()})
    log_event(study, actor=actor, kind="member added", detail={"member": username, "role": role})


@transaction.atomic
def remove_member(study: Study, *, username: str, actor: str) -> None:
    """Remove a user's role. Their actions stay in the event log."""
    lock_study(study.pk)
    member = Member.objects.filter(study=study, user__username=username).first()
    if member is None:
        raise Refused(409, "member", _("%(name)s has no role in this study.") % {"name": username})
    member.delete()
    log_event(study, actor=actor, kind="member removed", detail={"member": username, "role": member.role})
