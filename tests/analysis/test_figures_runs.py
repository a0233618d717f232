from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.report import style
from analysis.report.registry import all_findings
from analysis.training_runs import figures
from analysis.training_runs.findings import SECTIONS
from analysis.training_runs.runs import read_runs
from formats.messages import LANGUAGES
from generation.validation import TOLERANCES
from tests.analysis.overlaps import lay_out
from tests.analysis.run_builders import write_run


def drawings(tmp_path: Path, seeds: int = 3) -> dict[str, figures.Drawing]:
    folders = [
        write_run(tmp_path / f"{variant or 'shipped'}{seed}", variant, seed)
        for variant in ("", "plain", "clipping")
        for seed in range(1, seeds + 1)
    ]
    drawn, left_out = figures.drawings(read_runs(folders))
    assert left_out == {}
    return {drawing[0]: drawing for drawing in drawn}


def laid_out(drawing: figures.Drawing, lang: str, columns: int = 2) -> Figure:
    with style.figure_style(lang, columns):
        return lay_out(drawing[2](lang))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("columns", [1, 2])
def test_nothing_overlaps_and_nothing_leaves_the_page(tmp_path: Path, lang: str, seeds: int, columns: int) -> None:
    for drawing in drawings(tmp_path, seeds).values():
        figure = laid_out(drawing, lang, columns)
        boxes = [box for axis in figure.axes if (box := axis.get_tightbbox()) is not None]
        boxes.append(figure.legends[0].get_window_extent())
        for box in boxes:
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= figure.bbox.x1 + 1
            assert box.y1 <= figure.bbox.y1 + 1
        for one, other in combinations(boxes, 2):
            assert one.padded(-1).count_overlaps([other.padded(-1)]) == 0
        for axis in figure.axes:
            labels = [text.get_window_extent() for text in axis.get_xticklabels() if text.get_text()]
            assert all(left.x1 < right.x0 for left, right in zip(labels, labels[1:], strict=False))


def test_figure_5_has_a_thin_line_for_each_seed_and_a_thick_mean_with_its_band(tmp_path: Path) -> None:
    drawing = drawings(tmp_path)["figure5"]
    figure, frame = laid_out(drawing, "en"), drawing[1]
    for axis in figure.axes:
        widths = sorted(line.get_linewidth() for line in axis.lines)
        assert widths == [0.5] * 6 + [1.6] * 2
        assert len(axis.collections) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "multi-scale critic (n = 3)",
        "plain critic of equal size (n = 3)",
    ]
    loss = frame[(frame["critic"] == "plain") & (frame["measure"] == "negative_critic_loss")]
    seeds = [loss.loc[loss["seed"] == seed, "value"].to_numpy() for seed in "123"]
    mean = loss.loc[loss["seed"] == "mean", "value"].to_numpy()
    assert mean[5] == pytest.approx(np.mean([values[3:8].mean() for values in seeds]))


def test_the_band_of_a_distance_ends_at_nothing(tmp_path: Path) -> None:
    frame = drawings(tmp_path)["figure5"][1]
    low = frame[(frame["measure"] == "distance") & (frame["seed"] == "mean")]["ci_low"]
    assert (low >= 0).all()
    assert (low == 0).any()  # three seeds, far apart


def test_two_seeds_have_no_band_and_only_common_iterations_have_a_mean(tmp_path: Path) -> None:
    folders = [
        write_run(tmp_path / "one"),
        write_run(tmp_path / "two", seed=2, rows=8),
        write_run(tmp_path / "p", "plain"),
    ]
    frame = figures.drawings(read_runs(folders))[0][0][1]
    mean = frame[(frame["critic"] == "multi-scale") & (frame["seed"] == "mean")]
    assert mean["ci_low"].isna().all()
    assert mean["iteration"].max() == 400


def test_figure_6_has_both_critics_in_the_same_bins_the_bounds_and_the_number(tmp_path: Path) -> None:
    drawing = drawings(tmp_path, 2)["figure6"]
    figure, frame = laid_out(drawing, "en"), drawing[1]
    for bins in ("fine", "wide"):
        part = frame[(frame["bins"] == bins) & (frame["seed"] == "mean")]
        edges = [part.loc[part["lipschitz"] == kind, "bin_low"].tolist() for kind in ("penalty", "clipping")]
        assert edges[0] == edges[1]
    wide = frame[frame["bins"] == "wide"]
    assert wide.groupby(["lipschitz", "seed"])["share"].sum().to_numpy() == pytest.approx(1, abs=1e-3)
    for axis in figure.axes:
        assert [line.get_xdata()[0] for line in axis.lines] == [-0.01, 0.01]  # type: ignore[index]
    clipping = figure.legends[0].get_texts()[1].get_text()
    assert clipping == "weight clipping: 75.0% of the weights within 1% of a bound (n = 2)"
    assert figure.legends[0].get_texts()[2].get_text() == "clipping bounds, ±0.01"


@pytest.mark.parametrize(
    ("variants", "left_out"),
    [
        (("",), {"figure5", "figure6"}),
        (("plain", "clipping"), {"figure5", "figure6"}),
        (("", "plain"), {"figure6"}),
        (("", "clipping"), {"figure5"}),
        (("", "unmatched"), {"figure5", "figure6"}),
    ],
)
def test_a_figure_without_its_runs_is_left_out(tmp_path: Path, variants: tuple[str, ...], left_out: set[str]) -> None:
    runs = read_runs([write_run(tmp_path / f"run{variant}", variant) for variant in variants])
    drawn, missing = figures.drawings(runs)
    assert set(missing) == left_out
    assert {drawing[0] for drawing in drawn} == {"figure5", "figure6"} - left_out
    assert all(text["en"].startswith("Figure") and text["zh-hans"].startswith("图") for text in missing.values())


def test_without_distances_figure_5_is_the_loss_alone(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / variant, variant) for variant in ("", "plain") if variant] + [
        write_run(tmp_path / "x")
    ]
    for folder in folders:
        lines = (folder / "log.csv").read_text().splitlines()
        (folder / "log.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in lines) + "\n")
    figure = laid_out(figures.drawings(read_runs(folders))[0][0], "en")
    assert [axis.get_title() for axis in figure.axes] == ["Negative critic loss"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_caption_names_the_tolerances_by_which_runs_measure_distance(lang: str) -> None:
    (caption,) = [finding.caption for finding in all_findings(SECTIONS) if finding.name == "figure5"]
    assert not callable(caption)
    for tolerance in TOLERANCES.values():
        assert f"{tolerance:g}".lstrip("0") in caption[lang]
