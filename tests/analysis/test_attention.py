"""Attention checks in reports: counted, said, and excluding experts only by the frozen plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.data import choices, comparisons, ratings
from analysis.report import choices as choice_report
from analysis.report import comparisons as comparison_report
from analysis.report.folder import write_report
from formats.errors import InputError
from formats.messages import LANGUAGES
from tests.analysis.builders import make_dataset, make_frame, write_hashes

PANEL = make_frame(("a", "b", "real"), ("valence", "overall"), experts=8, clips=3)
#: Of three checks e00 failed all, e01 two, e02 one, and the others none.
FAILED = {f"e{n:02d}": max(0, 3 - n) for n in range(8)}


def read(folder: Path, **options: Any) -> ratings.Ratings:
    return ratings.read(make_dataset(folder, PANEL, failed=FAILED, **options))


def test_checks_are_counted_by_expert(tmp_path: Path) -> None:
    found = read(tmp_path / "dataset").attention
    assert found is not None
    assert found.table["passed"].tolist() == [0, 1, 2, 3, 3, 3, 3, 3]
    assert set(found.table["answered"]) == {3}
    assert (found.per_session, found.answered, found.passed_all, found.excluded) == (3, 8, 5, ())


def test_expert_without_an_answer_passed_nothing_and_failed_nothing(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "dataset", PANEL, failed={"e00": 3}, plan={"failed_checks": 1})
    found = ratings.read(folder).attention
    assert found is not None
    assert found.table.iloc[1].tolist() == ["e01", 0, 0, 0]
    assert (found.answered, found.passed_all, found.excluded) == (1, 0, ("e00",))


@pytest.mark.parametrize(
    ("limit", "excluded"), [(None, ()), (4, ()), (3, ("e00",)), (2, ("e00", "e01")), (1, ("e00", "e01", "e02"))]
)
def test_experts_are_excluded_exactly_by_the_frozen_rule(
    tmp_path: Path, limit: int | None, excluded: tuple[str, ...]
) -> None:
    found = read(tmp_path / "dataset", plan={"failed_checks": limit})
    assert found.attention is not None
    assert found.attention.excluded == excluded
    assert set(FAILED) - set(found.frame["expert_id"]) == set(excluded)
    assert (found.everyone is None) == (not excluded)
    if found.everyone is not None:
        assert set(found.everyone["expert_id"]) == set(FAILED)


def test_rule_that_excludes_everyone_is_refused(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "dataset", PANEL, failed=dict.fromkeys(FAILED, 2), plan={"failed_checks": 2})
    with pytest.raises(InputError, match="excludes every expert, so there is nothing to analyse"):
        ratings.read(folder)


def test_missing_table_of_checks_is_refused(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "dataset", PANEL, failed=FAILED)
    (folder / "attention_checks.csv").unlink()
    write_hashes(folder)
    with pytest.raises(InputError, match="attention_checks.csv"):
        ratings.read(folder)


def test_flow_and_sensitivity_name_who_is_excluded(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "dataset", PANEL, failed=FAILED, plan={"failed_checks": 2})
    experts = pd.DataFrame({"expert_id": list(FAILED), "submitted": "2026-01-01T00:00:00.000Z"})
    experts.to_csv(folder / "experts.csv", index=False)
    write_hashes(folder)
    found = ratings.read(folder)
    assert (found.flow["begun"], found.flow["failed_checks"], found.flow["analysed"]) == (8, 2, 6)
    out = tmp_path / "report"
    write_report(found, out, replicates=1000)
    table = pd.read_csv(out / "tables" / "sensitivity.csv")
    whole = table[(table["analysis"] == "with_excluded") & (table["scale"] == "overall")]
    main = table[(table["analysis"] == "main") & (table["scale"] == "overall")]
    assert set(whole["n_experts"]) == {8}
    assert set(main["n_experts"]) == {6}
    drawn = [pd.read_csv(path) for path in sorted((out / "figures").glob("*.csv"))]
    flow = next(frame for frame in drawn if "stage" in frame)
    assert dict(zip(flow["stage"], flow["n"], strict=True))["failed_checks"] == 2
    checks = pd.read_csv(out / "tables" / "attention_checks.csv")
    assert checks["passed"].tolist() == [0, 1, 2, 3, 3, 3, 3, 3]
    for lang in LANGUAGES:
        said = (out / f"methods.{lang}.md").read_text(encoding="utf-8")
        assert {"en": "Excluded: e00, e01.", "zh-hans": "已排除：e00、e01。"}[lang] in said


def test_report_without_an_exclusion_says_so(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_report(read(tmp_path / "dataset"), out, replicates=1000)
    table = pd.read_csv(out / "tables" / "sensitivity.csv")
    assert "with_excluded" not in set(table["analysis"])
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Attention checks per session: 3, in trials drawn at random." in page
    assert "Experts who passed all that they answered: 5 of 8." in page
    assert "Nobody is excluded for failed attention checks." in page


def _with_checks(folder: Path, name: str, table: pd.DataFrame, *questions: dict[str, Any]) -> Path:
    """A DATASET whose answers are in another table than that of ratings, with a rule that excludes e00 and e01."""
    make_dataset(
        folder, PANEL, failed=FAILED, plan={"failed_checks": 2}, changes={"questions": list(questions), "scales": []}
    )
    (folder / "data" / "study-daur_task-rating_data.csv").unlink()
    table.to_csv(folder / "data" / f"study-daur_task-{name}_data.csv", index=False)
    write_hashes(folder)
    return folder


def test_choices_are_read_and_reported_without_who_failed(tmp_path: Path) -> None:
    texts = {"label": {"en": "Origin"}, "definition": {"en": "Who?"}}
    answers = [{"key": key, "label": {"en": key}} for key in ("human", "computer")]
    rows = PANEL[PANEL["scale"] == "overall"].drop(columns=["scale", "rating"])
    table = rows.assign(
        question="origin",
        choice=["human" if n % 3 else "computer" for n in range(len(rows))],
        is_repeat=0,
    )
    table["correct"] = ((table["choice"] == "human") == (table["system"] == "real")).astype(int)
    question = {"key": "origin", "kind": "choice", "choices": answers, **texts}
    found = choices.read(_with_checks(tmp_path / "dataset", "choice", table, question))
    assert set(FAILED) - set(found.frame["expert_id"]) == {"e00", "e01"}
    choice_report.write_report(found, tmp_path / "report", draw=False)
    _reported(tmp_path / "report")


def test_comparisons_are_read_and_reported_without_who_failed(tmp_path: Path) -> None:
    rows = [
        (f"e{n:02d}", question, a, f"{a}{clip}", b, f"{b}{clip}", (-1) ** (n + clip), 0)
        for question, experts in (("better", range(8)), ("warmer", range(2)))
        for n in experts
        for clip in range(4)
        for a, b in (("a", "b"), ("b", "real"), ("real", "a"))
    ]
    names = ["expert_id", "question", "system_a", "clip_a", "system_b", "clip_b", "value", "is_repeat"]
    question = {"key": "better", "kind": "preference", "form": "binary", "label": {"en": "Better"}}
    question |= {name: {"en": name} for name in ("definition", "low", "high")}
    other = {**question, "key": "warmer", "label": {"en": "Warmer"}}
    folder = _with_checks(tmp_path / "dataset", "comparison", pd.DataFrame(rows, columns=names), question, other)
    found = comparisons.read(folder)
    assert set(FAILED) - set(found.frame["expert_id"]) == {"e00", "e01"}
    comparison_report.write_report(found, tmp_path / "report", draw=False)
    _reported(tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "Warmer: no answer counts, because all are of excluded experts or of repeats." in page


def _reported(out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Experts who fail 2 or more attention checks are excluded from all analyses." in page
    assert "Excluded: e00, e01." in page
    listing = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert "attention_checks" in json.dumps(listing)
