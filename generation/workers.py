"""Where work is done: in this process, in several of this machine, or on a Dask cluster of several machines."""

from __future__ import annotations

import os
import platform
import signal
from argparse import ArgumentTypeError
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from formats.errors import N_, InputError

#: A number of processes, or the address of a Dask scheduler such as tcp://10.0.0.5:8786.
Workers = int | str

TIMEOUT_S = 20
KILLED = N_("A worker process was killed, possibly out of memory. Run the command again with fewer --workers.")
#: What the bytes of a clip and the digits of a figure hang on.
LIBRARIES = (
    *("lameenc", "numpy", "pretty_midi", "pyloudnorm", "scipy"),
    *("soundfile", "symusic", "tinysoundfont", "torch"),
)


def workers(text: str) -> Workers:
    """Reads `--workers`: a number of processes from 1 up, or the address of a Dask scheduler."""
    if text.startswith(("tcp://", "tls://", "ucx://")):
        return text
    if not text.isdecimal() or len(text) > 4 or int(text) < 1:
        raise ArgumentTypeError(
            f"{text!r} is neither a number of processes from 1 to 9999 nor the address of a Dask scheduler, tcp://HOST:PORT."
        )
    return int(text)


@contextmanager
def pool(at: Workers, jobs: int, reads: Path | None = None) -> Iterator[Executor]:
    """Where that many jobs are done: this process for one worker, else that many processes, or a cluster.

    `reads` is a folder that the jobs read from, by its absolute path.

    Raises InputError where a process was killed (on a cluster: the same job's, again and again), where there is no
    such cluster and where it does not see the folder.
    """
    try:
        with _cluster(at, reads) if isinstance(at, str) else _own(max(1, min(at, jobs))) as executor:
            yield executor
    except BrokenExecutor as error:
        raise InputError(KILLED) from error


@contextmanager
def _own(processes: int) -> Iterator[Executor]:
    """This process for one worker, else that many of this machine."""
    executor = ThreadPoolExecutor(1) if processes == 1 else _processes(processes)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _processes(number: int) -> Executor:
    """Spawned, never forked: a fork would carry over locks of numerical libraries."""
    return ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_the_parent)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def library_versions() -> dict[str, str]:
    """The versions of LIBRARIES, on which the bytes of a clip depend, as far as they are installed."""
    return {name: version(name) for name in LIBRARIES if find_spec(name) is not None}


def _versions() -> dict[str, str]:
    return {"Python": platform.python_version(), **library_versions()}


def _require_equals(address: str, there: dict[str, dict[str, str]]) -> None:
    """Raises InputError where a cluster has no workers, or one with other libraries."""
    if not there:
        raise InputError(
            "The Dask scheduler at %(address)s has no workers: start `dask worker %(address)s`.", address=address
        )
    here = _versions()
    for worker, found in there.items():
        for name in here:
            if found[name] != here[name]:
                raise InputError(
                    "The worker %(worker)s has %(name)s %(found)s and this machine %(here)s: "
                    "install the same Python and requirements.txt on both.",
                    worker=worker,
                    name=name,
                    found=found[name],
                    here=here[name],
                )


@contextmanager
def _cluster(address: str, reads: Path | None) -> Iterator[Executor]:
    """Jobs of a worker that dies go to another one."""
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise InputError(
            "A cluster needs Dask here and on its machines: pip install -r requirements-cluster.txt"
        ) from error
    try:
        client: Any = Client(address, timeout=TIMEOUT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise InputError(
            "No Dask scheduler answers at %(address)s: start `dask scheduler` there.", address=address
        ) from error
    with client:
        _require_equals(address, client.run(_versions))
        executor: Executor = client.get_executor(pure=False)
        try:
            if reads and not executor.submit(os.path.isdir, reads).result():
                raise InputError(
                    "The cluster does not see %(file)s: put it on a disk that its machines share.", file=reads
                )
            yield executor
        except KilledWorker as error:
            raise BrokenExecutor(str(error)) from error
        finally:
            executor.shutdown(wait=False)
