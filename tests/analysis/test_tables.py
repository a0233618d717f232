from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from analysis.data.ratings import Ratings, read
from analysis.report import style, tables
from analysis.report.document import part_of, table
from analysis.report.sections import compute
from tests.analysis.builders import make_dataset, make_frame, make_ratings

CONTRACT = ["scale", "system", "mean", "se", "df", "ci_low", "ci_high", "n_ratings", "n_experts", "n_clips"]


def table_of(ratings: Ratings, name: str) -> tables.Table:
    """A table of the report as its files show it."""
    found = compute(ratings, replicates=1000, seed=1)
    part = part_of(found, found.findings[name])
    assert part is not None
    return table(found, part)


def means_table(ratings: Ratings) -> tables.Table:
    return table_of(ratings, "system_means_bootstrap")


def small_table(frame: pd.DataFrame, *notes: dict[str, str]) -> tables.Table:
    return tables.Table("t", frame, {"en": "T", "zh-hans": "表"}, notes, is_simulated=False)


def test_system_means_has_exactly_the_contracted_columns_and_rereads_to_the_same_numbers(tmp_path: Path) -> None:
    table = table_of(make_ratings(), "system_means")
    paths = tables.write_table(table, tmp_path)
    assert [path.name for path in paths] == ["system_means.csv", "system_means.md", "system_means.tex"]
    again = pd.read_csv(paths[0])
    assert list(again.columns) == CONTRACT
    assert again["mean"].tolist() == pytest.approx(table.frame["mean"].tolist(), abs=1e-6)
    assert again["df"].notna().all()
    assert means_table(make_ratings()).frame["df"].isna().all()
    assert list(again["system"].unique())[0] == "real"
    assert b"\r" not in paths[0].read_bytes()


def test_simulated_ratings_are_marked_in_every_form_and_the_csv_stays_rectangular() -> None:
    table = means_table(make_ratings(is_simulated=True))
    text = tables.csv_text(table.frame, is_simulated=True)
    again = pd.read_csv(io.StringIO(text))
    assert list(again.columns) == CONTRACT
    assert again.iloc[-1]["scale"] == "SIMULATED / 模拟数据"
    assert again.iloc[-1, 1:].isna().all()
    assert again["mean"].dtype == float
    assert "SIMULATED / 模拟数据" in tables.markdown_text(table)
    assert "SIMULATED" in tables.latex_text(table).split(r"\bottomrule")[1]


def test_number_that_rounds_to_zero_has_no_minus() -> None:
    frame = pd.DataFrame({"scale": ["-0.0", "b"], "mean": [-1e-9, -0.0], "se": [-1e-3, float("nan")], "p": [1e-9, 1.0]})
    text = tables.csv_text(frame, is_simulated=False)
    assert text == "scale,mean,se,p\n-0.0,0.000000,-0.001000,1e-09\nb,0.000000,,1\n"
    assert "1e-09" in tables.csv_text(frame.assign(mean=1e-9), is_simulated=False, numbers="%.6g")


def test_real_ratings_carry_no_mark() -> None:
    table = means_table(make_ratings())
    forms = (tables.csv_text(table.frame, is_simulated=False), tables.markdown_text(table), tables.latex_text(table))
    assert not any("SIMULATED" in form for form in forms)


def test_the_reason_for_an_empty_interval_names_systems_and_scales() -> None:
    frame = make_frame(systems=("a", "b"))
    frame = frame[(frame["system"] != "b") | (frame["clip_id"] < "1x2")].assign(is_repeat=False)
    table = means_table(make_ratings(("a", "b"), frame=frame))
    assert "No interval, fewer than 3 clips: b (valence, overall)." in [note["en"] for note in table.notes]
    assert "没有区间，片段少于 3 个：b (valence, overall)。" in tables.markdown_text(table)


def test_a_table_says_its_method_and_what_is_exploratory() -> None:
    ratings = make_ratings(planned_scales=("overall",))
    assert "1,000 replicates, seed 1" in means_table(ratings).notes[0]["en"]
    notes = [note["en"] for note in table_of(ratings, "system_means").notes]
    assert notes[0].startswith("Method: mixed model")
    assert notes[1] == "Exploratory, not in a frozen analysis plan: valence."


def test_objective_means_are_means_over_the_rated_clips_of_each_system(tmp_path: Path) -> None:
    ratings = read(make_dataset(tmp_path / "d"))
    table = table_of(ratings, "objective_means")
    frame = table.frame.set_index(["system", "metric"])
    assert frame.loc[("real", "ebr"), "mean"] == pytest.approx(0.15)
    assert frame.loc[("real", "gc"), "mean"] == 0.75
    assert frame.loc[("mlstm", "upc"), "n_clips"] == 4
    assert "Exploratory: not in a frozen analysis plan." in [note["en"] for note in table.notes]


def test_a_metric_that_a_clip_lacks_is_left_out_not_zero() -> None:
    metrics = pd.DataFrame({"clip_id": ["a", "b"], "system": "real", "upc": [4.0, float("nan")], "gc": float("nan")})
    table = table_of(make_ratings(metrics=metrics), "objective_means")
    frame = table.frame.set_index("metric")
    assert (frame.loc["upc", "mean"], frame.loc["upc", "n_clips"]) == (4.0, 1)
    assert frame["sd"].isna().all()
    assert frame["mean"].isna().to_dict() == {"upc": False, "gc": True}


def test_latex_escapes_what_would_break_it() -> None:
    assert tables.latex_escape(r"50 % of_a & b \ {c}") == r"50 \% of\_a \& b \textbackslash{} \{c\}"
    assert tables.latex_escape("a<b>|c") == r"a\textless{}b\textgreater{}\textbar{}c"
    frame = pd.DataFrame({"scale": ["[2cm]", "*"], "mean": [1.0, 2.0]})
    rows = tables.latex_text(small_table(frame)).split("\\midrule\n")[1].splitlines()
    assert rows[:2] == [r"{[}2cm] & 1.00 \\", r"{*} & 2.00 \\"]  # bare, \midrule and \\ would read them as options


def test_markdown_keeps_names_from_becoming_html_links_or_cells() -> None:
    note = {"en": "No interval: <img src=x> [a](b).", "zh-hans": "没有区间"}
    frame = pd.DataFrame({"a|b": ["x|y", "<script>alert(1)</script>", "![p](http://x/y) & `z` *"]})
    text = tables.markdown_text(small_table(frame, note))
    assert r"| a\|b |" in text
    assert r"| x\|y |" in text
    assert "| &lt;script&gt;alert(1)&lt;/script&gt; |" in text
    assert r"| !\[p](http://x/y) &amp; \`z\` \* |" in text
    assert r"- No interval: &lt;img src=x&gt; \[a](b)." in text


def test_upc_is_called_what_the_pack_counts(tmp_path: Path) -> None:
    table = table_of(read(make_dataset(tmp_path / "d")), "objective_means")
    note = table.notes[0]
    assert "UPC is the number of different pitches" in note["en"]
    assert "UPC 为一段中不同音高的个数" in note["zh-hans"]


@pytest.mark.parametrize("name", ["p", "p_holm", "p_simultaneous", "p_linear", "p_ordinal"])
def test_small_p_keeps_its_digits_in_csv(name: str) -> None:
    values = [3.21987654e-9, 0.0123456789, 1.0, float("nan")]
    frame = pd.DataFrame({"scale": ["x"] * 4, "difference": [1e-9, 0.5, 2.0, float("nan")], name: values})
    text = tables.csv_text(frame, is_simulated=False)
    assert text == f"scale,difference,{name}\nx,0.000000,3.21988e-09\nx,0.500000,0.0123457\nx,2.000000,1\nx,,\n"
    assert tables.csv_text(frame, is_simulated=True).endswith(f"{style.simulated_mark()},,\n")
