"""What must hold of the settings and the log."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.logs import NoSecrets
from config.settings import sqlite_options


def start_server(**variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import config.wsgi"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SECRET_KEY")}
    return subprocess.run(command, env=inherited | variables, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("variables", "starts"),
    [({}, False), ({"HTTPS": "1"}, False), ({"SECRET_KEY": "x" * 50, "HTTPS": "1"}, True), ({"DEBUG": "1"}, True)],
)
def test_a_server_starts_only_with_a_key_of_its_own(variables: dict[str, str], starts: bool) -> None:
    result = start_server(**variables)
    assert (result.returncode == 0) == starts
    assert starts or "Set SECRET_KEY or SECRET_KEY_FILE" in result.stderr


@pytest.mark.parametrize(
    ("message", "logged"),
    [
        ("Forbidden: /i/a-secret/ by /room/t/secret-2/audio", "Forbidden: /i/…"),
        ("Not Found: /i/ a-secret/", "Not Found: /i/…"),
        ("Not Found: /i//a-secret", "Not Found: /i/…"),
        ('Not Found: /I/"a-secret/', "Not Found: /I/…"),
        ("Method Not Allowed (GET): /desk/studies/daur/members/secret@x.org/remove/",
         "Method Not Allowed (GET): /desk/studies/daur/members/…"),
        ("Forbidden (Referer checking failed - https://mail.org/?to=secret is not trusted.): /x",
         "Forbidden (Referer checking failed…"),
        ("Invalid HTTP request line: 'GET /%69/secret。/'", "Invalid HTTP request line:…"),
        ("null value\nDETAIL:  Failing row contains (1, secret,\n\nsecret).\n\nThe above exception was",
         "null value\nDETAIL: …\n\nThe above exception was"),
        ("no DETAIL: here\nCONTEXT:  JSON data: secret", "no DETAIL: here\nCONTEXT: …"),
    ],
)  # fmt: skip
def test_the_log_names_no_link_no_trial_no_account_and_no_row(message: str, logged: str) -> None:
    record = logging.LogRecord("django", 30, "", 0, "%s", (message,), None)
    assert NoSecrets().filter(record)
    assert record.getMessage() == logged


@pytest.mark.parametrize(
    ("version", "mode"),
    [((3, 40, 1), "TRUNCATE"), ((3, 44, 6), "WAL"), ((3, 45, 0), "TRUNCATE"), ((3, 50, 7), "WAL"),
     ((3, 51, 2), "TRUNCATE"), ((3, 51, 3), "WAL"), ((3, 53, 0), "WAL")],
)  # fmt: skip
def test_sqlite_writes_ahead_only_where_that_is_sound(version: tuple[int, int, int], mode: str) -> None:
    options = sqlite_options(version)
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["init_command"] == f"PRAGMA journal_mode={mode}; PRAGMA synchronous=FULL;"


def test_a_setting_that_is_neither_yes_nor_no_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="HTTPS='perhaps'"):
        env.env_bool("HTTPS", False)


def test_a_secret_can_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
    path = os.path.join(tmp_path, "key")
    with open(path, "w", encoding="utf-8") as file:
        file.write("hidden\n")
    monkeypatch.setenv("SECRET_KEY_FILE", path)
    assert env.env_secret("SECRET_KEY", "none") == "hidden"
    os.remove(path)
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.env_secret("SECRET_KEY", "none")


def test_options_are_a_json_object_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.env_options("CLIP_STORAGE_OPTIONS") == {}
    monkeypatch.setenv("CLIP_STORAGE_OPTIONS", '{"bucket_name": "clips", "use_ssl": false}')
    assert env.env_options("CLIP_STORAGE_OPTIONS") == {"bucket_name": "clips", "use_ssl": False}
    for text, fault in (("bucket=clips", "is no JSON: "), ('["clips"]', "is no JSON object")):
        monkeypatch.setenv("CLIP_STORAGE_OPTIONS", text)
        with pytest.raises(ImproperlyConfigured, match=fault):
            env.env_options("CLIP_STORAGE_OPTIONS")


@pytest.mark.parametrize(
    ("given", "path"), [("", ""), ("/", ""), ("/study", "study/"), ("lab/study-2/", "lab/study-2/")]
)
def test_path_of_the_site_is_read_with_and_without_its_slashes(
    monkeypatch: pytest.MonkeyPatch, given: str, path: str
) -> None:
    monkeypatch.setenv("SITE_PATH", given)
    assert env.env_path("SITE_PATH") == path


@pytest.mark.parametrize("given", ["/my study", "https://example.org/study", "/a//b", "/研究", "../x"])
def test_path_of_the_site_that_no_address_has_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("SITE_PATH", given)
    with pytest.raises(ImproperlyConfigured, match="write it as /study"):
        env.env_path("SITE_PATH")
