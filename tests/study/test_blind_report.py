"""The report under codes: when it is made, and that nothing in it depends on which system made a clip."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from formats.errors import InputError
from study import dataset, services
from study.dataset import rows
from study.models import Study
from tests.factories import begin, make_expert, make_study, rate_all

pytestmark = pytest.mark.django_db
SYSTEMS = ("midi-gan", "music-vae", "transformer", "real")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def rated(folder: Path, experts: int = 3) -> Study:
    """A closed study of some experts."""
    study = make_study(folder, systems=SYSTEMS, slots=3)
    for number in range(experts):
        expert = make_expert(study, f"e{number:02d}")
        begin(expert)
        rate_all(expert, 1 + number)
        services.submit(expert)
    services.close_study(study, actor="test")
    return study


def codes_of(study: Study) -> dict[str, str]:
    """The code of each clip's own system."""
    return {clip.clip_id: clip.system.code for clip in rows.study_clips(study) if clip.system}


def test_blind_report_assigns_clips_to_codes_at_random(tmp_path: Path) -> None:
    study = rated(tmp_path)
    drawn = []
    for _ in range(8):
        with services.blind_dataset(study, actor="researcher:ada") as folder:
            assert not (folder / "events.jsonl").exists()
            with (folder / "data" / "study-small_task-rating_data.csv").open(encoding="utf-8", newline="") as file:
                pairs = {(row["clip_id"], row["system"]) for row in csv.DictReader(file)}
        assert not folder.exists()
        assert len(pairs) == len(dict(pairs))  # one code for each clip, in every row
        drawn.append(dict(pairs))
    assert len({tuple(sorted(one.items())) for one in drawn}) > 1
    assert all(one != {clip: code for clip, code in codes_of(study).items() if clip in one} for one in drawn)
    assert set(study.events.filter(kind=services.MADE).values_list("actor", flat=True)) == {"researcher:ada"}


def test_random_codes_are_right_as_often_as_by_chance(tmp_path: Path) -> None:
    """Of four codes one clip in four has its own, so what a report shows of a code says nothing about its system."""
    study = make_study(tmp_path, systems=SYSTEMS, clips=4)
    own = codes_of(study)
    draws = [rows.codes_at_random(study) for _ in range(400)]
    assert all(Counter(drawn.values()) == Counter(own.values()) for drawn in draws)
    hits = sum(drawn[clip] == code for drawn in draws for clip, code in own.items())
    # A random permutation of 16 clips in fours: 4 hits on average, variance 16**2 * (1/4 * 3/4) / 15 (Hoeffding 1951).
    assert abs(hits - 400 * 4) < 5 * (400 * 3.2) ** 0.5


def test_blind_report_is_of_a_closed_study_alone(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    with pytest.raises(InputError, match="after the study is closed"), services.blind_dataset(study, actor="test"):
        pass
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    with pytest.raises(InputError, match="before it is unblinded"), services.blind_dataset(study, actor="test"):
        pass


def test_failed_report_does_not_name_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the analysis says of a row would name the clip of a trial."""
    from study.management.commands import report_under_codes

    def refused(*_: object, **__: object) -> None:
        raise CommandError("line 7: expert e01 rates clip x of A twice")

    rated(tmp_path, experts=1)
    monkeypatch.setattr(report_under_codes, "call_command", refused)
    with pytest.raises(CommandError) as error:
        call_command("report_under_codes", "small", "--out", str(tmp_path / "report"), stdout=io.StringIO())
    assert "e01" not in str(error.value)
    assert "Unseal the study" in str(error.value)


def test_analysis_of_a_sealed_dataset_says_that_it_is_sealed(tmp_path: Path) -> None:
    dataset.export(rated(tmp_path, experts=1), tmp_path / "out")
    with pytest.raises(CommandError, match="was exported while the study was sealed: it does not say which system"):
        call_command("analyse", str(tmp_path / "out"), "--out", str(tmp_path / "report"), stdout=io.StringIO())
    assert not (tmp_path / "report").exists()
