"""`make lighthouse`: Lighthouse on five pages of the demo study, served by gunicorn as it is deployed.

Lighthouse comes from npm (`npx`) and is no part of the project. Each page is measured `--runs` times; printed are the
medians and, for what is below 100, which audits say so.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from playwright.sync_api import sync_playwright

from tests.robustness.servers import KEY, ROOT, Gunicorn, program

if TYPE_CHECKING:
    from tests.robustness.protocol import Browser

CATEGORIES = ("performance", "accessibility", "best-practices")
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


def manage(*arguments: str) -> str:
    """What a command of the site prints."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def expert(browser: Browser, link: str) -> str:
    """The path of the first trial of a new expert, who has agreed and answered what is asked before it."""
    browser.page(link)
    path, page = browser.send_form(link, {})
    while path != "/room/instructions/":
        form = next(form for form in page.forms if form.method == "post" and form.action != "/language/")
        fields = {name: value for name, value in form.fields.items() if name != "csrfmiddlewaretoken"}
        path, page = browser.send_form(form.action or path, fields)
    return next(url for url in page.all_of("a", "href") if url.startswith("/room/t/"))


def researcher(browser: Browser, password: str) -> str:
    """The path of a draft's page of questions, once the researcher of the demo study has logged in and begun one."""
    browser.page("/desk/login/")
    browser.send_form("/desk/login/", {"username": "researcher", "password": password})
    browser.page("/desk/drafts/new/")
    path, _page = browser.send_form("/desk/drafts/new/", {"title": "", "language": "en", "begin": "study:daur"})
    return path.replace("/start/", "/questions/")


def pages(port: int) -> Iterator[tuple[str, str, Browser]]:
    """Each page: its name, its path, and a browser with the cookies that it asks for."""
    from tests.robustness.protocol import Browser  # only now: it imports models

    printed = manage("demo_login", "daur")
    links = re.findall(r"http://[^/]+(/i/\S+)", printed)
    stranger, guest, desk = Browser(port), Browser(port), Browser(port)
    yield "home page", "/", stranger
    yield "invitation", links[0], stranger
    yield "trial", expert(guest, links[1]), guest
    builder = researcher(desk, re.findall(r"researcher / (\S+)", printed)[0])
    yield "progress", "/desk/studies/daur/board/", desk
    yield "builder", builder, desk


def measured(address: str, profile: Path, form: str) -> dict[str, Any]:
    """One report of Lighthouse, with a browser of that profile."""
    out = profile.with_suffix(".json")
    flags = f"--headless --no-sandbox --disable-dev-shm-usage --user-data-dir={profile}"
    command = [*lighthouse(), address, "--quiet", "--disable-storage-reset", f"--chrome-flags={flags}"]
    command += ["--throttling-method=simulate", f"--only-categories={','.join(CATEGORIES)}"]
    command += ["--output=json", f"--output-path={out}", *(["--preset=desktop"] if form == "desktop" else [])]
    environment = os.environ | {"CHROME_PATH": browser_path() or ""}
    subprocess.run(command, check=True, cwd=profile.parent, env=environment)
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    if message := report.get("runtimeError", {}).get("message"):
        raise RuntimeError(message)
    return report


def make_profile(profile: Path, site: str, cookies: dict[str, str]) -> None:
    """The folder of a browser that has the cookies: a header of Lighthouse gets lost once a page sets one itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=browser_path(), args=["--no-sandbox"]
        )
        end = time.time() + 86_400
        browser.add_cookies(
            [{"name": name, "value": value, "url": site, "expires": end} for name, value in cookies.items()]
        )
        browser.close()


def browser_path() -> str | None:
    """An installed Chromium."""
    return next(filter(None, map(program, BROWSERS)), None)


def lighthouse() -> list[str]:
    """How Lighthouse is started: an installed one, or npm's."""
    found = shutil.which("lighthouse")
    return [found] if found else ["npx", "--yes", "lighthouse@12"]


def causes(report: dict[str, Any]) -> Iterator[str]:
    """The audits that count and that a page did not pass in full."""
    for category in CATEGORIES:
        for part in report["categories"][category]["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield f"{part['id']} {audit.get('displayValue', '')}".strip()


def main() -> None:
    """Serve the study, measure its pages, print a row for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.lighthouse", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often each page is measured (default: 3)")
    parser.add_argument("--form", choices=["mobile", "desktop"], default="mobile", help="default: mobile")
    parser.add_argument("--only", help="one page, such as builder")
    parser.add_argument("--keep", type=Path, help="a folder for the last report of each page")
    asked = parser.parse_args()
    # The clock of the browsers that log in is the machine's: nothing is added to it.
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": KEY, "CHAOS_CLOCK": os.devnull}
    django.setup()
    manage("collectstatic", "--noinput", "--verbosity", "0")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Gunicorn({}, folder / "log")
        server.start()
        try:
            for page, path, browser in pages(server.port):
                if asked.only in {None, page}:
                    _row(page, f"http://127.0.0.1:{server.port}", path, browser.cookies, asked, folder)
        finally:
            server.stop()


def _row(page: str, site: str, path: str, cookies: dict[str, str], asked: argparse.Namespace, folder: Path) -> None:
    reports = []
    for run in range(asked.runs):
        profile = folder / f"{page.replace(' ', '-')}-{run}"
        make_profile(profile, site, cookies)
        reports.append(measured(site + path, profile, asked.form))
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        (asked.keep / f"{page.replace(' ', '-')}.json").write_text(json.dumps(reports[-1]), encoding="utf-8")
    scores = {name: [100 * report["categories"][name]["score"] for report in reports] for name in CATEGORIES}
    said = "  ".join(f"{name} {statistics.median(found):3.0f}" for name, found in scores.items())
    named = Counter(cause for report in reports for cause in causes(report))
    print(f"{page:10}  {said}  {'; '.join(named)}", flush=True)


if __name__ == "__main__":
    main()
