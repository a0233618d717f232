"""Tables of comparisons of two clips: how they are recognised and read, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.data import comparisons
from analysis.data.given import parse_given
from formats.errors import InputError
from tests.analysis.builders import make_frame, write_csv
from tests.analysis.comparisons import make_pairs

ROW = {
    **{"expert_id": "e1", "clip_a": "c1", "system_a": "s1", "clip_b": "c2", "system_b": "s2"},
    **{"value": "1", "prompt_id": "p1", "trial": "1", "question": "overall"},
}


def table(path: Path, *changes: dict[str, str]) -> Path:
    """A table of two sound rows and one for each change of them."""
    rows = [ROW, {**ROW, "trial": "2", "value": "-1", "expert_id": "e2"}]
    rows += [{**ROW, "expert_id": f"x{n}", **change} for n, change in enumerate(changes)]
    return write_csv(path / "pairs.csv", pd.DataFrame(rows))


def test_table_of_comparisons_is_recognised_by_its_columns(tmp_path: Path) -> None:
    pairs = write_csv(tmp_path / "pairs.csv", make_pairs())
    assert comparisons.are_comparisons(pairs)
    assert not comparisons.are_comparisons(write_csv(tmp_path / "ratings.csv", make_frame()))
    assert not comparisons.are_comparisons(tmp_path)


def test_table_is_read_whole(tmp_path: Path) -> None:
    frame = make_pairs(cuts=(-0.5, 0.5))
    data = comparisons.read(write_csv(tmp_path / "pairs.csv", frame))
    assert len(data.frame) == len(frame)
    assert data.frame["value"].sum() == frame["value"].sum()
    assert data.questions == ("overall",)
    assert data.largest == {"overall": 1.0}
    assert data.systems == ("s1", "s2", "s3")
    assert data.clips == 18


def test_difference_that_is_planned_twice_counts_once(tmp_path: Path) -> None:
    data = comparisons.read(write_csv(tmp_path / "pairs.csv", make_pairs()))
    plan = {"primary_scale": "overall", "contrasts": [["s2", "s1"], ["s1", "s2"], ["s1", "s3"], ["s1", "s3"]]}
    assert replace(data, plan=plan).planned("overall") == [("s1", "s2"), ("s1", "s3")]
    assert replace(data, plan=plan, is_sealed=True).planned("overall") == []


def test_question_answered_only_in_repeats_is_left_out(tmp_path: Path) -> None:
    frame = make_pairs().assign(is_repeat=0)
    other = frame[frame["expert_id"] == frame["expert_id"].iloc[0]].assign(question="other", is_repeat=1)
    data = comparisons.read(write_csv(tmp_path / "pairs.csv", pd.concat([frame, other])))
    assert data.questions == ("overall",)


def test_columns_of_other_names_are_given(tmp_path: Path) -> None:
    frame = make_pairs().rename(columns={"expert_id": "rater", "value": "choice", "system_a": "System A"})
    path = write_csv(tmp_path / "pairs.csv", frame.assign(comment="x"))
    given = parse_given("expert_id=rater,value=choice")
    assert comparisons.are_comparisons(path, given)
    data = comparisons.read(path, given=given)
    assert data.renamed == {"expert_id": "rater", "value": "choice", "system_a": "System A"}
    assert data.unused == ("comment",)
    with pytest.raises(InputError, match="column expert_id, value is missing"):
        comparisons.read(path)


def test_question_and_prompt_may_be_missing(tmp_path: Path) -> None:
    frame = make_pairs().drop(columns=["question", "prompt_id", "trial"])
    data = comparisons.read(write_csv(tmp_path / "pairs.csv", frame))
    assert data.questions == ("preference",)
    assert "prompt_id" not in data.frame


def test_empty_values_and_repeats_do_not_count(tmp_path: Path) -> None:
    frame = make_pairs().astype({"value": object}).assign(is_repeat=0)
    again = frame.iloc[:1].assign(is_repeat=1, trial=99)
    frame.loc[3, "value"] = "skip"
    path = write_csv(tmp_path / "pairs.csv", pd.concat([frame, again]))
    data = comparisons.read(path, given=parse_given(missing="skip"))
    assert (data.n_missing, len(data.frame), len(data.counted)) == (1, len(frame), len(frame) - 1)


def test_systems_in_other_capitals_are_one(tmp_path: Path) -> None:
    data = comparisons.read(table(tmp_path, {"system_b": "S2 "}))
    assert data.systems == ("s1", "s2")
    assert [text["en"] for text in data.forgiven] == ["System S2 is read as s2."]


def test_one_question_is_picked(tmp_path: Path) -> None:
    frame = pd.concat([make_pairs(), make_pairs(seed=2).assign(question="harmony")])
    path = write_csv(tmp_path / "pairs.csv", frame)
    assert comparisons.read(path).questions == ("overall", "harmony")
    assert comparisons.read(path, ["harmony"]).questions == ("harmony",)
    with pytest.raises(InputError, match="there is no question 'beauty'; the file has overall, harmony"):
        comparisons.read(path, ["beauty"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"system_b": "s1"}, r"line 4: s1 is compared with itself"),
        ({"value": "A"}, r"line 4: value is 'A'; write a number: above 0 where clip_b was preferred"),
        ({"value": "nan5"}, r"line 4: value is 'nan5'"),
        ({"expert_id": ""}, r"line 4: expert_id is empty"),
        ({"clip_a": ""}, r"line 4: clip_a is empty"),
        ({"question": ""}, r"line 4: question is empty"),
        ({"prompt_id": ""}, r"line 4: prompt_id is empty"),
        ({"expert_id": "e1", "trial": "7"}, r"lines 2 and 4: expert e1 compares c1 and c2 twice for overall"),
        (
            {"expert_id": "e1", "clip_a": "c2", "system_a": "s2", "clip_b": "c1", "system_b": "s1", "trial": "7"},
            r"lines 2 and 4: expert e1 compares c1 and c2 twice",
        ),
        ({"expert_id": "e1", "clip_b": "c3"}, r"lines 2 and 4: expert e1 has two answers to overall in trial 1"),
        ({"prompt_id": "p2"}, r"lines 2 and 4: clip c1 of s1 has the prompts p1 and p2"),
        ({"clip_a": "C1"}, r"clip_id c1 \(line 2\) and C1 \(line 4\) may be one clip or two"),
    ],
)
def test_faulty_row_is_refused_with_its_line(tmp_path: Path, change: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        comparisons.read(table(tmp_path, change))


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ("-3-2", r"-3 to 2 is not symmetric"),
        ("beauty=-3-3", r"there is no question 'beauty'; the questions are overall"),
        ("overall=-1-1", r"line 4: value 3 is outside -1 to 1"),
    ],
)
def test_bounds_are_checked(tmp_path: Path, bounds: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        comparisons.read(table(tmp_path, {"value": "3"}), given=parse_given(bounds=bounds))


def test_bounds_say_which_grades_there_were(tmp_path: Path) -> None:
    data = comparisons.read(table(tmp_path, {"value": "2"}), given=parse_given(bounds="-3-3"))
    assert data.largest == {"overall": 3.0}


def test_values_that_never_prefer_the_first_clip_are_asked_about(tmp_path: Path) -> None:
    frame = make_pairs().assign(value=lambda table: (table["value"] > 0).astype(int))
    path = write_csv(tmp_path / "pairs.csv", frame)
    with pytest.raises(InputError, match=r"no value of overall is below 0.*--bounds=-1-1"):
        comparisons.read(path)
    assert comparisons.read(path, given=parse_given(bounds="-1-1")).largest == {"overall": 1.0}


def test_slider_is_no_comparison(tmp_path: Path) -> None:
    frame = make_pairs().assign(value=lambda table: range(-len(table) // 2, len(table) - len(table) // 2))
    with pytest.raises(InputError, match="different grades; a comparison has at most 5 on each side"):
        comparisons.read(write_csv(tmp_path / "pairs.csv", frame))


def test_too_many_effects_are_refused(tmp_path: Path) -> None:
    frame = make_pairs(experts=8).iloc[:90]
    frame = pd.concat([frame.assign(expert_id=frame["expert_id"] + f"-{n}") for n in range(150)])
    with pytest.raises(InputError, match=r"of comparisons analyse can do 3000"):
        comparisons.read(write_csv(tmp_path / "pairs.csv", frame))


def test_order_of_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--order is for ratings in words"):
        comparisons.read(table(tmp_path), given=parse_given(orders=["overall=a,b"]))
