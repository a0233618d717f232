from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.report import style
from analysis.report.figures import power as figure
from analysis.statistics.power import Design, assumed_variances, power
from formats.errors import InputError
from formats.messages import LANGUAGES
from tests.analysis.overlaps import lay_out

DESIGN = Design(26, 13, 10)


def draw(lang: str, *, simulated: bool = False) -> Figure:
    """The figure of the paper's gap, laid out."""
    scenarios = assumed_variances()
    frame = figure.power_curve_frame(DESIGN, 0.17, scenarios)
    with style.figure_style(lang):
        return lay_out(figure.power_curve(frame, DESIGN, 0.17, scenarios, lang, is_simulated=simulated))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_overlaps_and_nothing_leaves_the_page(lang: str) -> None:
    drawn = draw(lang)
    boxes = [box for axis in drawn.axes if (box := axis.get_tightbbox()) is not None]
    boxes.append(drawn.legends[0].get_window_extent())
    for box in boxes:
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= drawn.bbox.x1 + 1
        assert box.y1 <= drawn.bbox.y1 + 1
    for one, other in combinations(boxes, 2):
        assert one.padded(-1).count_overlaps([other.padded(-1)]) == 0


def test_the_numbers_drawn_are_those_of_the_formula_and_the_planned_study_lies_on_the_curves() -> None:
    frame = figure.power_curve_frame(DESIGN, 0.17, assumed_variances())
    assert tuple(frame.columns) == figure.COLUMNS
    planned = frame[(frame["panel"] == "clips") & (frame["clips"] == 13)].set_index("scenario")["power"]
    for name, variances in assumed_variances().items():
        assert planned[name] == pytest.approx(power(DESIGN, variances, 0.17))
    largest = frame[frame["panel"] == "gap"].groupby("scenario")["power"].max()
    assert (largest > 0.95).all()


def test_each_language_has_its_own_words_and_simulated_pilots_their_mark() -> None:
    assert draw("en").axes[0].get_ylabel() == "Power"
    assert draw("zh-hans").axes[0].get_ylabel() == "统计检验力"
    assert any("SIMULATED" in text.get_text() for text in draw("en", simulated=True).texts)


def test_the_same_plan_gives_the_same_bytes_and_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("mine")
    written = [
        {
            path.name: path.read_bytes()
            for path in figure.save_power_curve(tmp_path / name, DESIGN, 0.17, assumed_variances())
        }
        for name in ("a", "b")
    ]
    assert written[0] == written[1]
    assert len(written[0]) == 7
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["notes.txt", *sorted(written[0])]
    assert len(pd.read_csv(tmp_path / "b" / "power.csv")) == len(
        figure.power_curve_frame(DESIGN, 0.17, assumed_variances())
    )


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file cannot be written"):
        figure.save_power_curve(tmp_path / "file", DESIGN, 0.17, assumed_variances())
