from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from study import clock, dataset, services
from study.errors import Refused
from study.models import Clip, Device, Expert, Invitation, Rating, Study, Trial
from study.sequences import sessions_of
from tests.factories import (
    checks_toml,
    context_of,
    make_abx_study,
    make_expert,
    make_set_study,
    make_study,
    rate_all,
    study_toml,
    trials_of,
)

pytestmark = pytest.mark.django_db


def ratings_of(slug: str) -> list[tuple[int, int, str, int]]:
    rows = Rating.objects.filter(expert__study__slug=slug).order_by("expert__code", "trial__number", "scale")
    return list(rows.values_list("expert__slot__number", "trial__number", "scale", "value"))


def simulate(seed: int = 3, **options: bool) -> Study:
    call_command("simulate_ratings", "small", seed=seed, **options)
    return Study.objects.get(slug="small-simulated")


def test_the_copy_is_full_closed_unsealed_and_marked(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=4)
    copy = simulate()
    assert (copy.simulated, copy.state, copy.sealed) == (True, "unsealed", False)
    assert copy.experts.filter(submitted_at=None).count() == 0
    assert Rating.objects.filter(expert__study=copy).count() == 4 * 4 * 2
    assert not Rating.objects.filter(expert__study=study).exists()
    values = [value for *_, value in ratings_of("small-simulated")]
    assert set(values) <= {1, 2, 3, 4, 5}
    assert len(set(values)) > 2


def test_the_study_itself_is_untouched(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = make_expert(study)
    rate_all(expert)
    before = (ratings_of("small"), study.events.count())
    simulate()
    study.refresh_from_db()
    assert (ratings_of("small"), study.events.count()) == before
    assert study.state == "open"


def test_the_open_copy_tells_nothing_about_the_sealed_study(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    copy = simulate()
    own = set(study.clips.values_list("clip_id", flat=True))
    theirs = set(copy.clips.values_list("clip_id", flat=True))
    assert not own & theirs
    assert set(copy.clips.values_list("audio", flat=True)) == {""}
    # The copy's sessions are published: the study's, of the same file with the same seed, are others.
    assert sessions_of(copy)["slots"] != sessions_of(study)["slots"]


def test_the_same_seed_gives_the_same_ratings_and_another_others(tmp_path: Path) -> None:
    make_study(tmp_path, slots=4)
    simulate(3)
    first = ratings_of("small-simulated")
    simulate(3, replace=True)
    assert ratings_of("small-simulated") == first
    simulate(4, replace=True)
    assert ratings_of("small-simulated") != first


def test_two_studies_are_simulated_with_one_seed(tmp_path: Path) -> None:
    for name in ("small", "other"):
        make_study(tmp_path, slug=name, text=checks_toml(study_toml(), times=2))
        call_command("simulate_ratings", name, seed=1)
    assert Rating.objects.values("client_uuid").distinct().count() == Rating.objects.count() > 0


def test_the_real_music_is_simulated_above_the_generated(tmp_path: Path) -> None:
    make_study(tmp_path, slots=26, clips=6, heard=6)
    copy = simulate()
    dataset.export(copy, tmp_path / "out")
    with (tmp_path / "out/data/study-smallsimulated_task-rating_data.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    means = {}
    for system in ("midi-gan", "real"):
        values = [int(row["rating"]) for row in rows if row["system"] == system]
        means[system] = sum(values) / len(values)
    assert means["real"] - means["midi-gan"] > 0.3


def test_a_dataset_of_the_copy_says_that_it_is_simulated(tmp_path: Path) -> None:
    make_study(tmp_path)
    dataset.export(simulate(), tmp_path / "out")
    assert (
        json.loads((tmp_path / "out/dataset_description.json").read_text(encoding="utf-8"))["mukulen"]["simulated"]
        is True
    )
    assert "SIMULATED" in (tmp_path / "out/README.md").read_text(encoding="utf-8")


def test_a_copy_is_not_overwritten_unasked_nor_copied_again(tmp_path: Path) -> None:
    make_study(tmp_path)
    simulate()
    with pytest.raises(CommandError, match="Add --replace"):
        simulate()
    with pytest.raises(CommandError, match="is itself a copy"):
        call_command("simulate_ratings", "small-simulated", seed=1)
    with pytest.raises(CommandError, match="--seed -1 is negative"):
        simulate(-1)


def test_a_real_study_of_that_name_is_never_replaced(tmp_path: Path) -> None:
    make_study(tmp_path)
    make_study(tmp_path, slug="small-simulated")
    with pytest.raises(CommandError):
        simulate(replace=True)
    assert Study.objects.get(slug="small-simulated").simulated is False
    assert Clip.objects.filter(study__slug="small-simulated").exists()


def test_a_simulated_study_takes_no_answers(tmp_path: Path) -> None:
    make_study(tmp_path)
    simulate()
    expert = Expert.objects.select_related("study", "slot").filter(study__simulated=True).first()
    assert expert is not None
    invitation = Invitation.objects.create(expert=expert, token_hash="x", expires_at=clock.now() + timedelta(days=1))
    Device.objects.create(expert=expert, invitation=invitation)
    at = context_of(expert, trials_of(expert)[0])
    with pytest.raises(Refused) as refused:
        services.save_listening(at, client_uuid=uuid4(), intervals=[[0, 1000]], events=[], plays=1)
    assert refused.value.code == "not-open"


@pytest.mark.parametrize(("make", "places"), [(make_set_study, {1, 2, 3}), (make_abx_study, {0, 1, 2})])
def test_every_clip_of_simulated_trials_and_their_x_was_heard_once(
    tmp_path: Path, make: Callable[[Path], Study], places: set[int]
) -> None:
    study = make(tmp_path)
    call_command("simulate_ratings", study.slug, seed=1)
    copy = Study.objects.get(slug=f"{study.slug}-simulated")
    dataset.export(copy, tmp_path / "out")
    with (tmp_path / "out/listening.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    trials = Trial.objects.filter(slot__study=copy, phase=Trial.Phase.STUDY).count()
    assert {int(row["place"]) for row in rows} == places
    assert len(rows) == trials * len(places)
    assert {row["plays"] for row in rows} == {"1"}
    assert {int(row["heard_ms"]) for row in rows} == set(copy.clips.values_list("duration_ms", flat=True))
