"""A gunicorn of one's own, as processes that can be killed without warning and started again."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.robustness.postgres import children, free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
KEY = "a-key-for-servers-that-live-for-minutes-and-never-leave-loopback"


def program(name: str) -> str | None:
    """Where a program lies; those of servers are often not on the path of a user."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


@dataclass
class Gunicorn:
    """The site behind gunicorn on loopback. `environment` says where its data and its database lie."""

    environment: dict[str, str]
    log: Path
    application: str = "config.wsgi"
    arguments: tuple[str, ...] = ("--workers", "2", "--threads", "4")
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        command = [sys.executable, "-m", "gunicorn", self.application, "--bind", f"127.0.0.1:{self.port}"]
        command += ["--no-control-socket", "--graceful-timeout", "5", *self.arguments]
        environment = os.environ | {"SECRET_KEY": KEY} | self.environment
        with self.log.open("ab") as log:
            server = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.process = server
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"gunicorn did not start: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether the server says that it is there."""
        probe = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            probe.request("GET", "/healthz")
            return probe.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            probe.close()

    def kill(self) -> None:
        """kill -9 of the master and its workers."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """Ends the server in good order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()

    def pids(self) -> list[int]:
        """The master's and the workers' processes."""
        return [self.process.pid, *children(self.process.pid)] if self.process else []


NGINX = """daemon off; master_process off; pid {folder}/pid; events {{}}
http {{
    access_log off;
    {temporary}
    upstream site {{ {hosts} }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://site; proxy_set_header Host $host; proxy_connect_timeout 2s; }}
    }}
}}
"""


@dataclass
class Nginx:
    """A proxy that shares the requests among several hosts, and asks the next one where one does not answer."""

    hosts: list[int]
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the proxy. Raises RuntimeError where there is no nginx."""
        nginx = program("nginx")
        if nginx is None:
            raise RuntimeError("There is no nginx here: apt install nginx-light.")
        self.folder.mkdir()
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        text = NGINX.format(
            folder=self.folder,
            temporary=" ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds),
            hosts=" ".join(f"server 127.0.0.1:{port} fail_timeout=1s;" for port in self.hosts),
            port=self.port,
        )
        (self.folder / "nginx.conf").write_text(text)
        self.process = subprocess.Popen([nginx, "-c", self.folder / "nginx.conf", "-e", self.folder / "errors"])

    def stop(self) -> None:
        """Ends the proxy."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
