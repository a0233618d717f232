"""What no page of ours sends is refused before any view sees it, by an answer with the headers of all others."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from study.models import Event, Study
from tests.factories import make_study

pytestmark = pytest.mark.django_db

SAFE = {
    "Content-Security-Policy": "default-src 'none'",
    "Permissions-Policy": "camera=()",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@pytest.fixture
def study(tmp_path: Path, ada: Client) -> Study:
    return make_study(tmp_path, owner=User.objects.get(username="ada"))


def is_refused_safely(response: Any) -> bool:
    assert isinstance(response, HttpResponse)
    assert {name: word for name, word in SAFE.items() if word not in response.headers.get(name, "")} == {}
    return response.status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/desk/studies/small/experts/%00/", "/desk/jobs/%00/", "/room/t/%00/", "/desk/studies/small/?page=%00", "/?%00=1"],
)
def test_an_address_that_no_database_takes_is_refused(study: Study, ada: Client, path: str) -> None:
    assert is_refused_safely(ada.get(path))


def test_no_encoding_smuggles_it_in(study: Study, ada: Client) -> None:
    """The address is decoded in the encoding that the request names."""
    assert is_refused_safely(ada.get("/?next=%2BAAA-", headers={"content-type": "text/plain; charset=utf-7"}))
    assert is_refused_safely(ada.get("/?next=%2B2AA-", headers={"content-type": "text/plain; charset=utf-7"}))


@pytest.mark.parametrize("multipart", [True, False])
def test_a_field_that_no_database_takes_is_refused_and_nothing_is_written(
    study: Study, ada: Client, multipart: bool
) -> None:
    for fields in ({"username": "b\0b", "role": "assistant"}, {"username": "bob", "ro\0le": "assistant"}):
        if multipart:
            response = ada.post("/desk/studies/small/members/", fields)
        else:
            body = "&".join(f"{key}={value}" for key, value in fields.items()).replace("\0", "%00")
            response = ada.post("/desk/studies/small/members/", body, "application/x-www-form-urlencoded")
        assert is_refused_safely(response)
    assert not Event.objects.filter(kind="member added").exists()
    assert is_refused_safely(ada.post("/desk/studies/small/members/a%00b/remove/"))


@pytest.mark.parametrize("name", ["sessionid", "device"])
def test_a_cookie_that_no_database_takes_is_refused(name: str) -> None:
    """In quotes a cookie may hold any letter as a number."""
    assert is_refused_safely(Client().get("/desk/", headers={"cookie": f'{name}="abcdefgh\\000"'}))


def test_whoever_asks_for_another_site_is_refused_and_told_to_come_by_https(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    answer = Client().get("/", secure=True, headers={"host": "evil.example.org"})
    assert is_refused_safely(answer)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=60")


def test_what_the_site_refuses_before_its_address_is_known_has_the_headers_of_all_answers(settings: Settings) -> None:
    """Sent on to https, or refused there, by what stands before every view."""
    settings.SECURE_SSL_REDIRECT = True
    for host, status in (("localhost", 301), ("evil.example.org", 400)):
        answer = Client().get("/", headers={"host": host})
        assert answer.status_code == status
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_scripts_and_styles_have_the_policy_too(settings: Settings) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    answer: Any = Client().get("/static/mukulen/room.js")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_long_file_is_read_to_its_end_though_its_first_lines_are_refused() -> None:
    """What is left of it makes gunicorn break the line, and nginx then answers 502 now and then."""
    start = b'--x\r\nContent-Disposition: form-data; name="clips"; filename="clips.zip"\r\n\r\n'
    sent = BytesIO(start + bytes(1_000_000) + b"\r\n--x--\r\n")
    request: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/desk/jobs/token/clips/",
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
        "CONTENT_LENGTH": len(sent.getvalue()),
        "wsgi.input": sent,
    }
    assert Client(enforce_csrf_checks=True).request(**request).status_code == 403
    assert sent.read() == b""
