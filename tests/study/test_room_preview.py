"""The preview of a study: nothing in it is part of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from formats.errors import InputError
from study import dataset, services
from study.models import Device, Event, Expert, Rating, Study
from study.simulation import simulate
from tests.factories import make_expert, make_study, rate_all, trials_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(django_user_model: Any) -> User:
    return django_user_model.objects.create_user("ada", password="x")  # type: ignore[no-any-return]


@pytest.fixture
def study(tmp_path: Path, ada: User) -> Study:
    return make_study(tmp_path, owner=ada)


def walk(client: Client) -> Expert:
    """Opens the preview and answers everything in it."""
    assert client.post("/preview/small/").status_code == 302
    client.post("/room/consent/", {"agree": "yes", "version": "1", "language": "en"})
    client.post("/room/background/", {"device": "headphones"})
    client.post("/room/sound/", {"level": "50", "answers": "[]"})
    expert = Expert.objects.select_related("study", "slot").get(study__slug="small-preview")
    Device.objects.filter(expert=expert).update(accepted_at="2026-01-01T00:00:00Z")
    rate_all(expert)
    return expert


def test_the_whole_road_can_be_walked_and_every_page_says_that_nothing_counts(
    client: Client, ada: User, study: Study
) -> None:
    client.force_login(ada)
    client.cookies["django_language"] = "en"
    expert = walk(client)
    assert len(trials_of(expert)) == 4
    pages = ["/room/review/", "/room/instructions/", f"/room/t/{trials_of(expert)[0].token}/"]
    assert all("Preview: ratings on these pages are never part of the data." in client.get(page).text for page in pages)
    assert client.get(f"/room/t/{trials_of(expert)[0].token}/audio").status_code == 200
    assert client.post("/room/submit/")["Location"] == "/room/thanks/"


def test_nothing_of_a_preview_is_in_the_study_or_can_be_exported_or_copied(
    client: Client, ada: User, study: Study, tmp_path: Path
) -> None:
    client.force_login(ada)
    expert = walk(client)
    assert Rating.objects.filter(expert=expert).exists()
    assert not study.experts.exists()
    dataset.export(study, tmp_path / "out")
    table = (tmp_path / "out" / "data" / "study-small_task-rating_data.csv").read_text(encoding="utf-8")
    assert len(table.splitlines()) == 1
    for refused in (lambda: dataset.export(expert.study, tmp_path / "no"), lambda: copied(expert.study)):
        with pytest.raises(InputError):
            refused()
    with pytest.raises(InputError):
        services.invite(expert.study, [], actor="command")


def copied(study: Study) -> None:
    simulate(study, 1, replace=False)


def test_a_second_preview_begins_anew_and_leaves_the_study_and_its_experts_alone(
    client: Client, ada: User, study: Study
) -> None:
    real = make_expert(study, "e01")
    rate_all(real)
    before = list(Rating.objects.values_list("pk", flat=True))
    client.force_login(ada)
    walk(client)
    client.post("/preview/small/")
    assert list(Rating.objects.values_list("pk", flat=True)) == before
    assert client.get("/room/")["Location"] == "/room/consent/"
    assert (
        list(Event.objects.filter(study=study, kind="previewed").values_list("actor", flat=True))
        == ["researcher:ada"] * 2
    )


def test_a_draft_can_be_previewed(client: Client, ada: User, study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(state="draft")
    client.force_login(ada)
    assert len(trials_of(walk(client))) == 4


def test_a_preview_says_nothing_of_where_its_clips_come_from(client: Client, ada: User, study: Study) -> None:
    client.force_login(ada)
    copy = walk(client).study
    assert {system.system_id for system in copy.systems.all()} == {"A", "B"}
    assert all(clip.pack_entry == {} and clip.metrics == {} for clip in copy.clips.all())
    assert not set(copy.clips.values_list("clip_id", flat=True)) & set(study.clips.values_list("clip_id", flat=True))


def test_preview_follows_an_order_of_its_own(client: Client, ada: User, tmp_path: Path) -> None:
    """What is heard in it says nothing about a slot: clips, order and codes are drawn each time."""
    study = make_study(tmp_path, owner=ada, clips=5, heard=4, repeats=2, practice=1)
    client.force_login(ada)
    audio = dict(study.clips.values_list("audio", "clip_id"))
    planned = {
        tuple(trial.clip.clip_id for trial in slot.trials.filter(phase="study").order_by("number"))
        for slot in study.slots.all()
    }
    orders = set()
    for _ in range(3):
        client.post("/preview/small/")
        walker = Expert.objects.select_related("study", "slot").get(study__slug="small-preview")
        trials = trials_of(walker)
        orders.add(tuple(audio[trial.clip.audio] for trial in trials))
        assert [trial.is_repeat for trial in trials].count(True) == 2
        firsts = [trial.clip.system_id for trial in trials if not trial.is_repeat]
        assert [firsts.count(system.pk) for system in walker.study.systems.all()] == [4, 4]
    assert len(orders) == 3
    assert not orders & planned
    detail = Event.objects.filter(study=study, kind="previewed").latest("number").detail
    assert detail == {"trials": 11, "order": "drawn for this preview"}  # practice included


@pytest.mark.parametrize("who", ["nobody", "bob"])
def test_a_stranger_opens_no_preview(client: Client, study: Study, django_user_model: Any, who: str) -> None:
    if who == "bob":
        client.force_login(django_user_model.objects.create_user("bob"))
    assert client.post("/preview/small/").status_code == (404 if who == "bob" else 302)
    assert not Study.objects.filter(preview=True).exists()


def test_looking_at_the_address_opens_nothing(client: Client, ada: User, study: Study) -> None:
    client.force_login(ada)
    assert client.get("/preview/small/").status_code == 405


def test_neither_a_copy_nor_a_study_in_the_way_is_touched(client: Client, ada: User, tmp_path: Path) -> None:
    make_study(tmp_path, owner=ada)
    make_study(tmp_path, slug="small-preview", owner=ada)
    client.force_login(ada)
    assert client.post("/preview/small/").status_code == 409
    assert Study.objects.get(slug="small-preview").preview is False
    with pytest.raises(ValueError, match="is no copy"):
        services.delete_copy(Study.objects.get(slug="small-preview"))
