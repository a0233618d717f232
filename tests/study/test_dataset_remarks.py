"""What a dataset keeps beside the ratings: remarks, the words of the scales, the sound page."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from study import clock, dataset, services
from study.models import Expert, Trial
from tests.factories import context_of, make_expert, make_study, rate_all, reach, trials_of
from tests.study.test_dataset import LONG, WIDE, rated_study, rows

pytestmark = pytest.mark.django_db


def remark(expert: Expert, trial: Trial, known: bool, comment: str, revision: int = 1) -> None:
    services.save_remark(
        context_of(expert, trial),
        known=known,
        comment=comment,
        revision=revision,
        client_uuid=uuid4(),
        given_at=clock.now(),
    )


def test_what_an_expert_says_of_a_clip_is_in_a_table_of_its_own_and_a_known_song_in_all(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    expert = study.experts.get(code="e02")
    first, second, third, fourth = trials_of(expert)
    reach(expert, third)
    remark(expert, first, True, "a lullaby")
    remark(expert, second, True, "")
    remark(expert, second, False, "=no", revision=2)
    remark(expert, third, True, "")
    remark(expert, third, False, "", revision=2)
    remark(expert, trials_of(expert, "practice")[0], True, "practice")
    dataset.export(study, tmp_path / "out")
    table = rows(tmp_path / "out" / "remarks.csv")
    assert [(row["trial"], row["known"], row["comment"]) for row in table] == [
        ("1", "1", "a lullaby"),
        ("2", "0", "'=no"),
    ]
    for name in (LONG, WIDE):
        known = {(row["expert_id"], row["trial"]) for row in rows(tmp_path / "out" / name) if row["known"] == "1"}
        assert known == {("e02", "1")}


def test_every_rating_says_in_which_words_its_scale_was_read(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    english, chinese = make_expert(study, "e01"), make_expert(study, "e02", language="zh-hans")
    for expert in (english, chinese):
        rate_all(expert)
    dataset.export(study, tmp_path / "out")
    table = rows(tmp_path / "out" / LONG)
    assert {(row["expert_id"], row["language"]) for row in table} == {("e01", "en"), ("e02", "zh-hans")}
    worded = {(row["scale"], row["language"]): row["wording"] for row in table}
    assert len(set(worded.values())) == 4
    book = (tmp_path / "out" / "codebook.md").read_text(encoding="utf-8")
    for (scale, language), wording in worded.items():
        assert f"| {scale} | {language} | {wording} |" in book


def test_the_experts_table_says_how_the_sound_was_set_and_what_came_of_the_headphone_check(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=3)
    checked, passed_over, _never = (make_expert(study, f"e0{number}") for number in (1, 2, 3))
    order = ["plain", "quiet", "antiphase"]
    answers = [{"order": order, "chosen": 1}] * 5 + [{"order": order, "chosen": 2}]
    services.save_sound_check(checked.devices.get(), level=10, answers=[])
    services.save_sound_check(checked.devices.get(), level=60, answers=answers)
    services.save_sound_check(passed_over.devices.get(), level=80, answers=[])
    dataset.export(study, tmp_path / "out")
    found = [
        (row["level"], row["headphones_correct"], row["headphones_rounds"])
        for row in rows(tmp_path / "out" / "experts.csv")
    ]
    assert found == [("60", "5", "6"), ("80", "", "0"), ("", "", "")]
