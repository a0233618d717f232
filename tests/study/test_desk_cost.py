"""What the desk's pages cost with 200 experts."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from study import clock, services
from study.models import Device, Expert, Invitation, Listening, Rating, Slot, Study, Trial
from tests.factories import make_study
from tests.study.test_desk import client_of

EXPERTS = 200
MAX_QUERIES = 15
PAGES = ["study", "plan", "log", "report", "members"]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """200 experts who are half-way through the paper's clips, on two scales."""
    owner = User.objects.create_user("ada")
    study = make_study(tmp_path, owner=owner, slots=EXPERTS, clips=13, heard=10, systems=("a", "b", "real"))
    now = clock.now()
    Expert.objects.bulk_create(
        Expert(study=study, code=f"e{slot.number:03d}", group="all", language="en", slot=slot, created_at=now)
        for slot in Slot.objects.filter(study=study)
    )
    experts = list(Expert.objects.select_related("slot"))
    Invitation.objects.bulk_create(Invitation(expert=one, token_hash=one.code, expires_at=now) for one in experts)
    Device.objects.bulk_create(
        Device(expert=link.expert, invitation=link, accepted_at=now) for link in Invitation.objects.all()
    )
    fill(study, experts)
    for number in range(5 * EXPERTS):
        services.log_event(study, actor=f"expert:e{number % EXPERTS:03d}", kind="consent given")
    return study


def fill(study: Study, experts: list[Expert]) -> None:
    """15 clips of each expert heard and rated."""
    now, by_slot = clock.now(), {one.slot_id: one for one in experts}
    trials = list(Trial.objects.filter(slot__study=study, phase="study", number__lte=15))
    Listening.objects.bulk_create(
        Listening(trial=trial, expert=by_slot[trial.slot_id], client_uuid=uuid4(), intervals=[[0, 1000]], plays=1)
        for trial in trials
    )
    Rating.objects.bulk_create(
        Rating(
            trial=trial,
            expert=by_slot[trial.slot_id],
            scale=scale.key,
            value=3,
            revision=1,
            client_uuid=uuid4(),
            given_at=now,
            rt_ms=9000,
        )
        for trial in trials
        for scale in study.file.scales
    )


@pytest.mark.django_db
def test_every_page_takes_at_most_15_queries_with_200_experts(study: Study) -> None:
    ada = client_of("ada")
    for name in [*PAGES, "studies"]:
        address = reverse(f"desk:{name}", args=[] if name == "studies" else [study.slug])
        with CaptureQueriesContext(connection) as queries:
            assert ada.get(address).status_code == 200
        count = len(queries)  # the next request forgets them
        cost = min(milliseconds(ada, address) for _ in range(3))
        print(f"{name}: {count} queries, {cost:.0f} ms of the processor")
        assert 0 < count <= MAX_QUERIES, name


def milliseconds(client: Client, address: str) -> float:
    begun = time.process_time()
    client.get(address)
    return 1000 * (time.process_time() - begun)
