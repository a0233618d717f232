"""Choices: how a table of them is read and refused, and what their report says."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from analysis.data import choices
from analysis.report.choices import SECTIONS
from analysis.report.choices.findings import ALL, PLANNED, ChoiceFindings
from analysis.report.choices.notes import SENTENCES
from analysis.report.choices.results import SEPARATED, verdicts
from analysis.statistics import discrimination
from formats.errors import InputError
from formats.messages import LANGUAGES
from formats.reference import Reference
from tests.analysis.builders import ORACLES, write_csv
from tests.analysis.test_discrimination import make_answers


def worded(frame: pd.DataFrame, question: str = "origin", real: str = "real") -> pd.DataFrame:
    """Answers as a table of choices has them."""
    is_computer = frame["said"] == 1
    return pd.DataFrame(
        {
            **{name: frame[name] for name in ("expert_id", "system", "clip_id")},
            "question": question,
            "choice": np.where(is_computer, "computer", "human"),
            "correct": (is_computer == (frame["system"] != real)).astype(int),
        }
    )


def known() -> pd.DataFrame:
    return worded(pd.read_csv(ORACLES / "discrimination.csv").rename(columns={"said_computer": "said"}))


def found_of(frame: pd.DataFrame, tmp_path: Path, **plan: object) -> ChoiceFindings:
    data = choices.read(write_csv(tmp_path / "choices.csv", frame))
    return ChoiceFindings(replace(data, plan=plan), SECTIONS)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command makes of a known study, and of a second question without right answers."""
    folder = tmp_path_factory.mktemp("choices")
    liked = known().assign(question="liked", choice=lambda frame: np.where(frame["correct"] == 1, "yes", "no"))
    table = pd.concat([known(), liked.assign(correct="")])
    call_command("analyse", write_csv(folder / "two.csv", table), "--out", folder / "report")
    return folder / "report"


def text_of(report: Path, lang: str) -> str:
    parts = (report / "report.html").read_text(encoding="utf-8").split('<section id="zh-hans"')
    return html.unescape(re.sub(r"<[^>]+>", " ", parts[list(LANGUAGES).index(lang)]))


def test_report_has_every_table_and_figure(report: Path) -> None:
    tables = {"discrimination", "discrimination_experts", "variance_components", "shares", "checklist"}
    assert {path.stem for path in (report / "tables").glob("*.csv")} == tables
    assert {path.name for path in (report / "figures").glob("*.en.svg")} == {"figure1.en.svg", "figure2.en.svg"}
    about = json.loads((report / "report.json").read_text(encoding="utf-8"))["report"]
    assert about["questions"] == {"liked": {"answers": ["no", "yes"]}, "origin": {"answers": ["computer", "human"]}}


def test_numbers_are_those_of_the_model(report: Path) -> None:
    frame = pd.read_csv(ORACLES / "discrimination.csv").rename(columns={"said_computer": "said"})
    fit = discrimination.fit(frame)
    table = pd.read_csv(report / "tables/discrimination.csv")
    assert np.allclose(table["d_prime"], fit.systems["d_prime"], atol=1e-5)
    assert np.allclose(table["p_holm"][:-1], fit.systems["p_holm"][:-1], atol=1e-5)
    shares = pd.read_csv(report / "tables/shares.csv").query("question == 'origin' and system == 'real'")
    assert shares.set_index("choice")["answers"]["computer"] == fit.false_alarms


def test_page_says_what_holds_in_both_languages(report: Path) -> None:
    english, chinese = (text_of(report, lang) for lang in LANGUAGES)
    assert "origin: experts tell s1 from Real music: d' =" in english
    assert "liked: not two answers of which one is right for each system" in english
    assert "origin：专家能够分辨 s1 与 真实音乐" in chinese
    assert not re.search(r"\{\w+[:}]", english + chinese)
    assert "mixed probit" in (report / "methods.en.md").read_text("utf-8")


def test_chance_is_said_only_where_it_was_shown(tmp_path: Path) -> None:
    few, many = (make_answers(0.0, experts=count, clips=3 * count, real=3 * count, systems=1) for count in (6, 40))
    [said] = verdicts(found_of(worded(few), tmp_path))
    assert "it is not shown that experts tell s1 from Real music, nor that they cannot" in said["en"]
    [said] = verdicts(found_of(worded(many), tmp_path))
    assert "experts tell s1 from Real music no better than chance" in said["en"]
    assert "lies within ±0.5 (equivalence test, p < .001)" in said["en"]


def test_system_taken_for_real_more_often_is_said_so(tmp_path: Path) -> None:
    [said] = verdicts(found_of(worded(make_answers(-1.5, experts=20, systems=1)), tmp_path))
    assert "experts take s1 for Real music more often than Real music itself: d' = −" in said["en"]


def test_frozen_plan_gives_family_margin_and_level(tmp_path: Path) -> None:
    frame = worded(make_answers(0.6, experts=10, systems=3))
    plan = {"primary_scale": "origin", "contrasts": [["s1", "real"], ["s2", "s3"]], "smallest_gap": 0.8, "alpha": 0.1}
    found, free = found_of(frame, tmp_path, **plan), found_of(frame, tmp_path)
    rows, others = found.tested.set_index("system"), free.tested.set_index("system")
    assert list(rows["family"][:3]) == [PLANNED, ALL, ALL]
    assert rows["p_holm"]["s1"] == rows["p"]["s1"] == others["p"]["s1"] != others["p_holm"]["s1"]
    assert rows["p_holm"]["s2"] == others["p_holm"]["s2"]
    assert (found.margin("origin"), free.margin("origin"), found.data.level) == (0.8, 0.5, "90")


def test_reference_is_the_only_system_with_its_right_answer(tmp_path: Path) -> None:
    frame = make_answers(0.8).replace({"system": {"real": "pianist"}})
    found = found_of(worded(frame, real="pianist"), tmp_path)
    assert found.judged["origin"].noise == "pianist"
    both = pd.concat([frame, frame[frame["system"] == "s1"].assign(system="singer")], ignore_index=True)
    both["clip_id"] += both["system"]
    table = worded(both, real="pianist")
    table.loc[table["system"] == "singer", "correct"] = (table["choice"] == "human").astype(int)
    found = found_of(table, tmp_path)
    assert found.judged == {}
    assert "here no system has" in found.notes[0]["en"]
    assert len(found.frame("shares")) == 8


def test_anchors_have_shares_and_no_d_prime(tmp_path: Path) -> None:
    frame = make_answers(0.8, experts=10, systems=3)
    frame.loc[frame["system"] == "s1", "said"] = 1  # everyone hears what it is, so that it has no finite d'
    data = choices.read(write_csv(tmp_path / "choices.csv", worded(frame)))
    data = replace(data, reference=Reference("real", is_hidden=True, anchors=("s1",)))
    found = ChoiceFindings(data, SECTIONS)
    assert found.order == ("real", "s2", "s3", "s1")
    assert set(found.tested["system"]) == {"s2", "s3", ""}
    assert set(found.shares["system"]) == {"real", "s1", "s2", "s3"}
    plan = {"primary_scale": "origin", "contrasts": [["s1", "real"]]}
    planned = ChoiceFindings(replace(data, plan=plan), SECTIONS).tested.set_index("system")
    assert list(planned["why"]) == ["", "", "all_right", ""]
    assert planned["p_holm"]["s1"] == planned["p"]["s1"]


def test_few_experts_leave_shares_and_d_prime_alone(tmp_path: Path) -> None:
    found = found_of(worded(make_answers(1.0, experts=4)), tmp_path)
    assert not found.has_tests
    assert verdicts(found) == []
    assert any("4 experts. With fewer than 6" in note["en"] for note in found.notes)


def test_one_answer_throughout_is_counted_and_not_estimated(tmp_path: Path) -> None:
    frame = make_answers(0.5)
    frame.loc[frame["system"] == "real", "said"] = 0
    found = found_of(worded(frame), tmp_path)
    assert found.frame("discrimination").empty
    assert "has no finite estimate" in found.notes[0]["en"]


@pytest.mark.parametrize("said", [1, 0])
def test_report_tests_separated_system_apart_in_both_languages(said: int, tmp_path: Path) -> None:
    frame = make_answers(0.8, systems=3, clips=8, real=8)
    frame.loc[frame["system"] == "s2", "said"] = said
    call_command("analyse", write_csv(tmp_path / "choices.csv", worded(frame)), "--out", tmp_path / "report")
    english, chinese = (text_of(tmp_path / "report", lang) for lang in LANGUAGES)
    word, words = ("right", "正确") if said else ("wrong", "错误")
    assert f"origin: all 96 answers to the clips of s2 are {word}. Its d' has no finite estimate" in english
    assert f"all 96 answers are {word} (likelihood ratio test, p < .001)" in english
    assert f"origin：对 s2 片段的 96 次回答全部{words}" in chinese
    assert f"none ({96 * said} / 96 right)" in english
    assert "Mean of the systems with d'" in english
    assert "Arrows: all answers right" in english
    assert "箭头：回答全部正确" in chinese
    assert "origin: experts tell s1 from Real music: d' =" in english
    assert "estimated without them" in (tmp_path / "report/methods.en.md").read_text("utf-8")
    assert "似然比检验" in (tmp_path / "report/methods.zh-hans.md").read_text("utf-8")
    table = pd.read_csv(tmp_path / "report/tables/discrimination.csv", index_col="system")
    assert table["d_prime"].isna().tolist() == [False, True, False, False]


def test_every_note_has_words() -> None:
    source = Path(discrimination.__file__).read_text("utf-8")
    fixed = set(re.findall(r'"(choices_\w+)"', source))
    whys = {f"choices_{why}" for why in ("no_real", "no_generated", "one_answer", "not_estimable", *SEPARATED)}
    shortages = {f"choices_{why}" for why in ("few_experts", "few_clips", "one_of_page")}
    assert fixed | whys | shortages == set(SENTENCES)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.assign(choice=""), "holds no answer that counts"),
        (lambda frame: frame.assign(is_repeat=1), "holds no answer that counts"),
        (lambda frame: frame.assign(correct=2), "line 2: correct is 2; write 1 or 0"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), "expert e00 answers origin twice for clip real-0"),
        (lambda frame: frame.assign(correct=[1, *frame["correct"][1:]]), "in some rows and not in others"),
        (lambda frame: frame.assign(expert_id=["", *frame["expert_id"][1:]]), "line 2: expert_id is empty"),
        (lambda frame: frame.drop(columns="clip_id"), "column clip_id is missing; a table of choices has"),
    ],
)
def test_table_that_cannot_be_read_is_refused_with_its_line(change: object, said: str, tmp_path: Path) -> None:
    assert callable(change)
    table = worded(make_answers(experts=6).assign(said=lambda frame: [1, *frame["said"][1:]]))
    path = write_csv(tmp_path / "choices.csv", change(table))
    with pytest.raises(InputError, match=re.escape(said)):
        choices.read(path)


def test_command_refuses_and_previews(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_csv(tmp_path / "choices.csv", worded(make_answers()).rename(columns={"choice": "reply"}))
    call_command("analyse", path, "--columns", "choice=reply", "--preview")
    assert "origin: computer: " in capsys.readouterr().out
    with pytest.raises(CommandError, match="there is no question 'age'; the file has origin"):
        call_command("analyse", path, "--columns", "choice=reply", "--scales", "age", "--out", tmp_path / "report")
    assert not (tmp_path / "report").exists()
