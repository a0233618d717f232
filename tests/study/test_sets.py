"""Sets, one clip of each system on a page: what a save asks and refuses, and what datasets and other rooms say."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas
import pyreadstat
import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from formats.files import sha256_of
from study import clock, dataset, queries, services
from study.blinding import check_blinding
from study.dataset.folder import export
from study.dataset.verify import files_of, verify
from study.desk import progress
from study.errors import Refused
from study.management.blinding import sound_of
from study.models import Expert, Rating, Study, Trial
from study.room.access import expert_tag
from study.sequences import broken_sessions
from study.session import session_of
from study.simulation import simulate
from tests.browser.conftest import unhurried
from tests.factories import (
    begin,
    clips_of,
    complete,
    context_of,
    enter,
    hear,
    make_expert,
    make_pair_study,
    make_set_study,
    make_study,
    rate,
    rate_all,
    trials_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

TABLE = "data/study-small_task-rating_data.csv"


@pytest.fixture
def _time_passes() -> Iterator[None]:
    """Each look at the clock finds it half a second later, so that there is time for all clips."""
    begun, looks = clock.now(), count()
    with clock.use(lambda: begun + timedelta(seconds=next(looks) / 2)):
        yield


@pytest.fixture
def study(tmp_path: Path) -> Study:
    with unhurried(timedelta(hours=3)):
        return make_set_study(tmp_path, practice=1)


@pytest.fixture
def expert(study: Study) -> Expert:
    expert = make_expert(study)
    begin(expert)
    return expert


@pytest.fixture
def trial(expert: Expert, _time_passes: None) -> Trial:
    """The first study trial, the practice page before it rated."""
    for practice in trials_of(expert, "practice"):
        complete(expert, practice)
    return trials_of(expert)[0]


def answered(study: Study) -> Expert:
    """One whole session, with a first answer that was changed, and the study closed."""
    expert = make_expert(study)
    begin(expert)
    with unhurried():
        rate_all(expert, 3)
        rate(expert, trials_of(expert)[0], "overall", 5, revision=2, place=2)
        services.submit(expert)
    services.close_study(study, actor="test")
    return expert


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_page_has_a_clip_of_each_system_and_one_prompt(study: Study) -> None:
    trials = Trial.objects.filter(slot__study=study, phase="study")
    assert trials.count() == 2 * 3
    for trial in trials:
        clips = clips_of(trial)
        assert len({clip.system for clip in clips}) == 3
        assert len({clip.pack_entry["prompt_id"] for clip in clips}) == 1
    assert broken_sessions(study) == ""
    assert (study.certificate["uneven"], study.certificate["clips_a_trial"]) == ([], 3)
    assert len({clip.pk for clip in clips_of(Trial.objects.filter(slot__study=study, phase="practice")[0])}) == 3


def test_clip_is_rated_once_it_was_heard_and_no_other_before(expert: Expert, trial: Trial) -> None:
    hear(expert, trial, 2)
    assert rate(expert, trial, "overall", 4, place=2).place == 2
    with pytest.raises(Refused, match="Please listen to the whole clip first"):
        rate(expert, trial, "overall", 4, place=1)
    hear(expert, trial, 1)
    rate(expert, trial, "overall", 3, place=1)
    rate(expert, trial, "overall", 2, revision=2, place=1)
    answers = queries.answers_at_places(trial, expert)
    assert {key: answer.value for key, answer in answers.items()} == {("overall", 1): 2, ("overall", 2): 4}


@pytest.mark.parametrize("place", [0, 4, -1, True, "2", None, 1.0])
def test_place_that_the_page_has_not_is_refused(expert: Expert, trial: Trial, place: Any) -> None:
    hear(expert, trial)
    with pytest.raises(Refused) as found:
        rate(expert, trial, "overall", 3, place=place)
    assert found.value.status == 400
    assert not Rating.objects.filter(trial=trial).exists()


@pytest.mark.usefixtures("_time_passes")
def test_other_trials_have_no_second_place_to_rate(tmp_path: Path) -> None:
    for make, scale, slug in ((make_study, "overall", "one"), (make_pair_study, "better", "two")):
        expert = make_expert(make(tmp_path, slug=slug))
        begin(expert)
        [first, *_] = trials_of(expert)
        hear(expert, first)
        with pytest.raises(Refused):
            rate(expert, first, scale, 1, place=2)


def test_trial_is_done_when_each_clip_is_rated_on_each_scale(expert: Expert, trial: Trial) -> None:
    hear(expert, trial)
    for place, scale in ((1, "overall"), (2, "overall"), (3, "overall"), (1, "valence"), (2, "valence")):
        rate(expert, trial, scale, 3, place=place)
        assert not queries.is_done(trial.pk, expert)
        assert session_of(expert).current.pk == trial.pk  # type: ignore[union-attr]
    with pytest.raises(Refused, match="rate the previous clips first"):
        rate(expert, trials_of(expert)[1], "overall", 3)
    rate(expert, trial, "valence", 3, place=3)
    assert queries.is_done(trial.pk, expert)
    [row] = progress.board(expert.study).rows
    assert row.done == 1


def test_same_uuid_at_another_place_is_another_answer(expert: Expert, trial: Trial) -> None:
    hear(expert, trial)
    given: dict[str, Any] = {
        **{"scale": "overall", "value": 3, "revision": 1, "client_uuid": uuid4(), "given_at": clock.now()},
        **{"plays": 1, "heard_ms": 1000, "rt_ms": 1000},
    }
    first, created = services.save_rating(context_of(expert, trial), place=1, **given)
    again, twice = services.save_rating(context_of(expert, trial), place=1, **given)
    assert (first.pk, created, twice) == (again.pk, True, False)
    with pytest.raises(Refused) as found:
        services.save_rating(context_of(expert, trial), place=2, **given)
    assert found.value.status == 409


def test_database_keeps_one_row_a_place_and_revision(expert: Expert, trial: Trial) -> None:
    hear(expert, trial)
    rating = rate(expert, trial, "overall", 3, place=1)
    rate(expert, trial, "overall", 3, place=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.filter(place=2).update(place=rating.place)


def test_further_answer_costs_no_more_queries_than_one_clip(expert: Expert, trial: Trial) -> None:
    hear(expert, trial)
    rate(expert, trial, "overall", 3, place=1)
    with CaptureQueriesContext(connection) as of_set:
        rate(expert, trial, "valence", 3, place=1)
    with CaptureQueriesContext(connection) as again:
        rate(expert, trial, "valence", 2, revision=2, place=1)
    assert len(of_set) == len(again)


def test_page_and_review_name_clips_by_letters(expert: Expert, client: Client) -> None:
    with unhurried():
        rate_all(expert, 3)
    browser = enter(client, expert)
    page = browser.get(reverse("room:trial", args=[trials_of(expert)[0].token])).content.decode()
    assert page.count('data-scale="overall@') == 3
    assert [f'data-place="{place}"' in page for place in (1, 2, 3, 4)] == [True, True, True, False]
    assert [f'id="clip-{place}"' in page for place in (1, 2, 3)] == [True] * 3
    review = browser.get(reverse("room:review")).content.decode()
    assert review.count("C · overall") == 3
    assert not any(system in page + review for system in ("midi-gan", "mlstm"))


def test_sealed_sets_name_no_clip_system_or_prompt(study: Study, tmp_path: Path) -> None:
    answered(study)
    export(study, tmp_path / "dataset")
    found = rows(tmp_path / "dataset" / TABLE)
    assert {"system", "clip_id", "prompt_id"}.isdisjoint(found[0])
    assert len(found) == 3 * 3 * 2
    assert Counter(row["place"] for row in found) == {"1": 6, "2": 6, "3": 6}


def test_open_sets_say_place_prompt_and_clip(study: Study, tmp_path: Path) -> None:
    expert = answered(study)
    services.open_seal(study, actor="test")
    folder = tmp_path / "dataset"
    export(study, folder)
    found = rows(folder / TABLE)
    planned = {
        (str(trial.number), str(place)): (clip.system.system_id, clip.clip_id, clip.pack_entry["prompt_id"])
        for trial in trials_of(expert)
        for place, clip in enumerate(clips_of(trial), start=1)
        if clip.system
    }
    for row in found:
        assert (row["system"], row["clip_id"], row["prompt_id"]) == planned[row["trial"], row["place"]]
    changed = [row for row in found if (row["trial"], row["place"], row["scale"]) == ("1", "2", "overall")]
    assert [(row["rating"], row["revision"]) for row in changed] == [("5", "2")]
    wide = rows(folder / "data/study-small_task-rating_description-wide_data.csv")
    assert len(wide) == 9
    assert {(row["trial"], row["place"]) for row in wide} == set(planned)
    described = {(row["file"], row["column"]) for row in rows(folder / "codebook.csv")}
    assert {(TABLE, name) for name in found[0]} <= described
    keys = {
        resource["path"]: resource["schema"]["primaryKey"]
        for resource in json.loads((folder / "datapackage.json").read_text("utf-8"))["resources"]
    }
    assert keys[TABLE] == ["expert_id", "trial", "place", "scale"]
    assert verify(files_of(folder))[3] == 18
    call_command("verify_log", str(folder / "events.jsonl"))
    book, sav = io.BytesIO(), tmp_path / "small.sav"
    dataset.write(study, "xlsx", book, "en")
    assert pandas.read_excel(book, sheet_name="ratings-wide")["place"].tolist() == [int(row["place"]) for row in wide]
    with sav.open("wb") as target:
        dataset.write(study, "sav", target, "en")
    frame, _ = pyreadstat.read_sav(str(sav))
    assert frame["clip_id"].tolist() == [row["clip_id"] for row in wide]


def test_exchanged_places_of_a_dataset_are_found(study: Study, tmp_path: Path) -> None:
    answered(study)
    services.open_seal(study, actor="test")
    export(study, tmp_path / "dataset")
    table = tmp_path / "dataset" / TABLE
    found = rows(table)
    one = next(row for row in found if (row["trial"], row["place"]) == ("1", "1"))
    other = next(row for row in found if (row["trial"], row["place"]) == ("1", "2"))
    text = table.read_text("utf-8")
    first, second = (f"{row['system']},{row['clip_id']}" for row in (one, other))
    table.write_text(text.replace(first, "@").replace(second, first).replace("@", second), encoding="utf-8")
    with pytest.raises(Exception, match="heard another clip in trial 1 than was planned"):
        call_command("verify_log", str(tmp_path / "dataset" / "events.jsonl"))


def test_simulated_sets_are_rated_clip_by_clip(study: Study, tmp_path: Path) -> None:
    copy = simulate(study, 5, replace=False)
    export(copy, tmp_path / "one")
    name = "data/study-smallsimulated_task-rating_data.csv"
    found = rows(tmp_path / "one" / name)
    assert len(found) == 2 * 3 * 3 * 2
    assert len({row["rating"] for row in found}) > 2
    export(simulate(study, 5, replace=True), tmp_path / "two")
    assert sha256_of(tmp_path / "one" / name) == sha256_of(tmp_path / "two" / name)


def test_preview_of_sets_plays_whole_pages(study: Study) -> None:
    device = services.open_preview(study, actor="test", language="en")
    prompts = {clip.audio: clip.pack_entry["prompt_id"] for clip in study.clips.filter(role="study")}
    for trial in trials_of(device.expert):
        clips = clips_of(trial)
        assert len({clip.system for clip in clips}) == 3
        assert len({prompts[clip.audio] for clip in clips}) == 1


@pytest.fixture
def draft(tmp_path: Path) -> Study:
    """With as many slots as systems, so that in all of them together each clip comes once at each place."""
    systems = ("midi-gan", "mlstm", "transformer", "real")
    return make_set_study(tmp_path, systems=systems, clips=5, heard=5, slots=4, practice=1, draft=True)


@pytest.mark.django_db(transaction=True)
def test_study_of_sets_passes_the_blinding_check(draft: Study) -> None:
    report = check_blinding(draft, sound_of, 1)
    assert report.faults == []
    assert report.verdict.features > 20
    assert set(report.grouped) == {2, 3, 4}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("leak", "said", "sessions"), [("naming_second_clip", "X-Origin", 1), ("counted_second_clip", "separates", 4)]
)
def test_leak_of_a_further_clip_is_caught(
    draft: Study, settings: Settings, leak: str, said: str, sessions: int
) -> None:
    settings.MIDDLEWARE = [*site.MIDDLEWARE, f"tests.study.leaks.{leak}"]
    assert any(said in fault for fault in check_blinding(draft, sound_of, sessions).faults)


def test_address_of_an_answer_names_its_clip(expert: Expert, trial: Trial, client: Client) -> None:
    hear(expert, trial)
    browser = enter(client, expert)
    for address, status in (
        ("overall@2", 200),
        ("overall@4", 400),
        ("overall@", 400),
        ("overall@x", 400),
        ("no@1", 400),
    ):
        body = {"client_uuid": str(uuid4()), "value": 3, "revision": 1, "plays": 1, "heard_ms": 1, "rt_ms": 1}
        url = f"{reverse('room:trial', args=[trial.token])}ratings/{address}"
        sent = json.dumps({**body, "given_at": clock.now().isoformat(), "language": "en"})
        reply = browser.put(url, sent, "application/json", headers={"X-Expert-Tag": expert_tag(expert)})
        assert reply.status_code == status, (address, reply.content)
    assert list(trial.ratings.values_list("scale", "place")) == [("overall", 2)]
