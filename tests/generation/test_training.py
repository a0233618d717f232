from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import load_file

from formats.errors import InputError
from generation.corpus import save_corpus
from generation.management.cli import REFERENCE
from generation.networks.midi_gan import MidiGAN
from generation.run_folder import read_log
from generation.sampling import load_checkpoint
from generation.training import Run, order
from tests.generation.songs import small_corpus

CORPUS = small_corpus()


def train(out: Path, iterations: int | None = None, seed: int = 1, reference: Path | None = None) -> Run:
    run = Run("midi-gan", CORPUS, "smoke", seed, out, iterations, reference=reference)
    run.train_to_end()
    return run


def numbers(out: Path) -> list[dict[str, str]]:
    """The log without the clock."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in read_log(out / "log.csv")]


def test_a_run_folder_holds_what_it_promises(tmp_path: Path) -> None:
    train(tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "config.json",
        "log.csv",
        "weights.safetensors",
        "histograms.npz",
        "summary.json",
        "state.pt",
        ".lock",
    }
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["parameters"], summary["iterations"], summary["corpus"]) == (2_130_347, 4, CORPUS.sha256)
    assert [row["iteration"] for row in numbers(tmp_path / "run")] == ["1", "2", "3", "4"]
    with np.load(tmp_path / "run" / "histograms.npz") as file:
        assert file["wide"].sum() + file["beyond"] == 890_721


def test_a_run_gives_its_process_the_smallest_numbers_back(tmp_path: Path) -> None:
    train(tmp_path / "run", iterations=1)
    assert float(torch.tensor(1e-40) * 0.5) > 0


def test_an_interrupted_run_gives_the_numbers_of_an_uninterrupted_one(tmp_path: Path) -> None:
    train(tmp_path / "whole")
    train(tmp_path / "parts", iterations=2)
    train(tmp_path / "parts")
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")
    whole, parts = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parts"))
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)


def test_a_killed_process_resumes_and_loses_no_row(tmp_path: Path) -> None:
    save_corpus(CORPUS, tmp_path / "corpus.npz")
    out = tmp_path / "killed"
    command = [sys.executable, "manage.py", "train", "midi-gan", "--profile", "smoke", "--iterations", "400"]
    # As many threads as the run here has: another number adds up in another order.
    command += ["--corpus", str(tmp_path / "corpus.npz"), "--out", str(out), "--threads", str(torch.get_num_threads())]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (out / "state.pt").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = len(numbers(out))
    train(out, iterations=reached + 2, reference=REFERENCE)
    train(tmp_path / "whole", iterations=reached + 2, reference=REFERENCE)
    assert [row["iteration"] for row in numbers(out)] == [str(i) for i in range(1, reached + 3)]
    assert numbers(out) == numbers(tmp_path / "whole")


def test_a_folder_with_another_run_is_refused(tmp_path: Path) -> None:
    train(tmp_path / "run", iterations=1)
    with pytest.raises(InputError, match="holds another run"):
        train(tmp_path / "run", seed=2)


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with pytest.raises(InputError, match="is not empty and holds no run"):
        train(tmp_path)


def test_a_corpus_smaller_than_a_batch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="39 training and 2 validation segments; this profile needs 40"):
        Run("midi-gan", small_corpus(train=39, other=2), "smoke", 1, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(tmp_path / "run", iterations=2)
    state = (tmp_path / "run" / "state.pt").read_bytes()
    monkeypatch.setattr(MidiGAN, "training_step", lambda *_: {"negative_critic_loss": float("nan")})
    with pytest.raises(InputError, match="no longer a number at iteration 3"):
        train(tmp_path / "run")
    assert run.iteration == 2
    assert (tmp_path / "run" / "state.pt").read_bytes() == state


def test_a_disk_that_takes_no_more_keeps_the_last_state_and_says_so(tmp_path: Path) -> None:
    save_corpus(CORPUS, tmp_path / "corpus.npz")
    train(tmp_path / "run", iterations=1, reference=REFERENCE)
    state = (tmp_path / "run" / "state.pt").read_bytes()
    # The limit of the kernel stands for a full disk: the file is torn off in the middle of being written.
    limited = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2**23, 2**23)); "
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    command = [sys.executable, "-c", limited, "train", "midi-gan", "--profile", "smoke", "--iterations", "2"]
    command += ["--corpus", str(tmp_path / "corpus.npz"), "--out", str(tmp_path / "run")]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.strip() == f"CommandError: {tmp_path / 'run' / 'state.pt'} cannot be written: File too large."
    assert (tmp_path / "run" / "state.pt").read_bytes() == state
    assert not list((tmp_path / "run").glob(".*.part"))


@pytest.mark.parametrize(
    ("name", "sentence"), [("config.json", "holds another run"), ("state.pt", r"state\.pt is damaged: remove")]
)
def test_a_damaged_run_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    train(tmp_path / "run", iterations=1)
    (tmp_path / "run" / name).write_bytes(b"\xff\x00 not what it was")
    with pytest.raises(InputError, match=sentence):
        train(tmp_path / "run")


def test_a_run_that_another_process_trains_is_refused(tmp_path: Path) -> None:
    first = Run("midi-gan", CORPUS, "smoke", 1, tmp_path / "run")
    first.start()
    with pytest.raises(InputError, match="is being trained by another process"):
        train(tmp_path / "run")


def test_a_file_in_the_runs_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a letter")
    with pytest.raises(InputError, match="is a file: name a folder"):
        train(tmp_path / "run")


@pytest.mark.parametrize(
    ("option", "value"), [("--seed", "-1"), ("--seed", str(2**63)), ("--threads", "-2"), ("--iterations", "0")]
)
def test_a_number_out_of_range_is_refused_before_anything_is_written(tmp_path: Path, option: str, value: str) -> None:
    out = tmp_path / "run"
    with pytest.raises(CommandError, match="is not a whole number from"):
        call_command("train", "midi-gan", "--corpus", "corpus.npz", "--out", str(out), f"{option}={value}")
    assert not out.exists()


def test_every_epoch_shows_every_segment_once_in_an_order_of_its_own() -> None:
    first, second = order(5, 30, 0, 30), order(5, 30, 30, 30)
    assert sorted(first) == sorted(second) == list(range(30))
    assert not np.array_equal(first, second)
    assert np.array_equal(np.concatenate([order(5, 30, 0, 17), order(5, 30, 17, 43)]), np.concatenate([first, second]))


def test_the_nearest_weights_are_the_ones_kept(tmp_path: Path) -> None:
    train(tmp_path / "run")
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    measured = [row for row in numbers(tmp_path / "run") if row["distance"]]
    assert summary["weights"]["distance"] == min(float(row["distance"]) for row in measured)
    tokens = load_checkpoint(tmp_path / "run").sample(8, np.random.default_rng(0))
    assert tokens.shape == (8, 80)


def test_the_command_names_an_unknown_model(tmp_path: Path) -> None:
    save_corpus(CORPUS, tmp_path / "corpus.npz")
    with pytest.raises(CommandError, match="no generator 'lstm': the known ones are midi-gan, mlstm"):
        call_command("train", "lstm", corpus=tmp_path / "corpus.npz", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_torn_row_of_the_log_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("iteration,epoch,nll\n1,,\n2,0.5")
    assert [row["iteration"] for row in read_log(log)] == ["1"]
