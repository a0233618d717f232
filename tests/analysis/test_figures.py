from __future__ import annotations

import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from analysis.data.ratings import Ratings
from analysis.report import figures, style
from analysis.report.figures.parts import wrap
from analysis.statistics import bootstrap
from formats.messages import LANGUAGES
from tests.analysis.builders import SIX, make_frame, make_ratings
from tests.analysis.overlaps import lay_out

FIVE = ("valence", "arousal", "authenticity", "harmony", "overall")
TWELVE = (*SIX, *(f"another system {n}" for n in range(1, 7)))


def draw(ratings: Ratings, lang: str) -> Figure:
    """Figure 7, laid out."""
    order = style.system_order(ratings.systems, ratings.real_system)
    keys = [scale.key for scale in ratings.scales]
    means = bootstrap.system_means(ratings.counted, keys, order, replicates=1000)
    with style.figure_style(lang):
        return lay_out(figures.draw_means(ratings, figures.means_frame(ratings, means), lang))


def texts(figure: Figure) -> list[str]:
    titles = [axis.get_title() for axis in figure.axes]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    return [*titles, *legend, *(text.get_text() for text in figure.texts), figure.get_suptitle()]


def boxes(figure: Figure) -> list[Bbox]:
    """Where each panel with all its words, the legend and the notes lie, in pixels."""
    panels = [axis.get_tightbbox() for axis in figure.axes]
    notes = [] if figure._suptitle is None else [figure._suptitle.get_window_extent()]  # type: ignore[attr-defined]
    return [*(box for box in panels if box is not None), figure.legends[0].get_window_extent(), *notes]


@pytest.mark.parametrize(
    "text", ["平均评分（1 = 非常消极、5 = 非常积极）", "一个名字很长的系统第10号（n = 320）", "系统（“甲”）"]
)
def test_lines_are_not_cut_in_a_number_or_before_a_brackets_end(text: str) -> None:
    for width in range(10, 60):
        lines = wrap([text], width / 40, 8)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not [line for line in lines if line[0] in "）”、"]
        assert not [line for line, after in pairwise(lines) if line[-1].isdigit() and after[0].isdigit()]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("systems", [SIX[:2], SIX, TWELVE], ids=["2", "6", "12"])
def test_nothing_overlaps_and_nothing_leaves_the_page(systems: tuple[str, ...], lang: str) -> None:
    figure = draw(make_ratings(systems, FIVE, plan={"primary_scale": "overall"}, planned_scales=("overall",)), lang)
    page = figure.bbox
    for box in boxes(figure):
        assert box.x0 >= page.x0 - 1
        assert box.y0 >= page.y0 - 1
        assert box.x1 <= page.x1 + 1
        assert box.y1 <= page.y1 + 1
    for one, other in combinations(boxes(figure), 2):
        assert one.padded(-1).count_overlaps([other.padded(-1)]) == 0
    for axis in figure.axes:
        assert axis.bbox.height > page.height / 3


@pytest.mark.parametrize("systems", [SIX[:2], TWELVE], ids=["2", "12"])
def test_marks_of_neighbours_stay_apart(systems: tuple[str, ...]) -> None:
    figure = draw(make_ratings(systems, FIVE), "en")
    for axis in figure.axes:
        dots = [line for line in axis.lines if line.get_marker() not in {"None", None}]
        assert len(dots) == len(systems) - 1
        places = [line.get_window_extent().x0 for line in dots]
        width = dots[0].get_markersize() / 72 * figure.dpi
        assert all(right - left > width for left, right in zip(places, places[1:], strict=False))


def test_every_axis_shows_the_whole_scale_and_real_music_is_a_band_named_first() -> None:
    figure = draw(make_ratings(), "en")
    for axis in figure.axes:
        low, high = axis.get_ylim()
        assert low <= 1
        assert high >= 5
        assert [tick for tick in axis.get_yticks() if low <= tick <= high] == [1, 2, 3, 4, 5]
        assert len(axis.patches) == 1
    assert figure.legends[0].get_texts()[0].get_text().startswith("Real music")


def test_each_language_has_its_own_labels() -> None:
    english, chinese = (texts(draw(make_ratings(), lang)) for lang in LANGUAGES)
    assert "Overall quality" in english
    assert "整体质量" in chinese
    assert any(text.startswith("真实音乐") for text in chinese)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_simulated_ratings_are_marked_across_the_figure_and_others_are_not(lang: str) -> None:
    marked = draw(make_ratings(is_simulated=True), lang)
    mark = next(text for text in marked.texts if text.get_text() == "SIMULATED / 模拟数据")
    assert mark.get_window_extent().width > marked.bbox.width / 2
    assert not any("SIMULATED" in text for text in texts(draw(make_ratings(), lang)))


def test_what_is_outside_the_frozen_plan_is_marked_exploratory() -> None:
    nothing = texts(draw(make_ratings(planned_scales=("valence", "overall")), "en"))
    assert not any("xploratory" in text for text in nothing)
    some = texts(draw(make_ratings(planned_scales=("overall",)), "en"))
    assert {"Valence†", "Overall quality"} <= set(some)
    everything = texts(draw(make_ratings(), "en"))
    assert any(text.startswith("Exploratory: no analysis plan was frozen") for text in everything)


def test_a_mean_without_interval_is_a_hollow_mark_and_real_music_a_line_without_band() -> None:
    few = make_frame(clips=2).assign(is_repeat=False)
    figure = draw(make_ratings(frame=few), "en")
    assert not figure.axes[0].patches
    dots = [line for line in figure.axes[0].lines if line.get_marker() not in {"None", None}]
    assert {line.get_markerfacecolor() for line in dots} == {"white"}
    assert any("no CI" in text for text in texts(figure))


def test_sealed_systems_are_letters_and_there_is_no_band() -> None:
    figure = draw(make_ratings(tuple("ABC"), is_sealed=True), "en")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["System A", "System B", "System C"]
    assert not figure.axes[0].patches


@pytest.mark.parametrize("count", [1, 7])
def test_one_scale_or_many_fit(count: int) -> None:
    scales = tuple(f"scale {n}" for n in range(count))
    figure = draw(make_ratings(SIX[:3], scales), "en")
    assert len(figure.axes) == count
    for one, other in combinations(boxes(figure), 2):
        assert one.padded(-1).count_overlaps([other.padded(-1)]) == 0


def test_odd_names_of_systems_and_scales_are_shown_as_they_are_and_fit() -> None:
    systems = ("real", "_hidden", "cost $5$ & <b>", "x" * 200)
    figure = draw(make_ratings(systems, ("a$_b$", "z" * 60)), "en")
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [name.strip() for name in names[1:]] == ["_hidden", "cost $5$ & <b>", "x" * 39 + "…"]
    for one, other in combinations(boxes(figure), 2):
        assert one.padded(-1).count_overlaps([other.padded(-1)]) == 0


@pytest.mark.parametrize("name", ["W" * 200, "宫" * 200, "a long wording of what is asked " * 9])
@pytest.mark.parametrize("count", [1, 5])
def test_a_title_of_any_length_stays_on_the_page_and_ends_where_it_was_cut(name: str, count: int) -> None:
    figure = draw(make_ratings(SIX[:2], (name, *FIVE[1:count])), "en")
    for axis in figure.axes:
        box = axis.title.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
    title = figure.axes[0].get_title().replace("\n", "")
    assert len(title) <= 80
    assert title.endswith("…")
    for one, other in combinations(boxes(figure), 2):
        assert one.padded(-1).count_overlaps([other.padded(-1)]) == 0


SAVE = """
import sys
from pathlib import Path
from tests.analysis.test_figures import save_both
save_both(Path(sys.argv[1]))
"""


def save_both(folder: Path) -> None:
    """Figure 7 of simulated ratings in both languages and all forms."""
    ratings = make_ratings(is_simulated=True)
    means = bootstrap.system_means(ratings.counted, ["valence", "overall"], ratings.systems, replicates=1000)
    for lang in LANGUAGES:
        with style.figure_style(lang):
            style.save(
                figures.draw_means(ratings, figures.means_frame(ratings, means), lang), folder, f"f.{lang}", "data 0"
            )


def test_another_process_at_another_time_saves_the_same_bytes(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    save_both(here)
    env = {"PYTHONHASHSEED": "2", "SOURCE_DATE_EPOCH": "1"}
    subprocess.run([sys.executable, "-c", SAVE, str(there)], check=True, env=env, cwd=Path(__file__).parents[2])
    for lang in LANGUAGES:
        for form in style.FORMATS:
            first, second = ((folder / f"f.{lang}.{form}").read_bytes() for folder in (here, there))
            assert first == second
            assert len(first) > 5_000
