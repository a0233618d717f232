"""Prompts that clips of several systems share: until the model has them, the report says that they are not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.data.ratings import read
from analysis.report.prompts import shared_prompts
from tests.analysis.builders import make_frame, write_csv


@pytest.mark.parametrize("column", ["prompt", "prompt_id", "Prompt"])
def test_a_column_of_prompts_is_said_not_to_be_used(column: str, tmp_path: Path) -> None:
    frame = make_frame(("a", "b"), ("overall",), experts=6)
    given = frame.assign(**{column: frame["clip_id"].str[2:].astype(int)})
    wide = given.drop(columns="scale").rename(columns={"rating": "overall"})
    ratings = read(write_csv(tmp_path / "r.csv", wide))
    assert ratings.rated_scales == ("overall",)
    said = shared_prompts(ratings)
    assert said["en"].startswith(f"The file has a column {column}. Prompts are not used")
    assert "没有使用提示" in said["zh-hans"]


def test_clip_ids_in_several_systems_are_counted(tmp_path: Path) -> None:
    frame = make_frame(("a", "b", "c"), ("overall",), experts=6)
    frame["clip_id"] = frame["clip_id"].str[2:].where(frame["system"] != "c", frame["clip_id"])
    said = shared_prompts(read(write_csv(tmp_path / "r.csv", frame)))
    assert said["en"].startswith("4 clip ids occur in several systems")
    assert "有 4 个片段编号" in said["zh-hans"]


def test_clips_of_their_own_need_no_sentence(tmp_path: Path) -> None:
    assert shared_prompts(read(write_csv(tmp_path / "r.csv", make_frame(("a", "b"), ("overall",))))) == {}
