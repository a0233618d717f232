"""What a report holds while systems stand under codes."""

from __future__ import annotations

from pathlib import Path

from analysis.report import folder
from analysis.report.registry import all_findings
from analysis.report.sections import SECTIONS
from tests.analysis.builders import make_frame, make_ratings

#: What pools clips and experts, and so says nothing about the systems; and attention checks, which are of no clip.
POOLED = {
    *("system_means", "contrasts", "equivalence", "omnibus", "effects", "ordinal_model", "variance_components"),
    *(
        "reliability",
        "participants",
        "attention_checks",
        "checklist",
        "answer_figure",
        "conclusions",
        "means_figure",
        "differences_figure",
        "power_figure",
    ),
}
CODES = ("A", "B", "C", "D")


def test_report_under_codes_holds_aggregates_only(tmp_path: Path) -> None:
    frame = make_frame(CODES, ("overall",), experts=6).assign(is_repeat=False, trial=1.0)
    sealed = make_ratings(frame=frame, scales=("overall",), is_sealed=True)
    folder.write_report(sealed, tmp_path / "r", replicates=1000, draw=False)
    tables = {path.stem for path in (tmp_path / "r" / "tables").glob("*.csv")}
    assert tables <= POOLED == {finding.name for finding in all_findings(SECTIONS) if finding.under_codes}
    assert {"system_means", "contrasts", "variance_components"} <= tables
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "clips were assigned to codes at random" in page
    assert "本报告把各片段随机分配给系统代号" in page


def test_same_ratings_with_names_keep_every_table(tmp_path: Path) -> None:
    frame = make_frame(CODES, ("overall",), experts=6).assign(is_repeat=False, trial=1.0)
    folder.write_report(make_ratings(frame=frame, scales=("overall",)), tmp_path / "r", replicates=1000, draw=False)
    tables = {path.stem for path in (tmp_path / "r" / "tables").glob("*.csv")}
    assert {"screening", "rating_spread", "system_means_bootstrap", "sensitivity"} <= tables
    assert "assigned to codes at random" not in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
