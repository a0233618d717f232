"""Logging in at the desk and at the admin: with a name that an account can have."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm


class LoginForm(AuthenticationForm):
    """Takes a name too long for any account as it takes a wrong one, and keeps it nowhere: no column would hold it."""

    def clean(self) -> dict[str, Any]:
        """The account; every failure raises the same `ValidationError`."""
        if len(self.cleaned_data.get("username") or "") > (self.username_field.max_length or 0):
            raise self.get_invalid_login_error()
        return super().clean()


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    """The same at the admin, for staff alone."""
