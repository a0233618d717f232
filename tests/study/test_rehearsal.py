"""A rehearsal from the dashboard: simulated ratings and their report, in a copy that never mixes with real answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from study import jobs, services
from study.jobs.work import STEPS
from study.models import Job, Rating, Study
from tests.factories import choice_toml, make_study
from tests.study.attacker import claims
from tests.study.children import finished
from tests.study.test_attacker import Scene, scene
from tests.study.test_desk import client_of, text
from tests.study.test_desk_sealed import body, crawl

__all__ = ["scene"]


def rehearse(client: Client) -> Job:
    client.post(reverse("desk:rehearse", args=["small"]))
    return finished(Job.objects.order_by("-pk")[0])


@pytest.mark.django_db
@pytest.mark.parametrize(("scales", "reports"), [(("overall",), ["report", "choices"]), ((), ["report"])])
def test_choices_beside_ratings_have_a_report_of_their_own(
    tmp_path: Path, scales: tuple[str, ...], reports: list[str]
) -> None:
    owner = User.objects.create(username="ada")
    study = make_study(tmp_path, text=choice_toml(scales=scales, practice=0), practice=0, owner=owner)
    steps = STEPS[Job.Kind.REHEARSAL](jobs.prepare(Job.Kind.REHEARSAL, user=owner, study=study, slug=study.slug))
    assert [step.name for step in steps] == ["simulation", "dataset", *reports]
    assert ["--choices" in step.arguments for step in steps[2:]] == [name == "choices" for name in reports]


@pytest.mark.usefixtures("children_here")
def test_a_rehearsal_ends_in_a_marked_report_and_tells_nothing_of_the_study(scene: Scene) -> None:
    """The report is real; with it and all that leads from it the attacker names no system of the study."""
    evidence = scene.evidence("e01")
    scene.session(evidence)
    before = Rating.objects.filter(expert__study=scene.study).count(), scene.study.events.count()
    job = rehearse(scene.ada)
    assert (job.state, job.fault) == ("done", "")
    assert job.study is not None
    assert (job.study.slug, job.study.simulated) == ("small-simulated", True)
    assert (Rating.objects.filter(expert__study=scene.study).count(), scene.study.events.count()) == before
    page = text(scene.ada.get(reverse("desk:job", args=[job.token]), follow=True))
    assert "Simulated ratings: this report shows" in page
    assert "SIMULATED / 模拟数据" in page.partition('<article class="report">')[2]
    assert "before unblinding. Regenerate" not in page
    assert "Read the report" in text(scene.ada.get(reverse("desk:study", args=["small-simulated"])))
    assert "Simulated" not in text(scene.ada.get(reverse("desk:board", args=["small"])))
    evidence.seen |= dict(crawl(scene.ada))
    assert any("small-simulated" in name for name in evidence.seen)
    assert claims(evidence) == {}
    data = reverse("desk:download", args=["small"])
    assert b"simulated-0" not in body(scene.ada.post(data, {"form": "excel-csv"}))

    folder = jobs.folder_of(job)
    again = rehearse(scene.ada)
    assert (again.state, again.fault) == ("done", "")
    assert not folder.exists()
    assert list(Job.objects.filter(kind="rehearsal")) == [again]
    assert "small-simulated" in text(scene.ada.get(reverse("desk:studies")))
    page = text(scene.ada.post(reverse("desk:discard", args=["small-simulated"]), follow=True))
    assert "The copy small-simulated is deleted." in page
    assert not jobs.folder_of(again).exists()
    assert list(Study.objects.values_list("slug", flat=True)) == ["small"]


@pytest.mark.django_db
def test_a_copy_is_not_rehearsed_and_not_deleted_during_a_task(tmp_path: Path) -> None:
    ada = client_of("ada")
    owner = User.objects.get(username="ada")
    study = make_study(tmp_path, owner=owner)
    services.close_study(study, actor="test")
    Study.objects.update(simulated=True)
    page = text(ada.post(reverse("desk:rehearse", args=["small"]), follow=True))
    assert "is itself a copy with simulated ratings" in page
    assert not Job.objects.exists()
    assert "Simulate ratings and report" not in page
    job = jobs.prepare(Job.Kind.REPORT, user=owner, study=study, slug="small")
    Job.objects.filter(pk=job.pk).update(state="running")
    page = text(ada.post(reverse("desk:discard", args=["small"]), follow=True))
    assert "Please wait until it is done." in page
    assert Study.objects.filter(slug="small").exists()
