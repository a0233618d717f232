"""A private PostgreSQL cluster from Debian's binaries: on loopback, under an account without rights, gone at the end.

python -m tests.robustness.postgres COMMAND …    runs the command with DATABASE_URL set to such a cluster
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: `initdb` and the server refuse to run as root; one of these owns the cluster then.
ACCOUNTS = ("postgres", "nobody")
#: A suite's databases live for minutes: nobody misses them after a power cut.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 30.0


class NoPostgres(Exception):
    """Why there is no cluster, and how to get one."""


def binaries() -> Path:
    """The folder of `initdb` and `postgres`: PG_BIN, or the newest of Debian's."""
    named = os.environ.get("PG_BIN")
    found = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
    if not found or not (found[-1] / "initdb").exists():
        raise NoPostgres("There is no PostgreSQL here: apt install postgresql, or name the folder of initdb in PG_BIN.")
    return found[-1]


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdecimal() else 0


def _account() -> str | None:
    """The account that owns the cluster; None where this process may own it itself."""
    if os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    account = next((name for name in ACCOUNTS if name in names), None)
    if account is None:
        raise NoPostgres(f"PostgreSQL does not run as root and there is no account {' or '.join(ACCOUNTS)}.")
    return account


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """The processes that a process started, by /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone meanwhile
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(status.parent.name))
    return found


@dataclass
class Cluster:
    """A PostgreSQL server of one's own, which can be killed and comes back with what it had."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    account: str | None = field(default_factory=_account)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """DATABASE_URL of its one database."""
        return f"postgres://mukulen@127.0.0.1:{self.port}/mukulen"

    def create(self) -> None:
        """Makes the cluster's files; only this computer's accounts can reach it."""
        if self.account:
            shutil.chown(self.folder, self.account)
        options = ["--username=mukulen", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", f"--pgdata={self.folder / 'data'}", *options)
        self.start()
        self._run("createdb", "--host=127.0.0.1", f"--port={self.port}", "--username=mukulen", "mukulen")

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", **self.settings}
        command = [str(binaries() / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            server: subprocess.Popen[bytes] = subprocess.Popen(command, stdout=log, stderr=log, **self._as())
        self.process = server
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if server.poll() is not None or time.monotonic() > deadline:
                raise NoPostgres(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-800:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """kill -9 of the postmaster and all its children, as a power cut would end them."""
        if self.process is None:
            return
        for pid in [self.process.pid, *children(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ends the server in good order, at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()

    def _answers(self) -> bool:
        ready = subprocess.run(
            [binaries() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False, timeout=10
        )
        return ready.returncode == 0

    def _as(self) -> dict[str, Any]:
        return {"user": self.account, "group": self.account, "extra_groups": []} if self.account else {}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [binaries() / program, *arguments], check=False, capture_output=True, text=True, cwd="/", **self._as()
        )
        if done.returncode:
            raise NoPostgres(f"{program}: {done.stderr.strip()[-500:]}")


@contextmanager
def cluster(**settings: str) -> Iterator[Cluster]:
    """A running cluster; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="mukulen-postgres-") as folder:
        made = Cluster(Path(folder), settings)
        try:
            made.create()
            yield made
        finally:
            made.stop()


def main(command: list[str]) -> int:
    try:
        with cluster(**HASTY, max_connections="200") as made:
            print(f"PostgreSQL on port {made.port} as {made.account or 'this account'}", file=sys.stderr)
            return subprocess.run(command, env=os.environ | {"DATABASE_URL": made.url}, check=False).returncode
    except NoPostgres as reason:
        print(reason, file=sys.stderr)
        return 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
