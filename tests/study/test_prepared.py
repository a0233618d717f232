"""Prepared queries find what the same query sets find, whatever the values and the connection."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import CharField, Q

from study.prepared import Given, Prepared

pytestmark = pytest.mark.django_db


def named() -> Any:
    return User.objects.filter(Q(username=Given("name", CharField())) | Q(email=Given("mail", CharField()))).order_by(
        "username"
    )


@pytest.fixture(autouse=True)
def users() -> None:
    for name, mail in (("ayur", "ayur@example.org"), ("beki", "b@example.org"), ("sarina", "")):
        User.objects.create(username=name, email=mail)


def test_prepared_query_finds_rows_for_each_set_of_values(django_assert_num_queries: Any) -> None:
    find: Prepared[User] = Prepared(named)
    with django_assert_num_queries(4):
        assert find(name="beki", mail="ayur@example.org") == list(User.objects.filter(username__in=["ayur", "beki"]))
        assert [user.username for user in find(name="sarina", mail=None)] == ["sarina"]
        assert find(name="%s' OR 1=1 --", mail="%(mail)s") == []


def test_prepared_query_is_built_once_for_each_kind() -> None:
    built = []

    def build(*columns: str) -> Any:
        built.append(columns)
        return named().values_list(*columns)

    find: Prepared[tuple[str, ...]] = Prepared(build, lambda *columns: columns)
    for _ in range(2):
        assert find("username", name="beki", mail=None) == [("beki",)]
        assert find("email", "username", name="beki", mail=None) == [("b@example.org", "beki")]
    assert built == [("username",), ("email", "username")]


def test_prepared_query_is_built_for_each_thread() -> None:
    built = []

    def build() -> Any:
        built.append(connection.alias)
        return named()

    find: Prepared[User] = Prepared(build)
    find(name="beki", mail=None)

    def elsewhere() -> None:
        try:
            find(name="beki", mail=None)
        finally:
            connection.close()

    other = Thread(target=elsewhere)
    other.start()
    other.join()
    assert len(built) == 2
