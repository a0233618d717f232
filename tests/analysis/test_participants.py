from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from analysis.data.dataset import Question
from analysis.statistics.participants import OTHERS, participants
from tests.analysis.shared_findings import study


def test_groups_are_counted_and_small_numbers_of_a_background_are_not_told() -> None:
    frame = study().frame.assign(group=lambda frame: (frame["expert_id"] < "e03").map({True: "men", False: "women"}))
    codes = sorted(frame["expert_id"].unique())
    experts = pd.DataFrame(
        {"expert_id": codes, "speaks": ["yes"] * 6 + ["no"], "years": ["3", "5", "9", "20", "40", "", ""]}
    )
    table = participants(replace(study(), frame=frame, experts=experts))
    rows = {(row.characteristic, row.answer): row.n_experts for row in table.itertuples()}
    assert rows[("group", "men")] == "3"
    assert rows[("speaks", "yes")] == "withheld"  # else 7 less 6 would tell of the one
    assert rows[("speaks", OTHERS)] == "few"
    assert rows[("years", "5 – 9 – 20")] == "withheld"
    assert rows[("years", "not said")] == "few"


def told(answers: Sequence[str], questions: Mapping[str, Question] | None = None) -> dict[str, str]:
    codes = sorted(study().frame["expert_id"].unique())
    experts = pd.DataFrame({"expert_id": codes, "plays": answers})
    table = participants(replace(study(), experts=experts, questions=questions or {}))
    return dict(zip(table["answer"], table["n_experts"], strict=True))


def test_what_few_experts_say_in_their_own_words_is_not_repeated() -> None:
    assert told([*["drum"] * 5, "jaw harp", "fiddle"]) == {"drum": "withheld", OTHERS: "few"}


def test_answers_to_choose_from_are_all_listed() -> None:
    choices = {key: {"en": key} for key in ("yes", "some", "no")}
    found = told([*["no"] * 5, "some", "yes"], {"plays": Question({"en": "Plays?"}, choices)})
    assert found == {"no": "5", "some": "few", "yes": "few"}


def test_a_file_of_ratings_alone_says_nothing_of_its_experts() -> None:
    assert participants(study()).empty
