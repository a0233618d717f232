"""The pages' scripts as files: collectstatic gives each a name with its hash, in which those it imports count."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "study" / "static" / "mukulen"
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*"\./([\w-]+\.js)\"""")


def test_no_script_imports_itself_by_way_of_others() -> None:
    imports = {path.name: set(IMPORT.findall(path.read_text(encoding="utf-8"))) for path in FOLDER.glob("*.js")}
    assert imports["room.js"] >= {"outbox.js", "visit.js"}
    list(TopologicalSorter(imports).static_order())  # raises CycleError


def test_every_script_gets_a_name_with_its_hash(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    environment = os.environ | {"MUKULEN_DATA": str(tmp_path), "DEBUG": "1"}
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    named = {path.name.split(".")[0] for path in (tmp_path / "static" / "mukulen").glob("*.*.js")}
    assert named >= {path.stem for path in FOLDER.glob("*.js")}
