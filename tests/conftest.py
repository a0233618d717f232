"""What every test stands on: a database and folders of its own, one thread a process, quick passwords, a browser."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Read when numerical libraries load: two test processes with two threads each would only get in each other's way.
#: Commands speak the language of the terminal, and tests read English.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Playwright's event loop runs in the thread of the tests, also of those that a process runs after its browser tests.
# Django's guard against that has nothing to protect here.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

QUIET = (
    "--no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-default-apps --mute-audio"
)


#: Findings that several modules look at.
FOUND = "tests.analysis.shared_findings"


class BySharing(LoadScopeScheduling):  # type: ignore[misc]
    """Tests that share what is long in the making run in one process, so that it is made once; all others in any."""

    def _split_scope(self, nodeid: str) -> str:
        return _shared(self.config.rootpath / nodeid.partition("::")[0]) or nodeid


@functools.cache
def _shared(module: Path) -> str:
    """What the tests of a module share: a fixture of its own, or findings with other modules; "" for nothing."""
    text = module.read_text(encoding="utf-8")
    if f"from {FOUND} import" in text:
        return FOUND
    return str(module) if 'scope="module"' in text else ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mixes the folders where tests are shared out: while one waits for a browser or a server, another computes."""
    if not hasattr(config, "workerinput"):
        return
    folders: dict[Path, list[pytest.Item]] = {}
    for item in items:
        folders.setdefault(item.path.parent, []).append(item)
    places = {item: place / len(tests) for tests in folders.values() for place, item in enumerate(tests)}
    items.sort(key=places.__getitem__)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BySharing:
    """How tests are shared out; xdist's own groups have no effect with pytest 9.2."""
    return BySharing(config, log)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """A database for each process of the suite.

    SQLite in a file, for the threads of a live server can't share one in memory; without waiting for the disk.
    """
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        database["OPTIONS"] = {**database["OPTIONS"], "init_command": "PRAGMA synchronous=OFF"}


@pytest.fixture(autouse=True)
def _own_folders(settings: Settings, tmp_path: Path) -> None:
    """Clips go to a folder of the test's own; static files are served as they lie in the tree."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, preferably without its windows, which cost half as much again; or the one CHROMIUM names."""
    names = [os.environ.get("CHROMIUM"), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("There is no Chromium for the browser tests: apt install chromium-headless-shell", pytrace=False)
    return {"executable_path": found, "args": QUIET.split(), "headless": True}
