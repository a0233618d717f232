from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.data.dataset import Question
from analysis.report import tables
from analysis.report.columns import shown
from analysis.report.findings import model_means, stacked
from analysis.report.registry import all_findings
from analysis.report.sections import SECTIONS, compute
from analysis.report.sections.study import PARTICIPANTS
from analysis.report.sections.tables import VARIANCE_COMPONENTS
from analysis.statistics import bootstrap
from tests.analysis.builders import SIX, make_frame, make_ratings
from tests.analysis.shared_findings import found, parts_of, study


def table_of(frame: pd.DataFrame) -> tables.Table:
    return tables.Table("t", frame, {"en": "T", "zh-hans": "表"}, (), is_simulated=False)


def test_tables_come_in_their_order_and_only_those_that_could_be_had() -> None:
    names = [name for name, part in parts_of(found()).items() if not part.finding.draw]
    order = [finding.name for finding in all_findings(SECTIONS)]
    assert names == [name for name in order if name in found().frames]
    assert "participants" not in names


def test_an_interval_is_one_cell_and_p_is_never_nought() -> None:
    frame = pd.DataFrame({"scale": ["overall"], "ci_low": [-0.5], "ci_high": [0.25], "p": [1e-9], "p_holm": [0.0421]})
    header, rows = shown(frame, make_ratings(), "en")
    assert header == ["Scale", "CI", "p", "Holm-adjusted p"]
    assert rows == [["Overall quality", "−0.50 – 0.25", "< .001", ".042"]]


def test_names_and_words_are_in_the_readers_language() -> None:
    frame = pd.DataFrame({"scale": ["overall"], "system_a": ["real"], "component": ["clip"], "flagged": [True]})
    columns = VARIANCE_COMPONENTS.columns
    assert shown(frame, make_ratings(), "zh-hans", columns)[1] == [["整体质量", "真实音乐", "片段", "是"]]
    assert shown(frame, make_ratings(), "en", columns)[1] == [["Overall quality", "Real music", "clips", "yes"]]


def test_groups_and_background_are_worded_as_in_the_study_file() -> None:
    choices = {"no": {"en": "Not at all", "zh-hans": "完全不会"}}
    frame = make_frame(SIX[:2], experts=7).assign(group="men", is_repeat=False)
    experts = sorted(frame["expert_id"].unique())
    ratings = make_ratings(
        SIX[:2],
        frame=frame,
        experts=pd.DataFrame({"speaks": ["no"] * 5 + [""] * 2, "years": ["3"] * 7}, index=experts),
        group_labels={"men": {"en": "Men", "zh-hans": "男"}},
        questions={"speaks": Question({"en": "Do you speak Daur?", "zh-hans": "您会说达斡尔语吗？"}, choices)},
    )
    assert PARTICIPANTS.grid
    assert PARTICIPANTS.grid(compute(ratings, replicates=1000, seed=1), "zh-hans")[1] == [
        ["组", "男", "7"],
        ["您会说达斡尔语吗？", "完全不会", "不公布"],
        ["您会说达斡尔语吗？", "未回答", "少于 5"],
        ["years", "3 – 3 – 3", "7"],
    ]
    assert shown(pd.DataFrame({"group": ["men"]}), ratings, "en")[1] == [["Men"]]


def test_empty_cells_are_empty_and_counts_have_no_decimals() -> None:
    frame = pd.DataFrame({"value": [np.nan], "n": [12.0]})
    assert shown(frame, make_ratings(), "en")[1] == [["", "12"]]


def test_means_have_no_interval_where_so_few_clips_allow_none() -> None:
    ratings = study(SIX[:2])
    means = bootstrap.system_means(ratings.counted, ["valence", "overall"], SIX[:2], replicates=1000)
    few = means.assign(reason=np.where(means["system"] == "real", "few_clips", ""))
    found_here = model_means(stacked([fit.means for fit in found().fits.values()]), few).set_index("system")
    assert found_here.loc["real", ["se", "df", "ci_low", "ci_high"]].isna().to_numpy().all()
    assert found_here.loc["midi-gan", ["se", "ci_low", "ci_high"]].notna().to_numpy().all()


def test_zero_has_no_minus_however_it_was_rounded() -> None:
    frame = pd.DataFrame({"scale": ["overall"], "estimate": [-0.001], "ci_low": [-0.004], "ci_high": [0.5]})
    assert shown(frame, make_ratings(), "en")[1] == [["Overall quality", "0.00", "0.00 – 0.50"]]
    assert tables.readable(-0.0004, 2) == "0.00"
    assert tables.readable(-0.006, 2) == "-0.01"


@pytest.mark.parametrize("form", [tables.markdown_text, tables.latex_text])
def test_no_form_of_a_table_prints_p_as_nought(form: object) -> None:
    table = table_of(pd.DataFrame({"difference": [0.0], "p": [0.0], "p_holm": [0.0004]}))
    text = form(table)  # type: ignore[operator]
    assert ".001" in text
    assert "0.000 " not in text.replace("0.00 ", "")
    assert "| 0.00 |" in text or " 0.00 &" in text or "0.00 & " in text
