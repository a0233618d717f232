"""Read-only admin: nothing can be changed, and no page names a system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from study.desk.login import AdminLoginForm
from study.models import Event, Expert, Invitation, Member, Study

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Model]
else:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin


def for_superusers(request: HttpRequest) -> bool:
    """Whether somebody may enter the admin at all; being on the staff is not enough."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


# The stock site is the one that addresses lead to, and whose forms for users have Django's password checks.
admin.site.has_permission = for_superusers  # type: ignore[method-assign]
admin.site.login_form = AdminLoginForm


class LookOnly(ModelAdmin):
    """Superusers may look; nobody may write."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return for_superusers(request)

    has_module_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Study)
class StudyAdmin(LookOnly):
    list_display = ("slug", "owner", "state", "simulated", "created_at")
    list_filter = ("state", "simulated")
    # Not the plan: long, and in every dataset.
    fields = (
        "slug",
        "owner",
        "state",
        "simulated",
        "created_at",
        "opened_at",
        "closed_at",
        "unsealed_at",
        "plan_sha256",
    )


@admin.register(Expert)
class ExpertAdmin(LookOnly):
    list_display = ("code", "study", "group", "language", "submitted_at", "withdrawn_at")
    list_filter = ("study", "group")
    fields = ("study", "code", "group", "language", "created_at", "submitted_at", "withdrawn_at")


@admin.register(Invitation)
class InvitationAdmin(LookOnly):
    list_display = ("expert", "created_at", "expires_at", "revoked_at")
    fields = ("expert", "created_at", "expires_at", "revoked_at")


@admin.register(Member)
class MemberAdmin(LookOnly):
    list_display = ("study", "user", "role", "added_at")
    list_filter = ("study", "role")
    fields = ("study", "user", "role", "added_at")


@admin.register(Event)
class EventAdmin(LookOnly):
    list_display = ("study", "number", "at", "actor", "kind")
    list_filter = ("study", "kind")
    fields = ("study", "number", "at", "actor", "kind", "detail", "previous_hash", "hash")
