"""When a report under codes is made, and from which rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from study import clock, dataset, services
from study.dataset.rows import complete
from study.errors import InputError
from study.models import Job, Study
from tests.factories import begin, hear, make_expert, make_study, rate, rate_all, trials_of
from tests.study.test_desk import text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def study_of(folder: Path, whole: int = 5, half: int = 0, owner: User | None = None) -> Study:
    study = make_study(folder, slots=whole + half + 1, owner=owner)
    for number in range(whole):
        expert = make_expert(study, f"e{number:02d}")
        begin(expert)
        rate_all(expert, 1 + number % 5)
        services.submit(expert)
    for number in range(half):
        expert = make_expert(study, f"h{number:02d}")
        begin(expert)
        hear(expert, trials_of(expert)[0])
        rate(expert, trials_of(expert)[0], "overall")
    return study


def closed(study: Study, hours_ago: int = 0) -> Study:
    services.close_study(study, actor="test")
    study.closed_at = clock.now() - timedelta(hours=hours_ago)
    study.save(update_fields=["closed_at"])
    return study


def test_only_complete_sessions_stand_under_codes(tmp_path: Path) -> None:
    study = closed(study_of(tmp_path, 5, half=1), 49)
    assert len(complete(study)) == 5
    with services.blind_dataset(study, actor="test") as folder:
        table = (folder / "data" / "study-small_task-rating_data.csv").read_text()
        assert "h00" not in table
        assert ",A," in table
        assert not (folder / "events.jsonl").exists()
    assert not folder.exists()


def test_open_study_has_no_report_under_codes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="once the study is closed"):
        services.refuse_blind_report(study_of(tmp_path))


def test_report_waits_while_answers_may_still_come(tmp_path: Path) -> None:
    study = closed(study_of(tmp_path, 5, half=1), 47)
    with pytest.raises(InputError, match="may still arrive until"):
        services.refuse_blind_report(study)
    services.refuse_blind_report(closed_again(study, 49))


def closed_again(study: Study, hours_ago: int) -> Study:
    study.closed_at = clock.now() - timedelta(hours=hours_ago)
    study.save(update_fields=["closed_at"])
    return study


def test_report_need_not_wait_where_everybody_has_finished(tmp_path: Path) -> None:
    services.refuse_blind_report(closed(study_of(tmp_path)))


def test_fewer_than_five_complete_sessions_have_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs 5 complete sessions, and there are 4"):
        services.refuse_blind_report(closed(study_of(tmp_path, 4)))


def test_first_report_freezes_the_rows_of_all_others(tmp_path: Path) -> None:
    study = closed(study_of(tmp_path, 6))
    digests = set()
    for _ in range(2):
        with services.blind_dataset(study, actor="researcher:ada") as folder:
            digests.add((folder / "hashes.json").read_bytes())
    assert len(digests) == 1
    events = study.events.filter(kind=services.MADE)
    assert [event.actor for event in events] == ["researcher:ada"] * 2
    assert len({event.detail["rows_sha256"] for event in events}) == 1
    services.withdraw(study.experts.get(code="e00"), actor="test")
    with pytest.raises(InputError, match="The data have changed since the first report under codes"):
        services.refuse_blind_report(study)


def test_failed_report_does_not_name_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the analysis says of a row would name the row's code."""
    from study.management.commands import report_under_codes

    def refused(*_: object, **__: object) -> None:
        raise CommandError("line 7: expert e01 rates clip x of A twice")

    closed(study_of(tmp_path))
    monkeypatch.setattr(report_under_codes, "call_command", refused)
    with pytest.raises(CommandError) as error:
        call_command("report_under_codes", "small", "--out", str(tmp_path / "report"), stdout=io.StringIO())
    assert "e01" not in str(error.value)
    assert "Unseal the study" in str(error.value)


def test_desk_says_why_there_is_no_report_under_codes(tmp_path: Path, ada: Client) -> None:
    closed(study_of(tmp_path, 2, owner=User.objects.get(username="ada")))
    page = text(ada.post(reverse("desk:make_report", args=["small"]), follow=True))
    assert "needs 5 complete sessions, and there are 2" in page
    assert not Job.objects.exists()


def test_analysis_of_a_sealed_dataset_says_that_it_is_sealed(tmp_path: Path) -> None:
    dataset.export(closed(study_of(tmp_path)), tmp_path / "out")
    with pytest.raises(CommandError, match="was exported while the study was sealed: it does not say which system"):
        call_command("analyse", str(tmp_path / "out"), "--out", str(tmp_path / "report"), stdout=io.StringIO())
    assert not (tmp_path / "report").exists()
