"""The container's files: their names fit, and they give no more rights than needed. `make container` runs them."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from tests.robustness.container import Image, context, instructions
from tests.robustness.deployed import DEPLOY

ROOT = DEPLOY.parent
STEPS = list(instructions((DEPLOY / "Containerfile").read_text(encoding="utf-8")))
SERVICES = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]


def test_build_contains_what_the_package_is_made_of_and_nothing_else() -> None:
    names = {str(name) for name in context(ROOT)}
    assert {"pyproject.toml", "manage.py", "config/wsgi.py", "locale/zh_Hans/LC_MESSAGES/django.mo"} <= names
    assert "fixtures/studies/recordings.toml" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "var/", "fixtures/runs", ".git"))]


def test_image_ends_as_an_unprivileged_user_that_is_asked_for_its_health() -> None:
    image = Image(Path("root"))
    for name, arguments in STEPS:
        if name not in {"FROM", "RUN", "COPY"}:
            getattr(image, f"_{name.lower()}")(arguments)
    assert image.user not in {"", "root"}
    assert image.environment["MUKULEN_DATA"] == image.volume
    assert image.command[:2] == ["mukulen", "serve"]
    assert "/readyz" in image.probe[-1]


def test_services_have_no_rights_and_a_file_system_that_is_read_only() -> None:
    assert set(SERVICES) == {"site", "nginx", "database"}
    for name, service in SERVICES.items():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert name == "site" or service["user"] != "root", name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert not source.startswith("./") or source == "./certificate" or (DEPLOY / source).exists(), volume


def test_proxy_reaches_the_site_where_it_listens() -> None:
    assert SERVICES["nginx"]["network_mode"] == "service:site"
    assert json.dumps(SERVICES["site"]["command"]) == '["mukulen", "serve", "--host", "127.0.0.1"]'
    assert "server 127.0.0.1:8000;" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
