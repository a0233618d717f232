"""`make newcomer`: the package from nothing, as README says it: a wheel, `pip install`, `mukulen serve`, a login.

Prints how long each step takes and how much is installed. It needs a package index, as pip finds it.
"""

from __future__ import annotations

import http.cookiejar
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.robustness.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
USER = "researcher"


def build_wheel(folder: Path) -> Path:
    """The wheel, built from a copy of what git tracks, so that no build folder is left in the tree."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listing.split("\0")):
        source, target = ROOT / name, folder / "source" / name
        if source.is_file() and not name.startswith(("tests/", "docs/")):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(folder / "source")], check=True)
    (found,) = folder.glob("*.whl")
    return found


@contextmanager
def serving(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """The address of `mukulen serve`, and all that it printed before it served."""
    port = free_port()
    server = subprocess.Popen(
        [*command, "serve", "--port", str(port)],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line
        if "Listening at" in line:
            break
    try:
        yield f"http://127.0.0.1:{port}", said
    finally:
        server.terminate()
        server.communicate(timeout=60)


def log_in(address: str, said: str) -> str:
    """The dashboard's page, with the password that the first start printed."""
    password = re.search(r"with the password (\S+)\. ", said)
    assert password, said
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = browser.open(f"{address}/desk/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token, form
    sent = {"csrfmiddlewaretoken": token[1], "username": USER, "password": password[1]}
    page: str = browser.open(f"{address}/desk/login/", urllib.parse.urlencode(sent).encode()).read().decode()
    return page


def main() -> None:
    """Take the road, and print what it took; an AssertionError or CalledProcessError where it leads nowhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build_wheel(folder)
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([folder / "venv" / "bin" / "pip", "install", *quiet, wheel], check=True)
        installed = time.monotonic()
        size = sum(path.stat().st_size for path in (folder / "venv").rglob("*") if path.is_file())
        environment = {"PATH": os.environ["PATH"], "HOME": name, "MUKULEN_DATA": str(folder / "data")}
        environment["PYTHONUNBUFFERED"] = "1"  # what it prints before it serves is read here
        with serving([str(folder / "venv" / "bin" / "mukulen")], environment, folder) as (address, said):
            assert "/desk/logout/" in log_in(address, said), "no dashboard after the login"
            served = time.monotonic()
        print(f"wheel {wheel.stat().st_size / 1e6:.1f} MB, installed {size / 1e6:.0f} MB in {installed - began:.0f} s")
        print(f"first start to the dashboard {served - installed:.0f} s")


if __name__ == "__main__":
    main()
