"""First ways in: a guest's link into a study that is only being tried out, and a researcher's login."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.db import transaction

from formats.errors import InputError
from study.models import Expert, Study
from study.services.invitations import Invitee, invite

RESEARCHER = "researcher"


@transaction.atomic
def invite_guest(study: Study, language: str) -> str:
    """A link's secret for a guest: unused, else of a new expert, else of one in progress."""
    guests = study.experts.filter(
        code__startswith="guest-", language=language, submitted_at=None, withdrawn_at=None, replaced_by=None
    )
    unopened = guests.filter(devices=None).first()
    invitee = _again(unopened) if unopened else _new_guest(study, language)
    if invitee is None and (under_way := guests.first()):
        invitee = _again(under_way)
    if invitee is None:
        raise InputError(
            "Every slot of %(study)s is taken and done: make a new study with create_study --slug.", study=study.slug
        )
    ((_, secret),) = invite(study, [invitee], actor="command")
    return secret


def _again(expert: Expert) -> Invitee:
    return Invitee(expert.code, expert.group, expert.language)


def _new_guest(study: Study, language: str) -> Invitee | None:
    """A guest for the group with the most free slots, none where all are taken."""
    free = {
        group.key: group.slots - study.experts.filter(group=group.key, withdrawn_at=None, replaced_by=None).count()
        for group in study.file.groups
    }
    group = max(free, key=lambda key: free[key])
    number = study.experts.filter(code__startswith="guest-").count() + 1
    return Invitee(f"guest-{number}", group, language) if free[group] > 0 else None


@transaction.atomic
def first_password() -> str | None:
    """A password for a new account `researcher`, which may do everything; None where there are accounts already."""
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(9)
    User.objects.create_superuser(RESEARCHER, password=password)
    return password


@transaction.atomic
def researcher_password(study: Study) -> str | None:
    """A fresh password for the account `researcher`, which owns the study; None where somebody else owns it."""
    if study.owner is not None and study.owner.username != RESEARCHER:
        return None
    user, _ = User.objects.get_or_create(username=RESEARCHER)
    password = secrets.token_urlsafe(9)
    user.set_password(password)
    user.save(update_fields=["password"])
    Study.objects.filter(pk=study.pk).update(owner=user)
    return password
