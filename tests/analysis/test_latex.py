"""Tables in LaTeX that a paper takes as they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import call_command

from analysis.report import tables
from analysis.report.folder import write_report
from tests.analysis.builders import SIX, make_frame, make_ratings, write_csv
from tests.analysis.comparisons import make_pairs
from tests.analysis.test_choices import worded
from tests.analysis.test_discrimination import make_answers

PREAMBLE = r"\documentclass{article}\usepackage{booktabs,longtable,pdflscape}\begin{document}"
PACKAGES = ("booktabs.sty", "longtable.sty", "pdflscape.sty")


def text_of(frame: pd.DataFrame, reading: tables.Rows | None = None) -> str:
    return tables.latex_text(tables.Table("t", frame, {"en": "T", "zh-hans": "表"}, (), False, reading=reading))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a report with a plan, groups and order."""
    frame = make_frame(SIX, experts=8, clips=4).assign(is_repeat=False, group="a")
    frame["trial"] = frame.groupby("expert_id")["clip_id"].transform(lambda ids: pd.factorize(ids)[0] + 1.0)
    plan = {"primary_scale": "overall", "contrasts": [["midi-gan", "real"]], "smallest_gap": 0.5}
    ratings = make_ratings(frame=frame, plan=plan, plan_sha256="b" * 64, planned_scales=("overall",))
    write_report(ratings, tmp_path_factory.mktemp("latex") / "r", replicates=1000, draw=False)
    return Path(next(tmp_path_factory.getbasetemp().glob("latex*"))) / "r" / "tables"


def test_minus_is_a_minus_and_names_are_those_of_the_page(folder: Path) -> None:
    text = (folder / "contrasts.tex").read_text(encoding="utf-8")
    assert r"Valence & Real music & MIDI-GAN & " in text
    assert re.search(r" & \$-\$\d\.\d\d ", text)
    assert "system_a" not in text.replace(r"system\_a", "system_a").replace("tab:", "")
    assert not re.search(r"[−αρ]", text)


def test_long_table_goes_on_over_pages_and_a_wide_one_lies_on_its_side() -> None:
    frame = pd.DataFrame({"a": range(tables.MAX_FLOAT_LENGTH + 1)})
    long = text_of(frame)
    assert long.startswith("% \\usepackage{booktabs,longtable}")
    assert long.count(r"\begin{longtable}{r}") == long.count(r"\end{longtable}") == 1
    assert r"\begin{table}" in text_of(frame.iloc[1:])
    wide = text_of(frame[:1], reading=(["word " * 6] * 4, [["word " * 6] * 4]))
    assert wide.index(r"\begin{landscape}") < wide.index(r"\begin{table}")


def test_columns_and_cells_are_as_many_in_every_table(folder: Path) -> None:
    for path in folder.glob("*.tex"):
        text = path.read_text(encoding="utf-8")
        columns = re.search(r"\\begin\{(?:tabular|longtable)\}\{(.*)\}\n", text)
        assert columns, path
        count = len(re.findall(r"[rlp]", re.sub(r"p\{[^}]*\}", "p", columns[1])))
        rows = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith(r"\caption")]
        assert rows
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {count - 1}, path
        assert len(re.findall(r"\\begin\{", text)) == len(re.findall(r"\\end\{", text))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of reports of comparisons and of choices."""
    folder = tmp_path_factory.mktemp("others")
    sources = {"pairs": make_pairs(), "choices": worded(make_answers(1.0))}
    for name, frame in sources.items():
        call_command("analyse", write_csv(folder / f"{name}.csv", frame), "--out", folder / name, "--no-figures")
    return folder


@pytest.mark.parametrize("kind", ["pairs", "choices"])
def test_tables_of_other_kinds_compile(kind: str, others: Path, tmp_path: Path) -> None:
    compile_tables(others / kind / "tables", tmp_path)


def test_tables_compile(folder: Path, tmp_path: Path) -> None:
    compile_tables(folder, tmp_path)


def compile_tables(folder: Path, tmp_path: Path) -> None:
    """Set all tables of a folder in one paper."""
    found = shutil.which("pdflatex") and all(
        subprocess.run(["kpsewhich", name], capture_output=True).returncode == 0 for name in PACKAGES
    )
    if not found:
        pytest.skip("LaTeX is not installed (apt install texlive-latex-base texlive-latex-recommended)")
    inputs = "\n".join(rf"\input{{{path}}}\clearpage" for path in sorted(folder.glob("*.tex")))
    (tmp_path / "paper.tex").write_text(f"{PREAMBLE}\n{inputs}\n\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    wide = [float(points) for points in re.findall(r"Overfull .hbox .([\d.]+)pt", done.stdout)]
    assert max(wide, default=0) < 15
