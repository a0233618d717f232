from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.report import style
from analysis.report.figures.contrasts import contrasts_frame
from analysis.report.findings import Findings
from analysis.report.registry import Finding, all_findings
from analysis.report.sections import SECTIONS, compute
from formats.messages import LANGUAGES
from tests.analysis.builders import SIX, make_frame, make_ratings
from tests.analysis.overlaps import clashes, lay_out
from tests.analysis.shared_findings import TWELVE, drawn, found, parts_of, study

ALL = sorted(finding.name for finding in all_findings(SECTIONS) if finding.draw)


@cache
def of(count: int) -> dict[str, Callable[[str], Figure]]:
    """The figures of a study of two systems without a plan, or of twelve with one that names no contrast of theirs."""
    return drawn(SIX[:2] if count == 2 else TWELVE, planned=count == 2)


@cache
def twelve() -> Findings:
    return found(TWELVE, planned=False)


def laid_out(count: int, name: str, lang: str, columns: int = 2) -> Figure:
    with style.figure_style(lang, columns):
        return lay_out(of(count)[name](lang))


@pytest.mark.parametrize("columns", style.WIDTHS)
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("count", [2, 12])
def test_nothing_overlaps_and_simulated_ratings_are_marked(count: int, name: str, lang: str, columns: int) -> None:
    figure = laid_out(count, name, lang, columns)
    assert clashes(figure) == []
    assert figure.get_figwidth() in (style.WIDTHS[1], style.WIDTHS[columns])
    assert figure.get_figheight() <= style.MAX_HEIGHT
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]
    assert min(float(text.get_fontsize()) for text in texts) >= 6
    assert "SIMULATED / 模拟数据" in [text.get_text() for text in figure.texts]


def test_words_over_one_another_are_found_by_the_test_above() -> None:
    figure = Figure()
    figure.supxlabel("an axis")
    figure.legend(figure.subplots().plot([1, 2]), ["a legend"], loc="lower center")
    figure.suptitle("far out", x=1.0)
    found_here = " ".join(clashes(lay_out(figure)))
    assert "'a legend' over 'an axis'" in found_here
    assert "'far out' leaves the page" in found_here


def test_every_figure_has_its_numbers_beside_it_and_a_caption_in_each_language() -> None:
    for name in ALL:
        part = parts_of(twelve())[name]
        assert len(part.frame)
        assert all(part.caption[lang] and "{" not in part.caption[lang] for lang in LANGUAGES)


def test_systems_have_the_same_colours_in_every_figure() -> None:
    marks = style.point_marks(SIX, "real")
    assert {system: mark.colour for system, mark in marks.items() if system != "real"} == dict(style.NAMED_COLOURS)
    figure = laid_out(12, "metrics_figure", "en")
    handles = figure.legends[0].legend_handles
    assert [handle.get_color() for handle in handles if handle is not None][1:6] == list(style.NAMED_COLOURS.values())  # type: ignore[attr-defined]


def test_differences_from_real_music_are_drawn_system_less_real_and_planned_ones_as_the_plan_has_them() -> None:
    frame = contrasts_frame(study(SIX[:2], planned=False), found(SIX[:2], planned=False))
    assert set(frame["system_b"]) == {"real"}
    table = found(SIX[:2], planned=False).frames["contrasts"]
    assert frame["difference"].to_numpy() == pytest.approx(-table["difference"].to_numpy())
    assert (frame["ci_low_simultaneous"] <= frame["difference"]).all()
    assert (frame["difference"] <= frame["ci_high_simultaneous"]).all()
    planned = contrasts_frame(study(), found())
    assert set(planned.loc[planned["scale"] == "overall", "family"]) == {"planned"}


def test_all_pairs_are_drawn_the_largest_difference_first() -> None:
    names = SIX[1:5]
    frame = make_frame(names, ("overall", "valence"), experts=6, clips=4).assign(is_repeat=False)
    ratings = make_ratings(names, ("overall", "valence"), frame=frame, real_system=None)
    drawn = contrasts_frame(ratings, compute(ratings, replicates=1000, seed=1))
    pairs = {scale: rows[["system_a", "system_b"]].to_numpy().tolist() for scale, rows in drawn.groupby("scale")}
    first = drawn[drawn["scale"] == "overall"]["difference"]
    assert len(first) == 6
    assert (first >= 0).all()
    assert first.is_monotonic_decreasing
    assert sorted(pairs["overall"]) == sorted(pairs["valence"])  # each pair the same way round on every scale


def test_what_cannot_be_drawn_is_left_out_and_the_reason_is_said() -> None:
    frame = make_frame(("mine",), ("overall",), experts=2, clips=1).assign(is_repeat=False)
    frame["rating"] += [0.25 * n for n in range(len(frame))]
    ratings = make_ratings(("mine",), ("overall",), frame=frame)
    statistics = compute(ratings, replicates=1000, seed=1)
    figures = [finding for finding in statistics.findings.values() if finding.draw]
    drawn_here = [finding for finding in figures if len(statistics.frame(finding.name))]
    assert [finding.name for finding in drawn_here] == ["answer_figure", "means_figure"]
    assert {finding.name: _why(statistics, finding) for finding in figures if finding not in drawn_here} == {
        "differences_figure": "only one system was rated.",
        "distribution_figure": "no scale has 2 to 11 whole steps.",
        "agreement_figure": "fewer than 3 experts.",
        "metrics_figure": "there are no metrics of the clips.",
        "deviations_figure": "fewer than 6 experts.",
        "order_figure": "the file does not contain the order of trials (column trial).",
        "power_figure": "fewer than 6 experts.",
        "flow_figure": "the file does not say how many experts were invited.",
        "listening_figure": "the file has no plays and no times of the trials (columns plays, rt_ms and trial).",
    }


def _why(statistics: Findings, finding: Finding[Findings]) -> str:
    text = statistics.because(finding)
    assert text["zh-hans"] != text["en"]
    return text["en"].partition(": ")[2]
