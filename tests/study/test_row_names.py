"""What rows are called in the admin, in a log or in an error: enough to find them, and never by a system."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Model

from study import services
from study.models import Event, Expert, Invitation, Study
from study.services.invitations import Invitee
from tests.factories import begin, context_of, make_expert, make_study, rate_all, trials_of
from tests.study.test_desk import client_of
from tests.study.test_saving import event, remark, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = make_study(tmp_path, owner=User.objects.create_superuser("root"))
    expert = make_expert(study)
    begin(expert)
    rate_all(expert)
    at = context_of(expert, trials_of(expert)[0])
    remark(at)
    report(at, events=[event()])
    services.invite(study, [Invitee("e02", "all", "en", "Somebody")], actor="command")
    return study


def test_no_row_is_called_by_a_system(study: Study) -> None:
    rows = [row for model in apps.get_app_config("study").get_models() for row in model.objects.all()]  # type: ignore[attr-defined]
    names = {type(row).__name__: str(row) for row in rows}
    assert {"Study", "System", "Clip", "Slot", "Trial", "Expert", "Invitation", "Rating", "Remark"} <= set(names)
    assert [name for name in map(str, rows) if "midi-gan" in name or "real" in name] == []
    assert names["Invitation"].startswith("invitation of e0")


@pytest.mark.parametrize("model", [Study, Expert, Invitation, Event])
def test_a_superuser_sees_lists_and_rows_in_the_admin_and_no_system(study: Study, model: type[Model]) -> None:
    root, row = client_of("root"), model._base_manager.earliest("pk")
    pages = [root.get(f"/admin/study/{model._meta.model_name}/{end}") for end in ("", f"{row.pk}/change/")]
    assert [page.status_code for page in pages] == [200, 200]
    assert all("midi-gan" not in page.text for page in pages)
