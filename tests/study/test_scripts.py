"""The pages' scripts as files: collectstatic gives each a name with its hash, in which those it imports count."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from pytest_django.fixtures import Settings

FOLDER = Path(settings.BASE_DIR) / "study" / "static" / "mukulen"
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*"\./([\w-]+\.js)\"""")


def test_no_script_imports_itself_by_way_of_others() -> None:
    imports = {path.name: set(IMPORT.findall(path.read_text(encoding="utf-8"))) for path in FOLDER.glob("*.js")}
    assert imports["room.js"] >= {"outbox.js", "visit.js"}
    list(TopologicalSorter(imports).static_order())  # raises CycleError


def test_every_script_gets_a_name_with_its_hash(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    named = {path.name.split(".")[0] for path in (tmp_path / "mukulen").glob("*.*.js")}
    assert named >= {path.stem for path in FOLDER.glob("*.js")}
