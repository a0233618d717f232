"""One training run shared between two processes, as torchrun starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from multiprocessing import set_forkserver_preload
from pathlib import Path
from typing import Any

import django
import pytest
import torch
import torch.distributed as dist
from django.core.management import call_command
from torch.multiprocessing.spawn import start_processes

from generation.corpus import save_corpus
from generation.networks import parts
from generation.run_folder import read_log
from tests.generation.doubles import in_doubles
from tests.generation.songs import small_corpus
from tests.robustness.postgres import free_port

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
TORCHRUN += ["--module", "tests.generation.doubles"]
#: Two correct runs of three iterations differ about 1e5 times as much as one rounding (6e-3 in single precision, on a
#: processor whose kernels round otherwise than its neighbour's). In doubles that is 1e-11, so no rounding reaches this.
CLOSE = 1e-6


def in_two_processes(part: Callable[..., None], *arguments: Any) -> None:
    """Calls `part(rank, *arguments)` in each. They are forked from one that has loaded torch, which takes seconds."""
    set_forkserver_preload(["torch._dynamo"])
    start_processes(part, arguments, nprocs=2, start_method="forkserver")  # type: ignore[no-untyped-call]


def train(rank: int, port: int, arguments: list[str]) -> None:
    """A process of torchrun, which tells it no more than this."""
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    django.setup()
    with in_doubles():
        call_command(*arguments, stdout=StringIO())


def arguments(model: str, folder: Path, out: Path, iterations: int = 4) -> list[str]:
    corpus = folder / "corpus.npz"
    if not corpus.exists():
        save_corpus(small_corpus(), corpus)
    return [
        "train", model, "--profile", "smoke", "--iterations", str(iterations), "--threads", "1",
        "--corpus", str(corpus), "--out", str(out),
    ]  # fmt: skip


def losses(out: Path, columns: list[str]) -> list[float]:
    return [float(row[name]) for row in read_log(out / "log.csv") for name in columns]


def test_two_processes_compute_the_losses_of_one(tmp_path: Path) -> None:
    """MIDI-GAN's, whose generator normalises over the batch: the processes share its statistics."""
    one, two = tmp_path / "one", tmp_path / "two"
    with in_doubles():
        call_command(*arguments("midi-gan", tmp_path, one, 3), stdout=StringIO())
    in_two_processes(train, free_port(), arguments("midi-gan", tmp_path, two, 3))
    columns = ["wasserstein", "penalty", "match_fake", "generator_loss"]
    assert len(losses(one, columns)) == 3 * len(columns)
    assert losses(two, columns) == pytest.approx(losses(one, columns), rel=CLOSE, abs=CLOSE)


def normalised(rank: int, world: int) -> dict[str, torch.Tensor]:
    """One process's part: its rows of a batch through the normalisation, forth and back, in fp32 and bf16."""
    numbers = torch.Generator().manual_seed(0)
    whole, slope = (torch.randn(8, 3, 5, 4, generator=numbers) for _ in range(2))
    result = {}
    for kind in (torch.float32, torch.bfloat16):
        layer = parts.BatchNorm(4)
        x = whole.to(kind).chunk(world)[rank].clone().requires_grad_()
        out = layer(x)
        out.backward(slope.to(out.dtype).chunk(world)[rank])
        assert x.grad is not None
        result[f"{kind} out"], result[f"{kind} gradient"] = out.detach(), x.grad
        result[f"{kind} running"] = layer.get_buffer("running_var").expand(len(x), -1)
    return result


def normalise_in_company(rank: int, folder: Path) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    torch.save(normalised(rank, 2), folder / f"{rank}.pt")
    dist.destroy_process_group()


def test_two_processes_normalise_as_one(tmp_path: Path) -> None:
    in_two_processes(normalise_in_company, tmp_path)
    one, first, second = normalised(0, 1), torch.load(tmp_path / "0.pt"), torch.load(tmp_path / "1.pt")
    assert len(one) == 6
    for name in one:
        # bf16 has eight bits for a number, and its results here lie between -4 and 4.
        bound = 1e-5 if one[name].dtype == torch.float32 else 2**-6
        torch.testing.assert_close(torch.cat([first[name], second[name]]), one[name], atol=bound, rtol=0, msg=name)


def test_a_shared_run_whose_process_was_killed_goes_on_to_the_losses_of_one_process(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run = subprocess.Popen(
        [*TORCHRUN, *arguments("mlstm", tmp_path, killed, iterations=1000)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (killed / "state.pt").exists():
        assert run.poll() is None
        time.sleep(0.05)
    worker = subprocess.run(["pgrep", "-P", str(run.pid)], check=True, capture_output=True, text=True).stdout.split()[0]
    subprocess.run(["kill", f"-{signal.SIGKILL.value}", worker], check=True)
    assert run.wait(timeout=60) != 0
    end = len(read_log(killed / "log.csv")) + 2
    in_two_processes(train, free_port(), arguments("mlstm", tmp_path, killed, end))
    with in_doubles():
        call_command(*arguments("mlstm", tmp_path, whole, end), stdout=StringIO())
    assert [row["iteration"] for row in read_log(killed / "log.csv")] == [str(i + 1) for i in range(end)]
    shared, alone = (losses(out, ["nll", "nll_validation"]) for out in (killed, whole))
    assert shared == pytest.approx(alone, rel=CLOSE)
