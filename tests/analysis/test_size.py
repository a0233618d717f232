"""Thousands of experts and clips: what can be done is done, and the rest is refused before it begins."""

from __future__ import annotations

import io
import re
import threading
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from numpy.testing import assert_allclose

from analysis.data.first_look import LARGE_BYTES, refuse_too_large
from analysis.data.given import Given
from analysis.data.ratings import read
from analysis.data.size import MAX_CLIPS, check_size
from analysis.data.table_files import MAX_CELLS, SPSS, WORKBOOK, read_table
from analysis.report.fit_notes import in_words
from analysis.report.progress import shown
from analysis.statistics import agreement, bootstrap, mixed_model, ordinal_model
from analysis.statistics.correlation import clips_of, tables
from analysis.statistics.sparse_tables import SPARSE_BELOW
from formats.errors import InputError
from tests.benchmarks.large import VARIANCES, simulate


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    """A fifth of InstEval's experts and clips, each expert with as many ratings as there."""
    return simulate(experts=600, clips=240, systems=8, heard=20, seed=5)


def test_large_crossed_ratings_give_the_variances_behind_them(large: pd.DataFrame) -> None:
    assert len(large) < SPARSE_BELOW * 600 * 240
    found = mixed_model.fit(large, "overall")
    assert found.method == "REML"
    assert found.notes == ()
    estimates = found.variance_components.set_index("component")["variance"]
    # Relative standard errors of variances are sqrt(2 / df): of 600 experts and 232 clips .06 and .09; four of them.
    for name, share in (("expert", 0.3), ("clip", 0.37), ("residual", 0.06)):
        assert estimates[name] == pytest.approx(VARIANCES[name], rel=share)
    assert (found.means["n_ratings"].sum(), len(found.predicted)) == (12_000, 840)


def test_sparse_and_full_tables_give_the_same_bootstrap(large: pd.DataFrame) -> None:
    systems = sorted(large["system"].unique())
    crossed = bootstrap.cross(large, ["overall"], systems)
    rng = np.random.default_rng(2)
    experts, clips = bootstrap.draw_counts(600, 50, rng), rng.integers(0, 3, (50, 240))
    ratings, given = np.nan_to_num(crossed.values[0]), ~np.isnan(crossed.values[0])
    sums, weights = ((experts @ table) * clips for table in (ratings, given))
    place = np.repeat(np.eye(8), crossed.clips_of_system, axis=0)
    assert not isinstance(crossed.tables[0][0], np.ndarray)
    assert_allclose(bootstrap.weighted_means(crossed, experts, clips)[:, 0], (sums @ place) / (weights @ place))


def test_alpha_of_a_sparse_table_is_that_of_its_part(large: pd.DataFrame) -> None:
    few = large[large["expert_id"] < "e0040"]
    table = tables(few, ["overall"], clips_of(few))[0]
    padded = np.full((600, table.shape[1]), np.nan)
    padded[: len(table)] = table
    assert not isinstance(agreement.one_hot(padded).marks, np.ndarray)
    assert agreement.alpha(padded) == pytest.approx(agreement.alpha(table), abs=1e-12)


def test_ordinal_check_of_too_large_a_table_is_left_out_and_said() -> None:
    frame = simulate(experts=1_100, clips=1_000, systems=4, heard=5, seed=6)
    found = ordinal_model.fit(frame.assign(rating=frame["rating"].round().clip(1, 5)), "overall")
    assert found.table.empty
    assert "clips are more than 1,000,000; the ordinal check is left out" in in_words(found.notes[0])["en"]


def test_more_clips_than_can_be_done_are_refused_with_the_size(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    rows = [f"e{n % 7},s{n % 3},c{n},{1 + n % 5}\n" for n in range(MAX_CLIPS + 1)]
    path.write_text("expert_id,system,clip_id,overall\n" + "".join(rows))
    with pytest.raises(InputError, match=r"has 2,001 clips; analyse can do at most 2,000 clips of all systems"):
        read(path)


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ({"experts": 6_000, "clips": 2_000, "systems": 4}, "6,000 experts × 2,000 clips × 1 scale;"),
        ({"experts": 3_000, "clips": 1_200, "systems": 4, "scales": 3}, "3,000 experts × 1,200 clips × 3 scales;"),
        ({"experts": 10, "clips": 400, "systems": 400}, "has 400 systems; analyse can do at most 300 systems"),
    ],
)
def test_sizes_beyond_the_limits_are_refused(size: dict[str, int], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        check_size(Path("r.csv"), **size)
    check_size(Path("r.csv"), experts=2_972, clips=1_128, systems=14)


def write_crossed(path: Path, *, experts: int, clips: int, scales: int = 0, rated: int = 20) -> Path:
    """A table of more than a million bytes in which each expert rates some clips; a long one of several `scales`."""
    head = "scale,rating" if scales else "overall"
    lines = [f"expert_id,system,clip_id,{head},remark\n"]
    for expert in range(experts):
        for n in range(rated):
            clip = (expert * 7 + n * 101) % clips
            cells = [f"{scale}," for scale in ("valence", "groove", "overall")[:scales]] or [""]
            lines += [f"expert {expert}, system {clip % 4} ,c{clip},{cell}{1 + n % 5},some words\n" for cell in cells]
    path.write_text("".join(lines))
    assert path.stat().st_size > LARGE_BYTES
    return path


def test_large_table_is_refused_by_its_names_alone(tmp_path: Path) -> None:
    path = write_crossed(tmp_path / "r.csv", experts=1_500, clips=2_100)
    with pytest.raises(InputError, match="has 2,100 clips; analyse can do at most 2,000 clips"):
        refuse_too_large(path, (), Given())


def test_large_long_table_is_refused_with_its_scales(tmp_path: Path) -> None:
    path = write_crossed(tmp_path / "r.csv", experts=2_500, clips=1_900, scales=3, rated=10)
    with pytest.raises(InputError, match="has 2,500 experts × 1,900 clips × 3 scales; analyse can do at most 10,000"):
        refuse_too_large(path, (), Given())
    refuse_too_large(path, ["groove"], Given())


def write_wide(path: Path, *, scales: int) -> Path:
    """A wide table of 2,500 experts and 1,900 clips, with columns beside the scales that are none."""
    lines = [f"expert_id,system,clip_id,{','.join(f'scale{n}' for n in range(scales))},age,rt,mood,seen,level\n"]
    for row in range(25_000):
        expert, clip = row % 2_500, row * 7 % 1_900
        ratings = ",".join(str(1 + (row * row + row // 2_500 + n) % 5) for n in range(scales))
        others = f"{20 + expert % 50},{row % 900},in a {('good', 'bad')[row % 2]} mood,{clip % 5 + 1},{row * 9}"
        lines.append(f"e{expert},s{clip % 4},c{clip},{ratings},{others}\n")
    path.write_text("".join(lines))
    assert path.stat().st_size > LARGE_BYTES
    return path


def test_large_wide_table_is_refused_with_its_sure_scales(tmp_path: Path) -> None:
    path = write_wide(tmp_path / "r.csv", scales=3)
    with pytest.raises(InputError, match="has 2,500 experts × 1,900 clips × 3 scales; analyse can do at most 10,000"):
        refuse_too_large(path, (), Given())
    refuse_too_large(path, ["scale1"], Given())
    refuse_too_large(write_wide(path, scales=2), (), Given())  # 2,500 x 1,900 x 2 can be done


def test_first_look_counts_the_scales_that_reading_finds(tmp_path: Path) -> None:
    path = write_wide(tmp_path / "r.csv", scales=2)
    assert [scale.key for scale in read(path).scales] == ["scale0", "scale1"]


@pytest.mark.parametrize("broken", ["", "e1,s,c1\n", 'e1,s,"c1\n', "e1;s;c1;5\n"])
def test_first_look_leaves_faults_to_the_reading(tmp_path: Path, broken: str) -> None:
    path = write_crossed(tmp_path / "r.csv", experts=1_500, clips=500)
    path.write_text(path.read_text().replace("expert_id,", "expert," if not broken else "expert_id,") + broken)
    refuse_too_large(path, (), Given())
    with pytest.raises(InputError):
        read(path)


def test_columns_by_other_names_are_counted_in_the_first_look(tmp_path: Path) -> None:
    path = write_crossed(tmp_path / "r.csv", experts=1_500, clips=2_100)
    path.write_text(path.read_text().replace("clip_id", "stimulus", 1))
    with pytest.raises(InputError, match="has 2,100 clips"):
        refuse_too_large(path, (), Given(columns={"clip_id": "stimulus"}))


def write_workbook(path: Path, *, rows: int, said: str) -> Path:
    """A workbook with so many rows of four cells, whose sheet says of itself that it fills a range, or nothing."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["expert_id", "system", "clip_id", "overall"])
    book.save(path.with_suffix(".small.xlsx"))
    cells = "".join(f'<c r="{name}{{0}}"><v>{{{n}}}</v></c>' for n, name in enumerate("ABCD", start=1))
    body = "".join(f'<row r="{{0}}">{cells}</row>'.format(n + 2, n // 25, 1, n % 1_000, 5) for n in range(rows))
    with zipfile.ZipFile(path.with_suffix(".small.xlsx")) as small, zipfile.ZipFile(path, "w", 8) as large:
        for member in small.infolist():
            data = small.read(member)
            if member.filename.endswith("sheet1.xml"):
                text = data.decode().replace("</sheetData>", body + "</sheetData>")
                data = re.sub(r'<dimension ref="[^"]*" ?/>', said, text).encode()
            large.writestr(member, data)
    return path


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ('<dimension ref="A1:D41" />', "has 164 cells; Excel workbook files can have at most 100."),
        ('<dimension ref="A1:XFD1048576" />', "has 164 cells"),  # whole columns are formatted
        ("", "has 164 cells"),
        ('<dimension ref="A1:D20" />', "has 164 cells"),  # its range ends too early
    ],
)
def test_workbook_is_refused_by_its_cells_whatever_its_header_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, refused: str
) -> None:
    monkeypatch.setitem(MAX_CELLS, WORKBOOK, 100)
    path = write_workbook(tmp_path / "r.xlsx", rows=40, said=said)
    with pytest.raises(InputError, match=refused) as found:
        read_table(path)
    assert "save it as 'CSV UTF-8', which can be larger" in str(found.value)
    monkeypatch.setattr("analysis.data.table_files.CHUNK_BYTES", 7)
    with pytest.raises(InputError, match="has 164 cells"):
        read_table(path)
    monkeypatch.setitem(MAX_CELLS, WORKBOOK, 164)
    assert len(read_table(path).cells) == 40


@pytest.mark.parametrize("said", ['<dimension ref="A1:XFD1048576" />', '<dimension ref="A1" />', ""])
def test_workbook_is_read_whole_whatever_range_it_names(tmp_path: Path, said: str) -> None:
    path = write_workbook(tmp_path / "r.xlsx", rows=40, said=said)
    assert len(read_table(path).cells) == 40


def test_spss_file_is_refused_by_the_cells_in_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.sav"
    pyreadstat.write_sav(
        pd.DataFrame({name: range(30) for name in ("expert_id", "system", "clip_id", "overall")}), path
    )
    assert len(read_table(path).cells) == 30
    monkeypatch.setitem(MAX_CELLS, SPSS, 119)
    with pytest.raises(InputError, match="has 120 cells; SPSS files can have at most 119"):
        read_table(path)


def test_spss_file_without_a_number_of_rows_is_refused_by_its_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sav"
    pyreadstat.write_sav(pd.DataFrame({name: range(30) for name in ("expert_id", "system", "clip_id", "o")}), path)
    written = bytearray(path.read_bytes())
    written[80:84] = (-1).to_bytes(4, "little", signed=True)  # ncases of the header: unknown
    path.write_bytes(written)
    assert len(read_table(path).cells) == 30
    monkeypatch.setitem(MAX_CELLS, SPSS, 79)
    with pytest.raises(InputError, match="has 80 cells; SPSS files can have at most 79"):
        read_table(path)


def test_progress_without_a_terminal_is_one_sentence() -> None:
    said, heard = list[str](), threading.Event()

    def tell(text: str) -> None:
        said.append(text)
        heard.set()

    with shown(3, "report", "Working on it.", tell, after=0.0, out=io.StringIO()) as step:
        assert heard.wait(30)
        step()
    assert said == ["Working on it."]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_is_a_bar_within_the_first_step() -> None:
    out, written = Terminal(), threading.Event()
    write = out.write

    def watched(text: str) -> int:
        if "report" in text:
            written.set()
        return write(text)

    out.write = watched  # type: ignore[method-assign]
    with shown(3, "report", "Working on it.", pytest.fail, after=0.0, out=out):
        assert written.wait(30)
    assert "0/3" in out.getvalue()
