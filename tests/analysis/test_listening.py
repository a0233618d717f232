"""How far experts went and how they listened, from a dataset's tables and log."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import read
from analysis.report.folder import write_report
from analysis.statistics import listening
from formats.errors import InputError
from tests.analysis.builders import make_dataset, make_frame, write_csv, write_hashes

EXPERTS = pd.DataFrame(
    {
        "expert_id": ["e00", "e01", "e02", "e03", "e04", "e05", "later"],
        "submitted": ["2026-01-01", "2026-01-01", "", "2026-01-01", "2026-01-01", "2026-01-01", ""],
        "headphones_correct": ["6", "5", "4", "", "0", "6", ""],
        "headphones_rounds": ["6", "6", "6", "", "0", "6", ""],
    }
)
EVENTS = [
    *({"kind": "invited", "detail": {"expert": f"e{n:02d}"}} for n in range(6)),
    *({"kind": "invited", "detail": {"expert": expert}} for expert in ("later", "gone", "never")),
    {"kind": "withdrawn", "detail": {"expert": "gone"}},
    {"kind": "opened", "detail": {}},
]


def dataset(folder: Path, events: str) -> Path:
    """Six experts with ratings, one who has given none, one who withdrew, and one who is in the log alone."""
    made = make_dataset(folder / "d", make_frame(("real", "midi-gan"), experts=6))
    write_csv(made / "experts.csv", EXPERTS)
    (made / "events.jsonl").write_text(events, encoding="utf-8")
    write_hashes(made)
    return made


def test_flow_counts_every_stage(tmp_path: Path) -> None:
    ratings = read(dataset(tmp_path, "\n".join(map(json.dumps, EVENTS))))
    assert ratings.flow == {
        "invited": 9,
        "withdrawn": 1,
        "not_begun": 2,
        "begun": 6,
        "dropped_out": 1,
        "analysed": 6,
    }


def test_days_on_which_the_plan_was_amended_are_in_the_report(tmp_path: Path) -> None:
    amended = [{"kind": "plan amended", "at": f"2026-0{month}-03T04:05:06Z", "detail": {}} for month in (1, 2)]
    ratings = read(dataset(tmp_path, "\n".join(map(json.dumps, [*EVENTS, *amended]))))
    assert ratings.amended == ("2026-01-03", "2026-02-03")
    write_report(ratings, tmp_path / "r", replicates=1000, draw=False)
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    for words in ("Analysis plan amended on (UTC; this report follows the frozen plan)", "分析计划修订于"):
        assert page.count(words) == 1
    assert page.count("2026-01-03, 2026-02-03") == 2


def test_line_separators_within_an_event_end_no_line(tmp_path: Path) -> None:
    noted = {"kind": "noted", "detail": {"text": "one\u2028two\u2029three\x85four"}}
    lines = [json.dumps(event, ensure_ascii=False) for event in [noted, *EVENTS]]
    assert read(dataset(tmp_path, "\n".join(lines))).flow["invited"] == 9


def test_line_that_is_no_event_is_refused_with_its_number(tmp_path: Path) -> None:
    made = dataset(tmp_path, '{"kind": "opened"}\n[1]\n')
    with pytest.raises(InputError, match="line 2 is no event"):
        read(made)


def test_summary_has_medians_of_trials_and_counts_of_the_check() -> None:
    trials = pd.DataFrame({"expert_id": ["a", "a", "b", "b"], "trial": [1.0, 2.0, 1.0, 2.0]})
    first = trials.assign(scale="x", plays=[1, 2, 1, 1], rt_ms=[10_000, 20_000, 30_000, 40_000])
    frame = pd.concat([first, first.assign(scale="y", plays=first["plays"] + 1, rt_ms=first["rt_ms"] + 2_000)])
    table = listening.summary(frame, EXPERTS).set_index("statistic")
    assert table.loc["replayed", "value"] == 0.25
    assert [table.at["seconds", name] for name in ("value", "n")] == [27.0, 4]
    assert table.loc["minutes", "value"] == pytest.approx((34 + 74) / 2 / 60)
    counts = {name: table.loc[f"headphones_{name}", "value"] for name in listening.HEADPHONES}
    assert counts == {"passed": 3, "failed": 1, "skipped": 1, "not_reached": 2}
    curves = listening.curves(frame, EXPERTS)
    assert curves.loc[curves["panel"] == "plays", "share"].tolist() == [0.75, 0.25]
    assert curves.loc[curves["panel"] == "time", "median"].tolist() == [22.0, 32.0]


def test_nothing_recorded_has_no_rows() -> None:
    frame = make_frame(("real", "midi-gan"))
    assert listening.summary(frame, None).empty
    assert listening.curves(frame.assign(trial=1.0, rt_ms=np.nan), None).empty
