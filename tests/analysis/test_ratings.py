from __future__ import annotations

from pathlib import Path

import pytest

from analysis.data.ratings import read
from formats.errors import InputError
from tests.analysis.builders import make_frame, make_ratings, write_csv

HEADER = "expert_id,system,clip_id,scale,rating\n"


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "ratings.csv"
    path.write_text(text, encoding=encoding)
    return path


def refusal(path: Path, *scales: str) -> str:
    with pytest.raises(InputError) as caught:
        read(path, scales)
    return str(caught.value)


def test_a_long_and_a_wide_file_of_the_same_ratings_read_alike(tmp_path: Path) -> None:
    long = make_frame()
    wide = long.pivot(index=["expert_id", "system", "clip_id"], columns="scale", values="rating").reset_index()
    first = read(write_csv(tmp_path / "long.csv", long))
    second = read(write_csv(tmp_path / "wide.csv", wide), ["valence", "overall"])
    columns = ["expert_id", "system", "clip_id", "scale", "rating"]
    assert first.frame[columns].equals(second.frame[columns])
    assert [scale.key for scale in first.scales] == [scale.key for scale in second.scales] == ["valence", "overall"]


def test_a_semicolon_file_with_bom_and_decimal_commas_is_read(tmp_path: Path) -> None:
    text = "expert_id;system;clip_id;quality\ne1;real;a;3,5\ne2;real;a;4\n"
    data = read(written(tmp_path, text, encoding="utf-8-sig"))
    assert data.frame["rating"].tolist() == [3.5, 4.0]
    assert data.frame["expert_id"].tolist() == ["e1", "e2"]


def test_columns_of_words_and_of_circumstances_are_not_taken_for_scales(tmp_path: Path) -> None:
    text = "expert_id,system,clip_id,trial,liking,instrument,comment\ne1,real,a,1,4,flute,7\ne2,real,a,2,5,drum,8\n"
    data = read(written(tmp_path, text))
    assert [scale.key for scale in data.scales] == ["liking"]
    assert [column.name for column in data.columns if not column.used_as] == ["instrument"]
    assert data.frame["trial"].tolist() == [1, 2]


def test_columns_that_tell_of_the_expert_or_have_no_name_are_not_taken_for_scales(tmp_path: Path) -> None:
    rows = [f"{row},e{row % 3},s,c{row // 3},{1 + row % 4},{20 + row % 3}" for row in range(12)]
    path = written(tmp_path, "\n".join([",expert_id,system,clip_id,overall,age", *rows]))
    found = read(path)
    assert [scale.key for scale in found.scales] == ["overall"]
    assert {column.name: column.reason for column in found.columns if not column.used_as} == {
        "": "nameless",
        "age": "of_expert",
    }
    assert [scale.key for scale in read(path, ["age"]).scales] == ["age"]


def test_a_slip_in_a_column_of_numbers_is_named_by_line(tmp_path: Path) -> None:
    path = written(tmp_path, "expert_id,system,clip_id,liking\ne1,real,a,4\ne2,real,a,good\ne3,real,a,5\n")
    assert refusal(path) == f"{path}, line 3: liking is 'good', which is not a number; correct it or leave it empty."


def test_the_line_is_right_after_a_quoted_line_break_and_a_blank_line(tmp_path: Path) -> None:
    path = written(
        tmp_path, 'expert_id,system,clip_id,liking,comment\ne1,real,a,4,"so\nso"\n\ne2,real,a,bad,\ne3,real,a,1,\n'
    )
    assert ", line 5: liking is 'bad'" in refusal(path)


def test_empty_ratings_are_left_out_and_counted(tmp_path: Path) -> None:
    data = read(written(tmp_path, HEADER + "e1,real,a,q,4\ne2,real,a,q,\ne3,real,a,q,NA\n"))
    assert data.n_missing == 2
    assert len(data.frame) == 1


def test_repeats_are_kept_but_do_not_count(tmp_path: Path) -> None:
    text = "expert_id,system,clip_id,is_repeat,scale,rating\ne1,real,a,0,q,4\ne1,real,a,1,q,1\n"
    data = read(written(tmp_path, text))
    assert len(data.frame) == 2
    assert data.counted["rating"].tolist() == [4.0]


REPEATS = "expert_id,system,clip_id,is_repeat,late,scale,rating\n"


def test_a_file_of_nothing_but_repeats_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "r.csv", make_frame().assign(is_repeat=1))
    assert refusal(path).endswith("r.csv: every rating is marked is_repeat; mark the second hearing of a clip alone.")


@pytest.mark.parametrize("yes", ["1", "1.0", "true", "TRUE", "Yes"])
@pytest.mark.parametrize("no", ["0", "0.0", "false", "False", "NO", ""])
def test_flags_are_read_as_people_and_programs_write_them(tmp_path: Path, yes: str, no: str) -> None:
    text = f"{REPEATS}e1,real,a,{no},{yes},q,4\ne1,real,a,{yes},{no},q,1\n"
    data = read(written(tmp_path, text))
    assert data.counted["rating"].tolist() == [4.0]
    assert data.frame["late"].tolist() == [True, False]


@pytest.mark.parametrize("word", ["yes!", "maybe", "2", "-1", "NA"])
def test_a_flag_that_is_neither_yes_nor_no_is_refused_by_line(tmp_path: Path, word: str) -> None:
    assert f"line 3: is_repeat is {word!r}; write 1 for yes, and 0 or nothing for no." in refusal(
        written(tmp_path, f"{REPEATS}e1,real,a,0,,q,4\ne1,real,a,{word},,q,1\n")
    )
    assert f"line 2: late is {word!r};" in refusal(written(tmp_path, f"{REPEATS}e1,real,a,0,{word},q,4\n"))


def test_a_table_of_simulated_experts_is_simulated_wherever_it_lies(tmp_path: Path) -> None:
    wide = "expert_id,system,clip_id,q\nsimulated-001,real,a,4\nsimulated-002,real,a,4\n"
    long = HEADER + "simulated-001,real,a,q,4\nsimulated-002,real,a,q,4\n"
    assert read(written(tmp_path, wide)).is_simulated
    assert read(written(tmp_path, long)).is_simulated
    assert not read(written(tmp_path, HEADER + "e1,real,a,q,4\n")).is_simulated


def test_simulated_and_real_ratings_in_one_table_are_refused(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, HEADER + "e1,real,a,q,4\nsimulated-002,real,a,q,4\n"))
    assert "mixes simulated experts (simulated-002, line 3) with others (e1, line 2)" in message


def test_bounds_of_a_plain_file_are_inferred_and_said_to_be(tmp_path: Path) -> None:
    data = read(written(tmp_path, HEADER + "e1,real,a,q,20\ne2,real,a,q,80\n"))
    assert (data.scales[0].minimum, data.scales[0].maximum) == (0, 100)
    assert data.bounds_inferred == ("q",)
    assert data.status("q") == "exploratory"


def test_real_music_is_the_system_named_real(tmp_path: Path) -> None:
    assert read(written(tmp_path, HEADER + "e1,real,a,q,4\n")).real_system == "real"
    assert read(written(tmp_path, HEADER + "e1,mine,a,q,4\n")).real_system is None


def test_scales_picks_and_orders(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "long.csv", make_frame(scales=("a", "b", "c")))
    assert [scale.key for scale in read(path, ["c", "a"]).scales] == ["c", "a"]
    assert [scale.key for scale in read(path, ["B"]).scales] == ["b"]
    assert "there is no scale 'd'; the file has a, b, c." in refusal(path, "d")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; its first line must name the columns."),
        (HEADER, "has a first line but no rows under it."),
        (
            "expert_id,system,scale,rating\ne1,real,q,4\n",
            "column clip_id is missing; the first line has expert_id, system",
        ),
        ("expert_id,system,clip_id,scale\ne1,real,a,q\n", "column rating is missing"),
        ("expert_id,system,clip_id,note\ne1,real,a,nice\n", "holds no ratings: it needs the columns scale and rating"),
        ("expert_id,system,clip_id,q,q\ne1,real,a,4,4\n", "line 1: column 'q' is there twice"),
        (HEADER + "e1,real,a,q,4\ne2,real,a,q\n", "line 3: 4 cells where the first line names 5 columns."),
        (HEADER + "e1,real,a,q,inf\n", "line 2: rating is 'inf', which is not a number"),
        (HEADER + "e1,real,a,q,4\ne2,real,a,q,-1e300\n", "line 3: rating is '-1e300', which is beyond 1e+12 or -1e+12"),
        (HEADER + 'e1,"mine\nown",a,q,4\n', r"line 3: system 'mine\nown' contains a line break or control character"),
        (HEADER + "e1,mine,a,q\x07,4\n", r"line 2: scale 'q\x07' contains a line break or control character"),
        (HEADER + "e1,mine\ufffe,a,q,4\n", r"line 2: system 'mine\ufffe' contains a line break or control character"),
        ('expert_id,system,clip_id,"q\nr"\ne1,real,a,4\n', r"line 1: column name 'q\nr' contains a line break"),
        (HEADER + "e1,real,a,q,4\n,real,a,q,4\n", "line 3: expert_id is empty"),
        (HEADER + "e1,real,a,q,\n", "holds no rating: every cell is empty."),
        (
            HEADER + "e1,real,a,q,4\ne2,real,a,q,4\ne1,real,a,q,5\n",
            "lines 2 and 4: expert e1 rates clip a of real twice",
        ),
        (HEADER + 'e1,real,"a,q,4\n', "line 2: not a readable CSV line"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    message = refusal(written(tmp_path, text))
    assert sentence in message
    assert "\n" not in message


@pytest.mark.parametrize(("encoding", "name"), [("gb18030", "GB18030"), ("utf-16", "UTF-16"), ("utf-8-sig", "UTF-8")])
def test_a_file_as_a_chinese_spreadsheet_saves_it_is_read_and_its_encoding_is_said(
    tmp_path: Path, encoding: str, name: str
) -> None:
    path = tmp_path / "ratings.csv"
    path.write_bytes((HEADER + "专家一,real,a,整体,4\n专家二,模型,b,整体,2\n").replace("\n", "\r\n").encode(encoding))
    data = read(path)
    assert data.frame["expert_id"].tolist() == ["专家一", "专家二"]
    assert data.frame["system"].tolist() == ["real", "模型"]
    assert data.encoding == name


def test_a_file_whose_encoding_is_not_certain_is_refused(tmp_path: Path) -> None:
    assert "not UTF-8 text" in refusal(written(tmp_path, HEADER + "Болд,real,a,q,4\n", encoding="cp1251"))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.csv")


def test_a_questionnaire_is_refused_until_its_scales_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, f"expert_id,system,clip_id,{','.join(f'q{n}' for n in range(30))}\ne1,real,a{',4' * 30}\n")
    assert "has 30 scales; name those to analyse, at most 24, with --scales." in refusal(path)
    assert len(read(path, ["q3", "q4"]).scales) == 2


def test_a_scale_in_words_is_refused_with_how_to_mend_it(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, HEADER + "e1,real,a,q,good\ne2,real,a,q,poor\ne1,real,a,r,4\ne2,real,a,r,5\n"))
    assert "q holds words and no numbers; give their order, the lowest first, with --order 'q=poor,good'" in message


def test_alpha_level_and_gap_are_the_plans_or_the_usual_ones() -> None:
    assert (make_ratings().alpha, make_ratings().level, make_ratings().gap) == (0.05, "95", None)
    ratings = make_ratings(plan={"alpha": 0.01, "smallest_gap": 0.4})
    assert (ratings.alpha, ratings.level, ratings.gap) == (0.01, "99", 0.4)
