"""What may befall a server while experts answer: kill -9, a locked database, a full disk, a clock that runs ahead."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.robustness.postgres import Cluster, NoPostgres
from tests.robustness.servers import Gunicorn

MIB = 2**20


@dataclass
class Disk:
    """The small disk on which the store lies, which can be filled up.

    A file system in memory needs the right to mount one. Without it SQLite's files are kept from growing instead,
    by a limit on the server's processes, and PostgreSQL's disk is not filled; `means` says which.
    """

    folder: Path
    size_mib: int
    means: str = ""

    def mount(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={self.size_mib}m", "tmpfs", str(self.folder)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        self.means = "a small file system filled up" if done.returncode == 0 else "files kept from growing"

    def unmount(self) -> None:
        if self.means.startswith("a small"):
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self, servers: list[Gunicorn]) -> None:
        """From now on nothing more fits."""
        if self.means.startswith("a small"):
            with suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
                while ballast.write(b"\0" * 65536):
                    pass
        else:
            _limit_files(servers, 4096)

    def clear(self, servers: list[Gunicorn]) -> None:
        """There is room again."""
        (self.folder / "ballast").unlink(missing_ok=True)
        if not self.means.startswith("a small"):
            _limit_files(servers, resource.RLIM_INFINITY)


def _limit_files(servers: list[Gunicorn], size: int) -> None:
    for pid in (pid for server in servers for pid in server.pids()):
        with suppress(ProcessLookupError):
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


@dataclass
class Store:
    """The database under fire: a file of SQLite, or a cluster of PostgreSQL."""

    url: str
    file: Path | None = None
    cluster: Cluster | None = None

    def lock(self, seconds: float) -> None:
        """Keeps everybody from writing for a while."""
        if self.file is not None:
            with closing(sqlite3.connect(self.file, timeout=20, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                time.sleep(seconds)
        elif self.cluster is not None:
            import psycopg

            with psycopg.connect(self.cluster.url, connect_timeout=5) as other:
                other.execute("LOCK TABLE study_rating IN ACCESS EXCLUSIVE MODE")
                time.sleep(seconds)


@dataclass(eq=False)
class Faults(threading.Thread):
    """Sends one trouble after another until it is told to stop, and counts them."""

    servers: list[Gunicorn]
    store: Store
    disk: Disk
    clock: Path
    rng: Random
    pause_s: float = 3.0
    counts: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        while not self.over.is_set():
            for trouble in self.rng.sample(self._troubles(), len(self._troubles())):
                if self.over.wait(self.rng.uniform(0.5, 1.5) * self.pause_s):
                    break
                self._advance_clock()
                trouble()
        self._recover()

    def _troubles(self) -> list[Callable[[], None]]:
        some = [self._kill, self._kill, self._lock]
        if self.store.file is not None or self.disk.means.startswith("a small"):
            some.append(self._fill_disk)
        if self.store.cluster is not None:
            some.append(self._kill_postmaster)
        return some

    def _advance_clock(self) -> None:
        """Ten minutes to an hour pass at once."""
        self.counts["clock_advanced"] += 1
        offset = float(self.clock.read_text()) + self.rng.uniform(600, 3600)
        temporary = self.clock.with_suffix(".new")
        temporary.write_text(str(offset))
        os.replace(temporary, self.clock)

    def _kill(self) -> None:
        self.counts["server_killed"] += 1
        server = self.rng.choice(self.servers)
        server.kill()
        server.start()

    def _lock(self) -> None:
        with suppress(sqlite3.OperationalError, *_psycopg_errors()):
            self.store.lock(self.rng.uniform(1, 4))
            self.counts["database_locked"] += 1

    def _fill_disk(self) -> None:
        self.counts["disk_full"] += 1
        self.disk.fill(self.servers)
        time.sleep(self.rng.uniform(1, 3))
        self.disk.clear(self.servers)
        self._recover()

    def _kill_postmaster(self) -> None:
        if self.store.cluster is not None:
            self.counts["postmaster_killed"] += 1
            self.store.cluster.kill()
            self._recover()

    def _recover(self) -> None:
        """Starts what a trouble has ended. A killed PostgreSQL may need a moment before it lets itself be started."""
        cluster = self.store.cluster
        for _ in range(20):
            if cluster is None or (cluster.process is not None and cluster.process.poll() is None):
                break
            with suppress(NoPostgres):
                cluster.start()
            time.sleep(0.5)
        for server in self.servers:
            if not server.answers():
                server.kill()
                server.start()


def _psycopg_errors() -> tuple[type[Exception], ...]:
    import psycopg

    return (psycopg.Error,)
