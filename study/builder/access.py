"""Who may see and change a draft."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from study.builder import drafts
from study.desk.permissions import researcher
from study.models import Draft


def draft_or_404(request: HttpRequest, token: str, *, own: bool = False) -> Draft:
    """A draft that the user may change; 404 otherwise, and 403 where only its owner may do this."""
    user = researcher(request)
    draft = get_object_or_404(drafts.visible_drafts(user).select_related("owner"), token=token)
    if own and not is_owner(user, draft):
        raise PermissionDenied
    return draft


def is_owner(user: User, draft: Draft) -> bool:
    """Whether a user may create the study, share the draft and delete it."""
    return bool(user.is_superuser or draft.owner_id == user.pk)
