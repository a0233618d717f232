"""A Dask cluster on this machine: a scheduler and two workers, each a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from formats.errors import InputError
from generation import metrics, workers
from tests.generation.songs import write_song
from tests.generation.test_pack import ROOT, build, contents

PATIENCE_S = 120
CLIPS = 12


class Cluster:
    """Processes that end with the `with`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "scheduler.json"
        self.processes = ExitStack()

    def __enter__(self) -> Cluster:
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0")
        return self

    def __exit__(self, *error: object) -> None:
        self.processes.close()

    def start(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{name}"
        command = [sys.executable, "-m", module, "--scheduler-file", str(self.file), "--no-dashboard", *options]
        log = self.processes.enter_context((self.folder / "log").open("ab"))
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log
        )
        self.processes.callback(process.wait, PATIENCE_S)
        self.processes.callback(process.kill)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", "--no-nanny", "--nthreads", "1", "--local-directory", str(self.folder))

    def address(self, count: int) -> str:
        """The scheduler's, once that many workers are there."""
        from distributed import Client

        wait_for(self.file.exists)
        client: Any = Client(scheduler_file=str(self.file), set_as_default=False)  # type: ignore[no-untyped-call]
        with client:
            if count:
                client.wait_for_workers(count, timeout=PATIENCE_S)
            return str(client.scheduler.address)


def wait_for(condition: Any) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path) as cluster:
        yield cluster


def test_a_cluster_that_loses_a_worker_makes_and_measures_the_same_pack(cluster: Cluster, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    build(here, clips_per_system=CLIPS)
    lost, _ = cluster.worker(), cluster.worker()
    address = cluster.address(2)
    pack = threading.Thread(target=build, args=[there], kwargs={"clips_per_system": CLIPS, "workers": address})
    pack.start()
    wait_for(lambda: len(list(there.glob("audio/*.mp3"))) >= 3)
    lost.kill()
    assert not (there / "manifest.json").exists()
    pack.join(PATIENCE_S)
    assert contents(there) == contents(here)
    tables = [tmp_path / "here.csv", tmp_path / "there.csv"]
    metrics.measure_folder(here, tables[0])
    metrics.measure_folder(here, tables[1], at=address)
    assert tables[0].read_bytes() == tables[1].read_bytes()


def test_a_cluster_without_workers_or_without_a_disk_in_common_is_named(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = cluster.address(0)
    with pytest.raises(InputError, match=f"The Dask scheduler at {address} has no workers: start `dask worker"):
        build(tmp_path / "pack", workers=address)
    cluster.worker()
    cluster.address(1)
    with (
        pytest.raises(InputError, match="does not see /nowhere: put it on a disk that its machines share"),
        workers.pool(address, 1, reads=Path("/nowhere")),
    ):
        pass
    monkeypatch.setattr(workers, "version", lambda name: "0.1")
    with (
        pytest.raises(InputError, match=r"has lameenc \S+ and this machine 0.1: install the same Python"),
        workers.pool(address, 1),
    ):
        pass


def test_where_no_scheduler_answers_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "TIMEOUT_S", 1)
    with (
        pytest.raises(InputError, match="No Dask scheduler answers at tcp://127.0.0.1:9"),
        workers.pool("tcp://127.0.0.1:9", 1),
    ):
        pass


class Deadly:
    """Whoever unpickles it is killed, as by a machine that runs out of memory."""

    def __reduce__(self) -> tuple[Any, tuple[int]]:
        return signal.raise_signal, (signal.SIGKILL,)


def test_where_a_process_is_killed_a_sentence_says_how_to_go_on_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["generation.metrics.table"], "BATCH", 1)
    for number, pitch in enumerate((60, 67)):
        write_song(tmp_path / f"clip{number}.mid", [(0.0, 4.0, pitch)])
    reference: Any = Deadly()
    with pytest.raises(InputError, match="was killed.*Run the command again with fewer --workers"):
        metrics.measure_folder(tmp_path, tmp_path / "metrics.csv", reference, at=2)
    assert not (tmp_path / "metrics.csv").exists()


@pytest.mark.parametrize("text", ["0", "-1", "two", "10.0.0.5:8786", "http://10.0.0.5"])
def test_workers_are_a_number_or_an_address(text: str) -> None:
    assert (workers.workers("2"), workers.workers("tcp://10.0.0.5:8786")) == (2, "tcp://10.0.0.5:8786")
    with pytest.raises(ArgumentTypeError, match="neither a number of processes"):
        workers.workers(text)
