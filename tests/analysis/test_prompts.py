"""Prompts that clips of several systems share: what the report says of them, used or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.data.ratings import Ratings, read
from analysis.report.methods import methods
from analysis.report.prompts import are_matched, shared_prompts
from analysis.report.sections import compute
from formats.errors import InputError
from tests.analysis.builders import make_frame, write_csv


def with_prompts(column: str, path: Path, own: bool = False) -> Ratings:
    """Ratings in which clips of both systems share prompts, or have their own."""
    frame = make_frame(("a", "b"), ("overall",), experts=6)
    prompt = frame["clip_id"] if own else "p" + frame["clip_id"].str[2:]
    wide = frame.assign(**{column: prompt}).drop(columns="scale").rename(columns={"rating": "overall"})
    return read(write_csv(path / "r.csv", wide))


def test_shared_prompts_are_used_and_said(tmp_path: Path) -> None:
    ratings = with_prompts("prompt_id", tmp_path)
    assert ratings.rated_scales == ("overall",)
    assert are_matched(ratings)
    assert shared_prompts(ratings) == {}
    found = compute(ratings, replicates=1000, seed=1)
    assert "the clips come from 4 prompts" in " ".join(text["en"] for text in found.fit_notes)
    (variances,) = {tuple(frame["component"]) for frame in [found.frame("variance_components")]}
    assert variances == ("expert", "prompt", "clip", "expert:system", "expert:prompt", "residual")
    said = " ".join(text["en"] for text in methods(found, {"dataset_hash": "", "versions": "", "seed": "1"}))
    assert "Clips of several systems were made from the same prompts." in said
    assert "logit models with the same random effects, except those of prompts, were fitted as a check" in said


def test_prompts_too_many_for_the_model_are_said_not_to_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.statistics.mixed_model.prompts.MAX_EFFECTS", 5)
    found = compute(with_prompts("prompt_id", tmp_path), replicates=1000, seed=1)
    said = " ".join(text["en"] for text in methods(found, {"dataset_hash": "", "versions": "", "seed": "1"}))
    assert "were made from the same prompts" not in said
    assert "The models treat clips of different systems as unrelated: shared prompts are not used." in said
    assert "logit models with the same random effects were fitted" in said


@pytest.mark.parametrize("column", ["prompt", "Prompt"])
def test_column_of_another_name_is_said_not_to_be_used(column: str, tmp_path: Path) -> None:
    ratings = with_prompts(column, tmp_path)
    assert not are_matched(ratings)
    said = shared_prompts(ratings)
    assert said["en"].startswith(f"The file has a column {column}. Prompts are not used")
    assert "没有使用提示" in said["zh-hans"]


def test_prompts_of_one_system_each_are_said_not_to_be_used(tmp_path: Path) -> None:
    said = shared_prompts(with_prompts("prompt_id", tmp_path, own=True))
    assert said["en"].startswith("The file has a column prompt_id, but no prompt has clips of two systems.")


def test_clip_with_two_prompts_is_refused(tmp_path: Path) -> None:
    frame = make_frame(("a", "b"), ("overall",), experts=6).assign(prompt_id="p1")
    frame.loc[5, "prompt_id"] = "p2"
    with pytest.raises(InputError, match=r"lines 2 and 7: clip 0x0 of a has the prompts p1 and p2"):
        read(write_csv(tmp_path / "r.csv", frame))


def test_clip_ids_in_several_systems_are_counted(tmp_path: Path) -> None:
    frame = make_frame(("a", "b", "c"), ("overall",), experts=6)
    frame["clip_id"] = frame["clip_id"].str[2:].where(frame["system"] != "c", frame["clip_id"])
    said = shared_prompts(read(write_csv(tmp_path / "r.csv", frame)))
    assert said["en"].startswith("4 clip ids occur in several systems")
    assert "有 4 个片段编号" in said["zh-hans"]


def test_clips_of_their_own_need_no_sentence(tmp_path: Path) -> None:
    assert shared_prompts(read(write_csv(tmp_path / "r.csv", make_frame(("a", "b"), ("overall",))))) == {}
