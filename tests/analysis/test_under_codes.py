"""What a report holds while systems stand under codes."""

from __future__ import annotations

import csv
from pathlib import Path

from analysis import report, under_codes
from analysis.tables import P_VALUES
from tests.analysis.makers import make_frame, make_ratings

CODES = ("A", "B", "C", "D")


def test_report_under_codes_holds_rounded_aggregates_only(tmp_path: Path) -> None:
    frame = make_frame(CODES, ("overall",), experts=6).assign(is_repeat=False, trial=1.0)
    sealed = make_ratings(frame=frame, scales=("overall",), is_sealed=True)
    report.write_report(sealed, tmp_path / "r", replicates=1000, draw=False)
    tables = {path.stem: path for path in (tmp_path / "r" / "tables").glob("*.csv")}
    assert set(tables) - {"checklist"} <= under_codes.TABLES
    assert {"system_means", "contrasts", "variance_components"} <= set(tables)
    for name in ("system_means", "contrasts"):
        with tables[name].open() as file:
            for row in csv.DictReader(file):
                for column, cell in row.items():
                    places = under_codes.P_DECIMALS if column in P_VALUES else under_codes.DECIMALS
                    assert "." not in cell or set(cell.partition(".")[2][places:]) <= {"0"}, (name, column, cell)
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "they could tell which code is which" in page
    assert "可能透露各代号对应的系统" in page


def test_same_ratings_with_names_keep_every_table_and_decimal(tmp_path: Path) -> None:
    frame = make_frame(CODES, ("overall",), experts=6).assign(is_repeat=False, trial=1.0)
    report.write_report(make_ratings(frame=frame, scales=("overall",)), tmp_path / "r", replicates=1000, draw=False)
    tables = {path.stem for path in (tmp_path / "r" / "tables").glob("*.csv")}
    assert {"screening", "rating_spread", "system_means_bootstrap", "sensitivity"} <= tables
    assert "they could tell which code" not in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
