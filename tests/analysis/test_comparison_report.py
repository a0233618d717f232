"""The report of comparisons, from the command to the page, the methods text and the figures."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from scipy import stats

from analysis.data import comparisons
from analysis.report.comparisons import SECTIONS, write_report
from analysis.report.comparisons.findings import ComparisonFindings
from analysis.report.comparisons.notes import SENTENCES
from analysis.report.comparisons.planned import verdicts as planned_verdicts
from analysis.report.comparisons.strengths import verdicts
from analysis.report.comparisons.trust import disagreements
from analysis.report.style import figure_style
from analysis.statistics.mixed_model import holm
from formats.messages import LANGUAGES
from tests.analysis.builders import ORACLES, write_csv
from tests.analysis.comparisons import make_pairs, read_pairs

GRADED = (-1.9, -1.15, -0.4, 0.4, 1.15, 1.9)
TABLES = {
    *("conclusions", "strengths", "contrasts", "omnibus", "ranks", "win_matrix", "sides", "linear_check", "pair_fit"),
    *("expert_consistency", "variance_components", "checklist"),
}


def found_of(frame: pd.DataFrame, tmp_path: Path) -> ComparisonFindings:
    return ComparisonFindings(comparisons.read(write_csv(tmp_path / "pairs.csv", frame)), SECTIONS)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command makes of two questions, one graded and one binary."""
    folder = tmp_path_factory.mktemp("comparisons")
    binary = read_pairs("pairs_binary").assign(question="authenticity")
    both = pd.concat([read_pairs("pairs_graded"), binary.assign(trial=binary["trial"] + 100)])
    call_command("analyse", write_csv(folder / "two.csv", both), "--out", folder / "report")
    return folder / "report"


def text_of(report: Path, lang: str) -> str:
    parts = (report / "report.html").read_text(encoding="utf-8").split('<section id="zh-hans"')
    return re.sub(r"<[^>]+>", " ", parts[list(LANGUAGES).index(lang)])


def test_report_has_every_table_and_figure(report: Path) -> None:
    assert {path.stem for path in (report / "tables").glob("*.csv")} == TABLES
    assert {path.name for path in (report / "figures").glob("*.en.svg")} == {f"figure{n}.en.svg" for n in (1, 2, 3)}
    assert (report / "report.en.pdf").stat().st_size > 10_000
    about = json.loads((report / "report.json").read_text(encoding="utf-8"))["report"]
    assert about["kind"] == "comparisons"
    assert about["questions"] == {"overall": {"largest": 3.0}, "authenticity": {"largest": 1.0}}


def test_page_says_what_holds(report: Path) -> None:
    english, chinese = (text_of(report, lang) for lang in LANGUAGES)
    assert "overall: 4 of 10 pairs differ, p adjusted for 10 differences: s2 &gt; s1;" in english
    assert "authenticity: none of 10 differences is significant" in english
    assert "authenticity: s1 − s5: significant in the linear model only." in english
    assert "overall：10 对系统中有 4 对存在差异" in chinese
    assert not re.search(r"\{\w+[:}]", english + chinese)


def test_methods_text_names_numbers_and_methods(report: Path) -> None:
    text = (report / "methods.en.md").read_text(encoding="utf-8")
    assert "Each trial has a reference" not in text
    assert "14 experts compared 40 clips of 5 systems in pairs (overall, authenticity). 1,120 comparisons count" in text
    assert "56 per pair of systems" in text
    assert "Satterthwaite" in text
    assert "Kendall" in text


def test_tables_hold_the_numbers_of_the_known_study(report: Path) -> None:
    table = pd.read_csv(report / "tables" / "contrasts.csv").query("question == 'overall'")
    row = table[(table["system_a"] == "s1") & (table["system_b"] == "s5")].iloc[0]
    assert row["difference"] == pytest.approx(-1.16472, abs=1e-3)
    assert row["p_holm"] == pytest.approx(4.47e-5, rel=0.05)
    wins = pd.read_csv(report / "tables" / "win_matrix.csv")
    both = wins.merge(wins, left_on=["question", "system_a", "system_b"], right_on=["question", "system_b", "system_a"])
    assert np.allclose(both["chance_x"] + both["chance_y"] + both["chance_tie_x"], 1)
    assert (both["wins_x"] == both["losses_y"]).all()


def test_few_experts_leave_counts_alone(tmp_path: Path) -> None:
    found = found_of(make_pairs(experts=4, cuts=GRADED), tmp_path)
    assert not found.has_tests
    (said,) = verdicts(found, "overall")
    assert said["en"] == "overall: no difference was tested. The notes on the models give the reason."
    assert found.notes[0]["en"].startswith("overall: 4 experts. With fewer than 6 the results cannot be generalised")
    for name in ("contrasts", "ranks", "omnibus", "linear_check", "ranks_figure"):
        assert found.frame(name).empty
    caption = found.findings["wins_figure"].caption
    assert callable(caption)
    assert "counts, not estimates" in caption(found)["en"]


def test_sweep_is_said_in_words(tmp_path: Path) -> None:
    frame = make_pairs((0.0, 0.2, 0.5, 0.0))
    for x, sign in (("a", -1), ("b", 1)):
        frame.loc[frame[f"system_{x}"] == "s3", "value"] = sign
    found = found_of(frame, tmp_path)
    said = " ".join(text["en"] for text in [*found.notes, *verdicts(found, "overall")])
    assert "s3 won all 96 comparisons with s1, s2, s4" in said
    assert "s3 > s1; " in said
    assert found.frame("strengths_figure")["ci_low"].isna().all()


def test_every_note_has_a_sentence_in_each_language(tmp_path: Path) -> None:
    for message in SENTENCES.values():
        assert message.startswith("{question}: ")
    frame = make_pairs((0.0, 0.2, 0.4, 0.6))
    halves = [{"s1", "s2"}, {"s3", "s4"}]
    pairs = zip(frame["system_a"], frame["system_b"], strict=True)
    found = found_of(frame[[any({a, b} <= half for half in halves) for a, b in pairs]], tmp_path)
    assert "no comparison connects these groups of systems: s1, s2; s3, s4." in found.notes[0]["en"]
    assert "以下各组系统之间没有任何比较" in found.notes[0]["zh-hans"]
    assert disagreements(found) == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("count", [2, 12])
def test_figures_stay_on_a_page(tmp_path: Path, lang: str, count: int) -> None:
    frame = make_pairs([0.1 * n for n in range(count)], votes=2 if count > 2 else 6)
    found = found_of(pd.concat([frame, frame.assign(question="harmony")]), tmp_path)
    with figure_style(lang):
        for name in ("strengths_figure", "ranks_figure", "wins_figure"):
            draw = found.findings[name].draw
            assert draw
            width, height = draw(found, found.frame(name), lang).get_size_inches()
            assert width <= 7.3
            assert height <= 9.5


def test_simulated_answers_are_marked(tmp_path: Path) -> None:
    frame = make_pairs(cuts=GRADED)
    frame["expert_id"] = "simulated-" + frame["expert_id"]
    data = comparisons.read(write_csv(tmp_path / "pairs.csv", frame))
    write_report(data, tmp_path / "report", draw=False)
    assert "SIMULATED" in text_of(tmp_path / "report", "en")
    assert "SIMULATED" in (tmp_path / "report" / "tables" / "strengths.csv").read_text(encoding="utf-8")


def test_same_comparisons_give_the_same_bytes(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "pairs.csv", make_pairs())

    def made(name: str) -> dict[str, bytes]:
        files = [file for file in (tmp_path / name).rglob("*") if file.is_file()]
        return {file.relative_to(tmp_path / name).as_posix(): file.read_bytes() for file in files}

    for name in ("one", "two"):
        write_report(comparisons.read(path), tmp_path / name, draw=False)
    assert made("one") == made("two")


def test_preview_shows_values_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_csv(tmp_path / "pairs.csv", make_pairs(cuts=(-0.5, 0.5)).assign(note="x"))
    call_command("analyse", path, "--preview")
    shown = capsys.readouterr()
    assert re.fullmatch(r"overall: -1: \d+, 0: \d+, 1: \d+\.\n", shown.out)
    assert "Not used: note." in shown.err
    assert not list(tmp_path.rglob("report.json"))


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("webmushra", "webmushra_paired_comparison.csv"),
        ("listen-and-rate", "listen_and_rate_ab.csv"),
        ("music-arena", "music_arena_battles.jsonl"),
    ],
)
def test_comparisons_of_other_tools_are_reported(tool: str, name: str, tmp_path: Path) -> None:
    source = ORACLES.parent / "imports" / name
    call_command("analyse", source, "--from", tool, "--bounds=-3-3", "--no-figures", "--out", tmp_path / "report")
    known = pd.read_csv(source.with_name(f"{source.stem}.expected.csv"))
    strengths = pd.read_csv(tmp_path / "report" / "tables" / "strengths.csv")
    assert set(strengths["system"]) == {*known["system_a"], *known["system_b"]}
    assert strengths["votes"].sum() == 2 * len(known)


def test_command_refuses_a_faulty_table_and_writes_nothing(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "pairs.csv", make_pairs().assign(system_b="s1"))
    with pytest.raises(CommandError, match="s1 is compared with itself"):
        call_command("analyse", path, "--out", tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_planned_differences_are_a_family_of_their_own(tmp_path: Path) -> None:
    found = found_of(make_pairs((0.0, 0.4, 0.8, 1.2), cuts=GRADED), tmp_path)
    plan = {"primary_scale": found.data.questions[0], "contrasts": [["s4", "s1"], ["s2", "s3"]], "alpha": 0.01}
    planned = ComparisonFindings(replace(found.data, plan=plan), SECTIONS)
    table, every = planned.frame("planned_contrasts"), planned.frame("contrasts")
    turned = every[(every["system_a"] == "s1") & (every["system_b"] == "s4")].iloc[0]
    first = table.iloc[0]
    assert (first["system_a"], first["system_b"], first["p"]) == ("s4", "s1", turned["p"])
    assert (first["difference"], first["ci_low"], first["ci_high"]) == pytest.approx(
        (-turned["difference"], -turned["ci_high"], -turned["ci_low"])
    )
    assert first["difference"] == -turned["difference"]
    assert first["p_holm"] == min(1, 2 * first["p"])
    assert found.frame("planned_contrasts").empty
    assert planned.data.level == "99"
    said = [text["en"] for text in planned_verdicts(planned)]
    assert said[0].startswith("Planned: s4 is preferred to s1, p ")
    assert "adjusted for 2 planned differences" in said[1]
    assert "p_equivalence" not in table


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (3.0, "are equivalent: the difference in strength lies within ±3 "),
        (3.0, "but the difference in strength lies within ±3 "),
        (0.01, "s4 is preferred to s1, p < .001 (adjusted for 2 planned differences)."),
        (0.01, "This is not evidence that they are equal."),
    ],
)
def test_planned_differences_are_tested_for_equivalence(gap: float, words: str, tmp_path: Path) -> None:
    found = found_of(make_pairs((0.0, 0.0, 0.8, 1.2), cuts=GRADED, experts=12), tmp_path)
    plan = {"primary_scale": found.data.questions[0], "contrasts": [["s4", "s1"], ["s2", "s1"]], "smallest_gap": gap}
    planned = ComparisonFindings(replace(found.data, plan=plan), SECTIONS)
    table = planned.frame("planned_contrasts")
    sides = np.maximum(
        stats.t.sf((table["difference"] + gap) / table["se"], table["df"]),
        stats.t.cdf((table["difference"] - gap) / table["se"], table["df"]),
    )
    assert table["p_equivalence"].to_numpy() == pytest.approx(holm(sides))
    assert words in " ".join(text["en"] for text in planned_verdicts(planned))
