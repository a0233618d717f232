"""Tables as people have them: made here, one fault or habit each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from analysis.data.given import parse_given
from analysis.data.ratings import Ratings, read
from formats.errors import InputError
from tests.analysis.builders import make_dataset

WORDS = ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree")


def wide(experts: int = 12, clips: int = 4) -> pd.DataFrame:
    """Ratings of three systems on two scales from 1 to 5, all steps used, the same at every call."""
    rng = np.random.default_rng(11)
    rows = [
        (f"e{expert:02d}", f"S{system}", f"s{system}c{clip:02d}")
        for expert in range(experts)
        for system in range(3)
        for clip in range(clips)
    ]
    frame = pd.DataFrame(rows, columns=["expert_id", "system", "clip_id"])
    return frame.assign(overall=rng.integers(1, 6, len(frame)), authenticity=rng.integers(1, 6, len(frame)))


def saved(tmp_path: Path, frame: pd.DataFrame, encoding: str = "utf-8") -> Path:
    path = tmp_path / "ratings.csv"
    frame.to_csv(path, index=False, lineterminator="\n", encoding=encoding)
    return path


def refusal(path: Path, *scales: str, **given: str) -> str:
    with pytest.raises(InputError) as caught:
        read(path, scales, parse_given(**given))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def left_out(data: Ratings) -> dict[str, str]:
    return {column.name: column.reason for column in data.columns if not column.used_as}


def keys(data: Ratings) -> list[str]:
    return [scale.key for scale in data.scales]


@pytest.mark.parametrize("named", ["rating", "Rating"])
def test_wide_scale_called_rating_is_a_scale(tmp_path: Path, named: str) -> None:
    frame = wide().rename(columns={"overall": named})
    both, one = read(saved(tmp_path, frame)), read(saved(tmp_path, frame.drop(columns="authenticity")))
    assert (keys(both), keys(one)) == (["rating", "authenticity"], ["rating"])
    assert len(one.frame) == len(frame)
    assert read(saved(tmp_path, frame), ["rating"]).frame["rating"].tolist() == one.frame["rating"].tolist()


@pytest.mark.parametrize("named", ["rating", "scale"])
def test_long_scale_called_as_a_column_is_a_scale(tmp_path: Path, named: str) -> None:
    frame = wide().melt(["expert_id", "system", "clip_id"], ["overall", "authenticity"], "scale", "rating")
    frame["scale"] = frame["scale"].replace("overall", named)
    assert keys(read(saved(tmp_path, frame))) == [named, "authenticity"]


def test_long_table_without_any_scale_is_refused(tmp_path: Path) -> None:
    frame = wide().assign(scale="").rename(columns={"overall": "rating"})
    assert "no scale has a name; write the name of the scale in the column scale" in refusal(saved(tmp_path, frame))


@pytest.mark.parametrize("scales", [(), ("overall",)])
def test_decimal_comma_among_commas_is_refused(tmp_path: Path, scales: tuple[str, ...]) -> None:
    frame = wide().astype({"overall": object})
    frame["overall"] = [f"{value},5" if place > 2 else str(value) for place, value in enumerate(frame["overall"])]
    message = refusal(saved(tmp_path, frame), *scales)
    assert f"line 5: overall is {frame['overall'][3]!r}; a decimal comma is read only where semicolons" in message
    assert f"write {frame['overall'][3].replace(',', '.')} or save the file with semicolons" in message
    path = tmp_path / "semicolons.csv"
    frame.to_csv(path, index=False, sep=";")
    assert read(path, ["overall"]).frame["rating"].max() == 5.5


def test_missing_code_is_refused_with_its_lines(tmp_path: Path) -> None:
    frame = wide()
    frame.loc[[0, 5, 9], "overall"] = -99
    message = refusal(saved(tmp_path, frame))
    assert "lines 2, 7 and 11: rating -99 on overall is outside 1 to 5" in message
    assert "add --missing=-99" in message


def test_missing_code_that_is_named_is_left_out_and_told(tmp_path: Path) -> None:
    frame = wide()
    frame.loc[[0, 5, 9], "overall"] = -99
    data = read(saved(tmp_path, frame), (), parse_given(missing="-99.0,skip"))
    assert (data.n_missing, data.frame["rating"].min()) == (3, 1)
    assert data.forgiven[0]["en"] == "Cells read as missing, as asked: 3 (-99.0, skip)."


def test_missing_code_of_a_long_table_is_refused_by_line(tmp_path: Path) -> None:
    long = wide().melt(["expert_id", "system", "clip_id"], var_name="scale", value_name="rating")
    long.loc[7, "rating"] = 999
    assert "line 9: rating 999 on overall is outside 1 to 5" in refusal(saved(tmp_path, long))


def test_typo_is_refused_by_line_without_a_code(tmp_path: Path) -> None:
    frame = wide()
    frame.loc[5, "overall"] = 55
    message = refusal(saved(tmp_path, frame))
    assert "line 7: rating 55 on overall is outside 1 to 5. These bounds are inferred" in message
    assert "--missing" not in message


def test_given_bounds_hold_for_all_scales_or_for_one(tmp_path: Path) -> None:
    path = saved(tmp_path, wide())
    data = read(path, (), parse_given(bounds="1-7, overall=0-100"))
    assert [(s.key, s.minimum, s.maximum) for s in data.scales] == [("overall", 0, 100), ("authenticity", 1, 7)]
    assert data.bounds_inferred == ()
    message = refusal(path, bounds="authenticity=1-4")
    assert "rating 5 on authenticity is outside 1 to 4. Correct each cell" in message
    assert "--bounds: there is no scale 'depth'" in refusal(path, bounds="depth=1-4")


def test_columns_that_are_no_ratings_are_no_scales(tmp_path: Path) -> None:
    frame = wide()
    rng = np.random.default_rng(5)
    expert = frame["expert_id"].str[1:].astype(int)
    frame.insert(0, "Unnamed: 0", range(len(frame)))
    frame["age"] = 20 + expert
    frame["rt"] = rng.uniform(1200, 2800, len(frame)).round(1)
    frame["decision"] = rng.uniform(1200, 2800, len(frame)).round(1)
    frame["prompt"] = frame["clip_id"].str[-1].astype(int)
    frame["turn"] = frame.groupby("expert_id").cumcount() + 1
    frame["version"] = 2
    data = read(saved(tmp_path, frame))
    assert keys(data) == ["overall", "authenticity"]
    assert left_out(data) == {
        **{"Unnamed: 0": "nameless", "age": "of_expert", "rt": "time", "decision": "beyond"},
        **{"prompt": "of_clip", "turn": "counts_trials", "version": "constant"},
    }


@pytest.mark.parametrize(
    "name",
    [
        "RT (s)",
        "resp_time",
        "seconds",
        "rt.total",
        "thinking time",
        "time1",
        "elapsed",
        "Dur (ms)",
        "用时",
        "反应时间（秒）",
    ],
)
def test_time_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    frame = wide().assign(**{name: lambda table: 1 + (7 * table.index % 11)})
    assert left_out(read(saved(tmp_path, frame))) == {name: "time"}


def test_fractions_that_hardly_repeat_are_no_scale_beside_others(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    frame = wide().assign(decision=lambda table: rng.uniform(0.6, 9.5, len(table)).round(2))
    assert left_out(read(saved(tmp_path, frame))) == {"decision": "fractions"}
    assert keys(read(saved(tmp_path, frame), ["decision"])) == ["decision"]
    assert keys(read(saved(tmp_path, frame.drop(columns=["overall", "authenticity"])))) == ["decision"]
    slider = frame.assign(decision=lambda table: rng.uniform(0, 1, len(table)).round(3))
    assert keys(read(saved(tmp_path, slider))) == ["overall", "authenticity", "decision"]


@pytest.mark.parametrize("slip", [None, 21.0])
def test_age_with_a_slip_is_no_scale(tmp_path: Path, slip: float | None) -> None:
    frame = wide().assign(age=lambda table: 30.0 + table["expert_id"].str[1:].astype(int))
    frame.loc[[5, 40], "age"] = slip
    assert left_out(read(saved(tmp_path, frame))) == {"age": "of_expert"}


def test_times_and_ages_of_a_melted_table_are_no_scales(tmp_path: Path) -> None:
    frame = wide().assign(
        rt=lambda table: 1 + table.index % 9,
        age=lambda table: 30 + table["expert_id"].str[1:].astype(int),
        decision=lambda table: 1200.5 + 3 * table.index,
    )
    long = frame.melt(["expert_id", "system", "clip_id"], var_name="scale", value_name="rating")
    data = read(saved(tmp_path, long))
    assert keys(data) == ["overall", "authenticity"]
    assert left_out(data) == {"rt": "time", "age": "of_expert", "decision": "beyond"}
    assert keys(read(saved(tmp_path, long), ["decision"])) == ["decision"]
    assert keys(read(saved(tmp_path, long[long["scale"] == "rt"]))) == ["rt"]


def test_column_left_out_is_a_scale_when_it_is_named(tmp_path: Path) -> None:
    frame = wide().assign(rt=lambda table: 1000.0 + table.index)
    data = read(saved(tmp_path, frame), ["RT"])
    assert keys(data) == ["rt"]
    assert left_out(data) == {"overall": "not_named", "authenticity": "not_named"}


def test_only_scale_may_agree_within_clips(tmp_path: Path) -> None:
    frame = wide()[["expert_id", "system", "clip_id"]]
    data = read(saved(tmp_path, frame.assign(overall=np.where(frame["system"] == "S0", 5, 3))))
    assert [(column.name, column.reason) for column in data.columns if column.used_as == "scale"] == [
        ("overall", "only_one")
    ]


def test_words_beside_numbers_ask_for_their_order(tmp_path: Path) -> None:
    frame = wide().assign(overall=lambda table: [WORDS[n - 1] for n in table["overall"]])
    message = refusal(saved(tmp_path, frame))
    assert f"--order 'overall={','.join(WORDS)}'" in message
    assert "or leave it out with --scales authenticity" in message


def test_words_with_their_order_are_ratings(tmp_path: Path) -> None:
    frame = wide()
    worded = frame.assign(overall=[WORDS[n - 1] for n in frame["overall"]])
    data = read(saved(tmp_path, worded), (), parse_given(orders=[f"overall={','.join(WORDS).lower()}"]))
    plain = read(saved(tmp_path, frame))
    assert data.frame["rating"].tolist() == plain.frame["rating"].tolist()
    assert (data.scales[0].low["en"], data.scales[0].high["en"]) == ("strongly disagree", "strongly agree")
    message = refusal(saved(tmp_path, worded), orders=["overall=disagree,neutral,agree"])  # type: ignore[arg-type]
    assert "which --order does not name" in message


def test_blanks_capitals_and_empty_rows_are_forgiven_and_told(tmp_path: Path) -> None:
    frame = wide().replace({"system": {"S0": "REAL"}}).rename(columns={"expert_id": " Expert_ID", "system": "System "})
    path = saved(tmp_path, frame)
    path.write_text(path.read_text() + ",,,,\n" * 5)
    data = read(path)
    assert (len(data.frame), data.real_system) == (288, "real")
    assert [text["en"] for text in data.forgiven] == [
        "Empty rows skipped: 5 (the first is line 146).",
        "The system REAL was read as real.",
    ]
    assert [(c.name, c.used_as) for c in data.columns if c.reason == "renamed"] == [
        ("Expert_ID", "expert_id"),
        ("System", "system"),
    ]


def test_one_system_in_two_spellings_is_one(tmp_path: Path) -> None:
    frame = wide()
    frame.loc[[0, 1], "system"] = "s0"
    data = read(saved(tmp_path, frame))
    assert data.systems == ("S0", "S1", "S2")
    assert data.forgiven[0]["en"] == "The system s0 was read as S0."


@pytest.mark.parametrize(("old", "new"), [("7", "007"), ("e07", "e7"), ("E7", "e07"), ("7", "7.0")])
def test_codes_that_may_be_one_person_are_asked_about(tmp_path: Path, old: str, new: str) -> None:
    frame = wide().query("expert_id != 'e07'")
    mine = frame["expert_id"] == "e05"
    frame.loc[mine, "expert_id"] = [old] * 5 + [new] * (int(mine.sum()) - 5)
    message = refusal(saved(tmp_path, frame))
    assert f"expert_id {old} (line 62) and {new} (line 67) may be one expert or two." in message


def test_codes_of_clips_are_compared_within_a_system(tmp_path: Path) -> None:
    frame = wide().replace({"clip_id": {"s0c01": "1", "s1c01": "01"}})
    assert len(read(saved(tmp_path, frame)).frame) == 288
    frame = wide().replace({"clip_id": {"s0c01": "1", "s0c02": "01"}})
    assert "clip_id 1 (line 3) and 01 (line 4) may be one clip or two." in refusal(saved(tmp_path, frame))


def test_own_names_of_columns_are_given(tmp_path: Path) -> None:
    frame = wide().rename(columns={"expert_id": "Rater", "clip_id": "stimulus"})
    path = saved(tmp_path, frame)
    data = read(path, (), parse_given(columns="expert_id=rater,clip_id=stimulus"))
    assert keys(data) == ["overall", "authenticity"]
    assert "--columns expert_id=Rater,clip_id=stimulus" in refusal(path)
    assert "there is no column 'who'" in refusal(path, columns="expert_id=who")
    assert "'mood' is no column of this project" in refusal(path, columns="mood=Rater")


def test_latin_1_is_read_and_told(tmp_path: Path) -> None:
    data = read(saved(tmp_path, wide().replace({"system": {"S0": "Médium"}}), encoding="latin-1"))
    assert ("Médium" in data.systems, data.encoding) == (True, "Windows-1252")


def as_workbook(path: Path, frame: pd.DataFrame) -> Path:
    frame.to_excel(path.with_suffix(".xlsx"), index=False)
    return path.with_suffix(".xlsx")


def as_spss(path: Path, frame: pd.DataFrame) -> Path:
    pyreadstat.write_sav(frame, str(path.with_suffix(".sav")))
    return path.with_suffix(".sav")


@pytest.mark.parametrize(("save", "kind"), [(as_workbook, "Excel workbook"), (as_spss, "SPSS")])
def test_workbook_and_spss_file_hold_the_same_ratings(
    tmp_path: Path, save: Callable[[Path, pd.DataFrame], Path], kind: str
) -> None:
    frame = wide().astype({"overall": float})
    frame.loc[3, "overall"] = np.nan
    data, plain = read(save(tmp_path / "r", frame)), read(saved(tmp_path, frame))
    pd.testing.assert_frame_equal(data.frame, plain.frame)
    assert (data.encoding, data.n_missing) == (kind, 1)


def test_workbook_names_the_row_of_a_fault(tmp_path: Path) -> None:
    frame = wide()
    frame.loc[5, "overall"] = 55
    assert "line 7: rating 55" in refusal(as_workbook(tmp_path / "r", frame))


def test_workbook_of_two_sheets_needs_one_called_ratings(tmp_path: Path) -> None:
    for second, is_read in (("notes", False), ("Ratings", True)):
        path = tmp_path / f"{second}.xlsx"
        with pd.ExcelWriter(path) as book:
            pd.DataFrame({"a": [1]}).to_excel(book, sheet_name="about", index=False)
            wide().to_excel(book, sheet_name=second, index=False)
        if is_read:
            assert len(read(path).frame) == 288
        else:
            assert "has the sheets about, notes; call the one with the ratings 'ratings'" in refusal(path)


@pytest.mark.parametrize("ending", [".xlsx", ".sav"])
def test_damaged_workbook_and_spss_file_are_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"r{ending}"
    path.write_bytes(b"expert_id,system\n")
    assert "is not a readable" in refusal(path)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"bounds": "5-1"}, "does not begin below its end"),
        ({"bounds": "high"}, "is not a range"),
        ({"columns": "rater"}, "is not NAME=VALUE"),
        ({"orders": ["overall=good"]}, "does not name two or more different words"),
    ],
)
def test_options_that_cannot_be_read_are_refused(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_given(**given)


def test_a_dataset_has_its_own_bounds_and_takes_no_others(tmp_path: Path) -> None:
    message = refusal(make_dataset(tmp_path / "d"), bounds="1-7")
    assert "is a DATASET, which has its own columns and bounds: leave out --columns, --bounds" in message


def test_bounds_with_negative_ends_are_read() -> None:
    assert parse_given(bounds="-3-3,q=-10--1").bounds == {"": (-3, 3), "q": (-10, -1)}


def test_scale_without_a_six_takes_its_end_from_the_scale_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    rows = [
        f"e{n % 4},s{n % 2},c{n // 4},{1 + n % 7},{(1, 2, 3, 4, 5, 5, 7)[n % 7] if n < 7 else 1 + n % 5}"
        for n in range(56)
    ]
    path.write_text("expert_id,system,clip_id,valence,harmony\n" + "\n".join(rows) + "\n")
    assert [(scale.key, scale.minimum, scale.maximum) for scale in read(path).scales] == [
        ("valence", 1, 7),
        ("harmony", 1, 7),
    ]
    alone = path.read_text()
    path.write_text("\n".join(",".join(line.split(",")[:3] + line.split(",")[4:]) for line in alone.splitlines()))
    with pytest.raises(InputError, match="rating 7 on harmony is outside 1 to 5"):
        read(path)
