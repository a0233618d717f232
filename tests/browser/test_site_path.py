"""The site under a path of its host, as another process serves it: from the command to a saved rating."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Log, answer, listen, settled
from tests.browser.test_session import up_to_the_instructions
from tests.factories import SCALES, make_pack, study_toml
from tests.robustness.servers import KEY, ROOT, Gunicorn

PATH = "/lab/listening"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Gunicorn]:
    """An open study with one expert at PATH; nothing answers beside it."""
    environment = {
        **{"SITE_PATH": PATH, "MUKULEN_DATA": str(tmp_path / "data"), "SECRET_KEY": KEY, "HTTPS": "0"},
        "DATABASE_URL": f"sqlite:///{tmp_path / 'data' / 'mukulen.sqlite3'}",
    }
    server = Gunicorn(environment, tmp_path / "log")
    (tmp_path / "small.toml").write_text(study_toml(), encoding="utf-8")
    for command in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--no-input", "--verbosity", "0"],
        ["create_study", str(tmp_path / "small.toml"), "--pack", str(make_pack(tmp_path / "pack"))],
    ):
        manage(environment, *command)
    server.start()
    yield server
    server.stop()


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_expert_rates_and_researcher_logs_in_under_a_path(site: Gunicorn, browser: Browser, tmp_path: Path) -> None:
    """`create_study` has played its sessions under the path as well, to check the blinding."""
    (tmp_path / "experts.csv").write_text("code,group,language\ne01,all,en\n", encoding="utf-8")
    address = f"http://127.0.0.1:{site.port}"
    table = manage(site.environment, "invite_experts", "small", str(tmp_path / "experts.csv"), "--site", address)
    context, log = browser.new_context(locale="en-GB"), Log()
    page = context.new_page()
    log.watch(page)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))

    page.goto(table.splitlines()[1].partition(",")[2])
    page.locator("main button").click()
    page.wait_for_url("**/room/consent/")
    up_to_the_instructions(page)
    page.get_by_role("link", name="Start practice").click()
    listen(page)
    answer(page, 4, *SCALES)
    settled(page)
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "false")
    worker = page.evaluate("navigator.serviceWorker.ready.then((ready) => ready.scope)")
    page.goto(f"{address}{PATH}/desk/")
    expect(page.locator("[name=username]")).to_be_visible()

    assert [url for url in asked if not url.startswith((f"{address}{PATH}/", "blob:"))] == []
    assert urlsplit(worker).path.startswith(f"{PATH}/")
    assert {cookie["path"] for cookie in context.cookies()} == {f"{PATH}/", f"{PATH}/desk/"}
    assert page.goto(f"{address}/desk/").status == 404  # type: ignore[union-attr]
    assert [error for error in log.errors if "404" not in error] == []
    context.close()
