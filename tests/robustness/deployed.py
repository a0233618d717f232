"""The site as docs/operations.md deploys it: gunicorn as mukulen.service starts it, behind nginx with nginx.conf."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.robustness.postgres import children, free_port
from tests.robustness.servers import ROOT, Gunicorn, program

DEPLOY = ROOT / "deploy"
#: The name of the site in the examples.
NAME = "study.example.org"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def environment_of_service() -> dict[str, str]:
    """The shipped environment, but for what lies elsewhere on every machine."""
    lines = (DEPLOY / "environment").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value for name, value in given.items() if name not in {"SECRET_KEY_FILE", "MUKULEN_DATA"}}


def arguments_of_service() -> tuple[str, tuple[str, ...]]:
    """The application and gunicorn's arguments in mukulen.service, but for its address."""
    text = (DEPLOY / "mukulen.service").read_text()
    start = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)[-1].split()
    at = start.index("--bind")
    return start[1], tuple(start[2:at] + start[at + 2 :])


@dataclass
class Front:
    """nginx with deploy/nginx.conf before a server; it speaks https on `port`, with a certificate of its own."""

    behind: int
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the proxy. Raises RuntimeError where nginx or openssl is missing, or the port stays dead."""
        nginx, openssl = _program("nginx"), _program("openssl")
        self.folder.mkdir()
        names = ["-subj", f"/CN={NAME}", "-days", "2", "-keyout", "key", "-out", "pem"]
        make = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names]
        subprocess.run(make, check=True, capture_output=True, cwd=self.folder)
        (self.folder / "nginx.conf").write_text(self._configuration())
        command = [nginx, "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "errors")]
        self.process = subprocess.Popen(command, cwd=self.folder)
        for _ in range(100):
            try:
                ssl.get_server_certificate(("127.0.0.1", self.port), timeout=5)
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"nginx did not answer: {(self.folder / 'errors').read_text()[-800:]}")

    def _configuration(self) -> str:
        text = (DEPLOY / "nginx.conf").read_text()
        for old, new in (
            ("127.0.0.1:8000", f"127.0.0.1:{self.behind}"),
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            ("/etc/mukulen/certificate.pem", str(self.folder / "pem")),
            ("/etc/mukulen/certificate.key", str(self.folder / "key")),
            ("/var/log/nginx/mukulen.log", str(self.folder / "log")),
        ):
            if old not in text:
                raise RuntimeError(f"deploy/nginx.conf has no {old!r} any more.")
            text = text.replace(old, new)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        head = f"daemon off;\nmaster_process off;\npid {self.folder}/pid;\nevents {{}}\n"
        return f"{head}http {{\n{temporary}{text}\n}}\n"

    def stop(self) -> None:
        """Ends the proxy."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


def _program(name: str) -> str:
    found = program(name)
    if found is None:
        raise RuntimeError(f"There is no {name} here: apt install {'nginx-light' if name == 'nginx' else name}.")
    return found


def service(environment: dict[str, str], log: Path) -> Gunicorn:
    """Gunicorn as mukulen.service starts it. `environment` says where its data and its database lie."""
    application, arguments = arguments_of_service()
    return Gunicorn(environment_of_service() | environment, log, application, arguments)


def processor_s(root: subprocess.Popen[bytes] | None) -> float:
    """Processor seconds of a process and all its children, those that have ended included."""
    if root is None:
        return 0.0
    own = _stat(root.pid)
    ticks = sum(own[11:15]) + sum(sum(_stat(pid)[11:13]) for pid in children(root.pid))
    return ticks / TICKS


def memory_mib(root: subprocess.Popen[bytes] | None) -> float:
    """Resident memory of a process and its children, MiB; what they share counts for each."""
    pids = [root.pid, *children(root.pid)] if root else []
    return sum(_stat(pid)[21] for pid in pids) * PAGE_BYTES / 2**20


def _stat(pid: int) -> list[int]:
    """The fields of /proc/PID/stat after the name and the state, by their place there; zeros once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [0] * 22
    return [0, *map(int, fields[1:])]
