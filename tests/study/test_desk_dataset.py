"""The dataset at the desk: each form by its button, who took which, and a warning where a group is small."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from study import dataset
from study.dataset import FORMS
from study.models import Event, Study
from tests.factories import make_expert, make_link, make_study, rate_all
from tests.study.test_desk import text

pytestmark = pytest.mark.django_db

PAGE = "/desk/studies/small/"


@pytest.fixture
def study(tmp_path: Path, ada: Client) -> Study:
    return make_study(tmp_path, groups=("men", "women"), slots=6, owner=User.objects.get(username="ada"))


@pytest.mark.parametrize(
    ("form", "name", "begins"),
    [
        ("zip", "dataset-small.zip", b"PK"),
        ("excel-csv", "dataset-small-excel.zip", b"PK"),
        ("xlsx", "dataset-small.xlsx", b"PK"),
        ("sav", "dataset-small.sav", b"$FL2"),
        ("nonsense", "dataset-small.zip", b"PK"),
    ],
)
def test_each_form_comes_as_a_file_and_the_log_keeps_which(
    study: Study, ada: Client, form: str, name: str, begins: bytes
) -> None:
    rate_all(make_expert(study, group="men"))
    response = ada.post(reverse("desk:download", args=["small"]), {"form": form})
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(begins)
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "no-store" in response.headers["Cache-Control"]
    kept = form if form in FORMS else "zip"
    detail = Event.objects.get(kind="dataset downloaded").detail
    assert {name: detail[name] for name in ("sealed", "form")} == {"sealed": True, "form": kept}
    assert all(len(detail[name]) == 64 for name in ("dataset_sha256", "tables_sha256"))


def test_a_group_of_fewer_than_five_people_is_warned_of_until_there_are_five(study: Study, ada: Client) -> None:
    assert "fewer than 5" not in text(ada.get(PAGE))
    for number in range(1, 6):
        make_link(study, f"w{number:02d}", "women")
    for number in range(1, 5):
        make_link(study, f"m{number:02d}", "men")
    page = text(ada.get(PAGE))
    assert "Group men has 4 experts, fewer than 5" in page
    assert "Group women has" not in page
    make_link(study, "m05", "men")
    assert "fewer than 5" not in text(ada.get(PAGE))


def test_the_dataset_itself_warns_of_a_group_of_one_and_not_of_an_empty_one(study: Study, tmp_path: Path) -> None:
    make_link(study, "w01", "women")
    dataset.export(study, tmp_path / "out")
    page = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Group women has 1 person, fewer than 5" in page
    assert "Group men" not in page


def test_whoever_asks_for_a_workbook_of_very_many_ratings_is_told_that_it_takes_its_time(
    study: Study, ada: Client
) -> None:
    make_link(study, "w01", "women")
    assert "Excel workbook can take" not in text(ada.get(PAGE))
    study.certificate["trials_per_slot"] = 100_000
    study.save(update_fields=["certificate"])
    assert "Excel workbook can take" in text(ada.get(PAGE))
