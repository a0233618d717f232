from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.participants import participants
from tests.analysis.found import study


def test_groups_are_counted_and_small_numbers_of_a_background_are_not_told() -> None:
    frame = study().frame.assign(group=lambda frame: (frame["expert_id"] < "e03").map({True: "men", False: "women"}))
    codes = sorted(frame["expert_id"].unique())
    experts = pd.DataFrame(
        {"expert_id": codes, "speaks": ["yes"] * 6 + ["no"], "years": ["3", "5", "9", "20", "40", "", ""]}
    )
    table = participants(replace(study(), frame=frame, experts=experts))
    rows = {(row.characteristic, row.answer): row.n_experts for row in table.itertuples()}
    assert rows[("group", "men")] == "3"
    assert rows[("speaks", "yes")] == "6"
    assert rows[("speaks", "no")] == "few"
    assert rows[("years", "3 – 9 – 40")] == "5"
    assert rows[("years", "not said")] == "few"


def test_a_file_of_ratings_alone_says_nothing_of_its_experts() -> None:
    assert participants(study()).empty
