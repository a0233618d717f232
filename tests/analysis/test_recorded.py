"""docs/benchmarks.md and docs/methods.md say of simulated studies what fixtures/bench records."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.benchmarks.stats import coverage

ROOT = Path(__file__).parents[2]


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "fixtures" / "bench" / name).read_text())
    return found


def table(first: str) -> list[list[str]]:
    """The rows, as they are written, of the table in docs/benchmarks.md whose header begins so."""
    lines = (ROOT / "docs" / "benchmarks.md").read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(first))
    rows = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def shares(row: dict[str, Any], names: list[str]) -> list[str]:
    return [f"{row[name]:.3f}" for name in names]


@pytest.mark.parametrize(("kind", "first"), [("sparse", "| experts | clips"), ("printed", "| ratings | experts")])
def test_power_tables_are_the_recorded_ones(kind: str, first: str) -> None:
    expected = []
    for row in recorded("power.json")[kind]:
        ratings = [row["ratings"]] if kind == "printed" else []
        numbers = [str(row[name]) for name in ("experts", "clips", "heard", "systems")]
        about = [row["scatter"], f"{row['gap']:g}", f"{row['studies']:,}"]
        df = [f"{row['df']:.1f}"] if kind == "printed" else []
        expected.append([*ratings, *numbers, *about, *df, *shares(row, ["simulated", "se", "formula"])])
    assert table(first) == expected


def test_methods_say_what_the_record_of_false_alarms_holds() -> None:
    found = recorded("stats.json")
    said = " ".join((ROOT / "docs" / "methods.md").read_text().split())
    assert f"The result of {found['studies']:,} studies of each kind is in `fixtures/bench/stats.json`" in said
    for row in found["results"]:
        assert row["family_wise_simultaneous"] == row["family_wise_after_holm"]
        assert row["coverage_simultaneous"] >= 0.95


def test_ordinal_table_is_the_recorded_one() -> None:
    kinds = ("ordinal_t", "ordinal_z", "linear")
    names = [f"{what}_{kind}" for what in ("family_wise", "coverage") for kind in kinds]
    expected = []
    for row in recorded("stats.json")["ordinal"]:
        design = f"{row['experts']} × {row['systems']} × {row['clips']}"
        design += "" if row["heard"] == row["clips"] else f", {row['heard']} heard"
        expected.append([design, f"{row['clip_sd']:g}", str(row["studies"]), *shares(row, names)])
    assert table("| experts × systems") == expected


def test_coverage_counts_only_differences_that_are_tested() -> None:
    assert coverage(pd.Series([float("nan"), 0.5, 0.01])) == 0.5
    assert math.isnan(coverage(pd.Series([float("nan")] * 3)))
