"""Logging in: names that no account can have are wrong names like others."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.test import Client

from tests.study.test_desk import PASSWORD, client_of, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/desk/login/", "/admin/login/"])
@pytest.mark.parametrize("name", ["a" * 151, "a" * 256, "\ufdfa" * 100], ids=["151", "256", "longer once normal"])
def test_a_name_too_long_for_an_account_is_a_wrong_name_and_leaves_no_row(path: str, name: str) -> None:
    browser = Client(headers={"accept-language": "en"})
    reply = browser.post(path, {"username": name, "password": "wrong"})
    assert reply.status_code == 200
    assert reply.context["form"].non_field_errors()
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("path", ["/desk/login/", "/admin/login/"])
def test_an_account_with_the_longest_name_logs_in_and_a_wrong_one_is_counted(path: str) -> None:
    name = "a" * 150
    client_of(name, superuser=True)
    browser = Client(headers={"accept-language": "en"})
    wrong = browser.post(path, {"username": name, "password": "wrong"})
    assert AccessAttempt.objects.get().username == name
    long = browser.post(path, {"username": f"{name}a", "password": "wrong"})
    assert wrong.context["form"].non_field_errors() == long.context["form"].non_field_errors()
    assert browser.post(path, {"username": name, "password": PASSWORD}).status_code == 302
    assert "a" * 150 in text(browser.get("/admin/"))
