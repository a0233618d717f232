"""What runs a server: the questions of a watchman, the log, the settings of production, and the files in deploy/."""

from __future__ import annotations

import http.client
import io
import json
import logging
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from config import health
from config.logs import JsonLines, PlainLines
from config.proxy import client_address
from study.models import Expert, Study, Trial
from tests.robustness.deployed import DEPLOY, NAME, Front, service
from tests.robustness.servers import KEY, ROOT, Gunicorn, program

OPERATIONS = ROOT / "docs" / "operations.md"
PRODUCTION = {"HTTPS": "1", "BEHIND_PROXY": "1", "LOG": "json", "ALLOWED_HOSTS": "study.example.org,127.0.0.1"}


def ready(client: Client) -> tuple[int, dict[str, Any]]:
    reply: Any = client.get("/readyz")
    return reply.status_code, reply.json()


def test_a_process_that_answers_is_alive(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"  # asks no database: none is allowed here


@pytest.mark.django_db
def test_a_site_in_order_is_ready(client: Client, study: Study) -> None:
    assert ready(client) == (
        200,
        {"ready": True, "database": "ok", "migrations": "ok", "static": "ok", "clips": "ok", "disk": "ok"},
    )


@pytest.mark.django_db
def test_a_site_that_cannot_play_a_clip_is_not_ready(client: Client, study: Study) -> None:
    for clip in study.clips.all():
        default_storage.delete(clip.audio)
    status, said = ready(client)
    assert (status, said["ready"], said["clips"]) == (503, False, "failing")


@pytest.mark.django_db
def test_a_site_behind_its_schema_is_not_ready(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("study", "0001_initial")
    assert ready(client)[1]["migrations"] == "behind: run manage.py migrate"


@pytest.mark.django_db
def test_a_site_upgraded_without_its_scripts_is_not_ready(client: Client, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.storage.StaticFiles"}}
    assert ready(client)[1]["static"] == "behind: run manage.py collectstatic"


@pytest.mark.django_db
def test_a_disk_nearly_full_is_told_in_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MIN_FREE_BYTES", 2**80)
    assert ready(client)[0] == 503


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What LOG=json writes."""
    lines, requests = io.StringIO(), logging.getLogger("mukulen.request")
    handler, level = logging.StreamHandler(lines), requests.level
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    requests.setLevel(logging.INFO)
    yield lines
    logging.getLogger().removeHandler(handler)
    requests.setLevel(level)


@pytest.mark.django_db
def test_no_log_line_says_who_somebody_is(client: Client, alice: Expert, trial: Trial, log: io.StringIO) -> None:
    """The whole log of a page, a wrong address with a token in it, an unknown link and a failed login."""
    client.get(f"/room/t/{trial.token}/")
    client.get(f"/room/t/{trial.token}/nowhere")
    client.get("/i/a-secret-link/")
    client.post("/desk/login/", {"username": "ada.lovelace", "password": "wrong"}, REMOTE_ADDR="192.0.2.7")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    routes = [re.sub(r"<\w+:", "<", line["route"]) for line in lines if line["logger"] == "mukulen.request"]
    assert routes == ["room/t/<token>/", "", "i/<token>/", "desk/login/"]
    assert len({line["request_id"] for line in lines}) == 4
    for secret in (trial.token, "a-secret-link", "lovelace", "192.0.2.7", "alice"):
        assert secret not in log.getvalue()


def test_a_traceback_names_no_link() -> None:
    try:
        raise ValueError("no such page: /i/a-secret-link/")
    except ValueError:
        record = logging.LogRecord("site", logging.ERROR, "", 0, "broke at %s", ("/room/t/tok/",), sys.exc_info())
    for formatter in (JsonLines(), PlainLines("%(message)s")):
        text = formatter.format(record)
        assert "/i/…" in text
        assert "a-secret-link" not in text
        assert "/tok" not in text


def test_a_proxy_is_believed_only_where_there_is_one_and_only_its_last_word(settings: Settings) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9"}, REMOTE_ADDR="127.0.0.1")
    assert client_address(request) == "127.0.0.1"
    settings.BEHIND_PROXY = True
    assert client_address(request) == "203.0.113.9"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "kept"), [("unknown", "127.0.0.1"), ("1.1.1.1, x'", "127.0.0.1"), (" 2001:DB8::9%eth0", "2001:db8::9")]
)
def test_a_failed_login_is_counted_for_an_address_whatever_the_proxy_says(
    client: Client, settings: Settings, said: str, kept: str
) -> None:
    settings.BEHIND_PROXY = True
    sent = {"username": "ada", "password": "wrong"}
    assert client.post("/desk/login/", sent, headers={"X-Forwarded-For": said}).status_code == 200
    assert AccessAttempt.objects.get().ip_address == kept


def test_the_settings_of_production_pass_djangos_own_check() -> None:
    environment = os.environ | PRODUCTION | {"SECRET_KEY": KEY}
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # what the browser tests of this process need for themselves
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), done.stderr


def installed(name: str) -> str:
    found = program(name)
    if found is None:
        pytest.skip(f"{name} is not installed, so this example is not started: apt install {name}")
    return found


@pytest.mark.parametrize("unit", ["mukulen.service", "mukulen-backup.service", "mukulen-backup.timer"])
def test_systemd_takes_the_units_as_they_are(tmp_path: Path, unit: str) -> None:
    analyse = installed("systemd-analyze")
    for file in DEPLOY.glob("mukulen*"):
        text = file.read_text().replace("/opt/mukulen/.venv/bin/gunicorn", shutil.which("true") or "/bin/true")
        (tmp_path / file.name).write_text(text)
    done = subprocess.run([analyse, "verify", "--man=no", tmp_path / unit], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "mukulen" in line and "Failed to" not in line]
    assert ours == []


@pytest.mark.parametrize("folder", ["/proc/none", "data"])
def test_the_command_for_root_runs_with_the_services_settings_where_it_is_called(tmp_path: Path, folder: str) -> None:
    options = next(line.strip() for line in OPERATIONS.read_text().splitlines() if "CLIP_STORAGE_OPTIONS=" in line)
    (tmp_path / "environment").write_text(f"{options}\nMUKULEN_DATA={folder}\n")
    text = (DEPLOY / "manage").read_text().replace("/etc/mukulen", str(tmp_path))
    text = text.replace("runuser -u mukulen -- /opt/mukulen/.venv/bin/python", sys.executable)
    text = text.replace("/opt/mukulen", str(ROOT))
    done = subprocess.run(["sh", "-c", text, "mukulen", "check"], capture_output=True, text=True, cwd=tmp_path)
    if folder == "data":
        assert (tmp_path / "data").is_dir()
        assert "no issues" in done.stdout
    else:
        assert "MUKULEN_DATA='/proc/none' cannot be made" in done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    """The site as mukulen.service starts it, with the environment that is shipped, on another port and data folder."""
    folder = tmp_path_factory.mktemp("site")
    own = {
        "SECRET_KEY_FILE": "",
        "MUKULEN_DATA": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'mukulen.sqlite3'}",
    }
    server = service(own, folder / "log")
    for command in ("migrate", "collectstatic"):
        subprocess.run(
            [sys.executable, "manage.py", command, "--no-input", "--verbosity", "0"],
            cwd=ROOT,
            env=os.environ | server.environment | {"SECRET_KEY": KEY},
            check=True,
        )
    server.start()
    yield server
    server.stop()


def test_the_service_answers_a_watchman_over_plain_http_and_nobody_else(site: Gunicorn) -> None:
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    answers = []
    for path in ("/healthz", "/readyz", "/"):
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        answers.append(answer.status)
    line.close()
    assert answers == [200, 200, 301]


def test_the_service_logs_json_and_nothing_else(site: Gunicorn) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as raw:
        raw.sendall("GET /i/a-link。/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert b"400" in raw.recv(1000)
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    line.request("GET", "/i/a-link/", headers={"X-Request-ID": "proxy-number-1", "X-Forwarded-Proto": "https"})
    line.getresponse().read()
    line.close()
    logged = [json.loads(row) for row in site.log.read_text().splitlines()]
    found = next(row for row in logged if row.get("request_id") == "proxy-number-1" and "route" in row)
    assert (found["method"], found["status"]) == ("GET", 404)
    assert found["route"].startswith("i/<")
    assert {"gunicorn.error", "mukulen.request"} <= {row["logger"] for row in logged}
    assert "a-link" not in site.log.read_text()


@pytest.fixture
def proxy(site: Gunicorn, tmp_path: Path) -> Iterator[int]:
    """nginx with deploy/nginx.conf before the service; the port where it speaks https."""
    for needed in ("nginx", "openssl"):
        installed(needed)
    front = Front(site.port, tmp_path / "front")
    try:
        front.start()
        yield front.port
    finally:
        front.stop()


def over_tls(port: int, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], list[str]]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    line = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    try:
        line.request("POST" if body else "GET", path, body, {"Host": NAME, **headers})
        answer = line.getresponse()
        answer.read()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, named, answer.headers.get_all("Set-Cookie") or []
    finally:
        line.close()


def test_the_site_behind_nginx_sends_what_keeps_browsers_safe(proxy: int) -> None:
    status, headers, cookies = over_tls(proxy, "/desk/login/")
    assert status == 200
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "microphone=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert cookies
    assert all("Secure" in cookie and "SameSite=Lax" in cookie for cookie in cookies)
    assert over_tls(proxy, "/readyz")[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/desk/new/", 413), ("/desk/jobs/token/clips/", 403), ("/desk/drafts/token/files/", 403)],
)
def test_nginx_lets_only_clips_be_large(proxy: int, path: str, status: int) -> None:
    """As a browser sends a file: of a body that no view reads gunicorn breaks the line, and nginx answers 502."""
    part = b'--x\r\nContent-Disposition: form-data; name="clips"; filename="clips.zip"\r\n\r\n%b\r\n--x--\r\n'
    sent = {"Content-Type": "multipart/form-data; boundary=x"}
    assert over_tls(proxy, path, body=part % bytes(4_000_000), **sent)[0] == status


def test_parts_of_an_upload_pass_the_proxy() -> None:
    """Also one that was set up when clips of the builder had no exception of their own."""
    script = (ROOT / "study" / "static" / "mukulen" / "files.js").read_text()
    parts = re.findall(r"^const PART = (\d+) << 20;$", script, re.MULTILINE)
    allowed = re.findall(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text())
    assert len(parts) == 1
    assert int(parts[0]) < int(allowed[0])


def test_a_wrong_name_is_not_served(proxy: int) -> None:
    assert over_tls(proxy, "/", Host="evil.example.org")[0] == 400
