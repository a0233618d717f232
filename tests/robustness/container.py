"""The steps of deploy/Containerfile in a Debian root of mmdebstrap, and the site that it serves: no container engine.

python -m tests.robustness.container [--root FOLDER]    as root; needs mmdebstrap, nginx, openssl, PostgreSQL, a network

The image's own Debian is built, each step is run in it, and its command is started as compose.yaml starts it: without
root's rights, on a root file system that is read-only except for the volume and /tmp, with PostgreSQL, behind nginx
with deploy/nginx.conf. A researcher then logs in over https. What a container engine itself does is not tried: its
network, its build and its images of nginx and PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from ssl import create_default_context
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

from tests.robustness.deployed import DEPLOY, NAME, Front
from tests.robustness.postgres import Cluster, free_port
from tests.robustness.servers import ROOT

START_SECONDS = 180.0
#: How pip in the root finds the network as this machine does, and the certificates that it trusts there.
OF_THE_MACHINE = ("/etc/resolv.conf", "/etc/pip.conf")
NETWORK = re.compile("^PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)$|_proxy$", re.IGNORECASE)
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CHROOT = "/usr/sbin/chroot"


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction of a Containerfile with its arguments."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, arguments = line.partition(" ")
            yield name, arguments.strip()


def context(folder: Path) -> Iterator[Path]:
    """What .dockerignore lets into the build, of the files that git tracks; paths from the repository's root."""
    lines = (folder / ".dockerignore").read_text().splitlines()
    kept = tuple(line[1:] for line in lines if line.startswith("!"))
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=folder, check=True, capture_output=True, text=True).stdout
    for name in filter(None, tracked.split("\0")):
        if name in kept or name.startswith(tuple(f"{one}/" for one in kept)):
            yield Path(name)


class Image:
    """A root file system that the steps of a Containerfile have filled."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.user, self.volume, self.command = "root", "", list[str]()
        self.probe: list[str] = []

    def build(self, containerfile: Path) -> None:
        """Run every instruction. Raises ValueError for an unknown one, CalledProcessError for a step that fails."""
        for name, arguments in instructions(containerfile.read_text()):
            print(f"{name} {arguments}", flush=True)
            getattr(self, f"_{name.lower()}", self._unknown)(arguments)

    def _unknown(self, arguments: str) -> None:
        raise ValueError(f"{arguments!r}: this program does not know the instruction.")

    def _from(self, image: str) -> None:
        suite = image.removeprefix("debian:").removesuffix("-slim")
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", suite, str(self.root)]
        subprocess.run(command, check=True)
        for name in map(Path, OF_THE_MACHINE):
            if name.exists():
                target = self.root / name.relative_to("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(name, target)
        shutil.copy(CERTIFICATES, self.root / "opt")

    def _run(self, step: str) -> None:
        here = {name: value for name, value in os.environ.items() if NETWORK.search(name)}
        trusted = {**here, "PIP_CERT": f"/opt/{CERTIFICATES.name}"}
        subprocess.run(self.inside(["/bin/sh", "-c", step], trusted), check=True)

    def _copy(self, arguments: str) -> None:
        target = self.root / arguments.split()[1].lstrip("/")
        for name in context(ROOT):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)

    def _env(self, arguments: str) -> None:
        name, _, value = arguments.partition("=")
        self.environment[name] = value

    def _user(self, name: str) -> None:
        self.user = name

    def _volume(self, path: str) -> None:
        self.volume = path

    def _expose(self, port: str) -> None:
        """Nothing: the root shares this machine's network."""

    def _healthcheck(self, arguments: str) -> None:
        self.probe = json.loads(arguments.partition("CMD ")[2])

    def _cmd(self, arguments: str) -> None:
        self.command = json.loads(arguments)

    def inside(self, command: list[str], environment: dict[str, str] | None = None) -> list[str]:
        """The command line that runs a command in the root as the image's user, with the image's environment."""
        given = [f"{name}={value}" for name, value in (self.environment | (environment or {})).items()]
        return ["env", "-i", *given, CHROOT, f"--userspec={self.user}", str(self.root), *command]

    def read_only(self, command: list[str], environment: dict[str, str]) -> list[str]:
        """The same without any right of root, where all but the volume and /tmp is read-only."""
        root, volume = shlex.quote(str(self.root)), self.volume.lstrip("/")
        mounts = [
            f"mount --bind {root} {root}",
            f"mount --bind {root}/{volume} {root}/{volume}",
            f"mount -t tmpfs -o mode=1777 tmpfs {root}/tmp",
            f"mount --rbind /dev {root}/dev",
            f"mount -o remount,bind,ro {root}",
        ]
        within = self.inside(["/usr/bin/setpriv", "--no-new-privs", *command], environment)
        return ["unshare", "--mount", "sh", "-ec", "; ".join([*mounts, f"exec {shlex.join(within)}"])]


def log_in(front: Front, password: str) -> str:
    """The dashboard's page after a login over https, by the certificate's own name."""
    trusted = create_default_context(cafile=str(front.folder / "pem"))
    trusted.check_hostname = False  # the address is loopback's, the name in the request the site's
    opener = build_opener(HTTPSHandler(context=trusted), HTTPCookieProcessor(CookieJar()))
    login = f"https://127.0.0.1:{front.port}/desk/login/"
    named = {"Host": NAME, "Referer": f"https://{NAME}/desk/login/"}
    page = opener.open(Request(login, headers=named)).read().decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    form = {"username": "researcher", "password": password, "csrfmiddlewaretoken": token}
    return str(opener.open(Request(login, urllib.parse.urlencode(form).encode(), named)).read().decode())


def drive(image: Image, folder: Path) -> None:
    """Serve the site as compose.yaml does and log in. Raises RuntimeError where it does not answer."""
    cluster, port = Cluster(folder / "database"), free_port()
    cluster.folder.mkdir()
    folder.chmod(0o755)
    front = Front(port, folder / "front")
    environment = {
        "DATABASE_URL": cluster.url,
        **{"HTTPS": "1", "BEHIND_PROXY": "1", "LOG": "json"},
        "ALLOWED_HOSTS": f"{NAME},127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": f"https://{NAME}",
    }
    log, server = folder / "log", None
    try:
        cluster.create()
        command = image.read_only([*image.command, "--host", "127.0.0.1", "--port", str(port)], environment)
        with log.open("wb") as file:
            server = subprocess.Popen(command, stdout=file, stderr=file)
        probe = [part.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for part in image.probe]
        began = time.monotonic()
        while subprocess.run(image.inside(probe), check=False, capture_output=True).returncode:
            if server.poll() is not None or time.monotonic() - began > START_SECONDS:
                raise RuntimeError(f"the site did not start: {log.read_text()[-3000:]}")
            time.sleep(1)
        print(f"healthy after {time.monotonic() - began:.0f} s")
        check_rights(server.pid)
        front.start()
        password = re.findall(r"password (\S+?)\. It is not shown again", log.read_text())[0]
        page = log_in(front, password)
        if "/desk/logout/" not in page:
            raise RuntimeError(f"the login did not lead to the dashboard: {page[:2000]}")
        print("A researcher logged in over https.")
    finally:
        if server is not None:
            server.terminate()
            server.wait()
        front.stop()
        cluster.stop()


def check_rights(pid: int) -> None:
    """Raise RuntimeError where the server has root's rights or can write outside its volume."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    mounts = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    of_root = [line.split() for line in mounts if line.split()[4] == "/"]
    if "0" in status["Uid"].split() or int(status["CapEff"], 16) or not of_root[-1][5].startswith("ro"):
        raise RuntimeError(f"the server has too many rights: {status['Uid']} {status['CapEff']} {of_root}")
    print(f"User {status['Uid'].split()[0]}, no capability, root file system {of_root[-1][5]}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="folder for the root file system, kept; else a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        image = Image(given.root or folder / "root")
        began = time.monotonic()
        image.build(DEPLOY / "Containerfile")
        print(f"built in {time.monotonic() - began:.0f} s")
        drive(image, folder)


if __name__ == "__main__":
    main()
