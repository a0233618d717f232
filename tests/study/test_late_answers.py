"""What still enters after the end of a session or a study, for how long, and what says so."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from study import clock, dataset, services
from study.errors import Refused
from study.models import Expert, SoundCheck, Study
from tests.factories import (
    begin,
    complete,
    context_of,
    edit_file,
    make_expert,
    make_study,
    rate_all,
    trials_of,
)
from tests.study.meanwhile import meanwhile
from tests.study.test_saving import answer, event, refused, remark, report

pytestmark = pytest.mark.django_db
HOUR, MOMENT, SECONDS = timedelta(hours=1), timedelta(milliseconds=1), 11.5


def close(study: Study) -> datetime:
    services.close_study(study, actor="test")
    assert study.closed_at is not None
    return study.closed_at


def unseal(study: Study) -> None:
    close(study)
    services.open_seal(study, actor="test")


def at(expert: Expert, trial: int = 2) -> Any:
    """Where the expert stands at a trial, read again."""
    return context_of(Expert.objects.get(pk=expert.pk), trials_of(expert)[trial - 1])


# --- after unsealing


@pytest.mark.parametrize("save", [answer, remark, report])
@pytest.mark.parametrize("trial", [1, 2, 3])
def test_save_after_unsealing_is_refused(expert: Expert, save: Callable[..., Any], trial: int) -> None:
    before = clock.now()
    unseal(expert.study)
    changes: dict[str, Any] = {} if save == report else {"revision": 2 if trial == 1 else 1}
    assert refused(save, at(expert, trial), given_at=before, **changes) == "410 unsealed"


def test_save_begun_before_unsealing_is_refused_after(expert: Expert) -> None:
    before = clock.now()
    close(expert.study)
    late = at(expert)
    services.open_seal(expert.study, actor="test")
    for save in (answer, remark, report):
        assert refused(save, late, given_at=before) == "410 unsealed"


def test_saved_answer_sent_again_after_unsealing_is_acknowledged(expert: Expert) -> None:
    name = uuid4()
    first = answer(at(expert), client_uuid=name)
    unseal(expert.study)
    assert answer(at(expert), client_uuid=name) == first


@pytest.mark.parametrize("end", [close, unseal])
def test_form_after_closing_is_refused(expert: Expert, end: Callable[[Study], Any]) -> None:
    device = expert.devices.get()
    end(expert.study)
    forms: list[Callable[[], Any]] = [
        lambda: services.give_consent(expert, version="1", language="zh-hans"),
        lambda: services.save_background(expert, answers={"device": "speakers"}),
        lambda: services.save_sound_check(device, level=10, answers=[]),
        lambda: services.submit(expert),
    ]
    for form in forms:
        with pytest.raises(Refused) as found:
            form()
        assert (found.value.status, found.value.code) == (410, "closed")
    assert (expert.consents.count(), expert.backgrounds.count(), SoundCheck.objects.count()) == (1, 1, 1)


# --- between the end and the unsealing


def test_late_answer_within_grace_is_kept_and_logged(expert: Expert) -> None:
    before = clock.now()
    end = close(expert.study)
    with clock.use(lambda: end + 48 * HOUR):
        assert answer(at(expert), given_at=before).late
        assert remark(at(expert), given_at=before).late
        report(at(expert), given_at=before)
    events = expert.study.events.filter(kind="late answer kept").order_by("number")
    where = {"expert": "e01", "phase": "study", "trial": 2, "revision": 1}
    assert [event.detail for event in events] == [
        {**where, "what": "rating", "scale": "overall"},
        {**where, "what": "remark"},
    ]
    assert {event.actor for event in events} == {"expert:e01"}
    assert services.broken_event(expert.study) is None


def test_late_listening_within_grace_is_kept_and_logged(expert: Expert, tmp_path: Path) -> None:
    """It changes no table of a dataset."""
    before = clock.now()
    end = close(expert.study)
    taken(expert.study, tmp_path / "one")
    with clock.use(lambda: end + 48 * HOUR):
        report(at(expert), given_at=before)
        report(at(expert), intervals=[], plays=0, events=[event(event="rate")], given_at=before)
    logged = expert.study.events.filter(detail__trial=2).order_by("number").values_list("kind", "detail")
    where = {"expert": "e01", "phase": "study", "trial": 2}
    kinds = ["late listening kept", "late listening kept", "playback speed changed"]
    assert list(logged) == [(kind, where) for kind in kinds]
    assert taken(expert.study, tmp_path / "two")["events"] == []


def test_listening_in_flight_at_closing_is_logged(expert: Expert) -> None:
    here = at(expert)
    with meanwhile(lambda: close(expert.study)):
        report(here, given_at=clock.now())
    assert expert.study.events.filter(kind="late listening kept").count() == 1


def test_late_save_beyond_grace_is_refused_and_not_logged(expert: Expert) -> None:
    before = clock.now()
    end = close(expert.study)
    with clock.use(lambda: end + 48 * HOUR + MOMENT):
        for save in (answer, remark, report):
            assert refused(save, at(expert), given_at=before) == "410 grace"
        assert refused(report, at(expert)) == "410 grace"
    assert not expert.study.events.filter(kind__startswith="late").exists()


@pytest.mark.parametrize("hours", [0, 1, 336])
def test_grace_of_the_study_file_is_kept(expert: Expert, hours: int) -> None:
    edit_file(expert.study, lambda file: file["design"].update(grace_hours=hours))
    expert.study.save()
    before = clock.now()
    end = close(expert.study)
    with clock.use(lambda: end + hours * HOUR + MOMENT):
        assert refused(answer, at(expert), given_at=before) == "410 grace"
    with clock.use(lambda: end + hours * HOUR):
        assert answer(at(expert), given_at=before).late


def test_study_file_from_before_grace_has_48_hours(expert: Expert) -> None:
    edit_file(expert.study, lambda file: file["design"].pop("grace_hours"))
    expert.study.save()
    before = clock.now()
    end = close(expert.study)
    with clock.use(lambda: end + 48 * HOUR):
        assert answer(at(expert), given_at=before).late
    with clock.use(lambda: end + 49 * HOUR):
        assert refused(remark, at(expert), given_at=before) == "410 grace"


def test_late_answer_after_submission_has_grace_as_well(expert: Expert) -> None:
    rate_all(expert)
    before = clock.now()
    services.submit(expert)
    with clock.use(lambda: before + 47 * HOUR):
        assert answer(at(expert), revision=2, given_at=before).late
    with clock.use(lambda: before + 49 * HOUR):
        assert refused(answer, at(expert), revision=3, given_at=before) == "410 grace"


def test_late_answer_to_a_clip_never_heard_is_refused(expert: Expert) -> None:
    complete(expert, trials_of(expert)[1])
    before = clock.now()
    close(expert.study)
    assert refused(answer, at(expert, 3), given_at=before) == "409 unheard"
    assert refused(answer, at(expert, 4), given_at=before) == "409 ahead"


def test_clip_heard_after_the_end_cannot_be_rated(tmp_path: Path) -> None:
    """Whatever the answer claims: what was played after the end does not count, also where a report claims no time."""
    expert = make_expert(make_study(tmp_path, seconds=SECONDS))
    begin(expert)
    complete(expert, trials_of(expert)[0])
    before = clock.now()
    end = close(expert.study)
    with clock.use(lambda: end + HOUR):
        report(at(expert), intervals=[[0, int(SECONDS * 1000)]], given_at=before)
        report(at(expert), intervals=[], plays=1)
        assert refused(answer, at(expert), given_at=before) == "409 unheard"


def problem(at: Any, **changes: Any) -> Any:
    """A report that the clip would not play."""
    return report(at, intervals=[], plays=0, events=[event(event="problem")], **changes)


@pytest.mark.parametrize("heard", [False, True])
def test_late_problem_on_a_clip_not_begun_is_refused(expert: Expert, heard: bool) -> None:
    """Else one problem after another would open the rest of a closed session. A report that is late itself is none."""
    complete(expert, trials_of(expert)[1])
    before = clock.now()
    close(expert.study)
    if heard:
        report(at(expert, 3), given_at=before)
    assert refused(problem, at(expert, 3), given_at=before) == "410 closed"
    assert refused(problem, at(expert, 3)) == "410 closed"
    assert refused(report, at(expert, 4), given_at=before) == "409 ahead"
    assert refused(remark, at(expert, 4), given_at=before) == "409 ahead"
    assert not expert.study.events.filter(kind="problem reported").exists()


def test_late_problem_on_a_clip_begun_in_time_is_kept(expert: Expert) -> None:
    before = clock.now()
    end = close(expert.study)
    with clock.use(lambda: end + HOUR):
        assert problem(at(expert), given_at=before).problem
        report(at(expert, 3), given_at=before)
        assert refused(answer, at(expert, 3), given_at=before) == "410 closed", "the clip was opened after the end"
    assert expert.study.events.filter(kind="problem reported").count() == 1


def test_late_problem_after_submission_says_so(expert: Expert) -> None:
    rate_all(expert)
    before = clock.now()
    expert.listenings.all().delete()
    services.submit(expert)
    assert refused(problem, at(expert), given_at=before) == "403 submitted"


@pytest.mark.parametrize("closed", [False, True])
def test_link_expiry_ends_before_closing(expert: Expert, closed: bool) -> None:
    ended = clock.now()
    expert.invitations.update(expires_at=ended)
    with clock.use(lambda: ended + HOUR):
        if closed:
            close(expert.study)
        assert answer(at(expert), given_at=ended).late
        assert refused(answer, at(expert), scale="valence", given_at=ended + MOMENT) == "410 closed"
        assert refused(remark, at(expert), given_at=ended + MOMENT) == "410 closed"
    with clock.use(lambda: ended + 49 * HOUR):
        assert refused(remark, at(expert), given_at=ended) == "410 grace"


def test_answer_in_flight_at_submission_counts(expert: Expert, tmp_path: Path) -> None:
    """The save begins before the submission is written and ends after it, by a browser whose clock is an hour ahead."""
    rate_all(expert)
    here = at(expert)
    with meanwhile(lambda: services.submit(Expert.objects.get(pk=expert.pk))):
        assert answer(here, revision=2, value=5, given_at=clock.now() + HOUR, offset_ms=0).late
    assert expert.study.events.filter(kind="late answer kept").count() == 1
    dataset.export(expert.study, tmp_path / "out")
    with (tmp_path / "out" / "data" / "study-small_task-rating_data.csv").open(newline="") as stream:
        cells = {(row["trial"], row["scale"]): (row["rating"], row["late"]) for row in csv.DictReader(stream)}
    assert cells["2", "overall"] == ("5", "1")


# --- datasets before and after


def taken(study: Study, out: Path) -> dict[str, Any]:
    call_command("export_dataset", study.slug, out=out)
    description = json.loads((out / "dataset_description.json").read_text())
    found: dict[str, Any] = description["mukulen"]["since_last"]
    return found


def test_dataset_after_a_late_answer_says_what_changed(expert: Expert, tmp_path: Path) -> None:
    before = clock.now()
    close(expert.study)
    assert taken(expert.study, tmp_path / "one") is None
    first = json.loads((tmp_path / "one" / "hashes.json").read_text())
    same = taken(expert.study, tmp_path / "two")
    assert (same["tables_changed"], same["events"], same["dataset_sha256"]) == (False, [], first["dataset_sha256"])
    assert "Every table is the same" in (tmp_path / "two" / "README.md").read_text()
    answer(at(expert), given_at=before)
    late = expert.study.events.get(kind="late answer kept")
    changed = taken(expert.study, tmp_path / "three")
    assert changed["tables_changed"]
    assert changed["events"] == [{"number": late.number, "kind": "late answer kept"}]
    readme = (tmp_path / "three" / "README.md").read_text()
    assert f"- an answer that came late was kept: 1 (event {late.number})" in readme
    last = json.loads((tmp_path / "two" / "hashes.json").read_text())
    assert last["dataset_sha256"] in readme
    logged = expert.study.events.filter(kind="dataset downloaded").values_list("detail__tables_sha256", flat=True)
    assert [digest == first["tables_sha256"] for digest in logged] == [True, True, False]
