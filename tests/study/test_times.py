"""Times on pages and in forms: UTC in the page and the data, and the reader's time zone where a day is chosen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from formats.errors import InputError
from formats.study_file import parse
from study.models import Invitation
from study.services.invitations import end_of
from study.templatetags.times import moment
from tests.factories import make_link, make_study, study_toml
from tests.study.test_desk import client_of, text

AT = datetime(2027, 1, 31, 18, 30, 5, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("", "2027-01-31 10:30 UTC"),
        ("bare", "2027-01-31 10:30"),
        ("seconds", "2027-01-31 10:30:05"),
        ("day", "2027-01-31"),
    ],
)
def test_a_time_says_utc_to_readers_without_scripts_and_to_machines(form: str, shown: str) -> None:
    assert moment(AT, form) == f'<time datetime="2027-01-31T10:30:05Z" data-form="{form}">{shown}</time>'


def test_no_time_is_a_dash() -> None:
    assert moment(None) == "–"


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("", datetime(2027, 2, 1, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2027, 1, 31, 16, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 2, 1, 5, tzinfo=UTC)),
        ("Asia", datetime(2027, 2, 1, tzinfo=UTC)),
        ("../../etc/passwd", datetime(2027, 2, 1, tzinfo=UTC)),
        ("No/Where", datetime(2027, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_midnight_where_its_reader_is(zone: str, ends: datetime) -> None:
    assert end_of("2027-01-31", zone) == ends


@pytest.mark.django_db
def test_a_link_ends_with_the_day_of_the_researcher(tmp_path: Path) -> None:
    make_study(tmp_path, groups=("all",))
    given = {"form": "one", "code": "e1", "group": "all", "language": "en", "ends": "2099-01-31"}
    root = client_of("root", superuser=True)
    assert "(time zone: <span data-zone>UTC</span>)" in text(root.get(reverse("desk:invite", args=["small"])))
    page = text(root.post(reverse("desk:invite", args=["small"]), {**given, "zone": "Asia/Shanghai"}))
    assert Invitation.objects.get().expires_at == datetime(2099, 1, 31, 16, tzinfo=UTC)
    assert "Valid until <time" in page
    assert 'datetime="2099-01-31T16:00:00Z"' in page


@pytest.mark.django_db
def test_sheet_is_in_the_studys_time_zone(tmp_path: Path) -> None:
    make_study(tmp_path, text=f'time_zone = "Asia/Shanghai"\n{study_toml()}')
    given = {
        "form": "one",
        "code": "e1",
        "group": "all",
        "language": "en",
        "ends": "2099-01-31",
        "zone": "Europe/Berlin",
    }
    page = text(client_of("root", superuser=True).post(reverse("desk:invite", args=["small"]), given))
    assert "Valid until 2099-02-01 07:00 (Asia/Shanghai)." in page


def test_unknown_time_zone_is_a_fault(in_english: None) -> None:
    with pytest.raises(InputError, match="time_zone: 'Mars/Base' is not a time zone"):
        parse(f'time_zone = "Mars/Base"\n{study_toml()}')


@pytest.mark.django_db
def test_an_invitation_says_until_when_it_works(tmp_path: Path, client: Client) -> None:
    _expert, secret = make_link(make_study(tmp_path), "e1")
    page = text(client.get(reverse("room:invitation", args=[secret])))
    ends = Invitation.objects.get().expires_at
    assert f'The link works until <time datetime="{ends:%Y-%m-%dT%H:%M:%SZ}"' in page
    assert f">{ends:%Y-%m-%d %H:%M} UTC</time>" in page


@pytest.mark.django_db
def test_invitation_without_scripts_is_in_the_studys_zone(tmp_path: Path, client: Client) -> None:
    study = make_study(tmp_path, text=f'time_zone = "Asia/Shanghai"\n{study_toml()}')
    _expert, secret = make_link(study, "e1")
    page = text(client.get(reverse("room:invitation", args=[secret])))
    ends = Invitation.objects.get().expires_at
    there = ends + timedelta(hours=8)
    assert f'datetime="{ends:%Y-%m-%dT%H:%M:%SZ}" data-form="">{there:%Y-%m-%d %H:%M} (Asia/Shanghai)</time>' in page
