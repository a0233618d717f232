"""Change one's own password; the old one is required."""

from __future__ import annotations

from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from study.desk.permissions import researcher


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """The form, and by POST the new password, which must pass Django's checks."""
    user = researcher(request)
    form = PasswordChangeForm(user, request.POST or None)
    for field in form.fields.values():
        field.help_text = ""  # the page does not show it, so no field may name it as its description
    # Through the backends, so that wrong passwords count towards the throttle as they do at the login.
    old = request.POST.get("old_password", "")
    is_known = bool(old) and authenticate(request, username=user.get_username(), password=old) is not None
    if is_known and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        return redirect("desk:studies")
    return render(request, "desk/password.html", {"form": form})
