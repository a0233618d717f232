from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from analysis.training_runs.runs import read_run, read_runs
from formats.errors import InputError
from tests.analysis.run_builders import WEIGHTS, write_histograms, write_run


def test_a_run_folder_is_read_whole(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "a", "plain", seed=3))
    assert (run.name, run.model, run.variant, run.seed) == ("a", "midi-gan", "plain", 3)
    assert run.log is not None
    assert run.log["iteration"].tolist() == [50.0 * n for n in range(1, 13)]
    assert run.log["distance"].isna().sum() == 6
    assert run.summary is not None
    assert run.summary["convergence_epoch"] == 12
    assert run.histograms is not None
    assert run.histograms.total == WEIGHTS


def test_a_run_that_still_goes_has_no_summary_and_a_torn_row_is_left_out(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    for name in ("summary.json", "histograms.npz"):
        (folder / name).unlink()
    with (folder / "log.csv").open("a") as file:
        file.write("650,15.6,3")
    run = read_run(folder)
    assert (run.summary, run.histograms) == (None, None)
    assert run.log is not None
    assert len(run.log) == 12


def test_runs_of_an_older_version_have_no_variant_no_convergence_and_no_fine_bins(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    config = json.loads((folder / "config.json").read_text())
    del config["variant"]
    (folder / "config.json").write_text(json.dumps(config))
    summary = json.loads((folder / "summary.json").read_text())
    del summary["convergence_epoch"]
    (folder / "summary.json").write_text(json.dumps(summary))
    np.savez(folder / "histograms.npz", critic=np.ones(4), edges=np.arange(5), beyond=0)
    run = read_run(folder)
    assert (run.variant, run.histograms) == ("", None)
    assert run.summary is not None
    assert run.summary["convergence_epoch"] is None


@pytest.mark.parametrize(
    ("weights", "share"),
    [([0.01, -0.01, 0.0095, 0.0], 0.5), ([0.00991, 0.01009, 0.0098, 0.0102], 0.5), ([0.0, 0.3, 2.0, 0.5], 0.0)],
)
def test_the_share_near_a_bound_is_that_of_the_weights(tmp_path: Path, weights: list[float], share: float) -> None:
    folder = write_run(tmp_path / "a")
    write_histograms(folder / "histograms.npz", np.array(weights, dtype=np.float32).astype(np.float64))
    histograms = read_run(folder).histograms
    assert histograms is not None
    assert histograms.near(0.01) == share


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("config.json", "{", "config.json is damaged"),
        ("config.json", "[]", "config.json holds no object"),
        ("config.json", '{"model": "mlstm", "settings": {}}', "'seed' must be a number"),
        ("config.json", '{"model": 3, "settings": {}, "seed": 1}', "'model' must be text"),
        ("summary.json", '{"parameters": "many"}', "'parameters' must be a number"),
        ("summary.json", "null", "summary.json holds no object"),
        ("log.csv", "iteration,epoch,seconds\n1,2,x\n", "could not convert"),
        ("log.csv", "step\n1\n", "log.csv has no column 'iteration'"),
        ("histograms.npz", "PK", "histograms.npz is damaged"),
    ],
)
def test_a_damaged_file_is_named_in_one_sentence(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    folder = write_run(tmp_path / "a")
    (folder / name).write_text(content)
    with pytest.raises(InputError, match=re.escape(sentence)) as caught:
        read_run(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_counts_that_do_not_fit_their_bins_are_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a")
    edges = np.arange(5.0)
    np.savez(folder / "histograms.npz", wide=edges, wide_edges=edges, fine=edges, fine_edges=edges, beyond=0)
    with pytest.raises(InputError, match="do not fit its bins"):
        read_run(folder)


@pytest.mark.parametrize("name", ["nothing", "file", "empty"])
def test_what_is_no_run_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="name a run folder of `manage.py train`"):
        read_run(tmp_path / name)


def test_runs_are_grouped_by_model_and_variant_in_the_order_of_every_table(tmp_path: Path) -> None:
    folders = [
        write_run(tmp_path / "m", model="mlstm"),
        write_run(tmp_path / "r", model="reference"),
        write_run(tmp_path / "p", "plain"),
        write_run(tmp_path / "two", seed=2),
        write_run(tmp_path / "one"),
    ]
    groups = read_runs(folders)
    assert list(groups) == [("midi-gan", ""), ("midi-gan", "plain"), ("mlstm", ""), ("reference", "")]
    assert [run.name for run in groups["midi-gan", ""]] == ["one", "two"]


def test_runs_that_cannot_be_averaged_are_refused(tmp_path: Path) -> None:
    one, same = write_run(tmp_path / "one"), write_run(tmp_path / "same")
    with pytest.raises(InputError, match="of the same model and seed: leave one out"):
        read_runs([one, same])
    other = write_run(tmp_path / "other", seed=2)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "corpus": "d", "source": "elsewhere"}))
    with pytest.raises(InputError, match=r"but differ in corpus \(config.json\)"):
        read_runs([one, other])


def test_any_change_of_a_run_changes_its_hash_and_its_place_does_not(tmp_path: Path) -> None:
    one, moved, changed = (
        read_run(write_run(tmp_path / name / "run", rows=n)) for name, n in zip("abc", (12, 12, 13), strict=True)
    )
    assert one.sha256 == moved.sha256 != changed.sha256
